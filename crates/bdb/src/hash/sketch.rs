//! Where the records of a new table will stand, found out from their hashes and sizes alone: the pages that
//! [`super::Hash::put`] would leave, with a number in the place of each record.

use std::collections::HashMap;
use std::path::Path;

use super::address::{Header, Number};
use super::function::hash;
use super::layout::{Entry, Part};
use super::pager::Pager;
use super::placing::{Filling, Sheet, Size};
use crate::{Error, PageFile, Result};

/// A record by the number that it got.
pub(super) struct Numbered {
    pub number: u32,
    pub key: Part,
    pub value: Part,
}

/// A page of a bucket.
#[derive(Debug)]
struct Leaf {
    /// `None` for the bucket's own.
    overflow: Option<u32>,
    sheet: Sheet<u32>,
}

/// What is known of a record but its bytes.
#[derive(Debug, Clone, Copy)]
struct Outline {
    hash: u32,
    footprint: u16,
}

/// The table, and the records that it is to have.
#[derive(Debug)]
pub(super) struct Sketch<F> {
    /// Its header and bitmaps are those of the table to come.
    pub pager: Pager<F>,
    /// By the number of the record.
    outlines: Vec<Outline>,
    /// By bucket; empty for one that nothing was done with.
    buckets: Vec<Vec<Leaf>>,
    /// The pages of big pairs.
    big: HashMap<u32, Vec<Number>>,
}

impl<F: PageFile> Sketch<F> {
    pub(super) fn new(file: F, path: &Path, header: Header, cache_pages: usize) -> Result<Self> {
        let pager = Pager::create(file, path, header, cache_pages)?;
        let buckets = (0..=header.last_bucket).map(|_| Vec::new()).collect();
        Ok(Sketch { pager, outlines: Vec::new(), buckets, big: HashMap::new() })
    }

    /// Finds a place for a record, and returns its hash and its number. A record that is in the table already gets a second
    /// place.
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<(u32, u32)> {
        let path = &self.pager.path;
        if key.is_empty() {
            return Err(Error::KeyLength { path: path.clone(), length: 0, limit: u32::MAX as usize });
        }
        let Ok(number) = u32::try_from(self.outlines.len()) else {
            return Err(Error::Full { path: path.clone() });
        };
        let (page_size, fill_factor) = (self.pager.header().page_size, self.pager.header().fill_factor);
        let (hash, size) = (hash(key), Size::of(key.len().saturating_add(value.len()), page_size));
        if size.is_big() {
            self.big.insert(number, self.pager.allocate_big(key, value)?);
        }
        // Three quarters of the largest page are less.
        self.outlines.push(Outline { hash, footprint: u16::try_from(size.footprint).unwrap_or(u16::MAX) });
        let bucket = self.pager.header().bucket_of_hash(hash);
        let Some(chain) = self.buckets.get_mut(bucket as usize) else { return Err(self.pager.full()) };
        if chain.is_empty() {
            chain.push(Leaf { overflow: None, sheet: Sheet::new(page_size) });
        }
        let count: usize = chain.iter().map(|leaf| leaf.sheet.entries.len()).sum();
        let free = || chain.iter().map(|leaf| leaf.sheet.free);
        let start = size.start(free()).unwrap_or(chain.len() - 1);
        let place = size.place(free(), start);
        match place.and_then(|at| chain.get_mut(at)) {
            Some(leaf) => leaf.sheet.push(number, size.footprint),
            None => {
                let mut leaf =
                    Leaf { overflow: Some(self.pager.allocate()?.1), sheet: Sheet::new(page_size) };
                leaf.sheet.push(number, size.footprint);
                chain.push(leaf);
            }
        }
        if place.is_none() || count > fill_factor as usize {
            self.grow()?;
        }
        Ok((hash, number))
    }

