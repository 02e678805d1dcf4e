//! Lists of encryption types: `permitted_enctypes` and the like.

use k5_types::EncType;

/// MIT 1.20's default list, in its order.
pub(crate) const DEFAULT: [EncType; 8] = [
    EncType::AES256_CTS_HMAC_SHA1_96,
    EncType::AES128_CTS_HMAC_SHA1_96,
    EncType::AES256_CTS_HMAC_SHA384_192,
    EncType::AES128_CTS_HMAC_SHA256_128,
    EncType::DES3_CBC_SHA1,
    EncType::ARCFOUR_HMAC,
    EncType::CAMELLIA128_CTS_CMAC,
    EncType::CAMELLIA256_CTS_CMAC,
];

const AES: [EncType; 4] = [
    EncType::AES256_CTS_HMAC_SHA1_96,
    EncType::AES128_CTS_HMAC_SHA1_96,
    EncType::AES256_CTS_HMAC_SHA384_192,
    EncType::AES128_CTS_HMAC_SHA256_128,
];
const CAMELLIA: [EncType; 2] = [EncType::CAMELLIA256_CTS_CMAC, EncType::CAMELLIA128_CTS_CMAC];

/// A list as read, in order and without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncTypeList {
    /// The types. May be empty, which MIT answers with `No supported encryption types (config file error?)`.
    pub types: Vec<EncType>,
    /// Words that are no encryption type and no family. MIT passes over them.
    pub unknown: Vec<String>,
}

/// Reads a list: words separated by white space or commas, each a type's name or alias or one of the families
/// `DEFAULT`, `aes`, `des3`, `rc4`, `camellia`, in any letter case. A `-` before a word takes away what it
/// stands for, a `+` says nothing. Weak types are left out unless `allow_weak`.
pub fn parse_enctype_list(text: &str, allow_weak: bool) -> EncTypeList {
    let mut list = EncTypeList::default();
    let words = text.split([' ', '\t', '\r', '\n', ',']).filter(|word| !word.is_empty());
    for word in words {
        let (add, name) = match word.strip_prefix('-') {
            Some(rest) => (false, rest),
            None => (true, word.strip_prefix('+').unwrap_or(word)),
        };
        let single;
        let stands_for: &[EncType] = match name.to_ascii_lowercase().as_str() {
            "default" => &DEFAULT,
            "aes" => &AES,
            "des3" => &[EncType::DES3_CBC_SHA1],
            "rc4" => &[EncType::ARCFOUR_HMAC],
            "camellia" => &CAMELLIA,
            _ => match EncType::from_name(name) {
                Some(enctype) => {
                    single = [enctype];
                    &single
                }
                None => {
                    list.unknown.push(name.to_owned());
                    &[]
                }
            },
        };
        for &enctype in stands_for.iter().filter(|e| allow_weak || !e.is_weak()) {
            if !add {
                list.types.retain(|&have| have != enctype);
            } else if !list.types.contains(&enctype) {
                list.types.push(enctype);
            }
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(text: &str, weak: bool) -> Vec<i32> {
        parse_enctype_list(text, weak).types.into_iter().map(|e| e.0).collect()
    }

    #[test]
    fn names_families_and_removal() {
        assert_eq!(types("aes256-sha2, RC4-HMAC\taes256-sha2", false), [20, 23]);
        assert_eq!(types("DEFAULT", false), [18, 17, 20, 19, 16, 23, 25, 26]);
        assert_eq!(types("default -aes -des3 -rc4", false), [25, 26]);
        assert_eq!(types("camellia +aes -aes128-cts", false), [26, 25, 18, 20, 19]);
        assert_eq!(types("-aes aes128-cts", false), [17]);
    }

    #[test]
    fn weak_types_want_permission() {
        assert_eq!(types("arcfour-hmac-exp aes128-cts", false), [17]);
        assert_eq!(types("arcfour-hmac-exp aes128-cts", true), [24, 17]);
    }

    #[test]
    fn unknown_words_are_reported() {
        let list = parse_enctype_list("foo -bar des-cbc-crc", true);
        assert!(list.types.is_empty());
        assert_eq!(list.unknown, ["foo", "bar", "des-cbc-crc"]);
    }
}
