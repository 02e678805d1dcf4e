//! Camellia with CMAC (RFC 6803): the simplified profile with another derivation and another keyed hash.

use crate::Result;
use crate::mac::mac;
use crate::profile::iterations;
use crate::rfc3961::{Cipher, Cts, Scheme, Simplified};
use camellia::{Camellia128, Camellia256};
use cmac::Cmac;
use k5_types::Secret;
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;

/// Camellia's block, and so a CMAC.
const BLOCK_LEN: usize = 16;

/// PBKDF2's iterations where the parameters name none (RFC 6803 section 4).
const ITERATIONS: u32 = 32768;

/// CMAC with one size of Camellia.
type Mac = fn(key: &[u8], pieces: &[&[u8]]) -> Result<Secret<Vec<u8>>>;

/// A size of Camellia. The name goes into the salt.
pub(crate) struct CamelliaCmac {
    name: &'static str,
    cipher: &'static dyn Cipher,
    mac: Mac,
}

pub(crate) static CAMELLIA128: Simplified<CamelliaCmac> = Simplified(CamelliaCmac {
    name: "camellia128-cts-cmac",
    cipher: &Cts::<Camellia128>::NEW,
    mac: mac::<Cmac<Camellia128>>,
});

pub(crate) static CAMELLIA256: Simplified<CamelliaCmac> = Simplified(CamelliaCmac {
    name: "camellia256-cts-cmac",
    cipher: &Cts::<Camellia256>::NEW,
    mac: mac::<Cmac<Camellia256>>,
});

impl CamelliaCmac {
    /// String-to-key with any count of iterations.
    fn stretch(&self, password: &[u8], salt: &[u8], count: u32) -> Result<Secret<Vec<u8>>> {
        let salt = [self.name.as_bytes(), &[0], salt].concat();
        let mut stretched = Secret::new(vec![0; self.cipher.key_len()]);
        pbkdf2_hmac::<Sha1>(password, &salt, count, stretched.expose_mut());
        self.derive_key(stretched.expose(), b"kerberos")
    }
}

impl Scheme for CamelliaCmac {
    fn cipher(&self) -> &dyn Cipher {
        self.cipher
    }

    fn tag_len(&self) -> usize {
        BLOCK_LEN
    }

    fn prf_len(&self) -> usize {
        BLOCK_LEN
    }

    /// KDF-FEEDBACK-CMAC (RFC 6803 section 3; NIST SP 800-108): each block is the CMAC of the one before, its
    /// own number, the constant, and the bits wanted in all.
    fn derive_key(&self, key: &[u8], constant: &[u8]) -> Result<Secret<Vec<u8>>> {
        let wanted = self.cipher.seed_len();
        let bits = u32::try_from(wanted * 8).map_err(|_| crate::CryptoError::Internal)?.to_be_bytes();
        let mut output = Secret::new(Vec::with_capacity(wanted));
        let mut block = Secret::new(vec![0; BLOCK_LEN]);
        for number in 1u32.. {
            block = (self.mac)(key, &[block.expose(), &number.to_be_bytes(), constant, &[0], &bits])?;
            let missing = wanted - output.expose().len();
            output.expose_mut().extend(block.expose().iter().take(missing));
            if output.expose().len() == wanted {
                break;
            }
        }
        Ok(output)
    }

    fn tag(&self, key: &[u8], data: &[u8]) -> Result<Vec<u8>> {
        Ok((self.mac)(key, &[data])?.expose().clone())
    }

    fn string_to_key(&self, password: &[u8], salt: &[u8], params: Option<&[u8]>) -> Result<Secret<Vec<u8>>> {
        self.stretch(password, salt, iterations(params, ITERATIONS)?)
    }

    fn prf(&self, key: &[u8], input: &[u8]) -> Result<Secret<Vec<u8>>> {
        (self.mac)(key, &[input])
    }
}

#[cfg(test)]
mod tests;
