//! Pages of one file by number: read on demand and validated, changed in memory only.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CACHE_PAGES;
use super::address::Header;
use super::before::{Before, View};
use super::layout::{
    Big, HEADER_LEN, HeaderFlaw, Page, Table, read_bitmap, read_header, read_page, write_header, write_page,
};
use crate::cache::Cache;
use crate::changes::Changes;
use crate::flaw::Flaw;
use crate::write::{Batch, How};
use crate::{Error, PageFile, Result};

/// A file with its changes.
#[derive(Debug)]
pub(super) struct Pager<F> {
    pub(super) file: F,
    pub(super) path: PathBuf,
    pub(super) changes: Changes<Page, Header>,
    /// Whole pages of the file as it is. 0: nothing was ever committed.
    pub(super) pages: u32,
    clean: RefCell<Cache<Page>>,
    /// Changes went to the file without a sync.
    unsynced: bool,
}

impl<F: PageFile> Pager<F> {
    /// A file that is empty so far. The first bitmap is made in memory.
    pub(super) fn create(file: F, path: &Path, header: Header, cache_pages: usize) -> Result<Self> {
        let length = file.len().map_err(|source| io_error(path, "find the length", source))?;
        if length != 0 {
            return Err(Error::NotEmpty { path: path.to_owned(), length });
        }
        let mut pager = Self::new(file, path, header, 0, cache_pages);
        pager.plant();
        Ok(pager)
    }

    /// A file that has a table.
    pub(super) fn open(file: F, path: &Path, cache_pages: usize) -> Result<Self> {
        let length = file.len().map_err(|source| io_error(path, "find the length", source))?;
        let mut start = [0; HEADER_LEN];
        if length < start.len() as u64 {
            let what = format!("it has only {length} bytes").into();
            return Err(Error::NotHash { path: path.to_owned(), what });
        }
        file.read_at(0, &mut start).map_err(|source| io_error(path, "read page 0", source))?;
        let header = read_header(&start).map_err(|flaw| match flaw {
            HeaderFlaw::NotHash(what) => Error::NotHash { path: path.to_owned(), what },
            HeaderFlaw::Corrupt(flaw) => flaw.on(path, 0, 0),
        })?;
        // Bytes after the last whole page are what a torn write left.
        let pages = length / u64::from(header.page_size);
        let pages = u32::try_from(pages).map_err(|_| Error::Full { path: path.to_owned() })?;
        let pager = Self::new(file, path, header, pages, cache_pages);
        let last = pager.bucket_page(header.last_bucket)?;
        if last >= pages {
            let what = format!("the file ends before it, the page of the last bucket, at {length} bytes");
            return Err(pager.wrong(last, what));
        }
        Ok(pager)
    }

    /// A file whose header may be damaged, as it would be with this one.
    pub(super) fn open_with(file: F, path: &Path, header: Header, cache_pages: usize) -> Result<Self> {
        let length = file.len().map_err(|source| io_error(path, "find the length", source))?;
        let pages = u32::try_from(length / u64::from(header.page_size));
        // Of a file without a page nothing is read.
        let pages = pages.map_err(|_| Error::Full { path: path.to_owned() })?.max(1);
        Ok(Self::new(file, path, header, pages, cache_pages))
    }

