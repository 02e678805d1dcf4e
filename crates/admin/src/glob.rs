//! MIT's patterns for names: it turns them into basic regular expressions, and what follows from that is the rule.
//!
//! `?` is any byte and `*` any bytes, `/` and `@` included; `[...]` is a bracket expression of POSIX, in which
//! `[!a]` has no special `!`, and `?`, `*`, `.`, `^` and `$` stand for what they are turned into; a backslash
//! makes the next byte ordinary.

use crate::error::{AdminError, Result};

/// A pattern, ready to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// This byte.
    Byte(u8),
    /// Any byte.
    Any,
    /// Any bytes, or none.
    Anything,
    /// A byte of (or not of) a set.
    Set { members: Box<[bool; 256]>, negated: bool },
}

impl Glob {
    /// A pattern for principals: one without `@` matches in all realms.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] where a bracket is not closed or a backslash ends the pattern.
    pub fn for_principals(pattern: &[u8]) -> Result<Glob> {
        let mut glob = Glob::for_policies(pattern)?;
        if !pattern.contains(&b'@') {
            glob.0.extend([Piece::Byte(b'@'), Piece::Anything]);
        }
        Ok(glob)
    }

    /// A pattern for policies.
    ///
    /// # Errors
    /// As [`Glob::for_principals`].
    pub fn for_policies(pattern: &[u8]) -> Result<Glob> {
        if pattern.last() == Some(&b'\\') {
            return Err(AdminError::Invalid);
        }
        let mut pieces = Vec::new();
        let mut rest = pattern;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            pieces.push(match byte {
                b'?' => Piece::Any,
                b'*' => Piece::Anything,
                b'\\' => match rest.split_first() {
                    Some((quoted, after)) => {
                        rest = after;
                        Piece::Byte(*quoted)
                    }
                    None => return Err(AdminError::Invalid),
                },
                b'[' => {
                    let (set, after) = bracket(rest)?;
                    rest = after;
                    set
                }
                plain => Piece::Byte(*plain),
            });
        }
        Ok(Glob(pieces))
    }

    /// What every name that matches begins with.
    #[must_use]
    pub fn prefix(&self) -> Vec<u8> {
        let literal = self.0.iter().map_while(|piece| match piece {
            Piece::Byte(byte) => Some(*byte),
            Piece::Any | Piece::Anything | Piece::Set { .. } => None,
        });
        literal.collect()
    }

    /// Whether the whole of `name` matches.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        let (mut piece, mut at) = (0, 0);
        // Where to go on after the last `*`, with one more byte taken by it.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(piece), name.get(at)) {
                (Some(Piece::Anything), _) => {
                    retry = Some((piece + 1, at));
                    piece += 1;
                }
                (Some(one), Some(byte)) if one.takes(*byte) => {
                    piece += 1;
                    at += 1;
                }
                (None, None) => return true,
                _ => match retry {
                    Some((after, taken)) if taken < name.len() => {
                        retry = Some((after, taken + 1));
                        (piece, at) = (after, taken + 1);
                    }
                    _ => return false,
                },
            }
        }
    }
}

impl Piece {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Piece::Byte(wanted) => *wanted == byte,
            Piece::Any | Piece::Anything => true,
            Piece::Set { members, negated } => members[usize::from(byte)] != *negated,
        }
    }
}

/// The bytes of a bracket expression, as MIT's conversion leaves them: `?` became `.`, `*` became `.*`, and `.`,
/// `^` and `$` got a backslash, which is an ordinary byte there.
fn bracket(text: &[u8]) -> Result<(Piece, &[u8])> {
    let mut members = Box::new([false; 256]);
    let mut rest = text;
    let mut first = true;
    // A range waits for its end.
    let mut last: Option<u8> = None;
    loop {
        let (byte, after) = rest.split_first().ok_or(AdminError::Invalid)?;
        rest = after;
        let converted: &[u8] = match byte {
            b']' if !first => break,
            b'[' => match class(rest) {
                Some((bytes, after)) => {
                    for member in bytes? {
                        members[usize::from(member)] = true;
                    }
                    rest = after;
                    (first, last) = (false, None);
                    continue;
                }
                None => b"[",
            },
            b'-' if last.is_some() && rest.first().is_some_and(|next| *next != b']') => {
                let (end, after) = rest.split_first().ok_or(AdminError::Invalid)?;
                rest = after;
                let start = last.take().unwrap_or(*end);
                if start > *end {
                    return Err(AdminError::Invalid);
                }
                members[usize::from(start)..=usize::from(*end)].fill(true);
                continue;
            }
            b'?' => b".",
            b'*' => b".*",
            b'.' => b"\\.",
            b'^' => b"\\^",
            b'$' => b"\\$",
            b'\\' => match rest.split_first() {
                Some((next, after)) => {
                    members[usize::from(b'\\')] = true;
                    if *next == b']' {
                        rest = after;
                        break;
                    }
                    b"\\"
                }
                None => return Err(AdminError::Invalid),
            },
            plain => std::slice::from_ref(plain),
        };
        for member in converted {
            members[usize::from(*member)] = true;
        }
        last = converted.last().copied();
        first = false;
    }
    Ok((Piece::Set { members, negated: false }, rest))
}

