//! What was found, and what mends it.

use super::code::{Code, Level};
use k5_types::{Kvno, Principal};

/// Something that was found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// Which entries it is about, counted from 1 in the order of the file. None where it is about none.
    pub slots: Vec<usize>,
    /// Where in the file, in bytes, if that helps.
    pub offset: Option<u64>,
    /// Whom it is about.
    pub principal: Option<Principal>,
    /// One sentence without a full stop: what is the matter. Never a key.
    pub text: String,
    /// What mends it, to be done in this order. Empty where nothing needs to be done, or the text says what.
    pub remedy: Vec<Remedy>,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Make the principal, with random keys.
    AddPrincipal(Principal),
    /// Change an attribute or the expiration of the principal: `+allow_tix`, or `-expire never`.
    Modify(Principal, &'static [&'static str]),
    /// Take the principal's entries of that version, or all of them, out of the keytab.
    RemoveEntries(Principal, Option<Kvno>),
    /// Put the keys that the database has into the keytab.
    FetchKeys(Principal),
    /// Take the permissions away that the file should not give, as `chmod` spells it.
    Chmod(&'static str),
    /// Give the file to that user.
    Chown(String),
    /// Take the second of entries that are there twice out of the keytab.
    Dedup,
}

impl Finding {
    pub(super) fn new(code: Code, text: impl Into<String>) -> Finding {
        Finding {
            code,
            slots: Vec::new(),
            offset: None,
            principal: None,
            text: text.into(),
            remedy: Vec::new(),
        }
    }

    pub(super) fn slots(mut self, slots: impl IntoIterator<Item = usize>) -> Finding {
        self.slots = slots.into_iter().collect();
        self
    }

    pub(super) fn at(mut self, offset: u64) -> Finding {
        self.offset = Some(offset);
        self
    }

    pub(super) fn of(mut self, principal: &Principal) -> Finding {
        self.principal = Some(principal.clone());
        self
    }

    pub(super) fn mend(mut self, remedy: impl IntoIterator<Item = Remedy>) -> Finding {
        self.remedy.extend(remedy);
        self
    }

    /// How bad it is.
    #[must_use]
    pub fn level(&self) -> Level {
        self.code.level()
    }
}

/// A principal as text for people.
pub(super) fn shown(principal: &Principal) -> String {
    plain(&principal.unparse())
}

/// Bytes as text without control characters, which a keytab from elsewhere could send to a terminal.
pub(super) fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().map(|char| if char.is_control() { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

/// A list of words: `a`, `a and b`, `a, b and c`.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
