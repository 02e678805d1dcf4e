//! How long the locks are held, and what others may do while they are left to them.

use super::*;
use k5_kdb::{TlData, TlType};
use std::cell::{Cell, RefCell};

thread_local! {
    /// The time: each look at it takes a millisecond.
    static TIME: Cell<u64> = const { Cell::new(0) };
    /// What is done while the locks are left to others.
    static MEANWHILE: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
    /// When transactions had begun, by the next look at the time: those that read, and those that write.
    static BEGUN: RefCell<[Vec<u64>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

const PACE: Pace = Pace {
    now: || {
        TIME.set(TIME.get() + 1);
        std::time::Duration::from_millis(TIME.get())
    },
    wait: |time| {
        TIME.set(TIME.get() + time.as_millis() as u64);
        MEANWHILE.with_borrow_mut(|work| work.iter_mut().for_each(|work| work()));
    },
};

/// A back end that notes when transactions begin.
struct Watched<'a>(&'a dyn Backend);

impl Backend for Watched<'_> {
    fn begin(&self, scope: Scope, access: Access) -> k5_kdb::Result<Box<dyn Transaction>> {
        let writes = usize::from(access == Access::Write);
        BEGUN.with_borrow_mut(|begun| begun[writes].push(TIME.get() + 1));
        self.0.begin(scope, access)
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn take_apart(&self, name: &[u8], record: &[u8]) -> k5_kdb::Result<Entry> {
        self.0.take_apart(name, record)
    }

    fn put_together(&self, entry: &Entry) -> k5_kdb::Result<Vec<u8>> {
        self.0.put_together(entry)
    }
}

#[test]
fn the_locks_are_held_for_some_milliseconds_and_left_to_others_for_as_long() {
    for kind in [PrincipalFile::BTree, PrincipalFile::Hash] {
        let realm = Realm::in_a(kind, 200);
        realm.next_key();
        let watched = Watched(&realm.backend);
        let rollover = Rollover { backend: &watched, ..realm.rollover() };
        let mut update = rollover.update(&Glob::for_principals(b"n*").unwrap(), 2, false, PACE).unwrap();
        let mut ended = Vec::new();
        while let Some(batch) = update.next_batch(&mut SystemRandom).unwrap() {
            assert!(batch.refused.is_none());
            ended.push(TIME.get());
        }
        assert_eq!(realm.under(), [2; 200]);
        let [reads, begun] = BEGUN.take();
        // Names are read for 17 ms each time, and not for the next 17. In a hash table the bucket is read to its end.
        let least = if kind == PrincipalFile::BTree { 10 } else { 4 };
        assert!(reads.len() >= least && reads.windows(2).all(|pair| pair[1] - pair[0] >= 34), "{reads:?}");
        assert!(begun.len() == ended.len() && begun.len() > 10, "{begun:?}");
        let held: Vec<u64> = begun.iter().zip(&ended).map(|(begun, ended)| ended - begun).collect();
        assert!(held.iter().all(|held| *held <= 25), "{held:?}");
        for ((held, ended), begun) in held.iter().zip(&ended).zip(begun.iter().skip(1)) {
            assert!(begun - ended >= *held, "held for {held} ms, left for {} ms", begun - ended);
        }
    }
}

/// However slow the disk is some entries are done at a time.
#[test]
fn a_slow_disk_has_some_entries_at_a_time() {
    for kind in [PrincipalFile::BTree, PrincipalFile::Hash] {
        let realm = Realm::in_a(kind, 200);
        realm.next_key();
        let glob = Glob::for_principals(b"n*").unwrap();
        let mut update = realm.rollover().update(&glob, 2, false, PACE).unwrap();
        update.commit = Commit { time: std::time::Duration::from_millis(100), pages: 30 };
        let done = update.next_batch(&mut SystemRandom).unwrap().unwrap().done.len();
        assert!((4..=10).contains(&done), "{done} entries in a {kind:?}");
        // That the commit was fast now is believed by half.
        assert!(update.commit.pages > 0 && update.commit.time > std::time::Duration::from_millis(20));
    }
}

/// Of entries that are each on a page of their own fewer are done at a time.
#[test]
fn pages_make_a_commit_longer() {
    let done = [0, 1700].map(|length| {
        let realm = Realm::of(20);
        realm.next_key();
        let mut transaction = realm.backend.begin(Scope::Everything, Access::Write).unwrap();
        for number in 0..20 {
            let name = Principal::new("R", [format!("n{number}")]);
            let mut entry = transaction.principal(&name).unwrap().unwrap();
            entry.tl_data.push(TlData { tag: TlType(99), contents: vec![1; length] });
            transaction.put_principal(&entry).unwrap();
        }
        transaction.commit().unwrap();
        let glob = Glob::for_principals(b"n*").unwrap();
        let mut update = realm.rollover().update(&glob, 2, false, PACE).unwrap();
        update.commit = Commit { time: std::time::Duration::from_millis(10), pages: 0 };
        update.next_batch(&mut SystemRandom).unwrap().unwrap().done.len()
    });
    assert!(done[1] < done[0], "{done:?}");
}

/// What was made ahead is stored only where the entry is still what it was.
#[test]
fn others_may_change_entries_meanwhile() {
    let realm = Realm::of(40);
    realm.next_key();
    let glob = Glob::for_principals(b"n*").unwrap();
    let mut update = realm.rollover().update(&glob, 2, false, PACE).unwrap();
    let path = realm.directory.path().join("principal");
    MEANWHILE.set(Some(Box::new(move || {
        let others = Database::from(Db2Files::named(&path)).open().unwrap();
        let mut transaction = others.begin(Scope::Everything, Access::Write).unwrap();
        for number in (0..40).step_by(2) {
            let name = Principal::new("R", [format!("n{number}")]);
            let mut entry = transaction.principal(&name).unwrap().unwrap();
            entry.max_life = Duration(entry.max_life.0 + 1);
            transaction.put_principal(&entry).unwrap();
        }
        transaction.commit().unwrap();
    })));
    let (mut steps, mut stored) = (0, 0);
    while let Some(batch) = update.next_batch(&mut SystemRandom).unwrap() {
        assert!(batch.refused.is_none());
        steps += 1;
        stored += update.ahead.stored();
    }
    MEANWHILE.take();
    assert!(steps > 2 && stored > 2, "{steps} steps, {stored} entries made ahead");
    assert_eq!(realm.under(), [2; 40]);
    let mut transaction = realm.backend.begin(Scope::Everything, Access::Read).unwrap();
    for number in 0..40 {
        let name = Principal::new("R", [format!("n{number}")]);
        let life = transaction.principal(&name).unwrap().unwrap().max_life.0;
        assert_eq!(life, if number % 2 == 0 { steps - 1 } else { 0 }, "n{number}");
    }
}

/// Nor where the target has another key by then.
#[test]
fn what_was_made_ahead_is_worth_nothing_under_other_keys() {
    let realm = Realm::of(40);
    realm.next_key();
    let glob = Glob::for_principals(b"n*").unwrap();
    let mut update = realm.rollover().update(&glob, 2, false, PACE).unwrap();
    update.next_batch(&mut SystemRandom).unwrap();
    update.ahead.work_out(&update.work, &update.keys, &mut SystemRandom);
    assert!(update.ahead.waits());
    // Of the target another key was known, as before a load in between.
    let other = make_random_key(ENCTYPE, &mut SystemRandom).unwrap();
    update.keys = MasterKeys::first(2, other);
    let batch = update.next_batch(&mut SystemRandom).unwrap().unwrap();
    assert!(batch.refused.is_none() && !batch.done.is_empty());
    assert_eq!(update.ahead.stored(), 0);
}
