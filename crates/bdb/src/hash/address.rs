//! Where a bucket is, where an overflow page is, and how both grow: the arithmetic of the header.
//!
//! Buckets and overflow pages share the file. Before the buckets double, at a *split point*, stand the overflow
//! pages that were needed until then; `spares` counts them. So bucket `b` stands behind all overflow pages of
//! the split points up to `log2(b)`, and an overflow page behind the last bucket of its split point.

use k5_wire::ByteOrder;

use super::function::hash;
use super::layout::{NO_PAGE, header_pages};
use crate::flaw::Flaw;

/// Entries of `spares`, and most bitmap pages.
pub(crate) const SPLIT_POINTS: usize = 32;
/// Most overflow pages of one split point: an address has 11 bits for them, and 5 for the split point.
pub(crate) const PAGES_PER_SPLIT: u32 = 0x7ff;
const SPLIT_SHIFT: u32 = 11;
/// MIT's fill factor for principals.
pub(crate) const FILL_FACTOR: u32 = 40;

/// The header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Byte order of the pages.
    pub order: ByteOrder,
    /// Bytes of a page, a power of two.
    pub page_size: u32,
    /// The split point that new overflow pages belong to.
    pub split_point: u32,
    /// All overflow pages before this one's word of the bitmap (counted from 0) are in use.
    pub first_free: u32,
    pub last_bucket: u32,
    /// Of a hash, the bits that name a bucket of the greater table; `last_bucket` at least.
    pub high_mask: u32,
    /// The same for the table before it doubled.
    pub low_mask: u32,
    /// Pairs in a bucket over which the table grows.
    pub fill_factor: u32,
    pub pairs: u32,
    pub header_pages: u32,
    /// Overflow pages up to each split point, bitmaps among them. Counts past `split_point` mean nothing.
    pub spares: [u32; SPLIT_POINTS],
    /// Overflow addresses of the bitmap pages.
    pub bitmaps: [u16; SPLIT_POINTS],
}

/// The number of an overflow page, counted from 1 through the whole file. Its bit in the bitmaps is one less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Number(pub u32);

impl Number {
    /// The bit that says whether it is in use.
    pub(crate) fn bit(self) -> u32 {
        self.0.saturating_sub(1)
    }
}

impl Header {
    /// The header of an empty table: two buckets, and overflow page 1 for the bitmap.
    pub(crate) fn new(order: ByteOrder, page_size: u32) -> Self {
        let mut header = Header {
            order,
            page_size,
            split_point: 1,
            first_free: 2,
            last_bucket: 1,
            high_mask: 3,
            low_mask: 1,
            fill_factor: FILL_FACTOR,
            pairs: 0,
            header_pages: header_pages(page_size),
            spares: [0; SPLIT_POINTS],
            bitmaps: [0; SPLIT_POINTS],
        };
        // Page 2 is there from the start too, and free.
        for spare in header.spares.iter_mut().skip(1).take(2) {
            *spare = 2;
        }
        if let Some(bitmap) = header.bitmaps.first_mut() {
            *bitmap = 1 << SPLIT_SHIFT | 1;
        }
        header
    }

    /// Whether the numbers agree with each other.
    pub(crate) fn validate(&self) -> Result<(), Flaw> {
        if self.split_point as usize >= SPLIT_POINTS {
            return Err(Flaw::at(20, format!("split point {}", self.split_point)));
        }
        let (high, low) = (self.high_mask, self.low_mask);
        let masks =
            low.wrapping_add(1).is_power_of_two() && Some(high) == low.checked_mul(2).map(|mask| mask | 1);
        if !masks || self.last_bucket < low || self.last_bucket > high {
            let what = format!("last bucket {} with the masks {high:#x} and {low:#x}", self.last_bucket);
            return Err(Flaw::at(28, what));
        }
        if self.last_bucket == 0 || self.last_bucket.ilog2() >= self.split_point {
            let what = format!("last bucket {} at split point {}", self.last_bucket, self.split_point);
            return Err(Flaw::at(28, what));
        }
        let mut before = 0;
        for (index, count) in self.spares.iter().take(self.split_point as usize + 1).enumerate() {
            if count.checked_sub(before).is_none_or(|pages| pages > PAGES_PER_SPLIT) {
                return Err(Flaw::at(56 + 4 * index, format!("{count} overflow pages after {before}")));
            }
            before = *count;
        }
        match self.bucket_page(self.last_bucket) {
            Some(_) => Ok(()),
            None => Err(Flaw::at(28, format!("last bucket {}", self.last_bucket))),
        }
    }

