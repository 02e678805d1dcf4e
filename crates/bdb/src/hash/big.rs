//! Pairs that are too big for a page of a bucket: they stand on overflow pages of their own.

use std::sync::Arc;

use super::address::Number;
use super::layout::{Big, Page, SLOT_LEN};
use super::pager::Pager;
use crate::types::Record;
use crate::{Error, PageFile, Result};

/// Whether a pair is kept on pages of its own: with its slot it would take more than three quarters of a page.
pub(super) fn is_big(key: &[u8], value: &[u8], page_size: u32) -> bool {
    over_three_quarters(SLOT_LEN.saturating_add(key.len()).saturating_add(value.len()), page_size)
}

pub(super) fn over_three_quarters(length: usize, page_size: u32) -> bool {
    length > page_size as usize / 4 * 3
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
        if value.is_empty() {
            return Err(Error::EmptyValue { path: self.path.clone(), length: key.len() });
        }
        let room = Big::room(self.header().page_size);
        let (mut key, mut value) = (key, value);
        let mut parts = Vec::new();
        while !(key.is_empty() && value.is_empty()) {
            let (of_key, rest) = key.split_at(key.len().min(room));
            key = rest;
            let (of_value, rest) = value.split_at(value.len().min(room - of_key.len()));
            value = rest;
            parts.push((of_key, of_value));
        }
        let mut places: Vec<(Number, u32)> = Vec::new();
        for _ in &parts {
            places.push(self.allocate()?);
        }
        let following = places.iter().skip(1).map(|place| Some(place.1)).chain([None]);
        for ((place, next), (key, value)) in places.iter().zip(following).zip(parts) {
            self.write(place.1, Page::Big(Arc::new(Big { next, key: key.into(), value: value.into() })));
        }
        let first = places.first().and_then(|place| self.header().address_of(place.0));
        first.ok_or_else(|| self.full())
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
