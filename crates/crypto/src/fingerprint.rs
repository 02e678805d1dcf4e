//! Fingerprints: a few digits by which people and scripts tell keys apart without seeing them.
//!
//! `PBKDF2-HMAC-SHA256(enctype | length | key, "Realmsmith key fingerprint 1", 4096 iterations)`, cut to 32 bits; enctype
//! and length are four bytes each in network order.
//!
//! A fingerprint is harmless for a random key. But many keys are made from passwords, and the RC4 key of a password is a
//! single unsalted hash of it, so whoever sees a fingerprint could try passwords against it. Two things keep it from
//! being a better oracle than the protocol is already. Each try costs what a try at an AES key costs (RFC 3962's 4096
//! iterations), which anybody with a captured ticket can have anyway. And 32 bits are too few to confirm a password on
//! their own: of a search through 2^50 passwords 2^18 remain. For two different keys they agree once in four
//! thousand million times, which is good enough for the eye; programs that have both keys compare those.

use k5_types::{KeyBlock, Secret};
use pbkdf2::pbkdf2_hmac;
use sha2::Sha256;
use std::fmt;

/// What separates fingerprints from every other use of a key.
const DOMAIN: &[u8] = b"Realmsmith key fingerprint 1";

/// As RFC 3962's string-to-key.
const ITERATIONS: u32 = 4096;

/// The fingerprint of a key with its type: eight hexadecimal digits in `Display`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyFingerprint([u8; 4]);

impl KeyFingerprint {
    /// The fingerprint of that key, of any type and length. It takes about a millisecond.
    #[must_use]
    pub fn of(key: &KeyBlock) -> KeyFingerprint {
        let bytes = key.contents.expose();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut input = Secret::new(Vec::with_capacity(bytes.len() + 8));
        input.expose_mut().extend_from_slice(&key.enctype.0.to_be_bytes());
        // HMAC fills short keys up with zeros, so a key that ends in zeros needs its length beside it.
        input.expose_mut().extend_from_slice(&length.to_be_bytes());
        input.expose_mut().extend_from_slice(bytes);
        let mut print = [0; 4];
        pbkdf2_hmac::<Sha256>(input.expose(), DOMAIN, ITERATIONS, &mut print);
        KeyFingerprint(print)
    }
}

impl fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_types::EncType;

    fn print(enctype: i32, key: &[u8]) -> String {
        KeyFingerprint::of(&KeyBlock::new(EncType(enctype), key.to_vec())).to_string()
    }

    /// From Python: `hashlib.pbkdf2_hmac("sha256", struct.pack(">iI", enctype, len(key)) + key, DOMAIN, 4096, 4)`.
    #[test]
    fn as_another_program_computes_it() {
        assert_eq!(print(18, &[7; 32]), "00af697d");
        assert_eq!(print(23, b"0123456789abcdef"), "0f5bcb12");
        assert_eq!(print(-2, b""), "ea69abb3");
    }

    #[test]
    fn type_length_and_bytes_count() {
        let all = [print(18, &[0; 32]), print(20, &[0; 32]), print(18, &[0; 31]), print(18, &[1; 32])];
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other != one), "{all:?}");
        }
    }
}
