//! A transaction over both environments of a `klmdb` database.

use super::changes::{Change, Changes, LockoutChange, Which, direction, each};
use super::files::{KlmdbSettings, LOCKOUT, POLICIES, PRINCIPALS};
use super::record::{self, Lockout};
use crate::backend::{Access, Order, Savepoint, Transaction, Visit};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::exchange::Exchange;
use crate::policy::Policy;
use k5_lmdb::{Environment, Snapshot, Writer};
use k5_types::Principal;
use std::cell::OnceCell;
use std::collections::HashMap;

/// One state, to be read, and where it may be changed, what is going to change.
pub(super) struct KlmdbTransaction {
    settings: KlmdbSettings,
    view: View,
    /// The lockout records when the first of them was needed; `None` where there are none.
    lockout: OnceCell<Option<Snapshot>>,
    /// The lockout records that were read here, by key: what is put back unchanged is not written.
    handed: HashMap<Vec<u8>, Lockout>,
    changes: Changes,
}

enum View {
    Read(Snapshot),
    Write(Writer),
}

impl View {
    fn snapshot(&self) -> &Snapshot {
        match self {
            View::Read(snapshot) => snapshot,
            View::Write(writer) => writer.before(),
        }
    }
}

impl KlmdbTransaction {
    /// Takes a state to read, or waits for other writers.
    pub fn begin(settings: &KlmdbSettings, principals: &Environment, access: Access) -> Result<Self> {
        let failed = |error| settings.error(error);
        let view = match access {
            Access::Read => View::Read(principals.read().map_err(failed)?),
            Access::Write => View::Write(principals.write().map_err(failed)?),
        };
        Ok(KlmdbTransaction {
            settings: settings.clone(),
            view,
            lockout: OnceCell::new(),
            handed: HashMap::new(),
            changes: Changes::default(),
        })
    }

    fn get(&self, which: Which, key: &[u8]) -> Result<Option<Vec<u8>>> {
        if let Some(change) = self.changes.tree(which).get(key) {
            return Ok(change.clone());
        }
        self.view.snapshot().get(name(which), key).map_err(|error| self.settings.error(error))
    }

    fn set(&mut self, which: Which, key: Vec<u8>, change: Change) -> Result<()> {
        match self.view {
            View::Write(_) => {
                self.changes.set(which, key, change);
                Ok(())
            }
            View::Read(_) => Err(KdbError::Unstorable("the transaction is for reading".to_owned())),
        }
    }

    fn decode(&self, key: &[u8], value: &[u8]) -> Result<Entry> {
        let mut entry = record::decode_sorted(&self.settings.principals.display().to_string(), key, value)?;
        self.lockout_of(key).unwrap_or_default().set(&mut entry);
        Ok(entry)
    }

    /// A principal's lockout record; `None` as well where it cannot be read, as with MIT: after a crash, for which this
    /// environment is not made, a realm must still be there.
    fn lockout_of(&self, key: &[u8]) -> Option<Lockout> {
        if !self.settings.uses_lockout {
            return None;
        }
        let snapshot = self.lockout.get_or_init(|| self.settings.read_lockout()).as_ref();
        let record = snapshot.and_then(|snapshot| snapshot.get(LOCKOUT, key).ok().flatten());
        let stored = record.and_then(|record| Lockout::decode(&record));
        match self.changes.lockout.get(key) {
            Some(change) => change.apply(stored),
            None => stored,
        }
    }

    /// Writes the lockout records that change, without a commit: should there be no room for them, nothing has happened.
    fn write_lockout(&self) -> Result<Option<Writer>> {
        if self.changes.lockout.is_empty() {
            return Ok(None);
        }
        let failed = |error| self.settings.error(error);
        let mut writer = self.settings.open_lockout()?.write().map_err(failed)?;
        for (key, change) in &self.changes.lockout {
            let stored =
                writer.get(LOCKOUT, key).map_err(failed)?.and_then(|record| Lockout::decode(&record));
            match change.apply(stored) {
                Some(lockout) => writer.put(LOCKOUT, key, &lockout.encode()).map_err(failed)?,
                None => {
                    writer.delete(LOCKOUT, key).map_err(failed)?;
                }
            }
        }
        Ok(Some(writer))
    }
}

fn name(which: Which) -> &'static str {
    match which {
        Which::Principals => PRINCIPALS,
        Which::Policies => POLICIES,
    }
}

impl Transaction for KlmdbTransaction {
    fn principal(&mut self, name: &Principal) -> Result<Option<Entry>> {
        let key = name.unparse();
        let Some(value) = self.get(Which::Principals, &key)? else { return Ok(None) };
        let entry = self.decode(&key, &value)?;
        self.handed.insert(key, Lockout::of(&entry));
        Ok(Some(entry))
    }

