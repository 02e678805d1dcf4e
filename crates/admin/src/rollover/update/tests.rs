mod pace;

use super::*;
use crate::{Defaults, NewRealm, create_realm};
use k5_crypto::{SystemRandom, make_random_key};
use k5_kdb::db2::{Db2Files, PrincipalFile};
use k5_kdb::{Backend, Database, MasterKey, Order, seal_key};
use k5_types::{Attributes, Duration, EncType, KeyBlock, Timestamp};

const ENCTYPE: EncType = EncType::AES128_CTS_HMAC_SHA1_96;

struct Realm {
    directory: tempfile::TempDir,
    backend: Box<dyn Backend>,
    principal: Principal,
    keys: MasterKeys,
}

impl Realm {
    /// A realm with the principals n0 to n4, a key each, and K/M, krbtgt and two of kadmin's, which have none.
    fn new() -> Realm {
        Self::of(5)
    }

    /// The same with so many principals.
    fn of(count: u16) -> Realm {
        Self::in_a(PrincipalFile::BTree, count)
    }

    fn in_a(kind: PrincipalFile, count: u16) -> Realm {
        let directory = tempfile::tempdir().unwrap();
        let files = Db2Files::named(&directory.path().join("principal"));
        let principal = Principal::new("R", ["K", "M"]);
        let key = make_random_key(ENCTYPE, &mut SystemRandom).unwrap();
        let defaults = Defaults {
            max_life: Duration(1),
            max_renewable_life: Duration(0),
            expiration: Timestamp::NEVER,
            attributes: Attributes::default(),
            keysalts: Vec::new(),
            master_enctype: ENCTYPE,
        };
        let backend = create_realm(
            &Database::from(Db2Files { new_principals: kind, ..files }),
            NewRealm {
                master_principal: &principal,
                master: &MasterKey { kvno: 1, key: key.duplicate() },
                defaults: &defaults,
                actor: principal.clone(),
                now: Timestamp(1),
            },
            Box::new(SystemRandom),
        )
        .unwrap();
        let mut transaction = backend.begin(Scope::Everything, Access::Write).unwrap();
        for number in 0..count {
            let mut entry = Entry::new(Principal::new("R", [format!("n{number}")]));
            let own = KeyBlock::new(ENCTYPE, vec![number as u8; 16]);
            entry.key_data = vec![seal_key(&key, &own, number + 1, None, &mut SystemRandom).unwrap()];
            entry.set_mkvno(1);
            transaction.put_principal(&entry).unwrap();
        }
        transaction.commit().unwrap();
        Realm { directory, backend, principal, keys: MasterKeys::first(1, key) }
    }

    fn rollover(&self) -> Rollover<'_> {
        Rollover { backend: &self.backend, principal: &self.principal, keys: &self.keys, now: Timestamp(9) }
    }

    /// Every key is what it was; how many are under which version.
    fn under(&self) -> Vec<Kvno> {
        let mut transaction = self.backend.begin(Scope::Everything, Access::Read).unwrap();
        let (_, keys) = self.rollover().master(transaction.as_mut()).unwrap();
        let mut under = Vec::new();
        transaction
            .each_principal(Order::Forward, &mut |entry| {
                for data in entry.key_data.iter().filter(|_| entry.principal != self.principal) {
                    let mkvno = keys.protecting(&entry)?;
                    let master = keys.find(mkvno).unwrap();
                    let key = k5_kdb::open_key(&master.key, data)?;
                    assert_eq!(key.contents.expose(), &vec![(data.kvno - 1) as u8; 16]);
                    under.push(mkvno);
                }
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        under
    }

    fn next_key(&self) -> u16 {
        let key = make_random_key(ENCTYPE, &mut SystemRandom).unwrap();
        let new = self.rollover().add(key, &mut SystemRandom).unwrap();
        self.rollover().activate(new.kvno, Timestamp(5)).unwrap();
        new.kvno
    }

    fn update(&self, pattern: &str, target: u16, trial: bool, batch: usize) -> Update<'_> {
        let glob = Glob::for_principals(pattern.as_bytes()).unwrap();
        let pace = Pace { now: || std::time::Duration::ZERO, wait: |_| panic!("time stands still") };
        let mut update = self.rollover().update(&glob, target, trial, pace).unwrap();
        update.batch = batch;
        update
    }
}

fn names(batch: &Batch) -> Vec<(String, Progress)> {
    let shown = |(name, progress): &(Vec<u8>, _)| (String::from_utf8_lossy(name).into_owned(), *progress);
    assert!(batch.refused.is_none());
    batch.done.iter().map(shown).collect()
}

