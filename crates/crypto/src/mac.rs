//! Keyed hashes over data in several pieces.

use crate::{CryptoError, Result};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use k5_types::Secret;
use zeroize::Zeroize;

/// A MAC by the algorithm `M` over the pieces in turn.
///
/// # Errors
/// [`CryptoError::Internal`] if the algorithm takes no key of that length.
pub(crate) fn mac<M: Mac + KeyInit>(key: &[u8], pieces: &[&[u8]]) -> Result<Secret<Vec<u8>>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| CryptoError::Internal)?;
    for piece in pieces {
        mac.update(piece);
    }
    let mut bytes = mac.finalize().into_bytes();
    let tag = Secret::new(bytes.to_vec());
    bytes.as_mut_slice().zeroize();
    Ok(tag)
}

/// HMAC (RFC 2104) with the hash `D`.
///
/// # Errors
/// As [`mac`].
pub(crate) fn hmac<D: EagerHash>(key: &[u8], pieces: &[&[u8]]) -> Result<Secret<Vec<u8>>>
where
    Hmac<D>: Mac + KeyInit,
{
    mac::<Hmac<D>>(key, pieces)
}
