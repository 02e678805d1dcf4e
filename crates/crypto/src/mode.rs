//! Block ciphers in the modes that Kerberos uses: CBC, and CBC with ciphertext stealing.

use crate::{CryptoError, Result};
use cbc::cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser,
    KeyInit, KeyIvInit,
};
use cts::{Decrypt, Encrypt};

/// Encrypts `buf` in CBC mode and leaves the last ciphertext block in `iv`.
///
/// # Errors
/// [`CryptoError::BadMessageSize`] if `buf` is not of whole blocks, [`CryptoError::Internal`] if the key or
/// `iv` has a wrong length.
pub(crate) fn cbc_encrypt<C>(key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()>
where
    C: BlockCipherEncrypt + KeyInit,
{
    let mut mode = cbc::Encryptor::<C>::new_from_slices(key, iv).map_err(|_| CryptoError::Internal)?;
    let (blocks, rest) = Array::slice_as_chunks_mut(buf);
    if !rest.is_empty() {
        return Err(CryptoError::BadMessageSize);
    }
    mode.encrypt_blocks(blocks);
    if let Some(last) = blocks.last() {
        iv.copy_from_slice(last);
    }
    Ok(())
}

/// Decrypts `buf` in CBC mode and leaves the last ciphertext block in `iv`.
///
/// # Errors
/// As [`cbc_encrypt`].
pub(crate) fn cbc_decrypt<C>(key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()>
where
    C: BlockCipherDecrypt + KeyInit,
{
    let mut mode = cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| CryptoError::Internal)?;
    let (blocks, rest) = Array::slice_as_chunks_mut(buf);
    if !rest.is_empty() {
        return Err(CryptoError::BadMessageSize);
    }
    let last = blocks.last().cloned();
    mode.decrypt_blocks(blocks);
    if let Some(last) = last {
        iv.copy_from_slice(&last);
    }
    Ok(())
}

/// Encrypts `buf`, one block or more, in CBC mode with ciphertext stealing, the last two blocks always
/// exchanged (RFC 3962 section 5; CBC-CS3), and leaves the next cipher state in `iv`.
///
/// A single block is plain CBC. The `cts` crate encrypts it twice, so it does not come to see it.
///
/// # Errors
/// [`CryptoError::BadMessageSize`] if `buf` is shorter than a block, [`CryptoError::Internal`] if the key or
/// `iv` has a wrong length.
pub(crate) fn cts_encrypt<C>(key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()>
where
    C: BlockCipherEncrypt + KeyInit,
{
    if buf.is_empty() {
        return Err(CryptoError::BadMessageSize);
    }
    if buf.len() <= C::block_size() {
        return cbc_encrypt::<C>(key, iv, buf);
    }
    let mode = cts::CbcCs3::<C>::new_from_slices(key, iv).map_err(|_| CryptoError::Internal)?;
    mode.encrypt(buf).map_err(|_| CryptoError::BadMessageSize)?;
    next_state::<C>(iv, buf);
    Ok(())
}

/// Undoes [`cts_encrypt`].
///
/// # Errors
/// As [`cts_encrypt`].
pub(crate) fn cts_decrypt<C>(key: &[u8], iv: &mut [u8], buf: &mut [u8]) -> Result<()>
where
    C: BlockCipherDecrypt + KeyInit,
{
    if buf.is_empty() {
        return Err(CryptoError::BadMessageSize);
    }
    if buf.len() <= C::block_size() {
        return cbc_decrypt::<C>(key, iv, buf);
    }
    let mode = cts::CbcCs3::<C>::new_from_slices(key, iv).map_err(|_| CryptoError::Internal)?;
    next_state::<C>(iv, buf);
    mode.decrypt(buf).map_err(|_| CryptoError::BadMessageSize)
}

/// The state after a message: its last whole ciphertext block before the exchange, which is the last but one
/// as it is sent.
fn next_state<C: BlockSizeUser>(iv: &mut [u8], ciphertext: &[u8]) {
    let mut blocks = ciphertext.chunks(C::block_size()).rev();
    if let Some(state) = blocks.nth(1).filter(|state| state.len() == iv.len()) {
        iv.copy_from_slice(state);
    }
}
