//! The log with a database, without MIT's programs.

use super::append::Event;
use super::attribute::{Attribute, LoggedName};
use super::layout::{Header, LogState};
use super::pending::{Pending, with_events};
use super::read::{Logfile, Slot};
use super::{Last, Stamp, Standing, UpdateLog};
use crate::backend::{Access, Backend, Load, LoadFrom, Loaded, Scope};
use crate::db2::{Db2, Db2Files, PrincipalFile};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::exchange::{Exchange, Stored};
use crate::policy::Policy;
use crate::steps::{Place, Reached};
use k5_types::Principal;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

const ENTRIES: u32 = 5;

/// A clock that stands.
fn standing_clock() -> Duration {
    Duration::from_micros(5_999_999)
}

fn log(directory: &Path) -> UpdateLog {
    UpdateLog::new(directory.join("log"), ENTRIES, standing_clock)
}

fn header(log: &UpdateLog) -> Header {
    Logfile::open(log.path()).unwrap().header
}

fn entry(name: &str) -> Entry {
    Entry::new(Principal::new("R", [name]))
}

fn database(directory: &Path) -> Box<dyn Backend> {
    let files = Db2Files::named(&directory.join("principal"));
    super::logged(Box::new(Db2::create(files, |_| Ok(())).unwrap()), &log(directory))
}

/// Principals of the updates in the log, oldest first.
fn names(log: &UpdateLog) -> Vec<String> {
    let file = Logfile::open(log.path()).unwrap();
    let serials = file.header.first.serial..=file.header.last.serial;
    let slots = serials.map(|serial| file.entry(serial, ENTRIES).unwrap());
    slots
        .filter_map(|slot| match slot {
            Slot::Update(_, update) => Some(String::from_utf8_lossy(&update.name).into_owned()),
            _ => None,
        })
        .collect()
}

#[test]
fn what_is_taken_back_is_not_logged() {
    let directory = tempfile::tempdir().unwrap();
    let backend = database(directory.path());
    let mut transaction = backend.begin(Scope::Everything, Access::Write).unwrap();
    transaction.put_principal(&entry("a")).unwrap();
    let first = transaction.savepoint();
    transaction.put_principal(&entry("b")).unwrap();
    let second = transaction.savepoint();
    transaction.put_policy(&Policy { name: b"p".to_vec(), ..Policy::default() }).unwrap();
    transaction.rollback_to(second).unwrap();
    transaction.rollback_to(first).unwrap();
    transaction.put_principal(&entry("c")).unwrap();
    transaction.release(first).unwrap();
    assert!(!transaction.delete_principal(&entry("b").principal).unwrap());
    transaction.commit().unwrap();
    assert_eq!(names(&log(directory.path())), ["a@R", "c@R"]);
    drop(backend.begin(Scope::Everything, Access::Write).unwrap());
    assert_eq!(names(&log(directory.path())), ["a@R", "c@R"], "nothing was committed");
}

#[test]
fn an_exchange_is_logged_and_one_that_was_none_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let backend = database(directory.path());
    let mut transaction = backend.begin(Scope::Everything, Access::Write).unwrap();
    transaction.put_principal(&entry("a")).unwrap();
    let record = transaction.record(b"a@R").unwrap().unwrap();
    let before = Stored { entry: backend.take_apart(b"a@R", &record).unwrap(), record };
    let after = Entry { attributes: k5_types::Attributes(64), ..before.entry.clone() };
    let exchange = Exchange::new(&backend, before, after).unwrap();
    transaction.commit().unwrap();
    for exchanged in [true, false] {
        let mut transaction = backend.begin(Scope::Everything, Access::Write).unwrap();
        assert_eq!(transaction.exchange(&exchange).unwrap(), exchanged);
        transaction.commit().unwrap();
        let logged = Logfile::open(log(directory.path()).path()).unwrap();
        let Slot::Update(_, update) = logged.entry(logged.header.last.serial, ENTRIES).unwrap() else {
            panic!()
        };
        let change = [Attribute::Flags(64), Attribute::Principal(LoggedName::from(&entry("a").principal))];
        assert_eq!((update.name, update.attributes), (b"a@R".to_vec(), change.to_vec()));
    }
    assert_eq!(names(&log(directory.path())), ["a@R", "a@R"]);
}

