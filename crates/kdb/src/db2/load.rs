//! Loading: a database built beside the live one, under `P~` names as MIT's loader has them, and put in its place
//! when all of it is on the disk.
//!
//! The locks, in the order in which they are taken: `P~.ok` for as long as the loader lives, so that two loaders wait
//! for each other; then `P.ok` and `P.kadm5.lock`, by an update from the beginning, since it starts from the live
//! database's content, by any other load only for the exchange.
//!
//! Memory does not grow with the database: records wait in a gathering that goes to the disk when it is full
//! ([`super::gather`]), and pages go to the new files in steps.

use super::files::{Db2Files, create_new, lock_file};
use super::gather::{Gathering, MEMORY, POLICIES_MEMORY, Stepwise, sorter};
use super::record;
use super::transaction::{policy_key, update_age};
use super::tree::{PrincipalFile, Tree, open_btree};
use crate::backend::{Access, Load, LoadFrom, Loaded, Order};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::policy::Policy;
use k5_bdb::commit::Names;
use k5_bdb::hash;
use k5_bdb::{Copying, Storage, StoredFile};
use k5_lock::LockMode;
use k5_types::Principal;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A database that is being loaded. Dropped before it has finished, it leaves the live database as it was and nothing
/// of its own.
pub struct Loader {
    live: Db2Files,
    held: Option<LiveLocks>,
    pub(super) principals: Records,
    policies: Records,
    /// The live principals, once they were looked at.
    before: Option<Tree>,
    // Dropped last: it removes the files.
    new: NewFiles,
}

/// The new principals or policies, as far as they have come.
pub(super) enum Records {
    /// Into a B-tree.
    Gathered(Box<Gathering>),
    /// Into a new hash table, which they leave as single puts in the order of the dump would, and so as MIT's.
    Sorted(Box<hash::Builder<StoredFile, File>>),
    /// Into a hash table that has records, one by one.
    Stored(Stepwise),
    /// All of them.
    Whole(Tree),
    /// They could not be stored.
    Lost,
}

/// The locks of the live database.
struct LiveLocks {
    lock: File,
    _policy_lock: File,
    made_again: bool,
    /// Lock files of a database that is still to come. They go away with the locks unless it has come.
    made: Vec<PathBuf>,
}

