//! A transaction over the principals and the policies of a `db2` database.

use super::files::{Db2Files, NewFiles, open_lock};
use super::record;
use crate::backend::{Access, Order, Savepoint, Scope, Transaction, Visit};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::key_data::sort_key_data;
use crate::policy::Policy;
use k5_bdb::btree::{self, BTree, Walk};
use k5_lock::LockMode;
use k5_types::Principal;
use std::fs::{File, FileTimes, OpenOptions};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

type Tree = BTree<File>;

/// The two trees, each under its lock. Dropping the files gives the locks back.
pub(super) struct Db2Transaction {
    files: Db2Files,
    access: Access,
    /// Held while principals may be touched. Its time of modification is the age of the database.
    lock: Option<File>,
    _policy_lock: Option<File>,
    principals: Option<Tree>,
    /// Opened when first needed: most transactions look at no policy.
    policies: Option<Tree>,
    /// A mark in each tree that was open then, by the number of the savepoint.
    marks: Vec<(Option<btree::Savepoint>, Option<btree::Savepoint>)>,
}

/// The policies' lock file, opened by path each time: a loader removes it while it holds the database for good.
pub(super) fn open_policy_lock(path: &Path) -> Result<File> {
    open_lock(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => KdbError::NoPolicyLockFile { path: path.to_path_buf() },
        _ => KdbError::Io { path: path.to_path_buf(), source },
    })
}

fn take_lock(file: &File, path: &Path, access: Access) -> Result<()> {
    let mode = match access {
        Access::Read => LockMode::Shared,
        Access::Write => LockMode::Exclusive,
    };
    k5_lock::lock(file, mode).map_err(|source| match source.raw_os_error() {
        Some(nix::libc::EBADF | nix::libc::EACCES | nix::libc::EAGAIN) => {
            KdbError::CannotLock { path: path.to_path_buf() }
        }
        _ => KdbError::Io { path: path.to_path_buf(), source },
    })
}

fn open_tree(path: &Path, access: Access) -> Result<Tree> {
    let write = access == Access::Write;
    let file = OpenOptions::new().read(true).write(write).open(path);
    let file = file.map_err(|source| KdbError::Open { path: path.to_path_buf(), source })?;
    let tree_access = if write { btree::Access::ReadWrite } else { btree::Access::ReadOnly };
    Ok(BTree::open(file, path, tree_access)?)
}

impl Db2Transaction {
    /// Waits for the locks that the scope needs and opens the principals.
    pub fn begin(files: &Db2Files, scope: Scope, access: Access) -> Result<Self> {
        let lock = match scope {
            Scope::Everything => {
                let lock = open_lock(&files.lock)
                    .map_err(|source| KdbError::Io { path: files.lock.clone(), source })?;
                take_lock(&lock, &files.lock, access)?;
                Some(lock)
            }
            Scope::Policies => None,
        };
        let policy_lock = open_policy_lock(&files.policy_lock)?;
        take_lock(&policy_lock, &files.policy_lock, access)?;
        if files.policy_lock.symlink_metadata().is_err() {
            // Removed while we waited: somebody holds the database for good, and our lock is worth nothing.
            return Err(KdbError::NoPolicyLockFile { path: files.policy_lock.clone() });
        }
        let principals = match scope {
            Scope::Everything => Some(open_tree(&files.principals, access)?),
            Scope::Policies => None,
        };
        Ok(Db2Transaction {
            files: files.clone(),
            access,
            lock,
            _policy_lock: Some(policy_lock),
            principals,
            policies: None,
            marks: Vec::new(),
        })
    }

    /// A transaction on files that were just made and are locked by whoever made them.
    pub fn on_new_files(files: &Db2Files, new: &NewFiles) -> Result<Self> {
        let fresh = |file: &File, path: &PathBuf| {
            let file = file.try_clone().map_err(|source| KdbError::Io { path: path.clone(), source })?;
            Ok::<Tree, KdbError>(BTree::create(file, path, btree::Options::default())?)
        };
        Ok(Db2Transaction {
            files: files.clone(),
            access: Access::Write,
            lock: None,
            _policy_lock: None,
            principals: Some(fresh(&new.principals, &files.principals)?),
            policies: Some(fresh(&new.policies, &files.policies)?),
            marks: Vec::new(),
        })
    }

    fn principals(&mut self) -> Result<&mut Tree> {
        self.principals
            .as_mut()
            .ok_or_else(|| KdbError::Unstorable("the transaction covers policies only".to_owned()))
    }

    fn policies(&mut self) -> Result<&mut Tree> {
        let tree = match self.policies.take() {
            Some(tree) => tree,
            None => open_tree(&self.files.policies, self.access)?,
        };
        Ok(self.policies.insert(tree))
    }

    fn policy_from(&self, key: &[u8], value: &[u8]) -> Result<Policy> {
        Policy::decode(value).map_err(|error| KdbError::Record {
            file: self.files.policies.display().to_string(),
            name: String::from_utf8_lossy(key.strip_suffix(&[0]).unwrap_or(key)).into_owned(),
            what: error.to_string(),
        })
    }

    /// Moves the database's age: to now, or to one second after what it was where that is not earlier. A
    /// hint for others; that it may not be set is no failure.
    fn update_age(&self) {
        let Some(lock) = &self.lock else { return };
        let now = SystemTime::now();
        let old = lock.metadata().and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let age = if old >= now { old + Duration::from_secs(1) } else { now };
        let _ = lock.set_times(FileTimes::new().set_accessed(age).set_modified(age));
    }
}

