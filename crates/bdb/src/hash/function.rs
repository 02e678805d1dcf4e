//! The hash of a key.

/// Starts at 0; each byte is added to 33 times what was there, modulo 2^32.
pub(crate) fn hash(key: &[u8]) -> u32 {
    key.iter().fold(0, |hash: u32, byte| hash.wrapping_mul(33).wrapping_add(u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_that_every_header_holds() {
        assert_eq!(hash(b"%$sniglet^&\0"), 0x956e_7de3);
        assert_eq!(hash(b""), 0);
    }
}
