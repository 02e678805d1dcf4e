//! The words of a line, as MIT's command language splits it: at blanks and tabs, `"` around what holds some, `""` for
//! one quote inside of quotes.

/// The words; nothing where a quote is not closed or the line is one for the shell (`!`).
pub fn split(line: &str) -> Option<Vec<String>> {
    if line.starts_with('!') {
        return None;
    }
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut bytes = line.chars().peekable();
    while let Some(next) = bytes.next() {
        match next {
            '"' if quoted && bytes.peek() == Some(&'"') => {
                bytes.next();
                word.get_or_insert_default().push('"');
            }
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    (!quoted).then_some(words)
}

/// A word as it must be written to be split off whole.
pub fn quote(word: &str) -> String {
    match word.is_empty() || word.contains([' ', '\t', '"']) {
        true => format!("\"{}\"", word.replace('"', "\"\"")),
        false => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_and_joined_again() {
        let words = |line: &str| split(line).unwrap();
        assert_eq!(words("  a\tb  c "), ["a", "b", "c"]);
        assert_eq!(words(r#"-pw "a ""b""" x"y"z """#), ["-pw", "a \"b\"", "xyz", ""]);
        assert_eq!(split("a \"b"), None);
        assert_eq!(split("!ls"), None);
        for word in ["", "a", "a b", "\"", "a\"\"b", "\t"] {
            assert_eq!(words(&quote(word)), [word]);
        }
    }
}