/// The key of a policy's record.
fn policy_key(name: &[u8]) -> Vec<u8> {
    [name, &[0]].concat()
}

fn walk(order: Order) -> (btree::Order, Walk) {
    match order {
        Order::Forward => (btree::Order::Forward, Walk::Siblings),
        Order::Reverse => (btree::Order::Backward, Walk::Siblings),
        Order::Recurse => (btree::Order::Forward, Walk::Tree),
        Order::RecurseReverse => (btree::Order::Backward, Walk::Tree),
    }
}

impl Transaction for Db2Transaction {
    fn principal(&mut self, name: &Principal) -> Result<Option<Entry>> {
        let file = self.files.principals.display().to_string();
        let Ok(key) = record::key(name) else {
            // What cannot be stored is not there.
            return Ok(None);
        };
        let Some(value) = self.principals()?.get(&key)? else { return Ok(None) };
        let mut entry = record::decode(&file, &key, &value)?;
        sort_key_data(&mut entry.key_data);
        Ok(Some(entry))
    }

    fn put_principal(&mut self, entry: &Entry) -> Result<()> {
        let (key, value) = (record::key(&entry.principal)?, record::encode(entry)?);
        Ok(self.principals()?.put(&key, &value)?)
    }

    fn delete_principal(&mut self, name: &Principal) -> Result<bool> {
        let Ok(key) = record::key(name) else { return Ok(false) };
        Ok(self.principals()?.delete(&key)?)
    }

    fn each_principal(&mut self, order: Order, visit: &mut dyn FnMut(Entry) -> Visit) -> Result<()> {
        let file = self.files.principals.display().to_string();
        let (order, walk) = walk(order);
        for item in self.principals()?.iter(order, walk) {
            let item = item?;
            let mut entry = record::decode(&file, &item.key, &item.value)?;
            sort_key_data(&mut entry.key_data);
            if visit(entry)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn each_name_from(
        &mut self,
        from: &[u8],
        order: Order,
        visit: &mut dyn FnMut(&[u8]) -> Visit,
    ) -> Result<()> {
        let (order, walk) = walk(order);
        // A name's key is the name and a zero byte, so a key is not less than a text exactly if its name is not.
        for item in self.principals()?.iter_at(from, order, walk) {
            let key = item?.key;
            if visit(key.strip_suffix(&[0]).unwrap_or(&key))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn policy(&mut self, name: &[u8]) -> Result<Option<Policy>> {
        let key = policy_key(name);
        match self.policies()?.get(&key)? {
            Some(value) => self.policy_from(&key, &value).map(Some),
            None => Ok(None),
        }
    }

    fn put_policy(&mut self, policy: &Policy) -> Result<()> {
        Ok(self.policies()?.put(&policy_key(&policy.name), &policy.encode())?)
    }

    fn delete_policy(&mut self, name: &[u8]) -> Result<bool> {
        Ok(self.policies()?.delete(&policy_key(name))?)
    }

    fn each_policy(&mut self, visit: &mut dyn FnMut(Policy) -> Visit) -> Result<()> {
        let records: Vec<_> = self.policies()?.iter(btree::Order::Forward, Walk::Siblings).collect();
        for item in records {
            let item = item?;
            if let ControlFlow::Break(()) = visit(self.policy_from(&item.key, &item.value)?)? {
                break;
            }
        }
        Ok(())
    }

    fn savepoint(&mut self) -> Savepoint {
        self.marks.push((
            self.principals.as_mut().map(BTree::savepoint),
            self.policies.as_mut().map(BTree::savepoint),
        ));
        Savepoint(self.marks.len() - 1)
    }

    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()> {
        let stale = || KdbError::Pages(k5_bdb::Error::StaleSavepoint);
        let (principals, policies) = self.marks.get(savepoint.0).ok_or_else(stale)?;
        if let (Some(tree), Some(mark)) = (self.principals.as_mut(), principals) {
            tree.rollback_to(mark)?;
        }
        match (self.policies.as_mut(), policies) {
            (Some(tree), Some(mark)) => tree.rollback_to(mark)?,
            // Not open at the savepoint: all its changes came later.
            (Some(tree), None) => tree.rollback(),
            (None, _) => {}
        }
        self.marks.truncate(savepoint.0 + 1);
        Ok(())
    }

    fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        if savepoint.0 >= self.marks.len() {
            return Err(KdbError::Pages(k5_bdb::Error::StaleSavepoint));
        }
        // Of each tree the oldest mark, which ends the younger ones.
        let (mut principals, mut policies) = (None, None);
        for (of_principals, of_policies) in self.marks.drain(savepoint.0..) {
            principals = principals.or(of_principals);
            policies = policies.or(of_policies);
        }
        for (tree, mark) in [(self.principals.as_mut(), principals), (self.policies.as_mut(), policies)] {
            if let (Some(tree), Some(mark)) = (tree, mark) {
                tree.release(mark)?;
            }
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        if let Some(tree) = self.principals.as_ref().filter(|tree| tree.is_changed()) {
            let _ = tree;
            self.update_age();
        }
        for tree in [self.principals.as_mut(), self.policies.as_mut()].into_iter().flatten() {
            if tree.is_changed() {
                tree.commit()?;
            }
        }
        Ok(())
    }
}
