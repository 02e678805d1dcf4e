//! Overflow pages that are in use and that are not: the bitmaps.

use std::sync::Arc;

use super::address::Number;
use super::layout::Page;
use super::pager::Pager;
use crate::{Error, PageFile, Result};

const BITS: u32 = u32::BITS;

/// Pages given back that a search passes over, so that its cost has a bound. With more of them the commit is a copy, of which a
/// batch, which is some hundred changes, is far.
const MOST_PASSED: u32 = 1024;

impl<F: PageFile> Pager<F> {
    /// Makes the bitmap of an empty table: the bitmap's own page is in use, the second one is not, and bits that
    /// stand for no page are set.
    pub(super) fn plant(&mut self) {
        // The address of a new header is a good one.
        let Ok((page, _)) = self.bitmap_page(0) else { return };
        let mut words = self.full_bitmap();
        if let Some(first) = words.first_mut() {
            *first &= !0b10;
        }
        self.write(page, Page::Bitmap(words.into()));
    }

    fn full_bitmap(&self) -> Vec<u32> {
        vec![u32::MAX; (self.header().bits_per_map() / BITS) as usize]
    }

    /// Bitmaps that there are.
    pub(super) fn bitmaps(&self) -> u32 {
        self.header().overflow_pages().div_ceil(self.header().bits_per_map())
    }

    /// The page of a bitmap, and which overflow page it is.
    pub(super) fn bitmap_page(&self, index: u32) -> Result<(u32, Number)> {
        let header = self.header();
        let address = header.bitmaps.get(index as usize).copied().unwrap_or(0);
        let number = header.number_at(address);
        match number.and_then(|number| Some((header.overflow_page(number)?, number))) {
            Some(place) => Ok(place),
            None => Err(self.wrong(0, format!("bitmap {index} at address {address:#06x}"))),
        }
    }

    /// The bitmap with a page's bit: its own page, its words, and the index of the word.
    fn bitmap_of(&self, number: Number) -> Result<(u32, Arc<[u32]>, usize)> {
        let bits = self.header().bits_per_map();
        let (page, _) = self.bitmap_page(number.bit() / bits)?;
        Ok((page, self.bitmap(page)?, (number.bit() % bits / BITS) as usize))
    }

    /// Whether an overflow page is in use.
    pub(super) fn in_use(&self, number: Number) -> Result<bool> {
        let (_, words, index) = self.bitmap_of(number)?;
        Ok(words.get(index).is_some_and(|word| word & mask(number) != 0))
    }

    fn mark(&mut self, number: Number, used: bool) -> Result<()> {
        let (page, words, index) = self.bitmap_of(number)?;
        let mut changed = words.to_vec();
        if let Some(word) = changed.get_mut(index) {
            if used {
                *word |= mask(number);
            } else {
                *word &= !mask(number);
            }
        }
        if changed[..] != words[..] {
            self.write(page, Page::Bitmap(changed.into()));
        }
        Ok(())
    }

    /// An overflow page to use: its number and its page. The caller writes it. One that this transaction has given back is
    /// not taken while there is another: until the commit is over the file's records stand there, and it can only be copied
    /// where they are overwritten.
    pub(super) fn allocate(&mut self) -> Result<(Number, u32)> {
        let (free, given_back) = self.first_free()?;
        let number = match (free, given_back) {
            (Some(number), _) => self.take(number)?,
            (None, None) => self.extend()?,
            (None, Some(given_back)) => {
                let first_free = self.header().first_free;
                self.changes.begin_operation();
                let extended = self.extend();
                self.changes.end_operation(extended.is_ok());
                match extended {
                    Ok(number) => {
                        // What was given back is free before it.
                        self.changes.head.first_free = first_free;
                        number
                    }
                    Err(Error::HashFull { .. }) => self.take(given_back)?,
                    Err(error) => return Err(error),
                }
            }
        };
        let page = self.header().overflow_page(number).ok_or_else(|| self.full())?;
        Ok((number, page))
    }

