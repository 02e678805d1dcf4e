//! AES with HMAC-SHA1-96 (RFC 3962).

use crate::Result;
use crate::profile::iterations;
use crate::rfc3961::{Cts, Simplified, derive_key};
use aes::{Aes128, Aes256};
use k5_types::Secret;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;

/// 96 bits of HMAC-SHA1.
const TAG_LEN: usize = 12;

/// PBKDF2's iterations where the parameters name none (RFC 3962 section 4).
const ITERATIONS: u32 = 4096;

pub(crate) static AES128: Simplified =
    Simplified { cipher: &Cts::<Aes128>::NEW, tag_len: TAG_LEN, string_to_key };

pub(crate) static AES256: Simplified =
    Simplified { cipher: &Cts::<Aes256>::NEW, tag_len: TAG_LEN, string_to_key };

fn string_to_key(
    profile: &Simplified,
    password: &[u8],
    salt: &[u8],
    params: Option<&[u8]>,
) -> Result<Secret<Vec<u8>>> {
    stretch(profile, password, salt, iterations(params, ITERATIONS)?)
}

/// String-to-key with any count of iterations.
fn stretch(profile: &Simplified, password: &[u8], salt: &[u8], count: u32) -> Result<Secret<Vec<u8>>> {
    let mut stretched = Secret::new(vec![0; profile.cipher.key_len()]);
    pbkdf2_hmac::<Sha1>(password, salt, count, stretched.expose_mut());
    derive_key(profile.cipher, stretched.expose(), b"kerberos")
}

#[cfg(test)]
mod tests;
