//! `kdb5_util load` beside MIT's: dumps of either side in either, damaged dumps, and what a failure leaves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::damage::{DAMAGE, Fate, POLICY, PRINC, damaged};
use compat::{golden, golden_dump, golden_pair, golden_setup, place};
use harness::{BackEnd, Both, Pair, Realm, Side, SmallDisk};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const HEADER: &str = "kdb5_util load_dump version 7\n";

/// Name, rights and content of everything of the database in a directory, but for LMDB's tables of readers.
fn database(realm: &Realm) -> BTreeMap<String, (u32, Vec<u8>)> {
    let entries = fs::read_dir(realm.dir()).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with("principal") && !name.ends_with(".mdb-lock")
        })
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), (mode, fs::read(entry.path()).unwrap()))
        })
        .collect()
}

fn dump(realm: &Realm, side: Side) -> String {
    realm.by(side).kdb5_util(["dump"]).ok().stdout
}

/// What each side loads of the other's dump is what the other had, in every version and both kinds of file.
#[test]
fn there_and_back() {
    for version in ["-b7", "-r13", "-r18", ""] {
        let kinds = match BackEnd::of_this_run() {
            BackEnd::Db2 => &[false, true][..],
            BackEnd::Klmdb => &[false],
        };
        for &hash in kinds {
            let pair = golden_pair();
            let dump = ["dump", version, "out"].into_iter().filter(|word| !word.is_empty());
            pair.kdb5_util(dump).same_bytes().code(0);
            let before = pair.mit().read("out");
            assert!(pair.ours().read("out") == before);
            let load = ["load", if hash { "-hash" } else { "-verbose" }, "out"];
            pair.kdb5_util(load).same_bytes().code(0);
            let after = [pair.mit(), pair.ours()].map(|realm| {
                let again = ["dump", version].into_iter().filter(|word| !word.is_empty());
                let both =
                    [Side::Mit, Side::Ours].map(|side| realm.by(side).kdb5_util(again.clone()).ok().stdout);
                assert!(both[0] == both[1], "{version} {hash}");
                both[0].clone()
            });
            let sorted = |text: &str| {
                let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
                lines.sort_unstable();
                lines
            };
            let before = String::from_utf8(before).unwrap_or_default();
            for text in after {
                assert!(sorted(&text) == sorted(&before) || before.is_empty(), "{version} {hash}");
                assert!(hash || before.is_empty() || text == before);
            }
            let starts = |realm: &Realm| realm.read(realm.backend().files()[0])[..4].to_vec();
            assert_eq!(starts(pair.mit()), starts(pair.ours()));
        }
    }
}

/// A database that MIT made of our dump, and one that we made of it, are the same to MIT's kadmin.local; a ticket can be had.
#[test]
fn what_was_loaded_works() {
    let pair = Pair::new();
    pair.create_by_mit("masterpw");
    pair.each(|realm| {
        realm.mit("kadmin.local", ["addpol", "-minlength", "6", "-history", "3", "staff"]).ok();
        realm.mit("kadmin.local", ["addprinc", "-policy", "staff", "-pw", "alicespw", "alice"]).ok();
    });
    pair.copy_database();
    pair.kdb5_util(["dump", "out"]).same_bytes().code(0);
    pair.kdb5_util(["destroy", "-f"]).same_bytes().code(0);
    pair.each(|realm| assert!(database(realm).is_empty()));
    pair.each(|realm| {
        let other = if realm.dir() == pair.mit().dir() { Side::Ours } else { Side::Mit };
        let _ = realm.by(other).kdb5_util(["load", "out"]).ok();
        let files = database(realm);
        let mut expected = realm.backend().files().to_vec();
        expected.sort_unstable();
        assert_eq!(files.keys().collect::<Vec<_>>(), expected);
        assert!(files.values().all(|(mode, _)| *mode == 0o600), "{realm:?}");
        let _ = realm.mit("kadmin.local", ["cpw", "-pw", "anotherpw", "alice"]).ok();
        let _ = realm.mit("kadmin.local", ["getprinc", "alice"]).ok().stdout_has("Policy: staff");
    });
}

