//! The simplified profile of RFC 3961 section 5.3: key derivation with n-fold, encryption with an HMAC-SHA1
//! over the plaintext.

use crate::mac::hmac;
use crate::mode::{cts_decrypt, cts_encrypt};
use crate::n_fold::n_fold;
use crate::profile::{Profile, Purpose, Sizes, usage_constant};
use crate::{CryptoError, Result};
use cbc::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use k5_types::{Secret, constant_time_eq};
use sha1::{Digest, Sha1};
use std::marker::PhantomData;
use zeroize::Zeroize;

/// The length of SHA-1's result.
const SHA1_LEN: usize = 20;

/// A block cipher in its mode, as the simplified profile wants it.
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

/// DK (RFC 3961 section 5.1): a key of the same type, derived with a constant.
///
/// # Errors
/// [`CryptoError::Internal`] if `key` has a wrong length.
pub(crate) fn derive_key(cipher: &dyn Cipher, key: &[u8], constant: &[u8]) -> Result<Secret<Vec<u8>>> {
    let wanted = cipher.seed_len();
    let mut block = Secret::new(vec![0; cipher.block_len()]);
    n_fold(constant, block.expose_mut());
    let mut seed = Secret::new(Vec::with_capacity(wanted));
    while seed.expose().len() < wanted {
        let mut zeros = vec![0; cipher.block_len()];
        cipher.encrypt(key, &mut zeros, block.expose_mut())?;
        // The state that the mode leaves is the block just made.
        zeros.zeroize();
        let missing = wanted - seed.expose().len();
        seed.expose_mut().extend(block.expose().iter().take(missing));
    }
    Ok(cipher.random_to_key(seed.expose()))
}

/// String-to-key of one member of the family: password, salt, parameters.
type StringToKey = fn(&Simplified, &[u8], &[u8], Option<&[u8]>) -> Result<Secret<Vec<u8>>>;

/// A member of the family: its cipher, what is kept of the HMAC, and its string-to-key.
pub(crate) struct Simplified {
    pub cipher: &'static dyn Cipher,
    pub tag_len: usize,
    pub string_to_key: StringToKey,
}

impl Simplified {
    fn usage_key(&self, key: &[u8], usage: u32, purpose: Purpose) -> Result<Secret<Vec<u8>>> {
        derive_key(self.cipher, key, &usage_constant(usage, purpose))
    }

    fn tag(&self, key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        let mut tag = hmac::<Sha1>(key, &[data])?.expose().clone();
        tag.truncate(self.tag_len);
        Ok(tag)
    }
}

impl Profile for Simplified {
    fn sizes(&self) -> Sizes {
        let block = self.cipher.block_len();
        Sizes {
            key: self.cipher.key_len(),
            seed: self.cipher.seed_len(),
            state: block,
            overhead: block + self.tag_len,
            block: self.cipher.message_block(),
            checksum: self.tag_len,
            prf: SHA1_LEN / block * block,
        }
    }

    fn confounder(&self) -> usize {
        self.cipher.block_len()
    }

    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>> {
        (self.string_to_key)(self, password, salt, params)
    }

    fn random_to_key(&self, seed: &[u8]) -> Secret<Vec<u8>> {
        self.cipher.random_to_key(seed)
    }

    fn encrypt(
        &self,
        key: &[u8],
        usage: u32,
        state: &mut [u8],
        confounder: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>> {
        let ke = self.usage_key(key, usage, Purpose::Encryption)?;
        let ki = self.usage_key(key, usage, Purpose::Integrity)?;
        let sizes = self.sizes();
        let padded = plain.len().next_multiple_of(sizes.block);
        // Room for everything at once: a vector that grows leaves plaintext behind.
        let mut message = Secret::new(Vec::with_capacity(padded + sizes.overhead));
        message.expose_mut().extend_from_slice(confounder);
        message.expose_mut().extend_from_slice(plain);
        message.expose_mut().resize(confounder.len() + padded, 0);
        let tag = self.tag(ki.expose(), message.expose())?;
        self.cipher.encrypt(ke.expose(), state, message.expose_mut())?;
        message.expose_mut().extend_from_slice(&tag);
        Ok(std::mem::take(message.expose_mut()))
    }

    fn decrypt(&self, key: &[u8], usage: u32, state: &mut [u8], cipher: &[u8]) -> Result<Secret<Vec<u8>>> {
        let body_len = cipher.len().checked_sub(self.tag_len).ok_or(CryptoError::BadMessageSize)?;
        let (body, tag) = cipher.split_at_checked(body_len).ok_or(CryptoError::BadMessageSize)?;
        if body_len < self.confounder() || body_len % self.cipher.message_block() != 0 {
            return Err(CryptoError::BadMessageSize);
        }
        let ke = self.usage_key(key, usage, Purpose::Encryption)?;
        let ki = self.usage_key(key, usage, Purpose::Integrity)?;
        let mut message = Secret::new(body.to_vec());
        self.cipher.decrypt(ke.expose(), state, message.expose_mut())?;
        if !constant_time_eq(&self.tag(ki.expose(), message.expose())?, tag) {
            return Err(CryptoError::IntegrityCheckFailed);
        }
        message.expose_mut().drain(..self.confounder());
        Ok(message)
    }

    fn checksum(&self, key: &[u8], usage: u32, data: &[u8]) -> Result<Vec<u8>> {
        let kc = self.usage_key(key, usage, Purpose::Checksum)?;
        self.tag(kc.expose(), data)
    }

    fn prf(&self, key: &[u8], input: &[u8]) -> Result<Secret<Vec<u8>>> {
        let kp = derive_key(self.cipher, key, b"prf")?;
        let mut output = Secret::new(Sha1::digest(input).to_vec());
        output.expose_mut().truncate(self.sizes().prf);
        let mut iv = vec![0; self.cipher.block_len()];
        self.cipher.encrypt(kp.expose(), &mut iv, output.expose_mut())?;
        iv.zeroize();
        Ok(output)
    }
}
