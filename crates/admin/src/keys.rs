//! New keys for an entry: from a password or from randomness, sealed in the active master key; and what becomes
//! of the old ones.

use crate::admin::Admin;
use crate::error::Result;
use crate::keysalts::similar;
use k5_crypto::{Random, make_random_key};
use k5_kdb::{Entry, KeyData, MasterKey, MasterKeys, StorageKey, open_key, seal_key};
use k5_types::{EncType, KeyBlock, KeySalt, Principal, SaltType};

/// What becomes of the keys that an entry has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldKeysRule {
    /// They go.
    Discard,
    /// They stay behind the new ones.
    Keep,
}

/// Where new keys come from.
#[derive(Clone, Copy)]
pub(crate) enum KeySource<'a> {
    /// A password, as what makes the key of an encryption type and a salt from it.
    Password(&'a dyn Fn(EncType, &[u8]) -> Result<KeyBlock>),
    /// Randomness.
    Random,
}

impl Admin {
    /// Gives an entry new keys under the next version number, or under `least_kvno` where that is higher, and
    /// records the master key.
    pub(crate) fn rekey(
        &self,
        entry: &mut Entry,
        source: KeySource<'_>,
        keysalts: &[KeySalt],
        least_kvno: u16,
        old: OldKeysRule,
    ) -> Result<()> {
        let master = self.master.active(self.now())?;
        let kvno = next_kvno(entry.kvno(), least_kvno);
        let random = &mut **self.random.borrow_mut();
        let ready = |enctype| self.random_key(enctype, master.kvno, kvno);
        let sealing = self.master.storage_key(master.kvno.into())?;
        let mut keys = make_keys(&entry.principal, source, keysalts, sealing, kvno, random, &ready)?;
        if old == OldKeysRule::Keep {
            let mkvno = entry.mkvno();
            for key in &entry.key_data {
                keys.push(under(&self.master, master, mkvno, key, random)?);
            }
        }
        entry.key_data = keys;
        entry.set_mkvno(master.kvno);
        Ok(())
    }
}

/// An old key as it is if the master key opens it, else sealed anew in it.
pub(crate) fn under(
    all: &MasterKeys,
    master: &MasterKey,
    mkvno: u32,
    data: &KeyData,
    random: &mut dyn Random,
) -> Result<KeyData> {
    if data.version == 0 || open_key(&master.key, data).is_ok() {
        return Ok(data.clone());
    }
    let key = all.decrypt_key(mkvno, data)?;
    let salt = (data.version == 2).then(|| (data.salt_type, data.salt.clone()));
    Ok(seal_key(&master.key, &key, data.kvno, salt, random)?)
}

/// One above the highest, at least `least`; 16 bits wrap to 1, since 0 means "none".
pub(crate) fn next_kvno(highest: u16, least: u16) -> u16 {
    highest.checked_add(1).map_or(1, |next| next.max(least))
}

/// New keys of the kinds asked for, without those that would be the same key again. Random ones are those that `ready` has,
/// as long as it has any.
pub(crate) fn make_keys(
    principal: &Principal,
    source: KeySource<'_>,
    keysalts: &[KeySalt],
    master: &StorageKey,
    kvno: u16,
    random: &mut dyn Random,
    ready: &dyn Fn(EncType) -> Option<KeyData>,
) -> Result<Vec<KeyData>> {
    let mut keys = Vec::new();
    for (index, wanted) in keysalts.iter().enumerate() {
        let again = |earlier: &KeySalt| match source {
            // Salts do not matter to a random key.
            KeySource::Random => similar(earlier.enctype, wanted.enctype),
            KeySource::Password(_) => again(earlier, wanted),
        };
        if keysalts.iter().take(index).any(again) {
            continue;
        }
        let data = match source {
            KeySource::Random => match ready(wanted.enctype) {
                Some(key) => key,
                None => {
                    let key = make_random_key(wanted.enctype, random)?;
                    master.seal(&key, kvno, None, random)?
                }
            },
            KeySource::Password(derive) => {
                let salt = salt_for(principal, wanted.salt, random)?;
                let key = derive(wanted.enctype, &salt)?;
                master.seal(&key, kvno, Some((wanted.salt, salt)), random)?
            }
        };
        keys.push(data);
    }
    Ok(keys)
}

/// Whether two keysalts make the same key of a password.
pub(crate) fn again(earlier: &KeySalt, wanted: &KeySalt) -> bool {
    similar(earlier.enctype, wanted.enctype) && earlier.salt == wanted.salt
}

/// The salt of a type for a principal. A special one is random: 64 bits as 16 printable characters, each with
/// four of them (RFC 4120 wants 7-bit salts).
pub(crate) fn salt_for(principal: &Principal, salt: SaltType, random: &mut dyn Random) -> Result<Vec<u8>> {
    if let Some(salt) = fixed_salt(principal, salt) {
        return Ok(salt);
    }
    let mut bits = [0; 8];
    random.fill(&mut bits)?;
    Ok(bits.iter().flat_map(|byte| [0x40 | (byte >> 4), 0x40 | (byte & 0xf)]).collect())
}

/// The same where it is always the same; `None` for a special one.
pub(crate) fn fixed_salt(principal: &Principal, salt: SaltType) -> Option<Vec<u8>> {
    match salt {
        SaltType::NOREALM => Some(principal.salt_no_realm()),
        SaltType::ONLYREALM => Some(principal.realm().to_vec()),
        SaltType::SPECIAL => None,
        _ => Some(principal.salt()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_numbers_grow_and_wrap() {
        assert_eq!(next_kvno(0, 1), 1);
        assert_eq!(next_kvno(0, 7), 7);
        assert_eq!(next_kvno(9, 7), 10);
        assert_eq!(next_kvno(65_535, 0), 1);
    }

    #[test]
    fn salts() {
        struct Fixed;
        impl Random for Fixed {
            fn fill(&mut self, buffer: &mut [u8]) -> k5_crypto::Result<()> {
                buffer.fill(0x5a);
                Ok(())
            }
        }
        let principal = Principal::new("R", ["a", "b"]);
        let salt = |kind| salt_for(&principal, kind, &mut Fixed).unwrap();
        assert_eq!(salt(SaltType::NORMAL), b"Rab");
        assert_eq!(salt(SaltType::NOREALM), b"ab");
        assert_eq!(salt(SaltType::ONLYREALM), b"R");
        assert_eq!(salt(SaltType::SPECIAL), b"EJEJEJEJEJEJEJEJ");
    }
}
