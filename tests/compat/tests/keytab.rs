//! Keytab files between us, MIT, Heimdal and the JDK.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::without_times;
use harness::{Entry as Told, Pair, Realm, Side, heimdal_keytab, jdk_keytab, mit_keytab, workspace};
use k5_keytab::{Entry, KeytabWriter, entries};
use k5_types::{EncType, KeyBlock, NameType, Principal, Timestamp};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// Enctypes that all the witnesses know, and the lengths of their keys.
const TYPES: [(i32, usize); 5] = [(17, 16), (18, 32), (19, 16), (20, 32), (23, 16)];

fn entry(name: &str, kvno: u32) -> Entry {
    let (enctype, length) = TYPES[kvno as usize % TYPES.len()];
    let key = kvno.to_be_bytes().into_iter().chain(1..).take(length).collect();
    let principal = Principal::new("EXAMPLE.COM", ["host", name]).with_name_type(NameType::SRV_HST);
    Entry { principal, timestamp: Timestamp(1_700_000_000), kvno, key: KeyBlock::new(EncType(enctype), key) }
}

fn told(entry: &Entry) -> Told {
    let key = entry.key.contents.expose().iter().map(|byte| format!("{byte:02x}")).collect();
    Told { kvno: entry.kvno, principal: entry.principal.to_string(), key }
}

fn add(path: &Path, list: &[Entry]) {
    KeytabWriter::prepare(path, 0).unwrap().commit(list).unwrap();
}

/// MIT's `ktutil` writes the entries of `from` to `to`; it gives them the time of now.
fn mit_adds(realm: &Realm, from: &Path, to: &Path) {
    let commands = format!("rkt {}\nwkt {}\nquit\n", from.display(), to.display());
    let no_words: [&str; 0] = [];
    let out = realm.mit("ktutil", no_words).stdin(&commands).patience(Duration::from_secs(600)).ok();
    assert_eq!(out.stderr, "", "{out}");
}

/// A directory in memory if there is one: MIT syncs the disk twice for every entry.
fn quick_scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// What everybody must read in `path`, in this order.
fn all_read(path: &Path, expected: &[Told]) {
    let ours: Vec<Told> = entries(path).unwrap().iter().map(told).collect();
    assert!(ours == expected, "ours reads other entries");
    Pair::new().klist(["-ektK".as_ref(), path.as_os_str()]).same_bytes().code(0);
    assert!(mit_keytab(path) == expected, "MIT's klist reads other entries");
    assert!(mit_ktutil(path) == expected, "MIT's ktutil reads other entries");
    assert!(heimdal_keytab(path) == expected, "Heimdal reads other entries");
    let sorted = |mut list: Vec<Told>| {
        list.sort();
        list
    };
    assert!(sorted(jdk_keytab(path)) == sorted(expected.to_vec()), "the JDK reads other entries");
}

fn mit_ktutil(path: &Path) -> Vec<Told> {
    let realm = Realm::new(Side::Mit);
    let no_words: [&str; 0] = [];
    let commands = format!("rkt {}\nlist -k\nquit\n", path.display());
    let out = realm.mit("ktutil", no_words).stdin(&commands).ok();
    let rows = out.stdout.lines().filter_map(|row| row.strip_suffix(')')?.rsplit_once(" (0x"));
    rows.map(|(row, key)| {
        let mut columns = row.split_whitespace();
        let kvno = columns.nth(1).unwrap().parse().unwrap();
        Told { kvno, principal: columns.next().unwrap().into(), key: key.into() }
    })
    .collect()
}

/// Another reading of every record that we wrote.
fn kerberos_keytab_reads(path: &Path) {
    let bytes = fs::read(path).unwrap();
    let mut rest = &bytes[2..];
    for entry in entries(path).unwrap() {
        let (after, witness) = kerberos_keytab::KeytabEntry::parse(rest).unwrap();
        assert_eq!(witness.realm.data, entry.principal.realm());
        let components: Vec<&[u8]> = witness.components.iter().map(|c| c.data.as_slice()).collect();
        assert_eq!(components, entry.principal.components());
        assert_eq!(witness.name_type, u32::from_ne_bytes(entry.principal.name_type().0.to_ne_bytes()));
        assert_eq!(witness.timestamp, entry.timestamp.0);
        assert_eq!(u32::from(witness.vno8), entry.kvno & 0xff);
        assert_eq!(witness.vno, Some(entry.kvno));
        assert_eq!(i32::from(i16::from_ne_bytes(witness.key.keytype.to_ne_bytes())), entry.key.enctype.0);
        assert_eq!(&witness.key.keyvalue, entry.key.contents.expose());
        rest = after;
    }
    assert!(rest.is_empty());
}

