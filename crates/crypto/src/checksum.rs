//! Keyed checksums.

use crate::table::{find, open};
use crate::{CryptoError, Result};
use k5_types::{EncType, KeyBlock, constant_time_eq};

/// The checksum of `data` that the key's encryption type prescribes (RFC 3961 section 4), for a key usage.
///
/// # Errors
/// [`CryptoError::UnsupportedEncType`], also where a type has no keyed checksum;
/// [`CryptoError::BadKeyLength`].
pub fn checksum(key: &KeyBlock, usage: u32, data: &[u8]) -> Result<Vec<u8>> {
    let (profile, bytes) = open(key)?;
    if profile.sizes().checksum == 0 {
        return Err(CryptoError::UnsupportedEncType(key.enctype));
    }
    profile.checksum(bytes, usage, data)
}

/// Checks that `expected` is what [`checksum`] gives, in a time that does not tell where they differ.
///
/// # Errors
/// [`CryptoError::IntegrityCheckFailed`] if it is not; else as [`checksum`].
pub fn verify_checksum(key: &KeyBlock, usage: u32, data: &[u8], expected: &[u8]) -> Result<()> {
    let found = checksum(key, usage, data)?;
    if constant_time_eq(&found, expected) { Ok(()) } else { Err(CryptoError::IntegrityCheckFailed) }
}

/// The length in bytes of [`checksum`]'s result; `None` if the type is unknown or has none.
#[must_use]
pub fn checksum_length(enctype: EncType) -> Option<usize> {
    Some(find(enctype)?.sizes().checksum).filter(|length| *length > 0)
}
