//! Encryption types: numbers, names and standing.

use std::fmt;

/// An encryption type by its assigned number (RFC 3961 section 8, IANA "Kerberos Encryption Type Numbers").
/// Unknown numbers are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EncType(pub i32);

/// What MIT 1.20 thinks of an encryption type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncTypeStatus {
    /// In use today.
    Current,
    /// Works, shown with `DEPRECATED:`.
    Deprecated,
    /// Works only with `allow_weak_crypto`, shown with `DEPRECATED:`.
    Weak,
    /// MIT dropped it in 1.18 and keeps only the name; shown with `UNSUPPORTED:`.
    Removed,
    /// A number without a name.
    Unknown,
}

/// A row of the table: canonical name first, then the names that are accepted too.
struct Row {
    enctype: EncType,
    name: &'static str,
    aliases: &'static [&'static str],
    status: EncTypeStatus,
}

const fn row(
    enctype: EncType,
    name: &'static str,
    aliases: &'static [&'static str],
    status: EncTypeStatus,
) -> Row {
    Row { enctype, name, aliases, status }
}

use EncTypeStatus::{Current, Deprecated, Removed, Weak};

static TABLE: [Row; 15] = [
    row(EncType::DES_CBC_CRC, "des-cbc-crc", &[], Removed),
    row(EncType::DES_CBC_MD4, "des-cbc-md4", &[], Removed),
    row(EncType::DES_CBC_MD5, "des-cbc-md5", &["des"], Removed),
    row(EncType::DES_CBC_RAW, "des-cbc-raw", &[], Removed),
    row(EncType::DES_HMAC_SHA1, "des-hmac-sha1", &[], Removed),
    row(EncType::DES3_CBC_RAW, "des3-cbc-raw", &[], Weak),
    row(EncType::DES3_CBC_SHA1, "des3-cbc-sha1", &["des3-hmac-sha1", "des3-cbc-sha1-kd"], Deprecated),
    row(EncType::ARCFOUR_HMAC, "arcfour-hmac", &["rc4-hmac", "arcfour-hmac-md5"], Deprecated),
    row(EncType::ARCFOUR_HMAC_EXP, "arcfour-hmac-exp", &["rc4-hmac-exp", "arcfour-hmac-md5-exp"], Weak),
    row(EncType::AES128_CTS_HMAC_SHA1_96, "aes128-cts-hmac-sha1-96", &["aes128-cts", "aes128-sha1"], Current),
    row(EncType::AES256_CTS_HMAC_SHA1_96, "aes256-cts-hmac-sha1-96", &["aes256-cts", "aes256-sha1"], Current),
    row(EncType::CAMELLIA128_CTS_CMAC, "camellia128-cts-cmac", &["camellia128-cts"], Current),
    row(EncType::CAMELLIA256_CTS_CMAC, "camellia256-cts-cmac", &["camellia256-cts"], Current),
    row(EncType::AES128_CTS_HMAC_SHA256_128, "aes128-cts-hmac-sha256-128", &["aes128-sha2"], Current),
    row(EncType::AES256_CTS_HMAC_SHA384_192, "aes256-cts-hmac-sha384-192", &["aes256-sha2"], Current),
];

impl EncType {
    /// No encryption type; the end of lists.
    pub const NULL: EncType = EncType(0);
    /// Single DES with CRC-32 (RFC 3961 section 6.2.3).
    pub const DES_CBC_CRC: EncType = EncType(1);
    /// Single DES with MD4 (RFC 3961 section 6.2.2).
    pub const DES_CBC_MD4: EncType = EncType(2);
    /// Single DES with MD5 (RFC 3961 section 6.2.1).
    pub const DES_CBC_MD5: EncType = EncType(3);
    /// Single DES alone.
    pub const DES_CBC_RAW: EncType = EncType(4);
    /// Triple DES alone.
    pub const DES3_CBC_RAW: EncType = EncType(6);
    /// Single DES with HMAC-SHA1.
    pub const DES_HMAC_SHA1: EncType = EncType(8);
    /// Triple DES with HMAC-SHA1 and key derivation (RFC 3961 section 6.3).
    pub const DES3_CBC_SHA1: EncType = EncType(16);
    /// AES-128 in CTS mode with HMAC-SHA1-96 (RFC 3962).
    pub const AES128_CTS_HMAC_SHA1_96: EncType = EncType(17);
    /// AES-256 in CTS mode with HMAC-SHA1-96 (RFC 3962).
    pub const AES256_CTS_HMAC_SHA1_96: EncType = EncType(18);
    /// AES-128 in CTS mode with HMAC-SHA256-128 (RFC 8009).
    pub const AES128_CTS_HMAC_SHA256_128: EncType = EncType(19);
    /// AES-256 in CTS mode with HMAC-SHA384-192 (RFC 8009).
    pub const AES256_CTS_HMAC_SHA384_192: EncType = EncType(20);
    /// RC4 with HMAC-MD5 (RFC 4757).
    pub const ARCFOUR_HMAC: EncType = EncType(23);
    /// RC4 with HMAC-MD5 cut down to 40 bits (RFC 4757).
    pub const ARCFOUR_HMAC_EXP: EncType = EncType(24);
    /// Camellia-128 in CTS mode with CMAC (RFC 6803).
    pub const CAMELLIA128_CTS_CMAC: EncType = EncType(25);
    /// Camellia-256 in CTS mode with CMAC (RFC 6803).
    pub const CAMELLIA256_CTS_CMAC: EncType = EncType(26);

