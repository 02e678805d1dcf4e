//! Every entry's keys under the active master key.
//!
//! A realm may have millions of entries, so they are changed in batches, each a transaction. Between two batches others
//! go on; whoever stops here leaves entries under the old key and entries under the new one, each saying which, and the next
//! run does the rest.

mod ahead;

use super::Rollover;
use crate::batch::{COMMIT, Commit, LONGEST, Pace};
use crate::error::{AdminError, Result};
use crate::glob::Glob;
use ahead::{Ahead, Ready};
use k5_crypto::Random;
use k5_kdb::mkey::convert::convert_keys;
use k5_kdb::{Access, Entry, KdbError, MasterKeys, Scope, Transaction};
use k5_types::{KeyBlock, Kvno, ParseFlags, Principal, RealmRule};
use std::ops::ControlFlow;
use std::time::Duration;

/// Entries in one transaction at most, so that little is in memory.
const BATCH: usize = 4000;

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
    /// Its record cannot be read.
    Reading,
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

/// What is to be done to each entry.
#[derive(Clone, Copy)]
struct Work<'a> {
    rollover: Rollover<'a>,
    target: u16,
    trial: bool,
}

/// The work on all entries that a pattern matches.
pub struct Update<'a> {
    work: Work<'a>,
    /// The names still to come, each with a zero byte behind it, from `at` on.
    names: Vec<u8>,
    at: usize,
    batch: usize,
    pace: Pace,
    /// Until then the locks are for others.
    free_until: Duration,
    commit: Commit,
    ahead: Ahead,
    /// The master keys when the locks were held last.
    keys: MasterKeys,
}

/// What an entry becomes.
enum Becomes {
    /// It is under the target.
    Current,
    /// In a trial: it would be changed.
    Would,
    Changed(Box<Entry>),
}