/// Two changes at one moment are two, and so are a log and the one that is begun behind it.
#[test]
fn no_moment_comes_twice() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path());
    let mut seen: Vec<Last> = Vec::new();
    let mut look = |what: &str| {
        let last = header(&log).last;
        assert!(!seen.contains(&last), "{what}: {last:?} among {seen:?}");
        seen.push(last);
    };
    log.prepare().unwrap();
    look("made");
    for _ in 0..3 {
        log.reset().unwrap();
        look("begun anew");
    }
    let backend = database(directory.path());
    for number in 0..3 {
        let mut transaction = backend.begin(Scope::Policies, Access::Write).unwrap();
        transaction
            .put_policy(&Policy { name: format!("p{number}").into_bytes(), ..Policy::default() })
            .unwrap();
        transaction.commit().unwrap();
        look("a policy");
    }
    drop(Pending::begin(&log, &[Event::Anew(log.now())]).unwrap());
    look("a writer that died");
    assert_eq!(Stamp { seconds: 1, useconds: 2 }.behind(Stamp::default()), Stamp { seconds: 1, useconds: 2 });
    let last = Stamp { seconds: 5, useconds: 999_999 };
    assert_eq!(last.behind(last), Stamp { seconds: 6, useconds: 0 });
}

/// A log that is marked has nothing for anybody.
#[test]
fn a_mark_is_behind_all_that_was() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path());
    log.prepare().unwrap();
    let before = header(&log).last;
    drop(Pending::begin(&log, &[Event::Anew(log.now())]).unwrap());
    let marked = header(&log);
    assert_eq!((marked.state, marked.count, marked.last.serial), (LogState::UNSTABLE, 0, before.serial));
    assert!(marked.last.time > before.time);
    assert_eq!(log.standing(before).unwrap(), Standing::Lost);
}

/// A load that looks at the log when its database changes.
struct Watching {
    log: PathBuf,
    fails: bool,
}

impl Load for Watching {
    fn put_principal(&mut self, _: &Entry) -> Result<()> {
        Ok(())
    }

    fn put_policy(&mut self, _: &Policy) -> Result<()> {
        Ok(())
    }

    fn live_principal(&mut self, _: &Principal) -> Result<Option<Entry>> {
        Ok(None)
    }

    fn finish_with(self: Box<Self>, placing: &mut dyn FnMut() -> Result<()>) -> Result<Loaded> {
        let state = || Logfile::open(&self.log).unwrap().header.state;
        assert_eq!(state(), LogState::STABLE, "before the locks");
        placing()?;
        assert_eq!(state(), LogState::UNSTABLE, "while the database changes");
        match self.fails {
            true => Err(KdbError::NoMasterKey),
            false => Ok(Loaded::default()),
        }
    }
}

#[test]
fn a_load_marks_the_log_before_anything_changes() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path());
    let last = Last { serial: 77, time: Stamp { seconds: 7, useconds: 8 } };
    for fails in [true, false] {
        let watching = || Box::new(Watching { log: log.path().to_path_buf(), fails });
        for (load, left) in [
            (super::logged_load(watching(), &log, LoadFrom::Nothing), 1),
            (super::logged_copy(watching(), &log, last), 77),
            (super::logged_load(watching(), &log, LoadFrom::Live), 3),
        ] {
            log.reset().unwrap();
            log.prepare().unwrap();
            let mut load = load;
            for name in ["a", "b"] {
                load.put_principal(&entry(name)).unwrap();
            }
            assert_eq!(load.finish().is_err(), fails);
            let header = header(&log);
            assert_eq!(header.state, LogState::STABLE);
            assert_eq!(header.last.serial, if fails { 1 } else { left });
        }
    }
    // In the same way where a database is made.
    let made: Result<()> = with_events(&log, &[Event::Copy(last)], |begin| {
        begin()?;
        Err(KdbError::NoMasterKey)
    });
    assert!(made.is_err() && header(&log).state == LogState::STABLE);
}

