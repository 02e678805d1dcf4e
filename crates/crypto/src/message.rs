//! Encrypting and decrypting messages.

use crate::profile::UsageKeys;
use crate::table::{find, open, profile};
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
    UsageKey::new(key, usage)?.encrypt_with_state(state, plain, rng)
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
    UsageKey::new(key, usage)?.decrypt(cipher)
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
    UsageKey::new(key, usage)?.decrypt_with_state(state, cipher)
}

/// A key made ready for one key usage: what is derived from it is derived once, for whoever has many messages, such as
/// all the keys of a database.
#[derive(Debug)]
pub struct UsageKey {
    enctype: EncType,
    usage: u32,
    keys: UsageKeys,
    /// The state before the first message.
    initial: CipherState,
}

impl UsageKey {
    /// Derives what the usage needs.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedEncType`], [`CryptoError::BadKeyLength`].
    pub fn new(key: &KeyBlock, usage: u32) -> Result<UsageKey> {
        let (profile, bytes) = open(key)?;
        let keys = profile.usage_keys(bytes, usage)?;
        let initial = CipherState::initial(key)?;
        Ok(UsageKey { enctype: key.enctype, usage, keys, initial })
    }

    /// Encrypts a message that stands alone, as [`encrypt()`] does.
    ///
    /// # Errors
    /// [`CryptoError::UnsupportedEncType`] for single DES, [`CryptoError::Random`].
    pub fn encrypt(&self, plain: &[u8], rng: &mut dyn Random) -> Result<Vec<u8>> {
        self.encrypt_with_state(None, plain, rng)
    }

    /// Checks and decrypts a message that stands alone, as [`decrypt()`] does.
    ///
    /// # Errors
    /// [`CryptoError::IntegrityCheckFailed`], [`CryptoError::BadMessageSize`].
    pub fn decrypt(&self, cipher: &[u8]) -> Result<Secret<Vec<u8>>> {
        self.decrypt_with_state(&mut self.first(), cipher)
    }

    fn first(&self) -> CipherState {
        CipherState(self.initial.0.duplicate())
    }

    fn encrypt_with_state(
        &self,
        state: Option<&mut CipherState>,
        plain: &[u8],
        rng: &mut dyn Random,
    ) -> Result<Vec<u8>> {
        let profile = profile(self.enctype)?;
        if profile.read_only() {
            return Err(CryptoError::UnsupportedEncType(self.enctype));
        }
        let sizes = profile.sizes();
        let mut confounder = Secret::new(vec![0; sizes.confounder]);
        rng.fill(confounder.expose_mut())?;
        let mut first = self.first();
        let state = state.unwrap_or(&mut first);
        check_state(state, sizes.state)?;
        profile.encrypt(&self.keys, self.usage, state.0.expose_mut(), confounder.expose(), plain)
    }

    fn decrypt_with_state(&self, state: &mut CipherState, cipher: &[u8]) -> Result<Secret<Vec<u8>>> {
        let profile = profile(self.enctype)?;
        check_state(state, profile.sizes().state)?;
        profile.decrypt(&self.keys, self.usage, state.0.expose_mut(), cipher)
    }
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