    fn put_principal(&mut self, entry: &Entry) -> Result<()> {
        let (key, value) = (record::key(&entry.principal)?, record::encode(entry)?);
        if self.settings.uses_lockout {
            let new = Lockout::of(entry);
            let known = self.get(Which::Principals, &key)?.and_then(|_| self.handed.get(&key).copied());
            match known {
                Some(old) if old == new => {}
                Some(old) if !self.changes.lockout.contains_key(&key) => {
                    self.changes.set_lockout(key.clone(), LockoutChange::Fields { old, new });
                }
                _ => self.changes.set_lockout(key.clone(), LockoutChange::Set(new)),
            }
        }
        self.set(Which::Principals, key, Some(value))
    }

    fn record(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>> {
        self.get(Which::Principals, name)
    }

    fn exchange(&mut self, exchange: &Exchange) -> Result<bool> {
        let (before, after) = (exchange.before(), exchange.after());
        let key = record::key(&after.entry.principal)?;
        let same = self.get(Which::Principals, &key)?.is_some_and(|record| record == before.record);
        if same {
            self.set(Which::Principals, key, Some(after.record.clone()))?;
        }
        Ok(same)
    }

    fn delete_principal(&mut self, name: &Principal) -> Result<bool> {
        let key = name.unparse();
        if self.get(Which::Principals, &key)?.is_none() {
            return Ok(false);
        }
        if self.settings.uses_lockout {
            self.changes.set_lockout(key.clone(), LockoutChange::Delete);
        }
        self.set(Which::Principals, key, None)?;
        Ok(true)
    }

    fn each_principal(&mut self, order: Order, visit: &mut dyn FnMut(Entry) -> Visit) -> Result<()> {
        let (snapshot, changes) = (self.view.snapshot(), &self.changes.principals);
        each(snapshot, PRINCIPALS, changes, None, direction(order), &mut |key, value| {
            visit(self.decode(key, value)?)
        })
    }

    fn each_name_from(
        &mut self,
        from: &[u8],
        order: Order,
        visit: &mut dyn FnMut(&[u8]) -> Visit,
    ) -> Result<()> {
        let (snapshot, changes) = (self.view.snapshot(), &self.changes.principals);
        if changes.is_empty() {
            // The values need not be read then, nor what of them is on pages of its own.
            return snapshot.each_key::<KdbError>(PRINCIPALS, Some(from), direction(order), visit);
        }
        each(snapshot, PRINCIPALS, changes, Some(from), direction(order), &mut |key, _| visit(key))
    }

    fn policy(&mut self, name: &[u8]) -> Result<Option<Policy>> {
        let file = self.settings.principals.display().to_string();
        let found = self.get(Which::Policies, name)?;
        found.map(|value| record::decode_policy(&file, name, &value)).transpose()
    }

    fn put_policy(&mut self, policy: &Policy) -> Result<()> {
        let (key, value) = (record::policy_key(&policy.name)?, record::encode_policy(policy)?);
        self.set(Which::Policies, key.to_vec(), Some(value))
    }

    fn delete_policy(&mut self, name: &[u8]) -> Result<bool> {
        let found = self.get(Which::Policies, name)?.is_some();
        if found {
            self.set(Which::Policies, name.to_vec(), None)?;
        }
        Ok(found)
    }

    fn each_policy(&mut self, visit: &mut dyn FnMut(Policy) -> Visit) -> Result<()> {
        let file = self.settings.principals.display().to_string();
        let (snapshot, changes) = (self.view.snapshot(), &self.changes.policies);
        each(snapshot, POLICIES, changes, None, direction(Order::Forward), &mut |key, value| {
            visit(record::decode_policy(&file, key, value)?)
        })
    }

    fn savepoint(&mut self) -> Savepoint {
        self.changes.savepoint()
    }

    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()> {
        // What was handed out since may have been of changes that are undone.
        self.handed.clear();
        self.changes.rollback_to(savepoint)
    }

    fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        self.changes.release(savepoint)
    }

    fn commit(self: Box<Self>) -> Result<()> {
        let mut lockout = self.write_lockout()?;
        let settings = &self.settings;
        let failed = |error| settings.error(error);
        // They are written when the change is made already, and that is too late for a disk without room.
        if let Some(lockout) = &mut lockout {
            lockout.keep_room().map_err(failed)?;
        }
        let changed = !self.changes.principals.is_empty() || !self.changes.policies.is_empty();
        let View::Write(mut writer) = self.view else { return Ok(()) };
        if changed {
            for which in [Which::Principals, Which::Policies] {
                for (key, change) in self.changes.tree(which) {
                    match change {
                        Some(value) => writer.put(name(which), key, value).map_err(failed)?,
                        None => {
                            writer.delete(name(which), key).map_err(failed)?;
                        }
                    }
                }
            }
            writer.commit().map_err(failed)?;
        }
        match lockout.map(Writer::commit) {
            Some(Err(error)) if changed => Err(KdbError::WithoutLockout { source: Box::new(failed(error)) }),
            Some(Err(error)) => Err(failed(error)),
            Some(Ok(())) | None => Ok(()),
        }
    }
}