/// `[:name:]`, `[=c=]` or `[.c.]` behind its opening bracket: its bytes and what follows.
fn class(text: &[u8]) -> Option<(Result<Vec<u8>>, &[u8])> {
    let (kind, inner) = text.split_first().filter(|(kind, _)| matches!(kind, b':' | b'=' | b'.'))?;
    let end = inner.windows(2).position(|two| two == [*kind, b']'])?;
    let (name, after) = (&inner[..end], &inner[end + 2..]);
    let bytes = match (kind, name) {
        (b':', name) => posix_class(name).map(|member| (0..=255).filter(member).collect()),
        (_, [one]) => Some(vec![*one]),
        _ => None,
    };
    Some((bytes.ok_or(AdminError::Invalid), after))
}

fn posix_class(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |b| b.is_ascii_graphic() || *b == b' ',
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |b| b.is_ascii_whitespace() || *b == 0x0b,
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        Glob::for_principals(pattern.as_bytes()).unwrap().matches(name.as_bytes())
    }

    #[test]
    fn stars_and_question_marks_cross_everything() {
        assert!(matches("host/*", "host/a.b/c@R"));
        assert!(matches("*", "a/b@R"));
        assert!(matches("h?st*", "h/st/x@R"));
        assert!(!matches("host", "host/a@R"));
        assert!(matches("host/a@R", "host/a@R"));
        assert!(!matches("host/a@R", "host/a@RR"));
        assert!(matches("a.b", "a.b@R"));
        assert!(!matches("a.b", "axb@R"));
        assert!(matches("*a*b*c", "xxaxxbxxc@R"));
        assert!(!matches("*a*b*c", "xxaxxcxxb@R"));
    }

    #[test]
    fn prefixes() {
        for (pattern, prefix) in [
            ("u05000*", "u05000"),
            ("host/a", "host/a@"),
            ("host/a@R", "host/a@R"),
            ("*", ""),
            ("a?b", "a"),
            ("a[bc]", "a"),
            (r"a\*b*", "a*b"),
            ("", "@"),
        ] {
            assert_eq!(Glob::for_principals(pattern.as_bytes()).unwrap().prefix(), prefix.as_bytes());
        }
    }

    #[test]
    fn brackets() {
        assert!(matches("[ab]x", "bx@R"));
        assert!(matches("[a-c]x", "bx@R"));
        assert!(!matches("[a-c]x", "dx@R"));
        assert!(matches("[!a]x", "!x@R"));
        assert!(matches("[!a]x", "ax@R"));
        assert!(matches("[^a]x", "^x@R"));
        assert!(matches("[^a]x", "ax@R"));
        assert!(!matches("[^a]x", "bx@R"));
        assert!(matches("[[:digit:]]x", "7x@R"));
        assert!(!matches("[[:digit:]]x", "ax@R"));
        assert!(matches("[]a]x", "]x@R"));
        assert!(matches("{a,b}", "{a,b}@R"));
    }

    #[test]
    fn what_has_no_meaning() {
        for bad in ["[ab", "a\\", "[[:foo:]]", "[c-a]"] {
            assert!(matches!(Glob::for_principals(bad.as_bytes()), Err(AdminError::Invalid)), "{bad}");
        }
    }

    #[test]
    fn a_backslash_quotes() {
        assert!(matches(r"a\*b", "a*b@R"));
        assert!(!matches(r"a\*b", "axb@R"));
    }
}
