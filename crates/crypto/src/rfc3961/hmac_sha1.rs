//! Key derivation with n-fold (RFC 3961 section 5.1), and the members of the family that hash with HMAC-SHA1:
//! triple DES and RFC 3962's AES.

use super::n_fold::n_fold;
use super::{Cipher, Scheme};
use crate::Result;
use crate::mac::hmac;
use k5_types::Secret;
use sha1::{Digest, Sha1};
use zeroize::Zeroize;

/// The length of SHA-1's result.
const SHA1_LEN: usize = 20;

/// DK: a key of the same type, derived with a constant. The cipher runs over the folded constant until there
/// are enough bytes for a key.
///
/// # Errors
/// [`CryptoError::Internal`](crate::CryptoError::Internal) if `key` has a wrong length.
pub(crate) fn derive_key(cipher: &dyn Cipher, key: &[u8], constant: &[u8]) -> Result<Secret<Vec<u8>>> {
    let wanted = cipher.seed_len();
    let mut block = Secret::new(vec![0; cipher.block_len()]);
    n_fold(constant, block.expose_mut());
    let mut seed = Secret::new(Vec::with_capacity(wanted));
    while seed.expose().len() < wanted {
        encrypt_alone(cipher, key, block.expose_mut())?;
        let missing = wanted - seed.expose().len();
        seed.expose_mut().extend(block.expose().iter().take(missing));
    }
    Ok(cipher.random_to_key(seed.expose()))
}

/// Encrypts from the initial state and wipes the state after, which repeats bytes that become key.
fn encrypt_alone(cipher: &dyn Cipher, key: &[u8], buf: &mut [u8]) -> Result<()> {
    let mut state = vec![0; cipher.block_len()];
    cipher.encrypt(key, &mut state, buf)?;
    state.zeroize();
    Ok(())
}

/// String-to-key of one member: cipher, password, salt, parameters.
type StringToKey = fn(&dyn Cipher, &[u8], &[u8], Option<&[u8]>) -> Result<Secret<Vec<u8>>>;

/// A member: its cipher, how many bytes of the HMAC it keeps, and its string-to-key.
pub(crate) struct HmacSha1 {
    pub cipher: &'static dyn Cipher,
    pub tag_len: usize,
    pub string_to_key: StringToKey,
}

impl Scheme for HmacSha1 {
    fn cipher(&self) -> &dyn Cipher {
        self.cipher
    }

    fn tag_len(&self) -> usize {
        self.tag_len
    }

    fn prf_len(&self) -> usize {
        SHA1_LEN / self.cipher.block_len() * self.cipher.block_len()
    }

    fn derive_key(&self, key: &[u8], constant: &[u8]) -> Result<Secret<Vec<u8>>> {
        derive_key(self.cipher, key, constant)
    }

    fn tag(&self, key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        let mut tag = hmac::<Sha1>(key, &[data])?.expose().clone();
        tag.truncate(self.tag_len);
        Ok(tag)
    }

    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>> {
        (self.string_to_key)(self.cipher, password, salt, params)
    }

    /// The input's hash, cut to whole blocks and encrypted.
    fn prf(&self, key: &[u8], input: &[u8]) -> Result<Secret<Vec<u8>>> {
        let mut output = Secret::new(Sha1::digest(input).to_vec());
        output.expose_mut().truncate(self.prf_len());
        encrypt_alone(self.cipher, key, output.expose_mut())?;
        Ok(output)
    }
}
