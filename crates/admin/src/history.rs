//! Password history: old keys, encrypted in the key of kadmin/history, in a ring as long as the policy wants.

use crate::admin::{Admin, existing};
use crate::create::NewPrincipal;
use crate::error::{AdminError, Result};
use crate::keys::{KeySource, OldKeysRule};
use k5_kdb::{Entry, KadmData, KeyData, OldKeys, Policy, Transaction, find_principal, open_key, seal_key};
use k5_types::{Attributes, Duration, KeyBlock, KeySalt, Principal, SaltType};

/// The keys of kadmin/history. Realms from before MIT 1.3 can have several; the first encrypts.
pub(crate) struct HistoryKeys {
    keys: Vec<KeyBlock>,
    kvno: u32,
}

/// The principal whose key encrypts the passwords that a realm's principals had.
#[must_use]
pub fn history_principal(realm: &[u8]) -> Principal {
    Principal::new(realm, ["kadmin", "history"])
}

impl Admin {
    /// The history keys; the principal is made where there is none yet.
    pub(crate) fn history_keys(&self, transaction: &mut dyn Transaction) -> Result<HistoryKeys> {
        let entry = match find_principal(transaction, &self.history_principal)? {
            Some(entry) => entry,
            None => self.create_history_principal(transaction)?,
        };
        let mkvno = entry.mkvno();
        let newest = entry.key_data.first().ok_or(AdminError::NoHistoryKey)?.kvno;
        let keys = entry.key_data.iter().map(|data| self.master.decrypt_key(mkvno, data));
        Ok(HistoryKeys { keys: keys.collect::<k5_kdb::Result<_>>()?, kvno: u32::from(newest) })
    }

    /// kadmin/history as MIT makes it: key version 2, since 1 was that of another format.
    fn create_history_principal(&self, transaction: &mut dyn Transaction) -> Result<Entry> {
        let keysalt = [KeySalt { enctype: self.defaults.master_enctype, salt: SaltType::NORMAL }];
        let new = NewPrincipal {
            // MIT's slip, kept since databases have it: the life gets the value of a flag.
            max_life: Some(Duration(Attributes::DISALLOW_ALL_TIX as i32)),
            attributes: Some(Attributes::default()),
            ..NewPrincipal::default()
        };
        let mut entry = self.new_entry(&self.history_principal, &new, None);
        self.rekey(&mut entry, KeySource::Random, &keysalt, 1, OldKeysRule::Discard)?;
        self.rekey(&mut entry, KeySource::Random, &keysalt, 1, OldKeysRule::Discard)?;
        self.store(transaction, &mut entry)?;
        existing(transaction, &self.history_principal)
    }

    /// The newest keys of an entry, encrypted in the history key.
    pub(crate) fn as_old_keys(&self, entry: &Entry, history: &HistoryKeys) -> Result<OldKeys> {
        let first = history.keys.first().ok_or(AdminError::NoHistoryKey)?;
        let mkvno = entry.mkvno();
        let mut old = OldKeys::new();
        for data in newest(&entry.key_data) {
            let key = self.master.decrypt_key(mkvno, data)?;
            let salt = (data.version == 2).then(|| (data.salt_type, data.salt.clone()));
            old.push(seal_key(first, &key, data.kvno, salt, &mut **self.random.borrow_mut())?);
        }
        Ok(old)
    }

    /// Refuses new keys of which one is among old ones.
    pub(crate) fn refuse_reuse(&self, entry: &Entry, history: &HistoryKeys, sets: &[OldKeys]) -> Result<()> {
        let mkvno = entry.mkvno();
        for data in newest(&entry.key_data) {
            let new = self.master.decrypt_key(mkvno, data)?;
            for old in sets.iter().flatten() {
                let same = |key: &KeyBlock| open_key(key, old).is_ok_and(|old| old == new);
                if history.keys.iter().any(same) {
                    return Err(AdminError::PasswordReuse);
                }
            }
        }
        Ok(())
    }
}

/// The keys with the highest version number, which come first.
fn newest(keys: &[KeyData]) -> impl Iterator<Item = &KeyData> {
    let kvno = keys.first().map(|key| key.kvno);
    keys.iter().take_while(move |key| Some(key.kvno) == kvno)
}

/// Whether the history in `data` is encrypted in these keys.
pub(crate) fn is_current(data: &KadmData, history: &HistoryKeys) -> bool {
    data.history_kvno == history.kvno
}

/// Adds a password's keys to the ring, which holds one less than the policy's number (the current password is
/// the last of it). The ring grows by one at a time, and shrinks to its newest when the policy has shrunk. A
/// new history key empties it.
pub(crate) fn remember(data: &mut KadmData, policy: &Policy, history: &HistoryKeys, keys: OldKeys) {
    let Some(size) = (policy.history_num as usize).checked_sub(1).filter(|size| *size > 0) else { return };
    if keys.is_empty() {
        return;
    }
    if !is_current(data, history) {
        data.old_keys.clear();
        data.old_key_next = 0;
        data.history_kvno = history.kvno;
    }
    let mut next = data.old_key_next as usize;
    let count = data.old_keys.len();
    if count < size {
        data.old_keys.insert(next.min(count), OldKeys::new());
        next = next.min(count);
    } else if count > size {
        // The newest stands before the next slot.
        data.old_keys.rotate_left(next % count);
        data.old_keys.drain(..count - size);
        next = 0;
    }
    if next >= data.old_keys.len() {
        next = 0;
    }
    if let Some(slot) = data.old_keys.get_mut(next) {
        *slot = keys;
    }
    data.old_key_next = if next + 1 == size { 0 } else { u32::try_from(next + 1).unwrap_or(0) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_types::EncType;

    fn set(n: u16) -> OldKeys {
        vec![KeyData::new(n, EncType(18), vec![])]
    }

    fn ring(data: &KadmData) -> Vec<u16> {
        data.old_keys.iter().map(|keys| keys[0].kvno).collect()
    }

    fn policy(history_num: u32) -> Policy {
        Policy { history_num, ..Policy::default() }
    }

    #[test]
    fn the_ring_grows_wraps_and_shrinks() {
        let history = HistoryKeys { keys: vec![], kvno: 2 };
        let mut data = KadmData::default();
        for n in 1..=4 {
            remember(&mut data, &policy(4), &history, set(n));
        }
        assert_eq!((ring(&data), data.old_key_next), (vec![4, 2, 3], 1));
        remember(&mut data, &policy(3), &history, set(5));
        assert_eq!((ring(&data), data.old_key_next), (vec![5, 4], 1));
        remember(&mut data, &policy(5), &history, set(6));
        assert_eq!((ring(&data), data.old_key_next), (vec![5, 6, 4], 2));
    }

    #[test]
    fn a_history_of_one_remembers_nothing_and_a_new_key_forgets() {
        let mut data = KadmData::default();
        remember(&mut data, &policy(1), &HistoryKeys { keys: vec![], kvno: 2 }, set(1));
        assert!(data.old_keys.is_empty());
        remember(&mut data, &policy(3), &HistoryKeys { keys: vec![], kvno: 2 }, set(1));
        remember(&mut data, &policy(3), &HistoryKeys { keys: vec![], kvno: 3 }, set(2));
        assert_eq!((ring(&data), data.history_kvno), (vec![2], 3));
    }
}
