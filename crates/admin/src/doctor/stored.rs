//! A principal's keys in the database, opened, and where a keytab's entry stands beside them.

use k5_crypto::KeyFingerprint;
use k5_kdb::{Entry, MasterKeys};
use k5_keytab::Entry as KeytabEntry;
use k5_types::{EncType, KeyBlock, Kvno};

/// A key of the database.
struct StoredKey {
    kvno: Kvno,
    enctype: EncType,
    /// `None` where it could not be decrypted.
    key: Option<KeyBlock>,
}

/// The keys of an entry, in its order. They are wiped with the value.
pub(super) struct StoredKeys {
    keys: Vec<StoredKey>,
    /// The current version.
    pub(super) kvno: Kvno,
    /// Version, type and reason of keys that could not be decrypted.
    pub(super) unopened: Vec<(Kvno, EncType, String)>,
}

/// Where an entry of the keytab stands. `kvno` is the database's number, of which an entry may have 8 bits only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The database has the same key at that version.
    Same { kvno: Kvno },
    /// The database has a key of that version and type, but another one.
    Differs { kvno: Kvno },
    /// The database has this very key, but at that version, which is not the entry's.
    Elsewhere { kvno: Kvno },
    /// The database has keys of that version, but none of the type.
    NoSuchType { kvno: Kvno },
    /// The database has such a key, but it could not be decrypted.
    Unopened,
    /// The database has no keys of the version.
    Nothing,
}

impl StoredKeys {
    pub(super) fn open(master: &MasterKeys, entry: &Entry) -> StoredKeys {
        let mkvno = entry.mkvno();
        let mut unopened = Vec::new();
        let mut keys = Vec::new();
        for data in entry.key_data.iter().filter(|data| data.version > 0) {
            let (kvno, enctype) = (Kvno::from(data.kvno), data.enctype);
            let key = master.decrypt_key(mkvno, data);
            let key = key.map_err(|error| unopened.push((kvno, enctype, error.to_string()))).ok();
            keys.push(StoredKey { kvno, enctype, key });
        }
        let kvno = keys.iter().map(|key| key.kvno).max().unwrap_or(0);
        StoredKeys { keys, kvno, unopened }
    }

    /// The type in which the KDC encrypts tickets: that of the first current key which is permitted.
    pub(super) fn ticket_enctype(&self, permitted: &[EncType]) -> Option<EncType> {
        self.current().map(|key| key.enctype).find(|enctype| permitted.contains(enctype))
    }

    fn current(&self) -> impl Iterator<Item = &StoredKey> {
        self.keys.iter().filter(|key| key.kvno == self.kvno)
    }

    /// The types of the current keys, each once.
    pub(super) fn types_at_current(&self) -> Vec<EncType> {
        let mut types = Vec::new();
        for key in self.current() {
            if !types.contains(&key.enctype) {
                types.push(key.enctype);
            }
        }
        types
    }

    /// Whether a number in a keytab means this version: it is the same, or 0, which stands for any, or it is what 8 bits
    /// keep of it and the database has no version of that number itself.
    pub(super) fn is_version(&self, there: Kvno, kvno: Kvno) -> bool {
        there == kvno
            || there == 0
            || (there == kvno & 0xff && !self.keys.iter().any(|key| key.kvno == there))
    }

    /// Where an entry stands.
    pub(super) fn standing(&self, entry: &KeytabEntry) -> Standing {
        let enctype = entry.key.enctype;
        let same = |key: &&StoredKey| key.key.as_ref() == Some(&entry.key);
        let meant = || self.keys.iter().filter(|key| self.is_version(entry.kvno, key.kvno));
        if let Some(key) = meant().find(same) {
            return Standing::Same { kvno: key.kvno };
        }
        if let Some(key) = self.keys.iter().find(same) {
            return Standing::Elsewhere { kvno: key.kvno };
        }
        // The current versions stand in front.
        if let Some(key) = meant().find(|key| key.enctype == enctype && key.key.is_some()) {
            return Standing::Differs { kvno: key.kvno };
        }
        match meant().next() {
            None => Standing::Nothing,
            Some(_) if meant().any(|key| key.enctype == enctype) => Standing::Unopened,
            Some(key) => Standing::NoSuchType { kvno: key.kvno },
        }
    }

    /// The fingerprint of the first key of a version and type, for people to compare.
    pub(super) fn fingerprint(&self, kvno: Kvno, enctype: EncType) -> String {
        let key = self.keys.iter().find(|key| key.kvno == kvno && key.enctype == enctype);
        match key.and_then(|key| key.key.as_ref()) {
            Some(key) => KeyFingerprint::of(key).to_string(),
            None => "unknown".to_owned(),
        }
    }
}
