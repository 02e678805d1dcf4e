//! Extended regular expressions of POSIX, as `dump` takes them for names.
//!
//! A name matches if an expression matches the whole of it, so that which of several matches is the longest does not
//! matter, and an expression can be rewritten in the language of the crate `regex`, whose time does not grow out of hand.
//! Names are bytes. Errors have the texts of the GNU library.

use regex::bytes::{Regex, RegexBuilder};

/// An expression that whole names are matched against.
#[derive(Debug)]
pub struct Pattern(Regex);

const PARENTHESIS: &str = "Unmatched ( or \\(";
const BRACKET: &str = "Unmatched [, [^, [:, [., or [=";
const NOTHING_TO_REPEAT: &str = "Invalid preceding regular expression";
const BAD_BRACES: &str = "Invalid content of \\{\\}";
/// Most repetitions in braces.
const REPEAT_LIMIT: u32 = 255;

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(expression: &[u8]) -> Result<Pattern, String> {
        let translated = Translation { rest: expression, out: String::new() }.run()?;
        let regex = RegexBuilder::new(&translated).unicode(false).dot_matches_new_line(true).build();
        regex.map(Pattern).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "Regular expression too big".to_owned(),
            _ => "Invalid regular expression".to_owned(),
        })
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &[u8]) -> bool {
        self.0.is_match(name)
    }
}

struct Translation<'e> {
    rest: &'e [u8],
    out: String,
}

