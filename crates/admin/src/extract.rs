//! Putting keys into keytabs. The keytab is opened, locked and looked through first and written before the
//! database is: whatever fails, no principal has keys that are in no keytab.

use crate::admin::{Admin, existing};
use crate::batch::{LONGEST, Pace};
use crate::error::{AdminError, Result};
use crate::keys::OldKeysRule;
use k5_kdb::{Entry, KeyData, Scope, Transaction};
use k5_keytab::{Entry as KeytabEntry, KeytabWriter, Stored};
use k5_types::{KeySalt, Kvno, Principal};
use std::collections::BTreeMap;
use std::path::Path;

/// Which keys go into the keytab.
#[derive(Debug, Clone)]
pub enum ExtractKeys {
    /// New random ones.
    Random {
        /// Which; else the policy or the realm says.
        keysalts: Vec<KeySalt>,
        /// What becomes of the old ones.
        old: OldKeysRule,
    },
    /// Those that the principal has.
    Existing,
}

/// What became of one principal.
#[derive(Debug)]
pub struct Extracted {
    /// The principal.
    pub principal: Principal,
    /// Version number and encryption type of each key that the keytab has now.
    pub keys: Vec<(Kvno, k5_types::EncType)>,
}

/// The principals that one call has given new keys, by their unparsed names. A second name of the same principal gets the same
/// keys: others would make those of the first name old at once.
///
/// A tree, since a table of many would be moved as a whole while the locks are held.
#[derive(Default)]
struct Changed(BTreeMap<Vec<u8>, NewKeys>);

/// The number of a principal's new keys, and the names that it got them under.
struct NewKeys {
    kvno: u16,
    names: Vec<Principal>,
}

impl Changed {
    /// Whether an entry has new keys that `name` has not had: nobody has changed them since. The same name twice is two changes.
    fn under_another_name(&mut self, entry: &Entry, name: &Principal) -> bool {
        match self.0.get_mut(&entry.principal.unparse()) {
            Some(keys) if keys.kvno == entry.kvno() && !keys.names.contains(name) => {
                keys.names.push(name.clone());
                true
            }
            _ => false,
        }
    }
}

/// What became of all principals.
#[derive(Debug)]
pub struct Extraction {
    /// Of each one in order, as far as the work went.
    pub results: Vec<Result<Extracted>>,
    /// What ended the work. Behind the results nothing has changed.
    pub stopped: Option<AdminError>,
}

impl Admin {
    /// Puts the keys of principals into a keytab file; a principal that cannot be is an error of its own and does
    /// not keep the others out. Several names of one principal get the same new keys.
    ///
    /// Many principals are several steps, each in the keytab and the database or in neither, and the locks of the database are left
    /// to others in between; under [`Admin::lock`] and in a batch they are one.
    ///
    /// # Errors
    /// Where the keytab cannot be opened, or not be written: nothing has changed then. For what comes later see
    /// [`Extraction::stopped`].
    pub fn extract(
        &self,
        principals: &[Principal],
        keytab: &Path,
        keys: &ExtractKeys,
        pace: Pace,
    ) -> Result<Extraction> {
        match keys {
            ExtractKeys::Existing => {
                let writer = KeytabWriter::prepare(keytab, self.room_for_all(principals))?;
                let (results, entries) = self.collect_existing(principals, pace)?;
                writer.commit_new(&entries)?;
                Ok(Extraction { results, stopped: None })
            }
            ExtractKeys::Random { .. } if self.is_locked() || self.is_gathering() => {
                let writer = KeytabWriter::prepare(keytab, self.room_for_all(principals))?;
                let mut stored = None;
                let changed = self.write(Scope::Everything, |transaction| {
                    let (results, entries) =
                        self.collect(transaction, principals, keys, &mut Changed::default())?;
                    stored = Some(writer.commit_held(&entries)?);
                    Ok(results)
                });
                take_back(&changed, stored)?;
                Ok(Extraction { results: changed?, stopped: None })
            }
            ExtractKeys::Random { .. } => {
                self.begin_batch(pace)?;
                let (mut results, mut changed) = (Vec::new(), Changed::default());
                let mut stopped = None;
                while let Some(left) = principals.get(results.len()..).filter(|left| !left.is_empty()) {
                    match self.extract_step(left, keytab, keys, &mut changed) {
                        Ok(some) => results.extend(some),
                        Err(error) => {
                            stopped = Some(error);
                            break;
                        }
                    }
                }
                self.end_batch();
                match stopped {
                    Some(error) if results.is_empty() => Err(error),
                    stopped => Ok(Extraction { results, stopped }),
                }
            }
        }
    }

