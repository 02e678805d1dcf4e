//! The file of the principals, which is a B-tree or a hash table. Policies are in a B-tree always.

use crate::backend::{Access, Order, Visit};
use crate::error::{KdbError, Result};
use k5_bdb::btree::{self, BTree, Walk};
use k5_bdb::commit::Plan;
use k5_bdb::hash::{self, Hash};
use k5_bdb::{PageFile, Storage, StoredFile};
use std::ops::ControlFlow;
use std::path::Path;

/// What a new file of principals is. One that exists says what it is itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrincipalFile {
    /// A B-tree, whose order is that of the names.
    #[default]
    BTree,
    /// A hash table, as `load -hash` and the database argument `hash=` make it.
    Hash,
}

/// Either file.
#[derive(Debug)]
pub(super) enum Tree {
    BTree(Box<BTree<StoredFile>>),
    Hash(Box<Hash<StoredFile>>),
}

/// Looks at key and value of a record.
pub(super) type Look<'a> = dyn FnMut(&[u8], &[u8]) -> Visit + 'a;

/// A place in either file to go back to.
pub(super) type Mark = btree::Savepoint;

/// Calls a method that both have.
macro_rules! either {
    ($tree:expr, $inner:ident => $call:expr) => {
        match $tree {
            Tree::BTree($inner) => $call,
            Tree::Hash($inner) => $call,
        }
    };
}

impl Tree {
    /// A new one in a file that is empty so far.
    pub fn create(kind: PrincipalFile, file: StoredFile, path: &Path) -> Result<Self> {
        Ok(match kind {
            PrincipalFile::BTree => {
                Tree::BTree(Box::new(BTree::create(file, path, btree::Options::default())?))
            }
            PrincipalFile::Hash => Tree::Hash(Box::new(Hash::create(file, path, hash::Options::default())?)),
        })
    }

    /// One that exists.
    pub fn open(storage: &dyn Storage, path: &Path, access: Access) -> Result<Self> {
        let (file, access) = open_file(storage, path, access)?;
        let mut start = [0; 4];
        // A file too short for this is one that the B-tree refuses.
        Ok(match file.read_at(0, &mut start) {
            Ok(()) if hash::is_hash(&start) => Tree::Hash(Box::new(Hash::open(file, path, access)?)),
            _ => Tree::BTree(Box::new(BTree::open(file, path, access)?)),
        })
    }

    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(either!(self, tree => tree.get(key))?)
    }

    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        Ok(either!(self, tree => tree.put(key, value))?)
    }

    /// Stores a value in place of the one that a key has, if that is `before`; says whether it was.
    pub fn exchange(&mut self, key: &[u8], before: &[u8], after: &[u8]) -> Result<bool> {
        match self {
            Tree::BTree(tree) => Ok(tree.exchange(key, before, after)?),
            Tree::Hash(table) => {
                let same = table.get(key)?.is_some_and(|value| value == before);
                if same {
                    table.put(key, after)?;
                }
                Ok(same)
            }
        }
    }

    pub fn delete(&mut self, key: &[u8]) -> Result<bool> {
        Ok(either!(self, tree => tree.delete(key))?)
    }

    /// Visits key and value of all records. A hash table has one order only.
    pub fn each(&self, order: Order, visit: &mut Look<'_>) -> Result<()> {
        let table = match (self, order) {
            (Tree::BTree(tree), order) => {
                let (order, walk) = walk(order);
                let mut visited = Ok(());
                tree.visit(order, walk, |key, value| match visit(key, value) {
                    Ok(answer) => answer,
                    Err(error) => {
                        visited = Err(error);
                        ControlFlow::Break(())
                    }
                })?;
                return visited;
            }
            (Tree::Hash(table), Order::Forward) => table,
            (Tree::Hash(_), Order::Reverse) => return Err(KdbError::NoOrderBackwards),
            (Tree::Hash(_), Order::Recurse | Order::RecurseReverse) => return Err(KdbError::NoTreeToDescend),
        };
        for record in table.iter() {
            let record = record?;
            if visit(&record.key, &record.value)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Whether the records are in the order of their keys.
    pub fn is_ordered(&self) -> bool {
        matches!(self, Tree::BTree(_))
    }

    /// Visits the keys of an ordered file from a text on: forwards those that are not less, backwards those that
    /// are.
    pub fn each_from(&self, from: &[u8], order: Order, visit: &mut dyn FnMut(&[u8]) -> Visit) -> Result<()> {
        let Tree::BTree(tree) = self else { return Err(KdbError::NoOrderBackwards) };
        let (order, walk) = walk(order);
        for record in tree.iter_at(from, order, walk) {
            if visit(&record?.key)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    pub fn is_changed(&self) -> bool {
        either!(self, tree => tree.is_changed())
    }

    /// How many pages a commit would write.
    pub fn changed_pages(&self) -> usize {
        either!(self, tree => tree.changed_pages())
    }

    /// What a commit would write.
    pub fn plan(&self) -> Result<Plan> {
        Ok(either!(self, tree => tree.plan())?)
    }

    pub fn commit(&mut self) -> Result<()> {
        Ok(either!(self, tree => tree.commit())?)
    }

    /// Writes the changes to a file that nobody relies on before the next commit.
    pub fn spill(&mut self) -> Result<()> {
        Ok(either!(self, tree => tree.spill())?)
    }

    pub fn savepoint(&mut self) -> Mark {
        either!(self, tree => tree.savepoint())
    }

    pub fn rollback_to(&mut self, mark: &Mark) -> Result<()> {
        Ok(either!(self, tree => tree.rollback_to(mark))?)
    }

    pub fn release(&mut self, mark: Mark) -> Result<()> {
        Ok(either!(self, tree => tree.release(mark))?)
    }
}

/// Visits the keys of a hash table from where an earlier step came to.
pub(super) fn by_buckets(
    table: &Hash<StoredFile>,
    reached: Option<hash::Reached>,
    visit: &mut dyn FnMut(&[u8]) -> Visit,
) -> Result<Option<hash::Reached>> {
    let mut visited = Ok(());
    let reached = table.visit_keys_from(reached, |key| {
        if visited.is_err() {
            return ControlFlow::Break(());
        }
        visit(key).unwrap_or_else(|error| {
            visited = Err(error);
            ControlFlow::Break(())
        })
    })?;
    visited.map(|()| reached)
}

fn walk(order: Order) -> (btree::Order, Walk) {
    match order {
        Order::Forward => (btree::Order::Forward, Walk::Siblings),
        Order::Reverse => (btree::Order::Backward, Walk::Siblings),
        Order::Recurse => (btree::Order::Forward, Walk::Tree),
        Order::RecurseReverse => (btree::Order::Backward, Walk::Tree),
    }
}

/// Opens a database file.
pub(super) fn open_file(
    storage: &dyn Storage,
    path: &Path,
    access: Access,
) -> Result<(StoredFile, btree::Access)> {
    let access = match access {
        Access::Read => btree::Access::ReadOnly,
        Access::Write => btree::Access::ReadWrite,
    };
    let file = storage.open(path, access);
    Ok((file.map_err(|source| KdbError::Open { path: path.to_path_buf(), source })?, access))
}

/// Opens a file that must be a B-tree.
pub(super) fn open_btree(storage: &dyn Storage, path: &Path, access: Access) -> Result<BTree<StoredFile>> {
    let (file, access) = open_file(storage, path, access)?;
    Ok(BTree::open(file, path, access)?)
}
