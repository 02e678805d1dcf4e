//! Triple DES: des3-cbc-sha1 (RFC 3961 section 6.3), and the bare cipher that MIT calls des3-cbc-raw.

use super::n_fold::n_fold;
use super::{Cipher, HmacSha1, Simplified, derive_key};
use crate::des_key::key_from_56_bits;
use crate::mode::{cbc_decrypt, cbc_encrypt};
use crate::profile::{Profile, Sizes, UsageKeys};
use crate::{CryptoError, Result};
use des::TdesEde3;
use k5_types::Secret;

/// DES's block.
const BLOCK_LEN: usize = 8;
/// Three DES keys with their parity bits.
const KEY_LEN: usize = 24;
/// Three DES keys without.
const SEED_LEN: usize = 21;

pub(crate) static DES3_CBC_SHA1: Simplified<HmacSha1> =
    Simplified(HmacSha1 { cipher: &Des3Cbc, tag_len: 20, string_to_key });

pub(crate) static DES3_CBC_RAW: Des3Raw = Des3Raw;

struct Des3Cbc;

impl Cipher for Des3Cbc {
    fn key_len(&self) -> usize {
        KEY_LEN
    }

    fn seed_len(&self) -> usize {
        SEED_LEN
    }

    fn block_len(&self) -> usize {
        BLOCK_LEN
    }

    fn message_block(&self) -> usize {
        BLOCK_LEN
    }

    fn random_to_key(&self, seed: &[u8]) -> Secret<Vec<u8>> {
        let mut key = Secret::new(Vec::with_capacity(KEY_LEN));
        for third in seed.chunks(7) {
            key.expose_mut().extend_from_slice(key_from_56_bits(third).expose());
        }
        key
    }

    fn encrypt(&self, key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()> {
        cbc_encrypt::<TdesEde3>(key, iv, buf)
    }

    fn decrypt(&self, key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()> {
        cbc_decrypt::<TdesEde3>(key, iv, buf)
    }
}

fn string_to_key(
    cipher: &dyn Cipher,
    password: &[u8],
    salt: &[u8],
    params: Option<&[u8]>,
) -> Result<Secret<Vec<u8>>> {
    if params.is_some_and(|params| !params.is_empty()) {
        return Err(CryptoError::BadParameters);
    }
    let input = Secret::new([password, salt].concat());
    let mut seed = Secret::new(vec![0; SEED_LEN]);
    n_fold(input.expose(), seed.expose_mut());
    derive_key(cipher, cipher.random_to_key(seed.expose()).expose(), b"kerberos")
}

/// The cipher under the key itself, with neither confounder nor checksum: a changed ciphertext goes unseen.
pub(crate) struct Des3Raw;

impl Profile for Des3Raw {
    fn sizes(&self) -> Sizes {
        Sizes {
            key: KEY_LEN,
            seed: SEED_LEN,
            state: BLOCK_LEN,
            confounder: 0,
            header: 0,
            trailer: 0,
            block: BLOCK_LEN,
            checksum: 0,
            prf: 0,
        }
    }

    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>> {
        string_to_key(&Des3Cbc, password, salt, params)
    }

    fn random_to_key(&self, seed: &[u8]) -> Secret<Vec<u8>> {
        Des3Cbc.random_to_key(seed)
    }

    fn encrypt(
        &self,
        keys: &UsageKeys,
        _usage: u32,
        state: &mut [u8],
        _confounder: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>> {
        let mut message = self.sizes().message(&[plain]);
        Des3Cbc.encrypt(keys.encryption.expose(), state, message.expose_mut())?;
        Ok(std::mem::take(message.expose_mut()))
    }

    fn decrypt(
        &self,
        keys: &UsageKeys,
        _usage: u32,
        state: &mut [u8],
        cipher: &[u8],
    ) -> Result<Secret<Vec<u8>>> {
        let mut message = Secret::new(cipher.to_vec());
        Des3Cbc.decrypt(keys.encryption.expose(), state, message.expose_mut())?;
        Ok(message)
    }
}
