//! The table as its file has it, whatever has changed in memory since.

use std::collections::HashMap;
use std::sync::Arc;

use super::address::{Header, Number};
use super::layout::{Page, Table, read_bitmap, read_page};
use super::pager::Pager;
use crate::{PageFile, Result};

/// What a file has, of which nothing changes as long as one looks at it.
pub(super) struct Before<'a, F> {
    pager: &'a Pager<F>,
    header: Header,
    /// By index.
    bitmaps: HashMap<u32, Arc<[u32]>>,
}

impl<'a, F: PageFile> Before<'a, F> {
    pub fn new(pager: &'a Pager<F>) -> Self {
        Before { pager, header: *pager.changes.committed(), bitmaps: HashMap::new() }
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the file's table uses a page. MIT leaves bytes of all kinds on those that it does not.
    pub fn uses(&mut self, page: u32) -> Result<bool> {
        match self.header.overflow_number(page) {
            Some(number) => self.marked(number),
            None => Ok(self.header.bucket_page(self.header.last_bucket).is_some_and(|last| page <= last)),
        }
    }

    /// What the bitmaps say of an overflow page.
    fn marked(&mut self, number: Number) -> Result<bool> {
        let bits = self.header.bits_per_map();
        let index = number.bit() / bits;
        let words = match self.bitmaps.get(&index) {
            Some(words) => words,
            None => {
                let address = self.header.bitmaps.get(index as usize).copied().unwrap_or(0);
                let place =
                    self.header.number_at(address).and_then(|number| self.header.overflow_page(number));
                let page = place.ok_or_else(|| {
                    self.pager.wrong(0, format!("bitmap {index} at address {address:#06x}"))
                })?;
                let words = self.bitmap(page)?;
                self.bitmaps.entry(index).or_insert(words)
            }
        };
        let word = words.get((number.bit() % bits / u32::BITS) as usize);
        Ok(word.is_some_and(|word| word >> (number.bit() % u32::BITS) & 1 == 1))
    }

    /// The words of a page that is a bitmap.
    pub fn bitmap(&self, page: u32) -> Result<Arc<[u32]>> {
        let read = read_bitmap(&self.pager.raw(page)?, self.header.order);
        match read.map_err(|flaw| self.pager.corrupt(page, flaw))? {
            Page::Bitmap(words) => Ok(words),
            _ => Err(self.pager.wrong(page, "not the bitmap that should be here")),
        }
    }

    /// A page that the table uses, if it is one of a bucket's chain.
    pub fn table(&self, page: u32) -> Result<Option<Arc<Table>>> {
        Ok(match self.page(page)? {
            Page::Table(table) => Some(table),
            _ => None,
        })
    }

    fn page(&self, page: u32) -> Result<Page> {
        read_page(&self.pager.raw(page)?, page, self.header.order)
            .map_err(|flaw| self.pager.corrupt(page, flaw))
    }

    /// The key of a big pair; `None` where its pages do not make sense.
    pub fn big_key(&self, address: u16) -> Result<Option<Vec<u8>>> {
        let mut next = self.header.number_at(address).and_then(|number| self.header.overflow_page(number));
        let mut key = Vec::new();
        for _ in 0..self.header.overflow_pages() {
            let Some(page) = next else { break };
            let Page::Big(big) = self.page(page)? else { break };
            key.extend_from_slice(&big.key);
            if !big.value.is_empty() {
                return Ok(Some(key));
            }
            next = big.next;
        }
        Ok(None)
    }
}
