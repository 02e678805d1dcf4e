//! Every entry's keys under the active master key.
//!
//! A realm may have millions of entries, so they are changed in batches, each a transaction. Between two batches others
//! go on; whoever stops here leaves entries under the old key and entries under the new one, each saying which, and the next
//! run does the rest.

use super::Rollover;
use crate::batch::{LONGEST, Pace, SHORTEST};
use crate::error::{AdminError, Result};
use crate::glob::Glob;
use k5_crypto::Random;
use k5_kdb::mkey::convert::convert_keys;
use k5_kdb::{Access, Entry, KdbError, MasterKeys, Scope, Transaction};
use k5_types::{Kvno, ParseFlags, Principal, RealmRule};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

/// Entries in one transaction at most, so that little is in memory.
const BATCH: usize = 4000;

/// What a commit is thought to take before there was one.
const COMMIT: Duration = Duration::from_millis(10);

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
    pace: Pace,
    /// Until then the locks are for others.
    free_until: Duration,
    last_commit: Duration,
    /// Entries that come next, as they were when the locks were held last, and the master keys.
    ahead: HashMap<Vec<u8>, Entry>,
    keys: Option<MasterKeys>,
}

/// What an entry becomes.
enum Outcome {
    /// It is under the target.
    Current,
    /// In a trial: it would be changed.
    Would,
    Changed(Box<Entry>),
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
    /// The locks are held for some milliseconds at a time, and left to others for as long.
    ///
    /// # Errors
    /// The database's.
    pub fn update(&self, pattern: &Glob, target: u16, trial: bool, pace: Pace) -> Result<Update<'a>> {
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
        Ok(Update {
            rollover: *self,
            target,
            trial,
            names,
            at: 0,
            batch: BATCH,
            pace,
            free_until: Duration::ZERO,
            last_commit: COMMIT,
            ahead: HashMap::new(),
            keys: None,
        })
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
        // What takes long is done while nobody waits for it.
        let known = self.keys.take();
        let mut made = self.make_ahead(known.as_ref(), random)?;
        let rest = self.free_until.saturating_sub((self.pace.now)());
        if !rest.is_zero() {
            (self.pace.wait)(rest);
        }
        let access = if self.trial { Access::Read } else { Access::Write };
        let mut transaction = self.rollover.backend.begin(Scope::Everything, access)?;
        let since = (self.pace.now)();
        let (_, keys) = self.rollover.master(transaction.as_mut())?;
        let target = Kvno::from(self.target);
        let key = |keys: &MasterKeys| keys.find(target).map(|master| master.key.duplicate());
        if known.as_ref().and_then(key) != key(&keys) {
            made.clear();
        }
        let mut batch = Batch::default();
        // A part is for the look ahead.
        let longest = LONGEST.saturating_sub(self.last_commit).max(SHORTEST) * 3 / 4;
        while batch.done.len() < self.batch {
            let Some(name) = self.next_name() else { break };
            // Who is gone since the names were read has no keys to encrypt.
            let Some(entry) = transaction.principal(&principal(&name)?)? else { continue };
            let ready = made.remove(&name).filter(|(before, _)| *before == entry).map(|(_, after)| after);
            let outcome = match ready {
                Some(after) => Ok(Outcome::Changed(Box::new(after))),
                None => self.outcome(&keys, entry, random)?,
            };
            let done = match outcome {
                Ok(outcome) => store(transaction.as_mut(), outcome)?,
                Err(refused) => Err(refused),
            };
            match done {
                Ok(progress) => batch.done.push((name, progress)),
                Err((fault, error)) => {
                    batch.refused = Some(Refused { name, fault, error });
                    self.at = self.names.len();
                    break;
                }
            }
            if (self.pace.now)().saturating_sub(since) >= longest {
                break;
            }
        }
        if !self.trial {
            self.look_ahead(transaction.as_mut(), batch.done.len())?;
            self.keys = Some(keys);
            let before = (self.pace.now)();
            transaction.commit()?;
            self.last_commit = (self.pace.now)().saturating_sub(before);
        }
        let now = (self.pace.now)();
        self.free_until = now + now.saturating_sub(since);
        Ok(Some(batch))
    }

    /// Reads the entries that come next.
    fn look_ahead(&mut self, transaction: &mut dyn Transaction, count: usize) -> Result<()> {
        let rest = self.names.get(self.at..).unwrap_or_default();
        for name in rest.split(|byte| *byte == 0).filter(|name| !name.is_empty()).take(count) {
            if let Some(entry) = transaction.principal(&principal(name)?)? {
                self.ahead.insert(name.to_vec(), entry);
            }
        }
        Ok(())
    }

    /// What the entries that were read ahead become, with what they were. What is wrong with one is told when its turn comes.
    fn make_ahead(
        &mut self,
        keys: Option<&MasterKeys>,
        random: &mut dyn Random,
    ) -> Result<HashMap<Vec<u8>, (Entry, Entry)>> {
        let mut made = HashMap::new();
        let (ahead, Some(keys)) = (std::mem::take(&mut self.ahead), keys) else { return Ok(made) };
        for (name, before) in ahead {
            if let Ok(Outcome::Changed(after)) = self.outcome(keys, before.clone(), random)? {
                made.insert(name, (before, *after));
            }
        }
        Ok(made)
    }

    fn next_name(&mut self) -> Option<Vec<u8>> {
        let rest = self.names.get(self.at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        self.at += length + 1;
        rest.get(..length).map(<[u8]>::to_vec)
    }

    /// What becomes of an entry.
    fn outcome(
        &self,
        keys: &MasterKeys,
        mut entry: Entry,
        random: &mut dyn Random,
    ) -> Result<std::result::Result<Outcome, (Fault, AdminError)>> {
        let refused = |fault, error: KdbError| Ok(Err((fault, error.into())));
        match keys.protecting(&entry) {
            Err(error) => return refused(Fault::MasterKey, error),
            Ok(kvno) if kvno == Kvno::from(self.target) => return Ok(Ok(Outcome::Current)),
            Ok(_) if self.trial => return Ok(Ok(Outcome::Would)),
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
        Ok(Ok(Outcome::Changed(Box::new(entry))))
    }
}

/// Stores an entry that is changed. A fault that is its own leaves the transaction as it was before.
fn store(
    transaction: &mut dyn Transaction,
    outcome: Outcome,
) -> Result<std::result::Result<Progress, (Fault, AdminError)>> {
    let entry = match outcome {
        Outcome::Current => return Ok(Ok(Progress::Current)),
        Outcome::Would => return Ok(Ok(Progress::Updated)),
        Outcome::Changed(entry) => entry,
    };
    let before = transaction.savepoint();
    if let Err(error) = transaction.put_principal(&entry) {
        transaction.rollback_to(before)?;
        transaction.release(before)?;
        return Ok(Err((Fault::Storing, error.into())));
    }
    transaction.release(before)?;
    Ok(Ok(Progress::Updated))
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
