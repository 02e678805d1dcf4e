//! What is told is on the medium: the order in which the programs ask the system to write, to wait for the medium and to rename, for
//! each way of a commit (`docs/formats/journal.md`, `docs/formats/klmdb.md`); and what is left on standard input after a kill.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::asked;
use harness::{BackEnd, Realm, Setup, Side};

/// A realm with nothing but what a creation by MIT makes.
fn realm(setup: Setup) -> Realm {
    let realm = Realm::with(Side::Ours, setup);
    let _ = realm.by(Side::Mit).create("master");
    realm
}

fn db2() -> Setup {
    Setup::new().backend(BackEnd::Db2)
}

fn klmdb() -> Setup {
    Setup::new().backend(BackEnd::Klmdb)
}

/// One command of `kadmin.local`, by `-q` or on standard input.
fn command(realm: &Realm, on_stdin: bool, line: &str) -> Vec<String> {
    match on_stdin {
        true => asked(realm, "kadmin.local", &[], &format!("{line}\n")),
        false => asked(realm, "kadmin.local", &["-q", line], ""),
    }
}

const RECORD_AND_SLOT: [&str; 5] =
    ["write principal", "fdatasync principal", "write principal", "fdatasync principal", "says"];
const COPY: [&str; 5] = [
    "write principal.commit",
    "fsync principal.commit",
    "rename principal.commit principal",
    "fsync .",
    "says",
];

/// A record that finds room on its page: the record, then the slot that leads there. One that divides a page: a copy.
#[test]
fn a_new_principal() {
    for on_stdin in [false, true] {
        let realm = realm(db2());
        let mut ways = [0; 2];
        for number in 0..30 {
            let asked = command(&realm, on_stdin, &format!("addprinc -randkey h{number}"));
            match asked.iter().any(|event| event.starts_with("rename ")) {
                false => assert_eq!(asked, RECORD_AND_SLOT, "h{number}"),
                true => assert_eq!(asked, COPY, "h{number}"),
            }
            ways[usize::from(asked == COPY)] += 1;
            if ways.iter().all(|times| *times > 0) {
                break;
            }
        }
        assert!(ways.iter().all(|times| *times > 0), "{ways:?}");
    }
}

/// A field of a few bytes: one write, one sync. A record that becomes longer: a copy, and what its old page held is
/// overwritten.
#[test]
fn a_changed_principal() {
    let realm = realm(db2());
    let _ = realm.kadmin_local(["-q", "addprinc -randkey h"]).ok();
    let longer = asked(&realm, "kadmin.local", &["modprinc", "-maxlife", "2h", "h"], "");
    let copied = COPY[..4].iter().copied();
    let wiped = ["write principal (deleted)", "fdatasync principal (deleted)"];
    assert_eq!(longer, copied.chain(wiped).collect::<Vec<_>>());
    let field = asked(&realm, "kadmin.local", &["modprinc", "-maxlife", "3h", "h"], "");
    assert_eq!(field, ["write principal", "fdatasync principal"]);
}

/// A dump of a realm with so many more principals, whose names come in order.
fn large_dump(realm: &Realm, count: usize) -> String {
    let _ = realm.kadmin_local(["-q", "addprinc -randkey h0000"]).ok();
    let dump = realm.dump_by_mit();
    let line = dump.lines().find(|line| line.contains("\th0000@")).unwrap();
    let more = (1..count).map(|number| line.replace("h0000@", &format!("h{number:04}@")) + "\n");
    dump.clone() + &more.collect::<String>()
}

/// Pages in their places: nothing is written to the file before the journal and its name are on the medium, and the journal
/// is zeros there before it loses its name.
#[test]
fn pages_in_their_places() {
    let realm = realm(db2());
    realm.write("dump", large_dump(&realm, 9000));
    let _ = realm.kdb5_util(["load", "dump"]).ok();
    assert!(realm.read("principal").len() > 2 << 20);
    let journal = ["write principal.journal", "fdatasync principal.journal", "fsync ."];
    let step = ["write principal", "fdatasync principal"];
    let end = ["write principal.journal", "fdatasync principal.journal", "remove principal.journal", "says"];
    // Whether the file system would share blocks is tried first.
    let expected = |steps| {
        let begin = ["remove principal.commit"].into_iter().chain(journal);
        begin.chain(std::iter::repeat_n(step, steps).flatten()).chain(end).collect::<Vec<_>>()
    };
    // The page above the leaves around it is as full as a load leaves it, and is divided too.
    let _ = realm.kadmin_local(["addprinc", "-randkey", "h1500a"]).ok();
    // A page, from whose middle a record goes; then one that is divided: the new page, the one above, the old one, and the link of the next one.
    assert_eq!(command(&realm, false, "delprinc -force h1004"), expected(1));
    assert_eq!(command(&realm, false, "addprinc -randkey h1540a"), expected(4));
    assert_eq!(command(&realm, true, "delprinc -force h2004"), expected(1));
}

/// Both files replaced: from the sync of the new ones to the end of the journal.
fn exchange(first: &str, second: &str) -> Vec<String> {
    [
        "fsync .",
        "write principal.journal",
        "fdatasync principal.journal",
        "fsync .",
        &format!("rename {first} principal"),
        "fsync .",
        &format!("rename {second} principal.kadm5"),
        "fsync .",
        "write principal.journal",
        "fdatasync principal.journal",
        "remove principal.journal",
    ]
    .map(str::to_owned)
    .into()
}

