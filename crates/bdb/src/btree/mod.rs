//! The B-tree of Berkeley DB 1.85 (`docs/formats/btree.md`).
//!
//! Changes stay in memory until [`BTree::commit`] writes them, in an order that leaves the file as it was if
//! the disk is full. An operation that fails changes nothing. Whoever uses the tree holds the locks.

mod build;
mod check;
mod commit;
mod cursor;
mod exact;
mod grown;
mod insert;
mod layout;
mod overflow;
mod pager;
pub(crate) mod plan;
mod remove;
mod salvage;
mod search;
#[cfg(test)]
mod tests;

use std::path::Path;

use k5_wire::ByteOrder;

pub use build::Builder;
pub use check::Report;
pub use cursor::{Cursor, Iter, Order, Walk};
pub(crate) use salvage::fitting_pages;
pub use salvage::salvage;

pub use crate::changes::Savepoint;
use crate::commit::Plan;
pub use crate::types::{Access, Found, Look, Problem, Record, Remains, Way};
use crate::write::How;
use crate::{Error, PageFile, Result};
use layout::Geometry;
use pager::Pager;

/// The page size of new files, in bytes; the one that MIT uses.
pub const PAGE_SIZE: u32 = 4096;

/// Unchanged pages kept in memory unless the caller says otherwise: 1 MiB of 4096-byte pages.
pub const CACHE_PAGES: usize = 256;

/// The longest key, in bytes, that may be stored in a file with this page size: 2016 for 4096.
///
/// A longer one goes to overflow pages, and MIT (seen with 1.20.1) then orders it by the bytes of its page number
/// instead of its own, after which look-ups of other keys fail too. A principal's key is its name and a NUL,
/// so names may have 2015 bytes.
pub fn max_key(page_size: u32) -> Result<usize> {
    if !Geometry::valid_page_size(page_size) {
        return Err(Error::PageSize { size: page_size });
    }
    Ok(Geometry { order: ByteOrder::NATIVE, page_size }.max_key())
}

/// Whether a file begins as a B-tree file does, in either byte order.
#[must_use]
pub fn is_btree(start: &[u8]) -> bool {
    [layout::MAGIC.to_le_bytes(), layout::MAGIC.to_be_bytes()].iter().any(|magic| start.starts_with(magic))
}

/// How a new file is laid out, and how much of a file is kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Byte order of a new file. MIT's is that of the machine.
    pub order: ByteOrder,
    /// Page size of a new file in bytes: even, 512 to 65534.
    pub page_size: u32,
    /// How many unchanged pages are kept in memory.
    pub cache_pages: usize,
}

impl Default for Options {
    /// As MIT makes its files.
    fn default() -> Self {
        Options { order: ByteOrder::NATIVE, page_size: PAGE_SIZE, cache_pages: CACHE_PAGES }
    }
}

/// An open file.
#[derive(Debug)]
pub struct BTree<F> {
    pager: Pager<F>,
    access: Access,
    /// Tests store keys over the limit, to show that what MIT stores so is handled.
    big_keys: bool,
}

impl<F: PageFile> BTree<F> {
    /// A new tree in `file`, which must be empty; `path` is for errors. Nothing is written before the first
    /// commit.
    pub fn create(file: F, path: &Path, options: Options) -> Result<Self> {
        if !Geometry::valid_page_size(options.page_size) {
            return Err(Error::PageSize { size: options.page_size });
        }
        let geometry = Geometry { order: options.order, page_size: options.page_size };
        let pager = Pager::create(file, path, geometry, options.cache_pages)?;
        Ok(BTree { pager, access: Access::ReadWrite, big_keys: false })
    }

    /// The tree in `file`, in the byte order and page size that its metadata give; `path` is for errors.
    pub fn open(file: F, path: &Path, access: Access) -> Result<Self> {
        Self::open_with_cache(file, path, access, CACHE_PAGES)
    }

    /// The same, keeping so many unchanged pages in memory.
    pub fn open_with_cache(file: F, path: &Path, access: Access, cache_pages: usize) -> Result<Self> {
        Ok(BTree { pager: Pager::open(file, path, cache_pages)?, access, big_keys: false })
    }