impl Translation<'_> {
    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn next_if(&mut self, wanted: u8) -> bool {
        let found = self.rest.first() == Some(&wanted);
        if found {
            self.next();
        }
        found
    }

    fn run(mut self) -> Result<String, String> {
        self.out.push_str("\\A(?:");
        // Where each open group begins, and where the last thing that can be repeated does.
        let mut groups: Vec<usize> = Vec::new();
        let mut atom: Option<usize> = None;
        while let Some(byte) = self.next() {
            let at = self.out.len();
            match byte {
                b'(' => {
                    groups.push(at);
                    self.out.push_str("(?:");
                    atom = None;
                    continue;
                }
                b')' => match groups.pop() {
                    Some(begin) => {
                        self.out.push(')');
                        atom = Some(begin);
                        continue;
                    }
                    None => self.literal(byte),
                },
                b'|' => {
                    self.out.push('|');
                    atom = None;
                    continue;
                }
                b'*' | b'+' | b'?' | b'{' => {
                    let begin = atom.ok_or(NOTHING_TO_REPEAT)?;
                    let times = if byte == b'{' { self.braces()? } else { char::from(byte).to_string() };
                    // In a group of its own: two operators in a row mean something else to the crate.
                    self.out.insert_str(begin, "(?:");
                    self.out.push(')');
                    self.out.push_str(&times);
                    continue;
                }
                b'^' | b'$' => {
                    self.out.push_str(if byte == b'^' { "\\A" } else { "\\z" });
                    atom = None;
                    continue;
                }
                b'.' => self.out.push('.'),
                b'[' => self.bracket()?,
                b'\\' => self.escape()?,
                other => self.literal(other),
            }
            atom = Some(at);
        }
        if !groups.is_empty() {
            return Err(PARENTHESIS.to_owned());
        }
        self.out.push_str(")\\z");
        Ok(self.out)
    }

    fn literal(&mut self, byte: u8) {
        self.out.push_str(&format!("\\x{byte:02x}"));
    }

    /// What a backslash makes of the next byte: the GNU library's own classes and places, or an ordinary byte.
    fn escape(&mut self) -> Result<(), String> {
        let Some(byte) = self.next() else { return Err("Trailing backslash".to_owned()) };
        match byte {
            b'w' => self.out.push_str("[0-9A-Za-z_]"),
            b'W' => self.out.push_str("[^0-9A-Za-z_]"),
            b's' => self.out.push_str("[ \\t\\n\\x0b\\x0c\\r]"),
            b'S' => self.out.push_str("[^ \\t\\n\\x0b\\x0c\\r]"),
            b'b' => self.out.push_str("\\b"),
            b'B' => self.out.push_str("\\B"),
            b'<' => self.out.push_str("\\b{start}"),
            b'>' => self.out.push_str("\\b{end}"),
            b'`' => self.out.push_str("\\A"),
            b'\'' => self.out.push_str("\\z"),
            b'1'..=b'9' => return Err("back references are not supported".to_owned()),
            other => self.literal(other),
        }
        Ok(())
    }

    /// `{2}`, `{2,}`, `{,3}` or `{2,3}` behind its opening brace.
    fn braces(&mut self) -> Result<String, String> {
        let least = self.repetitions()?;
        let most = if self.next_if(b',') { Some(self.repetitions()?) } else { None };
        match self.next() {
            Some(b'}') => {}
            Some(_) => return Err(BAD_BRACES.to_owned()),
            None => return Err("Unmatched \\{".to_owned()),
        }
        match (least, most) {
            (Some(count), None) => Ok(format!("{{{count}}}")),
            (least, Some(None)) => Ok(format!("{{{},}}", least.unwrap_or(0))),
            (least, Some(Some(most))) if least.unwrap_or(0) <= most => {
                Ok(format!("{{{},{most}}}", least.unwrap_or(0)))
            }
            _ => Err(BAD_BRACES.to_owned()),
        }
    }

    fn repetitions(&mut self) -> Result<Option<u32>, String> {
        let mut count: Option<u32> = None;
        while let Some(digit) = self.rest.first().copied().filter(u8::is_ascii_digit) {
            self.next();
            let value = count.unwrap_or(0) * 10 + u32::from(digit - b'0');
            if value > REPEAT_LIMIT {
                return Err("Regular expression too big".to_owned());
            }
            count = Some(value);
        }
        Ok(count)
    }

    /// A bracket expression behind its opening bracket.
    fn bracket(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.next_if(b'^') {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(byte) = self.next() else { return Err(BRACKET.to_owned()) };
            if byte == b']' && !first {
                break;
            }
            first = false;
            if byte == b'[' && self.next_if(b':') {
                let class = self.named(b':')?;
                self.class(&class)?;
                continue;
            }
            let from = self.element(byte)?;
            // A hyphen before the closing bracket is itself.
            if self.rest.first() == Some(&b'-') && self.rest.get(1).is_some_and(|next| *next != b']') {
                self.next();
                let Some(byte) = self.next() else { return Err(BRACKET.to_owned()) };
                let to = self.element(byte)?;
                if from > to {
                    return Err("Invalid range end".to_owned());
                }
                self.literal(from);
                self.out.push('-');
                self.literal(to);
            } else {
                self.literal(from);
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// One byte of a bracket expression, which `[.x.]` and `[=x=]` are too.
    fn element(&mut self, byte: u8) -> Result<u8, String> {
        for mark in [b'.', b'='] {
            if byte == b'[' && self.next_if(mark) {
                return match self.named(mark)?.as_slice() {
                    [one] => Ok(*one),
                    _ => Err("Invalid collation character".to_owned()),
                };
            }
        }
        Ok(byte)
    }

    /// What stands before `mark` and a closing bracket.
    fn named(&mut self, mark: u8) -> Result<Vec<u8>, String> {
        let mut name = Vec::new();
        while let Some(byte) = self.next() {
            if byte == mark && self.next_if(b']') {
                return Ok(name);
            }
            name.push(byte);
        }
        Err(BRACKET.to_owned())
    }

    fn class(&mut self, name: &[u8]) -> Result<(), String> {
        const CLASSES: [&str; 12] = [
            "alpha", "upper", "lower", "digit", "xdigit", "space", "punct", "alnum", "print", "graph",
            "cntrl", "blank",
        ];
        let class = CLASSES.into_iter().find(|class| class.as_bytes() == name);
        let class = class.ok_or("Invalid character class name")?;
        self.out.push_str(&format!("[:{class}:]"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_match() {
        for (expression, yes, no) in [
            ("a.*@R", "a/b@R", "ba@R"),
            ("a|b@R", "b@R", "a@R"),
            ("a+?b", "b", "ab@"),
            ("(ab){2}c{,1}", "abab", "ab"),
            ("a{2}{2}", "aaaa", "aa"),
            ("[]a-c^-]+", "]-^b", "d"),
            ("[^[:digit:]x]", "y", "1"),
            ("[[.a.]-[=c=]]", "b", "d"),
            ("a\\.b\\/c", "a.b/c", "a-b/c"),
            ("^x)$", "x)", "x"),
            ("\\<\\w+\\>\\s\\S", "ab c", "ab  c"),
            ("()a||b", "", "c"),
            ("\\@\\\\", "@\\", "@"),
            ("[\\]x]", "\\x]", "x"),
        ] {
            let pattern = Pattern::new(expression.as_bytes()).unwrap_or_else(|e| panic!("{expression}: {e}"));
            assert!(pattern.matches(yes.as_bytes()), "{expression} {yes}");
            assert!(!pattern.matches(no.as_bytes()), "{expression} {no}");
        }
        let odd = Pattern::new(b"\xff.\n").map_err(|e| panic!("{e}"));
        assert!(odd.is_ok_and(|pattern| pattern.matches(b"\xff\xfe\n")));
    }

    #[test]
    fn faults_have_their_names() {
        for (expression, says) in [
            ("(a", PARENTHESIS),
            ("[a", BRACKET),
            ("[[:alpha:", BRACKET),
            ("*a", NOTHING_TO_REPEAT),
            ("a|*", NOTHING_TO_REPEAT),
            ("(+)", NOTHING_TO_REPEAT),
            ("a{2,1}", BAD_BRACES),
            ("a{x}", BAD_BRACES),
            ("a{2", "Unmatched \\{"),
            ("a{256}", "Regular expression too big"),
            ("[c-a]", "Invalid range end"),
            ("[[:word:]]", "Invalid character class name"),
            ("[[.ab.]]", "Invalid collation character"),
            ("a\\", "Trailing backslash"),
            ("(a)\\1", "back references are not supported"),
        ] {
            assert_eq!(Pattern::new(expression.as_bytes()).err().as_deref(), Some(says), "{expression}");
        }
    }
}
