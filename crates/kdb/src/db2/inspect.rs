//! Looking at a database that may be damaged: what contradicts itself, and what can still be read.

use super::files::{Db2Files, open_lock};
use super::record;
use super::transaction::{open_policy_lock, take_lock};
use super::tree::{Tree, open_btree, open_file};
use crate::backend::Access;
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::key_data::sort_key_data;
use crate::policy::Policy;
use crate::verify::verify_policy;
pub use k5_bdb::btree::Way;
use k5_bdb::btree::{self, Problem};
use k5_bdb::hash;
use k5_types::Principal;
use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::ops::ControlFlow;
use std::path::Path;

/// One of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The principals.
    Principals,
    /// The policies.
    Policies,
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

/// A database under its shared locks.
#[derive(Debug)]
pub struct Inspector {
    files: Db2Files,
    _lock: File,
    _policy_lock: File,
}

impl Inspector {
    /// Waits for the locks. The files themselves need not make sense.
    ///
    /// # Errors
    /// Where a lock file is missing or cannot be locked.
    pub fn begin(files: &Db2Files) -> Result<Self> {
        let lock =
            open_lock(&files.lock).map_err(|source| KdbError::Io { path: files.lock.clone(), source })?;
        take_lock(&lock, &files.lock, Access::Read)?;
        let policy_lock = open_policy_lock(&files.policy_lock)?;
        take_lock(&policy_lock, &files.policy_lock, Access::Read)?;
        Ok(Inspector { files: files.clone(), _lock: lock, _policy_lock: policy_lock })
    }

    /// The path of a part.
    #[must_use]
    pub fn path(&self, part: Part) -> &Path {
        match part {
            Part::Principals => &self.files.principals,
            Part::Policies => &self.files.policies,
        }
    }

    /// Reads every page of a part and tells what contradicts itself.
    ///
    /// # Errors
    /// Where the file cannot be opened or read.
    pub fn structure(&self, part: Part) -> Result<Structure> {
        let checked = match part {
            Part::Principals => {
                Tree::open(&self.files.principals, Access::Read).and_then(|tree| match tree {
                    Tree::BTree(tree) => {
                        let report = tree.check()?;
                        Ok((report.pages, report.problems, report.problem_count))
                    }
                    Tree::Hash(table) => {
                        let report = table.check()?;
                        Ok((report.pages, report.problems, report.problem_count))
                    }
                })
            }
            Part::Policies => open_btree(&self.files.policies, Access::Read).and_then(|tree| {
                let report = tree.check()?;
                Ok((report.pages, report.problems, report.problem_count))
            }),
        };
        match checked {
            Ok((pages, problems, count)) => {
                let more = count.saturating_sub(problems.len() as u64);
                Ok(Structure { pages, problems, more })
            }
            Err(KdbError::Pages(error)) if !matches!(error, k5_bdb::Error::Io { .. }) => {
                use k5_bdb::Error::{Corrupt, NotBTree, NotHash, Unsupported};
                let (page, what) = match error {
                    Corrupt { page, what, .. } => (page, what),
                    NotBTree { what, .. } => (0, format!("not a B-tree file: {what}").into()),
                    NotHash { what, .. } => (0, format!("not a hash file: {what}").into()),
                    Unsupported { what, .. } => (0, what),
                    other => (0, other.to_string().into()),
                };
                Ok(Structure { pages: 0, problems: vec![Problem { page, what: what.into_owned() }], more: 0 })
            }
            Err(error) => Err(error),
        }
    }

