//! A transaction over the principals and the policies of a `db2` database.

use super::files::{Db2Files, open_lock};
use super::record;
use super::tree::{Mark, Tree, by_buckets, open_btree};
use crate::backend::{Access, Order, Savepoint, Scope, Transaction, Visit};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::exchange::Exchange;
use crate::policy::Policy;
use crate::steps::{self, Place, Reached};
use k5_bdb::StoredFile;
use k5_bdb::btree::{self, BTree, Walk};
use k5_lock::LockMode;
use k5_types::Principal;
use std::fs::{File, FileTimes};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The two files, each under its lock. Dropping the files gives the locks back.
pub(super) struct Db2Transaction {
    files: Db2Files,
    access: Access,
    /// Held while principals may be touched. Its time of modification is the age of the database.
    lock: Option<File>,
    _policy_lock: Option<File>,
    /// The files are being made: nobody looks at them before they have their names.
    new: bool,
    principals: Option<Tree>,
    /// Opened when first needed: most transactions look at no policy.
    policies: Option<BTree<StoredFile>>,
    /// A mark in each file that was open then, by the number of the savepoint.
    marks: Vec<(Option<Mark>, Option<Mark>)>,
    /// The names of the principals in order, where the file is a hash table and they were asked for in order.
    sorted: Option<Vec<Vec<u8>>>,
}

/// The policies' lock file, opened by path each time: a loader removes it while it holds the database for good.
pub(super) fn open_policy_lock(path: &Path) -> Result<File> {
    open_lock(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => KdbError::NoPolicyLockFile { path: path.to_path_buf() },
        _ => KdbError::Io { path: path.to_path_buf(), source },
    })
}

pub(super) fn take_lock(file: &File, path: &Path, access: Access) -> Result<()> {
    taken(path, k5_lock::lock(file, mode(access)))
}

fn mode(access: Access) -> LockMode {
    match access {
        Access::Read => LockMode::Shared,
        Access::Write => LockMode::Exclusive,
    }
}

fn taken<T>(path: &Path, taken: std::io::Result<T>) -> Result<T> {
    taken.map_err(|source| match source.raw_os_error() {
        Some(nix::libc::EBADF | nix::libc::EACCES | nix::libc::EAGAIN) => {
            KdbError::CannotLock { path: path.to_path_buf() }
        }
        _ => KdbError::Io { path: path.to_path_buf(), source },
    })
}

impl Db2Transaction {
    /// Waits for the locks that the scope needs and opens the principals. A change that was cut short is finished or taken
    /// back first.
    pub fn begin(files: &Db2Files, scope: Scope, access: Access) -> Result<Self> {
        loop {
            let transaction = Self::lock(files, scope, |file, path| take_lock(file, path, access), access)?;
            if files.pair().is_cut_short()? {
                drop(transaction);
                files.recover()?;
                continue;
            }
            return transaction.opened();
        }
    }

    /// The same if nobody has the locks and no change was cut short; else `None`.
    pub fn begin_at_once(files: &Db2Files, scope: Scope, access: Access) -> Result<Option<Self>> {
        let mut free = true;
        let lock = |file: &File, path: &Path| {
            free = free && taken(path, k5_lock::try_lock(file, mode(access)))?;
            Ok(())
        };
        let transaction = Self::lock(files, scope, lock, access)?;
        match free && !files.pair().is_cut_short()? {
            true => transaction.opened().map(Some),
            false => Ok(None),
        }
    }

    /// Opens the principals, and removes what a killed writer left.
    fn opened(mut self) -> Result<Self> {
        if self.access == Access::Write {
            let files: &[usize] = if self.lock.is_some() { &[0, 1] } else { &[1] };
            self.files.pair().remove_copies(files)?;
        }
        if self.lock.is_some() {
            self.principals = Some(Tree::open(&*self.files.storage, &self.files.principals, self.access)?);
        }
        Ok(self)
    }

