//! AES with HMAC-SHA1-96 (RFC 3962).

use crate::Result;
use crate::profile::iterations;
use crate::rfc3961::{Cipher, Cts, HmacSha1, Simplified, derive_key};
use aes::{Aes128, Aes256};
use k5_types::Secret;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;

/// 96 bits of HMAC-SHA1.
const TAG_LEN: usize = 12;

/// PBKDF2's iterations where the parameters name none (RFC 3962 section 4).
const ITERATIONS: u32 = 4096;

pub(crate) static AES128: Simplified<HmacSha1> =
    Simplified(HmacSha1 { cipher: &Cts::<Aes128>::NEW, tag_len: TAG_LEN, string_to_key });

pub(crate) static AES256: Simplified<HmacSha1> =
    Simplified(HmacSha1 { cipher: &Cts::<Aes256>::NEW, tag_len: TAG_LEN, string_to_key });

fn string_to_key(
    cipher: &dyn Cipher,
    password: &[u8],
    salt: &[u8],
    params: Option<&[u8]>,
) -> Result<Secret<Vec<u8>>> {
    stretch(cipher, password, salt, iterations(params, ITERATIONS)?)
}

/// String-to-key with any count of iterations.
fn stretch(cipher: &dyn Cipher, password: &[u8], salt: &[u8], count: u32) -> Result<Secret<Vec<u8>>> {
    let mut stretched = Secret::new(vec![0; cipher.key_len()]);
    pbkdf2_hmac::<Sha1>(password, salt, count, stretched.expose_mut());
    derive_key(cipher, stretched.expose(), b"kerberos")
}

#[cfg(test)]
mod tests;
