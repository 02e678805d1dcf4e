//! ktutil where something is wrong: words, files, rights, disks. Nothing is changed then.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Pair, Realm, Side, SmallDisk, mit_keytab, workspace};
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn ktutil(realm: &Realm, line: &str) -> harness::Run {
    realm.run("ktutil", line.split_whitespace())
}

fn files(realm: &Realm) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(realm.dir())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn realm() -> Realm {
    let realm = Realm::new(Side::Ours);
    realm.write("pw", "secret\n");
    realm.write("k", fs::read(workspace().join("tests/golden/keytab/all.keytab")).unwrap());
    realm
}

#[test]
fn wrong_words() {
    let realm = realm();
    realm.write("empty", "");
    realm.write("long", "x".repeat(9000));
    realm.write("short", "0011\n");
    let before = files(&realm);
    let add = "add new -p x -k 1 -e aes128-cts";
    for (line, told) in [
        ("list", "list: one FILE is needed\nUsage: ktutil list [-t] [-k] [-e]"),
        ("list k k", "list: one FILE is needed"),
        ("list -x k", "list: unrecognized option -x"),
        ("list --json=1 k", "list: no value goes with option --json"),
        ("list k -p", "list: no value for option -p"),
        ("list k -p [", "list: \"[\" is no pattern for -p"),
        ("list MEMORY:x", "MEMORY:x: a keytab in memory ends with the program"),
        ("list FOO:x", "FOO:x: Unknown Key table type"),
        ("list FILE:", "FILE:: no file is named"),
        ("list .", "Is a directory while opening key table file '.'"),
        ("list pw", "Unsupported key table format version number in 'pw'"),
        ("add new", "add: -p is needed"),
        ("add new -p x", "add: -k is needed"),
        ("add new -p x -k 1", "add: -e is needed"),
        (add, "add: one of -password, --password-file"),
        ("add new -p x -k 1 -e aes128-cts -randkey -key", "add: -randkey and -key do not go together"),
        ("add new -p x -k 1 -e aes128-cts --random -s y", "add: -s goes with a password only"),
        ("add new -p x -k 1 -e aes128-cts,aes256-cts -key", "add: a key is of one encryption type"),
        ("add new -p x -k 1 -e nosuch -randkey", "add: \"nosuch\" is no encryption type"),
        ("add new -p x -k 1 -e des-cbc-crc -randkey", "add: \"des-cbc-crc\" is no encryption type"),
        ("add new -p x -k -1 -e aes128-cts -randkey", "add: \"-1\" is no number for -k"),
        ("add new -p x -k 4294967296 -e aes128-cts -randkey", "add: \"4294967296\" is no number for -k"),
        ("add new -p x@y@z -k 1 -e aes128-cts -randkey", "x@y@z: Malformed representation of principal"),
        ("add new -p x//y -k 1 -e aes128-cts -randkey", "x//y@EXAMPLE.COM cannot be stored in a keytab"),
        ("add no/dir -p x -k 1 -e aes128-cts -randkey", "Key table file 'no/dir' not found"),
        ("add new -p x -k 1 -e aes128-cts --password-file no", "No such file or directory while reading no"),
        ("add new -p x -k 1 -e aes128-cts --password-file empty", "the first line of empty is empty"),
        (
            "add new -p x -k 1 -e aes128-cts --password-file long",
            "the first line of long is longer than 8191",
        ),
        ("add new -p x -k 1 -e aes128-cts --password-file .", "Is a directory while reading ."),
        ("add new -p x -k 1 -e aes128-cts --password-fd x", "add: \"x\" is no number for a descriptor"),
        (
            "add new -p x -k 1 -e aes128-cts --password-fd 77",
            "No such file or directory while reading /dev/fd/77",
        ),
        ("add new -p x -k 1 -e aes128-cts --password-fd 0", "the first line of standard input is empty"),
        ("add new -p x -k 1 -e aes128-cts -password", "Cannot read password"),
        ("add new -p x -k 1 -e aes128-cts -key", "there is no key"),
        (
            "add new -p x -k 1 -e aes128-cts --key-file short",
            "a key of type aes128-cts-hmac-sha1-96 has 16 bytes, this one has 2",
        ),
        ("add new -p x -k 1 -e aes128-cts --key-file pw", "a key is hexadecimal digits"),
        ("remove", "remove: a FILE is needed"),
        ("remove k", "remove: what is to be removed?"),
        ("remove k x", "remove: \"x\" is no number for SLOT"),
        ("remove k -e foo", "remove: \"foo\" is no encryption type"),
        ("remove nosuch 1", "Key table file 'nosuch' not found"),
        ("rename k a", "rename: FILE, OLD and NEW are needed"),
        ("rename k @A b", "rename: OLD and NEW are both principals"),
        ("rename k a@b@c d", "a@b@c: Malformed representation"),
        ("rename nosuch a b", "Key table file 'nosuch' not found"),
        ("copy k", "copy: FROM_FILE and TO_FILE are needed"),
        ("copy nosuch new", "Key table file 'nosuch' not found"),
        ("merge new", "merge: a FROM_FILE is needed"),
        ("merge new k nosuch", "Key table file 'nosuch' not found"),
        ("purge k --keep 0", "purge: --keep is at least 1"),
        ("purge k --keep x", "purge: \"x\" is no number for --keep"),
        ("purge k --older-than soon", "purge: \"soon\" is no AGE"),
        ("dedup nosuch", "Key table file 'nosuch' not found"),
    ] {
        let output = ktutil(&realm, line).fails(1);
        assert!(output.stderr.starts_with(&format!("ktutil: {told}")), "{output}");
        assert_eq!(
            output.stderr.lines().count(),
            1 + usize::from(output.stderr.contains("\nUsage: ")),
            "{output}"
        );
        assert!(files(&realm) == before, "{line} has changed something");
    }
}