    fn lock(
        files: &Db2Files,
        scope: Scope,
        mut take: impl FnMut(&File, &Path) -> Result<()>,
        access: Access,
    ) -> Result<Self> {
        let lock = match scope {
            Scope::Everything => {
                let lock = open_lock(&files.lock)
                    .map_err(|source| KdbError::Io { path: files.lock.clone(), source })?;
                take(&lock, &files.lock)?;
                Some(lock)
            }
            Scope::Policies => None,
        };
        let policy_lock = open_policy_lock(&files.policy_lock)?;
        take(&policy_lock, &files.policy_lock)?;
        if files.policy_lock.symlink_metadata().is_err() {
            // Removed while we waited: somebody holds the database for good, and our lock is worth nothing.
            return Err(KdbError::NoPolicyLockFile { path: files.policy_lock.clone() });
        }
        Ok(Db2Transaction {
            files: files.clone(),
            access,
            lock,
            _policy_lock: Some(policy_lock),
            new: false,
            principals: None,
            policies: None,
            marks: Vec::new(),
            sorted: None,
        })
    }

    /// A transaction on files that were just made and are locked by whoever made them.
    pub fn on_new_files(files: &Db2Files, principals: StoredFile, policies: StoredFile) -> Result<Self> {
        Ok(Db2Transaction {
            files: files.clone(),
            access: Access::Write,
            lock: None,
            _policy_lock: None,
            new: true,
            principals: Some(Tree::create(files.new_principals, principals, &files.principals)?),
            policies: Some(BTree::create(policies, &files.policies, btree::Options::default())?),
            marks: Vec::new(),
            sorted: None,
        })
    }

    fn principals(&mut self) -> Result<&mut Tree> {
        self.principals
            .as_mut()
            .ok_or_else(|| KdbError::Unstorable("the transaction covers policies only".to_owned()))
    }

    fn policies(&mut self) -> Result<&mut BTree<StoredFile>> {
        let tree = match self.policies.take() {
            Some(tree) => tree,
            None => open_btree(&*self.files.storage, &self.files.policies, self.access)?,
        };
        Ok(self.policies.insert(tree))
    }
}

/// Moves the database's age, which its lock file bears: to now, or to one second after what it was where that is not
/// earlier. A hint for others; that it may not be set is no failure.
pub(super) fn update_age(lock: &File) {
    let now = SystemTime::now();
    let old = lock.metadata().and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let age = if old >= now { old + Duration::from_secs(1) } else { now };
    let _ = lock.set_times(FileTimes::new().set_accessed(age).set_modified(age));
}

fn decode_policy(file: &Path, key: &[u8], value: &[u8]) -> Result<Policy> {
    Policy::decode(value).map_err(|error| KdbError::Record {
        file: file.display().to_string(),
        name: String::from_utf8_lossy(record::name_of(key)).into_owned(),
        what: error.to_string(),
    })
}

/// The key of a policy's record.
pub(super) fn policy_key(name: &[u8]) -> Vec<u8> {
    [name, &[0]].concat()
}

impl Transaction for Db2Transaction {
    fn principal(&mut self, name: &Principal) -> Result<Option<Entry>> {
        let file = self.files.principals.display().to_string();
        let key = record::key_of_any_length(name);
        let found = self.principals()?.get(&key)?;
        found.map(|value| record::decode_sorted(&file, &key, &value)).transpose()
    }

    fn put_principal(&mut self, entry: &Entry) -> Result<()> {
        let (key, value) = record::key_and_value(entry)?;
        self.sorted = None;
        self.principals()?.put(&key, &value)
    }

