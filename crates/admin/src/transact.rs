//! Where operations get their transaction: each its own, or all of them the one that a lock or a batch keeps open.

use crate::admin::Admin;
use crate::batch::Batch;
use crate::error::{AdminError, Result};
use k5_kdb::{Access, Backend, KdbError, Scope, Transaction};

/// The transaction that operations are steps of.
pub(crate) enum Open {
    /// None: each has its own.
    Nothing,
    /// That of a lock.
    Locked(Box<dyn Transaction>),
    /// That of a batch.
    Batch(Batch),
}

impl Open {
    /// The transaction, if it has begun.
    fn begun(&mut self) -> Option<&mut (dyn Transaction + 'static)> {
        match self {
            Open::Nothing => None,
            Open::Locked(transaction) => Some(transaction.as_mut()),
            Open::Batch(batch) => batch.begun(),
        }
    }

    /// The same, begun if need be.
    fn writing(&mut self, backend: &dyn Backend) -> Result<Option<&mut (dyn Transaction + 'static)>> {
        match self {
            Open::Nothing => Ok(None),
            Open::Locked(transaction) => Ok(Some(transaction.as_mut())),
            Open::Batch(batch) => batch.writing(backend).map(Some),
        }
    }
}

impl Admin {
    /// Takes the database for this administrator alone until [`Admin::unlock`]. What is done in between is seen by
    /// others, and is sure to be on disk, when that has answered. A database that is locked already stays so.
    ///
    /// # Errors
    /// Where the database cannot be locked for writing, or its back end knows no locks; [`AdminError::Busy`] in a batch.
    pub fn lock(&self) -> Result<()> {
        self.can_be_held()?;
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        match &*open {
            Open::Nothing => *open = Open::Locked(self.backend.begin(Scope::Everything, Access::Write)?),
            Open::Locked(_) => {}
            Open::Batch(_) => return Err(AdminError::Busy),
        }
        Ok(())
    }

    /// Writes what was done under the lock, and gives it back. Without a lock there is nothing to do. An administrator
    /// that goes away with the lock held has done nothing under it.
    ///
    /// # Errors
    /// Where it cannot be written: nothing of it has happened then, and the lock is given back.
    pub fn unlock(&self) -> Result<()> {
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        match std::mem::replace(&mut *open, Open::Nothing) {
            Open::Locked(transaction) => Ok(transaction.commit()?),
            other => {
                *open = other;
                Ok(())
            }
        }
    }

    fn can_be_held(&self) -> Result<()> {
        if self.backend.can_be_held() { Ok(()) } else { Err(KdbError::CannotBeHeld.into()) }
    }