    /// The same table as the file has it.
    pub(super) fn before(&self) -> Before<'_, F> {
        Pager::new(View(&self.file), &self.path, *self.changes.committed(), self.pages, CACHE_PAGES)
    }

    fn new(file: F, path: &Path, header: Header, pages: u32, cache_pages: usize) -> Self {
        let clean = RefCell::new(Cache::new(cache_pages));
        Pager { file, path: path.to_owned(), changes: Changes::new(header), pages, clean, unsynced: false }
    }

    pub(super) fn header(&self) -> &Header {
        &self.changes.head
    }

    /// Pages of the file if all changes were written.
    pub(super) fn page_count(&self) -> u32 {
        self.changes.greatest().map_or(self.pages, |page| self.pages.max(page.saturating_add(1)))
    }

    /// The error for a flaw of a page.
    pub(super) fn corrupt(&self, page: u32, flaw: Flaw) -> Error {
        flaw.on(&self.path, self.header().page_size, page)
    }

    /// The error for a page as a whole.
    pub(super) fn wrong(&self, page: u32, what: impl Into<Cow<'static, str>>) -> Error {
        self.corrupt(page, Flaw::at(0, what))
    }

    pub(super) fn full(&self) -> Error {
        Error::HashFull { path: self.path.clone() }
    }

    /// The page of a bucket.
    pub(super) fn bucket_page(&self, bucket: u32) -> Result<u32> {
        self.header().bucket_page(bucket).ok_or_else(|| self.full())
    }

    fn page(
        &self,
        number: u32,
        decode: impl FnOnce(&[u8]) -> std::result::Result<Page, Flaw>,
    ) -> Result<Page> {
        if let Some(page) = self.changes.get(number) {
            return Ok(page.clone());
        }
        if let Some(page) = self.clean.borrow_mut().get(number) {
            return Ok(page);
        }
        let page = if self.pages == 0 {
            // A bucket of a file that is not written yet.
            Page::Table(Arc::default())
        } else if number >= self.pages {
            return Err(self.wrong(number, format!("no such page: the file has {}", self.pages)));
        } else {
            decode(&self.raw(number)?).map_err(|flaw| self.corrupt(number, flaw))?
        };
        self.clean.borrow_mut().insert(number, page.clone());
        Ok(page)
    }

    /// The bytes of a page as the file has it.
    pub(super) fn raw(&self, number: u32) -> Result<Vec<u8>> {
        let page_size = self.header().page_size;
        let mut bytes = vec![0; page_size as usize];
        let read = self.file.read_at(u64::from(number) * u64::from(page_size), &mut bytes);
        read.map_err(|source| io_error(&self.path, format!("read page {number}"), source))?;
        Ok(bytes)
    }

    /// A page of a bucket's chain: its first one, or an overflow page.
    pub(super) fn table(&self, number: u32, overflow: bool) -> Result<Arc<Table>> {
        let order = self.header().order;
        match self.page(number, |bytes| read_page(bytes, number, order))? {
            Page::Table(table) if table.overflow == overflow => Ok(table),
            _ if overflow => Err(self.wrong(number, "not the overflow page that should be here")),
            _ => Err(self.wrong(number, "not the bucket that should be here")),
        }
    }

    /// A page of a big pair.
    pub(super) fn big(&self, number: u32) -> Result<Arc<Big>> {
        let order = self.header().order;
        match self.page(number, |bytes| read_page(bytes, number, order))? {
            Page::Big(big) => Ok(big),
            _ => Err(self.wrong(number, "not the page of a big pair that should be here")),
        }
    }

    /// A bitmap page.
    pub(super) fn bitmap(&self, number: u32) -> Result<Arc<[u32]>> {
        let order = self.header().order;
        match self.page(number, |bytes| read_bitmap(bytes, order))? {
            Page::Bitmap(words) => Ok(words),
            _ => Err(self.wrong(number, "not the bitmap that should be here")),
        }
    }

    /// Replaces a page.
    pub(super) fn write(&mut self, number: u32, page: Page) {
        self.changes.put(number, page);
        self.clean.borrow_mut().remove(number);
    }

    pub(super) fn write_table(&mut self, number: u32, table: Table) {
        self.write(number, Page::Table(Arc::new(table)));
    }

    /// Takes all changes back that were not committed.
    pub(super) fn rollback(&mut self) {
        self.changes.rollback();
        if self.pages == 0 {
            self.plant();
        }
    }

    /// Writes all changes and syncs (see [`Batch::write`]). The changes stay in memory after an error: the caller
    /// may commit again or roll back.
    pub(super) fn commit(&mut self, how: How) -> Result<()> {
        let unsynced = self.unsynced && how == How::Commit;
        if !self.is_changed() && !unsynced {
            self.changes.settle();
            return Ok(());
        }
        let numbers = self.changes.numbers();
        let (existing, new) = numbers.split_at(numbers.partition_point(|number| *number < self.pages));
        let (header, path) = (self.changes.head, &self.path);
        let changed = self.pages == 0 || header != *self.changes.committed();
        let batch = Batch {
            path,
            page_size: header.page_size,
            new,
            existing,
            head: changed.then(|| write_header(&header)),
            how,
        };
        batch.write(&mut self.file, |number| {
            let page =
                self.changes.get(number).ok_or_else(|| Flaw::at(0, "an unchanged page was to be written"));
            page.and_then(|page| write_page(page, number, header.page_size, header.order))
                .map_err(|flaw| flaw.on(path, header.page_size, number))
        })?;
        self.unsynced = how == How::Spill;
        self.pages = self.page_count();
        let mut clean = self.clean.borrow_mut();
        for (number, page) in self.changes.settle() {
            if !matches!(page, Page::Free) {
                clean.insert(number, page);
            }
        }
        Ok(())
    }

    /// Whether there is anything to commit.
    pub(super) fn is_changed(&self) -> bool {
        !self.changes.is_empty()
    }
}

pub(super) fn io_error(path: &Path, doing: impl Into<String>, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), doing: doing.into(), source }
}