    fn spare(&self, split: u32) -> u32 {
        self.spares.get(split as usize).copied().unwrap_or(0)
    }

    /// Overflow pages before the first one of a split point.
    fn spares_before(&self, split: u32) -> u32 {
        split.checked_sub(1).map_or(0, |before| self.spare(before))
    }

    /// Overflow pages of a split point. A header that was repaired for reading may say that there are less than none.
    fn overflow_at(&self, split: u32) -> u32 {
        self.spare(split).saturating_sub(self.spares_before(split))
    }

    /// Overflow pages that there are, in use or free.
    pub(crate) fn overflow_pages(&self) -> u32 {
        self.spare(self.split_point)
    }

    /// The bucket of a key.
    pub(crate) fn bucket_of(&self, key: &[u8]) -> u32 {
        self.bucket_of_hash(hash(key))
    }

    /// The bucket of the keys with a hash.
    pub(crate) fn bucket_of_hash(&self, hash: u32) -> u32 {
        let bucket = hash & self.high_mask;
        if bucket > self.last_bucket { bucket & self.low_mask } else { bucket }
    }

    /// The page of a bucket; `None` where page numbers end.
    pub(crate) fn bucket_page(&self, bucket: u32) -> Option<u32> {
        let spares = bucket.checked_ilog2().map_or(0, |split| self.spare(split));
        bucket.checked_add(self.header_pages)?.checked_add(spares).filter(|page| *page != NO_PAGE)
    }

    /// The page before the first overflow page of a split point: that of its last bucket.
    fn split_base(&self, split: u32) -> Option<u32> {
        self.bucket_page(1_u32.checked_shl(split)? - 1)
    }

    /// The split point of an overflow page, and its place there, from 1.
    fn place(&self, number: Number) -> Option<(u32, u32)> {
        if number.0 == 0 || number.0 > self.overflow_pages() {
            return None;
        }
        let split = (0..=self.split_point).find(|split| number.0 <= self.spare(*split))?;
        Some((split, number.0 - self.spares_before(split)))
    }

    /// The page of an overflow page; `None` if there is no such one.
    pub(crate) fn overflow_page(&self, number: Number) -> Option<u32> {
        let (split, place) = self.place(number)?;
        self.split_base(split)?.checked_add(place).filter(|page| *page != NO_PAGE)
    }

    /// Which overflow page a page is; `None` if it is none.
    pub(crate) fn overflow_number(&self, page: u32) -> Option<Number> {
        (0..=self.split_point).find_map(|split| {
            let place = page.checked_sub(self.split_base(split)?)?;
            let before = self.spares_before(split);
            (1..=self.overflow_at(split)).contains(&place).then(|| Number(before + place))
        })
    }

    /// The overflow page at an address; `None` if there is none.
    pub(crate) fn number_at(&self, address: u16) -> Option<Number> {
        let (split, place) = (u32::from(address) >> SPLIT_SHIFT, u32::from(address) & PAGES_PER_SPLIT);
        let before = self.spares_before(split);
        let there = split <= self.split_point && (1..=self.overflow_at(split)).contains(&place);
        there.then(|| Number(before + place))
    }

    /// The address of an overflow page; `None` if there is no such one.
    pub(crate) fn address_of(&self, number: Number) -> Option<u16> {
        let (split, place) = self.place(number)?;
        u16::try_from(split << SPLIT_SHIFT | place).ok()
    }

    /// Bits of one bitmap page.
    pub(crate) fn bits_per_map(&self) -> u32 {
        self.page_size * 8
    }