/// Whether the database has changed is not known: the log stays marked.
#[test]
fn a_doubtful_change_leaves_the_mark() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path());
    let undecided = || {
        let source = std::io::ErrorKind::Other.into();
        KdbError::Pages(k5_bdb::Error::Undecided { path: PathBuf::from("p"), doing: "write".into(), source })
    };
    let partly = || KdbError::WithoutLockout { source: Box::new(KdbError::NoMasterKey) };
    for error in [undecided(), partly()] {
        assert!(error.is_undecided());
        log.prepare().unwrap();
        let done: Result<()> = with_events(&log, &[Event::Anew(log.now())], |begin| {
            begin()?;
            Err(error)
        });
        assert!(done.is_err());
        assert_eq!(header(&log).state, LogState::UNSTABLE);
    }
    assert!(!KdbError::NoMasterKey.is_undecided());
}

#[test]
fn what_is_no_log_stays() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path());
    for content in [&b"*/admin@R.TEST *\n"[..], b"x", &[7; 5000]] {
        fs::write(log.path(), content).unwrap();
        for done in [log.prepare(), log.reset()] {
            assert!(matches!(done, Err(KdbError::LogCorrupt { .. })));
        }
        log.remove().unwrap();
        assert_eq!(fs::read(log.path()).unwrap(), content);
    }
    // What may have been one.
    let magic = 0x0666_2323_u32.to_ne_bytes();
    for content in [&b""[..], &[0; 3], &[0; 500], &magic[..2], &magic] {
        fs::write(log.path(), content).unwrap();
        log.prepare().unwrap();
        assert_eq!(header(&log).count, 1);
    }
}

#[test]
fn a_link_leads_to_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path());
    let target = directory.path().join("elsewhere");
    std::os::unix::fs::symlink(&target, log.path()).unwrap();
    log.prepare().unwrap();
    assert_eq!(Logfile::open(&target).unwrap().header.count, 1);
}

/// Who has a log open that is removed finds nothing in it.
#[test]
fn a_log_that_is_removed_is_marked() {
    let directory = tempfile::tempdir().unwrap();
    let log = log(directory.path());
    log.prepare().unwrap();
    let held = directory.path().join("held");
    fs::hard_link(log.path(), &held).unwrap();
    log.remove().unwrap();
    assert!(!log.path().exists());
    let left = Logfile::open(&held).unwrap().header;
    assert_eq!((left.state, left.count), (LogState::UNSTABLE, 0));
    log.remove().unwrap();
}

#[test]
fn a_log_has_no_more_entries_than_mits_programs_map() {
    let directory = tempfile::tempdir().unwrap();
    let log = |entries| UpdateLog::new(directory.path().join("log"), entries, standing_clock);
    let refused = log(131_072).prepare().unwrap_err();
    assert!(refused.to_string().contains("131071") && !directory.path().join("log").exists(), "{refused}");
}

/// What is asked of the database goes to it.
#[test]
fn a_database_with_a_log_has_its_own_pages_and_steps() {
    let directory = tempfile::tempdir().unwrap();
    let files = Db2Files::named(&directory.path().join("principal"));
    let files = Db2Files { new_principals: PrincipalFile::Hash, ..files };
    let backend = super::logged(Box::new(Db2::create(files, |_| Ok(())).unwrap()), &log(directory.path()));
    let mut transaction = backend.begin(Scope::Everything, Access::Write).unwrap();
    assert_eq!(transaction.changed_pages(), 0);
    // The two go to different buckets.
    for name in ["a", "b"] {
        transaction.put_principal(&entry(name)).unwrap();
    }
    assert_eq!(transaction.changed_pages(), 2);
    let mark = transaction.savepoint();
    transaction.put_policy(&Policy { name: b"p".to_vec(), ..Policy::default() }).unwrap();
    assert_eq!(transaction.changed_pages(), 3);
    transaction.rollback_to(mark).unwrap();
    assert_eq!(transaction.changed_pages(), 2);
    transaction.commit().unwrap();

    let mut transaction = backend.begin(Scope::Everything, Access::Read).unwrap();
    let mut stops = |reached, seen: &mut Vec<Vec<u8>>| {
        let mut visit = |name: &[u8]| {
            seen.push(name.to_vec());
            Ok(ControlFlow::Break(()))
        };
        transaction.each_name_by_steps(reached, &mut visit).unwrap()
    };
    let mut seen = Vec::new();
    let reached = stops(None, &mut seen);
    assert!(matches!(reached, Some(Reached(Place::Buckets(_)))));
    assert_eq!(stops(reached, &mut seen), None);
    assert_eq!(seen.len(), 2);
}
