//! AES with SHA-2 (RFC 8009): encrypt, then hash the ciphertext.

use crate::mac::hmac;
use crate::profile::{Profile, Purpose, Sizes, UsageKeys, iterations, usage_constant};
use crate::rfc3961::{Cipher, Cts};
use crate::{CryptoError, Result};
use aes::{Aes128, Aes256};
use k5_types::{Secret, constant_time_eq};
use pbkdf2::pbkdf2_hmac;
use sha2::{Sha256, Sha384};

/// PBKDF2's iterations where the parameters name none (RFC 8009 section 4).
const ITERATIONS: u32 = 32768;

/// HMAC with one size of SHA-2.
type Mac = fn(key: &[u8], pieces: &[&[u8]]) -> Result<Secret<Vec<u8>>>;

/// PBKDF2 with the same: password, salt, iterations, output.
type Stretch = fn(&[u8], &[u8], u32, &mut [u8]);

/// A size of AES with its hash. The name goes into the salt.
pub(crate) struct AesSha2 {
    name: &'static str,
    cipher: &'static dyn Cipher,
    mac: Mac,
    stretch: Stretch,
    /// The hash's length; half of it is kept as checksum, and a key for checksums has that length too.
    hash_len: usize,
}

pub(crate) static AES128: AesSha2 = AesSha2 {
    name: "aes128-cts-hmac-sha256-128",
    cipher: &Cts::<Aes128>::NEW,
    mac: hmac::<Sha256>,
    stretch: pbkdf2_hmac::<Sha256>,
    hash_len: 32,
};

pub(crate) static AES256: AesSha2 = AesSha2 {
    name: "aes256-cts-hmac-sha384-192",
    cipher: &Cts::<Aes256>::NEW,
    mac: hmac::<Sha384>,
    stretch: pbkdf2_hmac::<Sha384>,
    hash_len: 48,
};

impl AesSha2 {
    fn tag_len(&self) -> usize {
        self.hash_len / 2
    }

    /// KDF-HMAC-SHA2 (RFC 8009 section 3; NIST SP 800-108 in counter mode). One block is always enough.
    fn derive(&self, key: &[u8], label: &[u8], context: &[u8], length: usize) -> Result<Secret<Vec<u8>>> {
        let bits = u32::try_from(length * 8).map_err(|_| CryptoError::Internal)?.to_be_bytes();
        let mut output = (self.mac)(key, &[&1u32.to_be_bytes(), label, &[0], context, &bits])?;
        output.expose_mut().truncate(length);
        Ok(output)
    }

    fn usage_key(&self, key: &[u8], usage: u32, purpose: Purpose) -> Result<Secret<Vec<u8>>> {
        let length = match purpose {
            Purpose::Encryption => self.cipher.key_len(),
            Purpose::Checksum | Purpose::Integrity => self.tag_len(),
        };
        self.derive(key, &usage_constant(usage, purpose), &[], length)
    }

    fn tag(&self, key: &[u8], pieces: &[&[u8]]) -> Result<Vec<u8>> {
        let mut tag = (self.mac)(key, pieces)?.expose().clone();
        tag.truncate(self.tag_len());
        Ok(tag)
    }
}

impl Profile for AesSha2 {
    fn sizes(&self) -> Sizes {
        let block = self.cipher.block_len();
        Sizes {
            key: self.cipher.key_len(),
            seed: self.cipher.seed_len(),
            state: block,
            confounder: block,
            header: block,
            trailer: self.tag_len(),
            block: 1,
            checksum: self.tag_len(),
            prf: self.hash_len,
        }
    }

    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>> {
        let salt = [self.name.as_bytes(), &[0], salt].concat();
        let mut stretched = Secret::new(vec![0; self.cipher.key_len()]);
        (self.stretch)(password, &salt, iterations(params, ITERATIONS)?, stretched.expose_mut());
        self.derive(stretched.expose(), b"kerberos", &[], self.cipher.key_len())
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
        let before = state.to_vec();
        let mut message = self.sizes().message(&[confounder, plain]);
        self.cipher.encrypt(keys.encryption.expose(), state, message.expose_mut())?;
        let tag = self.tag(keys.integrity.expose(), &[&before, message.expose()])?;
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
        if !constant_time_eq(&self.tag(keys.integrity.expose(), &[state, body])?, tag) {
            return Err(CryptoError::IntegrityCheckFailed);
        }
        let mut message = Secret::new(body.to_vec());
        self.cipher.decrypt(keys.encryption.expose(), state, message.expose_mut())?;
        message.expose_mut().drain(..sizes.header);
        Ok(message)
    }

    fn checksum(&self, key: &[u8], usage: u32, data: &[u8]) -> Result<Vec<u8>> {
        let kc = self.usage_key(key, usage, Purpose::Checksum)?;
        self.tag(kc.expose(), &[data])
    }

    fn prf(&self, key: &[u8], input: &[u8]) -> Result<Secret<Vec<u8>>> {
        self.derive(key, b"prf", input, self.hash_len)
    }
}

#[cfg(test)]
mod tests;
