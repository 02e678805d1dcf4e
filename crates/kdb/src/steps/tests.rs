use super::*;
use crate::backend::{Access, Backend, Order, Scope, Transaction};
use crate::db2::{Db2, Db2Files, PrincipalFile};
use crate::entry::Entry;
use crate::klmdb::{Klmdb, KlmdbSettings};
use k5_types::Principal;
use std::collections::BTreeSet;
use std::path::Path;

fn principal(number: usize) -> Principal {
    Principal::new("R", [format!("n{number}")])
}

fn name(number: usize) -> String {
    format!("n{number}@R")
}

fn fill(count: usize) -> impl Fn(&mut dyn Transaction) -> Result<()> {
    move |transaction| {
        (0..count).try_for_each(|number| transaction.put_principal(&Entry::new(principal(number))))
    }
}

fn db2(path: &Path, kind: PrincipalFile, count: usize) -> Db2 {
    let files = Db2Files { new_principals: kind, ..Db2Files::named(path) };
    Db2::create(files, fill(count)).unwrap()
}

/// The names as steps of so many at least visit them; `meanwhile` is called before each step but the first.
fn walk(backend: &dyn Backend, step: usize, mut meanwhile: impl FnMut(usize)) -> (Vec<String>, usize) {
    let (mut names, mut reached, mut steps) = (Vec::new(), None, 0);
    loop {
        let mut transaction = backend.begin(Scope::Everything, Access::Read).unwrap();
        let mut rest = step;
        let next = transaction.each_name_by_steps(reached, &mut |name| {
            names.push(String::from_utf8(name.to_vec()).unwrap());
            rest = rest.saturating_sub(1);
            Ok(if rest == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        reached = next.unwrap();
        steps += 1;
        if reached.is_none() {
            return (names, steps);
        }
        drop(transaction);
        meanwhile(steps);
    }
}

fn backends(directory: &Path, count: usize) -> [Box<dyn Backend>; 3] {
    [
        Box::new(db2(&directory.join("tree"), PrincipalFile::BTree, count)),
        Box::new(db2(&directory.join("hash"), PrincipalFile::Hash, count)),
        Box::new(Klmdb::create(KlmdbSettings::named(&directory.join("lmdb")), fill(count)).unwrap()),
    ]
}

#[test]
fn the_order_is_the_databases() {
    let directory = tempfile::tempdir().unwrap();
    for backend in backends(directory.path(), 500) {
        let mut order = Vec::new();
        let mut transaction = backend.begin(Scope::Everything, Access::Read).unwrap();
        let visit = &mut |entry: Entry| {
            order.push(String::from_utf8(entry.principal.unparse()).unwrap());
            Ok(ControlFlow::Continue(()))
        };
        transaction.each_principal(Order::Forward, visit).unwrap();
        drop(transaction);
        let (names, steps) = walk(&*backend, 7, |_| ());
        assert_eq!(names, order);
        assert!(steps > 10, "{steps} steps");
    }
}

#[test]
fn others_may_come_and_go() {
    let directory = tempfile::tempdir().unwrap();
    for backend in backends(directory.path(), 500) {
        let (names, _) = walk(&*backend, 20, |step| {
            let mut transaction = backend.begin(Scope::Everything, Access::Write).unwrap();
            for number in 500 + step * 100..500 + step * 100 + 100 {
                transaction.put_principal(&Entry::new(principal(number))).unwrap();
            }
            if step <= 40 {
                assert!(transaction.delete_principal(&principal(step)).unwrap());
            }
            transaction.commit().unwrap();
        });
        let once: BTreeSet<_> = names.iter().cloned().collect();
        assert_eq!(once.len(), names.len(), "a name came twice");
        let stayed: BTreeSet<_> = (41..500).map(name).chain([name(0)]).collect();
        assert_eq!(stayed.difference(&once).count(), 0);
    }
}

#[test]
fn a_load_may_change_the_kind_of_file() {
    use PrincipalFile::{BTree, Hash};
    for (before, after, count) in
        [(BTree, Hash, 500), (Hash, BTree, 500), (Hash, Hash, 20), (Hash, Hash, 900), (BTree, BTree, 20)]
    {
        let directory = tempfile::tempdir().unwrap();
        let (path, other) = (directory.path().join("principal"), directory.path().join("other"));
        let backend = db2(&path, before, 500);
        db2(&other, after, count);
        let (names, _) = walk(&backend, 100, |_| {
            let _ = std::fs::rename(&other, &path);
        });
        let once: BTreeSet<_> = names.iter().cloned().collect();
        assert_eq!(once.len(), names.len(), "a name came twice");
        let stayed: BTreeSet<_> = (0..count.min(500)).map(name).collect();
        assert_eq!(stayed.difference(&once).count(), 0, "{before:?} {after:?} {count}");
    }
}

#[test]
fn what_the_visitor_answers_ends_the_walk() {
    let directory = tempfile::tempdir().unwrap();
    for backend in backends(directory.path(), 30) {
        let mut transaction = backend.begin(Scope::Everything, Access::Read).unwrap();
        let mut visited = 0;
        let result = transaction.each_name_by_steps(None, &mut |_| {
            visited += 1;
            Err(crate::KdbError::NoOrderBackwards)
        });
        assert!(matches!(result, Err(crate::KdbError::NoOrderBackwards)));
        assert_eq!(visited, 1);
    }
}