    fn record(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>> {
        self.principals()?.get(&record::key_of_name(name))
    }

    fn exchange(&mut self, exchange: &Exchange) -> Result<bool> {
        let (before, after) = (exchange.before(), exchange.after());
        let key = record::key(&after.entry.principal)?;
        // The names stay as they are, and so does their order.
        self.principals()?.exchange(&key, &before.record, &after.record)
    }

    fn delete_principal(&mut self, name: &Principal) -> Result<bool> {
        self.sorted = None;
        self.principals()?.delete(&record::key_of_any_length(name))
    }

    fn each_principal(&mut self, order: Order, visit: &mut dyn FnMut(Entry) -> Visit) -> Result<()> {
        let file = self.files.principals.display().to_string();
        self.principals()?.each(order, &mut |key, value| visit(record::decode_sorted(&file, key, value)?))
    }

    fn each_name(&mut self, visit: &mut dyn FnMut(&[u8]) -> Visit) -> Result<()> {
        self.principals()?.each(Order::Forward, &mut |key, _| visit(record::name_of(key)))
    }

    fn each_name_from(
        &mut self,
        from: &[u8],
        order: Order,
        visit: &mut dyn FnMut(&[u8]) -> Visit,
    ) -> Result<()> {
        if self.principals()?.is_ordered() {
            return self.principals()?.each_from(from, order, &mut |key| visit(record::name_of(key)));
        }
        if self.sorted.is_none() {
            let mut names = Vec::new();
            self.each_name(&mut |name| {
                names.push(name.to_vec());
                Ok(ControlFlow::Continue(()))
            })?;
            names.sort_unstable();
            self.sorted = Some(names);
        }
        let names = self.sorted.as_deref().unwrap_or_default();
        let (below, above) = names.split_at(names.partition_point(|name| name.as_slice() < from));
        let mut forwards = above.iter();
        let mut backwards = below.iter().rev();
        let names: &mut dyn Iterator<Item = &Vec<u8>> = match order {
            Order::Forward | Order::Recurse => &mut forwards,
            Order::Reverse | Order::RecurseReverse => &mut backwards,
        };
        for name in names {
            if visit(name)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn each_name_by_steps(
        &mut self,
        reached: Option<Reached>,
        visit: &mut dyn FnMut(&[u8]) -> Visit,
    ) -> Result<Option<Reached>> {
        let buckets = match &reached {
            None => Some(None),
            Some(Reached(Place::Buckets(buckets))) => Some(Some(*buckets)),
            Some(Reached(Place::Name(_))) => None,
        };
        match (self.principals()?, buckets) {
            (Tree::Hash(table), Some(buckets)) => {
                let reached = by_buckets(table, buckets, &mut |key| visit(record::name_of(key)))?;
                Ok(reached.map(|buckets| Reached(Place::Buckets(buckets))))
            }
            (Tree::Hash(_), None) => steps::by_names(reached, false, visit, |_, visit| self.each_name(visit)),
            (Tree::BTree(_), _) => steps::by_names(reached, true, visit, |from, visit| {
                self.each_name_from(from, Order::Forward, visit)
            }),
        }
    }

    fn is_ordered(&self) -> bool {
        self.principals.as_ref().is_some_and(Tree::is_ordered)
    }

    fn changed_pages(&self) -> usize {
        let principals = self.principals.as_ref().map_or(0, Tree::changed_pages);
        principals + self.policies.as_ref().map_or(0, BTree::changed_pages)
    }

    fn policy(&mut self, name: &[u8]) -> Result<Option<Policy>> {
        let key = policy_key(name);
        match self.policies()?.get(&key)? {
            Some(value) => decode_policy(&self.files.policies, &key, &value).map(Some),
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
        let file = self.files.policies.clone();
        for item in self.policies()?.iter(btree::Order::Forward, Walk::Siblings) {
            let item = item?;
            if visit(decode_policy(&file, &item.key, &item.value)?)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn savepoint(&mut self) -> Savepoint {
        self.marks.push((
            self.principals.as_mut().map(Tree::savepoint),
            self.policies.as_mut().map(BTree::savepoint),
        ));
        Savepoint(self.marks.len() - 1)
    }

    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()> {
        let stale = || KdbError::Pages(k5_bdb::Error::StaleSavepoint);
        let (principals, policies) = self.marks.get(savepoint.0).ok_or_else(stale)?;
        self.sorted = None;
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
        if let (Some(tree), Some(mark)) = (self.principals.as_mut(), principals) {
            tree.release(mark)?;
        }
        if let (Some(tree), Some(mark)) = (self.policies.as_mut(), policies) {
            tree.release(mark)?;
        }
        Ok(())
    }

    fn commit(mut self: Box<Self>) -> Result<()> {
        if let (Some(lock), true) = (&self.lock, self.principals.as_ref().is_some_and(Tree::is_changed)) {
            update_age(lock);
        }
        if self.new {
            self.principals.as_mut().map_or(Ok(()), Tree::commit)?;
            self.policies.as_mut().map_or(Ok(()), BTree::commit)?;
            return Ok(());
        }
        let principals = self.principals.as_ref().filter(|tree| tree.is_changed()).map(Tree::plan);
        let policies = self.policies.as_ref().filter(|tree| tree.is_changed()).map(BTree::plan);
        let plans = [principals.transpose()?.unwrap_or_default(), policies.transpose()?.unwrap_or_default()];
        (self.principals, self.policies) = (None, None);
        Ok(self.files.pair().commit(plans)?)
    }
}
