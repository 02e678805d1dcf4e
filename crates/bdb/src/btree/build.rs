//! Making a tree of pairs that come in order: each page is written once, when it is full.
//!
//! The pages are those that [`BTree::put`] leaves after the same pairs: full, each level with its siblings' links.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::insert::separator;
use super::layout::{
    Geometry, InternalItem, Item, LeafItem, Meta, Node, Overflow, Page, ROOT, Span, Stored, write_meta,
    write_page,
};
use super::{BTree, Options};
use crate::flaw::Flaw;
use crate::{Error, PageFile, Result};

/// Bytes that are written at a time.
const CHUNK: usize = 1 << 20;

/// A tree that is being made.
#[derive(Debug)]
pub struct Builder<F> {
    out: Out<F>,
    cache_pages: usize,
    leaf: Growing<LeafItem>,
    /// From the parents of the leaves up.
    levels: Vec<Growing<InternalItem>>,
    last_key: Vec<u8>,
}

/// The last page of a level.
#[derive(Debug)]
struct Growing<I> {
    /// None for the level's only page so far, which may become the root.
    number: Option<u32>,
    used: usize,
    node: Node<I>,
}

impl<I: Item> Growing<I> {
    fn new(number: Option<u32>, prev: u32) -> Self {
        Growing { number, used: 0, node: Node { prev, next: 0, items: Vec::new() } }
    }

    fn push(&mut self, item: I) {
        self.used += item.footprint();
        self.node.items.push(item);
    }
}

impl<F: PageFile> Builder<F> {
    /// A tree in `file`, which must be empty; `path` is for errors.
    ///
    /// # Errors
    /// [`Error::NotEmpty`], [`Error::PageSize`].
    pub fn new(file: F, path: &Path, options: Options) -> Result<Self> {
        if !Geometry::valid_page_size(options.page_size) {
            return Err(Error::PageSize { size: options.page_size });
        }
        let length = file.len().map_err(|source| Error::Io {
            path: path.to_owned(),
            doing: "find the length".into(),
            source,
        })?;
        if length != 0 {
            return Err(Error::NotEmpty { path: path.to_owned(), length });
        }
        let geometry = Geometry { order: options.order, page_size: options.page_size };
        let mut out = Out { file, path: path.to_owned(), geometry, start: 0, bytes: Vec::new() };
        for _ in 0..=ROOT {
            out.allocate()?;
        }
        let (leaf, levels, last_key) = (Growing::new(None, 0), Vec::new(), Vec::new());
        Ok(Builder { out, cache_pages: options.cache_pages, leaf, levels, last_key })
    }

    /// The key of the last pair; empty before the first.
    #[must_use]
    pub fn last_key(&self) -> &[u8] {
        &self.last_key
    }

    /// Appends a pair, whose key must be greater than the last one.
    ///
    /// # Errors
    /// [`Error::KeyOrder`], [`Error::KeyLength`], and where the file cannot be written; the tree cannot be finished
    /// then.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let limit = self.out.geometry.max_key();
        if key.is_empty() || key.len() > limit {
            return Err(Error::KeyLength { path: self.out.path.clone(), length: key.len(), limit });
        }
        if key <= self.last_key.as_slice() {
            return Err(Error::KeyOrder { path: self.out.path.clone() });
        }
        let value = match key.len().saturating_add(value.len()) > self.out.geometry.overflow_threshold() {
            true => self.out.chain(value)?,
            false => Stored::Inline(value.into()),
        };
        let item = LeafItem { key: Stored::Inline(key.into()), value };
        if self.leaf.used + item.footprint() > self.out.geometry.room() {
            self.next_leaf(key)?;
        }
        self.leaf.push(item);
        self.last_key.clear();
        self.last_key.extend_from_slice(key);
        Ok(())
    }

    /// Writes the full leaf and begins the next one, whose first key is this.
    fn next_leaf(&mut self, key: &[u8]) -> Result<()> {
        let (number, next) = self.out.succeed(&mut self.leaf)?;
        self.out
            .write(number, &Page::Leaf(Arc::new(std::mem::replace(&mut self.leaf.node, empty(number)))))?;
        self.leaf.number = Some(next);
        if self.levels.is_empty() {
            self.levels.push(first_page(number));
        }
        // The second key of a level is kept whole, as MIT keeps it.
        let shorten =
            self.levels.first().is_some_and(|level| level.node.prev != 0 || level.node.items.len() > 1);
        let key = if shorten { separator(&self.last_key, key) } else { key };
        self.enter(0, Stored::Inline(key.into()), next)
    }

    /// Enters a page in a level above it.
    fn enter(&mut self, level: usize, key: Stored, child: u32) -> Result<()> {
        let Some(page) = self.levels.get_mut(level) else { return Ok(()) };
        let item = InternalItem { key, child };
        if page.used + item.footprint() <= self.out.geometry.room() {
            page.push(item);
            return Ok(());
        }
        let (number, next) = self.out.succeed(page)?;
        let full = std::mem::replace(&mut page.node, empty(number));
        page.number = Some(next);
        let key = item.key.clone();
        page.push(item);
        self.out.write(number, &Page::Internal(Arc::new(full)))?;
        if self.levels.len() == level + 1 {
            self.levels.push(first_page(number));
        }
        self.enter(level + 1, key, next)
    }

    /// Writes what is left, without a sync, and gives the tree, whose next commit syncs it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish(mut self) -> Result<BTree<F>> {
        let Growing { number, node, .. } = self.leaf;
        self.out.write(number.unwrap_or(ROOT), &Page::Leaf(Arc::new(node)))?;
        for Growing { number, node, .. } in self.levels {
            self.out.write(number.unwrap_or(ROOT), &Page::Internal(Arc::new(node)))?;
        }
        let meta = Meta { geometry: self.out.geometry, free: 0, records: 0 };
        self.out.put(0, &write_meta(&meta))?;
        self.out.flush()?;
        let mut tree = BTree::open_with_cache(
            self.out.file,
            &self.out.path,
            super::Access::ReadWrite,
            self.cache_pages,
        )?;
        tree.pager.unsynced = true;
        Ok(tree)
    }
}