#[test]
fn an_update_adds_and_replaces() {
    let pair = golden_pair();
    let line = "princ\t38\t17\t1\t1\t0\talice@GOLDEN.TEST\t7\t0\t0\t0\t0\t0\t0\t0\t500\t2\tabcd\t1\t9\t18\t2\t0001\t-1;\n";
    let policies = "policy\tstrong\t1\t2\t3\t4\t5\t0\t0\t0\t0\t0\t0\t0\t-\t0\npolicy\tnew\t1\t2\t3\t4\t5\t0\t0\t0\t0\t0\t0\t0\t-\t0\n";
    let added = line.replace("17\t1\t1\t0\talice@", "17\t1\t1\t0\tAlice@");
    pair.each(|realm| realm.write("in", format!("{HEADER}{line}{policies}{added}")));
    let before = dump(pair.ours(), Side::Mit);
    pair.kdb5_util(["load", "-update", "-verbose", "in"]).same_bytes().code(0);
    let after = dump(pair.ours(), Side::Mit);
    assert!(after == dump(pair.mit(), Side::Mit));
    assert_eq!(after.lines().count(), before.lines().count() + 2);
    assert!(after.contains(line) && after.contains(&added) && after.contains("policy\tnew\t"));
    let _ = pair.ours().mit("kadmin.local", ["delprinc", "-force", "bob"]).ok();
}

#[test]
fn lines_that_mean_nothing() {
    let pair = golden_pair();
    pair.each(|realm| {
        realm.write("empty", "");
        realm.write("newline", "\n");
        realm.write("v7", HEADER);
        realm.write("v4", "kdb5_util load_dump version 4\n");
        realm.write("v8", "kdb5_util load_dump version 8\n");
        realm.write("dos", "kdb5_util load_dump version 7\r\n");
        realm.write("cut", "kdb5_util load_dump version 7");
        realm.write("iprop", "ipropx 1 2 3 4\n");
    });
    let before = database(pair.ours());
    for words in [
        "load",
        "load v7 v7",
        "load -update",
        "load v7 -update",
        "load -b8",
        "load -",
        "load missing",
        "load -ov v7",
        "load -i v7",
        "load empty",
        "load newline",
        "load v8",
        "load dos",
        "load cut",
        "load iprop",
        "load -b7 v7",
        "load -r13 v4",
        "load -r18 -b7 v7",
        "load -update -r18 v7",
    ] {
        pair.kdb5_util(words.split(' ')).same_bytes().code(1);
        assert!(database(pair.ours()) == before, "{words}");
    }
    // MIT does not say why it cannot read.
    let both = pair.kdb5_util(["load", "{DIR}"]).run().code(1);
    let mit = both.mit.stderr.replace(&pair.mit().dir().display().to_string(), "{DIR}");
    let ours = both.ours.stderr.replace(&pair.ours().dir().display().to_string(), "{DIR}");
    assert_eq!(ours, mit.replace('\n', " (Is a directory)\n"));
    pair.kdb5_util(["load", "-update", "v7"]).same_bytes().code(0);
    pair.kdb5_util(["load", "-update", "-b7", "v4"]).same_bytes().code(0);
    pair.kdb5_util(["load", "-r", "GOLDEN.TEST", "v7", "-d", "{DIR}/principal-2"]).same_bytes().code(0);
    pair.kdb5_util(["load", "-d", "{DIR}/no/such", "v7"]).run().code(1);
    pair.kdb5_util(["load", "-update", "-d", "{DIR}/principal-3", "v7"]).run().code(1);
    assert!(!pair.ours().path("principal-3.ok").exists());
}

/// The line of the golden realm's master key, without which MIT dumps nothing.
fn master() -> String {
    let dump = String::from_utf8_lossy(&golden("dump/dump.txt")).into_owned();
    let line = dump.lines().find(|line| line.contains("\tK/M@")).unwrap();
    format!("{line}\n")
}

