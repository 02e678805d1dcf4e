//! The Kerberos encryption types: keys from passwords and from randomness, encryption with integrity,
//! checksums and pseudo-random functions (RFC 3961), on RustCrypto's primitives.
//!
//! One file answers for one family: [RFC 3961](https://www.rfc-editor.org/rfc/rfc3961) (the simplified profile
//! and triple DES), RFC 3962 (AES with SHA-1), RFC 4757 (RC4), RFC 6803 (Camellia), RFC 8009 (AES with SHA-2)
//! and single DES, which is there to read old data and never to make new. `table.rs` joins them.
//!
//! Nothing here keeps state between calls; randomness comes in as a [`Random`].
#![forbid(unsafe_code)]

mod checksum;
mod des_key;
mod error;
mod fingerprint;
mod key;
mod mac;
mod message;
mod mode;
mod prf;
mod profile;
mod random;
mod rfc3961;
mod rfc3962;
mod rfc4757;
mod rfc6803;
mod rfc8009;
mod table;
#[cfg(test)]
mod testing;
mod weak_des;

pub use checksum::{checksum, checksum_length, verify_checksum};
pub use error::{CryptoError, Result};
pub use fingerprint::KeyFingerprint;
pub use key::{key_length, key_seed_length, make_random_key, random_to_key, string_to_key};
pub use message::{CipherState, UsageKey, decrypt, decrypt_with_state, encrypt, encrypted_length};
pub use prf::{combine_keys, derive_prf_plus, prf, prf_length, prf_plus};
pub use random::{Random, SystemRandom};

#[cfg(test)]
mod tests;