fn empty<I>(prev: u32) -> Node<I> {
    Node { prev, next: 0, items: Vec::new() }
}

/// The first page of a level, with its first child, whose key counts as less than any.
fn first_page(child: u32) -> Growing<InternalItem> {
    let mut page = Growing::new(None, 0);
    page.push(InternalItem { key: Stored::Inline(Span::default()), child });
    page
}

/// The file, its last pages in memory.
#[derive(Debug)]
struct Out<F> {
    file: F,
    path: PathBuf,
    geometry: Geometry,
    /// The first page in `bytes`.
    start: u32,
    bytes: Vec<u8>,
}

impl<F: PageFile> Out<F> {
    /// One page more, at the end. It is zero until it is written.
    fn allocate(&mut self) -> Result<u32> {
        if self.bytes.len() >= CHUNK {
            self.flush()?;
        }
        let number = self.end();
        number.checked_add(1).ok_or_else(|| Error::Full { path: self.path.clone() })?;
        self.bytes.resize(self.bytes.len() + self.geometry.page_len(), 0);
        Ok(number)
    }

    /// The number behind the last page.
    fn end(&self) -> u32 {
        // As many as a u32 can count, by `allocate`.
        self.start.saturating_add((self.bytes.len() / self.geometry.page_len()) as u32)
    }

    /// Numbers for a full page and for the one after it, to which it is linked.
    fn succeed<I>(&mut self, page: &mut Growing<I>) -> Result<(u32, u32)> {
        let number = match page.number {
            Some(number) => number,
            None => self.allocate()?,
        };
        let next = self.allocate()?;
        page.node.next = next;
        page.used = 0;
        Ok((number, next))
    }

    fn write(&mut self, number: u32, page: &Page) -> Result<()> {
        let bytes = write_page(page, number, self.geometry);
        let bytes = bytes.map_err(|flaw: Flaw| flaw.on(&self.path, self.geometry.page_size, number))?;
        self.put(number, &bytes)
    }

    fn offset(&self, number: u32) -> u64 {
        u64::from(number) * u64::from(self.geometry.page_size)
    }

    fn put(&mut self, number: u32, bytes: &[u8]) -> Result<()> {
        let at = number.checked_sub(self.start).map(|pages| pages as usize * self.geometry.page_len());
        if let Some(place) = at.and_then(|at| self.bytes.get_mut(at..at + bytes.len())) {
            place.copy_from_slice(bytes);
            return Ok(());
        }
        let written = self.file.write_at(self.offset(number), bytes);
        written.map_err(|source| self.io(number, source))
    }

    fn flush(&mut self) -> Result<()> {
        let end = self.end();
        let written = self.file.write_at(self.offset(self.start), &self.bytes);
        written.map_err(|source| self.io(self.start, source))?;
        self.bytes.clear();
        self.start = end;
        Ok(())
    }

    fn io(&self, number: u32, source: std::io::Error) -> Error {
        Error::Io { path: self.path.clone(), doing: format!("write page {number}"), source }
    }