impl Drop for LiveLocks {
    fn drop(&mut self) {
        for path in &self.made {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The `P~` files. They go away with it, the principals overwritten, unless they were renamed.
struct NewFiles {
    files: Db2Files,
    _lock: File,
    /// Device and number of the principals' and the policies' file.
    made: [Option<(u64, u64)>; 2],
    /// They are in their places, or will be when the database is opened again.
    placed: bool,
}

impl NewFiles {
    /// The files, and what tells ours from others of that name.
    fn each_made(&self) -> impl Iterator<Item = (&PathBuf, Option<(u64, u64)>)> {
        [&self.files.principals, &self.files.policies].into_iter().zip(self.made)
    }

    /// The names must still lead to our files. A loader of MIT's that had waited for a lock file which the one before it
    /// removed believes itself alone: it removes our files and makes its own under their names.
    fn check(&self) -> Result<()> {
        for (path, made) in self.each_made() {
            if identity(&*self.files.storage, path)? != made {
                let source = io::Error::other("another program has replaced it; load again");
                return Err(KdbError::Io { path: path.clone(), source });
            }
        }
        Ok(())
    }

    /// Whether the names lead to files of somebody else's, who goes on with them.
    fn are_replaced(&self) -> bool {
        self.each_made().any(|(path, made)| {
            let now = identity(&*self.files.storage, path).ok().flatten();
            made.is_some() && now.is_some() && now != made
        })
    }
}

impl Drop for NewFiles {
    fn drop(&mut self) {
        if self.placed {
            let _ = self.files.storage.remove(&self.files.policy_lock);
        } else if !self.are_replaced() {
            // Best effort: what is left is overwritten and removed by the next loader.
            remove(&self.files);
        }
        let _ = std::fs::remove_file(&self.files.lock);
    }
}

/// Overwrites and removes what a loader leaves, but for its lock file.
fn remove(files: &Db2Files) {
    if let Ok(Some(mut file)) = files.storage.open_own(&files.principals, k5_bdb::Access::ReadWrite) {
        let _ = k5_bdb::overwrite_with_zeros(&mut file);
    }
    for path in [&files.principals, &files.policies, &files.policy_lock] {
        let _ = files.storage.remove(path);
    }
}

/// What tells the file of this name from others.
fn identity(storage: &dyn Storage, path: &Path) -> Result<Option<(u64, u64)>> {
    Ok(storage.find(path).map_err(opening(path))?.map(|facts| facts.identity))
}

fn opening(path: &Path) -> impl Fn(io::Error) -> KdbError {
    move |source| KdbError::Open { path: path.to_path_buf(), source }
}

/// What comes behind a failure.
fn lost() -> KdbError {
    KdbError::Unstorable("the new database could not be written before".to_owned())
}

impl Loader {
    /// Waits for other loaders, removes what a dead one left, and makes the new files.
    ///
    /// # Errors
    /// Where the files cannot be made, or the live database not be read.
    pub fn begin(live: &Db2Files, from: LoadFrom) -> Result<Self> {
        let mut files = live.of_load();
        files.new_principals = live.new_principals;
        let lock = lock_file(&files.lock, &mut Vec::new())?;
        let mut new = NewFiles { files, _lock: lock, made: Default::default(), placed: false };
        // What is left may be one half of an exchange.
        if live.pair().is_cut_short()? {
            LiveLocks::take(live)?.recover(live, from)?;
        }
        remove(&new.files);
        let files = &new.files;
        let make = |path: &Path, live: &Path| -> Result<StoredFile> {
            if from == LoadFrom::Nothing {
                return files.storage.create(path).map_err(opening(path));
            }
            // A missing original is not the copy's fault.
            files.storage.open(live, k5_bdb::Access::ReadOnly).map_err(opening(live))?;
            let failed = |source| KdbError::Io { path: path.to_path_buf(), source };
            let copy = files.storage.copy(live, path, Copying::Whole).map_err(failed)?;
            copy.ok_or_else(|| failed(io::ErrorKind::Unsupported.into()))
        };
        let held = match from {
            LoadFrom::Nothing => None,
            LoadFrom::Live => {
                let held = LiveLocks::take(live)?;
                held.recover(live, from)?;
                // The other names would keep what was before the update.
                live.pair().refuse_links(0)?;
                live.pair().refuse_links(1)?;
                Some(held)
            }
        };
        let principals = make(&files.principals, &live.principals)?;
        let policies = make(&files.policies, &live.policies)?;
        for (made, path) in new.made.iter_mut().zip([&files.principals, &files.policies]) {
            *made = identity(&*files.storage, path)?;
        }
        create_new(&files.policy_lock).map_err(opening(&files.policy_lock))?;
        let (principals, policies) = match from {
            LoadFrom::Nothing => {
                let principals = match files.new_principals {
                    PrincipalFile::BTree => Records::Gathered(Box::new(Gathering::into_new(
                        principals,
                        &files.principals,
                        MEMORY,
                    )?)),
                    PrincipalFile::Hash => Records::Sorted(Box::new(hash::Builder::new(
                        principals,
                        &files.principals,
                        hash::Options::default(),
                        sorter(&files.principals, MEMORY)?,
                    )?)),
                };
                (principals, Gathering::into_new(policies, &files.policies, POLICIES_MEMORY)?)
            }
            LoadFrom::Live => {
                let tree = Stepwise::new(Tree::open(&*files.storage, &files.principals, Access::Write)?);
                let principals = match tree.tree.is_ordered() {
                    true => {
                        Records::Gathered(Box::new(Gathering::into_tree(tree, &files.principals, MEMORY)?))
                    }
                    false => Records::Stored(tree),
                };
                let policies = open_btree(&*files.storage, &files.policies, Access::Write)?;
                let policies = Stepwise::new(Tree::BTree(Box::new(policies)));
                (principals, Gathering::into_tree(policies, &files.policies, POLICIES_MEMORY)?)
            }
        };
        let policies = Records::Gathered(Box::new(policies));
        Ok(Loader { live: live.clone(), held, principals, policies, before: None, new })
    }
}

impl Records {
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        match self {
            Records::Gathered(gathering) => gathering.put(key, value),
            Records::Sorted(table) => {
                let put = table.put(key, value);
                if put.is_err() {
                    // It would be finished without this record.
                    *self = Records::Lost;
                }
                Ok(put?)
            }
            Records::Stored(tree) => tree.put(key, value),
            Records::Whole(tree) => tree.put(key, value),
            Records::Lost => Err(lost()),
        }
    }

    /// All have come: the tree that has them.
    fn complete(&mut self) -> Result<&mut Tree> {
        let tree = match std::mem::replace(self, Records::Lost) {
            Records::Gathered(gathering) => gathering.finish()?,
            Records::Sorted(table) => Tree::Hash(Box::new(table.finish()?)),
            Records::Stored(tree) => tree.tree,
            Records::Whole(tree) => tree,
            Records::Lost => return Err(lost()),
        };
        *self = Records::Whole(tree);
        match self {
            Records::Whole(tree) => Ok(tree),
            _ => Err(lost()),
        }
    }
}

impl Load for Loader {
    fn put_principal(&mut self, entry: &Entry) -> Result<()> {
        let (key, value) = record::key_and_value(entry)?;
        self.principals.put(&key, &value)
    }

    fn put_policy(&mut self, policy: &Policy) -> Result<()> {
        self.policies.put(&policy_key(&policy.name), &policy.encode())
    }

    fn complete(&mut self) -> Result<()> {
        self.principals.complete().map(|_| ())
    }

    fn live_principal(&mut self, name: &Principal) -> Result<Option<Entry>> {
        if self.held.is_none() {
            return Ok(None);
        }
        let path = &self.live.principals;
        let tree = match self.before.take() {
            Some(tree) => tree,
            None => Tree::open(&*self.live.storage, path, Access::Read)?,
        };
        let key = record::key_of_any_length(name);
        let found = self.before.insert(tree).get(&key)?;
        found.map(|value| record::decode_sorted(&path.display().to_string(), &key, &value)).transpose()
    }

    fn finish_with(mut self: Box<Self>, placing: &mut dyn FnMut() -> Result<()>) -> Result<Loaded> {
        for records in [&mut self.principals, &mut self.policies] {
            let tree = records.complete()?;
            // Without the way back that a commit of these pages would keep in memory: these files go away if it fails.
            tree.spill()?;
            tree.commit()?;
        }
        // It goes when the locks have gone: a file system may take long to free a large file that has no name any more.
        let mut _replaced = None;
        let mut held = match self.held.take() {
            Some(held) => held,
            None => LiveLocks::take(&self.live)?,
        };
        self.new.check()?;
        if self.live.merge_nra && self.live.principals.exists() {
            self.keep_what_is_its_own()?;
        }
        placing()?;
        // Whatever was cut short there, it is replaced as a whole.
        self.live.pair().forget()?;
        _replaced = self.live.storage.open(&self.live.principals, k5_bdb::Access::ReadOnly).ok();
        let placed = self.live.pair().put_in_place(Names::Load);
        if !matches!(placed, Err(k5_bdb::Error::Io { .. })) {
            self.new.placed = true;
            held.made.clear();
        }
        placed?;
        update_age(&held.lock);
        let made_again = held.made_again.then(|| self.live.policy_lock.clone());
        Ok(Loaded { lock_file_made_again: made_again })
    }
}

impl Loader {
    /// Gives the new principals what each database has of its own. The live one is locked.
    fn keep_what_is_its_own(&self) -> Result<()> {
        let live = Tree::open(&*self.live.storage, &self.live.principals, Access::Read)?;
        let new = &self.new.files.principals;
        let (live_name, new_name) = (self.live.principals.display().to_string(), new.display().to_string());
        let mut tree = Stepwise::new(Tree::open(&*self.new.files.storage, new, Access::Write)?);
        live.each(Order::Forward, &mut |key, value| {
            let old = record::decode(&live_name, key, value)?;
            let Some(stored) = tree.tree.get(key)? else { return Ok(ControlFlow::Continue(())) };
            let mut entry = record::decode(&new_name, key, &stored)?;
            let own = |entry: &Entry| (entry.last_success, entry.last_failed, entry.fail_auth_count);
            if own(&old) != own(&entry) {
                (entry.last_success, entry.last_failed, entry.fail_auth_count) = own(&old);
                let (key, value) = record::key_and_value(&entry)?;
                tree.put(&key, &value)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        tree.tree.spill()?;
        tree.tree.commit()
    }
}

impl Db2Files {
    /// Makes `P.kadm5.lock` again if a loader of MIT's that died has left the database without it; says whether it did. Who
    /// lives and removed the file is waited for.
    ///
    /// # Errors
    /// Where a lock cannot be had or the file not be made.
    pub fn mend_policy_lock(&self) -> Result<bool> {
        let missing = !self.policy_lock.exists() && self.lock.exists() && self.principals.exists();
        Ok(missing && LiveLocks::take(self)?.made_again)
    }
}

impl LiveLocks {
    /// Finishes or takes back a change that was cut short. Where that cannot be done, the database may still be replaced.
    fn recover(&self, live: &Db2Files, from: LoadFrom) -> Result<()> {
        use k5_bdb::Error::{Foreign, UnknownJournal};
        match live.recover_locked() {
            Err(KdbError::Pages(Foreign { .. } | UnknownJournal { .. })) if from == LoadFrom::Nothing => {
                Ok(())
            }
            other => other,
        }
    }

    /// Waits for both locks. Lock files that are missing are made: there may be no database yet, and a loader of MIT's may
    /// have died. While we hold the first lock, no loader that lives can be the reason.
    fn take(live: &Db2Files) -> Result<Self> {
        let mut made = Vec::new();
        let lock = lock_file(&live.lock, &mut made)?;
        let policy_lock = match create_new(&live.policy_lock) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                OpenOptions::new().read(true).write(true).open(&live.policy_lock)
            }
            other => {
                made.push(live.policy_lock.clone());
                other
            }
        };
        let policy_lock = policy_lock.map_err(opening(&live.policy_lock))?;
        k5_lock::lock(&policy_lock, LockMode::Exclusive).map_err(opening(&live.policy_lock))?;
        let exists = live.principals.exists();
        let made_again = exists && made.contains(&live.policy_lock);
        if exists {
            made.clear();
        }
        Ok(LiveLocks { lock, _policy_lock: policy_lock, made_again, made })
    }
}
