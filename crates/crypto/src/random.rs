//! Where random bytes come from.

use crate::{CryptoError, Result};
use rand::TryRng;
use rand::rngs::SysRng;

/// A source of random bytes. Keys are only as good as it is; tests bring predictable ones.
pub trait Random {
    /// Fills the whole buffer.
    ///
    /// # Errors
    /// [`CryptoError::Random`]; the buffer's contents must then not be used.
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), CryptoError>;
}

/// The operating system's generator (`getrandom`).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), CryptoError> {
        SysRng.try_fill_bytes(buf).map_err(|error| CryptoError::Random(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_fills_the_buffer() {
        let (mut a, mut b) = ([0; 32], [0; 32]);
        SystemRandom.fill(&mut a).unwrap();
        SystemRandom.fill(&mut b).unwrap();
        assert_ne!(a, [0; 32]);
        assert_ne!(a, b);
    }
}
