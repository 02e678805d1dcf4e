//! Looking at a database that may be damaged: what contradicts itself, and what can still be read.

use super::files::{Db2Files, open_lock};
use super::record;
use super::transaction::{open_policy_lock, take_lock};
use super::tree::{Tree, open_btree, open_file};
use crate::backend::Access;
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::inspect::{CutShort, Found, Inspect, Leftover, Part, Problem, Seen, Structure};
use crate::key_data::sort_key_data;
use crate::policy::Policy;
use crate::verify::verify_policy;
use k5_bdb::btree;
use k5_bdb::hash;
use k5_types::Principal;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

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
    /// Where a lock file is missing or cannot be locked. [`KdbError::HalfCreated`].
    pub fn begin(files: &Db2Files) -> Result<Self> {
        let lock =
            open_lock(&files.lock).map_err(|source| KdbError::Io { path: files.lock.clone(), source })?;
        take_lock(&lock, &files.lock, Access::Read)?;
        let policy_lock = open_policy_lock(&files.policy_lock)?;
        take_lock(&policy_lock, &files.policy_lock, Access::Read)?;
        files.refuse_half_a_creation()?;
        Ok(Inspector { files: files.clone(), _lock: lock, _policy_lock: policy_lock })
    }

    fn records(&self, part: Part, visit: &mut btree::Look<'_>) -> Result<()> {
        let path = self.path(part);
        let (file, _) = open_file(&*self.files.storage, path, Access::Read)?;
        if part == Part::Principals && hash::was_hash(&file) {
            let cut_short = self.files.pair().is_cut_short()?;
            return Ok(hash::salvage(file, path, cut_short, visit)?);
        }
        Ok(btree::salvage(file, path, visit)?)
    }
}

impl Inspect for Inspector {
    fn path(&self, part: Part) -> &Path {
        match part {
            Part::Principals => &self.files.principals,
            Part::Policies => &self.files.policies,
            // There is none: the entries have what it would have.
            Part::Lockout => &self.files.principals,
        }
    }

    fn leftovers(&self) -> Result<Vec<Leftover>> {
        self.files.leftovers()
    }

    /// Nothing is done about it here: the files are read as they are.
    fn cut_short(&self) -> Result<Option<CutShort>> {
        let pair = self.files.pair();
        if !pair.is_cut_short()? {
            return Ok(None);
        }
        let journal = self.files.journal.display();
        Ok(Some(match pair.can_recover() {
            Ok(()) => CutShort {
                what: format!(
                    "{journal}: a change to the database was cut short; first have somebody who may write to the database run \
                     kadmin.local listpols, which finishes it or takes it back"
                ),
                passes: true,
            },
            Err(error) => CutShort { what: error.to_string(), passes: false },
        }))
    }

    fn structure(&self, part: Part) -> Result<Structure> {
        let checked = match part {
            Part::Principals => Tree::open(&*self.files.storage, &self.files.principals, Access::Read)
                .and_then(|tree| match tree {
                    Tree::BTree(tree) => {
                        let report = tree.check()?;
                        Ok((report.pages, report.problems, report.problem_count))
                    }
                    Tree::Hash(table) => {
                        let report = table.check()?;
                        Ok((report.pages, report.problems, report.problem_count))
                    }
                }),
            Part::Lockout => return Ok(Structure::default()),
            Part::Policies => {
                open_btree(&*self.files.storage, &self.files.policies, Access::Read).and_then(|tree| {
                    let report = tree.check()?;
                    Ok((report.pages, report.problems, report.problem_count))
                })
            }
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

    fn principals(&self, visit: &mut dyn FnMut(Found<Entry>) -> ControlFlow<()>) -> Result<()> {
        let mut seen = Seen::default();
        // While a leaf is being divided its records are there twice, and what another program has written since is in the
        // one that look-ups find.
        let tree = match self.cut_short()? {
            Some(_) => Tree::open(&*self.files.storage, &self.files.principals, Access::Read).ok(),
            None => None,
        };
        self.records(Part::Principals, &mut |mut found| {
            if let (Some(tree), Ok(record)) = (&tree, &mut found.record)
                && let Ok(Some(value)) = tree.get(&record.key)
            {
                record.value = value;
            }
            decoded(&mut seen, visit, found, entry)
        })
    }

    fn policies(&self, visit: &mut dyn FnMut(Found<Policy>) -> ControlFlow<()>) -> Result<()> {
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

    fn principal(&self, name: &Principal) -> Result<Option<Entry>> {
        let key = record::key_of_any_length(name);
        let by_tree = Tree::open(&*self.files.storage, &self.files.principals, Access::Read)
            .and_then(|tree| tree.get(&key));
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

    fn may_have(&self, name: &Principal) -> bool {
        let found = Tree::open(&*self.files.storage, &self.files.principals, Access::Read)
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
    if key.as_deref().is_some_and(|key| seen.knows(key)) {
        return ControlFlow::Continue(());
    }
    let name = key.as_deref().map(|key| record::name_of(key).to_vec());
    let (what, doubt) = match read {
        Ok((what, doubt)) => {
            if let Some(key) = &key {
                seen.insert(key);
            }
            (Ok(what), doubt)
        }
        Err(what) => (Err(what), None),
    };
    visit(Found { page, way, name, what, doubt })
}
