//! Stored keys and ciphertexts of every enctype. The first byte chooses the enctype.

use k5_crypto::{decrypt, encrypted_length, key_length};
use k5_kdb::{KeyData, open_key};
use k5_types::{EncType, KeyBlock};

use crate::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input(data);
    let enctype = EncType(i32::from(input.byte() % 32));
    let Some(length) = key_length(enctype) else { return };
    let key = KeyBlock::new(enctype, (1..).take(length).collect());
    if let Ok(plain) = decrypt(&key, 0, input.0) {
        assert!(plain.expose().len() <= input.0.len(), "more came out than went in");
        assert!(encrypted_length(enctype, plain.expose().len()) <= Some(input.0.len()));
    }
    if let Ok(opened) = open_key(&key, &KeyData::new(1, enctype, input.0.to_vec())) {
        assert!(opened.contents.expose().len() <= input.0.len());
    }
}