/// New files, written and synced, and the exchange.
fn new_files(first: &str, second: &str, times: usize) -> Vec<String> {
    let written = [first, second]
        .into_iter()
        .flat_map(|file| std::iter::repeat_n([format!("write {file}"), format!("fsync {file}")], times));
    written.flatten().chain(exchange(first, second)).collect()
}

/// A batch that changes policies and principals. How many lines it takes is a matter of time, so that it may have to be tried
/// again.
#[test]
fn both_files_in_a_batch() {
    let realm = realm(db2());
    let mut seen = Vec::new();
    for turn in 0..30 {
        let lines = format!("addpol p{turn}\naddprinc -randkey -policy p{turn} g{turn}\n");
        seen = asked(&realm, "kadmin.local", &[], &lines);
        if seen.iter().any(|event| event.contains("principal.kadm5.commit")) && seen.last().unwrap() == "says"
        {
            let mut expected = new_files("principal.commit", "principal.kadm5.commit", 1);
            expected.push("says".to_owned());
            if seen.iter().any(|event| event == "write principal.journal") {
                assert_eq!(seen, expected);
                return;
            }
        }
    }
    panic!("no batch had both: {seen:?}");
}

/// A load, and a creation, which also syncs between the pages and the header.
#[test]
fn new_databases() {
    let realm = realm(db2());
    let _ = realm.kdb5_util(["dump", "dump"]).ok();
    let loaded = asked(&realm, "kdb5_util", &["load", "dump"], "");
    assert_eq!(loaded, new_files("principal~", "principal~.kadm5", 1));

    let realm = Realm::with(Side::Ours, db2());
    let created = asked(&realm, "kdb5_util", &["create", "-P", "master"], "");
    assert_eq!(created, new_files("principal.commit", "principal.kadm5.commit", 2));
}

/// LMDB's own: pages, synced, then a meta page, written through, before success is told. The lockout records are never
/// synced.
#[test]
fn lmdb() {
    let realm = realm(klmdb());
    let synced = ["write principal.mdb", "fdatasync principal.mdb", "write through principal.mdb"];
    let lockout = "write principal.lockout.mdb";
    let added: Vec<_> = synced.into_iter().chain([lockout, "says"]).collect();
    assert_eq!(command(&realm, false, "addprinc -randkey h0"), added);
    assert_eq!(command(&realm, true, "addprinc -randkey h1"), added);
    assert_eq!(asked(&realm, "kadmin.local", &["modprinc", "-maxlife", "2h", "h0"], ""), synced);
    let _ = realm.kdb5_util(["dump", "dump"]).ok();
    let loaded: Vec<_> = synced.into_iter().chain([lockout]).collect();
    assert_eq!(asked(&realm, "kdb5_util", &["load", "dump"], ""), loaded);

    // A new file's name comes before what is in it: the file, its trees, the records.
    let realm = Realm::with(Side::Ours, klmdb());
    let created = asked(&realm, "kdb5_util", &["create", "-P", "master"], "");
    assert_eq!(created[0], "fsync .", "{created:?}");
    assert_eq!(created[created.len() - loaded.len()..], loaded, "{created:?}");
}

/// `nosync`: nothing waits for the medium.
#[test]
fn lmdb_without_sync() {
    let realm = realm(klmdb());
    let conf = String::from_utf8(realm.read("kdc.conf")).unwrap();
    realm.write("kdc.conf", conf.replace("db_library = klmdb", "db_library = klmdb\n        nosync = true"));
    let written = ["write principal.mdb", "write principal.lockout.mdb", "says"];
    assert_eq!(command(&realm, false, "addprinc -randkey h0"), written);
    assert_eq!(command(&realm, true, "addprinc -randkey h1"), written);
    let _ = realm.kdb5_util(["dump", "dump"]).ok();
    assert_eq!(asked(&realm, "kdb5_util", &["load", "dump"], ""), written[..2]);
}

/// Killed when a batch is written and not yet told: who reads the same input next has just the lines that were not done. The
/// batch ends before a command that is run alone, so that lines have been looked at by then that are none of it.
#[test]
fn what_a_killed_batch_leaves() {
    let kills = [
        // A copy has its name, which is not on the medium yet.
        (db2(), "fsync", 2),
        // The first word, after that about the realm.
        (db2(), "write", 2),
        (klmdb(), "write", 2),
    ];
    for (setup, call, nth) in kills {
        for how in ["(K; cat > left) < input", "cat input | (K; cat > left)"] {
            let what = format!("{call} {nth}, {how}");
            let realm = realm(setup.clone());
            let line = |number: usize| format!("addprinc -randkey u{number:02}\n");
            let [first, then]: [String; 2] = [0..12, 12..20].map(|numbers| numbers.map(line).collect());
            realm.write("input", first + "listprincs\n" + &then);
            let program = realm.side().program("kadmin.local");
            let strace =
                format!("strace -f -o /dev/null -e trace={call} -e inject={call}:signal=KILL:when={nth}");
            let how = format!("K() {{ {strace} {}; echo $? > status; }}; {how}", program.display());
            let _ = realm.mit("sh", ["-c", &how]).ok();
            assert_eq!(String::from_utf8(realm.read("status")).unwrap(), "137\n", "{what}: killed");
            let left = String::from_utf8(realm.read("left")).unwrap();
            let dump = realm.dump_by_mit();
            let (done, undone): (Vec<_>, Vec<_>) =
                (0..20).partition(|number| dump.contains(&format!("\tu{number:02}@")));
            assert!(!done.is_empty(), "{what}: something was done");
            assert_eq!(
                left.replace("listprincs\n", ""),
                undone.into_iter().map(line).collect::<String>(),
                "{what}"
            );
        }
    }
}
