//! kadmin.local's lock and unlock beside MIT's: the words, who is kept out, and what becomes of what was done.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::{Duration, Instant};

use compat::script;
use harness::{BackEnd, Kdc, Pair, Realm, Setup, Side, Terminal};

/// After this nobody will wait for the lock any more.
const PATIENCE: Duration = Duration::from_secs(30);

fn pair() -> Pair {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair
}

/// LMDB knows no such lock.
fn db2() -> Setup {
    Setup::new().backend(BackEnd::Db2)
}

#[test]
fn words_and_work_under_the_lock() {
    let pair = pair();
    script(
        &pair,
        r#"
        K lock
        K unlock
        K -q lock
        K -q unlock
        K -q "lock a b"
        K -q "unlock a"
        printf 'lock\nlock\naddprinc -randkey a\naddprinc -randkey a\naddpol p\ngetpol p\nlistprincs\nunlock\nunlock\naddprinc -randkey b\n' | K
        printf 'unlock\nlock\nquit\n' | K
        printf 'lock\naddprinc -randkey c\nquit\n' | K
        printf 'lock\naddprinc -randkey d\nmodprinc +needchange d\ndelpol -force p\n' | K
        K listprincs
        K listpols
        printf 'lock\naddpol -minlength 3 q\naddprinc -policy q -pw x e\naddprinc -policy q -pw xyz e\ncpw -pw xyz e\ncpw -pw xyzz e\ngetpol q\nmodpol -minlength 9 q\ncpw -pw abc e\nunlock\ncpw -pw abc e\n' | K
        K getprinc e
        printf 'lock\nrenprinc -force d dd\npurgekeys dd\nsetstr dd k v\ngetstrs dd\ndelstr dd nosuch\ndelprinc -force dd\ngetprinc dd\nlistprincs d*\nunlock\nlock\ngetprincs d*\nfoo\n"\nunlock\n' | K
        printf 'lock\nktadd -q -k k c\nktadd -q -k k nosuch\ncpw -randkey -keepold c\nktadd -q -norandkey -k k2 c\nunlock\ngetprinc c\n' | K
        klist -k -e k
        klist -k -e k2
        K getprinc c
        K listprincs
        "#,
    );
    pair.same_dump();
}

/// Many changes under one lock, failures among them, and the tree grows over several pages.
#[test]
fn many_changes_at_once() {
    let pair = pair();
    let mut lines = String::from("lock\n");
    for number in 0..150 {
        lines.push_str(&format!("addprinc -nokey -policy p{} n{number}\n", number % 3));
        if number % 5 == 0 {
            lines.push_str(&format!("addprinc -nokey n{number}\nmodprinc -maxlife 1h nosuch{number}\n"));
        }
        if number % 7 == 0 {
            lines.push_str(&format!("delprinc -force n{}\naddpol p{number}\n", number / 2));
        }
    }
    let _ = pair.kadmin_local([""; 0]).stdin(&lines).same().code(0);
    pair.same_dump();
    script(&pair, "K listprincs\nK listpols");
}

