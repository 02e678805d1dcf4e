//! The growth of the table: one bucket more, which takes its share of the pairs of another.

use super::layout::{Entry, Table};
use super::pager::Pager;
use super::placing::{Filling, Sheet};
use crate::{PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// Makes one bucket more.
    pub(super) fn grow(&mut self) -> Result<()> {
        let full = self.full();
        let Some((old, new)) = self.changes.head.grow() else { return Err(full) };
        let chain = self.chain(old)?;
        let page_size = self.header().page_size;
        let (mut stay, mut go) = (Filling::new(page_size), Filling::new(page_size));
        for entry in chain.iter().flat_map(|(_, table)| &table.entries) {
            let bucket = match entry {
                Entry::Pair { key, .. } => self.header().bucket_of(key),
                Entry::Big(address) => self.header().bucket_of(&self.load_big_key(*address)?),
            };
            let filling = if bucket == old { &mut stay } else { &mut go };
            filling.push(entry.clone(), entry.footprint());
        }
        for (page, _) in chain.iter().skip(1) {
            self.free(*page)?;
        }
        self.fill(old, stay.sheets)?;
        self.fill(new, go.sheets)
    }

    /// Writes the pages of a bucket, all but the first on new overflow pages.
    fn fill(&mut self, bucket: u32, sheets: Vec<Sheet<Entry>>) -> Result<()> {
        let mut pages = vec![self.bucket_page(bucket)?];
        for _ in sheets.iter().skip(1) {
            pages.push(self.allocate()?.1);
        }
        let tables = sheets.into_iter().map(|sheet| sheet.entries);
        self.write_chain(pages.into_iter().zip(tables).collect());
        Ok(())
    }

    /// Writes the pages of a bucket, in order, with their entries.
    pub(super) fn write_chain(&mut self, chain: Vec<(u32, Vec<Entry>)>) {
        let mut next = None;
        for (at, (page, entries)) in chain.into_iter().enumerate().rev() {
            self.write_table(page, Table { overflow: at > 0, next, entries });
            next = Some(page);
        }
    }
}