#[test]
fn who_stops_between_two_batches_goes_on_later() {
    let realm = Realm::new();
    assert_eq!(realm.next_key(), 2);
    let mut update = realm.update("n*", 2, false, 2);
    let first = update.next_batch(&mut SystemRandom).unwrap().unwrap();
    let updated = |name: &str| (name.to_owned(), Progress::Updated);
    assert_eq!(names(&first), [updated("n0@R"), updated("n1@R")]);
    drop(update);
    assert_eq!(realm.under(), [2, 2, 1, 1, 1]);
    // Meanwhile one more key, and the one of before may not go.
    assert_eq!(realm.next_key(), 3);
    assert_eq!(realm.rollover().purge(None, false).unwrap(), crate::rollover::Purge::Unused(vec![]));
    let mut update = realm.update("*", 3, false, 2);
    let mut batches = 0;
    while let Some(batch) = update.next_batch(&mut SystemRandom).unwrap() {
        assert!(batch.refused.is_none() && batch.done.len() <= 2);
        batches += 1;
        realm.under();
    }
    assert_eq!(batches, 4);
    assert_eq!(realm.under(), [3; 5]);
    assert_eq!(
        realm.rollover().purge(Some(1), false).unwrap(),
        crate::rollover::Purge::Stashed { later: vec![2] }
    );
    assert_eq!(realm.rollover().purge(None, false).unwrap(), crate::rollover::Purge::Unused(vec![2, 1]));
    // The first key is gone, and with it the way in.
    assert!(realm.rollover().list().is_err());
}

#[test]
fn a_trial_changes_nothing() {
    let realm = Realm::new();
    realm.next_key();
    let mut update = realm.update("n[0-1]", 2, true, 9);
    let batch = update.next_batch(&mut SystemRandom).unwrap().unwrap();
    assert_eq!(batch.done.len(), 2);
    assert!(update.next_batch(&mut SystemRandom).unwrap().is_none());
    assert_eq!(realm.under(), [1; 5]);
}

#[test]
fn what_happens_between_the_batches_is_seen() {
    let realm = Realm::new();
    realm.next_key();
    let mut update = realm.update("n*", 2, false, 1);
    update.next_batch(&mut SystemRandom).unwrap();
    let mut transaction = realm.backend.begin(Scope::Everything, Access::Write).unwrap();
    transaction.delete_principal(&Principal::new("R", ["n1"])).unwrap();
    let mut broken = transaction.principal(&Principal::new("R", ["n3"])).unwrap().unwrap();
    broken.key_data[0].key[9] ^= 1;
    transaction.put_principal(&broken).unwrap();
    transaction.commit().unwrap();
    update.batch = 4;
    let batch = update.next_batch(&mut SystemRandom).unwrap().unwrap();
    assert_eq!(batch.done, [(b"n2@R".to_vec(), Progress::Updated)]);
    let refused = batch.refused.unwrap();
    assert_eq!((refused.name, refused.fault), (b"n3@R".to_vec(), Fault::Keys));
    assert!(update.next_batch(&mut SystemRandom).unwrap().is_none());
    // What stands before it is done.
    let mut transaction = realm.backend.begin(Scope::Everything, Access::Read).unwrap();
    let mkvno = |transaction: &mut dyn Transaction, name: &str| {
        transaction.principal(&Principal::new("R", [name])).unwrap().unwrap().mkvno()
    };
    let found = ["n0", "n2", "n3", "n4"].map(|name| mkvno(transaction.as_mut(), name));
    assert_eq!(found, [2, 2, 1, 1]);
}

/// The run ends at a record that cannot be read, as MIT's does; what stands before it is done, be it read ahead or not.
#[test]
fn what_stands_before_a_damaged_record_is_done() {
    for batch in [1, 9] {
        let realm = Realm::new();
        realm.next_key();
        let mut update = realm.update("n*", 2, false, batch);
        let path = realm.directory.path().join("principal");
        let mut pages = std::fs::read(&path).unwrap();
        // The length that stands before the name in the record.
        let name = b"\x05\0n3@R\0";
        let at = pages.windows(name.len()).position(|found| found == name).unwrap();
        pages[at + 1] = 255;
        std::fs::write(&path, &pages).unwrap();
        let mut done = 0;
        let refused = loop {
            let batch = update.next_batch(&mut SystemRandom).unwrap().unwrap();
            done += batch.done.len();
            if let Some(refused) = batch.refused {
                break refused;
            }
        };
        assert_eq!((refused.name, refused.fault, done), (b"n3@R".to_vec(), Fault::Reading, 3));
        assert!(update.next_batch(&mut SystemRandom).unwrap().is_none());
        let mut transaction = realm.backend.begin(Scope::Everything, Access::Read).unwrap();
        let found = ["n0", "n1", "n2", "n4"]
            .map(|name| transaction.principal(&Principal::new("R", [name])).unwrap().unwrap().mkvno());
        assert_eq!(found, [2, 2, 2, 1]);
    }
}

#[test]
fn a_target_that_goes_ends_the_work() {
    let realm = Realm::new();
    realm.next_key();
    realm.next_key();
    let mut update = realm.update("n*", 2, false, 9);
    assert_eq!(realm.rollover().purge(None, false).unwrap(), crate::rollover::Purge::Unused(vec![2]));
    assert!(matches!(update.next_batch(&mut SystemRandom), Err(AdminError::NoSuchMasterKey)));
    assert_eq!(realm.under(), [1; 5]);
}
