//! Pages of one file by number: read on demand and validated, changed in memory only, with undo frames.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layout::{
    Geometry, HEADER_LEN, Internal, Leaf, META_LEN, Meta, MetaFlaw, Node, Overflow, Page, ROOT, read_free,
    read_meta, read_page,
};
use crate::cache::Cache;
use crate::changes::Changes;
use crate::flaw::Flaw;
use crate::{Error, PageFile, Result};

/// What changes besides the pages themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub meta: Meta,
    /// Pages of the file, the metadata counted.
    pub pages: u32,
}

/// A file with its changes.
#[derive(Debug)]
pub(super) struct Pager<F> {
    pub(super) file: F,
    pub(super) path: PathBuf,
    /// Every page past the end of the file is here. A committed head without pages: nothing was ever committed.
    pub(super) changes: Changes<Page, Head>,
    pub(super) clean: RefCell<Cache<Page>>,
    /// The free list was walked to its end and has no cycle.
    free_list_sound: bool,
    /// Changes went to the file without a sync.
    pub(super) unsynced: bool,
}

impl<F: PageFile> Pager<F> {
    /// A file that is empty so far. The root is made in memory.
    pub(super) fn create(file: F, path: &Path, geometry: Geometry, cache_pages: usize) -> Result<Self> {
        let length = file.len().map_err(|source| io_error(path, "find the length", source))?;
        if length != 0 {
            return Err(Error::NotEmpty { path: path.to_owned(), length });
        }
        let head = Head { meta: Meta { geometry, free: 0, records: 0 }, pages: 0 };
        let mut pager = Self::new(file, path, head, cache_pages);
        pager.plant();
        Ok(pager)
    }

    /// A file that has a tree.
    pub(super) fn open(file: F, path: &Path, cache_pages: usize) -> Result<Self> {
        let length = file.len().map_err(|source| io_error(path, "find the length", source))?;
        let mut start = [0; META_LEN];
        if length < start.len() as u64 {
            let what = format!("it has only {length} bytes").into();
            return Err(Error::NotBTree { path: path.to_owned(), what });
        }
        file.read_at(0, &mut start).map_err(|source| io_error(path, "read page 0", source))?;
        let meta = read_meta(&start).map_err(|flaw| match flaw {
            MetaFlaw::NotBTree(what) => Error::NotBTree { path: path.to_owned(), what },
            MetaFlaw::Unsupported(what) => Error::Unsupported { path: path.to_owned(), what },
            MetaFlaw::Corrupt(flaw) => {
                Error::Corrupt { path: path.to_owned(), page: 0, offset: flaw.offset as u64, what: flaw.what }
            }
        })?;
        // Bytes after the last whole page are what a torn append left: MIT's own arithmetic ignores them too.
        let pages = length / u64::from(meta.geometry.page_size);
        let pages = u32::try_from(pages).map_err(|_| Error::Full { path: path.to_owned() })?;
        if pages <= ROOT {
            let what = format!("the file ends before it, at {length} bytes").into();
            return Err(Error::Corrupt { path: path.to_owned(), page: ROOT, offset: length, what });
        }
        Ok(Self::new(file, path, Head { meta, pages }, cache_pages))
    }

    /// A file whose metadata may be damaged, as it would be with these.
    pub(super) fn open_with(file: F, path: &Path, meta: Meta, cache_pages: usize) -> Result<Self> {
        let length = file.len().map_err(|source| io_error(path, "find the length", source))?;
        let pages = length / u64::from(meta.geometry.page_size);
        let pages = u32::try_from(pages).map_err(|_| Error::Full { path: path.to_owned() })?;
        Ok(Self::new(file, path, Head { meta, pages }, cache_pages))
    }

    fn new(file: F, path: &Path, head: Head, cache_pages: usize) -> Self {
        Pager {
            file,
            path: path.to_owned(),
            changes: Changes::new(head),
            clean: RefCell::new(Cache::new(cache_pages)),
            free_list_sound: false,
            unsynced: false,
        }
    }

    /// Makes the root of an empty tree.
    fn plant(&mut self) {
        self.changes.head.pages = ROOT + 1;
        let root = Page::Leaf(Arc::new(Node { prev: 0, next: 0, items: Vec::new() }));
        self.changes.put(ROOT, root);
    }

    pub(super) fn geometry(&self) -> Geometry {
        self.changes.head.meta.geometry
    }

    /// The error for a flaw of a page.
    pub(super) fn corrupt(&self, page: u32, flaw: Flaw) -> Error {
        flaw.on(&self.path, self.geometry().page_size, page)
    }

    /// The error for a page as a whole.
    pub(super) fn wrong(&self, page: u32, what: impl Into<Cow<'static, str>>) -> Error {
        self.corrupt(page, Flaw::at(0, what))
    }

    pub(super) fn io(&self, doing: String, source: std::io::Error) -> Error {
        io_error(&self.path, doing, source)
    }

