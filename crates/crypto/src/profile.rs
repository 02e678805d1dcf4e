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
    /// The random bytes that a message begins with.
    pub confounder: usize,
    /// What a ciphertext has before its plaintext: the confounder, and with some types a checksum.
    pub header: usize,
    /// What a ciphertext has after its plaintext.
    pub trailer: usize,
    /// Header and plaintext together are padded to a multiple of this; 1 means no padding.
    pub block: usize,
    /// The keyed checksum; 0 if there is none.
    pub checksum: usize,
    /// What the pseudo-random function gives at once; 0 if there is none.
    pub prf: usize,
}

impl Sizes {
    /// The pieces one after another, padded with zeros. There is room for the trailer: a vector that grows
    /// leaves plaintext behind.
    pub(crate) fn message(&self, pieces: &[&[u8]]) -> Secret<Vec<u8>> {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let padded = length.next_multiple_of(self.block);
        let mut message = Secret::new(Vec::with_capacity(padded + self.trailer));
        for piece in pieces {
            message.expose_mut().extend_from_slice(piece);
        }
        message.expose_mut().resize(padded, 0);
        message
    }

    /// A ciphertext without its trailer, and the trailer.
    ///
    /// # Errors
    /// [`CryptoError::BadMessageSize`] if it is too short. Whole blocks are the mode's to check.
    pub(crate) fn split<'a>(&self, cipher: &'a [u8]) -> Result<(&'a [u8], &'a [u8])> {
        let body_len = cipher.len().checked_sub(self.trailer).ok_or(CryptoError::BadMessageSize)?;
        if body_len < self.header {
            return Err(CryptoError::BadMessageSize);
        }
        cipher.split_at_checked(body_len).ok_or(CryptoError::BadMessageSize)
    }
}

/// The keys of one usage.
#[derive(Debug)]
pub(crate) struct UsageKeys {
    /// Ke, or the key itself where none is derived.
    pub encryption: Secret<Vec<u8>>,
    /// Ki; empty where none is derived.
    pub integrity: Secret<Vec<u8>>,
}

/// The functions of RFC 3961 section 3. Keys, seeds and states come with the lengths that [`Profile::sizes`]
/// tells; everything else comes from outside and may have any length.
pub(crate) trait Profile: Sync {
    /// The lengths.
    fn sizes(&self) -> Sizes;

    /// Whether the type is there to read old data only.
    fn read_only(&self) -> bool {
        false
    }

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

    /// What messages of a key usage are encrypted and protected with. Types that derive nothing take the key.
    fn usage_keys(&self, key: &[u8], _usage: u32) -> Result<UsageKeys> {
        Ok(UsageKeys { encryption: Secret::new(key.to_vec()), integrity: Secret::new(Vec::new()) })
    }

    /// Encrypts `confounder | plain` and adds what protects it. Not asked for where [`Profile::read_only`].
    fn encrypt(
        &self,
        keys: &UsageKeys,
        usage: u32,
        state: &mut [u8],
        confounder: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>>;

    /// Checks and decrypts; the confounder is gone from the result, padding is not.
    fn decrypt(
        &self,
        keys: &UsageKeys,
        usage: u32,
        state: &mut [u8],
        cipher: &[u8],
    ) -> Result<Secret<Vec<u8>>>;

    /// The type's mandatory checksum. Only asked for where [`Sizes::checksum`] is not 0.
    fn checksum(&self, _key: &[u8], _usage: u32, _data: &[u8]) -> Result<Vec<u8>> {
        Err(CryptoError::Internal)
    }

    /// The pseudo-random function. Only asked for where [`Sizes::prf`] is not 0.
    fn prf(&self, _key: &[u8], _input: &[u8]) -> Result<Secret<Vec<u8>>> {
        Err(CryptoError::Internal)
    }
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
