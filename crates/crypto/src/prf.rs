//! Pseudo-random functions and the keys made with them.

use crate::table::{find, open, profile};
use crate::{CryptoError, Result, random_to_key};
use k5_types::{EncType, KeyBlock, Secret};

/// The type's pseudo-random function (RFC 3961 section 3) of `input`: [`prf_length`] bytes.
///
/// # Errors
/// [`CryptoError::UnsupportedEncType`], also where a type has no such function;
/// [`CryptoError::BadKeyLength`].
pub fn prf(key: &KeyBlock, input: &[u8]) -> Result<Secret<Vec<u8>>> {
    let (profile, bytes) = open(key)?;
    if profile.sizes().prf == 0 {
        return Err(CryptoError::UnsupportedEncType(key.enctype));
    }
    profile.prf(bytes, input)
}

/// The length in bytes of [`prf`]'s result; `None` if the type is unknown or has none.
#[must_use]
pub fn prf_length(enctype: EncType) -> Option<usize> {
    Some(find(enctype)?.sizes().prf).filter(|length| *length > 0)
}

/// PRF+ (RFC 6113 section 5.1): `length` pseudo-random bytes, at most 255 times [`prf_length`].
///
/// # Errors
/// As [`prf`]; [`CryptoError::Internal`] if `length` is too large.
pub fn prf_plus(key: &KeyBlock, input: &[u8], length: usize) -> Result<Secret<Vec<u8>>> {
    let step = prf_length(key.enctype).ok_or(CryptoError::UnsupportedEncType(key.enctype))?;
    if length > 255 * step {
        return Err(CryptoError::Internal);
    }
    let mut output = Secret::new(Vec::with_capacity(length));
    let mut counted = Secret::new([&[0], input].concat());
    while output.expose().len() < length {
        if let Some(counter) = counted.expose_mut().first_mut() {
            *counter += 1;
        }
        let block = prf(key, counted.expose())?;
        let missing = length - output.expose().len();
        output.expose_mut().extend(block.expose().iter().take(missing));
    }
    Ok(output)
}

/// A key of the type `enctype` from [`prf_plus`] (RFC 6113's random-to-key of PRF+; MIT's
/// `krb5_c_derive_prfplus`).
///
/// # Errors
/// As [`prf_plus`].
pub fn derive_prf_plus(key: &KeyBlock, input: &[u8], enctype: EncType) -> Result<KeyBlock> {
    let seed = prf_plus(key, input, profile(enctype)?.sizes().seed)?;
    random_to_key(enctype, seed.expose())
}

/// KRB-FX-CF2 (RFC 6113 section 5.1): one key from two, of the first one's type.
///
/// # Errors
/// As [`prf_plus`].
pub fn combine_keys(first: &KeyBlock, pepper1: &[u8], second: &KeyBlock, pepper2: &[u8]) -> Result<KeyBlock> {
    let length = profile(first.enctype)?.sizes().seed;
    let mut seed = prf_plus(first, pepper1, length)?;
    let other = prf_plus(second, pepper2, length)?;
    for (a, b) in seed.expose_mut().iter_mut().zip(other.expose()) {
        *a ^= b;
    }
    random_to_key(first.enctype, seed.expose())
}
