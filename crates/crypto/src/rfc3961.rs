//! The simplified profile of RFC 3961 section 5.3, which triple DES, AES with SHA-1 (RFC 3962) and Camellia
//! (RFC 6803) share: a ciphertext, and a keyed hash of what was encrypted, under keys derived for the usage.

mod des3;
mod hmac_sha1;
mod n_fold;

pub(crate) use des3::{DES3_CBC_RAW, DES3_CBC_SHA1};
pub(crate) use hmac_sha1::{HmacSha1, derive_key};

use crate::mode::{cts_decrypt, cts_encrypt};
use crate::profile::{Profile, Purpose, Sizes, UsageKeys, usage_constant};
use crate::{CryptoError, Result};
use cbc::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use k5_types::{Secret, constant_time_eq};
use std::marker::PhantomData;

/// A block cipher in its mode.
pub(crate) trait Cipher: Sync {
    /// Bytes of a key.
    fn key_len(&self) -> usize;
    /// Random bytes of a key.
    fn seed_len(&self) -> usize;
    /// Bytes of a block, of a confounder and of the cipher state.
    fn block_len(&self) -> usize;
    /// What the mode pads messages to; 1 if it takes any length from a block on.
    fn message_block(&self) -> usize;
    /// Random bytes to key.
    fn random_to_key(&self, seed: &[u8]) -> Secret<Vec<u8>>;
    /// Encrypts in place and leaves the next state in `iv`.
    fn encrypt(&self, key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()>;
    /// Decrypts in place and leaves the next state in `iv`.
    fn decrypt(&self, key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()>;
}

/// A block cipher with ciphertext stealing, whose keys are random bytes as they are.
pub(crate) struct Cts<C>(PhantomData<fn() -> C>);

impl<C> Cts<C> {
    pub(crate) const NEW: Self = Cts(PhantomData);
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt + KeyInit> Cipher for Cts<C> {
    fn key_len(&self) -> usize {
        C::key_size()
    }

    fn seed_len(&self) -> usize {
        C::key_size()
    }

    fn block_len(&self) -> usize {
        C::block_size()
    }

    fn message_block(&self) -> usize {
        1
    }

    fn random_to_key(&self, seed: &[u8]) -> Secret<Vec<u8>> {
        Secret::new(seed.to_vec())
    }

    fn encrypt(&self, key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()> {
        cts_encrypt::<C>(key, iv, buf)
    }

    fn decrypt(&self, key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()> {
        cts_decrypt::<C>(key, iv, buf)
    }
}

/// What a member of the family chooses.
pub(crate) trait Scheme: Sync {
    /// The cipher.
    fn cipher(&self) -> &dyn Cipher;
    /// Bytes of the checksum, alone and in messages.
    fn tag_len(&self) -> usize;
    /// Bytes that the pseudo-random function gives.
    fn prf_len(&self) -> usize;
    /// A key of the same type, derived with a constant.
    fn derive_key(&self, key: &[u8], constant: &[u8]) -> Result<Secret<Vec<u8>>>;
    /// The checksum under a derived key.
    fn tag(&self, key: &[u8], data: &[u8]) -> Result<Vec<u8>>;
    /// String-to-key.
    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>>;
    /// The pseudo-random function under the key that is derived for it.
    fn prf(&self, key: &[u8], input: &[u8]) -> Result<Secret<Vec<u8>>>;
}

/// The profile over a member's choices.
pub(crate) struct Simplified<S>(pub S);

impl<S: Scheme> Simplified<S> {
    fn usage_key(&self, key: &[u8], usage: u32, purpose: Purpose) -> Result<Secret<Vec<u8>>> {
        self.0.derive_key(key, &usage_constant(usage, purpose))
    }
}

impl<S: Scheme> Profile for Simplified<S> {
    fn sizes(&self) -> Sizes {
        let block = self.0.cipher().block_len();
        Sizes {
            key: self.0.cipher().key_len(),
            seed: self.0.cipher().seed_len(),
            state: block,
            confounder: block,
            header: block,
            trailer: self.0.tag_len(),
            block: self.0.cipher().message_block(),
            checksum: self.0.tag_len(),
            prf: self.0.prf_len(),
        }
    }

    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>> {
        self.0.string_to_key(password, salt, params)
    }

    fn random_to_key(&self, seed: &[u8]) -> Secret<Vec<u8>> {
        self.0.cipher().random_to_key(seed)
    }

    fn usage_keys(&self, key: &[u8], usage: u32) -> Result<UsageKeys> {
        let encryption = self.usage_key(key, usage, Purpose::Encryption)?;
        Ok(UsageKeys { encryption, integrity: self.usage_key(key, usage, Purpose::Integrity)? })
    }

    fn encrypt(
        &self,
        keys: &UsageKeys,
        _usage: u32,
        state: &mut [u8],
        confounder: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>> {
        let mut message = self.sizes().message(&[confounder, plain]);
        let tag = self.0.tag(keys.integrity.expose(), message.expose())?;
        self.0.cipher().encrypt(keys.encryption.expose(), state, message.expose_mut())?;
        message.expose_mut().extend_from_slice(&tag);
        Ok(std::mem::take(message.expose_mut()))
    }

    fn decrypt(
        &self,
        keys: &UsageKeys,
        _usage: u32,
        state: &mut [u8],
        cipher: &[u8],
    ) -> Result<Secret<Vec<u8>>> {
        let sizes = self.sizes();
        let (body, tag) = sizes.split(cipher)?;
        let mut message = Secret::new(body.to_vec());
        self.0.cipher().decrypt(keys.encryption.expose(), state, message.expose_mut())?;
        if !constant_time_eq(&self.0.tag(keys.integrity.expose(), message.expose())?, tag) {
            return Err(CryptoError::IntegrityCheckFailed);
        }
        message.expose_mut().drain(..sizes.header);
        Ok(message)
    }

    fn checksum(&self, key: &[u8], usage: u32, data: &[u8]) -> Result<Vec<u8>> {
        let kc = self.usage_key(key, usage, Purpose::Checksum)?;
        self.0.tag(kc.expose(), data)
    }

    fn prf(&self, key: &[u8], input: &[u8]) -> Result<Secret<Vec<u8>>> {
        self.0.prf(self.0.derive_key(key, b"prf")?.expose(), input)
    }
}

#[cfg(test)]
mod tests;
