//! A change of the master key that is killed, or that finds the disk full, can be taken up again by either side, and
//! every key stays what it was.
//!
//! `strace` kills the program as it enters its first, second, third... system call of those that change something, so
//! that the moments are the same in every run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::calls::{count, kill, kill_if_it_comes};
use harness::{BackEnd, Output, Realm, Side, SmallDisk};
use std::fs;
use std::path::Path;

/// A realm with these many hosts, made by MIT.
fn realm(hosts: usize) -> Realm {
    let realm = Realm::new(Side::Ours);
    let mit = realm.by(Side::Mit);
    let _ = mit.create("first");
    let mut lines = "addprinc -pw alicespw alice\n".to_owned();
    lines.extend((0..hosts).map(|n| format!("addprinc -e aes128-cts:normal -randkey h{n}\n")));
    let _ = mit.kadmin_local(Vec::<String>::new()).stdin(&lines).ok();
    realm
}

/// Keys as one side exports them, in order: alice's and those of the hosts that a pattern matches. MIT opens all that there
/// are, to encrypt them in another one.
fn keys_of(realm: &Realm, side: Side, pattern: &str) -> Vec<String> {
    let mit = realm.by(Side::Mit);
    realm.write("stash-new", realm.read("stash"));
    let _ = mit.kdb5_util(["dump", "-mkey_convert", "-new_mkey_file", "stash-new", "converted"]).ok();
    drop(fs::remove_file(realm.path("keytab")));
    let words = ["ktadd", "-q", "-k", "keytab", "-norandkey"];
    let _ = realm.by(side).kadmin_local(words.into_iter().chain(["alice"])).ok();
    let _ = realm.by(side).kadmin_local(words.into_iter().chain(["-glob", pattern])).ok();
    let listed = realm.mit("klist", ["-keK", "keytab"]).ok().stdout;
    let mut lines: Vec<String> = listed.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn keys(realm: &Realm, side: Side) -> Vec<String> {
    keys_of(realm, side, "h*")
}

/// The files of the realm's directory that a command may change.
fn files(realm: &Realm) -> Vec<&'static str> {
    realm.backend().files().iter().copied().chain(["stash"]).collect()
}

