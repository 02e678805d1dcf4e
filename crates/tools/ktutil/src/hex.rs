//! Keys in hexadecimal digits, as they are typed.

use k5_types::Secret;

/// Why digits are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadHex {
    /// There are none.
    Empty,
    /// A byte that is no digit.
    Illegal,
    /// A digit is missing or too many.
    Odd,
}

/// The bytes that the digits, of either case, stand for.
pub(crate) fn decode(digits: &[u8]) -> Result<Secret<Vec<u8>>, BadHex> {
    if digits.is_empty() {
        return Err(BadHex::Empty);
    }
    let mut bytes = Secret::new(Vec::with_capacity(digits.len() / 2));
    for pair in digits.chunks(2) {
        let mut value = 0;
        for &digit in pair {
            let digit = char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            value = value << 4 | digit.ok_or(BadHex::Illegal)?;
        }
        bytes.expose_mut().push(value);
    }
    if digits.len().is_multiple_of(2) { Ok(bytes) } else { Err(BadHex::Odd) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits() {
        let of = |text: &str| decode(text.as_bytes()).map(|bytes| bytes.expose().clone());
        assert_eq!(of("00fFaB"), Ok(vec![0, 0xff, 0xab]));
        assert_eq!(of(""), Err(BadHex::Empty));
        assert_eq!(of("012"), Err(BadHex::Odd));
        for text in ["0x01", "01 2", "g0", "0\u{e9}"] {
            assert_eq!(of(text), Err(BadHex::Illegal), "{text}");
        }
    }
}
