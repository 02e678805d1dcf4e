//! Single DES (RFC 3961 section 6.2), to read what old realms hold: master keys from passwords, and messages.
//! Nothing is encrypted or signed with it any more, and no key is made at random.

use crate::des_key::{fix_parity, key_from_56_bits, replace_weak};
use crate::mode::{cbc_decrypt, cbc_encrypt};
use crate::profile::{Profile, Sizes, UsageKeys};
use crate::{CryptoError, Result};
use crc::{Algorithm, Crc};
use des::Des;
use k5_types::{Secret, constant_time_eq};
use md4::Md4;
use md5::{Digest, Md5};

/// A key and a block.
const LEN: usize = 8;

/// CRC-32 as RFC 3961 section 6.1.3 changes it: nothing is inverted, neither at the start nor at the end.
static KERBEROS_CRC: Algorithm<u32> = Algorithm {
    width: 32,
    poly: 0x04c1_1db7,
    init: 0,
    refin: true,
    refout: true,
    xorout: 0,
    check: 0x2dfd_2d88,
    residue: 0,
};

/// A member of the family: the hash inside its messages.
pub(crate) struct SingleDes {
    hash: fn(&[u8]) -> Vec<u8>,
    hash_len: usize,
    /// Whether the key is the initial state, which is zeros otherwise.
    key_as_state: bool,
}

pub(crate) static DES_CBC_CRC: SingleDes = SingleDes { hash: crc, hash_len: 4, key_as_state: true };

pub(crate) static DES_CBC_MD4: SingleDes =
    SingleDes { hash: |data| Md4::digest(data).to_vec(), hash_len: 16, key_as_state: false };

pub(crate) static DES_CBC_MD5: SingleDes =
    SingleDes { hash: |data| Md5::digest(data).to_vec(), hash_len: 16, key_as_state: false };

fn crc(data: &[u8]) -> Vec<u8> {
    Crc::<u32>::new(&KERBEROS_CRC).checksum(data).to_le_bytes().to_vec()
}

impl Profile for SingleDes {
    fn sizes(&self) -> Sizes {
        Sizes {
            key: LEN,
            seed: LEN - 1,
            state: LEN,
            confounder: LEN,
            header: LEN + self.hash_len,
            trailer: 0,
            block: LEN,
            checksum: 0,
            prf: 0,
        }
    }

    fn read_only(&self) -> bool {
        true
    }

    fn initial_state(&self, key: &[u8]) -> Vec<u8> {
        if self.key_as_state { key.to_vec() } else { vec![0; LEN] }
    }

    /// RFC 3961 section 6.2's `mit_des_string_to_key`. Parameters may name type 0, which is the default; type
    /// 1, of the Andrew File System, is not known.
    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>> {
        if !matches!(params, None | Some([] | [0])) {
            return Err(CryptoError::BadParameters);
        }
        let mut input = Secret::new(Vec::with_capacity(password.len() + salt.len() + LEN));
        input.expose_mut().extend_from_slice(password);
        input.expose_mut().extend_from_slice(salt);
        let padded = input.expose().len().next_multiple_of(LEN);
        input.expose_mut().resize(padded, 0);
        let folded = fan_fold(input.expose());
        // The last ciphertext block, which the state becomes, is a keyed hash of it all.
        let mut key = folded.duplicate();
        cbc_encrypt::<Des>(folded.expose(), key.expose_mut(), input.expose_mut())?;
        fix_parity(key.expose_mut());
        replace_weak(key.expose_mut());
        Ok(key)
    }

    fn random_to_key(&self, seed: &[u8]) -> Secret<Vec<u8>> {
        key_from_56_bits(seed)
    }

    fn encrypt(&self, _: &UsageKeys, _: u32, _: &mut [u8], _: &[u8], _: &[u8]) -> Result<Vec<u8>> {
        Err(CryptoError::Internal)
    }

    fn decrypt(
        &self,
        keys: &UsageKeys,
        _usage: u32,
        state: &mut [u8],
        cipher: &[u8],
    ) -> Result<Secret<Vec<u8>>> {
        let header = self.sizes().header;
        if cipher.len() < header || !cipher.len().is_multiple_of(LEN) {
            return Err(CryptoError::BadMessageSize);
        }
        let mut message = Secret::new(cipher.to_vec());
        cbc_decrypt::<Des>(keys.encryption.expose(), state, message.expose_mut())?;
        let tag = message.expose_mut().get_mut(LEN..header).ok_or(CryptoError::Internal)?;
        let found = tag.to_vec();
        // The hash was taken with zeros in its own place.
        tag.fill(0);
        if !constant_time_eq(&(self.hash)(message.expose()), &found) {
            return Err(CryptoError::IntegrityCheckFailed);
        }
        message.expose_mut().drain(..header);
        Ok(message)
    }
}

/// Folds blocks of eight bytes into one key: the seven low bits of each byte make 56 bits, every second block
/// is read from its end, all are added up without carry and spread over the upper bits of eight bytes.
fn fan_fold(blocks: &[u8]) -> Secret<Vec<u8>> {
    let mut sum = Secret::new(0u64);
    for (index, block) in blocks.chunks(LEN).enumerate() {
        let bits = block.iter().fold(0u64, |bits, byte| (bits << 7) | u64::from(byte & 0x7f));
        *sum.expose_mut() ^= if index % 2 == 0 { bits } else { bits.reverse_bits() >> 8 };
    }
    let bytes = (0..LEN).rev().map(|place| (sum.expose() >> (7 * place)).to_le_bytes()[0] << 1);
    let mut key = Secret::new(bytes.collect::<Vec<u8>>());
    fix_parity(key.expose_mut());
    replace_weak(key.expose_mut());
    key
}

#[cfg(test)]
mod tests;
