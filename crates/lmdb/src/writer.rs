//! A write transaction, which looks at what liblmdb is about to go through before it lets it.

use crate::KEY_LIMIT;
use crate::check;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::layout::{Kind, Page, Value};
use crate::snapshot::Snapshot;
use crate::walk::{Way, descend};
use saferlmdb::error::{MAP_FULL, NOTFOUND};
use saferlmdb::{Database, WriteTransaction, put};
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

/// Room that liblmdb needs beside the records, in pages: the ways down to them, and its list of free pages.
const SPARE_PAGES: u64 = 64;

/// Pages that a commit writes besides those of the trees: of the tree of trees, and of the free ones.
const OTHER_PAGES: u64 = 8;

/// A write transaction. Nobody else writes as long as it lives; dropped without a commit, it has changed nothing.
pub struct Writer {
    transaction: Option<WriteTransaction<'static>>,
    trees: Vec<Arc<Database<'static>>>,
    before: Snapshot,
    /// Trees that were emptied: nothing of what was in them is gone through again.
    emptied: Vec<String>,
    /// Pages of the state before that were found sound: nobody writes into them as long as this lives.
    sound: RefCell<HashSet<u64>>,
    /// Bytes that were put.
    put: u64,
    /// Calls that may have changed pages.
    calls: u64,
    /// Whether room was kept for the commit.
    kept: bool,
    environment: Environment,
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.kept && self.transaction.is_some() {
            self.environment.give_back();
        }
        self.transaction = None;
        self.environment.ended();
    }
}

impl Writer {
    pub(crate) fn begin(environment: &Environment) -> Result<Writer> {
        // liblmdb looks up the trees in a transaction of its own.
        let before = environment.read()?;
        for name in environment.names() {
            before.tree(name)?;
        }
        drop(before);
        let trees = environment.named_trees(false)?;
        let transaction = environment.begin(WriteTransaction::new)?;
        // From here on nobody else commits.
        let before = match environment.last_state() {
            Ok(before) => before,
            Err(error) => {
                drop(transaction);
                environment.ended();
                return Err(error);
            }
        };
        let writer = Writer {
            transaction: Some(transaction),
            trees,
            before,
            emptied: Vec::new(),
            sound: RefCell::default(),
            put: 0,
            calls: 0,
            kept: false,
            environment: environment.clone(),
        };
        // Dead readers hold pages that could be used again.
        let freed = environment.shared().reader_check();
        freed.map_err(|error| environment.error(error))?;
        check::before_writing(&writer.before.pages)?;
        Ok(writer)
    }

    /// The state before this transaction.
    #[must_use]
    pub fn before(&self) -> &Snapshot {
        &self.before
    }