    /// Stores a value on pages of its own.
    fn chain(&mut self, value: &[u8]) -> Result<Stored> {
        let too_long = |_| Error::ValueLength { path: self.path.clone(), length: value.len() };
        let size = u32::try_from(value.len()).map_err(too_long)?;
        let mut number = self.allocate()?;
        let first = number;
        let mut chunks = value.chunks(self.geometry.room()).peekable();
        while let Some(chunk) = chunks.next() {
            let next = if chunks.peek().is_some() { self.allocate()? } else { 0 };
            let page = Overflow { next, preserve: false, bytes: chunk.into() };
            self.write(number, &Page::Overflow(Arc::new(page)))?;
            number = next;
        }
        Ok(Stored::Chain { first, size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::btree::{Order, Walk};
    use crate::{Fault, MemFile};

    fn built(pairs: &[(Vec<u8>, Vec<u8>)]) -> BTree<MemFile> {
        let options = Options { page_size: 512, ..Options::default() };
        let mut builder = Builder::new(MemFile::new(), Path::new("p"), options).unwrap();
        for (key, value) in pairs {
            builder.push(key, value).unwrap();
        }
        builder.finish().unwrap()
    }

    fn put(pairs: &[(Vec<u8>, Vec<u8>)]) -> BTree<MemFile> {
        let options = Options { page_size: 512, ..Options::default() };
        let mut tree = BTree::create(MemFile::new(), Path::new("p"), options).unwrap();
        for (key, value) in pairs {
            tree.put(key, value).unwrap();
        }
        tree.commit().unwrap();
        tree
    }

    fn pairs(count: u32) -> Vec<(Vec<u8>, Vec<u8>)> {
        let value = |n: u32| vec![n as u8; if n % 50 == 7 { 2000 } else { (n * 7 % 60) as usize }];
        (0..count).map(|n| (format!("key {n:06}").into_bytes(), value(n))).collect()
    }

    #[test]
    fn it_is_what_single_insertions_leave() {
        for count in [0, 1, 2, 20, 21, 500, 6000] {
            let pairs = pairs(count);
            let mut tree = built(&pairs);
            tree.commit().unwrap();
            let report = tree.check().unwrap();
            assert!(report.problems.is_empty(), "{count}: {:?}", report.problems);
            assert_eq!(report.records, u64::from(count));
            for walk in [Walk::Siblings, Walk::Tree] {
                for order in [Order::Forward, Order::Backward] {
                    let found = tree.iter(order, walk).map(|record| record.unwrap());
                    let mut found: Vec<_> = found.map(|record| (record.key, record.value)).collect();
                    if order == Order::Backward {
                        found.reverse();
                    }
                    assert!(found == pairs, "{count}");
                }
            }
            let other = put(&pairs);
            assert_eq!(other.file().len().unwrap(), tree.file().len().unwrap(), "{count}");
            for (key, _) in &pairs {
                assert!(tree.contains(key).unwrap());
            }
        }
    }

    #[test]
    fn what_was_built_can_be_changed() {
        let pairs = pairs(3000);
        let mut tree = built(&pairs);
        for (at, (key, _)) in pairs.iter().enumerate() {
            match at % 3 {
                0 => assert!(tree.delete(key).unwrap()),
                1 => tree.put(&[key.as_slice(), b"+"].concat(), b"more").unwrap(),
                _ => tree.put(key, &[b'x'; 90]).unwrap(),
            }
        }
        tree.commit().unwrap();
        let report = tree.check().unwrap();
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(report.records, 3000);
    }

    #[test]
    fn keys_must_ascend() {
        let mut builder = Builder::new(MemFile::new(), Path::new("p"), Options::default()).unwrap();
        builder.push(b"b", b"").unwrap();
        for key in [&b"b"[..], b"a"] {
            assert!(matches!(builder.push(key, b""), Err(Error::KeyOrder { .. })));
        }
        for length in [0, 2017] {
            assert!(matches!(builder.push(&vec![b'x'; length], b""), Err(Error::KeyLength { .. })));
        }
        assert!(matches!(
            Builder::new(MemFile::with_contents(vec![1]), Path::new("p"), Options::default()),
            Err(Error::NotEmpty { .. })
        ));
    }

    #[test]
    fn a_full_disk_is_told_and_a_sync_comes_with_the_commit() {
        let file = MemFile::new();
        file.set_fault(Some(Fault::Full(100_000)));
        let mut builder = Builder::new(file, Path::new("p"), Options::default()).unwrap();
        let pushed = pairs(6000).iter().try_for_each(|(key, value)| builder.push(key, value));
        assert!(pushed.is_err() || builder.finish().is_err());

        let file = MemFile::new();
        let mut builder = Builder::new(file.clone(), Path::new("p"), Options::default()).unwrap();
        builder.push(b"a", b"b").unwrap();
        let mut tree = builder.finish().unwrap();
        assert_eq!(file.syncs(), 0);
        tree.commit().unwrap();
        assert!(file.syncs() > 0);
    }
}
