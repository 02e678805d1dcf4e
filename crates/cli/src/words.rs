//! Options that are single-dash words (`-randkey`, `-pw VALUE`), as kadmin's commands and kdb5_util have them.

use std::ffi::OsString;

use crate::options::{Given, Item, OptionTable};

/// An option that takes a value is the last word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} needs a value", name.display())]
pub struct MissingValue {
    /// The option as typed.
    pub name: OsString,
}

/// Goes through words from left to right. A word that the table names is an option; if it takes a value, the next word
/// is that value, whatever it looks like: `-pw -randkey` sets the password to `-randkey`. Any other word is a word,
/// `--` included, and it is for the command to say what that means:
///
/// * options first: stop at the first [`Item::Word`], take the [`WordOptions::rest`];
/// * options anywhere: gather the words;
/// * flags (`+needchange`) among the options: look at each word. A command whose last word is a name hands in all words
///   but that one.
#[derive(Debug)]
pub struct WordOptions<'w, K: 'static> {
    table: OptionTable<K>,
    words: &'w [OsString],
}

impl<'w, K: Copy> WordOptions<'w, K> {
    /// Begins at the first of `words`, which do not hold the command's name.
    #[must_use]
    pub fn new(table: OptionTable<K>, words: &'w [OsString]) -> WordOptions<'w, K> {
        WordOptions { table, words }
    }

    /// The words not looked at yet.
    #[must_use]
    pub fn rest(&self) -> &'w [OsString] {
        self.words
    }
}

impl<K: Copy> Iterator for WordOptions<'_, K> {
    type Item = Result<Item<K>, MissingValue>;

    fn next(&mut self) -> Option<Self::Item> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        let Some(opt) = self.table.find(word) else {
            return Some(Ok(Item::Word(word.clone())));
        };
        let mut given = Given { key: opt.key, name: word.clone(), value: None };
        if opt.value.is_some() {
            let Some((value, rest)) = self.words.split_first() else {
                return Some(Err(MissingValue { name: word.clone() }));
            };
            self.words = rest;
            given.value = Some(value.clone());
        }
        Some(Ok(Item::Option(given)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Opt;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Key {
        Pw,
        Randkey,
        Keytab,
    }

    const TABLE: OptionTable<Key> = OptionTable(&[
        Opt::value(Key::Pw, &["-pw"], "PASSWORD", "sets the password"),
        Opt::flag(Key::Randkey, &["-randkey"], "random key"),
        Opt::value(Key::Keytab, &["-k", "-keytab"], "FILE", "the keytab").by_prefix(),
    ]);

    fn parse(words: &[&str]) -> Result<Vec<String>, MissingValue> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        WordOptions::new(TABLE, &words)
            .map(|item| {
                Ok(match item? {
                    Item::Option(Given { key, value, .. }) => match value {
                        Some(value) => format!("{key:?}={}", value.display()),
                        None => format!("{key:?}"),
                    },
                    Item::Word(word) => word.display().to_string(),
                })
            })
            .collect()
    }

    #[test]
    fn a_value_is_the_next_word_whatever_it_looks_like() {
        assert_eq!(parse(&["-pw", "-randkey", "bob"]).unwrap(), ["Pw=-randkey", "bob"]);
        assert_eq!(parse(&["-randkey", "+f", "-pw", "", "--"]).unwrap(), ["Randkey", "+f", "Pw=", "--"]);
        assert_eq!(parse(&["-pw"]).unwrap_err().name, "-pw");
        assert_eq!(parse(&["-pwx", "-random"]).unwrap(), ["-pwx", "-random"]);
    }

    #[test]
    fn a_prefix_counts_only_where_the_table_says_so() {
        assert_eq!(parse(&["-kt", "f", "x"]).unwrap(), ["Keytab=f", "x"]);
        assert_eq!(parse(&["-keytab", "f"]).unwrap(), ["Keytab=f"]);
    }

    #[test]
    fn debug_does_not_show_a_password() {
        let words: Vec<OsString> = ["-pw", "hunter2"].iter().map(OsString::from).collect();
        let items: Vec<_> = WordOptions::new(TABLE, &words).collect();
        assert!(!format!("{items:?}").contains("hunter2"));
    }
}