    fn tree(&self, name: &str) -> Result<&Arc<Database<'static>>> {
        let place = self.environment.names().iter().position(|known| *known == name);
        place.and_then(|place| self.trees.get(place)).ok_or_else(|| Error::Lmdb {
            path: self.environment.path().to_path_buf(),
            what: format!("no tree \"{name}\" was opened"),
        })
    }

    fn transaction(&self) -> Result<&WriteTransaction<'static>> {
        self.transaction.as_ref().ok_or_else(|| Error::Lmdb {
            path: self.environment.path().to_path_buf(),
            what: "the transaction has ended".to_owned(),
        })
    }

    /// Empties all trees; all of the file is looked at first.
    ///
    /// # Errors
    /// Where something in the file is damaged.
    pub fn clear(&mut self) -> Result<()> {
        check::all_sound(&self.before.pages)?;
        for name in self.environment.names() {
            let cleared = self.transaction()?.access().clear_db(self.tree(name)?);
            cleared.map_err(|error| self.error(error))?;
            self.emptied.push((*name).to_owned());
        }
        Ok(())
    }

    /// Stores a value, over one that is there.
    ///
    /// # Errors
    /// [`Error::KeyLength`], [`Error::MapFull`], and where pages on the way are damaged.
    pub fn put(&mut self, tree: &str, key: &[u8], value: &[u8]) -> Result<()> {
        self.put_with(tree, key, value, &put::Flags::empty())
    }

    /// Stores a value under a key that is greater than all that are there.
    ///
    /// # Errors
    /// As [`Writer::put`], and where the key is not greater.
    pub fn append(&mut self, tree: &str, key: &[u8], value: &[u8]) -> Result<()> {
        self.put_with(tree, key, value, &put::Flags::APPEND)
    }

    fn put_with(&mut self, tree: &str, key: &[u8], value: &[u8], flags: &put::Flags) -> Result<()> {
        if key.is_empty() || key.len() > KEY_LIMIT {
            return Err(Error::KeyLength { length: key.len() });
        }
        self.look_at(tree, key)?;
        self.calls += 1;
        self.put = self.put.saturating_add(key.len() as u64).saturating_add(value.len() as u64);
        let transaction = self.transaction()?;
        let done = transaction.access().put(self.tree(tree)?, key, value, flags);
        done.map_err(|error| self.error(error))
    }

    /// Deletes a key; `false` where it is not there.
    ///
    /// # Errors
    /// As [`Writer::put`].
    pub fn delete(&mut self, tree: &str, key: &[u8]) -> Result<bool> {
        if key.is_empty() || key.len() > KEY_LIMIT {
            return Ok(false);
        }
        self.look_at(tree, key)?;
        self.calls += 1;
        let done = self.transaction()?.access().del_key(self.tree(tree)?, key);
        match done {
            Ok(()) => Ok(true),
            Err(saferlmdb::Error::Code(NOTFOUND)) => Ok(false),
            Err(error) => Err(self.error(error)),
        }
    }

    /// The value of a key, with what this transaction has changed.
    ///
    /// # Errors
    /// Where pages on the way are damaged.
    pub fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>> {
        if key.is_empty() || key.len() > KEY_LIMIT {
            return Ok(None);
        }
        self.look_at(tree, key)?;
        let transaction = self.transaction()?;
        let access = transaction.access();
        match access.get::<[u8], [u8]>(self.tree(tree)?, key) {
            Ok(value) => Ok(Some(value.to_vec())),
            Err(saferlmdb::Error::Code(NOTFOUND)) => Ok(None),
            Err(error) => Err(self.error(error)),
        }
    }

    /// Looks at the pages that liblmdb goes through for a key: the way down, the pages beside it, with which it evens out, and the
    /// value that it replaces.
    fn look_at(&self, tree: &str, key: &[u8]) -> Result<()> {
        if self.emptied.iter().any(|emptied| emptied == tree) {
            return Ok(());
        }
        let pages = &self.before.pages;
        let Some(root) = self.before.tree(tree)?.root else { return Ok(()) };
        let Way { branches, leaf } = descend(pages, root, key)?;
        self.sound(&leaf)?;
        for (branch, index) in branches {
            self.sound(&branch)?;
            for beside in [index.checked_sub(1), index.checked_add(1)].into_iter().flatten() {
                if beside < branch.count {
                    let child = branch.child(beside).map_err(|what| pages.damaged(branch.number, what))?;
                    let page = pages.page(child.page)?;
                    if page.kind == Kind::Overflow {
                        return Err(pages.damaged(page.number, "an overflow page in place of a tree's"));
                    }
                    self.sound(&page)?;
                }
            }
        }
        let damaged = |what| pages.damaged(leaf.number, what);
        let index = leaf.item_from(key).map_err(damaged)?;
        if index < leaf.count
            && let Value::Overflow(first, length) = leaf.item(index).map_err(damaged)?.value
        {
            pages.check_overflow(first, length)?;
        }
        Ok(())
    }

    /// Looks at a page, once.
    fn sound(&self, page: &Page) -> Result<()> {
        if !self.sound.borrow().contains(&page.number) {
            check::page_sound(&self.before.pages, page)?;
            self.sound.borrow_mut().insert(page.number);
        }
        Ok(())
    }

    fn error(&self, error: saferlmdb::Error) -> Error {
        match error {
            saferlmdb::Error::Code(MAP_FULL) => {
                let path = self.environment.path().to_path_buf();
                let size = self.environment.map_size().unwrap_or(0);
                // Pages split in halves at worst; what is replaced stays until the commit.
                let page_size = self.before.pages.meta.page_size as u64;
                let used = (self.before.pages.meta.last_page + 1 + SPARE_PAGES) * page_size;
                Error::MapFull {
                    path,
                    size,
                    needed: self.put.saturating_mul(2).saturating_add(used).max(size),
                }
            }
            error => self.environment.error(error),
        }
    }

    /// Has the file system keep room for what [`Writer::commit`] will write at most, for one that must not fail for want of it.
    ///
    /// # Errors
    /// Where there is none.
    pub fn keep_room(&mut self) -> Result<()> {
        self.kept = true;
        let mut pages = OTHER_PAGES;
        for tree in &self.trees {
            let tree = self.transaction()?.db_stat(tree).map_err(|error| self.error(error))?;
            let all = (tree.branch_pages + tree.leaf_pages + tree.overflow_pages) as u64;
            // Each call changes the way down to a leaf, and may divide all of it.
            let touched = self.calls.saturating_mul(2 * (u64::from(tree.depth) + 1));
            pages = pages.saturating_add(all.min(touched));
        }
        self.environment.reserve(pages.saturating_mul(self.before.pages.meta.page_size as u64))
    }

    /// Makes the changes last; where the environment is opened so, on the disk before it answers.
    ///
    /// # Errors
    /// Where they cannot be written: nothing has changed then.
    pub fn commit(mut self) -> Result<()> {
        match self.transaction.take() {
            Some(transaction) => transaction.commit().map_err(|error| self.error(error)),
            None => Ok(()),
        }
    }
}
