//! Options as getopt(3) of the GNU C library takes them, since that is what users of MIT's programs type against: letters
//! that may be clustered, a value behind the letter or as the next word.
//!
//! Beyond it: a name in the table with two dashes is an option too (`--name`, `--name VALUE`, `--name=VALUE`). MIT's programs
//! have none.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::options::{Given, Item, Opt, OptionTable};

/// What becomes of options behind the first word that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionOrder {
    /// They are words, as with a `+` in getopt's string, or with `POSIXLY_CORRECT` set.
    StopAtWord,
    /// They are options.
    Permute,
}

/// What getopt(3) complains of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GetOptError {
    /// A letter, or the name behind two dashes, that the table has not.
    #[error("invalid option -- '{}'", String::from_utf8_lossy(.0))]
    Invalid(Vec<u8>),
    /// No word is left for the value of this one.
    #[error("option requires an argument -- '{}'", String::from_utf8_lossy(.0))]
    MissingValue(Vec<u8>),
    /// A value, behind `=`, for a two-dash option that takes none.
    #[error("option '{}' doesn't allow an argument", String::from_utf8_lossy(.0))]
    UnwantedValue(Vec<u8>),
}

impl GetOptError {
    /// The line that getopt(3) prints: `program` is the program's name *as typed*, path and all.
    #[must_use]
    pub fn message(&self, program: &OsStr) -> crate::Message {
        let (before, name) = match self {
            GetOptError::Invalid(name) => (&b"invalid option -- '"[..], name),
            GetOptError::MissingValue(name) => (&b"option requires an argument -- '"[..], name),
            GetOptError::UnwantedValue(name) => (&b"option doesn't allow an argument -- '"[..], name),
        };
        let mut text = before.to_vec();
        text.extend_from_slice(name);
        text.push(b'\'');
        crate::Message::com_err(program.as_bytes(), "", text)
    }
}

/// Goes through the words of a command line. An error does not end it, as it does not end getopt(3).
#[derive(Debug)]
pub struct GetOpt<'w, K: 'static> {
    table: OptionTable<K>,
    words: &'w [OsString],
    /// Letters of a cluster still to come.
    cluster: &'w [u8],
    order: OptionOrder,
    ended: bool,
}

impl<'w, K: Copy> GetOpt<'w, K> {
    /// Begins at the first of `words`, which do not hold the program's name.
    #[must_use]
    pub fn new(table: OptionTable<K>, words: &'w [OsString], order: OptionOrder) -> GetOpt<'w, K> {
        GetOpt { table, words, cluster: &[], order, ended: false }
    }

    /// The words not looked at yet. With [`OptionOrder::StopAtWord`] and the iterator at its end these are all words
    /// that are no options.
    #[must_use]
    pub fn rest(&self) -> &'w [OsString] {
        self.words
    }

    fn take_word(&mut self) -> Option<&'w OsString> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        Some(word)
    }

    fn given(opt: &Opt<K>, name: Vec<u8>, value: Option<OsString>) -> Item<K> {
        Item::Option(Given { key: opt.key, name: OsString::from_vec(name), value })
    }

    fn letter(&mut self, letter: u8) -> Result<Item<K>, GetOptError> {
        let name = vec![b'-', letter];
        let opt = self.table.find(OsStr::from_bytes(&name)).filter(|_| letter != b'-');
        let Some(opt) = opt else { return Err(GetOptError::Invalid(vec![letter])) };
        if opt.value.is_none() {
            return Ok(Self::given(opt, name, None));
        }
        let behind = std::mem::take(&mut self.cluster);
        let value = if behind.is_empty() {
            self.take_word().ok_or_else(|| GetOptError::MissingValue(vec![letter]))?.clone()
        } else {
            OsStr::from_bytes(behind).to_owned()
        };
        Ok(Self::given(opt, name, Some(value)))
    }

    /// `None` if the table has no option of that name; the word is then a cluster whose first letter is a dash.
    fn long(&mut self, word: &'w [u8]) -> Option<Result<Item<K>, GetOptError>> {
        let mut parts = word.splitn(2, |&b| b == b'=');
        let name = parts.next().unwrap_or(word);
        let value = parts.next();
        let opt = self.table.find(OsStr::from_bytes(name))?;
        Some(match (opt.value, value) {
            (None, None) => Ok(Self::given(opt, name.to_vec(), None)),
            (None, Some(_)) => Err(GetOptError::UnwantedValue(name.to_vec())),
            (Some(_), Some(value)) => {
                Ok(Self::given(opt, name.to_vec(), Some(OsStr::from_bytes(value).to_owned())))
            }
            (Some(_), None) => match self.take_word() {
                Some(value) => Ok(Self::given(opt, name.to_vec(), Some(value.clone()))),
                None => Err(GetOptError::MissingValue(name.to_vec())),
            },
        })
    }
}

