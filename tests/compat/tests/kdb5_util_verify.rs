//! `kdb5_util verify`, which MIT does not have: what it finds, and what it saves. MIT loads what is saved.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::calls::{count, kill};
use compat::golden;
use harness::{Output, Realm, Setup, Side, announced_divergence};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const PAGE: usize = 4096;
const INTERNAL: u32 = 1;
const LEAF: u32 = 2;

/// The golden realm in that form.
fn realm(form: &str) -> Realm {
    let realm = Realm::with(Side::Ours, Setup::new().realm("GOLDEN.TEST"));
    for file in ["principal", "principal.kadm5", "principal.kadm5.lock", "principal.ok"] {
        realm.write(file, golden(&format!("{form}/{file}")));
        fs::set_permissions(realm.path(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    realm.write("stash", golden("stash-all"));
    realm
}

/// The golden realm in that form, its principals changed.
fn damaged(form: &str, damage: impl FnOnce(&mut Vec<u8>)) -> Realm {
    let realm = realm(form);
    let mut bytes = realm.read("principal");
    damage(&mut bytes);
    realm.write("principal", bytes);
    realm
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The pages of a kind that the tree uses, in its order.
fn pages(bytes: &[u8], kind: u32) -> Vec<usize> {
    fn below(bytes: &[u8], page: usize, kind: u32, found: &mut Vec<usize>) {
        let start = page * PAGE;
        let flags = word(bytes, start + 12);
        if flags == kind {
            found.push(page);
        }
        if flags == INTERNAL {
            let lower = usize::from(u16::from_le_bytes([bytes[start + 16], bytes[start + 17]]));
            for slot in (20..lower).step_by(2) {
                let at = usize::from(u16::from_le_bytes([bytes[start + slot], bytes[start + slot + 1]]));
                below(bytes, word(bytes, start + at + 4) as usize, kind, found);
            }
        }
    }
    let mut found = Vec::new();
    below(bytes, 1, kind, &mut found);
    found
}

fn position(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("the part is there")
}

/// The dump of MIT after it has loaded a dump.
fn through_mit(dump: &[u8]) -> String {
    let mit = Realm::with(Side::Mit, Setup::new().realm("GOLDEN.TEST"));
    mit.write("stash", golden("stash-all"));
    mit.write("rescued", dump);
    mit.kdb5_util(["load", "rescued"]).ok();
    mit.dump_by_mit()
}

/// The names of a dump's principals and policies.
fn names(dump: &[u8]) -> BTreeSet<String> {
    let dump = String::from_utf8_lossy(dump);
    let field = |line: &str| {
        let mut fields = line.split('\t');
        let which = if fields.next() == Some("princ") { 5 } else { 0 };
        fields.nth(which).map(str::to_owned)
    };
    dump.lines().skip(1).filter_map(field).collect()
}

fn recover(realm: &Realm) -> Output {
    let output = realm.kdb5_util(["verify", "--recover", "rescued"]).output().code(1);
    assert_eq!(output.stderr, "");
    assert_eq!(realm.path("rescued").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    output
}

#[test]
fn a_sound_realm() {
    announced_divergence("DIV-25");
    for (form, dump) in [("db2", "dump.txt"), ("big-endian", "dump.txt"), ("hash", "dump-hash.txt")] {
        let realm = realm(form);
        let before = realm.read("principal");
        let output = realm.kdb5_util(["verify", "--recover", "rescued"]).ok();
        assert_eq!(output.stderr, "");
        assert!(output.stdout.ends_with(" keys decrypted: sound\n"), "{form}: {output}");
        assert!(realm.read("rescued") == golden(&format!("dump/{dump}")), "{form}");
        assert!(!realm.path("rescued.scanned").exists(), "{form}: {output}");
        assert!(realm.read("principal") == before);
        if form == "db2" {
            assert_eq!(through_mit(&realm.read("rescued")).as_bytes(), golden("dump/dump.txt"));
        }
        // What is there is not overwritten.
        let output = realm.kdb5_util(["verify", "--recover", "rescued"]).fails(1);
        assert!(output.stderr.contains("File exists while creating rescued"), "{output}");
        assert!(realm.read("rescued") == golden(&format!("dump/{dump}")), "{form}");
        let output = realm.kdb5_util(["verify", "--recover", "/dev/stdout"]).ok();
        assert!(output.stdout.contains("kdb5_util load_dump version 7\nprinc\t"));
    }
}

#[test]
fn lines_that_mean_nothing() {
    let mit = Realm::new(Side::Mit).kdb5_util(["verify"]).fails(1);
    for words in
        [&["verify", "--recover"][..], &["verify", "word"], &["verify", "-x"], &["verify", "--nosuch"]]
    {
        let output = realm("db2").kdb5_util(words).fails(1);
        assert_eq!(output.stderr, mit.stderr, "{words:?}");
    }
}

#[test]
fn without_the_master_key() {
    let realm = realm("db2");
    fs::remove_file(realm.path("stash")).unwrap();
    let output = realm.kdb5_util(["verify"]).fails(1);
    assert!(output.stderr.contains("while reading master key; no key is decrypted"), "{output}");
    assert!(
        output
            .stdout
            .contains(" keys not decrypted: sound as far as it could be read, but keys were not tried\n"),
        "{output}"
    );
    assert!(!output.stdout.contains(" 0 keys"), "{output}");
    realm.kdb5_util(["-P", "goldenmaster", "verify"]).ok();
}

#[test]
fn a_garbled_page() {
    let all = names(&golden("dump/dump.txt"));
    let leaves = pages(&golden("db2/principal"), LEAF);
    for &leaf in &leaves {
        let realm = damaged("db2", |bytes| bytes[leaf * PAGE..(leaf + 1) * PAGE].fill(0xa5));
        let output = realm.kdb5_util(["verify", "--recover", "rescued"]).output().code(1);
        assert!(output.stdout.contains(&format!("/principal: page {leaf}: ")), "{output}");
        let saved = names(&realm.read("rescued"));
        assert!(saved.is_subset(&all) && saved.len() < all.len(), "page {leaf}");
        // The other pages are there whole: nothing that look-ups find is missing but one page's worth.
        let text =
            String::from_utf8_lossy(&golden("db2/principal")[leaf * PAGE..(leaf + 1) * PAGE]).into_owned();
        for lost in all.difference(&saved) {
            assert!(text.contains(lost.as_str()), "page {leaf} does not hold {lost}");
        }
        // MIT opens no database without K/M.
        match saved.contains("K/M@GOLDEN.TEST") {
            true => assert_eq!(through_mit(&realm.read("rescued")).as_bytes(), realm.read("rescued")),
            false => assert!(output.stdout.contains("no entry with the master keys"), "{output}"),
        }
    }
}

#[test]
fn a_record_cut_short() {
    // The number of keys is the last field of the record's base, which its length, 38, begins.
    let mut broken = String::new();
    let realm = damaged("db2", |bytes| {
        for name in names(&golden("dump/dump.txt")) {
            let start = [name.as_bytes(), b"\0\x26\0"].concat();
            if let Some(at) = bytes.windows(start.len()).position(|window| window == start) {
                bytes[at + start.len() - 2 + 36] += 1;
                broken = name;
                return;
            }
        }
    });
    let output = realm.kdb5_util(["verify"]).fails(1);
    let fault = output.stdout.lines().next().unwrap();
    assert!(fault.contains("/principal: page ") && fault.contains(&format!(": {broken}: ")), "{output}");
    assert!(output.stdout.ends_with(": 1 fault\n"), "{output}");
    // The others are all saved.
    let mut rest = names(&golden("dump/dump.txt"));
    rest.remove(&broken);
    let _ = recover(&realm);
    assert_eq!(names(&realm.read("rescued")), rest);
}

#[test]
fn a_key_that_no_master_key_opens() {
    let line = String::from_utf8(golden("dump/dump.txt")).unwrap();
    let line =
        line.lines().find(|line| line.contains("\tkrbtgt/GOLDEN.TEST@GOLDEN.TEST\t")).unwrap().to_owned();
    // The end of a ciphertext of the record, as the dump has it.
    let cipher = line.split('\t').rfind(|field| field.len() > 80).unwrap();
    let cipher: Vec<u8> = (0..cipher.len() / 2)
        .map(|at| u8::from_str_radix(&cipher[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    for form in ["db2", "big-endian", "hash"] {
        let realm = damaged(form, |bytes| {
            let at = position(bytes, &cipher);
            bytes[at + cipher.len() - 1] ^= 1;
        });
        let output = recover(&realm);
        let fault = output
            .stdout
            .lines()
            .find(|line| line.contains(": krbtgt/GOLDEN.TEST@GOLDEN.TEST: key version "));
        assert!(fault.is_some_and(|line| line.ends_with(": no master key decrypts it")), "{form}: {output}");
        assert!(output.stdout.ends_with(": 1 fault\n"), "{form}: {output}");
        assert_eq!(names(&realm.read("rescued")), names(&golden("dump/dump.txt")));
    }
}

#[test]
fn a_broken_link_between_leaves() {
    for field in [4, 8] {
        let leaf = pages(&golden("db2/principal"), LEAF)[1];
        let realm = damaged("db2", |bytes| bytes[leaf * PAGE + field] ^= 0x15);
        let output = recover(&realm);
        assert!(output.stdout.contains(&format!("/principal: page {leaf}: ")), "{output}");
        assert_eq!(through_mit(&realm.read("rescued")).as_bytes(), golden("dump/dump.txt"), "by tree");
        assert!(!realm.path("rescued.scanned").exists());
    }
}

#[test]
fn a_broken_internal_page() {
    let internal = pages(&golden("db2/principal"), INTERNAL);
    for page in internal {
        let realm = damaged("db2", |bytes| bytes[page * PAGE..(page + 1) * PAGE].fill(0));
        let output = recover(&realm);
        assert!(output.stdout.contains(&format!("/principal: page {page}: ")), "{output}");
        // The leaves still name each other.
        assert_eq!(through_mit(&realm.read("rescued")).as_bytes(), golden("dump/dump.txt"), "page {page}");
    }
}

#[test]
fn leaves_that_nothing_names() {
    // The root is gone, and all links with it: what is left may have been deleted.
    let realm = damaged("db2", |bytes| {
        for leaf in pages(bytes, LEAF) {
            bytes[leaf * PAGE + 4..leaf * PAGE + 12].fill(0);
        }
        bytes[PAGE..2 * PAGE].fill(0);
    });
    let output = recover(&realm);
    assert!(output.stdout.contains("they may have been deleted"), "{output}");
    let mode = realm.path("rescued.scanned").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut saved = names(&realm.read("rescued"));
    saved.extend(names(&realm.read("rescued.scanned")));
    assert_eq!(saved, names(&golden("dump/dump.txt")));
}

#[test]
fn a_broken_beginning() {
    // Magic number and page size are gone; the pages tell what they were.
    for form in ["db2", "big-endian"] {
        let realm = damaged(form, |bytes| bytes[..24].fill(0xee));
        let output = recover(&realm);
        assert!(output.stdout.contains("/principal: page 0: not a B-tree file"), "{output}");
        assert_eq!(through_mit(&realm.read("rescued")).as_bytes(), golden("dump/dump.txt"), "{form}");
    }
}

#[test]
fn a_broken_bucket() {
    let all = names(&golden("dump/dump-hash.txt"));
    let realm = damaged("hash", |bytes| bytes[PAGE..2 * PAGE].fill(0xa5));
    let output = recover(&realm);
    assert!(output.stdout.contains("/principal: page 1: "), "{output}");
    let saved = names(&realm.read("rescued"));
    assert!(saved.is_subset(&all) && saved.len() < all.len() && saved.len() > all.len() / 2, "{output}");
}

#[test]
fn aliases_and_policies_that_lead_nowhere() {
    let realm = Realm::new(Side::Ours);
    realm.kdb5_util(["create", "-s", "-P", "x"]).ok();
    for line in ["addprinc -randkey real", "add_alias other real", "addprinc -randkey -policy nosuch user"] {
        realm.kadmin_local(line.split(' ')).ok();
    }
    realm.kdb5_util(["verify"]).ok();
    realm.kadmin_local(["delprinc", "-force", "real"]).ok();
    let output = realm.kdb5_util(["verify"]).fails(1);
    let lines: Vec<&str> = output.stdout.lines().collect();
    let name = realm.name();
    assert!(
        lines[0].contains(&format!(": other@{name}: it stands for real@{name}, which does not exist")),
        "{output}"
    );
    assert_eq!(lines[1], format!("note: policy nosuch does not exist: user@{name} has it"));
    assert!(lines[2].ends_with(": 1 fault"), "{output}");
}

#[test]
fn names_that_break_mits_database_come_back_whole() {
    let realm = Realm::shared(Side::Ours);
    let mit = realm.by(Side::Mit);
    mit.create("x");
    mit.kadmin_local(["addprinc", "-randkey", "user"]).ok();
    let long = |number: usize| format!("{number:02}{}", "x".repeat(2000 + 9 * number));
    let mut made: BTreeSet<String> = names(mit.dump_by_mit().as_bytes());
    // Names over 2,000 bytes, until MIT finds no way in its own database.
    let mut broken = false;
    for number in 0..40 {
        let output = mit.kadmin_local(["-q", &format!("addprinc -randkey {}", long(number))]).output();
        if output.stdout.contains(" created.") {
            made.insert(format!("{}@{}", long(number), realm.name()));
        }
        broken |= output.stderr.contains("Cannot find master key record in database");
    }
    assert!(broken && made.len() > 10, "{} principals", made.len());
    let output = realm.kdb5_util(["verify", "--recover", "rescued"]).fails(1);
    assert!(output.stdout.contains(": keys out of order\n"), "{output}");
    assert!(!output.stdout.contains("decrypts it"), "{output}");
    assert_eq!(names(&realm.read("rescued")), made, "{output}");
    assert!(!realm.path("rescued.scanned").exists(), "{output}");

    // A hash database of MIT's bears such names, and there MIT finds each of them.
    let other = Realm::new(Side::Mit);
    other.write("rescued", realm.read("rescued"));
    other.write("stash", realm.read("stash"));
    other.kdb5_util(["load", "-hash", "rescued"]).ok();
    assert_eq!(names(other.dump_by_mit().as_bytes()), made);
    for name in &made {
        other.kadmin_local(["getprinc", name]).ok().stdout_has(&format!("Principal: {name}\n"));
    }
}

#[test]
fn without_the_entry_of_the_master_keys_the_stashed_ones_are_tried() {
    for form in ["db2", "hash"] {
        // Its name is broken in its record.
        let realm = damaged(form, |bytes| {
            let name = b"K/M@GOLDEN.TEST\0\x26\0";
            let at = bytes.windows(name.len()).position(|part| part == name).or_else(|| {
                // A hash file has the value before the key.
                bytes.windows(17).position(|part| part == b"\x10\0K/M@GOLDEN.TEST").map(|at| at + 2)
            });
            bytes[at.expect("K/M is there")] = b'X';
        });
        let output = recover(&realm);
        assert!(
            output.stdout.contains("there is no entry with the master keys that can be read"),
            "{output}"
        );
        assert!(output.stdout.contains(" keys decrypted: "), "{output}");
        assert!(!output.stdout.contains(" 0 keys decrypted"), "{output}");
        assert!(!output.stdout.contains("decrypts it"), "{form}: {output}");
    }
    // A wrong password opens nothing, and no key is called damaged for that.
    let realm = realm("db2");
    let line = "kdb5_util: ";
    let output = realm.kdb5_util(["-P", "wrong", "verify"]).fails(1);
    assert!(output.stderr.starts_with(line) && output.stderr.contains("no key is decrypted"), "{output}");
    assert!(
        output
            .stdout
            .ends_with(" keys not decrypted: sound as far as it could be read, but keys were not tried\n"),
        "{output}"
    );
}

#[test]
fn a_broken_header_of_a_hash_file() {
    // Each word of the header, then the whole page.
    let words = (0..18).map(|word| 4 * word..4 * word + 4).chain(std::iter::once(0..PAGE));
    for range in words {
        let realm = damaged("hash", |bytes| bytes[range.clone()].fill(0xa5));
        let output = realm.kdb5_util(["verify", "--recover", "rescued"]).output();
        let mut saved = names(&realm.read("rescued"));
        if realm.path("rescued.scanned").exists() {
            saved.extend(names(&realm.read("rescued.scanned")));
        }
        assert_eq!(saved, names(&golden("dump/dump-hash.txt")), "{range:?}: {output}");
        // Of the fill factor nothing else speaks.
        let natural = range == (40..44);
        assert_eq!(output.exit, i32::from(!natural), "{range:?}: {output}");
    }
}

/// A recovery that is killed leaves no file of that name, or the whole one, and can be done again.
#[test]
fn a_recovery_that_is_killed() {
    let realm = realm("db2");
    let words = ["verify", "--recover", "rescued"];
    let calls = count(&realm, &words, "");
    let whole = realm.read("rescued");
    let mut kills = 0;
    for (call, times) in calls {
        for nth in 1..=times {
            drop(fs::remove_file(realm.path("rescued")));
            let _ = kill(&realm, call, nth, &words, "");
            kills += 1;
            let found = fs::read(realm.path("rescued")).ok();
            assert!(found.is_none_or(|found| found == whole), "{call} {nth} of {times}");
        }
    }
    assert!(kills > 1);
    drop(fs::remove_file(realm.path("rescued")));
    let _ = realm.kdb5_util(words).ok();
    assert!(realm.read("rescued") == whole);
}
