//! The pages of a bucket, and the pairs on them.

use std::sync::Arc;

use super::layout::{Entry, Page, Table};
use super::pager::Pager;
use super::placing::Size;
use crate::types::Record;
use crate::{Error, PageFile, Result};

/// The pages of a bucket in order: its own, then its overflow pages.
pub(super) type Chain = Vec<(u32, Arc<Table>)>;

/// Where a pair stands in a chain: which page, which entry.
type Place = (usize, usize);

impl<F: PageFile> Pager<F> {
    /// The pages of a bucket. There are no more than overflow pages besides the first, so no circle runs away.
    pub(super) fn chain(&self, bucket: u32) -> Result<Chain> {
        let first = self.bucket_page(bucket)?;
        let table = self.table(first, false)?;
        let mut next = table.next;
        let mut chain = vec![(first, table)];
        while let Some(page) = next {
            if chain.len() > self.header().overflow_pages() as usize {
                return Err(self.wrong(page, "the pages of a bucket run in a circle"));
            }
            self.number_of(page)?;
            let table = self.table(page, true)?;
            if table.entries.is_empty() {
                return Err(self.wrong(page, "an overflow page without entries"));
            }
            next = table.next;
            chain.push((page, table));
        }
        Ok(chain)
    }

    /// The pair of an entry.
    pub(super) fn load(&self, entry: &Entry) -> Result<Record> {
        match entry {
            Entry::Pair { key, value } => Ok(Record { key: key.to_vec(), value: value.to_vec() }),
            Entry::Big(address) => self.load_big(*address),
        }
    }

    /// The key of an entry.
    pub(super) fn load_key(&self, entry: &Entry) -> Result<Vec<u8>> {
        match entry {
            Entry::Pair { key, .. } => Ok(key.to_vec()),
            Entry::Big(address) => self.load_big_key(*address),
        }
    }

    fn has_key(&self, entry: &Entry, sought: &[u8]) -> Result<bool> {
        match entry {
            Entry::Pair { key, .. } => Ok(**key == *sought),
            Entry::Big(address) => Ok(self.load_big_key(*address)? == sought),
        }
    }

    fn find(&self, chain: &Chain, key: &[u8]) -> Result<Option<Place>> {
        for (at, (_, table)) in chain.iter().enumerate() {
            for (index, entry) in table.entries.iter().enumerate() {
                if self.has_key(entry, key)? {
                    return Ok(Some((at, index)));
                }
            }
        }
        Ok(None)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let chain = self.chain(self.header().bucket_of(key))?;
        let entry = self.find(&chain, key)?.and_then(|(at, index)| chain.get(at)?.1.entries.get(index));
        entry.map(|entry| Ok(self.load(entry)?.value)).transpose()
    }

