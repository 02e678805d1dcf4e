//! Pairs that are too big for a page of a bucket: they stand on overflow pages of their own.

use std::sync::Arc;

use super::address::Number;
use super::layout::{Big, Page};
use super::pager::Pager;
use crate::types::Record;
use crate::{Error, PageFile, Result};

/// What stands of a big pair on each of its pages, key and value.
pub(super) fn parts<'a>(key: &'a [u8], value: &'a [u8], page_size: u32) -> Vec<(&'a [u8], &'a [u8])> {
    let room = Big::room(page_size);
    let (mut key, mut value) = (key, value);
    let mut parts = Vec::new();
    while !(key.is_empty() && value.is_empty()) {
        let (of_key, rest) = key.split_at(key.len().min(room));
        key = rest;
        let (of_value, rest) = value.split_at(value.len().min(room - of_key.len()));
        value = rest;
        parts.push((of_key, of_value));
    }
    parts
}

impl<F: PageFile> Pager<F> {
    /// Visits the pages of a big pair until `visit` says that it has seen enough. There are no more than
    /// overflow pages, so no circle runs away.
    pub(super) fn walk_big(
        &self,
        address: u16,
        mut visit: impl FnMut(u32, &Big) -> Result<bool>,
    ) -> Result<()> {
        let header = self.header();
        let first = header.number_at(address).and_then(|number| header.overflow_page(number));
        let mut next = first;
        if first.is_none() {
            return Err(self.wrong(0, format!("a big pair at the address {address:#06x}, which is none")));
        }
        let mut left = header.overflow_pages();
        while let Some(page) = next {
            left = left
                .checked_sub(1)
                .ok_or_else(|| self.wrong(page, "the pages of a big pair run in a circle"))?;
            self.number_of(page)?;
            let big = self.big(page)?;
            if !visit(page, &big)? {
                break;
            }
            next = big.next;
        }
        Ok(())
    }

    /// A big pair.
    pub(super) fn load_big(&self, address: u16) -> Result<Record> {
        let mut record = Record { key: Vec::new(), value: Vec::new() };
        self.walk_big(address, |page, big| {
            if !big.key.is_empty() && !record.value.is_empty() {
                return Err(self.wrong(page, "a big pair's key goes on after its value began"));
            }
            record.key.extend_from_slice(&big.key);
            record.value.extend_from_slice(&big.value);
            Ok(true)
        })?;
        Ok(record)
    }

    /// A big pair's key.
    pub(super) fn load_big_key(&self, address: u16) -> Result<Vec<u8>> {
        let mut key = Vec::new();
        self.walk_big(address, |_, big| {
            key.extend_from_slice(&big.key);
            Ok(big.value.is_empty())
        })?;
        Ok(key)
    }

    /// Stores a pair on pages of its own and returns the address of the first one.
    pub(super) fn store_big(&mut self, key: &[u8], value: &[u8]) -> Result<u16> {
        let places = self.allocate_big(key, value)?;
        self.write_big(&places, key, value)
    }

    /// The pages for a big pair.
    pub(super) fn allocate_big(&mut self, key: &[u8], value: &[u8]) -> Result<Vec<Number>> {
        if value.is_empty() {
            return Err(Error::EmptyValue { path: self.path.clone(), length: key.len() });
        }
        let count = parts(key, value, self.header().page_size).len();
        (0..count).map(|_| Ok(self.allocate()?.0)).collect()
    }

    /// Writes a big pair on the pages that it was given and returns the address of the first one.
    pub(super) fn write_big(&mut self, places: &[Number], key: &[u8], value: &[u8]) -> Result<u16> {
        let header = *self.header();
        let page = |number: &Number| header.overflow_page(*number).ok_or_else(|| self.full());
        let pages: Vec<u32> = places.iter().map(page).collect::<Result<_>>()?;
        let following = pages.iter().skip(1).copied().map(Some).chain([None]);
        for ((page, next), (key, value)) in
            pages.iter().zip(following).zip(parts(key, value, header.page_size))
        {
            self.write(*page, Page::Big(Arc::new(Big { next, key: key.into(), value: value.into() })));
        }
        places.first().and_then(|first| header.address_of(*first)).ok_or_else(|| self.full())
    }

    /// Frees the pages of a big pair.
    pub(super) fn release_big(&mut self, address: u16) -> Result<()> {
        let mut pages = Vec::new();
        self.walk_big(address, |page, _| {
            pages.push(page);
            Ok(true)
        })?;
        // Where the pages cross, one comes twice, and is found free the second time.
        pages.into_iter().try_for_each(|page| self.free(page))
    }
}
