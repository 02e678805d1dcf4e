//! Master keys that nothing is encrypted in any more.

use super::Rollover;
use crate::error::Result;
use k5_kdb::tl_data::{encode_actkvno, encode_mkey_aux, mkey_aux};
use k5_kdb::{Access, Entry, MasterKeys, Order, Scope, TlType, Transaction, tl_data};
use k5_types::Kvno;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// What a purge found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// There is only one master key, which stays.
    OnlyOne,
    /// These versions, latest first, encrypt nothing; none: all are in use. They are gone, unless it was a trial.
    Unused(Vec<u16>),
    /// The version in the stash file encrypts nothing. If it went, nobody could start the realm by that file, so nothing was
    /// changed.
    Stashed {
        /// The unused versions that are later than it.
        later: Vec<u16>,
    },
    /// These versions encrypt nothing, but without them no version would be left that was ever made active. Nothing was
    /// changed.
    NoneActive(Vec<u16>),
}

impl Rollover<'_> {
    /// Takes those master keys away that no entry's keys are encrypted in. `stashed` is the version in the stash file,
    /// which must not be among them. The whole database is looked at under the lock under which they go. A trial
    /// changes nothing.
    ///
    /// # Errors
    /// The database's.
    pub fn purge(&self, stashed: Option<u16>, trial: bool) -> Result<Purge> {
        let access = if trial { Access::Read } else { Access::Write };
        let mut transaction = self.backend.begin(Scope::Everything, access)?;
        let (mut entry, keys) = self.master(transaction.as_mut())?;
        if let [_] = entry.key_data.as_slice() {
            return Ok(Purge::OnlyOne);
        }
        let used = in_use(transaction.as_mut(), &keys)?;
        let versions = entry.key_data.iter().map(|data| data.kvno);
        let mut unused: Vec<u16> = versions.filter(|kvno| !used.contains(&Kvno::from(*kvno))).collect();
        if let Some(at) = unused.iter().position(|kvno| Some(*kvno) == stashed) {
            unused.truncate(at);
            return Ok(Purge::Stashed { later: unused });
        }
        if !trial && !unused.is_empty() {
            if !keys.active_from().iter().any(|from| !unused.contains(&from.kvno)) {
                return Ok(Purge::NoneActive(unused));
            }
            remove(&mut entry, &keys, &unused)?;
            entry.set_modified(self.now, self.principal);
            transaction.put_principal(&entry)?;
            transaction.commit()?;
        }
        Ok(Purge::Unused(unused))
    }
}

/// The versions that entries are under. That of the master keys' own entry is the latest, which thus is always among them.
fn in_use(transaction: &mut dyn Transaction, keys: &MasterKeys) -> Result<HashSet<Kvno>> {
    let mut used = HashSet::new();
    transaction.each_principal(Order::Forward, &mut |entry| {
        used.insert(keys.protecting(&entry)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(used)
}

fn remove(entry: &mut Entry, keys: &MasterKeys, unused: &[u16]) -> Result<()> {
    entry.key_data.retain(|data| !unused.contains(&data.kvno));
    let mut active = keys.active_from().to_vec();
    active.retain(|from| !unused.contains(&from.kvno));
    entry.set_tl(TlType::ACTKVNO, encode_actkvno(&active));
    let mut older = entry.tl(TlType::MKEY_AUX).map(mkey_aux).transpose()?.unwrap_or_default();
    older.retain(|aux| !unused.contains(&aux.kvno));
    if older.is_empty() {
        tl_data::remove(&mut entry.tl_data, TlType::MKEY_AUX);
    } else {
        entry.set_tl(TlType::MKEY_AUX, encode_mkey_aux(&older)?);
    }
    Ok(())
}
