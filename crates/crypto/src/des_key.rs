//! DES keys: parity bits and weak keys (RFC 3961 section 6.2 and 6.3.1).

use k5_types::Secret;

/// Makes every byte's number of set bits odd by its lowest bit.
pub(crate) fn fix_parity(key: &mut [u8]) {
    for byte in key {
        *byte = (*byte & 0xfe) | u8::from((*byte >> 1).count_ones() % 2 == 0);
    }
}

/// Replaces a weak or half-weak key by another, as RFC 3961 prescribes: the last byte with its upper half
/// turned over.
pub(crate) fn replace_weak(key: &mut [u8]) {
    if key.len() == 8
        && des::weak_key_test(key).is_err()
        && let Some(last) = key.last_mut()
    {
        *last ^= 0xf0;
    }
}

/// A DES key of eight bytes from seven: the seven keep their upper bits in place, the lowest bits of all make
/// the eighth byte, and parity takes the room of the lowest bits.
pub(crate) fn key_from_56_bits(seed: &[u8]) -> Secret<Vec<u8>> {
    let mut key = Secret::new(Vec::with_capacity(8));
    key.expose_mut().extend_from_slice(seed);
    let last = seed.iter().rev().fold(0, |bits, byte| (bits | (byte & 1)) << 1);
    key.expose_mut().push(last);
    fix_parity(key.expose_mut());
    replace_weak(key.expose_mut());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hex, to_hex};

    #[test]
    fn parity_is_odd() {
        let mut key = hex("00010203fefffe80");
        fix_parity(&mut key);
        assert_eq!(to_hex(&key), "01010202fefefe80");
    }

    #[test]
    fn lowest_bits_make_the_eighth_byte() {
        // Only the first byte has its lowest bit set: bit 1 of the last byte.
        assert_eq!(to_hex(key_from_56_bits(&hex("11202020202020")).expose()), "1020202020202002");
        assert_eq!(to_hex(key_from_56_bits(&hex("10202020202021")).expose()), "1020202020202080");
    }

    #[test]
    fn weak_keys_are_replaced() {
        assert_eq!(to_hex(key_from_56_bits(&[0; 7]).expose()), "01010101010101f1");
        let mut half_weak = hex("01fe01fe01fe01fe");
        replace_weak(&mut half_weak);
        assert_eq!(to_hex(&half_weak), "01fe01fe01fe010e");
        let mut good = hex("0123456789abcdef");
        replace_weak(&mut good);
        assert_eq!(to_hex(&good), "0123456789abcdef");
    }
}
