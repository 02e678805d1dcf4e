//! The line syntax of a profile, as `docs/formats/profile.md` describes it.
//!
//! [`Parser`] takes one line at a time and changes a [`Tree`]; `include` and `includedir` are handed back to
//! the caller, who owns the files.

use super::node::{NodeId, Place, ROOT, Tree};

/// What is wrong with a line. The text is MIT's own for the same fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxFault {
    /// `[section]` inside a `{ ... }` group.
    #[error("Profile section header not at top level")]
    SectionNotAtTop,
    /// `[section` without `]`, or something after it.
    #[error("Syntax error in profile section header")]
    SectionHeader,
    /// No `=`, nothing before it, or white space inside the name.
    #[error("Syntax error in profile relation")]
    Relation,
    /// `}` without a group.
    #[error("Extra closing brace in profile")]
    ExtraBrace,
    /// `name =` and then a line that does not start with `{`.
    #[error("Missing open brace in profile")]
    MissingBrace,
}

/// What a line asks of the caller.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action<'l> {
    /// Nothing more.
    Done,
    /// Read this file into the root section.
    Include(&'l [u8]),
    /// Read the fitting files of this directory into the root section.
    IncludeDir(&'l [u8]),
    /// A `module` declaration: its text.
    Module(&'l [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first section header: every other line is a comment.
    Preamble,
    Lines,
    /// After `name =`: the next line must open the group.
    OpenBrace,
}

/// The parser's place in one file. An included file has its own, so that it can neither close nor continue
/// its includer's groups.
#[derive(Debug)]
pub(super) struct Parser {
    state: State,
    depth: usize,
    section: NodeId,
}

impl Parser {
    pub(super) fn new() -> Parser {
        Parser { state: State::Preamble, depth: 0, section: ROOT }
    }

    /// Takes one line, with its newline if it has one.
    pub(super) fn line<'l>(
        &mut self,
        line: &'l [u8],
        place: Place,
        tree: &mut Tree,
    ) -> Result<Action<'l>, SyntaxFault> {
        // A line is a C string to MIT: what follows a NUL does not exist.
        let line = line.split(|&b| b == 0).next().unwrap_or_default();
        // Directives count only at the very start of a line, in every state.
        if let Some(path) = directive(line, b"include") {
            return Ok(Action::Include(path));
        }
        if let Some(path) = directive(line, b"includedir") {
            return Ok(Action::IncludeDir(path));
        }
        match self.state {
            State::Preamble => {
                if let Some(spec) = directive(line, b"module") {
                    return Ok(Action::Module(spec));
                }
                if line.first() == Some(&b'[') {
                    self.state = State::Lines;
                    self.standard(line, place, tree)?;
                }
            }
            State::Lines => self.standard(line, place, tree)?,
            State::OpenBrace => {
                if skip_blanks(line).first() != Some(&b'{') {
                    return Err(SyntaxFault::MissingBrace);
                }
                self.state = State::Lines;
            }
        }
        Ok(Action::Done)
    }

    fn standard(&mut self, line: &[u8], place: Place, tree: &mut Tree) -> Result<(), SyntaxFault> {
        let line = strip_newline(skip_blanks(line));
        match line.first() {
            None | Some(b';' | b'#') => Ok(()),
            Some(b'[') => self.header(line.get(1..).unwrap_or_default(), place, tree),
            Some(b'}') => self.close(line, tree),
            Some(_) => self.relation(line, place, tree),
        }
    }

    /// `[name]` or `[name]*`; `rest` starts behind the bracket.
    fn header(&mut self, rest: &[u8], place: Place, tree: &mut Tree) -> Result<(), SyntaxFault> {
        if self.depth > 0 {
            return Err(SyntaxFault::SectionNotAtTop);
        }
        let (name, rest) = split_at_byte(rest, b']').ok_or(SyntaxFault::SectionHeader)?;
        self.section = tree.open_section(ROOT, name, place);
        let rest = match rest.strip_prefix(b"*") {
            Some(rest) => {
                tree.make_final(self.section);
                rest
            }
            None => rest,
        };
        if skip_blanks(rest).is_empty() { Ok(()) } else { Err(SyntaxFault::SectionHeader) }
    }

    /// `}` or `}*`; MIT ignores whatever else follows.
    fn close(&mut self, line: &[u8], tree: &mut Tree) -> Result<(), SyntaxFault> {
        if self.depth == 0 {
            return Err(SyntaxFault::ExtraBrace);
        }
        if line.get(1) == Some(&b'*') {
            tree.make_final(self.section);
        }
        self.depth -= 1;
        self.section = tree.parent(self.section).unwrap_or(ROOT);
        Ok(())
    }

    /// `name = value`, `name = {` or `name =`.
    fn relation(&mut self, line: &[u8], place: Place, tree: &mut Tree) -> Result<(), SyntaxFault> {
        let (left, right) = split_at_byte(line, b'=').ok_or(SyntaxFault::Relation)?;
        let name_end = left.iter().position(|&b| is_space(b)).unwrap_or(left.len());
        let (name, after) = left.split_at(name_end);
        if name.is_empty() || !skip_blanks(after).is_empty() {
            return Err(SyntaxFault::Relation);
        }
        let (name, is_final) = match split_at_byte(name, b'*') {
            Some((name, _)) => (name, true),
            None => (name, false),
        };

        let value = skip_blanks(right);
        let opens_group = match value.split_first() {
            None => {
                self.state = State::OpenBrace;
                true
            }
            Some((b'{', rest)) => skip_blanks(rest).is_empty(),
            Some(_) => false,
        };
        let node = if opens_group {
            self.section = tree.open_section(self.section, name, place);
            self.depth += 1;
            self.section
        } else if let Some(quoted) = value.strip_prefix(b"\"") {
            tree.add_relation(self.section, name, &unquote(quoted), place)
        } else {
            tree.add_relation(self.section, name, trim_end(value), place)
        };
        if is_final {
            tree.make_final(node);
        }
        Ok(())
    }
}

/// The text behind `word` and white space at the start of a line.
fn directive<'l>(line: &'l [u8], word: &[u8]) -> Option<&'l [u8]> {
    let rest = line.strip_prefix(word)?;
    rest.first().filter(|&&b| is_space(b))?;
    Some(strip_newline(skip_blanks(rest)))
}

/// A quoted value up to its closing quote or the end of the line; what follows the quote is ignored.
fn unquote(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(b) = bytes.next() {
        match b {
            b'"' => break,
            b'\\' => match bytes.next() {
                None => out.push(b'\\'),
                Some(b'n') => out.push(b'\n'),
                Some(b't') => out.push(b'\t'),
                Some(b'b') => out.push(0x08),
                Some(other) => out.push(other),
            },
            other => out.push(other),
        }
    }
    out
}

/// C's `isspace` in the C locale.
pub(crate) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t'..=b'\r')
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !is_space(b)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&b| !is_space(b)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

fn strip_newline(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&b| b != b'\n' && b != b'\r').map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// The parts before and after the first `byte`.
fn split_at_byte(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&b| b == byte)?;
    let (before, rest) = text.split_at(at);
    Some((before, rest.get(1..).unwrap_or_default()))
}
