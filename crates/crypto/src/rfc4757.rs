//! RC4 with HMAC-MD5 (RFC 4757), as Windows made it, and its export form.

use crate::mac::hmac;
use crate::profile::{Profile, Sizes, UsageKeys};
use crate::{CryptoError, Result};
use k5_types::{Secret, constant_time_eq};
use md4::Md4;
use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};
use sha1::Sha1;
use zeroize::{Zeroize, Zeroizing};

/// A key, an HMAC-MD5, an MD4 hash.
const KEY_LEN: usize = 16;
/// The confounder.
const CONFOUNDER_LEN: usize = 8;
/// How many bytes of an export key are secret.
const EXPORT_LEN: usize = 7;
/// What the other bytes are.
const EXPORT_FILL: u8 = 0xab;

pub(crate) static RC4_HMAC: Rc4Hmac = Rc4Hmac { export: false };

pub(crate) static RC4_HMAC_EXP: Rc4Hmac = Rc4Hmac { export: true };

/// Either form.
pub(crate) struct Rc4Hmac {
    export: bool,
}

/// Microsoft's number for a key usage (RFC 4757 section 3).
fn microsoft_usage(usage: u32) -> u32 {
    match usage {
        3 => 8,
        23 => 13,
        other => other,
    }
}

impl Rc4Hmac {
    /// K2 of the RFC: the key for this usage, which also makes the checksum.
    fn usage_key(&self, key: &[u8], microsoft_usage: u32) -> Result<Secret<Vec<u8>>> {
        let usage = microsoft_usage.to_le_bytes();
        if self.export { hmac::<Md5>(key, &[b"fortybits\0", &usage]) } else { hmac::<Md5>(key, &[&usage]) }
    }

    /// K3 of the RFC: the key that encrypts a message with this checksum.
    fn message_key(&self, usage_key: &Secret<Vec<u8>>, tag: &[u8]) -> Result<Secret<Vec<u8>>> {
        let mut key = usage_key.duplicate();
        if self.export
            && let Some(public) = key.expose_mut().get_mut(EXPORT_LEN..)
        {
            public.fill(EXPORT_FILL);
        }
        hmac::<Md5>(key.expose(), &[tag])
    }

    fn open(&self, key: &[u8], usage: u32, tag: &[u8], body: &[u8]) -> Result<Secret<Vec<u8>>> {
        let usage_key = self.usage_key(key, usage)?;
        let mut message = Secret::new(body.to_vec());
        rc4(self.message_key(&usage_key, tag)?.expose(), message.expose_mut())?;
        if !constant_time_eq(hmac::<Md5>(usage_key.expose(), &[message.expose()])?.expose(), tag) {
            return Err(CryptoError::IntegrityCheckFailed);
        }
        message.expose_mut().drain(..CONFOUNDER_LEN);
        Ok(message)
    }
}

fn rc4(key: &[u8], buf: &mut [u8]) -> Result<()> {
    let mut cipher = Rc4::new_from_slice(key).map_err(|_| CryptoError::Internal)?;
    cipher.try_apply_keystream(buf).map_err(|_| CryptoError::Internal)
}

impl Profile for Rc4Hmac {
    fn sizes(&self) -> Sizes {
        Sizes {
            key: KEY_LEN,
            seed: KEY_LEN,
            state: 0,
            confounder: CONFOUNDER_LEN,
            header: KEY_LEN + CONFOUNDER_LEN,
            trailer: 0,
            block: 1,
            checksum: KEY_LEN,
            prf: 20,
        }
    }

    /// MD4 of the password in UTF-16: Windows's "NT hash". The salt does not enter.
    fn string_to_key(&self, password: &[u8], _salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>> {
        if params.is_some() {
            return Err(CryptoError::BadParameters);
        }
        let text = std::str::from_utf8(password).map_err(|_| CryptoError::PasswordNotUtf8)?;
        // UTF-16 has at most one unit for each byte of UTF-8, so the vector never grows.
        let mut wide = Zeroizing::new(Vec::with_capacity(password.len() * 2));
        wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let mut hash = Md4::digest(&*wide);
        let key = Secret::new(hash.to_vec());
        hash.as_mut_slice().zeroize();
        Ok(key)
    }

    fn encrypt(
        &self,
        keys: &UsageKeys,
        usage: u32,
        _state: &mut [u8],
        confounder: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>> {
        let usage_key = self.usage_key(keys.encryption.expose(), microsoft_usage(usage))?;
        let tag = hmac::<Md5>(usage_key.expose(), &[confounder, plain])?;
        let mut message = self.sizes().message(&[tag.expose(), confounder, plain]);
        let body = message.expose_mut().get_mut(KEY_LEN..).ok_or(CryptoError::Internal)?;
        rc4(self.message_key(&usage_key, tag.expose())?.expose(), body)?;
        Ok(std::mem::take(message.expose_mut()))
    }

    fn decrypt(
        &self,
        keys: &UsageKeys,
        usage: u32,
        _state: &mut [u8],
        cipher: &[u8],
    ) -> Result<Secret<Vec<u8>>> {
        let key = keys.encryption.expose();
        if cipher.len() < self.sizes().header {
            return Err(CryptoError::BadMessageSize);
        }
        let (tag, body) = cipher.split_at_checked(KEY_LEN).ok_or(CryptoError::BadMessageSize)?;
        match self.open(key, microsoft_usage(usage), tag, body) {
            // The RFC says 8 for a TGS reply under a subkey, Windows says 9. Both are met.
            Err(CryptoError::IntegrityCheckFailed) if usage == 9 => self.open(key, 8, tag, body),
            result => result,
        }
    }

    fn checksum(&self, key: &[u8], usage: u32, data: &[u8]) -> Result<Vec<u8>> {
        let signing_key = hmac::<Md5>(key, &[b"signaturekey\0"])?;
        let hash =
            Md5::new().chain_update(microsoft_usage(usage).to_le_bytes()).chain_update(data).finalize();
        Ok(hmac::<Md5>(signing_key.expose(), &[&hash])?.expose().clone())
    }

    fn prf(&self, key: &[u8], input: &[u8]) -> Result<Secret<Vec<u8>>> {
        hmac::<Sha1>(key, &[input])
    }
}

#[cfg(test)]
mod tests;
