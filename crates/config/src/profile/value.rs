//! One value of a profile, with the place it stands at, and MIT's readings of it.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::syntax::is_space;
use crate::Origin;

/// A relation's value: bytes, for nothing says that a configuration file is UTF-8.
#[derive(Clone, Copy, Debug)]
pub struct Value<'p> {
    pub(super) bytes: &'p [u8],
    pub(super) file: &'p Path,
    pub(super) line: u32,
}

impl<'p> Value<'p> {
    /// The bytes, after quotes and escapes were taken away.
    pub fn bytes(&self) -> &'p [u8] {
        self.bytes
    }

    /// The value as a file name.
    pub fn path(&self) -> &'p Path {
        Path::new(OsStr::from_bytes(self.bytes))
    }

    /// The value for messages, with U+FFFD for what is not UTF-8.
    pub fn text(&self) -> Cow<'p, str> {
        String::from_utf8_lossy(self.bytes)
    }

    /// Where the value stands.
    pub fn origin(&self) -> Origin {
        Origin::new(self.file, self.line)
    }

    /// The value as a boolean, in the spellings of `[libdefaults]` and `[dbmodules]`: `y yes true t 1 on` and
    /// `n no false nil 0 off`, letter case aside. `None` for anything else.
    pub fn boolean(&self) -> Option<bool> {
        let is = |word: &&str| self.bytes.eq_ignore_ascii_case(word.as_bytes());
        if ["y", "yes", "true", "t", "1", "on"].iter().any(is) {
            Some(true)
        } else if ["n", "no", "false", "nil", "0", "off"].iter().any(is) {
            Some(false)
        } else {
            None
        }
    }

    /// The value as a boolean of the realm variables that kadmin reads, which also take `f`.
    pub fn kadmin_boolean(&self) -> Option<bool> {
        if self.bytes.eq_ignore_ascii_case(b"f") { Some(false) } else { self.boolean() }
    }

    /// The value as a decimal `int`: white space, a sign and digits, and nothing behind them.
    pub fn integer(&self) -> Option<i32> {
        let (number, rest) = leading_integer(self.bytes)?;
        if rest.is_empty() { i32::try_from(number).ok() } else { None }
    }

    /// The value as `sscanf("%d")` reads it, which is how kadmin takes its ports and sizes: text behind the
    /// digits does not matter.
    pub fn scanned_integer(&self) -> Option<i32> {
        let (number, _) = leading_integer(self.bytes)?;
        i32::try_from(number).ok()
    }
}

fn leading_integer(text: &[u8]) -> Option<(i64, &[u8])> {
    let start = text.iter().position(|&b| !is_space(b))?;
    let text = text.get(start..)?;
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let end = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    if digits.is_empty() {
        return None;
    }
    let mut number: i64 = 0;
    for &d in digits {
        number = number.checked_mul(10)?.checked_add(i64::from(d - b'0'))?;
    }
    Some((if negative { -number } else { number }, rest))
}