    /// Visits all principals that can be found, those of the tree or of the buckets first. Of several records with one
    /// name only the first that can be read comes.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub fn principals(&self, visit: &mut dyn FnMut(Found<Entry>) -> ControlFlow<()>) -> Result<()> {
        let mut seen = Seen::default();
        self.records(Part::Principals, &mut |found| decoded(&mut seen, visit, found, entry))
    }

    /// Visits all policies that can be found, in the same way.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub fn policies(&self, visit: &mut dyn FnMut(Found<Policy>) -> ControlFlow<()>) -> Result<()> {
        let mut seen = Seen::default();
        self.records(Part::Policies, &mut |found| {
            decoded(&mut seen, visit, found, |key, value| {
                let policy = Policy::decode(value).map_err(|error| error.to_string())?;
                if [&policy.name[..], &[0]].concat() != key {
                    return Err("the record is that of another policy".to_owned());
                }
                let doubt = verify_policy(&policy, value).err().map(str::to_owned);
                Ok((policy, doubt))
            })
        })
    }

    fn records(&self, part: Part, visit: &mut btree::Look<'_>) -> Result<()> {
        let path = self.path(part);
        let (file, _) = open_file(path, Access::Read)?;
        if part == Part::Principals && hash::was_hash(&file) {
            return Ok(hash::salvage(file, path, visit)?);
        }
        Ok(btree::salvage(file, path, visit)?)
    }

    /// The entry of a principal, by the tree if it leads there, else by going over all.
    ///
    /// # Errors
    /// As [`Inspector::principals`].
    pub fn principal(&self, name: &Principal) -> Result<Option<Entry>> {
        let key = record::key_of_any_length(name);
        let by_tree = Tree::open(&self.files.principals, Access::Read).and_then(|tree| tree.get(&key));
        if let Ok(Some(value)) = by_tree
            && let Ok((entry, _)) = entry(&key, &value)
        {
            return Ok(Some(entry));
        }
        let mut found_entry = None;
        self.principals(&mut |found| match found.what {
            Ok(this) if found.name.as_deref() == Some(record::name_of(&key)) => {
                found_entry = Some(this);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        })?;
        Ok(found_entry)
    }

    /// Whether look-ups find a principal, or fail on the way to it, which the structure tells.
    #[must_use]
    pub fn may_have(&self, name: &Principal) -> bool {
        let found = Tree::open(&self.files.principals, Access::Read)
            .and_then(|tree| tree.get(&record::key_of_any_length(name)));
        !matches!(found, Ok(None))
    }
}

/// What has been read, and what is not as a writer leaves it.
type Read<T> = std::result::Result<(T, Option<String>), String>;

/// The entry that a record says.
fn entry(key: &[u8], value: &[u8]) -> Read<Entry> {
    let mut entry = record::decode("", key, value).map_err(|error| match error {
        KdbError::Record { what, .. } => what,
        other => other.to_string(),
    })?;
    if record::key_of_any_length(&entry.principal) != key {
        return Err(format!("the record is that of {}", entry.principal));
    }
    let doubt = match record::encode_any(&entry) {
        Ok(again) if again.len() < value.len() => {
            Some(format!("{} bytes behind the record's end", value.len() - again.len()))
        }
        Ok(again) if again != value => Some("the record's base is shorter than any can be".to_owned()),
        _ => None,
    };
    sort_key_data(&mut entry.key_data);
    Ok((entry, doubt))
}

/// Names that have been seen, by their hash: a million of them take little room, and no two have the same.
#[derive(Default)]
struct Seen {
    hashers: [RandomState; 2],
    hashes: HashSet<u128>,
}

impl Seen {
    fn hash(&self, name: &[u8]) -> u128 {
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one(name)));
        high << 64 | low
    }
}

/// Hands over what a record says, unless one with its key has been read before.
fn decoded<T>(
    seen: &mut Seen,
    visit: &mut dyn FnMut(Found<T>) -> ControlFlow<()>,
    found: btree::Found,
    decode: impl FnOnce(&[u8], &[u8]) -> Read<T>,
) -> ControlFlow<()> {
    let btree::Found { page, way, record } = found;
    let (key, read) = match record {
        Ok(record) => {
            let read = decode(&record.key, &record.value);
            (Some(record.key), read)
        }
        Err(remains) => (remains.key, Err(remains.what)),
    };
    let hash = key.as_deref().map(|key| seen.hash(key));
    if hash.is_some_and(|hash| seen.hashes.contains(&hash)) {
        return ControlFlow::Continue(());
    }
    let name = key.as_deref().map(|key| record::name_of(key).to_vec());
    let (what, doubt) = match read {
        Ok((what, doubt)) => {
            seen.hashes.extend(hash);
            (Ok(what), doubt)
        }
        Err(what) => (Err(what), None),
    };
    visit(Found { page, way, name, what, doubt })
}
