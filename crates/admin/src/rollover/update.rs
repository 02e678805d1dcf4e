//! Every entry's keys under the active master key.
//!
//! A realm may have millions of entries, so they are changed in batches, each a transaction. Between two batches others
//! go on; whoever stops here leaves entries under the old key and entries under the new one, each saying which, and the next
//! run does the rest.

use super::Rollover;
use crate::error::{AdminError, Result};
use crate::glob::Glob;
use k5_crypto::Random;
use k5_kdb::mkey::convert::convert_keys;
use k5_kdb::{Access, Entry, KdbError, MasterKeys, Scope, Transaction};
use k5_types::{Kvno, ParseFlags, Principal, RealmRule};
use std::ops::ControlFlow;

/// Entries in one transaction: so few that nobody waits long and little is in memory, so many that the disk is not asked
/// to sync for each.
const BATCH: usize = 500;

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It was under the active key already.
    Current,
    /// It is now, or in a trial would be.
    Updated,
}

/// What could not be done to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Its master key cannot be told.
    MasterKey,
    /// Its keys cannot be opened, or not be encrypted.
    Keys,
    /// It cannot be stored.
    Storing,
}

/// An entry that ended the work.
#[derive(Debug)]
pub struct Refused {
    /// Its name.
    pub name: Vec<u8>,
    /// What could not be done.
    pub fault: Fault,
    /// Why.
    pub error: AdminError,
}

/// What one transaction did.
#[derive(Debug, Default)]
pub struct Batch {
    /// Entries by their names, in order. What happened to them is on disk.
    pub done: Vec<(Vec<u8>, Progress)>,
    /// The entry behind these at which the work ends.
    pub refused: Option<Refused>,
}

/// The work on all entries that a pattern matches.
pub struct Update<'a> {
    rollover: Rollover<'a>,
    target: u16,
    trial: bool,
    /// The names still to come, each with a zero byte behind it, from `at` on.
    names: Vec<u8>,
    at: usize,
    batch: usize,
}

impl<'a> Rollover<'a> {
    /// The version that is active now.
    ///
    /// # Errors
    /// The database's, and where that version is not there.
    pub fn active(&self) -> Result<u16> {
        let mut transaction = self.backend.begin(Scope::Everything, Access::Read)?;
        let (_, keys) = self.master(transaction.as_mut())?;
        Ok(keys.active(self.now)?.kvno)
    }

    /// Begins to put the keys of all entries that a pattern matches, but not the master keys', under the version `target`.
    /// A trial changes nothing. The names are kept in memory, nothing else; entries that are made later are not among
    /// them, and are under the active key anyway.
    ///
    /// # Errors
    /// The database's.
    pub fn update(&self, pattern: &Glob, target: u16, trial: bool) -> Result<Update<'a>> {
        let own = self.principal.unparse();
        let mut names = Vec::new();
        let mut transaction = self.backend.begin(Scope::Everything, Access::Read)?;
        transaction.each_name(&mut |name| {
            if name != own && pattern.matches(name) {
                names.extend_from_slice(name);
                names.push(0);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Update { rollover: *self, target, trial, names, at: 0, batch: BATCH })
    }
}

impl Update<'_> {
    /// Does the next entries in one transaction; `None` at the end. After an entry that could not be done there is no next.
    ///
    /// # Errors
    /// Where the transaction fails as a whole: nothing of it has happened then.
    pub fn next_batch(&mut self, random: &mut dyn Random) -> Result<Option<Batch>> {
        if self.at >= self.names.len() {
            return Ok(None);
        }
        let access = if self.trial { Access::Read } else { Access::Write };
        let mut transaction = self.rollover.backend.begin(Scope::Everything, access)?;
        let (_, keys) = self.rollover.master(transaction.as_mut())?;
        let mut batch = Batch::default();
        for _ in 0..self.batch {
            let Some(name) = self.next_name() else { break };
            // Who is gone since the names were read has no keys to encrypt.
            let Some(entry) = transaction.principal(&principal(&name)?)? else { continue };
            match self.one(transaction.as_mut(), &keys, entry, random)? {
                Ok(progress) => batch.done.push((name, progress)),
                Err((fault, error)) => {
                    batch.refused = Some(Refused { name, fault, error });
                    self.at = self.names.len();
                    break;
                }
            }
        }
        if !self.trial {
            transaction.commit()?;
        }
        Ok(Some(batch))
    }

    fn next_name(&mut self) -> Option<Vec<u8>> {
        let rest = self.names.get(self.at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        self.at += length + 1;
        rest.get(..length).map(<[u8]>::to_vec)
    }

    /// One entry. A fault that is its own leaves the transaction as it was before.
    fn one(
        &self,
        transaction: &mut dyn Transaction,
        keys: &MasterKeys,
        mut entry: Entry,
        random: &mut dyn Random,
    ) -> Result<std::result::Result<Progress, (Fault, AdminError)>> {
        let refused = |fault, error: KdbError| Ok(Err((fault, error.into())));
        match keys.protecting(&entry) {
            Err(error) => return refused(Fault::MasterKey, error),
            Ok(kvno) if kvno == Kvno::from(self.target) => return Ok(Ok(Progress::Current)),
            Ok(_) if self.trial => return Ok(Ok(Progress::Updated)),
            Ok(_) => {}
        }
        keys.find(Kvno::from(self.target)).ok_or(AdminError::NoSuchMasterKey)?;
        let converted = keys
            .storage_key(Kvno::from(self.target))
            .and_then(|target| convert_keys(&mut entry, keys, self.target, target, random));
        if let Err(error) = converted {
            return refused(Fault::Keys, error);
        }
        entry.set_modified(self.rollover.now, self.rollover.principal);
        let before = transaction.savepoint();
        if let Err(error) = transaction.put_principal(&entry) {
            transaction.rollback_to(before)?;
            transaction.release(before)?;
            return refused(Fault::Storing, error);
        }
        transaction.release(before)?;
        Ok(Ok(Progress::Updated))
    }
}

/// The principal of a name as the database keys it.
fn principal(name: &[u8]) -> Result<Principal> {
    let flags = ParseFlags { realm: RealmRule::Required, enterprise: false };
    Principal::parse_with(name, flags).map_err(|error| {
        AdminError::Database(KdbError::Record {
            file: "principals".to_owned(),
            name: String::from_utf8_lossy(name).into_owned(),
            what: error.to_string(),
        })
    })
}

#[cfg(test)]
mod tests;