/// Damage is told with its place, whichever command comes upon it, and nothing is changed.
#[test]
fn damaged_keytabs() {
    let realm = realm();
    let whole = realm.read("k");
    let mut stray = whole.clone();
    stray.extend([0, 0, 1]);
    let mut inside = whole.clone();
    inside[6] = 0xff;
    for (name, bytes) in [("cut", &whole[..whole.len() - 7]), ("stray", &stray), ("inside", &inside)] {
        realm.write(name, bytes);
    }
    let before = files(&realm);
    for bad in ["cut", "stray", "inside"] {
        for line in [
            format!("list {bad}"),
            format!("add {bad} -p x -k 1 -e aes128-cts -randkey"),
            format!("add {bad} -n -p x -k 1 -e aes128-cts -randkey"),
            format!("remove {bad} 1"),
            format!("remove {bad} -n 1"),
            format!("rename {bad} @EXAMPLE.COM @E"),
            format!("copy {bad} new"),
            format!("copy k {bad}"),
            format!("merge new k {bad}"),
            format!("purge {bad}"),
            format!("dedup {bad}"),
        ] {
            let output = ktutil(&realm, &line).fails(1);
            assert!(
                output.stderr.starts_with(&format!("ktutil: Bad format in keytab '{bad}' at offset ")),
                "{output}"
            );
            assert!(files(&realm) == before, "{line}");
        }
        ktutil(&realm, &format!("diff k {bad}")).fails(2);
    }
}

#[test]
fn rights() {
    let realm = realm();
    fs::set_permissions(realm.path("k"), PermissionsExt::from_mode(0o400)).unwrap();
    let before = files(&realm);
    for line in
        ["add k -p x -k 1 -e aes128-cts -randkey", "remove k 1", "dedup k", "rename k @EXAMPLE.COM @E"]
    {
        let output = ktutil(&realm, line).bound_by_rights().output();
        assert_eq!(output.exit, 1, "{output}");
        assert!(
            output.stderr.contains("Permission denied") || output.stderr.contains("No entry"),
            "{output}"
        );
    }
    assert!(files(&realm) == before);
}

/// DIV-124, and the same of the commands on files: on a full disk everything is as it was.
#[test]
fn a_full_disk() {
    let pair = Pair::new();
    let disks = [pair.mit(), pair.ours()].map(|realm| {
        let disk = SmallDisk::mount(&realm.path("disk"), 16);
        realm.write("disk/filler", vec![7; 8 * 1024]);
        disk
    });
    let adds: String =
        (0..200).map(|n| format!("addent -password -p host/{n} -k 1 -e rc4-hmac\npw\n")).collect();
    let no_words: [&str; 0] = [];
    let told = pair
        .run("ktutil", no_words)
        .stdin(&format!("{adds}wkt disk/new\nwkt big\n"))
        .run()
        .differs("DIV-124");
    told.mit.stderr_has("while writing keytab \"disk/new\"");
    told.ours.stderr_has("wkt: No space left on device while writing keytab \"disk/new\"");
    assert!(pair.mit().path("disk/new").exists());
    let ours = pair.ours();
    assert!(!ours.path("disk/new").exists());
    assert_eq!(mit_keytab(&ours.path("big")).len(), 200);

    ours.write("disk/k", fs::read(workspace().join("tests/golden/keytab/reused.keytab")).unwrap());
    let before = ours.read("disk/k");
    for line in ["copy big disk/k", "merge disk/k big", "merge disk/other big disk/k"] {
        let output = ktutil(ours, line).fails(1);
        assert!(output.stderr.contains("No space left on device"), "{output}");
        assert_eq!(ours.read("disk/k"), before, "{line}");
    }
    let names: Vec<_> = fs::read_dir(ours.path("disk")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing is left behind: {names:?}");
    // What makes room still works.
    ktutil(ours, "remove disk/k 1").ok();
    drop(disks);
}

#[test]
fn output_that_cannot_be_written() {
    let realm = realm();
    let program = Side::Ours.program("ktutil");
    for words in [&["list", "k"][..], &["list", "k", "--json"], &["copy", "k", "new"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = std::process::Command::new(&program)
            .args(words)
            .current_dir(realm.dir())
            .env("KRB5_CONFIG", realm.path("krb5.conf"))
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "ktutil: No space left on device while writing to standard output\n");
    }
}