impl<K: Copy> Iterator for GetOpt<'_, K> {
    type Item = Result<Item<K>, GetOptError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((&letter, rest)) = self.cluster.split_first() {
            self.cluster = rest;
            return Some(self.letter(letter));
        }
        let word = self.words.first()?;
        let bytes = word.as_bytes();
        if self.ended || bytes == b"-" || bytes.first() != Some(&b'-') {
            if self.order == OptionOrder::StopAtWord {
                return None;
            }
            self.take_word();
            return Some(Ok(Item::Word(word.clone())));
        }
        self.take_word();
        if bytes == b"--" {
            self.ended = true;
            return self.next();
        }
        if bytes.starts_with(b"--")
            && let Some(item) = self.long(bytes)
        {
            return Some(item);
        }
        self.cluster = bytes.get(1..).unwrap_or_default();
        self.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: OptionTable<char> = OptionTable(&[
        Opt::value('r', &["-r"], "REALM", "the realm"),
        Opt::value('q', &["-q"], "QUERY", "one command"),
        Opt::flag('m', &["-m"], "ask for the master key"),
        Opt::flag('n', &["-n"], "anonymous"),
        Opt::flag('j', &["--json"], "machine-readable"),
        Opt::value('f', &["--fields"], "LIST", "which"),
    ]);

    fn parse(words: &[&str], order: OptionOrder) -> (Vec<String>, Vec<String>) {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let mut options = GetOpt::new(TABLE, &words, order);
        let found = options
            .by_ref()
            .map(|item| match item {
                Ok(Item::Option(Given { key, value, .. })) => match value {
                    Some(value) => format!("{key}={}", value.display()),
                    None => key.to_string(),
                },
                Ok(Item::Word(word)) => format!("({})", word.display()),
                Err(error) => error.to_string(),
            })
            .collect();
        (found, options.rest().iter().map(|word| word.display().to_string()).collect())
    }

    fn stop(words: &[&str]) -> (Vec<String>, Vec<String>) {
        parse(words, OptionOrder::StopAtWord)
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn clusters_and_values() {
        assert_eq!(
            stop(&["-mnrR", "-r", "-n", "x", "-m"]),
            (strings(&["m", "n", "r=R", "r=-n"]), strings(&["x", "-m"]))
        );
        assert_eq!(stop(&["-m", "--", "-n"]), (strings(&["m"]), strings(&["-n"])));
        assert_eq!(stop(&["-", "-m"]), (strings(&[]), strings(&["-", "-m"])));
        assert_eq!(stop(&["-r", ""]), (strings(&["r="]), strings(&[])));
    }

    #[test]
    fn permuting() {
        let (found, rest) = parse(&["a", "-m", "-", "--", "-n"], OptionOrder::Permute);
        assert_eq!(found, ["(a)", "m", "(-)", "(-n)"]);
        assert!(rest.is_empty());
    }

    #[test]
    fn errors_in_the_words_of_the_c_library() {
        assert_eq!(stop(&["-z"]).0, ["invalid option -- 'z'"]);
        assert_eq!(stop(&["-mr"]).0, ["m", "option requires an argument -- 'r'"]);
        assert_eq!(stop(&["--foo"]).0[0], "invalid option -- '-'");
        let line = GetOptError::Invalid(vec![0xe9]).message(OsStr::new("./kadmin.local"));
        assert_eq!(line.as_bytes(), b"./kadmin.local: invalid option -- '\xe9'\n");
    }

    #[test]
    fn long_names_are_an_addition() {
        assert_eq!(stop(&["--json", "--fields=a=b", "--fields", "c"]).0, ["j", "f=a=b", "f=c"]);
        assert_eq!(stop(&["--json=1"]).0, ["option '--json' doesn't allow an argument"]);
        assert_eq!(stop(&["--fields"]).0, ["option requires an argument -- '--fields'"]);
    }
}