    /// The bytes of a page as the file has them.
    pub(super) fn raw(&self, number: u32, length: usize) -> Result<Vec<u8>> {
        if number == 0 || number >= self.changes.committed().pages {
            let what = format!("no such page: the file has {}", self.changes.committed().pages);
            return Err(self.wrong(number, what));
        }
        let mut bytes = vec![0; length];
        let offset = u64::from(number) * u64::from(self.geometry().page_size);
        self.file
            .read_at(offset, &mut bytes)
            .map_err(|source| self.io(format!("read page {number}"), source))?;
        Ok(bytes)
    }

    /// A page in use.
    pub(super) fn read(&self, number: u32) -> Result<Page> {
        if let Some(page) = self.changes.get(number) {
            return Ok(page.clone());
        }
        if let Some(page) = self.clean.borrow_mut().get(number) {
            return Ok(page);
        }
        let bytes = self.raw(number, self.geometry().page_len())?.into();
        let page = read_page(&bytes, number, self.geometry()).map_err(|flaw| self.corrupt(number, flaw))?;
        self.clean.borrow_mut().insert(number, page.clone());
        Ok(page)
    }

    pub(super) fn leaf(&self, number: u32) -> Result<Arc<Leaf>> {
        match self.read(number)? {
            Page::Leaf(leaf) => Ok(leaf),
            _ => Err(self.wrong(number, "not the leaf that should be here")),
        }
    }

    pub(super) fn overflow(&self, number: u32) -> Result<Arc<Overflow>> {
        match self.read(number)? {
            Page::Overflow(overflow) => Ok(overflow),
            _ => Err(self.wrong(number, "not the overflow page that should be here")),
        }
    }

    /// Replaces a page.
    pub(super) fn write(&mut self, number: u32, page: Page) {
        self.changes.put(number, page);
        self.clean.borrow_mut().remove(number);
    }

    pub(super) fn write_leaf(&mut self, number: u32, leaf: Leaf) {
        self.write(number, Page::Leaf(Arc::new(leaf)));
    }

    pub(super) fn write_internal(&mut self, number: u32, internal: Internal) {
        self.write(number, Page::Internal(Arc::new(internal)));
    }

    /// The page after `number` on the free list.
    pub(super) fn free_after(&self, number: u32) -> Result<u32> {
        match self.changes.get(number) {
            Some(_) => Err(self.wrong(number, "a page in use stands on the free list")),
            None => self.committed_free_after(number),
        }
    }

    /// The same, as the file has it.
    pub(super) fn committed_free_after(&self, number: u32) -> Result<u32> {
        if number == ROOT {
            return Err(self.wrong(number, "the root stands on the free list"));
        }
        let bytes = self.raw(number, HEADER_LEN)?;
        read_free(&bytes, number, self.geometry()).map_err(|flaw| self.corrupt(number, flaw))
    }

    /// Walks the free list once, so that a cycle never hands out a page twice.
    fn ensure_sound_free_list(&mut self) -> Result<()> {
        if self.free_list_sound {
            return Ok(());
        }
        let mut seen = HashSet::new();
        let mut number = self.changes.head.meta.free;
        while number != 0 {
            if !seen.insert(number) {
                return Err(self.wrong(number, "the free list runs in a circle"));
            }
            number = self.free_after(number)?;
        }
        self.free_list_sound = true;
        Ok(())
    }

    /// A page to use: the first of the free list, or one more at the end. The caller writes it. None that was freed since
    /// the last commit: the file refers to it until the next one is over.
    pub(super) fn allocate(&mut self) -> Result<u32> {
        let number = self.changes.head.meta.free;
        if number != 0 {
            self.ensure_sound_free_list()?;
            self.changes.head.meta.free = self.free_after(number)?;
            return Ok(number);
        }
        let number = self.changes.head.pages;
        self.changes.head.pages =
            number.checked_add(1).ok_or_else(|| Error::Full { path: self.path.clone() })?;
        Ok(number)
    }

    /// Puts a page on the free list with the next commit. Its bytes become zero in the file.
    pub(super) fn free(&mut self, number: u32) {
        self.write(number, Page::Free { next: 0 });
    }

    /// The free list with the pages that were freed since the last commit: its first page, and for each of those the one
    /// after it.
    pub(super) fn freed(&self) -> (u32, BTreeMap<u32, u32>) {
        let mut first = self.changes.head.meta.free;
        let mut links = BTreeMap::new();
        for number in self.changes.numbers().into_iter().rev() {
            if let Some(Page::Free { .. }) = self.changes.get(number) {
                links.insert(number, first);
                first = number;
            }
        }
        (first, links)
    }

    /// Takes all changes back that were not committed.
    pub(super) fn rollback(&mut self) {
        self.changes.rollback();
        if self.changes.committed().pages == 0 {
            self.plant();
        }
    }
}

fn io_error(path: &Path, doing: impl Into<String>, source: std::io::Error) -> Error {
    Error::Io { path: path.to_owned(), doing: doing.into(), source }
}
