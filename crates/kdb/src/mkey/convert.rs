//! Entries under a new master key, as `dump -mkey_convert` writes them.

use super::{MasterKey, MasterKeys, StorageKey, open_key, seal_key};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::tl_data::{MkeyAux, TlType, encode_mkey_aux};
use k5_crypto::Random;

/// Encrypts the keys of an entry, which is not that of the master keys, in `new`, the version `kvno`.
///
/// # Errors
/// Where a key cannot be opened with the master keys, or not be encrypted.
pub fn convert_keys(
    entry: &mut Entry,
    keys: &MasterKeys,
    kvno: u16,
    new: &StorageKey,
    random: &mut dyn Random,
) -> Result<()> {
    let mkvno = entry.mkvno();
    for data in &mut entry.key_data {
        if data.key.is_empty() {
            // There is nothing to encrypt.
            continue;
        }
        let key = keys.decrypt_key(mkvno, data)?;
        let salt = (data.version == 2).then(|| (data.salt_type, std::mem::take(&mut data.salt)));
        *data = new.seal(&key, data.kvno, salt, random)?;
    }
    entry.set_mkvno(kvno);
    Ok(())
}

/// Puts a new master key in front of those in the entry of the master keys. Each older key is encrypted in the
/// new one, and the new one in each older key. Which key is active does not change.
///
/// # Errors
/// Where a key cannot encrypt.
pub fn add_master_key(
    entry: &mut Entry,
    keys: &MasterKeys,
    new: &MasterKey,
    random: &mut dyn Random,
) -> Result<()> {
    let mut key_data = vec![seal_key(&new.key, &new.key, new.kvno, None, random)?];
    let mut older = Vec::new();
    for key in keys.keys() {
        let latest = seal_key(&key.key, &new.key, new.kvno, None, random)?;
        older.push(MkeyAux {
            kvno: key.kvno,
            latest_kvno: new.kvno,
            latest_enctype: latest.enctype,
            latest_key: latest.key,
        });
        key_data.push(seal_key(&new.key, &key.key, key.kvno, None, random)?);
    }
    // What was just written is what the realm will depend on.
    for data in &key_data {
        open_key(&new.key, data)?;
    }
    entry.key_data = key_data;
    entry.set_mkvno(new.kvno);
    entry.set_tl(TlType::MKEY_AUX, encode_mkey_aux(&older)?);
    Ok(())
}

/// The version that a new master key gets: one more than the latest.
///
/// # Errors
/// Where the versions have come to their end.
pub fn next_kvno(entry: &Entry) -> Result<u16> {
    let next = entry.kvno().checked_add(1);
    next.ok_or_else(|| KdbError::Unstorable("the master key's versions have come to their end".to_owned()))
}