    /// Whether the database is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.open.try_borrow().is_ok_and(|open| matches!(&*open, Open::Locked(_)))
    }

    /// Whether a lock or a batch keeps a transaction open, so that others wait.
    pub(crate) fn is_in_transaction(&self) -> bool {
        self.is_locked() || self.holding.get()
    }

    /// Whether there is a batch.
    pub(crate) fn is_gathering(&self) -> bool {
        self.open.try_borrow().is_ok_and(|open| matches!(&*open, Open::Batch(_)))
    }

    /// Reads in one transaction.
    pub(crate) fn read<T>(
        &self,
        scope: Scope,
        work: impl FnOnce(&mut dyn Transaction) -> Result<T>,
    ) -> Result<T> {
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        if let Some(transaction) = open.begun() {
            return work(transaction);
        }
        let mut transaction = self.backend.begin(scope, Access::Read)?;
        work(transaction.as_mut())
    }

    /// Changes in one transaction, which is committed if `work` succeeds. Under a lock and in a batch, `work` is undone if
    /// it fails and waits for the end of the lock or batch if it succeeds.
    pub(crate) fn write<T>(
        &self,
        scope: Scope,
        work: impl FnOnce(&mut dyn Transaction) -> Result<T>,
    ) -> Result<T> {
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        let is_batch = matches!(&*open, Open::Batch(_));
        let began = open.writing(self.backend.as_ref());
        // In a batch, alone it may need less, or it fails in its own words.
        self.alone.set(self.alone.get() || began.is_err());
        let Some(transaction) = began? else {
            let mut transaction = self.backend.begin(scope, Access::Write)?;
            let result = work(transaction.as_mut())?;
            transaction.commit()?;
            return Ok(result);
        };
        self.holding.set(is_batch);
        let savepoint = transaction.savepoint();
        let result = work(transaction);
        if result.is_err() {
            transaction.rollback_to(savepoint)?;
        }
        transaction.release(savepoint)?;
        result
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{AdminParts, Defaults, Guards, KeptKeys, NewRealm, Quality, create_realm};
    use k5_crypto::{SystemRandom, make_random_key};
    use k5_kdb::db2::Db2Files;
    use k5_kdb::{Database, Entry, MasterKey, MasterKeys};
    use k5_types::{Attributes, Duration, EncType, Principal, Timestamp};
    use std::path::Path;

    /// A realm whose administrator uses one encryption type.
    pub(crate) fn new_realm(directory: &Path) -> Admin {
        let master_principal = Principal::new("R", ["K", "M"]);
        let key = make_random_key(EncType::AES256_CTS_HMAC_SHA1_96, &mut SystemRandom).unwrap();
        let defaults = Defaults {
            max_life: Duration(3600),
            max_renewable_life: Duration(0),
            expiration: Timestamp::NEVER,
            attributes: Attributes::default(),
            keysalts: Vec::new(),
            master_enctype: EncType::AES256_CTS_HMAC_SHA1_96,
        };
        let actor = Principal::new("R", ["tester"]);
        let backend = create_realm(
            &Database::from(Db2Files::named(&directory.join("principal"))),
            NewRealm {
                master_principal: &master_principal,
                master: &MasterKey { kvno: 1, key: key.duplicate() },
                defaults: &defaults,
                actor: actor.clone(),
                now: Timestamp(1),
            },
            Box::new(SystemRandom),
        )
        .unwrap();
        Admin::new(AdminParts {
            backend,
            realm: b"R".to_vec(),
            defaults,
            master: MasterKeys::first(1, key),
            master_principal,
            actor,
            quality: Quality::default(),
            guards: Guards::default(),
            clock: Box::new(|| Timestamp(2)),
            random: Box::new(SystemRandom),
        })
    }

    fn put(admin: &Admin, name: &str, result: Result<()>) -> Result<()> {
        admin.write(Scope::Everything, |transaction| {
            transaction.put_principal(&Entry::new(Principal::new("R", [name])))?;
            result
        })
    }

    fn names(admin: &Admin) -> Vec<String> {
        let names = admin.principal_names(Some(b"*@R")).unwrap().into_iter();
        names.filter_map(|name| String::from_utf8(name).ok()).filter(|name| !name.contains('/')).collect()
    }

    #[test]
    fn a_failure_under_the_lock_is_undone_alone() {
        let directory = tempfile::tempdir().unwrap();
        let admin = new_realm(directory.path());
        admin.lock().unwrap();
        admin.lock().unwrap();
        assert!(admin.is_locked());
        put(&admin, "a", Ok(())).unwrap();
        put(&admin, "b", Err(AdminError::Invalid)).unwrap_err();
        put(&admin, "c", Ok(())).unwrap();
        assert_eq!(names(&admin), ["a@R", "c@R"]);
        admin.unlock().unwrap();
        admin.unlock().unwrap();
        assert!(!admin.is_locked());
        put(&admin, "d", Err(AdminError::Invalid)).unwrap_err();
        assert_eq!(names(&admin), ["a@R", "c@R"]);
    }

    #[test]
    fn a_lock_that_is_never_given_back_did_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let admin = new_realm(directory.path());
        admin.lock().unwrap();
        put(&admin, "a", Ok(())).unwrap();
        admin.open.replace(Open::Nothing);
        assert!(names(&admin).is_empty());
    }

    #[test]
    fn an_operation_within_another_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let admin = new_realm(directory.path());
        admin.lock().unwrap();
        let nested = admin.read(Scope::Everything, |_| {
            admin.purge_keys(&Principal::new("R", ["krbtgt", "R"]), KeptKeys::Newest)
        });
        assert!(matches!(nested, Err(AdminError::Busy)));
    }
}
