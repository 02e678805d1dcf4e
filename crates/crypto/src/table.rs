//! The table of encryption types.

use crate::profile::Profile;
use crate::{CryptoError, Result, rfc3962};
use k5_types::{EncType, KeyBlock};

/// What the type does, where this crate knows it.
pub(crate) fn find(enctype: EncType) -> Option<&'static dyn Profile> {
    Some(match enctype {
        EncType::AES128_CTS_HMAC_SHA1_96 => &rfc3962::AES128,
        EncType::AES256_CTS_HMAC_SHA1_96 => &rfc3962::AES256,
        _ => return None,
    })
}

/// As [`find`].
///
/// # Errors
/// [`CryptoError::UnsupportedEncType`].
pub(crate) fn profile(enctype: EncType) -> Result<&'static dyn Profile> {
    find(enctype).ok_or(CryptoError::UnsupportedEncType(enctype))
}

/// The key's profile and bytes, their length checked.
///
/// # Errors
/// [`CryptoError::UnsupportedEncType`], [`CryptoError::BadKeyLength`].
pub(crate) fn open(key: &KeyBlock) -> Result<(&'static dyn Profile, &[u8])> {
    let profile = profile(key.enctype)?;
    let bytes = key.contents.expose();
    check_length(key.enctype, profile.sizes().key, bytes)?;
    Ok((profile, bytes))
}

/// # Errors
/// [`CryptoError::BadKeyLength`].
pub(crate) fn check_length(enctype: EncType, expected: usize, bytes: &[u8]) -> Result<()> {
    let found = bytes.len();
    if found == expected { Ok(()) } else { Err(CryptoError::BadKeyLength { enctype, expected, found }) }
}