    /// Makes one bucket more, if there can be one.
    fn grow(&mut self) -> Result<()> {
        self.pager.changes.begin_operation();
        let grown = self.divide();
        self.pager.changes.end_operation(grown.is_ok());
        match grown {
            Ok((old, stay, go)) => {
                if let Some(chain) = self.buckets.get_mut(old as usize) {
                    *chain = stay;
                }
                self.buckets.push(go);
                Ok(())
            }
            Err(Error::HashFull { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The bucket that is divided, what stays in it and what goes to the new one.
    fn divide(&mut self) -> Result<(u32, Vec<Leaf>, Vec<Leaf>)> {
        let full = self.pager.full();
        let Some((old, _)) = self.pager.changes.head.grow() else { return Err(full) };
        let chain = self.buckets.get(old as usize).map_or(&[][..], Vec::as_slice);
        let page_size = self.pager.header().page_size;
        let (mut stay, mut go) = (Filling::new(page_size), Filling::new(page_size));
        for number in chain.iter().flat_map(|leaf| &leaf.sheet.entries) {
            let Some(outline) = self.outlines.get(*number as usize) else { return Err(full) };
            let stays = self.pager.header().bucket_of_hash(outline.hash) == old;
            let filling = if stays { &mut stay } else { &mut go };
            filling.push(*number, usize::from(outline.footprint));
        }
        for page in chain.iter().filter_map(|leaf| leaf.overflow) {
            self.pager.free(page)?;
        }
        Ok((old, self.leaves(stay)?, self.leaves(go)?))
    }

    fn leaves(&mut self, filling: Filling<u32>) -> Result<Vec<Leaf>> {
        let mut leaves = Vec::new();
        for (at, mut sheet) in filling.sheets.into_iter().enumerate() {
            let overflow = if at == 0 { None } else { Some(self.pager.allocate()?.1) };
            sheet.entries.shrink_to_fit();
            leaves.push(Leaf { overflow, sheet });
        }
        Ok(leaves)
    }

    /// Buckets that there are.
    pub(super) fn buckets(&self) -> u32 {
        self.pager.header().last_bucket + 1
    }

    /// Whether a bucket's pages are not in the table yet.
    pub(super) fn awaits(&self, bucket: u32) -> bool {
        self.buckets.get(bucket as usize).is_some_and(|chain| !chain.is_empty())
    }

    /// Puts the pages of a bucket into the table, with all its records. Numbers that are not among them are those of records that
    /// came again later: their places stay empty, pages where there is nothing else are given back.
    pub(super) fn fill(&mut self, bucket: u32, mut records: Vec<Numbered>) -> Result<()> {
        records.sort_unstable_by_key(|record| record.number);
        let chain = self.buckets.get_mut(bucket as usize).map(std::mem::take).unwrap_or_default();
        let own = self.pager.bucket_page(bucket)?;
        let mut pages = Vec::new();
        for leaf in chain {
            let mut entries = Vec::new();
            for number in leaf.sheet.entries {
                let found = records.binary_search_by_key(&number, |record| record.number).ok();
                let record = found.and_then(|at| records.get(at));
                match (self.big.remove(&number), record) {
                    (None, Some(Numbered { key, value, .. })) => {
                        entries.push(Entry::Pair { key: key.clone(), value: value.clone() });
                    }
                    (Some(places), Some(record)) => {
                        entries.push(Entry::Big(self.pager.write_big(
                            &places,
                            &record.key,
                            &record.value,
                        )?));
                    }
                    (None, None) => {}
                    (Some(places), None) => {
                        for place in places {
                            let page = self.pager.header().overflow_page(place);
                            self.pager.free(page.ok_or_else(|| self.pager.full())?)?;
                        }
                    }
                }
            }
            match leaf.overflow {
                Some(page) if entries.is_empty() => self.pager.free(page)?,
                overflow => pages.push((overflow.unwrap_or(own), entries)),
            }
        }
        let pairs: usize = pages.iter().map(|(_, entries)| entries.len()).sum();
        if pairs != records.len() {
            return Err(self.pager.wrong(own, "records came back from the disk that were not written"));
        }
        let count = &mut self.pager.changes.head.pairs;
        *count = count.saturating_add(u32::try_from(pairs).unwrap_or(u32::MAX));
        self.pager.write_chain(pages);
        Ok(())
    }
}