fn ten_thousand() -> Vec<Entry> {
    (1..=10_000).map(|n| entry(&format!("node{n:05}.example.com"), n)).collect()
}

#[test]
fn ten_thousand_entries_by_ours() {
    let scratch = quick_scratch();
    let path = scratch.path().join("keytab");
    let list = ten_thousand();
    add(&path, &list);
    kerberos_keytab_reads(&path);
    all_read(&path, &list.iter().map(told).collect::<Vec<_>>());
}

#[test]
fn ten_thousand_entries_by_mit() {
    let scratch = quick_scratch();
    let realm = Realm::new(Side::Mit);
    let (from, path) = (scratch.path().join("from"), scratch.path().join("keytab"));
    let list = ten_thousand();
    add(&from, &list);
    mit_adds(&realm, &from, &path);
    assert!(without_times(&from) == without_times(&path), "MIT writes other bytes");
    all_read(&path, &list.iter().map(told).collect::<Vec<_>>());
}

#[test]
fn ten_thousand_entries_by_both_in_turn() {
    let scratch = quick_scratch();
    let realm = Realm::new(Side::Mit);
    let path = scratch.path().join("keytab");
    let list = ten_thousand();
    for (turn, part) in list.chunks(1000).enumerate() {
        if turn % 2 == 0 {
            add(&path, part);
        } else {
            let from = scratch.path().join(format!("from{turn}"));
            add(&from, part);
            mit_adds(&realm, &from, &path);
        }
    }
    all_read(&path, &list.iter().map(told).collect::<Vec<_>>());
}

/// Additions and removals in a fixed random order, by MIT on one file and by ours on the other: the files are equal
/// to the byte after each, but for the times.
#[test]
fn the_same_changes_give_the_same_bytes() {
    let realm = Realm::new(Side::Mit);
    realm.create("masterpw");
    let (mit, ours) = (realm.path("mit.keytab"), realm.path("ours.keytab"));
    let mut state = 20u32;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    let mut there: Vec<(String, u32)> = Vec::new();
    let mut removals = 0;
    for step in 0..60u32 {
        if there.len() > 3 && random(2) == 0 {
            let (name, kvno) = there.swap_remove(random(there.len()));
            let principal = format!("host/{name}@EXAMPLE.COM");
            let kvno_word = kvno.to_string();
            realm.mit("kadmin.local", ["ktremove", "-k", "mit.keytab", &principal, &kvno_word]).ok();
            let wanted = Principal::parse(principal.as_bytes(), b"").unwrap();
            let writer = KeytabWriter::prepare(&ours, 0).unwrap();
            let removed = writer.remove_if(|e| e.principal == wanted && e.kvno == kvno).unwrap();
            assert_eq!(removed, 1, "step {step}");
            removals += 1;
        } else {
            let batch: Vec<Entry> = (0..=random(4))
                .map(|n| {
                    let name = format!("s{step}n{n}{}", "x".repeat(random(5) * 9));
                    let kvno = step * 10 + 1;
                    there.push((name.clone(), kvno));
                    entry(&name, kvno)
                })
                .collect();
            let from = realm.path(&format!("from{step}"));
            add(&from, &batch);
            mit_adds(&realm, &from, &mit);
            add(&ours, &batch);
        }
        assert!(without_times(&mit) == without_times(&ours), "step {step}");
    }
    assert!(removals > 15, "{removals} removals");
    assert_eq!(entries(&ours).unwrap().len(), there.len());
}

#[test]
fn golden_keytabs_stay_whole_under_our_changes() {
    let scratch = quick_scratch();
    for name in ["all.keytab", "holes.keytab", "reused.keytab"] {
        let path = scratch.path().join(name);
        fs::copy(workspace().join("tests/golden/keytab").join(name), &path).unwrap();
        let before = mit_keytab(&path);
        add(&path, &[entry("new", 7)]);
        let mut after = mit_keytab(&path);
        let new = told(&entry("new", 7));
        after.retain(|e| *e != new);
        assert!(before == after, "{name}: the old entries are all there, in their order");
        let removed = KeytabWriter::prepare(&path, 0).unwrap().remove_if(|e| told(e) == new).unwrap();
        assert_eq!(removed, 1);
        assert!(before == mit_keytab(&path), "{name}");
    }
}

