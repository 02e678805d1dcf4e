//! A principal's entry, independent of the back end that stores it.

use crate::error::{KdbError, Result};
use crate::kadm_data::KadmData;
use crate::key_data::KeyData;
use crate::tl_data::{self, TlData, TlType};
use k5_types::{Attributes, Duration, Kvno, Principal, Timestamp};

/// A principal's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose it is.
    pub principal: Principal,
    /// Attribute flags.
    pub attributes: Attributes,
    /// Longest ticket life.
    pub max_life: Duration,
    /// Longest renewable life.
    pub max_renewable_life: Duration,
    /// When the principal expires.
    pub expiration: Timestamp,
    /// When its password expires.
    pub pw_expiration: Timestamp,
    /// Last authentication that succeeded.
    pub last_success: Timestamp,
    /// Last authentication that failed.
    pub last_failed: Timestamp,
    /// Failures since the last success.
    pub fail_auth_count: u32,
    /// Tagged data, in order.
    pub tl_data: Vec<TlData>,
    /// Keys, in the order in which they are stored.
    pub key_data: Vec<KeyData>,
    /// What a record had behind the fields that everybody knows. Read and dumped; never written, since MIT
    /// aborts when it has to write it.
    pub extra: Vec<u8>,
}

impl Entry {
    /// An entry with nothing set.
    #[must_use]
    pub fn new(principal: Principal) -> Self {
        Entry {
            principal,
            attributes: Attributes::default(),
            max_life: Duration::default(),
            max_renewable_life: Duration::default(),
            expiration: Timestamp::NEVER,
            pw_expiration: Timestamp::NEVER,
            last_success: Timestamp::NEVER,
            last_failed: Timestamp::NEVER,
            fail_auth_count: 0,
            tl_data: Vec::new(),
            key_data: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// The tagged datum of a type.
    #[must_use]
    pub fn tl(&self, tag: TlType) -> Option<&[u8]> {
        tl_data::find(&self.tl_data, tag)
    }

    /// Sets a tagged datum: in its place, or in front of all others.
    pub fn set_tl(&mut self, tag: TlType, contents: Vec<u8>) {
        tl_data::update(&mut self.tl_data, tag, contents);
    }

    /// When the password was last changed.
    #[must_use]
    pub fn last_pwd_change(&self) -> Timestamp {
        tl_data::time(self.tl(TlType::LAST_PWD_CHANGE))
    }

    /// Stamps a password change.
    pub fn set_last_pwd_change(&mut self, time: Timestamp) {
        self.set_tl(TlType::LAST_PWD_CHANGE, time.0.to_le_bytes().to_vec());
    }

    /// When and by whom (as text) the entry was last modified.
    #[must_use]
    pub fn modified(&self) -> Option<(Timestamp, &[u8])> {
        tl_data::mod_princ(self.tl(TlType::MOD_PRINC))
    }

    /// Stamps a modification.
    pub fn set_modified(&mut self, time: Timestamp, by: &Principal) {
        self.set_tl(TlType::MOD_PRINC, tl_data::encode_mod_princ(time, &by.unparse()));
    }

    /// Version of the master key that the keys are encrypted in.
    #[must_use]
    pub fn mkvno(&self) -> Kvno {
        tl_data::mkvno(self.tl(TlType::MKVNO))
    }

    /// Records the version of the master key that the keys are encrypted in.
    pub fn set_mkvno(&mut self, kvno: u16) {
        self.set_tl(TlType::MKVNO, kvno.to_le_bytes().to_vec());
    }

    /// Policy and password history.
    ///
    /// # Errors
    /// Where the datum is damaged.
    pub fn kadm_data(&self) -> Result<KadmData> {
        match self.tl(TlType::KADM_DATA) {
            None | Some([]) => Ok(KadmData::default()),
            Some(bytes) => KadmData::decode(bytes).map_err(|error| KdbError::Record {
                file: "kadmin data".to_owned(),
                name: self.principal.to_string(),
                what: error.to_string(),
            }),
        }
    }

    /// Sets policy and password history.
    pub fn set_kadm_data(&mut self, data: &KadmData) {
        self.set_tl(TlType::KADM_DATA, data.encode());
    }

    /// Highest key version number; 0 without keys.
    #[must_use]
    pub fn kvno(&self) -> u16 {
        self.key_data.iter().map(|key| key.kvno).max().unwrap_or(0)
    }
}
