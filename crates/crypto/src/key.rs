//! Making keys.

use crate::table::{check_length, find, profile};
use crate::{CryptoError, Random, Result};
use k5_types::{EncType, KeyBlock, Secret};

/// The length of the type's keys in bytes, if this crate knows the type.
#[must_use]
pub fn key_length(enctype: EncType) -> Option<usize> {
    Some(find(enctype)?.sizes().key)
}

/// How many random bytes [`random_to_key`] wants. With DES that is less than the key's length, which has
/// parity bits.
#[must_use]
pub fn key_seed_length(enctype: EncType) -> Option<usize> {
    Some(find(enctype)?.sizes().seed)
}

/// The key that a password stands for.
///
/// `password` is the bytes as typed (UTF-8 for RC4). `salt` is the whole salt. `params` are the type's
/// string-to-key parameters as the protocol carries them, `None` for the default: for AES and Camellia four
/// bytes of iteration count, not less than the default and below 2^24. Other types take none.
///
/// # Errors
/// [`CryptoError::UnsupportedEncType`],
/// [`CryptoError::BadParameters`],
/// [`CryptoError::PasswordNotUtf8`].
pub fn string_to_key(
    enctype: EncType,
    password: &[u8],
    salt: &[u8],
    params: Option<&[u8]>,
) -> Result<KeyBlock> {
    let contents = profile(enctype)?.string_to_key(password, salt, params)?;
    Ok(KeyBlock { enctype, contents })
}

/// A key from [`key_seed_length`] random bytes.
///
/// # Errors
/// [`CryptoError::UnsupportedEncType`],
/// [`CryptoError::BadKeyLength`] if `seed` has another length.
pub fn random_to_key(enctype: EncType, seed: &[u8]) -> Result<KeyBlock> {
    let profile = profile(enctype)?;
    check_length(enctype, profile.sizes().seed, seed)?;
    Ok(KeyBlock { enctype, contents: profile.random_to_key(seed) })
}

/// A new random key. Single DES is not made any more.
///
/// # Errors
/// [`CryptoError::UnsupportedEncType`],
/// [`CryptoError::Random`].
pub fn make_random_key(enctype: EncType, rng: &mut dyn Random) -> Result<KeyBlock> {
    let profile = profile(enctype)?;
    if profile.read_only() {
        return Err(CryptoError::UnsupportedEncType(enctype));
    }
    let mut seed = Secret::new(vec![0; profile.sizes().seed]);
    rng.fill(seed.expose_mut())?;
    Ok(KeyBlock { enctype, contents: profile.random_to_key(seed.expose()) })
}