/// What a step does to an entry; a fault that is its own leaves the transaction as it was before.
type Done<T> = Result<std::result::Result<T, (Fault, AdminError)>>;

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
        let mut reached = None;
        loop {
            let mut transaction = self.backend.begin(Scope::Everything, Access::Read)?;
            let since = (pace.now)();
            let passed = || (pace.now)().saturating_sub(since);
            reached = transaction.each_name_by_steps(reached, &mut |name| {
                if name != own && pattern.matches(name) {
                    names.extend_from_slice(name);
                    names.push(0);
                }
                Ok(if passed() < LONGEST { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            if reached.is_some() {
                let held = passed();
                drop(transaction);
                (pace.wait)(held);
                continue;
            }
            let (_, keys) = self.master(transaction.as_mut())?;
            return Ok(Update {
                work: Work { rollover: *self, target, trial },
                names,
                at: 0,
                batch: BATCH,
                pace,
                free_until: Duration::ZERO,
                commit: COMMIT,
                ahead: Ahead::default(),
                keys,
            });
        }
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
        self.ahead.work_out(&self.work, &self.keys, random);
        let rest = self.free_until.saturating_sub((self.pace.now)());
        if !rest.is_zero() {
            (self.pace.wait)(rest);
        }
        let access = if self.work.trial { Access::Read } else { Access::Write };
        let mut transaction = self.work.rollover.backend.begin(Scope::Everything, access)?;
        let since = (self.pace.now)();
        let (_, keys) = self.work.rollover.master(transaction.as_mut())?;
        if self.work.key(&self.keys) != self.work.key(&keys) {
            self.ahead.forget();
        }
        self.keys = keys;
        let (now, next) = (self.pace.now, self.commit);
        let passed = || now().saturating_sub(since);
        let batch = self.work_off(
            transaction.as_mut(),
            // The last fourth is for the look ahead, which then has as many entries as were done.
            &|pages| passed() >= next.time_before(pages) * 3 / 4,
            random,
        )?;
        if !self.work.trial {
            let pages = transaction.changed_pages();
            let time = next.time_before(pages);
            self.ahead.read(transaction.as_mut(), &self.names, self.at, || passed() < time);
            let before = now();
            transaction.commit()?;
            let commit = Commit { time: now().saturating_sub(before), pages };
            self.commit = self.commit.then(commit);
        }
        let now = (self.pace.now)();
        self.free_until = now + now.saturating_sub(since);
        Ok(Some(batch))
    }

    /// Does entries until the time is over, or what was worked out ahead.
    fn work_off(
        &mut self,
        transaction: &mut dyn Transaction,
        is_over: &dyn Fn(usize) -> bool,
        random: &mut dyn Random,
    ) -> Result<Batch> {
        let mut batch = Batch::default();
        let is_ahead = self.ahead.waits();
        while let Some(name) = self.next_name() {
            let next = self.ahead.take(&name);
            match self.one(transaction, &name, next, random)? {
                Ok(Some(progress)) => batch.done.push((name, progress)),
                // Who is gone since the names were read has no keys to encrypt.
                Ok(None) => {}
                Err((fault, error)) => {
                    batch.refused = Some(Refused { name, fault, error });
                    self.at = self.names.len();
                    break;
                }
            }
            if is_over(transaction.changed_pages())
                || batch.done.len() >= self.batch
                || (is_ahead && !self.ahead.waits())
            {
                break;
            }
        }
        Ok(batch)
    }

    fn next_name(&mut self) -> Option<Vec<u8>> {
        let rest = self.names.get(self.at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        self.at += length + 1;
        rest.get(..length).map(<[u8]>::to_vec)
    }

    /// One entry, with what was worked out if that is still so; `None` where it is gone.
    fn one(
        &mut self,
        transaction: &mut dyn Transaction,
        name: &[u8],
        next: Option<Ready>,
        random: &mut dyn Random,
    ) -> Done<Option<Progress>> {
        match next {
            Some(Ready::Current { record }) if transaction.record(name)?.as_ref() == Some(&record) => {
                return Ok(Ok(Some(Progress::Current)));
            }
            Some(Ready::Changed(exchange)) => match transaction.exchange(&exchange) {
                Ok(true) => {
                    self.ahead.put_away(exchange);
                    return Ok(Ok(Some(Progress::Updated)));
                }
                Ok(false) => {}
                Err(error) => return Ok(Err((Fault::Storing, error.into()))),
            },
            _ => {}
        }
        let entry = match principal(name).and_then(|name| Ok(transaction.principal(&name)?)) {
            Ok(Some(entry)) => entry,
            Ok(None) => return Ok(Ok(None)),
            Err(error) => return Ok(Err((Fault::Reading, error))),
        };
        Ok(match self.work.becomes(&self.keys, entry, random)? {
            Ok(Becomes::Current) => Ok(Some(Progress::Current)),
            Ok(Becomes::Would) => Ok(Some(Progress::Updated)),
            Ok(Becomes::Changed(entry)) => store(transaction, &entry)?.map(|()| Some(Progress::Updated)),
            Err(refused) => Err(refused),
        })
    }
}

impl Work<'_> {
    /// The target's key, if it is one of these.
    fn key<'k>(&self, keys: &'k MasterKeys) -> Option<&'k KeyBlock> {
        keys.find(Kvno::from(self.target)).map(|master| &master.key)
    }

    /// What becomes of an entry.
    fn becomes(&self, keys: &MasterKeys, mut entry: Entry, random: &mut dyn Random) -> Done<Becomes> {
        let refused = |fault, error: KdbError| Ok(Err((fault, error.into())));
        match keys.protecting(&entry) {
            Err(error) => return refused(Fault::MasterKey, error),
            Ok(kvno) if kvno == Kvno::from(self.target) => return Ok(Ok(Becomes::Current)),
            Ok(_) if self.trial => return Ok(Ok(Becomes::Would)),
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
        Ok(Ok(Becomes::Changed(Box::new(entry))))
    }
}

/// Stores an entry that is changed.
fn store(transaction: &mut dyn Transaction, entry: &Entry) -> Done<()> {
    let before = transaction.savepoint();
    if let Err(error) = transaction.put_principal(entry) {
        transaction.rollback_to(before)?;
        transaction.release(before)?;
        return Ok(Err((Fault::Storing, error.into())));
    }
    transaction.release(before)?;
    Ok(Ok(()))
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
