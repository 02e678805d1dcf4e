//! Salt types, and pairs of an encryption type and a salt type.

use crate::EncType;
use std::fmt;

/// How the salt of a key that came from a password is made (MIT's `KRB5_KDB_SALTTYPE_*`). Unknown numbers are
/// carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SaltType(pub i16);

impl SaltType {
    /// Realm and all components (RFC 4120 section 4).
    pub const NORMAL: SaltType = SaltType(0);
    /// Kerberos version 4; known to old databases only.
    pub const V4: SaltType = SaltType(1);
    /// The components without the realm.
    pub const NOREALM: SaltType = SaltType(2);
    /// The realm alone.
    pub const ONLYREALM: SaltType = SaltType(3);
    /// A salt that is stored with the key.
    pub const SPECIAL: SaltType = SaltType(4);
    /// Andrew File System version 3; known to old databases only.
    pub const AFS3: SaltType = SaltType(5);

    const NAMES: [(SaltType, &'static str); 4] = [
        (SaltType::NORMAL, "normal"),
        (SaltType::NOREALM, "norealm"),
        (SaltType::ONLYREALM, "onlyrealm"),
        (SaltType::SPECIAL, "special"),
    ];

    /// The type of that name, in any case of letters.
    #[must_use]
    pub fn from_name(name: &str) -> Option<SaltType> {
        Self::NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(salt, _)| *salt)
    }

    /// MIT's name, where it has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(salt, _)| *salt == self).map(|(_, name)| *name)
    }
}

impl fmt::Display for SaltType {
    /// MIT's name, or `<Salt type 0x5>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "<Salt type 0x{:x}>", i32::from(self.0)),
        }
    }
}

/// An encryption type and a salt type: what `-e` and `supported_enctypes` list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeySalt {
    /// Encryption type.
    pub enctype: EncType,
    /// Salt type.
    pub salt: SaltType,
}

/// A word of a keysalt list that names no pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySaltError {
    /// The part before the colon is no encryption type.
    #[error("unknown encryption type \"{0}\"")]
    EncType(String),
    /// The part after the colon is no salt type.
    #[error("unknown salt type \"{0}\"")]
    SaltType(String),
}

/// One word of a keysalt list: the word as written and what it means.
pub type KeySaltItem<'a> = (&'a str, Result<KeySalt, KeySaltError>);

impl KeySalt {
    /// Reads `enctype` or `enctype:salt`; the salt is `normal` where none is given.
    ///
    /// # Errors
    /// [`KeySaltError`] with the part that is not known. Names of encryption types that MIT no longer has
    /// (single DES) are not known here either: see [`EncType::from_name_or_removed`].
    pub fn parse(word: &str) -> Result<KeySalt, KeySaltError> {
        let (enctype, salt) = match word.split_once(':') {
            Some((enctype, salt)) => (enctype, Some(salt)),
            None => (word, None),
        };
        let enctype = EncType::from_name(enctype).ok_or_else(|| KeySaltError::EncType(enctype.to_owned()))?;
        let salt = match salt {
            None => SaltType::NORMAL,
            Some(name) => SaltType::from_name(name).ok_or_else(|| KeySaltError::SaltType(name.to_owned()))?,
        };
        Ok(KeySalt { enctype, salt })
    }

    /// The words of a list, separated by commas, blanks and tabs, each with its meaning. What to do with an
    /// unknown word is the caller's choice: MIT drops it in silence, we do not where a command names it.
    pub fn parse_list(list: &str) -> impl Iterator<Item = KeySaltItem<'_>> {
        list.split([',', ' ', '\t']).filter(|word| !word.is_empty()).map(|word| (word, KeySalt::parse(word)))
    }
}

impl fmt::Display for KeySalt {
    /// `aes256-cts-hmac-sha1-96:normal`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.enctype, self.salt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let list: Vec<_> =
            KeySalt::parse_list("aes256-sha2:norealm, rc4-hmac\tfoo:normal,aes128-cts:bar").collect();
        assert_eq!(
            list[0].1,
            Ok(KeySalt { enctype: EncType::AES256_CTS_HMAC_SHA384_192, salt: SaltType::NOREALM })
        );
        assert_eq!(list[1].1, Ok(KeySalt { enctype: EncType::ARCFOUR_HMAC, salt: SaltType::NORMAL }));
        assert_eq!(list[2], ("foo:normal", Err(KeySaltError::EncType("foo".into()))));
        assert_eq!(list[3], ("aes128-cts:bar", Err(KeySaltError::SaltType("bar".into()))));
        assert_eq!(list.len(), 4);
    }

    #[test]
    fn unknown_salt_types_are_shown_by_number() {
        assert_eq!(SaltType(5).to_string(), "<Salt type 0x5>");
        assert_eq!(SaltType(-1).to_string(), "<Salt type 0xffffffff>");
    }
}