    fn find(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.enctype == self)
    }

    /// The type of that name or alias, in any case of letters, also where MIT no longer has the type.
    #[must_use]
    pub fn from_name_or_removed(name: &str) -> Option<EncType> {
        let same = |known: &&str| known.eq_ignore_ascii_case(name);
        TABLE.iter().find(|row| same(&row.name) || row.aliases.iter().any(same)).map(|row| row.enctype)
    }

    /// The type of that name or alias as MIT's `krb5_string_to_enctype` knows it: single DES is not there.
    #[must_use]
    pub fn from_name(name: &str) -> Option<EncType> {
        Self::from_name_or_removed(name).filter(|enctype| enctype.status() != Removed)
    }

    /// MIT's canonical name, where it has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.find().map(|row| row.name)
    }

    /// The shortest of the type's names, as `klist` and keysalt strings show it.
    #[must_use]
    pub fn shortest_name(self) -> Option<&'static str> {
        let row = self.find()?;
        row.aliases
            .iter()
            .copied()
            .fold(row.name, |best, alias| if alias.len() < best.len() { alias } else { best })
            .into()
    }

    /// Its standing with MIT 1.20.
    #[must_use]
    pub fn status(self) -> EncTypeStatus {
        self.find().map_or(EncTypeStatus::Unknown, |row| row.status)
    }

    /// Whether MIT can use it (perhaps only with `allow_weak_crypto`).
    #[must_use]
    pub fn is_valid(self) -> bool {
        matches!(self.status(), Current | Deprecated | Weak)
    }

    /// Whether it needs `allow_weak_crypto`.
    #[must_use]
    pub fn is_weak(self) -> bool {
        self.status() == Weak
    }

    /// What listings put before the name: `DEPRECATED:`, `UNSUPPORTED:` or nothing. A number that nobody
    /// knows is unsupported.
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self.status() {
            Current => "",
            Deprecated | Weak => "DEPRECATED:",
            Removed | EncTypeStatus::Unknown => "UNSUPPORTED:",
        }
    }

    /// All types that MIT can use, in its table's order.
    pub fn all_valid() -> impl Iterator<Item = EncType> {
        TABLE.iter().map(|row| row.enctype).filter(|enctype| enctype.is_valid())
    }
}

impl fmt::Display for EncType {
    /// The canonical name, or `<Encryption type 0x63>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "<Encryption type 0x{:x}>", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases() {
        assert_eq!(EncType::from_name("AES256-cts"), Some(EncType::AES256_CTS_HMAC_SHA1_96));
        assert_eq!(EncType::from_name("rc4-hmac"), Some(EncType::ARCFOUR_HMAC));
        assert_eq!(EncType::from_name("des-cbc-crc"), None);
        assert_eq!(EncType::from_name_or_removed("des"), Some(EncType::DES_CBC_MD5));
        assert_eq!(EncType::from_name("aes"), None);
        assert_eq!(EncType(99).to_string(), "<Encryption type 0x63>");
        assert_eq!(EncType::AES256_CTS_HMAC_SHA1_96.shortest_name(), Some("aes256-cts"));
    }

    #[test]
    fn marks() {
        assert_eq!(EncType::ARCFOUR_HMAC.mark(), "DEPRECATED:");
        assert_eq!(EncType::DES_CBC_CRC.mark(), "UNSUPPORTED:");
        assert_eq!(EncType(99).mark(), "UNSUPPORTED:");
        assert_eq!(EncType::AES128_CTS_HMAC_SHA256_128.mark(), "");
        assert!(!EncType::DES_CBC_CRC.is_valid());
    }
}
