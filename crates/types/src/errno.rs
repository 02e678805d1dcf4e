//! System errors in the words of `strerror`.

use std::io;

/// The text that MIT's programs show for a system error: `No such file or directory`, without the number that
/// Rust adds.
#[must_use]
pub fn errno_text(error: &io::Error) -> String {
    let text = error.to_string();
    match error.raw_os_error() {
        Some(code) => text.strip_suffix(&format!(" (os error {code})")).map_or(text.clone(), str::to_owned),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_carry_no_number() {
        assert_eq!(errno_text(&io::Error::from_raw_os_error(2)), "No such file or directory");
        assert_eq!(errno_text(&io::Error::from_raw_os_error(13)), "Permission denied");
        assert_eq!(errno_text(&io::Error::other("mine (os error 2)")), "mine (os error 2)");
    }
}
