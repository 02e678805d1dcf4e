//! What can go wrong.

use k5_types::EncType;

/// A result of this crate.
pub type Result<T, E = CryptoError> = std::result::Result<T, E>;

/// Why a key could not be made or used. The texts are MIT's for the same cases; no variant holds key bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// No such encryption type, or one that may not do this (single DES encrypts nothing new, a raw type has
    /// no checksum). MIT's `KRB5_BAD_ENCTYPE`.
    #[error("Bad encryption type")]
    UnsupportedEncType(EncType),
    /// A key or seed of another length than its type has. MIT's `KRB5_BAD_KEYSIZE`.
    #[error("Key size is incompatible with encryption type")]
    BadKeyLength {
        /// The key's type.
        enctype: EncType,
        /// The length in bytes that the type has.
        expected: usize,
        /// The length in bytes that came.
        found: usize,
    },
    /// A ciphertext too short for its type or not of whole blocks. MIT's `KRB5_BAD_MSIZE`.
    #[error("Message size is incompatible with encryption type")]
    BadMessageSize,
    /// The wrong key or key usage, or changed data. MIT's `KRB5KRB_AP_ERR_BAD_INTEGRITY`.
    #[error("Decrypt integrity check failed")]
    IntegrityCheckFailed,
    /// String-to-key parameters of a wrong form, or an iteration count outside what is accepted. MIT's
    /// `KRB5_ERR_BAD_S2K_PARAMS`.
    #[error("Invalid key generation parameters from KDC")]
    BadParameters,
    /// A password for an RC4 key that is not UTF-8. MIT's `EINVAL`.
    #[error("Invalid argument")]
    PasswordNotUtf8,
    /// The source of randomness gave nothing; the text is its own.
    #[error("Cannot obtain random bytes: {0}")]
    Random(String),
    /// More output was asked for than the function can give, or a part refused what another part of this
    /// crate gave it. MIT's `KRB5_CRYPTO_INTERNAL`.
    #[error("Cryptosystem internal error")]
    Internal,
}
