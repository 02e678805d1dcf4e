//! A line and its words.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// A quote opens and none closes it. The message is libss's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbalancedQuotes;

impl UnbalancedQuotes {
    /// What is said after the program's name.
    pub const TEXT: &'static str = "Unbalanced quotes in command line";
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Splits a line at blanks and tabs; no other byte parts words, not even a newline. Between quotes (`"`), which may begin
/// within a word, blanks do not part words, and two quotes are one; there is no other way to write special bytes, a
/// backslash is a backslash. `""` on its own is an empty word.
///
/// # Errors
/// [`UnbalancedQuotes`].
pub fn split(line: &[u8]) -> Result<Vec<OsString>, UnbalancedQuotes> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quoted = false;
    let mut bytes = line.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if quoted && bytes.peek() == Some(&b'"') => {
                bytes.next();
                word.get_or_insert_default().push(byte);
            }
            b'"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            _ if !quoted && is_blank(byte) => words.extend(word.take().map(OsString::from_vec)),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    if quoted {
        return Err(UnbalancedQuotes);
    }
    words.extend(word.map(OsString::from_vec));
    Ok(words)
}

/// The first of a line's words, if it has one, whatever is wrong with those behind it.
pub(crate) fn first_word(line: &[u8]) -> Option<OsString> {
    let (_, line) = leading_blanks(line);
    let mut quoted = false;
    let end = line.iter().position(|byte| {
        quoted ^= *byte == b'"';
        !quoted && is_blank(*byte)
    });
    let word = line.get(..end.unwrap_or(line.len()))?;
    split(word).ok()?.into_iter().next()
}

/// The line without the blanks at its front, and those.
pub(crate) fn leading_blanks(line: &[u8]) -> (&[u8], &[u8]) {
    let end = line.iter().position(|&b| !is_blank(b)).unwrap_or(line.len());
    line.split_at_checked(end).unwrap_or((&[], line))
}

/// What libss shows of an unknown command's name: with quotes it can hold blanks, and then it is the first piece between
/// them.
pub(crate) fn shown_name(word: &[u8]) -> &[u8] {
    let (_, word) = leading_blanks(word);
    word.split(|&b| is_blank(b)).next().unwrap_or(word)
}

/// Writes a word so that [`split`] reads it back.
pub(crate) fn quote(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '"']) {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Option<Vec<String>> {
        let words = split(line.as_bytes()).ok()?;
        Some(words.into_iter().map(|word| word.into_string().unwrap()).collect())
    }

    #[test]
    fn as_libss_splits() {
        let table: [(&str, Option<&[&str]>); 16] = [
            ("", Some(&[])),
            (" \t ", Some(&[])),
            ("a b\tc", Some(&["a", "b", "c"])),
            ("  a  b  ", Some(&["a", "b"])),
            ("a\nb\rc", Some(&["a\nb\rc"])),
            (r#""a b" c"#, Some(&["a b", "c"])),
            (r#"a"b c"d"#, Some(&["ab cd"])),
            (r#""a""b""#, Some(&[r#"a"b"#])),
            (r#""""#, Some(&[""])),
            (r#""" x"#, Some(&["", "x"])),
            (r#""ab"cd"e f""#, Some(&["abcde f"])),
            (r#"a\"b""#, Some(&[r"a\b"])),
            (r#""""""#, Some(&["\""])),
            (r#"""""#, None),
            (r#"getprinc "x"#, None),
            (r#"x""#, None),
        ];
        for (line, wanted) in table {
            let wanted = wanted.map(|words| words.iter().map(ToString::to_string).collect::<Vec<_>>());
            let first = first_word(line.as_bytes()).map(|word| word.into_string().unwrap());
            if let Some(wanted) = &wanted {
                assert_eq!(first.as_ref(), wanted.first(), "{line:?}");
            }
            assert_eq!(words(line), wanted, "{line:?}");
        }
        assert_eq!(first_word(br#"quit "x"#).unwrap(), "quit");
        assert_eq!(first_word(br#""quit x"#), None);
    }

    #[test]
    fn quoting_comes_back() {
        for word in ["a", "", "a b", "a\"b", "\"", "a\tb\"\""] {
            assert_eq!(words(&quote(word)).unwrap(), [word]);
        }
    }
}
