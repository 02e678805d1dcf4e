//! A realm that MIT made: every stored key opens under its master key, and those that come from known passwords
//! are what we make of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[allow(dead_code, reason = "each test uses a part")]
mod support;

use k5_crypto::{CryptoError, decrypt, key_length, string_to_key};
use k5_types::{EncType, KeyBlock};
use support::{StoredKey, stored_keys};

const SALT: &[u8] = b"GOLDEN.TESTKM";

fn masters() -> [KeyBlock; 2] {
    [
        string_to_key(EncType::AES256_CTS_HMAC_SHA1_96, b"goldenmaster", SALT, None).unwrap(),
        string_to_key(EncType::AES128_CTS_HMAC_SHA1_96, b"golden2", SALT, None).unwrap(),
    ]
}

fn master_of<'a>(masters: &'a [KeyBlock; 2], key: &StoredKey) -> &'a KeyBlock {
    &masters[usize::from(key.mkvno) - 1]
}

fn golden() -> Vec<StoredKey> {
    stored_keys(include_bytes!("golden/dump.txt"))
}

#[test]
fn master_passwords_make_the_stashed_keys() {
    let stash = include_bytes!("golden/stash-all");
    for master in masters() {
        let bytes = master.contents.expose();
        assert!(stash.windows(bytes.len()).any(|part| part == bytes), "{}", master.enctype);
    }
}

#[test]
fn every_stored_key_opens() {
    let masters = masters();
    let keys = golden();
    assert_eq!(keys.len(), 420);
    for key in &keys {
        let opened = key.open(master_of(&masters, key));
        assert_eq!(Some(opened.contents.expose().len()), key_length(key.enctype));
        let other = &masters[usize::from(key.mkvno == 1)];
        assert_eq!(decrypt(other, 0, &key.sealed[2..]).err(), Some(CryptoError::IntegrityCheckFailed));
    }
    let types: std::collections::BTreeSet<_> = keys.iter().map(|key| key.enctype).collect();
    assert_eq!(types.len(), 8);
}

#[test]
fn the_master_keys_are_stored_like_others() {
    let masters = masters();
    for key in golden().iter().filter(|key| key.principal.components() == [b"K", b"M"]) {
        assert_eq!(key.open(master_of(&masters, key)), masters[key.kvno as usize - 1]);
    }
}

#[test]
fn passwords_make_the_stored_keys() {
    let masters = masters();
    for (name, password, expected) in [("alice", "Delta-4-fourth", 8), ("bob", "bobspw", 3)] {
        let keys: Vec<_> =
            golden().into_iter().filter(|key| key.principal.components() == [name.as_bytes()]).collect();
        assert_eq!(keys.len(), expected);
        for key in keys {
            let made = string_to_key(key.enctype, password.as_bytes(), &key.salt(), None).unwrap();
            assert_eq!(key.open(master_of(&masters, &key)), made, "{name}, {}", key.enctype);
        }
    }
}
