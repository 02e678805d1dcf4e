//! A key as an entry holds it: encrypted in a master key, with its salt.

use k5_types::{EncType, SaltType};

/// One element of an entry's key data. What is encrypted stays so here; [`crate::MasterKeys`] opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyData {
    /// 0: no key at all, 1: a key, 2: a key and a salt.
    pub version: u16,
    /// Key version number.
    pub kvno: u16,
    /// Type of the key.
    pub enctype: EncType,
    /// u16 length of the plain key (little-endian), then the key encrypted in the master key.
    pub key: Vec<u8>,
    /// Type of the salt; `NORMAL` where the version is below 2.
    pub salt_type: SaltType,
    /// The salt itself; most salt types keep it although it could be made from the name.
    pub salt: Vec<u8>,
}

impl KeyData {
    /// A key without a salt of its own.
    #[must_use]
    pub fn new(kvno: u16, enctype: EncType, key: Vec<u8>) -> Self {
        KeyData { version: 1, kvno, enctype, key, salt_type: SaltType::NORMAL, salt: Vec::new() }
    }

    /// The same key with a salt.
    #[must_use]
    pub fn with_salt(self, salt_type: SaltType, salt: Vec<u8>) -> Self {
        KeyData { version: 2, salt_type, salt, ..self }
    }
}

/// Sorts by descending kvno and keeps the order of equal ones, as MIT does whenever it reads an entry.
pub fn sort_key_data(keys: &mut [KeyData]) {
    keys.sort_by_key(|key| std::cmp::Reverse(key.kvno));
}
