//! The back end as a whole, on files of its own.

use super::*;
use crate::backend::{Access, Backend, Load, LoadFrom, Order, Scope, Transaction};
use crate::entry::Entry;
use crate::error::KdbError;
use crate::policy::Policy;
use k5_types::{Principal, Timestamp};
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;

fn scratch() -> (tempfile::TempDir, KlmdbSettings) {
    let dir = tempfile::tempdir().unwrap();
    let settings =
        KlmdbSettings { section: "M".into(), ..KlmdbSettings::named(&dir.path().join("principal")) };
    (dir, settings)
}

fn principal(name: &str) -> Principal {
    Principal::new("R", [name])
}

fn entry(name: &str) -> Entry {
    Entry::new(principal(name))
}

fn policy(name: &str) -> Policy {
    Policy { name: name.into(), ..Policy::default() }
}

fn names_of(transaction: &mut dyn Transaction, order: Order) -> Vec<String> {
    let mut names = Vec::new();
    transaction
        .each_principal(order, &mut |entry| {
            names.push(entry.principal.to_string());
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    names
}

fn names(db: &Klmdb) -> Vec<String> {
    names_of(db.begin(Scope::Everything, Access::Read).unwrap().as_mut(), Order::Forward)
}

fn counts(db: &Klmdb, name: &str) -> (u32, u32, u32) {
    let mut transaction = db.begin(Scope::Everything, Access::Read).unwrap();
    let entry = transaction.principal(&principal(name)).unwrap().unwrap();
    (entry.last_success.0, entry.last_failed.0, entry.fail_auth_count)
}

fn write(db: &Klmdb, work: impl FnOnce(&mut dyn Transaction)) {
    let mut transaction = db.begin(Scope::Everything, Access::Write).unwrap();
    work(transaction.as_mut());
    transaction.commit().unwrap();
}

#[test]
fn only_a_commit_changes_anything_and_savepoints_lead_back() {
    let (_dir, settings) = scratch();
    let db = Klmdb::create(settings, |t| t.put_principal(&entry("b"))).unwrap();
    let mut dropped = db.begin(Scope::Everything, Access::Write).unwrap();
    dropped.put_principal(&entry("x")).unwrap();
    drop(dropped);
    assert_eq!(names(&db), ["b@R"]);

    let mut kept = db.begin(Scope::Everything, Access::Write).unwrap();
    kept.put_principal(&entry("a")).unwrap();
    kept.put_principal(&entry("c")).unwrap();
    let outer = kept.savepoint();
    kept.put_principal(&entry("d")).unwrap();
    let inner = kept.savepoint();
    kept.put_policy(&policy("p")).unwrap();
    assert!(kept.delete_principal(&principal("b")).unwrap());
    assert!(!kept.delete_principal(&principal("b")).unwrap());
    assert_eq!(names_of(kept.as_mut(), Order::Forward), ["a@R", "c@R", "d@R"]);
    assert_eq!(names_of(kept.as_mut(), Order::Reverse), ["d@R", "c@R", "a@R"]);
    kept.rollback_to(inner).unwrap();
    assert_eq!(kept.policy(b"p").unwrap(), None);
    assert_eq!(names_of(kept.as_mut(), Order::Recurse), ["a@R", "b@R", "c@R", "d@R"]);
    kept.release(inner).unwrap();
    kept.rollback_to(outer).unwrap();
    kept.release(outer).unwrap();
    assert!(kept.rollback_to(outer).is_err());
    let mut seen = Vec::new();
    for (from, order) in [("b", Order::Forward), ("b@R", Order::Reverse), ("zz", Order::Forward)] {
        kept.each_name_from(from.as_bytes(), order, &mut |name| {
            seen.push(String::from_utf8_lossy(name).into_owned());
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
        seen.push("-".into());
    }
    assert_eq!(seen, ["b@R", "c@R", "-", "a@R", "-", "-"]);
    kept.commit().unwrap();
    assert_eq!(names(&db), ["a@R", "b@R", "c@R"]);
}

#[test]
fn a_failed_creation_leaves_nothing() {
    let (dir, settings) = scratch();
    let failed = Klmdb::create(settings.clone(), |_| Err(KdbError::NoMasterKey));
    assert!(matches!(failed, Err(KdbError::NoMasterKey)));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    assert!(matches!(Klmdb::open(settings.clone()), Err(KdbError::LmdbMissing { .. })));

    let db = Klmdb::create(settings.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    assert!(matches!(Klmdb::create(settings, |_| Ok(())), Err(KdbError::LmdbExists { .. })));
    assert_eq!(names(&db), ["a@R"]);
}

#[test]
fn files_are_private_and_destroyed_whole() {
    let (dir, settings) = scratch();
    let db = Klmdb::create(settings.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    drop(db);
    let mut found: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap()).collect();
    found.sort_by_key(|file| file.file_name());
    let names: Vec<_> = found.iter().map(|file| file.file_name().into_string().unwrap()).collect();
    let expected =
        ["principal.lockout.mdb", "principal.lockout.mdb-lock", "principal.mdb", "principal.mdb-lock"];
    assert_eq!(names, expected);
    for file in &found {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    std::fs::hard_link(&settings.principals, dir.path().join("link")).unwrap();
    settings.destroy().unwrap();
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    assert!(std::fs::read(dir.path().join("link")).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn lockout_fields_are_written_only_where_they_change() {
    let (_dir, settings) = scratch();
    let db = Klmdb::create(settings.clone(), |t| {
        t.put_principal(&Entry { last_success: Timestamp(1), fail_auth_count: 4, ..entry("a") })
    })
    .unwrap();
    assert_eq!(counts(&db, "a"), (1, 0, 4));
    // Between our reading and our writing the KDC counts a failure.
    let kdc = |success: u32, failed: u32, count: u32| {
        let mut writer = settings.open_lockout().unwrap().write().unwrap();
        let lockout = record::Lockout { last_success: success, last_failed: failed, fail_auth_count: count };
        writer.put("lockout", b"a@R", &lockout.encode()).unwrap();
        writer.commit().unwrap();
    };
    write(&db, |t| {
        let mut entry = t.principal(&principal("a")).unwrap().unwrap();
        kdc(1, 9, 5);
        entry.max_life.0 = 77;
        t.put_principal(&entry).unwrap();
    });
    assert_eq!(counts(&db, "a"), (1, 9, 5), "what did not change is the KDC's");
    write(&db, |t| {
        let mut entry = t.principal(&principal("a")).unwrap().unwrap();
        kdc(2, 9, 6);
        entry.fail_auth_count = 0;
        t.put_principal(&entry).unwrap();
        assert_eq!(t.principal(&principal("a")).unwrap().unwrap().fail_auth_count, 0);
    });
    assert_eq!(counts(&db, "a"), (2, 9, 0), "an unlock changes the count alone");
    write(&db, |t| assert!(t.delete_principal(&principal("a")).unwrap()));
    write(&db, |t| t.put_principal(&entry("a")).unwrap());
    assert_eq!(counts(&db, "a"), (0, 0, 0), "a new principal has no past");
}

#[test]
fn a_realm_is_there_without_its_lockout_records() {
    let (_dir, settings) = scratch();
    Klmdb::create(settings.clone(), |t| t.put_principal(&Entry { fail_auth_count: 4, ..entry("a") }))
        .unwrap();
    for damage in [None, Some(&b"garbage"[..])] {
        std::fs::remove_file(&settings.lockout).unwrap();
        if let Some(bytes) = damage {
            std::fs::write(&settings.lockout, bytes).unwrap();
        }
        let db = Klmdb::open(settings.clone()).unwrap();
        assert_eq!(counts(&db, "a"), (0, 0, 0));
        let mut transaction = db.begin(Scope::Everything, Access::Write).unwrap();
        transaction.put_principal(&Entry { fail_auth_count: 2, ..entry("b") }).unwrap();
        let committed = transaction.commit();
        match damage {
            None => {
                committed.unwrap();
                assert_eq!(counts(&db, "b"), (0, 0, 2), "made again");
            }
            Some(_) => {
                let text = committed.unwrap_err().to_string();
                assert!(text.contains("principal.lockout.mdb"), "{text}");
            }
        }
    }
}

#[test]
fn a_load_is_seen_whole_or_not_at_all() {
    let (dir, settings) = scratch();
    let load = |from, names: &[&str]| {
        let mut loader = KlmdbLoader::begin(&settings, from).unwrap();
        for name in names {
            loader.put_principal(&Entry { fail_auth_count: 3, ..entry(name) }).unwrap();
        }
        loader.put_policy(&policy("p")).unwrap();
        loader
    };
    assert!(matches!(KlmdbLoader::begin(&settings, LoadFrom::Live), Err(KdbError::LmdbMissing { .. })));
    drop(load(LoadFrom::Nothing, &["a"]));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);

    Box::new(load(LoadFrom::Nothing, &["b", "a", "c"])).finish().unwrap();
    let db = Klmdb::open(settings.clone()).unwrap();
    let mut before = db.begin(Scope::Everything, Access::Read).unwrap();
    drop(load(LoadFrom::Nothing, &["x"]));
    assert_eq!(names(&db), ["a@R", "b@R", "c@R"]);
    Box::new(load(LoadFrom::Nothing, &["d"])).finish().unwrap();
    assert_eq!(names_of(before.as_mut(), Order::Forward), ["a@R", "b@R", "c@R"]);
    drop(before);
    assert_eq!(names(&db), ["d@R"]);
    assert_eq!(counts(&db, "d").2, 3);
    Box::new(load(LoadFrom::Live, &["c"])).finish().unwrap();
    assert_eq!(names(&db), ["c@R", "d@R"]);

    write(&db, |t| t.put_principal(&Entry { fail_auth_count: 9, ..entry("d") }).unwrap());
    let settings = KlmdbSettings { merge_nra: true, ..settings };
    let mut loader = KlmdbLoader::begin(&settings, LoadFrom::Nothing).unwrap();
    for name in ["d", "e"] {
        loader.put_principal(&Entry { fail_auth_count: 1, ..entry(name) }).unwrap();
    }
    Box::new(loader).finish().unwrap();
    assert_eq!((counts(&db, "d").2, counts(&db, "e").2), (9, 1), "records that are there stay");
}

#[test]
fn a_load_that_does_not_fit_names_the_setting_and_the_size() {
    let (_dir, settings) = scratch();
    let db = Klmdb::create(settings.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    drop(db);
    let small = KlmdbSettings { map_size: 1, ..settings.clone() };
    let fill = |settings: &KlmdbSettings| -> Result<(), KdbError> {
        let mut loader = KlmdbLoader::begin(settings, LoadFrom::Nothing)?;
        for number in 0..3000 {
            let mut entry = entry(&format!("n{number:05}"));
            entry.set_tl(crate::TlType(500), vec![7; 1000]);
            loader.put_principal(&entry)?;
        }
        Box::new(loader).finish().map(|_| ())
    };
    let error = fill(&small).unwrap_err();
    let KdbError::MapFull { size: 1, .. } = &error else { panic!("{error}") };
    let text = error.to_string();
    assert!(text.contains("set mapsize = ") && text.contains("[dbmodules] M"), "{text}");
    assert_eq!(names(&Klmdb::open(small).unwrap()), ["a@R"]);
    fill(&settings).unwrap();
}

#[test]
fn arguments() {
    let parsed = KlmdbArguments::parse(["temporary", "merge_nra", "dbname=/x"]).unwrap();
    assert_eq!((parsed.merge_nra, parsed.database), (true, Some("/x".into())));
    for wrong in ["hash=true", "dbname", "unlockiter", "temporary=1"] {
        let error = KlmdbArguments::parse([wrong]).unwrap_err();
        assert_eq!(error.to_string(), format!("Unsupported argument \"{wrong}\" for LMDB"));
    }
}

#[test]
fn names_over_the_limit_are_refused_and_not_found() {
    let (_dir, settings) = scratch();
    let long = "x".repeat(600);
    let db = Klmdb::create(settings, |t| t.put_principal(&entry("a"))).unwrap();
    let mut transaction = db.begin(Scope::Everything, Access::Write).unwrap();
    let refused = transaction.put_principal(&entry(&long));
    assert!(matches!(refused, Err(KdbError::NameTooLong { length: 602, limit: 511 })));
    assert_eq!(transaction.principal(&principal(&long)).unwrap(), None);
    assert!(!transaction.delete_principal(&principal(&long)).unwrap());
    assert!(transaction.put_policy(&policy(&long)).is_err());
    assert_eq!(transaction.policy(long.as_bytes()).unwrap(), None);
}