    /// Stores a pair, in place of the one with the same key if there is one, and lets the table grow.
    pub(super) fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        if key.is_empty() {
            return Err(Error::KeyLength { path: self.path.clone(), length: 0, limit: u32::MAX as usize });
        }
        let fill_factor = self.header().fill_factor;
        let bucket = self.header().bucket_of(key);
        let mut chain = self.chain(bucket)?;
        let grow = match self.find(&chain, key)? {
            Some(place) => {
                self.changes.removes = true;
                let start = self.start(&chain, key, value, Some(place)).unwrap_or(place.0);
                let (from, start) = self.take_out(&mut chain, place, start)?;
                let (to, _) = self.insert(&mut chain, start, key, value)?;
                if from != to {
                    self.detach(bucket, [from, to])?;
                }
                // Not for each overflow page: a pair that is changed for ever must not let the file grow for ever.
                self.header().pairs / self.header().last_bucket.max(1) > fill_factor
            }
            None => {
                let count: usize = chain.iter().map(|(_, table)| table.entries.len()).sum();
                let start = self.start(&chain, key, value, None).unwrap_or(chain.len() - 1);
                self.insert(&mut chain, start, key, value)?.1 || count > fill_factor as usize
            }
        };
        if !grow {
            return Ok(());
        }
        self.changes.begin_operation();
        let grown = self.grow();
        self.changes.end_operation(grown.is_ok());
        match grown {
            // The pair is stored: a table that cannot grow is only slower.
            Err(Error::HashFull { .. }) => Ok(()),
            grown => grown,
        }
    }

    fn size(&self, key: &[u8], value: &[u8]) -> Size {
        Size::of(key.len().saturating_add(value.len()), self.header().page_size)
    }

    /// The page at which the search for room begins ([`Size::start`]), up to the pair that is replaced.
    fn start(&self, chain: &Chain, key: &[u8], value: &[u8], found: Option<Place>) -> Option<usize> {
        let end = match found {
            Some((at, 0)) => at.max(1),
            Some((at, _)) => at + 1,
            None => chain.len(),
        };
        let free = chain.iter().take(end).map(|(_, table)| table.free_space(self.header().page_size));
        self.size(key, value).start(free)
    }

    /// Puts a pair on the first page from `start` on that has room, or on a new one; says on which, and whether it was a new one.
    fn insert(&mut self, chain: &mut Chain, start: usize, key: &[u8], value: &[u8]) -> Result<(u32, bool)> {
        let (page_size, size) = (self.header().page_size, self.size(key, value));
        let entry = if size.is_big() {
            Entry::Big(self.store_big(key, value)?)
        } else {
            Entry::Pair { key: key.into(), value: value.into() }
        };
        self.changes.head.pairs = self.header().pairs.saturating_add(1);
        let place = size.place(chain.iter().map(|(_, table)| table.free_space(page_size)), start);
        if let Some((at, (page, table))) = place.and_then(|at| Some((at, chain.get(at)?))) {
            let (page, mut table) = (*page, Table::clone(table));
            table.entries.push(entry);
            self.replace(chain, at, page, table);
            return Ok((page, false));
        }
        let (_, new) = self.allocate()?;
        if let Some((at, (last, table))) = chain.iter().enumerate().next_back() {
            let (last, table) = (*last, Table { next: Some(new), ..Table::clone(table) });
            self.replace(chain, at, last, table);
        }
        self.write_table(new, Table { overflow: true, next: None, entries: vec![entry] });
        Ok((new, true))
    }

    fn replace(&mut self, chain: &mut Chain, at: usize, page: u32, table: Table) {
        let table = Arc::new(table);
        self.write(page, Page::Table(Arc::clone(&table)));
        if let Some(place) = chain.get_mut(at) {
            *place = (page, table);
        }
    }

    /// Takes a pair out of its page, and the page out of the chain if it is an overflow page and empty then.
    /// Returns the page that has the pair no more, or does not lead to its page any more, and where the page at `start` is after that.
    fn take_out(&mut self, chain: &mut Chain, (at, index): Place, start: usize) -> Result<(u32, usize)> {
        let Some((page, table)) = chain.get(at) else {
            return Err(self.wrong(0, "a pair on a page that is not in its chain"));
        };
        let (page, mut table) = (*page, Table::clone(table));
        if let Entry::Big(address) = table.entries.remove(index) {
            self.release_big(address)?;
        }
        self.changes.head.pairs = self.header().pairs.saturating_sub(1);
        let before = at.checked_sub(1).and_then(|at| Some((at, chain.get(at)?)));
        let Some((before_at, (before, before_table))) = before.filter(|_| table.entries.is_empty()) else {
            self.replace(chain, at, page, table);
            return Ok((page, start));
        };
        let (before, before_table) = (*before, Table { next: table.next, ..Table::clone(before_table) });
        self.replace(chain, before_at, before, before_table);
        self.free(page)?;
        chain.remove(at);
        Ok((before, before_at))
    }

    /// Removes the pair with this key; says whether there was one.
    pub(super) fn remove(&mut self, key: &[u8]) -> Result<bool> {
        let mut chain = self.chain(self.header().bucket_of(key))?;
        let Some(place) = self.find(&chain, key)? else { return Ok(false) };
        self.changes.removes = true;
        self.take_out(&mut chain, place, 0)?;
        Ok(true)
    }
}