    /// The first free page, without those that are free since this transaction only ([`MOST_PASSED`] of them at most), and the first
    /// of the latter that stands before it.
    fn first_free(&mut self) -> Result<(Option<Number>, Option<Number>)> {
        let (bits, total) = (self.header().bits_per_map(), self.header().overflow_pages());
        let mut bit = self.header().first_free / BITS * BITS;
        let (mut given_back, mut passed) = (None, 0);
        while bit < total {
            let (_, words, index) = self.bitmap_of(Number(bit + 1))?;
            // The rest of this bitmap, word by word.
            for (word, first) in words.iter().skip(index).zip((bit..total).step_by(BITS as usize)) {
                let mut free = !*word;
                while free != 0 && first + free.trailing_zeros() < total {
                    let number = Number(first + free.trailing_zeros() + 1);
                    free &= free - 1;
                    if given_back.is_none() {
                        self.changes.head.first_free = number.bit();
                    }
                    if passed == MOST_PASSED || !self.was_given_back(number) {
                        return Ok((Some(number), given_back));
                    }
                    passed += 1;
                    given_back = given_back.or(Some(number));
                }
            }
            bit = (bit / bits + 1) * bits;
        }
        Ok((None, given_back))
    }

    /// Whether a free page is one that the file may have in use.
    fn was_given_back(&self, number: Number) -> bool {
        let page = self.header().overflow_page(number);
        number.0 <= self.changes.committed().overflow_pages()
            && self.pages != 0
            && page.is_some_and(|page| matches!(self.changes.get(page), Some(Page::Free)))
    }

    /// Marks a free page as in use.
    fn take(&mut self, number: Number) -> Result<Number> {
        self.refuse_bitmap(number)?;
        self.mark(number, true)?;
        Ok(number)
    }

    /// A bitmap that calls itself free would be overwritten.
    fn refuse_bitmap(&self, number: Number) -> Result<()> {
        for index in 0..self.bitmaps() {
            let (page, bitmap) = self.bitmap_page(index)?;
            if bitmap == number {
                return Err(self.wrong(page, "a bitmap that does not call itself in use"));
            }
        }
        Ok(())
    }

    /// One more page, and before it one more bitmap if there is no bit for it.
    fn extend(&mut self) -> Result<Number> {
        let full = self.full();
        let total = self.header().overflow_pages();
        self.changes.head.first_free = total;
        let bits = self.header().bits_per_map();
        if total.is_multiple_of(bits) {
            let Some(number) = self.changes.head.extend() else { return Err(full) };
            let address = self.header().address_of(number);
            let place = self.changes.head.bitmaps.get_mut((total / bits) as usize);
            let (Some(address), Some(place)) = (address, place) else { return Err(full) };
            *place = address;
            let (page, _) = self.bitmap_page(total / bits)?;
            let words = self.full_bitmap();
            self.write(page, Page::Bitmap(words.into()));
        }
        let Some(number) = self.changes.head.extend() else { return Err(full) };
        self.mark(number, true)?;
        Ok(number)
    }

    /// Which overflow page a page is.
    pub(super) fn number_of(&self, page: u32) -> Result<Number> {
        self.header()
            .overflow_number(page)
            .ok_or_else(|| self.wrong(page, "no overflow page, but used as one"))
    }

    /// Gives an overflow page back. Its bytes become zero in the file.
    pub(super) fn free(&mut self, page: u32) -> Result<()> {
        let number = self.number_of(page)?;
        if !self.in_use(number)? {
            return Err(self.wrong(page, "a page in use that the bitmap calls free"));
        }
        self.mark(number, false)?;
        let first = &mut self.changes.head.first_free;
        *first = number.bit().min(*first);
        self.write(page, Page::Free);
        Ok(())
    }
}

fn mask(number: Number) -> u32 {
    1 << (number.bit() % BITS)
}
