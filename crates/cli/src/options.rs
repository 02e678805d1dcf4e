//! The option table: what options there are, as data. The parsers go by it, and so do manual pages, completions and
//! help.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;

/// One option. `K` is the program's own name for it, usually an enum.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Opt<K: 'static> {
    /// What the program calls it.
    pub key: K,
    /// How it is typed, with its dashes; the first one is the one shown.
    pub names: &'static [&'static str],
    /// What its value is called in help texts; `None`: it takes no value.
    pub value: Option<&'static str>,
    /// A short description, one line.
    pub help: &'static str,
    /// Whether each occurrence counts; otherwise the last one does.
    pub repeatable: bool,
    /// Whether help and completions leave it out; manual pages tell of everything.
    pub hidden: bool,
    /// Whether any word that begins with one of the names is this option, as `-kt` is `-k` to MIT's `ktadd`.
    pub prefix: bool,
    /// Whether the value is a secret, so that no history keeps a line with it.
    pub secret: bool,
}

impl<K> Opt<K> {
    /// An option without a value.
    pub const fn flag(key: K, names: &'static [&'static str], help: &'static str) -> Opt<K> {
        Opt { key, names, value: None, help, repeatable: false, hidden: false, prefix: false, secret: false }
    }

    /// An option with a value, which help texts call `value`.
    pub const fn value(
        key: K,
        names: &'static [&'static str],
        value: &'static str,
        help: &'static str,
    ) -> Opt<K> {
        Opt {
            key,
            names,
            value: Some(value),
            help,
            repeatable: false,
            hidden: false,
            prefix: false,
            secret: false,
        }
    }

    /// Each occurrence counts.
    #[must_use]
    pub const fn repeatable(mut self) -> Opt<K> {
        self.repeatable = true;
        self
    }

    /// Left out of help and completions.
    #[must_use]
    pub const fn hidden(mut self) -> Opt<K> {
        self.hidden = true;
        self
    }

    /// Any word that begins with one of the names is this option.
    #[must_use]
    pub const fn by_prefix(mut self) -> Opt<K> {
        self.prefix = true;
        self
    }

    /// The value is a secret.
    #[must_use]
    pub const fn secret(mut self) -> Opt<K> {
        self.secret = true;
        self
    }

    fn matches(&self, word: &OsStr) -> bool {
        let word = word.as_bytes();
        self.names
            .iter()
            .any(|name| word == name.as_bytes() || (self.prefix && word.starts_with(name.as_bytes())))
    }
}

/// The options of a program or a command.
#[derive(Clone, Copy, Debug)]
pub struct OptionTable<K: 'static>(pub &'static [Opt<K>]);

impl<K> OptionTable<K> {
    /// The option that this word is; an exact name goes before a prefix.
    #[must_use]
    pub fn find(&self, word: &OsStr) -> Option<&'static Opt<K>> {
        let exact = self.0.iter().find(|opt| opt.names.iter().any(|name| word == OsStr::new(name)));
        exact.or_else(|| self.0.iter().find(|opt| opt.matches(word)))
    }

    /// The same without the program's own names, so that tables of several commands can stand beside each other: what
    /// completion, help and manual pages are made from.
    #[must_use]
    pub fn describe(&self) -> Vec<Opt<()>> {
        let plain = |opt: &Opt<K>| Opt {
            key: (),
            names: opt.names,
            value: opt.value,
            help: opt.help,
            repeatable: opt.repeatable,
            hidden: opt.hidden,
            prefix: opt.prefix,
            secret: opt.secret,
        };
        self.0.iter().map(plain).collect()
    }

    /// The options that are shown to people.
    pub fn shown(&self) -> impl Iterator<Item = &'static Opt<K>> {
        self.0.iter().filter(|opt| !opt.hidden)
    }
}

/// An option that was given. `Debug` leaves the value out: it may be a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Given<K> {
    /// Which one.
    pub key: K,
    /// As it was typed.
    pub name: OsString,
    /// Its value; there is one exactly if the table says that it takes one.
    pub value: Option<OsString>,
}

impl<K> Given<K> {
    /// The value; empty for an option that takes none.
    #[must_use]
    pub fn into_value(self) -> OsString {
        self.value.unwrap_or_default()
    }
}

impl<K: fmt::Debug> fmt::Debug for Given<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").field("key", &self.key).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a parser found next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<K> {
    /// An option.
    Option(Given<K>),
    /// A word that is none.
    Word(OsString),
}
