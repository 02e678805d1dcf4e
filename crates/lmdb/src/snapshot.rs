//! One state of an environment, to be read.

use crate::check::{self, Record, Report};
use crate::environment::Environment;
use crate::error::{Error, Flow, Result};
use crate::layout::{TreeInfo, Value};
use crate::pages::Pages;
use crate::walk;
use std::cell::RefCell;

/// The direction of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// By ascending keys.
    Forward,
    /// By descending keys.
    Backward,
}

/// A visitor of keys and values.
pub type VisitRecord<'v, E> = &'v mut dyn FnMut(&[u8], &[u8]) -> Flow<E>;

/// One state of an environment. Writers go on meanwhile; what they write is not seen here.
pub struct Snapshot {
    // Keeps the pages of the state from being used again; gone before the environment is.
    pub(crate) _reader: Option<crate::environment::Reader>,
    pub(crate) pages: Pages,
    pub(crate) trees: RefCell<Vec<(String, TreeInfo)>>,
    pub(crate) _environment: Environment,
}

impl Snapshot {
    /// A named tree; one that is missing is damage.
    pub(crate) fn tree(&self, name: &str) -> Result<TreeInfo> {
        if let Some((_, tree)) = self.trees.borrow().iter().find(|(known, _)| known == name) {
            return Ok(*tree);
        }
        let main = &self.pages.meta.main;
        let missing = || Error::Lmdb {
            path: self._environment.path().to_path_buf(),
            what: format!("there is no database \"{name}\" in it"),
        };
        let found = walk::get(&self.pages, main, name.as_bytes())?.ok_or_else(missing)?;
        let page = main.root.unwrap_or_default();
        let tree = TreeInfo::parse(&found).map_err(|what| self.pages.damaged(page, what))?;
        if tree.flags != 0 {
            let what = format!("database \"{name}\" has the flags {:#x}; only 0 is known", tree.flags);
            return Err(self.pages.damaged(page, what));
        }
        self.trees.borrow_mut().push((name.to_owned(), tree));
        Ok(tree)
    }

    /// The value of a key in a named tree.
    ///
    /// # Errors
    /// Where pages on the way are damaged, or there is no such tree.
    pub fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>> {
        walk::get(&self.pages, &self.tree(tree)?, key)
    }

    /// How many records a named tree says that it has.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    pub fn records(&self, tree: &str) -> Result<u64> {
        Ok(self.tree(tree)?.records)
    }

    /// Visits keys and values of a named tree: forwards those whose key is not less than `from`, backwards those
    /// whose key is less; all where there is no `from`.
    ///
    /// # Errors
    /// Where pages are damaged, and what the visitor answers.
    pub fn each<E: From<Error>>(
        &self,
        tree: &str,
        from: Option<&[u8]>,
        direction: Direction,
        visit: VisitRecord<'_, E>,
    ) -> std::result::Result<(), E> {
        walk::each(&self.pages, &self.tree(tree)?, from, direction, &mut |item| match item.value {
            Value::Here(value) | Value::Tree(value) => visit(item.key, value),
            Value::Overflow(page, length) => visit(item.key, &self.pages.overflow(page, length)?),
        })
    }

    /// Visits keys alone, as [`Snapshot::each`].
    ///
    /// # Errors
    /// As [`Snapshot::each`].
    pub fn each_key<E: From<Error>>(
        &self,
        tree: &str,
        from: Option<&[u8]>,
        direction: Direction,
        visit: &mut dyn FnMut(&[u8]) -> Flow<E>,
    ) -> std::result::Result<(), E> {
        walk::each(&self.pages, &self.tree(tree)?, from, direction, &mut |item| visit(item.key))
    }

    /// Reads every page of every tree, tells what contradicts itself, and hands out every record that a page shows.
    ///
    /// # Errors
    /// Where the file cannot be read, and what the visitor answers.
    pub fn check<E: From<Error>>(
        &self,
        visit: &mut dyn FnMut(Record<'_>) -> Flow<E>,
    ) -> std::result::Result<Report, E> {
        check::check(&self.pages, visit)
    }
}
