//! `supported_enctypes`: pairs of encryption type and salt type.

use k5_types::{EncType, KeySalt};

use crate::{Notice, Origin, SkipReason};

/// What MIT 1.20 makes keys of where `supported_enctypes` is not set.
pub(crate) const DEFAULT: [KeySalt; 2] = [
    KeySalt { enctype: EncType::AES256_CTS_HMAC_SHA1_96, salt: k5_types::SaltType::NORMAL },
    KeySalt { enctype: EncType::AES128_CTS_HMAC_SHA1_96, salt: k5_types::SaltType::NORMAL },
];

/// A list as read, in order and without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySaltList {
    /// The pairs that keys can be made of.
    pub keysalts: Vec<KeySalt>,
    /// Words that name single DES, which is known and never made anew.
    pub single_des: Vec<String>,
    /// Words that name nothing.
    pub unknown: Vec<String>,
}

impl KeySaltList {
    /// At most one notice for each reason.
    pub fn notices(&self, origin: &Origin, setting: &str) -> Vec<Notice> {
        let skipped = |words: &Vec<String>, reason| {
            let (origin, setting, words) = (origin.clone(), setting.to_owned(), words.clone());
            (!words.is_empty()).then_some(Notice::Skipped { origin, setting, words, reason })
        };
        let des = skipped(&self.single_des, SkipReason::SingleDes);
        des.into_iter().chain(skipped(&self.unknown, SkipReason::Unknown)).collect()
    }
}

/// Reads a list as [`KeySalt::parse_list`] splits it. A word that cannot be used is left out and reported.
pub fn parse_keysalt_list(text: &str) -> KeySaltList {
    let mut list = KeySaltList::default();
    for (word, pair) in KeySalt::parse_list(text) {
        match pair {
            Ok(pair) if list.keysalts.contains(&pair) => {}
            Ok(pair) => list.keysalts.push(pair),
            Err(_) if names_single_des(word) => list.single_des.push(word.to_owned()),
            Err(_) => list.unknown.push(word.to_owned()),
        }
    }
    list
}

fn names_single_des(word: &str) -> bool {
    let enctype = word.split(':').next().unwrap_or_default();
    // `des` was an alias of des-cbc-crc and `des-cbc-md5` in MIT up to 1.17.
    EncType::from_name_or_removed(enctype).is_some_and(|e| !e.is_valid())
        || enctype.eq_ignore_ascii_case("des")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_guides_list() {
        let list = parse_keysalt_list("des3-hmac-sha1:normal des-cbc-crc:normal,des-cbc-crc:v4 foo:normal");
        assert_eq!(list.keysalts.len(), 1);
        assert_eq!(list.keysalts[0].enctype, EncType::DES3_CBC_SHA1);
        assert_eq!(list.single_des, ["des-cbc-crc:normal", "des-cbc-crc:v4"]);
        assert_eq!(list.unknown, ["foo:normal"]);
        let origin = Origin { file: "kdc.conf".into(), line: 3 };
        let notices: Vec<String> =
            list.notices(&origin, "[realms] R supported_enctypes").iter().map(Notice::to_string).collect();
        assert_eq!(
            notices,
            [
                "kdc.conf:3: [realms] R supported_enctypes: skipped des-cbc-crc:normal des-cbc-crc:v4 (single \
                 DES keys are no longer made)",
                "kdc.conf:3: [realms] R supported_enctypes: skipped foo:normal (unknown)",
            ]
        );
    }

    #[test]
    fn repetitions_are_dropped() {
        let list = parse_keysalt_list("aes128-cts aes128-cts-hmac-sha1-96:normal\taes128-cts:onlyrealm");
        assert_eq!(list.keysalts.len(), 2);
    }
}
