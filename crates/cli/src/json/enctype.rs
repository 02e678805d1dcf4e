//! An encryption type in JSON.

use k5_types::{EncType, EncTypeStatus};
use serde::Serialize;

/// `{"number": 18, "name": "aes256-cts-hmac-sha1-96", "status": "current"}`.
#[derive(Debug, Clone, Serialize)]
pub struct EncTypeJson {
    /// The assigned number.
    pub number: i32,
    /// MIT's name; null where it has none.
    pub name: Option<&'static str>,
    /// `current`; `deprecated`; `weak`, which also needs `allow_weak_crypto`; `removed`, which MIT can no longer use;
    /// `unknown`.
    pub status: &'static str,
}

impl From<EncType> for EncTypeJson {
    fn from(enctype: EncType) -> Self {
        let status = match enctype.status() {
            EncTypeStatus::Current => "current",
            EncTypeStatus::Deprecated => "deprecated",
            EncTypeStatus::Weak => "weak",
            EncTypeStatus::Removed => "removed",
            EncTypeStatus::Unknown => "unknown",
        };
        EncTypeJson { number: enctype.0, name: enctype.name(), status }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standings() {
        let of = |number| {
            let json = EncTypeJson::from(EncType(number));
            (json.name, json.status)
        };
        assert_eq!(of(20), (Some("aes256-cts-hmac-sha384-192"), "current"));
        assert_eq!(of(23), (Some("arcfour-hmac"), "deprecated"));
        assert_eq!(of(24), (Some("arcfour-hmac-exp"), "weak"));
        assert_eq!(of(1), (Some("des-cbc-crc"), "removed"));
        assert_eq!(of(-5), (None, "unknown"));
    }
}
