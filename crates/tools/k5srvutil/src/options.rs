//! The command line: options and one operation, in any order.

use k5_cli::{Item, Opt, OptionTable, WordOptions};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Ask,
    Keytab,
    Keysalts,
    Help,
}

pub(crate) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::flag(Key::Ask, &["-i"], "ask before each principal"),
    Opt::value(Key::Keytab, &["-f"], "FILE", "the keytab; else the default one"),
    Opt::value(Key::Keysalts, &["-e"], "KEYSALTS", "which keys `change` makes; else `supported_enctypes`"),
    Opt::flag(Key::Help, &["--help"], "tell how the program is used, and no more"),
]);

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    List,
    Each(Edit),
}

/// What is done to each principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    Change,
    Delete,
    DeleteOld,
}

impl Operation {
    const ALL: [(&str, Operation); 4] = [
        ("list", Operation::List),
        ("change", Operation::Each(Edit::Change)),
        ("delete", Operation::Each(Edit::Delete)),
        ("delold", Operation::Each(Edit::DeleteOld)),
    ];

    fn named(word: &OsString) -> Option<Operation> {
        Self::ALL.iter().find(|(name, _)| word == name).map(|(_, operation)| *operation)
    }
}

/// The command line, read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub operation: Operation,
    pub ask: bool,
    pub keytab: Option<OsString>,
    pub keysalts: Option<OsString>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Options(Options),
    Help,
    /// What is said before the usage.
    Wrong(Vec<u8>),
}

pub(crate) fn parse(words: &[OsString]) -> Parsed {
    let (mut found, mut ask, mut keytab, mut keysalts) = (None, false, None, None);
    for item in WordOptions::new(OPTIONS, words) {
        match item {
            Ok(Item::Option(option)) => match option.key {
                Key::Ask => ask = true,
                Key::Keytab => keytab = option.value,
                Key::Keysalts => keysalts = option.value,
                Key::Help => return Parsed::Help,
            },
            Ok(Item::Word(word)) => match Operation::named(&word) {
                None => return Parsed::Wrong([b"Illegal option: ", word.as_bytes(), b"\n"].concat()),
                Some(_) if found.is_some() => {
                    return Parsed::Wrong(b"Only one command can be specified\n".to_vec());
                }
                operation => found = operation,
            },
            Err(missing) => return Parsed::Wrong(format!("{missing}\n").into_bytes()),
        }
    }
    match found {
        Some(operation) => Parsed::Options(Options { operation, ask, keytab, keysalts }),
        None => Parsed::Wrong(Vec::new()),
    }
}

pub(crate) fn usage(program: &[u8]) -> Vec<u8> {
    [b"Usage: ", program, b" [-i] [-f file] [-e keysalts] list|change|delete|delold\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Parsed {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn words_in_any_order() {
        let options = |operation, ask, keytab: Option<&str>, keysalts: Option<&str>| {
            let (keytab, keysalts) = (keytab.map(Into::into), keysalts.map(Into::into));
            Parsed::Options(Options { operation, ask, keytab, keysalts })
        };
        assert_eq!(of("list"), options(Operation::List, false, None, None));
        assert_eq!(of("change -f a -i"), options(Operation::Each(Edit::Change), true, Some("a"), None));
        assert_eq!(
            of("-e x -f -i delold"),
            options(Operation::Each(Edit::DeleteOld), false, Some("-i"), Some("x"))
        );
        assert_eq!(of("-f list delete"), options(Operation::Each(Edit::Delete), false, Some("list"), None));
    }

    #[test]
    fn slips() {
        assert_eq!(of(""), Parsed::Wrong(Vec::new()));
        assert_eq!(of("list change"), Parsed::Wrong(b"Only one command can be specified\n".to_vec()));
        assert_eq!(of("-z list"), Parsed::Wrong(b"Illegal option: -z\n".to_vec()));
        assert_eq!(of("list -f"), Parsed::Wrong(b"-f needs a value\n".to_vec()));
        assert_eq!(of("change --help"), Parsed::Help);
    }
}
