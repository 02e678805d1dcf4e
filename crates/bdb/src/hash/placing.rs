//! Where a pair goes among the pages of its bucket: as MIT does it, so that pairs stand in the same order.

use super::layout::{PAGE_HEADER_LEN, SLOT_LEN};

/// What the place of a pair depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Bytes of a bucket's page that it takes, its slot included: the slot alone for a pair on pages of its own.
    pub footprint: usize,
    /// The search for room begins at a page with more free bytes than this.
    wanted: usize,
}

impl Size {
    /// That of a pair whose key and value have so many bytes together.
    pub fn of(length: usize, page_size: u32) -> Self {
        let whole = SLOT_LEN.saturating_add(length);
        let footprint = if over_three_quarters(whole, page_size) { SLOT_LEN } else { whole };
        let wanted = if over_three_quarters(length, page_size) { SLOT_LEN } else { length };
        Size { footprint, wanted }
    }

    /// Whether it is kept on pages of its own: with its slot it would take more than three quarters of a page.
    pub fn is_big(self) -> bool {
        // No key is empty.
        self.footprint == SLOT_LEN
    }

    /// The page at which the search for room begins, of pages with so many free bytes: the last one on which there seems to be
    /// some.
    pub fn start(self, free: impl DoubleEndedIterator<Item = usize> + ExactSizeIterator) -> Option<usize> {
        let mut free = free;
        free.rposition(|free| free > self.wanted)
    }

    /// The first page from `start` on that has room.
    pub fn place(self, free: impl Iterator<Item = usize>, start: usize) -> Option<usize> {
        let mut pages = free.enumerate().skip(start);
        pages.find(|(_, free)| *free >= self.footprint).map(|(at, _)| at)
    }
}

fn over_three_quarters(length: usize, page_size: u32) -> bool {
    length > page_size as usize / 4 * 3
}

/// Bytes for slots and pairs on a page.
pub(super) fn page_room(page_size: u32) -> usize {
    (page_size as usize).saturating_sub(PAGE_HEADER_LEN)
}

/// A page that is being filled.
#[derive(Debug)]
pub(super) struct Sheet<T> {
    /// Bytes that neither slots nor pairs take.
    pub free: usize,
    pub entries: Vec<T>,
}

impl<T> Sheet<T> {
    pub fn new(page_size: u32) -> Self {
        Sheet { free: page_room(page_size), entries: Vec::new() }
    }

    /// Puts an entry on it; there is room.
    pub fn push(&mut self, entry: T, footprint: usize) {
        self.free = self.free.saturating_sub(footprint);
        self.entries.push(entry);
    }
}

/// The pages of a bucket to which pairs are dealt out when one is divided.
pub(super) struct Filling<T> {
    page_size: u32,
    pub sheets: Vec<Sheet<T>>,
    /// The page of the last pair that is not big: the next one does not stand before it.
    at: usize,
}

impl<T> Filling<T> {
    pub fn new(page_size: u32) -> Self {
        Filling { page_size, sheets: vec![Sheet::new(page_size)], at: 0 }
    }

    /// Puts an entry on the first page that has room for it: a big pair from the bucket's own on, another from the
    /// one with the last such.
    pub fn push(&mut self, entry: T, footprint: usize) {
        let big = footprint == SLOT_LEN;
        let start = if big { 0 } else { self.at };
        let place = self.sheets.iter().skip(start).position(|sheet| sheet.free >= footprint);
        let at = place.map_or(self.sheets.len(), |at| start + at);
        if at == self.sheets.len() {
            self.sheets.push(Sheet::new(self.page_size));
        }
        if !big {
            self.at = at;
        }
        if let Some(sheet) = self.sheets.get_mut(at) {
            sheet.push(entry, footprint);
        }
    }
}
