//! What every encryption type can do, on key bytes whose length has been checked.

use crate::{CryptoError, Result};
use k5_types::Secret;

/// The lengths of an encryption type, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// A key.
    pub key: usize,
    /// The random bytes that a key is made from.
    pub seed: usize,
    /// The cipher state that one message leaves for the next.
    pub state: usize,
    /// What a ciphertext has more than its plaintext, padding apart.
    pub overhead: usize,
    /// Confounder, checksum and plaintext together are padded to a multiple of this; 1 means no padding.
    pub block: usize,
    /// The checksum.
    pub checksum: usize,
    /// What the pseudo-random function gives at once.
    pub prf: usize,
}

/// The functions of RFC 3961 section 3. Keys, seeds and states come with the lengths that [`Profile::sizes`]
/// tells; everything else comes from outside and may have any length.
pub(crate) trait Profile: Sync {
    /// The lengths.
    fn sizes(&self) -> Sizes;

    /// The state before the first message.
    fn initial_state(&self, _key: &[u8]) -> Vec<u8> {
        vec![0; self.sizes().state]
    }

    /// A key from a password. `params` is the type's own; `None` means its default.
    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>>;

    /// A key from random bytes.
    fn random_to_key(&self, seed: &[u8]) -> Secret<Vec<u8>> {
        Secret::new(seed.to_vec())
    }

    /// Encrypts `confounder | plain` and adds what protects it.
    fn encrypt(
        &self,
        key: &[u8],
        usage: u32,
        state: &mut [u8],
        confounder: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>>;

    /// The length of the confounder.
    fn confounder(&self) -> usize;

    /// Checks and decrypts; the confounder is gone from the result, padding is not.
    fn decrypt(&self, key: &[u8], usage: u32, state: &mut [u8], cipher: &[u8]) -> Result<Secret<Vec<u8>>>;

    /// The type's mandatory checksum.
    fn checksum(&self, key: &[u8], usage: u32, data: &[u8]) -> Result<Vec<u8>>;

    /// The pseudo-random function.
    fn prf(&self, key: &[u8], input: &[u8]) -> Result<Secret<Vec<u8>>>;
}

/// Which of the keys that belong to a usage is derived (RFC 3961 section 5.3).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Kc, for checksums.
    Checksum = 0x99,
    /// Ke, for encryption.
    Encryption = 0xaa,
    /// Ki, for the integrity of what is encrypted.
    Integrity = 0x55,
}

/// The constant that a usage's key is derived with: the usage in network order and the purpose.
pub(crate) fn usage_constant(usage: u32, purpose: Purpose) -> [u8; 5] {
    let [a, b, c, d] = usage.to_be_bytes();
    [a, b, c, d, purpose as u8]
}

/// PBKDF2's iteration count from string-to-key parameters (four bytes, network order).
///
/// A count below the default is refused, as MIT refuses it: a false KDC must not get a cheap guess at the
/// password. So is one from 2^24 on, which would stop the caller for minutes.
pub(crate) fn iterations(params: Option<&[u8]>, default: u32) -> Result<u32> {
    let Some(params) = params else { return Ok(default) };
    let count = u32::from_be_bytes(params.try_into().map_err(|_| CryptoError::BadParameters)?);
    if (default..1 << 24).contains(&count) { Ok(count) } else { Err(CryptoError::BadParameters) }
}