    /// The path given for errors.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.pager.path
    }

    /// Page size in bytes.
    #[must_use]
    pub fn page_size(&self) -> u32 {
        self.pager.geometry().page_size
    }

    /// Byte order of the file.
    #[must_use]
    pub fn byte_order(&self) -> ByteOrder {
        self.pager.geometry().order
    }

    /// The longest key that [`BTree::put`] takes, in bytes (see [`max_key`]).
    #[must_use]
    pub fn max_key(&self) -> usize {
        self.pager.geometry().max_key()
    }

    /// The file, to sync or lock it.
    #[must_use]
    pub fn file(&self) -> &F {
        &self.pager.file
    }

    /// The file; changes that were not committed are dropped.
    #[must_use]
    pub fn into_file(self) -> F {
        self.pager.file
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let place = self.pager.find(key)?;
        match place.leaf.items.get(place.index) {
            Some(item) if place.exact => Ok(Some(self.pager.load(&item.value)?.into_owned())),
            _ => Ok(None),
        }
    }

    /// Whether a key is there.
    pub fn contains(&self, key: &[u8]) -> Result<bool> {
        Ok(self.pager.find(key)?.exact)
    }

    /// Stores a pair, in place of the one with the same key if there is one. The replaced value's bytes are
    /// gone from the file after the next commit.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let big_keys = self.big_keys;
        self.whole(|pager| pager.put(key, value, big_keys))
    }

    /// Stores a value in place of the one that a key has, if that is `before`; says whether it was.
    pub fn exchange(&mut self, key: &[u8], before: &[u8], after: &[u8]) -> Result<bool> {
        self.whole(|pager| pager.exchange(key, before, after))
    }

    /// Removes a pair; says whether there was one. Its bytes are gone from the file after the next commit.
    pub fn delete(&mut self, key: &[u8]) -> Result<bool> {
        self.whole(|pager| pager.remove(key))
    }

    /// Does all of an operation or nothing.
    fn whole<T>(&mut self, operation: impl FnOnce(&mut Pager<F>) -> Result<T>) -> Result<T> {
        self.writable()?;
        self.pager.changes.begin_operation();
        let result = operation(&mut self.pager);
        self.pager.changes.end_operation(result.is_ok());
        result
    }

    fn writable(&self) -> Result<()> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::ReadOnly => Err(Error::ReadOnly { path: self.pager.path.clone() }),
        }
    }

    /// A cursor-backed iterator over all pairs.
    pub fn iter(&self, order: Order, walk: Walk) -> Iter<'_, F> {
        Iter { tree: self, cursor: Cursor::new(order, walk) }
    }

    /// The same, from a key on (see [`Cursor::at`]).
    pub fn iter_at(&self, key: &[u8], order: Order, walk: Walk) -> Iter<'_, F> {
        Iter { tree: self, cursor: Cursor::at(key, order, walk) }
    }

    /// Visits key and value of all pairs until `visit` says that it has seen enough; copies only those that stand on
    /// pages of their own.
    pub fn visit(
        &self,
        order: Order,
        walk: Walk,
        mut visit: impl FnMut(&[u8], &[u8]) -> std::ops::ControlFlow<()>,
    ) -> Result<()> {
        let mut cursor = Cursor::new(order, walk);
        while let Some(item) = cursor.next_item(self)? {
            if visit(&self.pager.load(&item.key)?, &self.pager.load(&item.value)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Whether there are changes to commit.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.pager.changes.is_empty()
    }

    /// How many pages a commit would write.
    #[must_use]
    pub fn changed_pages(&self) -> usize {
        self.pager.changes.count()
    }

    /// Writes all changes to the file and syncs it. A crash in between leaves it in between: for files that others may look
    /// at there is [`crate::commit`].
    ///
    /// Pages past the old end come first; if the disk has no room for them the file is cut back to its old
    /// length and is as it was. After an error the changes are still in memory: commit again or roll back.
    pub fn commit(&mut self) -> Result<()> {
        self.writable()?;
        self.pager.commit(How::Commit)
    }

    /// What a commit would write, for [`crate::commit`], after which the file is opened anew.
    pub fn plan(&self) -> Result<Plan> {
        self.writable()?;
        self.pager.plan()
    }

    /// Writes all changes to the file without syncing it, to free memory, and ends all savepoints. The file is in between
    /// two states until the next commit: this is for one that nobody relies on before that.
    pub fn spill(&mut self) -> Result<()> {
        self.writable()?;
        self.pager.commit(How::Spill)
    }

    /// Drops all changes since the last commit.
    pub fn rollback(&mut self) {
        self.pager.rollback();
    }

    /// Marks the present state. Costs nothing; each page changed later is kept once as it was.
    pub fn savepoint(&mut self) -> Savepoint {
        self.pager.changes.savepoint()
    }

    /// Drops all changes since the savepoint, which stays, and ends younger ones.
    pub fn rollback_to(&mut self, savepoint: &Savepoint) -> Result<()> {
        self.pager.changes.rollback_to(savepoint)
    }

    /// Ends the savepoint and younger ones; the changes stay.
    pub fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        self.pager.changes.release(&savepoint)
    }

    /// Reads everything and says what contradicts itself. The pages are those that a commit would write.
    ///
    /// An error means that a page could not be read from the system; a page that makes no sense is a
    /// [`Problem`] of the report.
    pub fn check(&self) -> Result<Report> {
        check::check(&self.pager)
    }
}
