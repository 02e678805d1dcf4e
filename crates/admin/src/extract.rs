//! Putting keys into keytabs. The keytab is opened, locked and looked through first and written before the
//! database is: whatever fails, no principal has keys that are in no keytab.

use crate::admin::{Admin, existing};
use crate::error::{AdminError, Result};
use crate::keys::OldKeysRule;
use k5_kdb::{Entry, KeyData, Scope, Transaction};
use k5_keytab::{Entry as KeytabEntry, KeytabWriter};
use k5_types::{KeySalt, Kvno, Principal};
use std::collections::HashMap;
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

/// The principals that one call has given new keys, and the names that it did so under. A second name of the same
/// principal gets the same keys: others would make those of the first name old at once.
#[derive(Default)]
struct Changed(HashMap<Principal, (Entry, Vec<Principal>)>);

impl Changed {
    /// The entry of `target` if it has new keys and `name` has not had them. The same name twice is two changes.
    fn under_another_name(&mut self, target: &Principal, name: &Principal) -> Option<Entry> {
        let (entry, names) = self.0.get_mut(target).filter(|(_, names)| !names.contains(name))?;
        names.push(name.clone());
        Some(entry.clone())
    }
}

impl Admin {
    /// Puts the keys of principals into a keytab file; a principal that cannot be is an error of its own and does
    /// not keep the others out. Several names of one principal get the same new keys.
    ///
    /// # Errors
    /// Where the keytab cannot be written, or the database: nothing has changed then.
    pub fn extract(
        &self,
        principals: &[Principal],
        keytab: &Path,
        keys: &ExtractKeys,
    ) -> Result<Vec<Result<Extracted>>> {
        let room = principals.iter().map(|principal| self.room_for(principal)).sum();
        let writer = KeytabWriter::prepare(keytab, room)?;
        match keys {
            ExtractKeys::Existing => {
                let (results, entries) =
                    self.read(Scope::Everything, |t| self.collect(t, principals, keys))?;
                writer.commit_new(&entries)?;
                Ok(results)
            }
            ExtractKeys::Random { .. } => {
                let mut stored = None;
                let changed = self.write(Scope::Everything, |transaction| {
                    let (results, entries) = self.collect(transaction, principals, keys)?;
                    stored = Some(writer.commit_held(&entries)?);
                    Ok(results)
                });
                if let (Err(_), Some(stored)) = (&changed, stored) {
                    // The keytab has keys that the database does not know: they go again.
                    stored.undo()?;
                }
                changed
            }
        }
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
    ) -> Result<(Vec<Result<Extracted>>, Vec<KeytabEntry>)> {
        let mut results = Vec::new();
        let mut entries = Vec::new();
        let mut changed = Changed::default();
        for principal in principals {
            match self.keys_of(transaction, principal, keys, &mut changed) {
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
                let target = existing(transaction, principal)?.principal;
                let entry = match changed.under_another_name(&target, principal) {
                    Some(entry) => entry,
                    None => {
                        let entry = self.randomize_in(transaction, principal, keysalts, *old)?;
                        changed.0.insert(target, (entry.clone(), vec![principal.clone()]));
                        entry
                    }
                };
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