/// Somebody waits for a lock on the file: the kernel says so.
fn waited_for(path: &Path) {
    let inode = format!(":{} ", fs::metadata(path).unwrap().ino());
    for _ in 0..6000 {
        let locks = BufReader::new(fs::File::open("/proc/locks").unwrap());
        if locks.lines().any(|line| line.is_ok_and(|line| line.contains("->") && line.contains(&inode))) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("nobody waits for {}", path.display());
}

#[test]
fn mit_waits_for_our_writer_and_finds_its_entries() {
    let realm = Realm::new(Side::Mit);
    let path = realm.path("keytab");
    add(&path, &[entry("a", 1)]);
    let writer = KeytabWriter::prepare(&path, 100).unwrap();
    let reader = realm.mit("klist", ["-k", "keytab"]).spawn();
    waited_for(&path);
    writer.commit(&[entry("b", 2)]).unwrap();
    reader.wait().code(0).stdout_has("host/b@EXAMPLE.COM");
}

#[test]
fn everybody_writes_at_once() {
    let realm = Realm::new(Side::Mit);
    let path = realm.path("keytab");
    let part = |who: u32| (1..=100).map(|n| entry(&format!("w{who}"), who * 1000 + n)).collect::<Vec<_>>();
    add(&path, &part(0));
    let by_mit: Vec<_> = [1, 2]
        .into_iter()
        .map(|who| {
            let from = realm.path(&format!("from{who}"));
            add(&from, &part(who));
            let commands = format!("rkt {}\nwkt {}\nquit\n", from.display(), path.display());
            let no_words: [&str; 0] = [];
            realm.mit("ktutil", no_words).stdin(&commands).spawn()
        })
        .collect();
    std::thread::scope(|scope| {
        for who in [3, 4] {
            let (path, part) = (&path, part(who));
            scope.spawn(move || part.chunks(3).for_each(|chunk| add(path, chunk)));
        }
    });
    for run in by_mit {
        assert_eq!(run.wait().code(0).stderr, "");
    }
    let mut found = mit_keytab(&path);
    found.sort();
    let mut expected: Vec<Told> = (0..5).flat_map(part).map(|e| told(&e)).collect();
    expected.sort();
    assert!(found == expected, "{} entries", found.len());
}

/// DIV-32: what would end the keytab for its readers is refused by name, and nothing is written.
#[test]
fn an_entry_that_cannot_be_stored_is_refused() {
    let realm = Realm::new(Side::Mit);
    let no_words: [&str; 0] = [];
    let path = realm.path("keytab");
    // MIT takes the name, and its file then has the entries before it and half of a record.
    let names = ["first", "a//b", "last"];
    let add =
        names.map(|name| format!("addent -password -p {name}@R -k 1 -e aes128-cts\npassword\n")).concat();
    let commands = format!("{add}list\nwkt keytab\nquit\n");
    let out = realm.mit("ktutil", no_words).stdin(&commands).ok();
    assert!(out.stdout.contains("a//b@R") && out.stdout.contains("last@R"), "{out}");
    assert!(out.stderr.contains("wkt: Error writing to key table while writing keytab"), "{out}");
    assert!(!fs::read(&path).unwrap().ends_with(b"\0\0\0\x01"), "the last record lacks its end");
    assert_eq!(mit_keytab(&path).len(), 1);

    fs::remove_file(&path).unwrap();
    let mut bad = entry("x", 1);
    bad.principal = Principal::new("R", ["a", "", "b"]);
    let error = KeytabWriter::prepare(&path, 0).unwrap().commit(&[entry("a", 1), bad]).unwrap_err();
    assert!(error.to_string().starts_with("a//b@R cannot be stored in a keytab"), "{error}");
    assert!(!path.exists());
}

/// DIV-33: an empty file becomes a keytab, as mktemp(1) makes one.
#[test]
fn an_empty_file_becomes_a_keytab() {
    let realm = Realm::new(Side::Mit);
    let (from, path) = (realm.path("from"), realm.path("empty"));
    add(&from, &[entry("a", 1)]);
    realm.write("empty", "");
    let no_words: [&str; 0] = [];
    let out = realm.mit("ktutil", no_words).stdin("rkt from\nwkt empty\n").ok();
    assert!(out.stderr.contains("Unsupported key table format version number"), "{out}");
    add(&path, &[entry("a", 1)]);
    assert_eq!(mit_keytab(&path).len(), 1);
}
