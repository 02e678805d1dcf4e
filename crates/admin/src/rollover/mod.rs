//! The way from one master key to the next: add a key, make it the active one, encrypt every entry's keys in it, take
//! the old key away.
//!
//! Each step is one transaction (the third is one for so many entries), and after each the database is one that MIT's
//! programs and ours can go on with: every entry says which version its keys are encrypted in, and that version is
//! there until no entry says it.

mod activate;
mod add;
mod list;
mod purge;
mod update;

pub use list::MasterKeyState;
pub use purge::Purge;
pub use update::{Batch, Fault, Progress, Refused, Update};

use crate::error::Result;
use k5_kdb::{Access, Backend, Entry, KdbError, MasterKeys, Scope, Transaction};
use k5_types::{Principal, Timestamp};

/// Somebody at work on a realm's master keys.
#[derive(Clone, Copy)]
pub struct Rollover<'a> {
    /// The database.
    pub backend: &'a dyn Backend,
    /// The principal that holds the master keys; it is recorded as whoever changes an entry.
    pub principal: &'a Principal,
    /// The master keys. They are read again in each transaction, with one of these.
    pub keys: &'a MasterKeys,
    /// The time.
    pub now: Timestamp,
}

impl Rollover<'_> {
    /// The entry that holds the master keys, and what it holds.
    pub(crate) fn master(&self, transaction: &mut dyn Transaction) -> Result<(Entry, MasterKeys)> {
        let entry = transaction.principal(self.principal)?.ok_or(KdbError::NoMasterKey)?;
        let keys = self.keys.reopen(&entry)?;
        Ok((entry, keys))
    }

    /// Changes the entry that holds the master keys, in one transaction.
    fn change<T>(&self, work: impl FnOnce(&mut Entry, &MasterKeys) -> Result<T>) -> Result<T> {
        let mut transaction = self.backend.begin(Scope::Everything, Access::Write)?;
        let (mut entry, keys) = self.master(transaction.as_mut())?;
        let answer = work(&mut entry, &keys)?;
        entry.set_modified(self.now, self.principal);
        transaction.put_principal(&entry)?;
        transaction.commit()?;
        Ok(answer)
    }
}
