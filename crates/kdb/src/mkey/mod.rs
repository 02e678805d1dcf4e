//! The realm's master keys: which there are, which is active, and what they encrypt.

pub mod convert;
pub mod stash;

use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::key_data::KeyData;
use crate::tl_data::{self, ActiveFrom, TlType};
use k5_crypto::{Random, UsageKey};
use k5_types::{EncType, KeyBlock, Kvno, Principal, SaltType, Timestamp};
use std::sync::OnceLock;

/// Key usage of the keys in the database.
const STORED_KEY_USAGE: u32 = 0;

/// A version of the master key.
#[derive(Debug)]
pub struct MasterKey {
    /// Its version.
    pub kvno: u16,
    /// The key.
    pub key: KeyBlock,
}

/// All versions of the master key, latest first, and when which becomes active.
#[derive(Debug)]
pub struct MasterKeys {
    keys: Vec<MasterKey>,
    active_from: Vec<ActiveFrom>,
    /// Each of the keys made ready when it is first used; `None` where that cannot be.
    ready: Vec<OnceLock<Option<StorageKey>>>,
}

/// The principal that the master keys belong to: `K/M@REALM`, or the configured name.
///
/// # Errors
/// Where the configured name is malformed.
pub fn master_principal(
    name: Option<&[u8]>,
    realm: &[u8],
) -> std::result::Result<Principal, k5_types::PrincipalError> {
    Principal::parse(&[name.unwrap_or(b"K/M"), b"@", realm].concat(), realm)
}

impl MasterKeys {
    /// The list that a new realm starts with.
    #[must_use]
    pub fn first(kvno: u16, key: KeyBlock) -> Self {
        let keys = vec![MasterKey { kvno, key }];
        Self::of(keys, vec![ActiveFrom { kvno, time: Timestamp(0) }])
    }

    /// Keys that no entry confirms, for a realm whose entry of the master keys is lost.
    #[must_use]
    pub fn loose(keys: Vec<MasterKey>) -> Self {
        Self::of(keys, Vec::new())
    }

    fn of(keys: Vec<MasterKey>, active_from: Vec<ActiveFrom>) -> Self {
        let ready = keys.iter().map(|_| OnceLock::new()).collect();
        MasterKeys { keys, active_from, ready }
    }

    /// Opens the list in the K/M entry with one of the master keys, which need not be the latest.
    ///
    /// # Errors
    /// [`KdbError::BadMasterKey`] where the key is none of the realm's.
    pub fn unlock(entry: &Entry, provided: &KeyBlock) -> Result<Self> {
        let latest_data = entry.key_data.first().ok_or(KdbError::NoMasterKey)?;
        let latest = match open_key(provided, latest_data) {
            Ok(key) if latest_data.enctype == provided.enctype => key,
            _ => latest_by_older(entry, provided)?,
        };
        let mut keys = Vec::new();
        for data in entry.key_data.iter().skip(1) {
            keys.push(MasterKey { kvno: data.kvno, key: open_key(&latest, data)? });
        }
        keys.insert(0, MasterKey { kvno: latest_data.kvno, key: latest });
        let active_from = match entry.tl(TlType::ACTKVNO) {
            Some(contents) => tl_data::actkvno(contents)?,
            // Before 1.7 there was no list; the earliest key counts then.
            None => entry
                .key_data
                .last()
                .map(|k| ActiveFrom { kvno: k.kvno, time: Timestamp(0) })
                .into_iter()
                .collect(),
        };
        Ok(Self::of(keys, active_from))
    }

    /// All versions, latest first.
    #[must_use]
    pub fn keys(&self) -> &[MasterKey] {
        &self.keys
    }

    /// The key of a version.
    #[must_use]
    pub fn find(&self, kvno: Kvno) -> Option<&MasterKey> {
        self.keys.iter().find(|key| Kvno::from(key.kvno) == kvno)
    }

