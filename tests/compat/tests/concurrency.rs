//! Our kadmin.local and MIT's at work on one database at the same time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use harness::{BackEnd, Output, Realm, Setup, Side};

const EACH: usize = 500;

/// The principals of a dump in its order.
fn names(dump: &Output) -> Vec<String> {
    let principals = dump.stdout.lines().filter(|line| line.starts_with("princ\t"));
    principals.map(|line| line.split('\t').nth(6).unwrap().to_owned()).collect()
}

fn two_of_each(realm: &Realm, script: impl Fn(usize) -> String) -> Vec<Output> {
    let sides = [Side::Ours, Side::Mit, Side::Ours, Side::Mit];
    let running: Vec<_> = sides
        .into_iter()
        .enumerate()
        .map(|(writer, side)| {
            let run = realm.by(side).kadmin_local(Vec::<String>::new()).stdin(&script(writer));
            run.patience(Duration::from_secs(300)).spawn()
        })
        .collect();
    running.into_iter().map(|one| one.wait().code(0)).collect()
}

#[test]
fn two_of_ours_and_two_of_mits_write_at_once() {
    let realm = Realm::shared(Side::Mit);
    realm.create("master");
    let said = two_of_each(&realm, |writer| {
        (0..EACH).map(|number| format!("addprinc -randkey w{writer}/host{number}.example.com\n")).collect()
    });
    for (writer, said) in said.iter().enumerate() {
        assert_eq!(said.stdout.matches("created.").count(), EACH, "writer {writer}: {}", said.stderr);
        assert_eq!(
            said.stderr.lines().filter(|line| !line.starts_with("No policy")).count(),
            0,
            "{}",
            said.stderr
        );
    }
    let wanted: BTreeSet<String> = (0..4)
        .flat_map(|w| (0..EACH).map(move |number| format!("w{w}/host{number}.example.com@EXAMPLE.COM")))
        .chain(
            ["K/M", "kadmin/admin", "kadmin/changepw", "krbtgt/EXAMPLE.COM"]
                .map(|name| format!("{name}@EXAMPLE.COM")),
        )
        .collect();
    let forward = names(&realm.kdb5_util(["dump"]).ok());
    assert_eq!(forward.iter().cloned().collect::<BTreeSet<_>>(), wanted);
    assert_eq!(forward.len(), wanted.len(), "nobody is there twice");
    let mut back = names(&realm.kdb5_util(["dump", "-rev"]).ok());
    back.reverse();
    assert_eq!(forward, back);
    assert_eq!(forward, names(&realm.kdb5_util(["dump", "-recurse"]).ok()));
    let listed = realm.by(Side::Ours).kadmin_local(["listprincs"]).ok();
    assert_eq!(
        listed.stdout.lines().collect::<Vec<_>>(),
        forward.iter().map(String::as_str).collect::<Vec<_>>()
    );
    no_lock_is_left(&realm);
    let _ = realm.by(Side::Ours).kadmin_local(["getprinc", "w0/host0.example.com"]).ok();
}

/// All of them make, change and delete; ours change one principal together. (MIT reads and writes an entry under two
/// locks, so that a change between is lost: its writers keep away from that one.)
#[test]
fn no_change_of_ours_is_lost() {
    let realm = Realm::shared(Side::Mit);
    realm.create("master");
    realm.kadmin_local(["addprinc", "-randkey", "shared0"]).ok();
    realm.kadmin_local(["addprinc", "-randkey", "shared1"]).ok();
    const ROUNDS: usize = 60;
    two_of_each(&realm, |writer| {
        (0..ROUNDS)
            .map(|number| {
                format!(
                    "cpw -randkey shared{}\naddprinc -randkey p{writer}/{number}\nmodprinc -maxlife 1h p{writer}/{number}\n\
                     ktadd -q -k w{writer}.kt p{writer}/{number}\ndelprinc -force p{writer}/{number}\n",
                    writer % 2
                )
            })
            .collect()
    });
    // No change of the key was lost.
    let shared = realm.kadmin_local(["getprinc", "shared0"]).ok();
    let _ = shared.stdout_has(&format!("Key: vno {}, aes256", 1 + 2 * ROUNDS));
    assert_eq!(names(&realm.kdb5_util(["dump"]).ok()).len(), 6);
    no_lock_is_left(&realm);
}

/// Whoever has locked the database for a while is waited for by the other's programs.
#[test]
fn a_locked_database_is_waited_for() {
    for (holder, waiter) in [(Side::Mit, Side::Ours), (Side::Ours, Side::Mit), (Side::Ours, Side::Ours)] {
        // LMDB knows no such lock.
        let realm = Realm::with(Side::Mit, Setup::new().backend(BackEnd::Db2));
        realm.create("master");
        let lines = "lock\n!touch held; while [ ! -e go ]; do sleep 0.02; done\nunlock\n";
        let holding = realm.by(holder).kadmin_local(Vec::<String>::new()).stdin(lines).spawn();
        until("the lock is held", || realm.path("held").exists());
        assert!(!locks(&realm).is_empty());
        let waiting = realm.by(waiter).kadmin_local(["addprinc", "-randkey", "new"]).spawn();
        // MIT asks again and again; ours is in the system's queue.
        if waiter == Side::Ours {
            until("somebody waits", || locks(&realm).iter().any(|lock| lock.contains(" -> ")));
        }
        let database = realm.read("principal");
        assert!(!database.windows(4).any(|part| part == b"new@"), "{holder:?} holds the lock");
        realm.write("go", "");
        holding.wait().code(0);
        waiting.wait().code(0);
        assert!(realm.dump_by_mit().contains("\tnew@EXAMPLE.COM\t"));
    }
}

/// What the system tells of locks on the files of the database, waiting ones with an arrow.
fn locks(realm: &Realm) -> Vec<String> {
    let files = realm.backend().files().iter().map(|file| (*file).to_owned());
    let of_lmdb = realm.backend().files().iter().map(|file| format!("{file}-lock"));
    let inodes: Vec<String> = files
        .chain(of_lmdb.filter(|_| realm.backend() == BackEnd::Klmdb))
        .map(|file| format!(":{} ", fs::metadata(realm.path(&file)).unwrap().ino()))
        .collect();
    let all = fs::read_to_string("/proc/locks").unwrap();
    all.lines().filter(|lock| inodes.iter().any(|inode| lock.contains(inode))).map(String::from).collect()
}

fn until(what: &str, happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn no_lock_is_left(realm: &Realm) {
    assert_eq!(locks(realm), Vec::<String>::new());
    // And both can write again.
    for side in [Side::Ours, Side::Mit] {
        let run = realm.by(side).kadmin_local(["modprinc", "-maxlife", "2h", "kadmin/changepw"]);
        run.patience(Duration::from_secs(10)).ok();
    }
}
