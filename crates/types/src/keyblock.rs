//! A key with its encryption type.

use crate::{EncType, Secret};

/// An encryption type and the bytes of a key for it (RFC 4120 section 5.2.9, EncryptionKey). The length is
/// not checked here: keytabs carry keys of types that nobody knows.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyBlock {
    /// Encryption type.
    pub enctype: EncType,
    /// The key's bytes.
    pub contents: Secret<Vec<u8>>,
}

impl KeyBlock {
    /// A key from its parts.
    #[must_use]
    pub fn new(enctype: EncType, contents: Vec<u8>) -> Self {
        KeyBlock { enctype, contents: Secret::new(contents) }
    }

    /// A second copy, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        KeyBlock { enctype: self.enctype, contents: self.contents.duplicate() }
    }
}