/// At least thirty ways to damage a dump: the same acceptance as MIT's, but for what MIT reads that does not stand there (DIV-81); and the live
/// database is whole.
#[test]
fn damaged_dumps() {
    let pair = golden_pair();
    let whole = database(pair.ours());
    let master = master();
    let mut wrong = Vec::new();
    for (from, to, fate) in DAMAGE {
        let text = format!("{HEADER}{master}{}", damaged(from, to));
        pair.each(|realm| {
            place(realm);
            realm.write("in", &text);
        });
        let ours = pair.ours().kdb5_util(["load", "in"]).output();
        if ours.exit != 0 {
            let intact = database(pair.ours()) == whole;
            let told = ours.stderr.starts_with("in(") || ours.stderr.contains("error processing line");
            let three = ours.stderr.ends_with(
                "error processing line 3 of in\nkdb5_util: Kerberos version 5 release 1.11 restore failed\n",
            ) || ours.stderr.ends_with(
                "error processing line 4 of in\nkdb5_util: Kerberos version 5 release 1.11 restore failed\n",
            );
            if !(intact && told && three && ours.exit == 1) {
                wrong.push(format!("{from:?} {to:?}: intact {intact}\n{ours}"));
            }
        }
        let mit = match fate {
            Fate::MitHangs => None,
            _ => Some(pair.mit().kdb5_util(["load", "in"]).output()),
        };
        let expected = match fate {
            Fate::Loaded => (Some(0), 0),
            Fate::Refused => (Some(1), 1),
            Fate::MitLoads => (Some(0), 1),
            // What overflows a field of the db2 module overflows nothing of the LMDB one.
            Fate::MitCrashes if pair.mit().backend() == BackEnd::Klmdb => (Some(0), 1),
            Fate::MitCrashes => (Some(-6), 1),
            Fate::MitHangs => (None, 1),
        };
        if (mit.as_ref().map(|mit| mit.exit), ours.exit) != expected {
            wrong.push(format!("{from:?} {to:?}: {fate:?}\n{mit:?}\n{ours}"));
        }
        if *fate == Fate::Loaded && dump(pair.ours(), Side::Mit) != dump(pair.mit(), Side::Mit) {
            wrong.push(format!("{from:?} {to:?}: loaded as something else"));
        }
    }
    assert!(DAMAGE.len() >= 30);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// DIV-81: a dump cut at any byte inside a line is refused; MIT takes some such pieces for all.
#[test]
fn a_dump_cut_anywhere() {
    let realm = Realm::with(Side::Ours, golden_setup());
    place(&realm);
    let whole = database(&realm);
    let master = master();
    let text = format!("{HEADER}{master}{PRINC}{POLICY}");
    let begin = HEADER.len() + master.len();
    for end in (0..HEADER.len())
        .chain(begin - 5..text.len())
        .filter(|end| *end == 0 || text.as_bytes()[end - 1] != b'\n')
    {
        realm.write("in", &text[..end]);
        let _ = realm.kdb5_util(["load", "in"]).fails(1);
        assert!(database(&realm) == whole, "cut at {end}");
    }
    realm.write("in", format!("{HEADER}{master}princ\t"));
    let _ = realm.mit("kdb5_util", ["load", "in"]).ok();
    assert_eq!(dump(&realm, Side::Mit), format!("{HEADER}{master}"), "MIT takes half a line for the end");
}

/// DIV-81: names that MIT dumps and cannot load.
#[test]
fn names_with_blanks() {
    let pair = golden_pair();
    let spaced = PRINC.replace("13\t2\t2\t0\tp@", "14\t2\t2\t0\t p@");
    let lines = spaced + &master() + &POLICY.replace("\tpol\t", "\tmy pol\t");
    pair.each(|realm| realm.write("in", format!("{HEADER}{lines}")));
    let both = pair.kdb5_util(["load", "in"]).differs("DIV-81");
    assert_eq!((both.mit.exit, both.ours.exit), (1, 0), "{}", both.ours);
    assert_eq!(dump(pair.ours(), Side::Mit), format!("{HEADER}{lines}"));
}

#[test]
fn names_that_are_too_long() {
    let realm = Realm::with(Side::Ours, golden_setup());
    place(&realm);
    let whole = database(&realm);
    let name = format!("{}@GOLDEN.TEST", "n".repeat(2010));
    let line = PRINC.replace("13\t2\t2\t0\tp@GOLDEN.TEST", &format!("{}\t2\t2\t0\t{name}", name.len()));
    realm.write("in", format!("{HEADER}{line}"));
    let output = realm.kdb5_util(["load", "in"]).fails(1);
    let _ = output.stderr_has("Principal name is too long").stderr_has("error processing line 2 of in");
    assert!(database(&realm) == whole);
}

/// A loader that is killed leaves the live database alone, and the next one clears up.
#[test]
fn a_load_that_is_killed() {
    for words in [vec!["load", "pipe"], vec!["load", "-update", "pipe"]] {
        let realm = Realm::with(Side::Ours, golden_setup());
        place(&realm);
        let before = dump(&realm, Side::Mit);
        let files = database(&realm);
        assert!(Command::new("mkfifo").arg(realm.path("pipe")).status().unwrap().success());
        let mut running = realm.kdb5_util(words.clone()).spawn();
        let text = golden_dump(realm.backend());
        let mut pipe = fs::OpenOptions::new().write(true).open(realm.path("pipe")).unwrap();
        // More than the pipe holds: the loader has taken what came before when this has all been written.
        pipe.write_all(&text[..150_000]).unwrap();
        running.kill();
        drop(pipe);
        assert_eq!(running.wait().exit, -9);
        match realm.backend() {
            BackEnd::Db2 => {
                assert!(realm.path("principal~").exists());
                assert!(files.iter().all(|(name, file)| database(&realm).get(name) == Some(file)));
            }
            // A transaction that was not committed has no file of its own.
            BackEnd::Klmdb => assert_eq!(database(&realm).len(), files.len()),
        }
        assert!(dump(&realm, Side::Mit) == before);
        let _ = realm.mit("kadmin.local", ["getprinc", "alice"]).ok();
        realm.write("in", &text);
        let _ = realm.kdb5_util(["load", "in"]).ok();
        assert!(!database(&realm).keys().any(|name| name.contains('~')));
        assert!(dump(&realm, Side::Mit).as_bytes() == text);
    }
}

/// DIV-84
#[test]
fn an_update_that_fails_changes_nothing() {
    let pair = golden_pair();
    let before = dump(pair.ours(), Side::Mit);
    let mut text = golden_dump(pair.ours().backend());
    text.extend_from_slice(b"garbage\n");
    let text = String::from_utf8_lossy(&text).replace("alice@GOLDEN.TEST\t0", "alice@GOLDEN.TEST\t64");
    pair.each(|realm| realm.write("in", &text));
    pair.kdb5_util(["load", "-update", "in"]).run().code(1);
    assert!(dump(pair.ours(), Side::Mit) == before);
    let mit = pair.mit().kdb5_util(["dump"]).output();
    match pair.mit().backend() {
        BackEnd::Db2 => {
            assert_ne!(mit.exit, 0, "MIT leaves a database that nobody can open");
            let _ = pair.kdb5_util(["dump"]).differs("DIV-84");
        }
        BackEnd::Klmdb => {
            assert_ne!(mit.stdout, before, "MIT leaves half of the update");
            let _ = pair.kdb5_util(["dump"]).differs("DIV-164");
        }
    }
}

/// DIV-84: and ours mends what such a load of MIT's leaves.
#[test]
fn the_lock_file_of_a_dead_loader() {
    for words in [&["load", "in"][..], &["load", "-update", "in"]] {
        let pair = Pair::with(golden_setup().backend(BackEnd::Db2));
        pair.each(|realm| {
            place(realm);
            realm.write("in", golden("dump/dump.txt"));
            fs::remove_file(realm.path("principal.kadm5.lock")).unwrap();
        });
        let Both { mit, ours, .. } = pair.kdb5_util(words).differs("DIV-84");
        assert_eq!((mit.exit, ours.exit), (1, 0), "{ours}");
        let _ = ours.stderr_has("principal.kadm5.lock was missing");
        assert!(dump(pair.ours(), Side::Mit).as_bytes() == golden("dump/dump.txt"));
    }
}

#[test]
fn a_full_disk() {
    let realm = Realm::with(Side::Ours, golden_setup());
    let disk = SmallDisk::mount(&realm.path("disk"), 400);
    let on_disk = |words: &[&'static str]| [&["-d", "{DIR}/disk/principal"], words].concat();
    let file = |realm: &Realm| realm.read(&format!("disk/{}", realm.backend().files()[0]));
    realm.write("stash", golden("stash-all"));
    realm.write("small", format!("{HEADER}{}{PRINC}", master()));
    let _ = realm.kdb5_util(on_disk(&["load", "small"])).ok();
    let before = file(&realm);
    let text = String::from_utf8_lossy(&golden_dump(realm.backend())).into_owned();
    let more = |name| text.replace("svc/", name).replacen(HEADER, "", 1);
    realm.write("big", [&text, &more("srv/"), &more("tvc/"), &more("tvs/")].map(String::as_str).concat());
    let output = realm.kdb5_util(on_disk(&["load", "big"])).fails(1);
    let _ = output.stderr_has("No space left on device");
    // A transaction of LMDB's may have gone some way into free pages.
    if realm.backend() == BackEnd::Db2 {
        assert!(file(&realm) == before);
    }
    let left = realm.mit("kdb5_util", on_disk(&["dump"])).ok().stdout;
    assert_eq!(left, format!("{HEADER}{}{PRINC}", master()));
    let names = fs::read_dir(realm.path("disk")).unwrap().count();
    assert_eq!(names, 4, "nothing is left over");
    drop(disk);
}

#[test]
fn many_loads_at_once() {
    let realm = Realm::with(Side::Ours, golden_setup());
    place(&realm);
    let text = golden_dump(realm.backend());
    realm.write("in", &text);
    let running: Vec<_> = (0..6)
        .map(|number| {
            let words: &[&str] = if number % 2 == 1 { &["load", "-update", "in"] } else { &["load", "in"] };
            realm.kdb5_util(words.iter().copied()).spawn()
        })
        .collect();
    for run in running {
        let _ = run.wait().code(0);
    }
    assert!(dump(&realm, Side::Mit).as_bytes() == text);
    assert!(!database(&realm).keys().any(|name| name.contains('~')));
}