    /// One more overflow page, at the next split point if this one is full; `None` where addresses end.
    pub(crate) fn extend(&mut self) -> Option<Number> {
        let total = self.overflow_pages();
        if total - self.spares_before(self.split_point) == PAGES_PER_SPLIT {
            let next = self.split_point + 1;
            *self.spares.get_mut(next as usize)? = total;
            self.split_point = next;
        }
        let number = Number(total + 1);
        *self.spares.get_mut(self.split_point as usize)? = number.0;
        self.overflow_page(number).map(|_| number)
    }

    /// One more bucket: it and the one that it is split from; `None` where page numbers end.
    pub(crate) fn grow(&mut self) -> Option<(u32, u32)> {
        let new = self.last_bucket.checked_add(1)?;
        let old = new & self.low_mask;
        let split = new.ilog2() + 1;
        if split > self.split_point {
            *self.spares.get_mut(split as usize)? = self.overflow_pages();
            self.split_point = split;
        }
        if new > self.high_mask {
            (self.low_mask, self.high_mask) = (self.high_mask, new | self.high_mask);
        }
        self.last_bucket = new;
        self.bucket_page(new).map(|_| (old, new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn every_page_has_one_use() {
        let mut header = Header::new(ByteOrder::Little, 4096);
        let mut dice = 1_u32;
        let mut known: HashMap<u32, u32> = HashMap::new();
        for step in 0..9000_u32 {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Now many overflow pages, now many buckets, so that split points are filled and passed early.
            let overflow = if step / 3000 % 2 == 0 { dice >> 28 != 0 } else { dice >> 28 == 0 };
            if overflow {
                let number = header.extend().unwrap();
                known.insert(number.0, header.overflow_page(number).unwrap());
            } else {
                let (old, new) = header.grow().unwrap();
                assert!(old < new);
            }
            header.validate().unwrap();
        }
        let mut pages: Vec<u32> = (0..=header.last_bucket).map(|b| header.bucket_page(b).unwrap()).collect();
        assert!(pages.iter().all(|page| header.overflow_number(*page).is_none()));
        for number in (1..=header.overflow_pages()).map(Number) {
            let page = header.overflow_page(number).unwrap();
            assert_eq!(known.get(&number.0).copied().unwrap_or(page), page, "it stays where it was made");
            assert_eq!(header.overflow_number(page), Some(number));
            assert_eq!(header.number_at(header.address_of(number).unwrap()), Some(number));
            pages.push(page);
        }
        let count = pages.len();
        pages.sort_unstable();
        pages.dedup();
        assert_eq!(pages.len(), count);
        assert!(!pages.contains(&0));
        assert!(header.split_point > header.last_bucket.ilog2() + 1, "{header:?}");
    }

    #[test]
    fn the_first_pages_stand_where_mit_puts_them() {
        let header = Header::new(ByteOrder::Little, 4096);
        assert_eq!((header.bucket_page(0), header.bucket_page(1)), (Some(1), Some(2)));
        assert_eq!((header.overflow_page(Number(1)), header.overflow_page(Number(2))), (Some(3), Some(4)));
        assert_eq!(header.number_at(2049), Some(Number(1)));
        assert_eq!(header.number_at(2051), None);
    }

    #[test]
    fn counts_of_split_points_to_come_may_be_anything() {
        let mut header = Header::new(ByteOrder::Little, 256);
        header.spares[30] = u32::MAX;
        header.validate().unwrap();
        assert_eq!(header.number_at(31 << 11 | 5), None);
        assert_eq!(header.overflow_number(NO_PAGE - 1), None);
    }

    #[test]
    fn fewer_overflow_pages_than_before_are_none() {
        let mut header = Header::new(ByteOrder::Little, 256);
        (header.split_point, header.spares[1], header.spares[2]) = (2, 9, 4);
        assert!(header.validate().is_err());
        assert_eq!(header.number_at(2 << 11 | 1), None);
        let pages = 0..40;
        assert!(pages.filter_map(|page| header.overflow_number(page)).all(|number| number.0 <= 9));
    }

    #[test]
    fn addresses_end() {
        let mut header = Header::new(ByteOrder::Little, 256);
        let mut count = 2;
        while header.extend().is_some() {
            count += 1;
            assert!(count < 100_000, "endless");
        }
        // The split points from 1 to 31.
        assert_eq!(count, PAGES_PER_SPLIT * 31);
    }
}
