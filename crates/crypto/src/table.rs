//! The table of encryption types.

use crate::profile::Profile;
use crate::{CryptoError, Result, rfc3961, rfc3962, rfc4757, rfc6803, rfc8009, weak_des};
use k5_types::{EncType, KeyBlock};

/// What the type does, where this crate knows it.
pub(crate) fn find(enctype: EncType) -> Option<&'static dyn Profile> {
    Some(match enctype {
        EncType::DES_CBC_CRC => &weak_des::DES_CBC_CRC,
        EncType::DES_CBC_MD4 => &weak_des::DES_CBC_MD4,
        EncType::DES_CBC_MD5 => &weak_des::DES_CBC_MD5,
        EncType::DES3_CBC_RAW => &rfc3961::DES3_CBC_RAW,
        EncType::DES3_CBC_SHA1 => &rfc3961::DES3_CBC_SHA1,
        EncType::AES128_CTS_HMAC_SHA1_96 => &rfc3962::AES128,
        EncType::AES256_CTS_HMAC_SHA1_96 => &rfc3962::AES256,
        EncType::AES128_CTS_HMAC_SHA256_128 => &rfc8009::AES128,
        EncType::AES256_CTS_HMAC_SHA384_192 => &rfc8009::AES256,
        EncType::ARCFOUR_HMAC => &rfc4757::RC4_HMAC,
        EncType::ARCFOUR_HMAC_EXP => &rfc4757::RC4_HMAC_EXP,
        EncType::CAMELLIA128_CTS_CMAC => &rfc6803::CAMELLIA128,
        EncType::CAMELLIA256_CTS_CMAC => &rfc6803::CAMELLIA256,
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
