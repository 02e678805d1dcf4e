//! Looking at a database that may be damaged, whatever its back end.

use crate::entry::Entry;
use crate::error::Result;
use crate::policy::Policy;
pub use k5_bdb::btree::{Problem, Way};
use k5_types::Principal;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A part of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The principals.
    Principals,
    /// The policies.
    Policies,
    /// What an LMDB database has beside them of successes and failures.
    Lockout,
}

/// How the pages of a file hang together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Structure {
    /// Pages, all of which were read.
    pub pages: u32,
    /// The first contradictions.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more: u64,
}

/// A file beside a database that a killed program left, and that nobody needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The file.
    pub path: PathBuf,
    /// Of a load; else of a change.
    pub of_load: bool,
}

/// A change that was cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutShort {
    /// What there is and what to do about it, with the journal in front.
    pub what: String,
    /// Whether the next writer finishes it or takes it back: what contradicts itself until then goes away with it.
    pub passes: bool,
}

/// A record, or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The page that it is on, counted from 0.
    pub page: u32,
    /// How it was found.
    pub way: Way,
    /// Its key without the NUL, if that can be read.
    pub name: Option<Vec<u8>>,
    /// What it says, or why it cannot be read.
    pub what: std::result::Result<T, String>,
    /// What of a record that can be read no writer leaves.
    pub doubt: Option<String>,
}

/// A database that is looked at. Its files need not make sense.
pub trait Inspect {
    /// The path of a part.
    fn path(&self, part: Part) -> &Path;

    /// A change that was cut short and of which the files have a part.
    ///
    /// # Errors
    /// Where the system does not say whether there is one.
    fn cut_short(&self) -> Result<Option<CutShort>>;

    /// Reads every page of a part and tells what contradicts itself.
    ///
    /// # Errors
    /// Where the file cannot be opened or read.
    fn structure(&self, part: Part) -> Result<Structure>;

    /// What killed programs left beside the database.
    ///
    /// # Errors
    /// Where the system does not say.
    fn leftovers(&self) -> Result<Vec<Leftover>> {
        Ok(Vec::new())
    }

    /// Visits all principals that can be found, those that look-ups find first. Of several records with one name only the
    /// first that can be read comes.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    fn principals(&self, visit: &mut dyn FnMut(Found<Entry>) -> ControlFlow<()>) -> Result<()>;

    /// Visits all policies that can be found, in the same way.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    fn policies(&self, visit: &mut dyn FnMut(Found<Policy>) -> ControlFlow<()>) -> Result<()>;

    /// The entry of a principal, by a look-up if that leads there, else by going over all.
    ///
    /// # Errors
    /// As [`Inspect::principals`].
    fn principal(&self, name: &Principal) -> Result<Option<Entry>>;

    /// Whether look-ups find a principal, or fail on the way to it, which the structure tells.
    fn may_have(&self, name: &Principal) -> bool;
}

/// Names that have been seen, by their hash: a million of them take little room, and no two have the same.
#[derive(Debug, Default)]
pub struct Seen {
    hashers: [RandomState; 2],
    hashes: HashSet<u128>,
}

impl Seen {
    /// Whether it has been seen.
    #[must_use]
    pub fn knows(&self, name: &[u8]) -> bool {
        self.hashes.contains(&self.hash(name))
    }

    /// It has been seen.
    pub fn insert(&mut self, name: &[u8]) {
        let hash = self.hash(name);
        self.hashes.insert(hash);
    }

    fn hash(&self, name: &[u8]) -> u128 {
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one(name)));
        high << 64 | low
    }
}
