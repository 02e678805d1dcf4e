//! The hash table of Berkeley DB 1.85 (`docs/formats/hash.md`).
//!
//! Changes stay in memory until [`Hash::commit`] writes them, in an order that leaves the file as it was if
//! the disk is full. An operation that fails changes nothing. Whoever uses the table holds the locks.

mod address;
mod before;
mod big;
mod build;
mod chain;
mod check;
mod cursor;
mod detach;
mod function;
mod layout;
mod order;
mod pager;
mod placing;
mod plan;
mod recount;
mod repair;
mod salvage;
mod sketch;
mod space;
mod split;
mod steps;
#[cfg(test)]
mod tests;

use std::path::Path;

use k5_wire::ByteOrder;

pub use build::Builder;
pub use check::Report;
pub use cursor::Iter;
pub(crate) use layout::differ_in_pairs_only;
pub(crate) use recount::recount;
pub use salvage::salvage;
pub use steps::Reached;

pub use crate::changes::Savepoint;
use crate::commit::Plan;
pub use crate::types::{Access, Found, Look, Problem, Record, Remains, Way};
use crate::write::How;
use crate::{Error, PageFile, Result};
use address::Header;
use pager::Pager;

/// The page size of new files, in bytes; the one that MIT uses for principals.
pub const PAGE_SIZE: u32 = 4096;

/// Unchanged pages kept in memory unless the caller says otherwise: 1 MiB of 4096-byte pages.
pub const CACHE_PAGES: usize = 256;

/// Whether a file begins as a hash file does: with a magic number that is big-endian on every machine.
#[must_use]
pub fn is_hash(start: &[u8]) -> bool {
    start.starts_with(&layout::MAGIC.to_be_bytes())
}

/// Whether a file is one with a hash table, or was one before it was damaged.
pub fn was_hash(file: &impl PageFile) -> bool {
    repair::was_hash(file)
}

/// How a new file is laid out, and how much of a file is kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Byte order of the pages of a new file. MIT's is that of the machine.
    pub order: ByteOrder,
    /// Page size of a new file in bytes: a power of two from 256 to 65536.
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

/// A file with a hash table, and the changes to it.
#[derive(Debug)]
pub struct Hash<F> {
    pager: Pager<F>,
    access: Access,
}

impl<F: PageFile> Hash<F> {
    /// A new table in `file`, which must be empty; `path` is for errors. Nothing is written before the first
    /// commit.
    pub fn create(file: F, path: &Path, options: Options) -> Result<Self> {
        if !layout::valid_page_size(options.page_size) {
            return Err(Error::HashPageSize { size: options.page_size });
        }
        let header = Header::new(options.order, options.page_size);
        let pager = Pager::create(file, path, header, options.cache_pages)?;
        Ok(Hash { pager, access: Access::ReadWrite })
    }

    /// The table in `file`, in the byte order and page size that its header gives; `path` is for errors.
    pub fn open(file: F, path: &Path, access: Access) -> Result<Self> {
        Self::open_with_cache(file, path, access, CACHE_PAGES)
    }

    /// The same, keeping so many unchanged pages in memory.
    pub fn open_with_cache(file: F, path: &Path, access: Access, cache_pages: usize) -> Result<Self> {
        Ok(Hash { pager: Pager::open(file, path, cache_pages)?, access })
    }

    /// The path given for errors.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.pager.path
    }

    /// Page size in bytes.
    #[must_use]
    pub fn page_size(&self) -> u32 {
        self.pager.header().page_size
    }

    /// Byte order of the pages.
    #[must_use]
    pub fn byte_order(&self) -> ByteOrder {
        self.pager.header().order
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
        self.pager.get(key)
    }

    /// Stores a pair, in place of the one with the same key if there is one. The replaced value's bytes are
    /// gone from the file after the next commit. The key may have any length but 0.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.whole(|pager| pager.put(key, value))
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

    /// All pairs, in the order of the buckets, as MIT's `dump` has them.
    pub fn iter(&self) -> Iter<'_, F> {
        Iter::new(self)
    }

    /// Whether there are changes to commit.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.pager.is_changed()
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