/// Waits until somebody waits for the lock of the principals.
fn wait_for_a_waiter(realm: &Realm) {
    let inode = format!(":{} ", fs::metadata(realm.path("principal.ok")).unwrap().ino());
    let begun = Instant::now();
    loop {
        let locks = fs::read_to_string("/proc/locks").unwrap();
        if locks.lines().any(|line| line.contains("-> ") && line.contains(&inode)) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "nobody waits:\n{locks}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whoever comes while the database is locked waits, and then sees everything that was done under the lock.
#[test]
fn others_wait() {
    for (holder, waiter) in [(Side::Mit, Side::Ours), (Side::Ours, Side::Mit), (Side::Ours, Side::Ours)] {
        let realm = Realm::with(holder, db2());
        let _ = realm.by(Side::Mit).create("master");
        let mut shell = Terminal::open(&realm.kadmin_local([""; 0]));
        let prompt = "kadmin.local:  ";
        let _ = shell.wait_for(prompt).line("lock").wait_for(prompt);
        let _ = shell.line("addprinc -randkey new").wait_for("created").wait_for(prompt);
        let reading = realm.by(waiter).kadmin_local(["getprinc", "new"]).spawn();
        wait_for_a_waiter(&realm);
        let _ = shell.line("modprinc -maxlife 1h new").wait_for("modified").wait_for(prompt);
        let _ = shell.line("unlock").wait_for(prompt);
        let seen = reading.wait().code(0);
        assert!(seen.stdout.contains("Maximum ticket life: 0 days 01:00:00"), "{seen}");
        // The lock is given back, and the shell goes on.
        let _ = realm.by(waiter).kadmin_local(["modprinc", "-maxlife", "2h", "new"]).ok();
        let _ = shell.line("getprinc new").wait_for("0 days 02:00:00").wait_for(prompt);
        // The end of the program is the end of its lock.
        let _ = shell.line("lock").wait_for(prompt).line("delprinc -force new").wait_for(prompt);
        let writing = realm.by(waiter).kadmin_local(["addprinc", "-randkey", "new"]).spawn();
        wait_for_a_waiter(&realm);
        let _ = shell.line("quit");
        let _ = shell.end().code(0);
        let _ = writing.wait().code(0);
        assert!(realm.dump_by_mit().contains("new@EXAMPLE.COM"));
    }
}

fn missing_principals_are_told_at_once(realm: &Realm) {
    fs::rename(realm.path("principal"), realm.path("away")).unwrap();
    let said = realm.kadmin_local(["getprinc", "K/M"]).patience(Duration::from_secs(10)).fails(1);
    assert!(said.stderr.contains("principal': No such file or directory"), "{said}");
    fs::rename(realm.path("away"), realm.path("principal")).unwrap();
}

/// Whoever has the locks: what is not there is not waited for.
#[test]
fn who_comes_to_a_locked_database_that_is_missing_is_told_at_once() {
    for side in [Side::Mit, Side::Ours] {
        let realm = Realm::with(side, db2());
        let _ = realm.by(Side::Mit).create("master");
        let mut shell = Terminal::open(&realm.kadmin_local([""; 0]));
        let prompt = "kadmin.local:  ";
        let _ = shell.wait_for(prompt).line("lock").wait_for(prompt);
        missing_principals_are_told_at_once(&realm);
        let _ = shell.line("quit");
        let _ = shell.end().code(0);
    }
}

/// A load into the live database has it for as long as it lasts: nobody waits for that.
#[test]
fn who_comes_during_an_update_is_told_at_once() {
    for side in [Side::Mit, Side::Ours] {
        let realm = Realm::with(side, db2());
        let _ = realm.by(Side::Mit).create("master");
        let _ = realm.mit("mkfifo", ["dump"]).ok();
        let mut loader = realm.mit("kdb5_util", ["load", "-update", "dump"]).spawn();
        let mut dump = fs::OpenOptions::new().write(true).open(realm.path("dump")).unwrap();
        std::io::Write::write_all(&mut dump, b"kdb5_util load_dump version 7\n").unwrap();
        let begun = Instant::now();
        while realm.path("principal.kadm5.lock").exists() {
            assert!(begun.elapsed() < PATIENCE, "MIT's loader does not begin");
            thread::sleep(Duration::from_millis(10));
        }
        for words in [&["getprinc", "K/M"][..], &["-q", "getprinc K/M"]] {
            let said = realm.kadmin_local(words).patience(Duration::from_secs(10)).fails(1);
            assert!(said.stderr.contains("lock file"), "{said}");
        }
        missing_principals_are_told_at_once(&realm);
        drop(dump);
        loader.kill();
    }
}

#[test]
fn who_dies_under_the_lock_has_done_nothing() {
    let realm = Realm::with(Side::Ours, db2());
    let _ = realm.by(Side::Mit).create("master");
    let before = realm.dump_by_mit();
    let input = "lock\naddprinc -randkey a\ndelprinc -force kadmin/changepw\naddpol p\nlistprincs\n!kill -9 $PPID\nunlock\n";
    let said = realm.kadmin_local([""; 0]).stdin(input).output();
    assert_eq!(said.exit, -9, "{said}");
    assert!(said.stdout.contains("a@EXAMPLE.COM\n"), "it sees itself what it does: {said}");
    assert_eq!(realm.dump_by_mit(), before);
    // Nothing is left locked either.
    let _ = realm.by(Side::Mit).kadmin_local(["addprinc", "-randkey", "a"]).ok();
}

/// MIT's KDC reads what was done under a lock as soon as the lock is given back.
#[test]
fn the_kdc_goes_on() {
    let realm = Realm::with(Side::Ours, db2());
    let _ = realm.by(Side::Mit).create("master");
    let server = Kdc::start(&realm);
    let input = "lock\naddprinc -pw secret a\naddprinc -pw secret b\nunlock\n";
    let _ = realm.kadmin_local([""; 0]).stdin(input).ok();
    let _ = realm.kinit("a", "secret").ok();
    let _ = realm.kinit("b", "secret").ok();
    drop(server);
}