/// Keeps the files, or puts them back.
fn copy(realm: &Realm, from: &Path, to: &Path) {
    for file in files(realm) {
        drop(fs::remove_file(to.join(file)));
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// The steps of the change: command and input.
const STEPS: [(&[&str], &str); 5] = [
    (&["add_mkey", "-s"], "second\nsecond\n"),
    (&["use_mkey", "2"], ""),
    (UPDATE, ""),
    (&["stash"], ""),
    (&["purge_mkeys", "-f"], ""),
];
const UPDATE: &[&str] = &["update_princ_encryption", "-f"];

/// Does a step.
fn step(realm: &Realm, (words, input): (&[&str], &str)) -> Output {
    realm.kdb5_util(words.iter().copied()).stdin(input).output()
}

/// Which versions of the master key there are, by what MIT lists.
fn versions(realm: &Realm) -> usize {
    realm.by(Side::Mit).kdb5_util(["list_mkeys"]).ok().stdout.matches("KVNO: ").count()
}

/// Each step killed at each call that changes something: MIT opens every key, the step can be done again by either side,
/// and so can the ones behind it.
#[test]
fn killed_at_any_call() {
    let realm = realm(12);
    let before = keys(&realm, Side::Mit);
    let kept = realm.path("kept");
    fs::create_dir(&kept).unwrap();
    let mut kills = 0;
    for (number, (words, input)) in STEPS.into_iter().enumerate() {
        copy(&realm, realm.dir(), &kept);
        let calls = count(&realm, words, input);
        assert!(calls.iter().map(|(_, times)| times).sum::<usize>() > 1, "{words:?}: {calls:?}");
        for (call, times) in calls {
            for nth in 1..=times {
                let what = format!("{words:?}, {call} {nth} of {times}");
                copy(&realm, &kept, realm.dir());
                if words == UPDATE && !kill_if_it_comes(&realm, call, nth, words, input) {
                    continue;
                }
                if words != UPDATE {
                    let _ = kill(&realm, call, nth, words, input);
                }
                kills += 1;
                assert_eq!(keys(&realm, Side::Mit), before, "{what}");
                // The new key may be there or not; the command again, and the rest.
                let there = versions(&realm);
                let side = if kills % 2 == 0 { Side::Mit } else { Side::Ours };
                // It is there: its stash file is what may be missing.
                let again = if number == 0 && there == 2 { (&["stash"][..], "") } else { (words, input) };
                for next in [again].into_iter().chain(STEPS.into_iter().skip(number + 1)) {
                    let _ = step(&realm.by(side), next).code(0);
                }
                assert_eq!(versions(&realm), 1, "{what}");
                assert_eq!(keys(&realm, Side::Mit), before, "{what}");
                let _ = realm.by(Side::Ours).kdb5_util(["verify"]).ok();
            }
        }
        copy(&realm, &kept, realm.dir());
        let _ = step(&realm, (words, input)).code(0);
    }
    assert!(kills > 20, "{kills}");
    assert_eq!(versions(&realm), 1);
}

/// More entries than fit into one hold of the locks, killed between two times: some are under the new key, some under the old one, and
/// either side opens all of them and does the rest.
#[test]
fn killed_half_way_through_the_entries() {
    let realm = realm(2500);
    // MIT's ktadd goes through the keytab for each.
    let keys = |side| keys_of(&realm, side, "h*77");
    let before = keys(Side::Mit);
    assert!(before.len() > 25);
    for first in STEPS.into_iter().take(2) {
        let _ = step(&realm, first).code(0);
    }
    let kept = realm.path("kept");
    fs::create_dir(&kept).unwrap();
    copy(&realm, realm.dir(), &kept);
    let sync = if realm.backend() == BackEnd::Db2 { "fsync" } else { "fdatasync" };
    let calls = count(&realm, UPDATE, "");
    let times = calls.iter().find(|(call, _)| *call == sync).unwrap().1;
    assert!(times >= 3, "{times} batches");
    // As the second and the third batch say that they are on the disk: what was before them is.
    let mut halves = 0;
    for (turn, nth) in (2..=times).enumerate() {
        copy(&realm, &kept, realm.dir());
        // How many go together depends on the time that they take.
        if !kill_if_it_comes(&realm, sync, nth, UPDATE, "") {
            continue;
        }
        let side = if turn % 2 == 0 { Side::Mit } else { Side::Ours };
        let told = realm.by(Side::Mit).kdb5_util(["update_princ_encryption", "-n"]).ok().stdout;
        let number = |behind: &str| -> usize {
            let end = told.find(behind).unwrap();
            told[..end].rsplit(' ').next().unwrap().parse().unwrap()
        };
        let (to_do, done) = (number(" would be updated"), number(" already current"));
        assert_eq!(to_do + done, 2504, "{told}");
        assert!(done > 0, "{told}");
        halves += usize::from(to_do > 0);
        assert_eq!(keys(Side::Mit), before);
        let rest = step(&realm.by(side), (UPDATE, "")).code(0);
        assert!(rest.stdout.contains(&format!("{to_do} updated, {done} already current")), "{rest}");
        assert_eq!(keys(side), before);
        let _ = realm.by(side).kdb5_util(["purge_mkeys", "-f"]).ok();
        assert_eq!(versions(&realm), 1);
    }
    assert!(halves > 0);
}

/// On a disk that is full each step says so and changes nothing; once there is room again, it is done.
#[test]
fn on_a_full_disk() {
    let realm = realm(12);
    let before = keys(&realm, Side::Mit);
    let disk = SmallDisk::mount(&realm.path("disk"), 2048);
    for file in files(&realm) {
        fs::copy(realm.path(file), realm.path("disk").join(file)).unwrap();
    }
    for file in ["kdc.conf", "krb5.conf"] {
        let conf = String::from_utf8(realm.read(file)).unwrap();
        let here = realm.dir().display().to_string();
        let moved = ["principal", "stash"]
            .iter()
            .fold(conf, |conf, name| conf.replace(&format!("{here}/{name}"), &format!("{here}/disk/{name}")));
        realm.write(file, moved);
    }
    for (words, input) in STEPS {
        // LMDB's file of locks has its room from before.
        let _ = realm.kdb5_util(["list_mkeys"]).ok();
        // All that is left.
        let filling = realm.path("disk").join("filling");
        let mut size = 2048 * 1024;
        while size > 0 {
            let mut file = fs::OpenOptions::new().create(true).append(true).open(&filling).unwrap();
            if std::io::Write::write_all(&mut file, &vec![0; size]).is_err() {
                size /= 2;
            }
        }
        let full = step(&realm, (words, input));
        // What needs no more room than it has goes through.
        if full.exit != 0 {
            assert!(full.stderr.contains("No space left on device"), "{full}");
        }
        assert_eq!(keys(&realm, Side::Mit), before, "{words:?}");
        fs::remove_file(&filling).unwrap();
        let there = versions(&realm);
        match words {
            ["add_mkey", "-s"] if there == 2 => {
                assert_ne!(full.exit, 0, "the stash file needs room");
                let _ = step(&realm, (&["stash"], "")).code(0);
            }
            _ if full.exit == 0 => {}
            _ => drop(step(&realm, (words, input)).code(0)),
        }
        assert_eq!(keys(&realm, Side::Mit), before, "{words:?}");
    }
    assert_eq!(versions(&realm), 1);
    drop(disk);
}

/// DIV-190
#[test]
fn a_stash_of_mits_that_was_killed() {
    let realm = realm(0);
    let mit = realm.by(Side::Mit);
    let _ = kill(&mit, "rename", 1, &["stash"], "");
    assert!(realm.path("stash_tmp").exists());
    let again = mit.kdb5_util(["stash"]).fails(1);
    assert!(!again.stderr.is_empty(), "{again}");
    harness::announced_divergence("DIV-190");
    fs::remove_file(realm.path("stash_tmp")).unwrap();
    let _ = kill(&realm, "rename", 1, &["stash"], "");
    let left = || {
        let entries = fs::read_dir(realm.dir()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.filter(|name| name.to_string_lossy().starts_with(".stash_tmp")).count()
    };
    assert_eq!(left(), 1);
    let _ = realm.kdb5_util(["stash"]).ok();
    assert_eq!(left(), 0, "the next one removes it");
    for side in [Side::Ours, Side::Mit] {
        let _ = realm.by(side).kdb5_util(["stash"]).ok();
    }
}
