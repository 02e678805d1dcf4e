//! Which entries are meant.

use super::options::{Key, Words};
use k5_admin::Glob;
use k5_cli::Failure;
use k5_keytab::Entry;
use k5_types::{EncType, Kvno};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What entries must have: of each kind that was given, one of those that were given.
#[derive(Debug)]
pub(super) struct Selector {
    principals: Vec<(Vec<u8>, Glob)>,
    kvnos: Vec<Kvno>,
    enctypes: Vec<EncType>,
    slots: Vec<usize>,
}

impl Selector {
    /// Reads `-p`, `-k`, `-e` and `--slot`.
    ///
    /// # Errors
    /// Usage: a pattern, number or type that is none.
    pub(super) fn read(words: &Words<'_>) -> Result<Selector, Failure> {
        let pattern = |text: &OsStr| {
            let glob = Glob::for_principals(text.as_bytes())
                .map_err(|_| words.usage(&format!("\"{}\" is no pattern for -p", text.display())))?;
            Ok((text.as_bytes().to_vec(), glob))
        };
        Ok(Selector {
            principals: words.values(Key::Principal).map(pattern).collect::<Result<_, Failure>>()?,
            kvnos: words.list(Key::Kvno).map(|text| words.number("-k", text)).collect::<Result<_, _>>()?,
            enctypes: words.list(Key::Enctype).map(|text| enctype(words, text)).collect::<Result<_, _>>()?,
            slots: words
                .list(Key::Slot)
                .map(|text| words.number("--slot", text))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Whether nothing was given, so that everything matches.
    pub(super) fn is_open(&self) -> bool {
        self.principals.is_empty()
            && self.kvnos.is_empty()
            && self.enctypes.is_empty()
            && self.slots.is_empty()
    }

    /// More numbers of entries.
    pub(super) fn add_slot(&mut self, slot: usize) {
        self.slots.push(slot);
    }

    /// The first number that no entry has, of a file with `count` entries.
    pub(super) fn missing_slot(&self, count: usize) -> Option<usize> {
        self.slots.iter().copied().find(|slot| !(1..=count).contains(slot))
    }

    /// Whether the entry, number `slot` of its file, is meant.
    pub(super) fn matches(&self, slot: usize, entry: &Entry) -> bool {
        let of = |any: bool, none: bool| none || any;
        of(self.slots.contains(&slot), self.slots.is_empty())
            && of(self.kvnos.contains(&entry.kvno), self.kvnos.is_empty())
            && of(self.enctypes.contains(&entry.key.enctype), self.enctypes.is_empty())
            && (self.principals.is_empty() || {
                let name = entry.principal.unparse();
                // Written out, a name with backslashes is no pattern for itself.
                self.principals.iter().any(|(text, glob)| *text == name || glob.matches(&name))
            })
    }
}

/// An encryption type by name, also one that no program uses any more, or by number.
pub(super) fn enctype(words: &Words<'_>, text: &OsStr) -> Result<EncType, Failure> {
    let found = text
        .to_str()
        .and_then(|name| EncType::from_name_or_removed(name).or_else(|| name.parse().ok().map(EncType)));
    found.ok_or_else(|| words.usage(&format!("\"{}\" is no encryption type", text.display())))
}