    /// When which version becomes active, in the order of the times.
    #[must_use]
    pub fn active_from(&self) -> &[ActiveFrom] {
        &self.active_from
    }

    /// The key that new keys are encrypted in at a time: the last that has become active, or the first of the
    /// list where all are to come.
    ///
    /// # Errors
    /// [`KdbError::NoMatchingMasterKey`] where the list names a version that is not there.
    pub fn active(&self, now: Timestamp) -> Result<&MasterKey> {
        let (first, later) = self.active_from.split_first().ok_or(KdbError::NoMasterKey)?;
        let from = later.iter().take_while(|from| from.time <= now).last().unwrap_or(first);
        self.find(Kvno::from(from.kvno)).ok_or(KdbError::NoMatchingMasterKey { kvno: Kvno::from(from.kvno) })
    }

    /// Opens the list anew in the K/M entry as it is now, by any of the keys that this one has.
    ///
    /// # Errors
    /// [`KdbError::BadMasterKey`] where none of them is the realm's any more.
    pub fn reopen(&self, entry: &Entry) -> Result<Self> {
        let mut failure = KdbError::BadMasterKey;
        for key in &self.keys {
            match MasterKeys::unlock(entry, &key.key) {
                Ok(keys) => return Ok(keys),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// The version that an entry's keys are encrypted in, as the entry says it; an entry that says nothing is from before
    /// there was a second one, and so under the earliest.
    ///
    /// # Errors
    /// Where the datum is of another length than its 16 bits.
    pub fn protecting(&self, entry: &Entry) -> Result<Kvno> {
        let said = match entry.tl(TlType::MKVNO) {
            None | Some([]) => 0,
            Some(bytes) => u16::from_le_bytes(<[u8; 2]>::try_from(bytes).map_err(|_| KdbError::Record {
                file: "version of the master key".to_owned(),
                name: entry.principal.to_string(),
                what: format!("{} bytes in place of 2", bytes.len()),
            })?),
        };
        let earliest = self.keys.iter().map(|key| key.kvno).min();
        let kvno = if said == 0 { earliest.ok_or(KdbError::NoMasterKey)? } else { said };
        Ok(Kvno::from(kvno))
    }

    /// A version of the master key made ready to open and to seal.
    ///
    /// # Errors
    /// [`KdbError::NoMatchingMasterKey`]; where the key's type is not known.
    pub fn storage_key(&self, kvno: Kvno) -> Result<&StorageKey> {
        let all = self.keys.iter().zip(&self.ready);
        let found = all.into_iter().find(|(key, _)| Kvno::from(key.kvno) == kvno);
        let (key, ready) = found.ok_or(KdbError::NoMatchingMasterKey { kvno })?;
        match ready.get_or_init(|| StorageKey::new(&key.key).ok()) {
            Some(ready) => Ok(ready),
            None => Err(StorageKey::new(&key.key).err().unwrap_or(KdbError::NoMatchingMasterKey { kvno })),
        }
    }

    /// Decrypts a key of an entry: with the master key that the entry names, else with any that fits, since
    /// keys kept over a rollover may be encrypted in an older one.
    ///
    /// # Errors
    /// Where no master key opens it.
    pub fn decrypt_key(&self, mkvno: Kvno, data: &KeyData) -> Result<KeyBlock> {
        self.open(mkvno, data).map(|(_, key)| key)
    }

    /// The same, and the master key that opened it.
    ///
    /// # Errors
    /// Where no master key opens it.
    pub fn open(&self, mkvno: Kvno, data: &KeyData) -> Result<(&MasterKey, KeyBlock)> {
        let all = || self.keys.iter().zip(&self.ready);
        let named = all().filter(|(key, _)| Kvno::from(key.kvno) == mkvno);
        let others = all().filter(|(key, _)| Kvno::from(key.kvno) != mkvno);
        let mut failure = KdbError::NoMatchingMasterKey { kvno: mkvno };
        for (master, ready) in named.chain(others) {
            let opened = match ready.get_or_init(|| StorageKey::new(&master.key).ok()) {
                Some(ready) => ready.open(data),
                // Says what is wrong with the master key.
                None => open_key(&master.key, data),
            };
            match opened {
                Ok(key) => return Ok((master, key)),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// A key made ready to open and to seal the keys of entries: what is derived from it is derived once.
#[derive(Debug)]
pub struct StorageKey(UsageKey);

impl StorageKey {
    /// A master key, or the key of `kadmin/history`, made ready.
    ///
    /// # Errors
    /// Where its type is not known, or its length is not that of its type.
    pub fn new(key: &KeyBlock) -> Result<StorageKey> {
        Ok(StorageKey(UsageKey::new(key, STORED_KEY_USAGE)?))
    }

    /// As [`open_key`].
    ///
    /// # Errors
    /// Where the key does not open it, or it is shorter than it says.
    pub fn open(&self, data: &KeyData) -> Result<KeyBlock> {
        let damaged = |what: &str| KdbError::Record {
            file: "key data".to_owned(),
            name: data.enctype.to_string(),
            what: what.to_owned(),
        };
        let (length, ciphertext) = data.key.split_first_chunk::<2>().ok_or_else(|| damaged("no key"))?;
        let length = usize::from(u16::from_le_bytes(*length));
        let mut plain = self.0.decrypt(ciphertext)?;
        if plain.expose().len() < length {
            return Err(damaged("a key that is shorter than it says"));
        }
        plain.expose_mut().truncate(length);
        Ok(KeyBlock { enctype: data.enctype, contents: plain })
    }

    /// As [`seal_key`].
    ///
    /// # Errors
    /// Where the master key cannot encrypt, or the key is longer than the format can say.
    pub fn seal(
        &self,
        key: &KeyBlock,
        kvno: u16,
        salt: Option<(SaltType, Vec<u8>)>,
        random: &mut dyn Random,
    ) -> Result<KeyData> {
        let plain = key.contents.expose();
        let length = u16::try_from(plain.len())
            .map_err(|_| KdbError::Unstorable("a key over 65535 bytes".to_owned()))?;
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(self.0.encrypt(plain, random)?);
        let data = KeyData::new(kvno, EncType(key.enctype.0), bytes);
        Ok(match salt {
            // A normal salt is made from the name and needs no place.
            Some((salt_type, salt)) if salt_type != SaltType::NORMAL => data.with_salt(salt_type, salt),
            _ => data,
        })
    }
}

fn latest_by_older(entry: &Entry, provided: &KeyBlock) -> Result<KeyBlock> {
    let list = entry.tl(TlType::MKEY_AUX).map(tl_data::mkey_aux).transpose()?.unwrap_or_default();
    list.into_iter()
        .map(|aux| KeyData::new(aux.latest_kvno, aux.latest_enctype, aux.latest_key))
        .find_map(|data| open_key(provided, &data).ok())
        .ok_or(KdbError::BadMasterKey)
}

/// Decrypts stored key data: u16 true length (little-endian), then the ciphertext; what is decrypted may be
/// longer than the key, since old encryption types pad.
///
/// # Errors
/// Where the key does not open it, or it is shorter than it says.
pub fn open_key(master: &KeyBlock, data: &KeyData) -> Result<KeyBlock> {
    StorageKey::new(master)?.open(data)
}

/// Encrypts a key for an entry, its salt (if it has one of its own) beside it.
///
/// # Errors
/// Where the master key cannot encrypt, or the key is longer than the format can say.
pub fn seal_key(
    master: &KeyBlock,
    key: &KeyBlock,
    kvno: u16,
    salt: Option<(SaltType, Vec<u8>)>,
    random: &mut dyn Random,
) -> Result<KeyData> {
    StorageKey::new(master)?.seal(key, kvno, salt, random)
}
