//! What the families' tests share: hexadecimal, predictable randomness, and the same questions asked of tables
//! of known answers.

use crate::{CipherState, CryptoError, decrypt_with_state, make_random_key};
use crate::{Random, Result, checksum, decrypt, encrypt, encrypted_length, prf, verify_checksum};
use k5_types::{EncType, KeyBlock};

pub(crate) fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn key(enctype: EncType, text: &str) -> KeyBlock {
    KeyBlock::new(enctype, hex(text))
}

/// Bytes that count up, other ones at each call.
pub(crate) struct Counting(pub u8);

impl Random for Counting {
    fn fill(&mut self, buf: &mut [u8]) -> Result<()> {
        for byte in buf {
            *byte = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

/// Type, usage, plaintext, key, ciphertext; all in hexadecimal.
pub(crate) type MessageVector = (EncType, u32, &'static str, &'static str, &'static str);

/// Type, password, salt, iterations, key.
pub(crate) type PasswordVector = (EncType, &'static [u8], &'static [u8], u32, &'static str);

/// Type, key, input, output; all in hexadecimal.
pub(crate) type PrfVector = (EncType, &'static str, &'static str, &'static str);

pub(crate) fn decrypts(vectors: &[MessageVector]) {
    for (enctype, usage, plain, bytes, cipher) in vectors {
        let key = key(*enctype, bytes);
        let mut found = to_hex(decrypt(&key, *usage, &hex(cipher)).unwrap().expose());
        let padding = found.split_off(plain.len());
        assert_eq!(&found, plain, "{enctype}, usage {usage}");
        assert!(padding.len() < 16);
        let wrong = decrypt(&key, usage + 1, &hex(cipher));
        assert_eq!(wrong.err(), Some(CryptoError::IntegrityCheckFailed));
    }
}

pub(crate) fn checksums(vectors: &[MessageVector]) {
    for (enctype, usage, data, bytes, expected) in vectors {
        let key = key(*enctype, bytes);
        assert_eq!(to_hex(&checksum(&key, *usage, &hex(data)).unwrap()), *expected, "{enctype}");
        assert_eq!(verify_checksum(&key, *usage, &hex(data), &hex(expected)), Ok(()));
        let changed = verify_checksum(&key, *usage, b"x", &hex(expected));
        assert_eq!(changed, Err(CryptoError::IntegrityCheckFailed));
    }
}

pub(crate) fn prfs(vectors: &[PrfVector]) {
    for (enctype, bytes, input, expected) in vectors {
        let output = prf(&key(*enctype, bytes), &hex(input)).unwrap();
        assert_eq!(to_hex(output.expose()), *expected, "{enctype}");
    }
}

/// Every plaintext length over several blocks goes out and comes back, and `encrypted_length` knows it.
pub(crate) fn round_trips(enctype: EncType) {
    let key = make_random_key(enctype, &mut Counting(7)).unwrap();
    for length in 0..70 {
        let plain: Vec<u8> = (0..length).collect();
        let cipher = encrypt(&key, 3, None, &plain, &mut Counting(length)).unwrap();
        assert_eq!(Some(cipher.len()), encrypted_length(enctype, plain.len()));
        let found = decrypt(&key, 3, &cipher).unwrap();
        let (found, padding) = found.expose().split_at(plain.len());
        assert_eq!(found, plain);
        assert!(padding.len() < 8 && padding.iter().all(|byte| *byte == 0));
    }
}

/// A flip of any bit of any byte is seen, and so is every cut.
pub(crate) fn sees_every_change(enctype: EncType, key: &KeyBlock, usage: u32, cipher: &[u8]) {
    assert!(decrypt(key, usage, cipher).is_ok());
    for at in 0..cipher.len() {
        for bit in 0..8 {
            let mut changed = cipher.to_vec();
            changed[at] ^= 1 << bit;
            let result = decrypt(key, usage, &changed);
            assert_eq!(result.err(), Some(CryptoError::IntegrityCheckFailed), "{enctype}, byte {at}");
        }
        let cut = decrypt(key, usage, &cipher[..at]).err();
        assert!(
            matches!(cut, Some(CryptoError::IntegrityCheckFailed | CryptoError::BadMessageSize)),
            "{enctype}, cut to {at}: {cut:?}"
        );
    }
}

pub(crate) fn tampering_is_seen(enctype: EncType) {
    let key = make_random_key(enctype, &mut Counting(7)).unwrap();
    for plain in [&b""[..], b"one", b"sixteen bytes !!", b"a longer text that takes three blocks"] {
        let cipher = encrypt(&key, 0, None, plain, &mut Counting(99)).unwrap();
        sees_every_change(enctype, &key, 0, &cipher);
    }
}

/// Messages of a chain decrypt in their order only.
pub(crate) fn chains(enctype: EncType) {
    let key = make_random_key(enctype, &mut Counting(1)).unwrap();
    let mut state = CipherState::initial(&key).unwrap();
    let mut sent = Vec::new();
    for plain in [&b"first"[..], b"the second is longer than a block", b"third"] {
        sent.push(encrypt(&key, 1, Some(&mut state), plain, &mut Counting(50)).unwrap());
    }
    let mut state = CipherState::initial(&key).unwrap();
    let first = decrypt_with_state(&key, 1, &mut state, &sent[0]).unwrap();
    assert!(first.expose().starts_with(b"first"));
    let mut other = CipherState::initial(&key).unwrap();
    decrypt_with_state(&key, 1, &mut other, &sent[0]).unwrap();
    let early = decrypt_with_state(&key, 1, &mut other, &sent[2]);
    assert_eq!(early.err(), Some(CryptoError::IntegrityCheckFailed));
    let second = decrypt_with_state(&key, 1, &mut state, &sent[1]).unwrap();
    assert!(second.expose().starts_with(b"the second is"));
    let third = decrypt_with_state(&key, 1, &mut state, &sent[2]).unwrap();
    assert!(third.expose().starts_with(b"third"));
}
