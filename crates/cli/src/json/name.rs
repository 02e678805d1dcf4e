//! Names in JSON. Names are bytes, JSON is text; the way from one to the other loses nothing.

use k5_types::Principal;
use serde::Serialize;
use std::fmt::Write;

/// Bytes as text: UTF-8 stands as it is, a backslash is doubled, and a byte that is no UTF-8 becomes `\xHH`. So a
/// component, a realm or a path can be had back from it to the byte.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\\\"));
        push_odd(&mut text, chunk.invalid());
    }
    text
}

/// The same for text in which backslashes quote already, as in [`Principal::unparse`]: they stay. `\xHH` is none of
/// that text's own escapes.
fn quoted_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        push_odd(&mut text, chunk.invalid());
    }
    text
}

fn push_odd(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "\\x{byte:02x}");
    }
}

/// A principal: its text and its parts.
#[derive(Debug, Clone, Serialize)]
pub struct PrincipalJson {
    /// MIT's quoted text with the realm: `host/a.example@EXAMPLE.COM`.
    pub principal: String,
    /// The realm, as [`text`].
    pub realm: String,
    /// The components, each as [`text`].
    pub components: Vec<String>,
    /// The number of the name type (RFC 4120 section 6.2).
    pub name_type: i32,
}

impl From<&Principal> for PrincipalJson {
    fn from(principal: &Principal) -> Self {
        PrincipalJson {
            principal: quoted_text(&principal.unparse()),
            realm: text(principal.realm()),
            components: principal.components().iter().map(|component| text(component)).collect(),
            name_type: principal.name_type().0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader does to have the bytes back.
    fn bytes(text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((&byte, behind)) = rest.split_first() {
            rest = behind;
            match (byte, behind) {
                (b'\\', [b'x', digits @ ..]) => {
                    let digits = std::str::from_utf8(&digits[..2]).unwrap();
                    bytes.push(u8::from_str_radix(digits, 16).unwrap());
                    rest = &behind[3..];
                }
                (b'\\', [b'\\', ..]) => {
                    bytes.push(b'\\');
                    rest = &behind[1..];
                }
                _ => bytes.push(byte),
            }
        }
        bytes
    }

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for name in [&all[..], b"plain", "w\u{e4}ge".as_bytes(), b"w\xe4ge", br"\xe4", b"\\", b"\xf0\x9f\x98"]
        {
            assert_eq!(bytes(&text(name)), name);
        }
        assert_eq!(text(b"a\xe4\\b\n"), "a\\xe4\\\\b\n");
    }

    #[test]
    fn a_principal_in_parts() {
        let json = PrincipalJson::from(&Principal::new("R", [&b"a/b\\c"[..], b"\xff"]));
        assert_eq!(json.principal, r"a\/b\\c/\xff@R");
        assert_eq!(json.realm, "R");
        assert_eq!(json.components, [r"a/b\\c", r"\xff"]);
        assert_eq!(json.name_type, 1);
    }
}
