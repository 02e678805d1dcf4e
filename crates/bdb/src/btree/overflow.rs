//! Keys and values that are too big for a leaf: chains of overflow pages.

use std::borrow::Cow;
use std::sync::Arc;

use super::layout::{Overflow, Page, Stored};
use super::pager::Pager;
use crate::{Error, PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// The bytes of a key or value.
    pub(super) fn load<'a>(&self, stored: &'a Stored) -> Result<Cow<'a, [u8]>> {
        let (first, size) = match stored {
            Stored::Inline(bytes) => return Ok(Cow::Borrowed(bytes)),
            Stored::Chain { first, size } => (*first, *size),
        };
        let mut bytes = Vec::new();
        self.walk_chain(first, size, |_, page| {
            let left = (size as usize).saturating_sub(bytes.len());
            bytes.extend(page.bytes.iter().take(left));
        })?;
        Ok(Cow::Owned(bytes))
    }

    /// Visits the pages of a chain of `size` bytes. The count of pages follows from the size, which must fit
    /// in the file, so neither a circle nor a wild size runs away.
    pub(super) fn walk_chain(
        &self,
        first: u32,
        size: u32,
        mut visit: impl FnMut(u32, &Overflow),
    ) -> Result<()> {
        let count = (size as usize).div_ceil(self.geometry().room().max(1));
        if first == 0 || size == 0 || count > self.changes.head.pages as usize {
            let what =
                format!("a chain of {size} bytes from here, in a file of {} pages", self.changes.head.pages);
            return Err(self.wrong(first, what));
        }
        let (mut number, mut before) = (first, first);
        for left in (0..count).rev() {
            if number == 0 {
                return Err(self.wrong(before, format!("the chain ends {} pages early", left + 1)));
            }
            let page = self.overflow(number)?;
            visit(number, &page);
            (before, number) = (number, page.next);
        }
        Ok(())
    }

    fn too_long(&self, bytes: &[u8]) -> Error {
        Error::ValueLength { path: self.path.clone(), length: bytes.len() }
    }

    /// Stores bytes, which are not none, on a new chain.
    pub(super) fn store_chain(&mut self, bytes: &[u8]) -> Result<Stored> {
        let size = u32::try_from(bytes.len()).map_err(|_| self.too_long(bytes))?;
        let mut numbers = Vec::new();
        let chunks: Vec<&[u8]> = bytes.chunks(self.geometry().room()).collect();
        for _ in &chunks {
            numbers.push(self.allocate()?);
        }
        let first = numbers.first().copied().ok_or_else(|| self.too_long(bytes))?;
        let following = numbers.iter().skip(1).copied().chain([0]);
        for ((number, next), chunk) in numbers.iter().zip(following).zip(chunks) {
            let page = Overflow { next, preserve: false, bytes: chunk.into() };
            self.write(*number, Page::Overflow(Arc::new(page)));
        }
        Ok(Stored::Chain { first, size })
    }

    /// Frees what a leaf item stored, unless an internal page uses it too.
    pub(super) fn release(&mut self, stored: &Stored) -> Result<()> {
        let Stored::Chain { first, size } = *stored else { return Ok(()) };
        if self.overflow(first)?.preserve {
            return Ok(());
        }
        let mut numbers = Vec::new();
        self.walk_chain(first, size, |number, _| numbers.push(number))?;
        for number in numbers {
            // In a circular chain a page comes twice; it is free by then and must not be freed again.
            self.overflow(number)?;
            self.free(number);
        }
        Ok(())
    }

    /// Moves bytes to a chain that the file does not have yet, if they are on one that it has.
    pub(super) fn separate(&mut self, stored: &mut Stored) -> Result<()> {
        let Stored::Chain { first, .. } = *stored else { return Ok(()) };
        if self.changes.get(first).is_none() {
            let bytes = self.load(stored)?;
            let new = self.store_chain(&bytes)?;
            self.release(stored)?;
            *stored = new;
        }
        Ok(())
    }

    /// Marks a chain as used by an internal page, so that it outlives the leaf's item.
    pub(super) fn preserve(&mut self, stored: &Stored) -> Result<()> {
        let Stored::Chain { first, .. } = *stored else { return Ok(()) };
        let page = self.overflow(first)?;
        if !page.preserve {
            let page = Overflow { preserve: true, ..Overflow::clone(&page) };
            self.write(first, Page::Overflow(Arc::new(page)));
        }
        Ok(())
    }
}
