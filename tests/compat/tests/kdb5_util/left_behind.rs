//! What programs leave that are killed: `destroy` removes all of it, `verify` names it, and `create` tells the way out.

use crate::support::{db2, names, one_line};
use compat::calls::{count, kill, traced};
use harness::{Pair, Realm, Side, announced_divergence};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

const CREATE: [&str; 4] = ["create", "-s", "-P", "masterpw"];
const DESTROY: [&str; 2] = ["destroy", "-f"];

/// What is there of the database: neither the configuration nor the stash file nor what the test has written.
fn left(realm: &Realm) -> Vec<String> {
    let mut left = names(realm.dir());
    left.retain(|name| name.starts_with("principal"));
    left
}

/// A realm with what killed programs left beside its database, and our side's open files, whose bytes can be looked at when they
/// have no names any more.
fn littered() -> (Pair, Vec<(&'static str, File)>) {
    let pair = Pair::with(db2());
    pair.create("masterpw");
    let files = ["principal~", "principal~.kadm5", "principal.commit", "principal.kadm5.commit"];
    pair.each(|realm| {
        for file in &files {
            realm.write(file, realm.read("principal"));
        }
        realm.write("principal~.ok", "");
        realm.write("principal~.kadm5.lock", "");
    });
    let opened = files.map(|file| (file, File::open(pair.ours().path(file)).unwrap()));
    (pair, opened.into())
}

fn bytes(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// DIV-230
#[test]
fn what_killed_programs_left_goes_too() {
    announced_divergence("DIV-230");
    let (pair, files) = littered();
    pair.kdb5_util(DESTROY).same_bytes().code(0);
    assert_eq!(left(pair.ours()), Vec::<String>::new());
    assert!(left(pair.mit()).contains(&"principal~".to_owned()), "MIT removes it by now");
    for (file, opened) in files {
        let bytes = bytes(opened);
        assert!(bytes.len() > 4096 && bytes.iter().all(|byte| *byte == 0), "{file} is overwritten");
    }
    // Without a database there is nothing that MIT would look for.
    let (pair, files) = littered();
    pair.each(|realm| {
        for file in realm.backend().files() {
            fs::remove_file(realm.path(file)).unwrap();
        }
    });
    let both = pair.kdb5_util(DESTROY).differs("DIV-230");
    assert_eq!((both.mit.exit, both.ours.exit), (1, 0), "{}", both.ours);
    assert_eq!(left(pair.ours()), Vec::<String>::new());
    for (file, opened) in files {
        assert!(bytes(opened).iter().all(|byte| *byte == 0), "{file}");
    }
    // All is gone now: as with MIT.
    let output = pair.ours().kdb5_util(DESTROY).fails(1);
    one_line(&output, &["No such file or directory"]);
}

/// What was left cannot be overwritten: the database is as it was.
#[test]
fn what_cannot_be_removed() {
    let (pair, _) = littered();
    let realm = pair.ours();
    fs::remove_file(realm.path("principal~")).unwrap();
    fs::create_dir(realm.path("principal~")).unwrap();
    let before = realm.read("principal");
    let output = realm.kdb5_util(DESTROY).fails(1);
    one_line(&output, &["/principal~: ", "deleting database '"]);
    assert!(realm.read("principal") == before);
}

/// The load has the database in its place before it is destroyed.
#[test]
fn a_load_that_runs_is_waited_for() {
    let realm = Realm::with(Side::Ours, db2());
    let _ = realm.create("masterpw");
    let _ = realm.kdb5_util(["dump", "dump"]).ok();
    let stop = Some("signal=SIGSTOP:when=1");
    let running = traced(&realm, "fsync", stop, &["load", "dump"], "").spawn();
    let stopped = wait_for("it stops", || {
        let calls = fs::read_to_string(realm.path("calls")).unwrap_or_default();
        let line = calls.lines().find(|line| line.contains("stopped by SIGSTOP"))?;
        line.split(' ').next().map(str::to_owned)
    });
    // Nor does anybody call its files leftovers.
    let verified = realm.kdb5_util(["verify"]).ok();
    assert!(!verified.stdout.contains('~'), "{verified}");
    let waiting = realm.kdb5_util(DESTROY).spawn();
    let inode = format!(":{} ", realm.path("principal~.ok").metadata().unwrap().ino());
    wait_for("destroy waits", || {
        let locks = fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| line.contains("-> ") && line.contains(&inode)).then_some(())
    });
    let resumed = std::process::Command::new("kill").args(["-CONT", &stopped]).status().unwrap();
    assert!(resumed.success());
    let _ = running.wait().code(0);
    let _ = waiting.wait().code(0);
    assert_eq!(left(&realm), Vec::<String>::new());
}

fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: never");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The journal of a load that had renamed nothing goes with the next program, and the new files with the next load or `destroy`;
/// `verify` says so.
#[test]
fn a_load_that_was_killed() {
    let realm = Realm::with(Side::Ours, db2());
    let _ = realm.create("masterpw");
    let _ = realm.kdb5_util(["dump", "dump"]).ok();
    for last in [&DESTROY[..], &["load", "dump"]] {
        let _ = kill(&realm, "rename", 1, &["load", "dump"], "");
        let told = realm.kdb5_util(["verify"]).fails(1);
        assert!(told.stdout.contains("was cut short") && !told.stdout.contains("note:"), "{told}");
        let _ = realm.kdb5_util(["list_mkeys"]).ok();
        let told = realm.kdb5_util(["verify"]).ok();
        for file in ["principal~", "principal~.kadm5"] {
            let line = format!(
                "/{file}: a load that was cut short has left it; the next kdb5_util load or destroy removes it"
            );
            assert_eq!(told.stdout.lines().filter(|told| told.ends_with(&line)).count(), 1, "{told}");
            assert!(told.stdout.ends_with(": sound\n"), "{told}");
        }
        let _ = realm.kdb5_util(last.iter().copied()).ok();
        assert!(!left(&realm).iter().any(|name| name.contains('~')), "{:?}", left(&realm));
        if last == DESTROY {
            let _ = realm.kdb5_util(CREATE).ok();
        }
    }
    // A copy that was never put in its place.
    realm.write("principal.commit", realm.read("principal"));
    let told = realm.kdb5_util(["verify"]).ok();
    assert!(told.stdout.contains("/principal.commit: a change that was cut short has left it; "), "{told}");
    let _ = realm.kadmin_local(["addprinc", "-randkey", "alice"]).ok();
    let told = realm.kdb5_util(["verify"]).ok();
    assert!(!told.stdout.contains("note:"), "{told}");
}

/// Keeps all files of the realm, or puts them back.
fn copy(from: &Path, to: &Path) {
    let _ = fs::create_dir(to);
    for name in names(to).into_iter().filter(|name| name.starts_with("principal") || name == "stash") {
        fs::remove_file(to.join(name)).unwrap();
    }
    for name in names(from).into_iter().filter(|name| name.starts_with("principal") || name == "stash") {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

/// DIV-231: wherever a creation is killed, `create` goes on or says what is there, and after `destroy -f` it goes on.
#[test]
fn a_creation_killed_at_any_call() {
    announced_divergence("DIV-231");
    let realm = Realm::with(Side::Ours, db2());
    let kept = realm.path("kept");
    let (mut kills, mut halves) = (0, 0);
    for (call, times) in count(&realm, &CREATE, "") {
        for nth in 1..=times {
            let what = format!("{call} {nth} of {times}");
            let _ = realm.kdb5_util(DESTROY).output();
            drop(fs::remove_file(realm.path("stash")));
            let _ = kill(&realm, call, nth, &CREATE, "");
            kills += 1;
            copy(realm.dir(), &kept);
            let output = realm.kdb5_util(CREATE).output();
            let half = realm.path("principal").exists() && !realm.path("principal.kadm5").exists();
            if half {
                halves += 1;
                let way =
                    "its creation was cut short: remove it with kdb5_util destroy -f and create it again";
                one_line(&output, &["File exists; ", way]);
                one_line(&realm.kdb5_util(["verify"]).fails(1), &[way]);
            } else if output.exit != 0 {
                one_line(&output, &["File exists while creating"]);
            }
            copy(&kept, realm.dir());
            let there = left(&realm).iter().any(|name| !name.ends_with(".ok") && !name.ends_with(".lock"));
            let output = realm.kdb5_util(DESTROY).output();
            if there {
                assert!(output.stdout.ends_with("destroyed.\n"), "{what}: {output}");
                assert_eq!(left(&realm), Vec::<String>::new(), "{what}");
            }
            let _ = realm.kdb5_util(CREATE).ok();
            let _ = realm.kdb5_util(["verify"]).ok();
        }
    }
    assert!(kills > 15 && halves > 1, "{kills} {halves}");
}

/// Wherever `destroy` is killed, it can be done again.
#[test]
fn a_destruction_killed_at_any_call() {
    let realm = littered().0.ours().clone();
    let kept = realm.path("kept");
    copy(realm.dir(), &kept);
    let mut kills = 0;
    for (call, times) in count(&realm, &DESTROY, "") {
        for nth in 1..=times {
            copy(&kept, realm.dir());
            let _ = kill(&realm, call, nth, &DESTROY, "");
            kills += 1;
            let there = left(&realm).iter().any(|name| !name.ends_with(".ok") && !name.ends_with(".lock"));
            let output = realm.kdb5_util(DESTROY).output();
            assert!(!there || (output.exit == 0 && left(&realm).is_empty()), "{call} {nth}: {output}");
            let _ = realm.kdb5_util(CREATE).ok();
        }
    }
    assert!(kills > 10, "{kills}");
}
