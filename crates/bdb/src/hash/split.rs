//! The growth of the table: one bucket more, which takes its share of the pairs of another.

use super::layout::{Entry, Table};
use super::pager::Pager;
use crate::{PageFile, Result};

/// A bucket that is being filled.
struct Filling {
    pages: Vec<Table>,
    /// The page of the last pair that is not big: the next one does not stand before it.
    at: usize,
}

impl Filling {
    fn new() -> Self {
        Filling { pages: vec![Table::new(false)], at: 0 }
    }

    /// Puts an entry on the first page that has room for it: a big pair from the bucket's own on, another from the
    /// one with the last such. As MIT does it, so that pairs stand in the same order.
    fn push(&mut self, entry: Entry, page_size: u32) {
        let start = if matches!(entry, Entry::Big(_)) { 0 } else { self.at };
        let room = |table: &Table| table.free_space(page_size) >= entry.footprint();
        let place = self.pages.iter().skip(start).position(room).map(|at| start + at);
        let at = place.unwrap_or_else(|| {
            self.pages.push(Table::new(true));
            self.pages.len() - 1
        });
        if !matches!(entry, Entry::Big(_)) {
            self.at = at;
        }
        if let Some(table) = self.pages.get_mut(at) {
            table.entries.push(entry);
        }
    }
}

impl<F: PageFile> Pager<F> {
    /// Makes one bucket more.
    pub(super) fn grow(&mut self) -> Result<()> {
        let full = self.full();
        let Some((old, new)) = self.changes.head.grow() else { return Err(full) };
        let chain = self.chain(old)?;
        let page_size = self.header().page_size;
        let (mut stay, mut go) = (Filling::new(), Filling::new());
        for entry in chain.iter().flat_map(|(_, table)| &table.entries) {
            let bucket = match entry {
                Entry::Pair { key, .. } => self.header().bucket_of(key),
                Entry::Big(address) => self.header().bucket_of(&self.load_big_key(*address)?),
            };
            let filling = if bucket == old { &mut stay } else { &mut go };
            filling.push(entry.clone(), page_size);
        }
        for (page, _) in chain.iter().skip(1) {
            self.free(*page)?;
        }
        self.fill(old, stay.pages)?;
        self.fill(new, go.pages)
    }

    /// Writes the pages of a bucket, all but the first on new overflow pages.
    fn fill(&mut self, bucket: u32, tables: Vec<Table>) -> Result<()> {
        let mut pages = vec![self.bucket_page(bucket)?];
        for _ in tables.iter().skip(1) {
            pages.push(self.allocate()?.1);
        }
        let following = pages.iter().skip(1).copied().map(Some).chain([None]);
        for ((page, next), table) in pages.iter().zip(following).zip(tables) {
            self.write_table(*page, Table { next, ..table });
        }
        Ok(())
    }
}
