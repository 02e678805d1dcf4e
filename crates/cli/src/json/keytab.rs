//! Keytabs and their entries in JSON.

use super::{EncTypeJson, ErrorJson, PrincipalJson, Schema, text, time};
use k5_crypto::KeyFingerprint;
use k5_keytab::{Entry, KeytabError, KeytabName};
use serde::Serialize;
use std::os::unix::ffi::OsStrExt;

/// An entry of a keytab. The key itself is not in it.
#[derive(Debug, Clone, Serialize)]
pub struct EntryJson {
    /// Its place among the entries of the file, from 1, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<usize>,
    /// Whose key it is: `principal`, `realm`, `components`, `name_type`.
    #[serde(flatten)]
    pub principal: PrincipalJson,
    /// The key version number.
    pub kvno: u32,
    /// The encryption type.
    pub enctype: EncTypeJson,
    /// When the entry was written.
    pub timestamp: String,
    /// The key's fingerprint, eight hexadecimal digits.
    pub fingerprint: String,
}

impl EntryJson {
    /// The entry, and its number in its file from 1.
    #[must_use]
    pub fn new(slot: Option<usize>, entry: &Entry) -> EntryJson {
        EntryJson {
            slot,
            principal: PrincipalJson::from(&entry.principal),
            kvno: entry.kvno,
            enctype: EncTypeJson::from(entry.key.enctype),
            timestamp: time(entry.timestamp),
            fingerprint: KeyFingerprint::of(&entry.key).to_string(),
        }
    }
}

impl From<&KeytabError> for ErrorJson {
    fn from(error: &KeytabError) -> Self {
        let offset = match error {
            KeytabError::Damaged { offset, .. } => Some(*offset),
            _ => None,
        };
        ErrorJson { message: error.mit_text(), offset }
    }
}

/// A keytab's listing.
#[derive(Debug, Clone, Serialize)]
pub struct KeytabJson {
    /// Its name with a prefix: `FILE:/etc/krb5.keytab`.
    pub keytab: String,
    /// The entries in the order of the file.
    pub entries: Vec<EntryJson>,
    /// Where the file could not be read to its end: why. The entries before that are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorJson>,
}

impl KeytabJson {
    /// The kind of document that this is.
    pub const SCHEMA: Schema = Schema { name: "keytab", version: 1 };

    /// A listing without entries so far.
    #[must_use]
    pub fn new(name: &KeytabName) -> KeytabJson {
        KeytabJson { keytab: text(name.resolved().as_bytes()), entries: Vec::new(), error: None }
    }

    /// Adds the next entry.
    pub fn push(&mut self, entry: &Entry) {
        self.entries.push(EntryJson::new(Some(self.entries.len() + 1), entry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_types::{EncType, KeyBlock, NameType, Principal, Timestamp};
    use std::ffi::OsStr;

    #[test]
    fn a_listing() {
        let mut json = KeytabJson::new(&KeytabName::parse(OsStr::new("/k")).unwrap());
        json.push(&Entry {
            principal: Principal::new("R", ["host", "a"]).with_name_type(NameType::SRV_HST),
            timestamp: Timestamp(1_782_864_000),
            kvno: 3,
            key: KeyBlock::new(EncType(18), vec![7; 32]),
        });
        let value = serde_json::to_value(&json).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "keytab": "FILE:/k",
                "entries": [{
                    "slot": 1,
                    "principal": "host/a@R",
                    "realm": "R",
                    "components": ["host", "a"],
                    "name_type": 3,
                    "kvno": 3,
                    "enctype": {"number": 18, "name": "aes256-cts-hmac-sha1-96", "status": "current"},
                    "timestamp": "2026-07-01T00:00:00Z",
                    "fingerprint": value["entries"][0]["fingerprint"],
                }],
            })
        );
        assert!(!value.to_string().contains("0707"), "no key");
    }
}
