//! Numbers as C reads them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// C's `atoi`: the number that a text begins with, 0 where it begins with none.
#[must_use]
pub fn leading_number(text: &OsStr) -> i64 {
    let text = text.as_bytes().trim_ascii_start();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let value =
        digits.fold(0i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_c_reads_them() {
        for (text, number) in [("12", 12), (" 7x", 7), ("-3", -3), ("+4", 4), ("x", 0), ("", 0)] {
            assert_eq!(leading_number(OsStr::new(text)), number, "{text:?}");
        }
    }
}