    /// Does the first of these principals, as many as others may wait for; one at least.
    fn extract_step(
        &self,
        principals: &[Principal],
        keytab: &Path,
        keys: &ExtractKeys,
        changed: &mut Changed,
    ) -> Result<Vec<Result<Extracted>>> {
        let writer = KeytabWriter::prepare(keytab, self.room_for_all(principals))?;
        let (mut results, mut entries) = (Vec::new(), Vec::new());
        for principal in principals {
            let one = std::slice::from_ref(principal);
            let (result, own) =
                self.write(Scope::Everything, |transaction| self.collect(transaction, one, keys, changed))?;
            results.extend(result);
            entries.extend(own);
            if self.is_batch_due() {
                break;
            }
        }
        let stored = writer.commit_held(&entries)?;
        let committed = self.commit_batch();
        take_back(&committed, Some(stored))?;
        committed?;
        Ok(results)
    }

    /// The keys that principals have, read while nobody waits long.
    fn collect_existing(
        &self,
        principals: &[Principal],
        pace: Pace,
    ) -> Result<(Vec<Result<Extracted>>, Vec<KeytabEntry>)> {
        let (mut results, mut entries) = (Vec::new(), Vec::new());
        let mut changed = Changed::default();
        while let Some(left) = principals.get(results.len()..).filter(|left| !left.is_empty()) {
            let since = (pace.now)();
            self.read(Scope::Everything, |transaction| {
                for principal in left.chunks(1) {
                    let (result, own) =
                        self.collect(transaction, principal, &ExtractKeys::Existing, &mut changed)?;
                    results.extend(result);
                    entries.extend(own);
                    if !self.is_in_transaction() && (pace.now)().saturating_sub(since) >= LONGEST {
                        break;
                    }
                }
                Ok(())
            })?;
            if results.len() < principals.len() {
                // Who wants to write must have the locks in between.
                (pace.wait)((pace.now)().saturating_sub(since));
            }
        }
        Ok((results, entries))
    }

    fn room_for_all(&self, principals: &[Principal]) -> u64 {
        principals.iter().map(|principal| self.room_for(principal)).sum()
    }

    /// Bytes that the new keys of a principal need at most.
    fn room_for(&self, principal: &Principal) -> u64 {
        const LONGEST_KEY: usize = 32;
        let keys = self.defaults.keysalts.len().max(1) as u64;
        keys * KeytabWriter::room_for(principal.unparse_display().len(), LONGEST_KEY)
    }

    fn collect(
        &self,
        transaction: &mut dyn Transaction,
        principals: &[Principal],
        keys: &ExtractKeys,
        changed: &mut Changed,
    ) -> Result<(Vec<Result<Extracted>>, Vec<KeytabEntry>)> {
        let mut results = Vec::new();
        let mut entries = Vec::new();
        for principal in principals {
            match self.keys_of(transaction, principal, keys, changed) {
                Ok(own) => {
                    let keys = own.iter().map(|entry| (entry.kvno, entry.key.enctype)).collect();
                    results.push(Ok(Extracted { principal: principal.clone(), keys }));
                    entries.extend(own);
                }
                // Damage to the database is nobody's own error.
                Err(error @ AdminError::Database(_)) => return Err(error),
                Err(error) => results.push(Err(error)),
            }
        }
        Ok((results, entries))
    }

    fn keys_of(
        &self,
        transaction: &mut dyn Transaction,
        principal: &Principal,
        keys: &ExtractKeys,
        changed: &mut Changed,
    ) -> Result<Vec<KeytabEntry>> {
        match keys {
            ExtractKeys::Random { keysalts, old } => {
                let mut entry = existing(transaction, principal)?;
                if !changed.under_another_name(&entry, principal) {
                    let target = entry.principal;
                    entry = self.randomize_in(transaction, principal, keysalts, *old)?;
                    let keys = NewKeys { kvno: entry.kvno(), names: vec![principal.clone()] };
                    changed.0.insert(target.unparse(), keys);
                }
                let newest = entry.kvno();
                self.opened(principal, &entry, |key| key.kvno == newest)
            }
            ExtractKeys::Existing => {
                let entry = existing(transaction, principal)?;
                self.refuse_master(&entry.principal)?;
                self.opened(principal, &entry, |_| true)
            }
        }
    }

    /// The keys of an entry, decrypted, as keytab entries of the name that was asked for: tickets for an alias carry
    /// the alias.
    fn opened(
        &self,
        name: &Principal,
        entry: &Entry,
        wanted: impl Fn(&KeyData) -> bool,
    ) -> Result<Vec<KeytabEntry>> {
        let (mkvno, now) = (entry.mkvno(), self.now());
        let keys = entry.key_data.iter().filter(|key| key.version > 0 && wanted(key));
        keys.map(|data| {
            Ok(KeytabEntry {
                principal: name.clone(),
                timestamp: now,
                kvno: Kvno::from(data.kvno),
                key: self.master.decrypt_key(mkvno, data)?,
            })
        })
        .collect()
    }
}

/// Where the database has not changed, the keytab has keys that nobody knows: they go again. They stay where nobody can tell
/// whether it has.
fn take_back<T>(changed: &Result<T>, stored: Option<Stored>) -> Result<()> {
    match (changed, stored) {
        (Err(AdminError::Database(error)), Some(_)) if error.is_undecided() => Ok(()),
        (Err(_), Some(stored)) => Ok(stored.undo()?),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
