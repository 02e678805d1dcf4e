//! Encrypting and decrypting messages.

use crate::table::{find, open};
use crate::{CryptoError, Random, Result};
use k5_types::{EncType, KeyBlock, Secret};

/// What one message leaves for the next, where messages are chained (RFC 3961 section 3, "cipher state").
/// Neither tickets nor stored keys are; `KRB_PRIV` streams are.
///
/// With single DES and a CRC the first state is the key, so a state is kept as a secret.
#[derive(Debug)]
pub struct CipherState(Secret<Vec<u8>>);

impl CipherState {
    /// The state before the first message under this key.
    ///
    /// # Errors
    /// As [`encrypt`].
    pub fn initial(key: &KeyBlock) -> Result<CipherState> {
        let (profile, bytes) = open(key)?;
        Ok(CipherState(Secret::new(profile.initial_state(bytes))))
    }
}

/// Encrypts `plain` for a key usage (RFC 4120 section 7.5.1; 0 for keys stored in a database), with integrity
/// protection and a fresh confounder from `rng`. `state` is `None` for a message that stands alone.
///
/// # Errors
/// [`CryptoError::UnsupportedEncType`], also for single DES; [`CryptoError::BadKeyLength`];
/// [`CryptoError::Random`]; [`CryptoError::Internal`] if `state` belongs to a key of another type.
pub fn encrypt(
    key: &KeyBlock,
    usage: u32,
    state: Option<&mut CipherState>,
    plain: &[u8],
    rng: &mut dyn Random,
) -> Result<Vec<u8>> {
    let (profile, bytes) = open(key)?;
    if profile.read_only() {
        return Err(CryptoError::UnsupportedEncType(key.enctype));
    }
    let mut confounder = Secret::new(vec![0; profile.sizes().confounder]);
    rng.fill(confounder.expose_mut())?;
    let mut first = CipherState::initial(key)?;
    let state = state.unwrap_or(&mut first);
    check_state(state, profile.sizes().state)?;
    profile.encrypt(bytes, usage, state.0.expose_mut(), confounder.expose(), plain)
}

/// Checks and decrypts a message that stands alone.
///
/// What [`encrypt`] got comes back, with two exceptions: with DES and
/// triple DES up to seven zeros of padding follow, so whoever stores such data keeps its length with it; and
/// `des3-cbc-raw` protects nothing, so that any whole number of blocks decrypts to something.
///
/// # Errors
/// [`CryptoError::IntegrityCheckFailed`] for the wrong key, the wrong usage or changed data;
/// [`CryptoError::BadMessageSize`] for a length that no message of the type has;
/// [`CryptoError::UnsupportedEncType`], [`CryptoError::BadKeyLength`].
pub fn decrypt(key: &KeyBlock, usage: u32, cipher: &[u8]) -> Result<Secret<Vec<u8>>> {
    decrypt_with_state(key, usage, &mut CipherState::initial(key)?, cipher)
}

/// Checks and decrypts the next message of a chain. After an error the state is of no more use.
///
/// # Errors
/// As [`decrypt`], and [`CryptoError::Internal`] if `state` belongs to a key of another type.
pub fn decrypt_with_state(
    key: &KeyBlock,
    usage: u32,
    state: &mut CipherState,
    cipher: &[u8],
) -> Result<Secret<Vec<u8>>> {
    let (profile, bytes) = open(key)?;
    check_state(state, profile.sizes().state)?;
    profile.decrypt(bytes, usage, state.0.expose_mut(), cipher)
}

/// The length in bytes of the ciphertext of a plaintext of `plain_len` bytes. `None` for an unknown type, or
/// if the sum passes all bounds.
#[must_use]
pub fn encrypted_length(enctype: EncType, plain_len: usize) -> Option<usize> {
    let sizes = find(enctype)?.sizes();
    let body = plain_len.checked_add(sizes.header)?.checked_next_multiple_of(sizes.block)?;
    body.checked_add(sizes.trailer)
}

fn check_state(state: &CipherState, expected: usize) -> Result<()> {
    if state.0.expose().len() == expected { Ok(()) } else { Err(CryptoError::Internal) }
}
