//! What the header of a damaged file must have been, told by the pages: a bucket's page and its number both say so.

use std::io;

use k5_wire::ByteOrder;

use super::PAGE_SIZE;
use super::address::{Header, PAGES_PER_SPLIT, SPLIT_POINTS};
use super::layout::{
    HEADER_LEN, PAGE_HEADER_LEN, begins_as_header, header_pages, read_counts, read_header, read_outline,
    said_geometry, valid_page_size,
};
use crate::PageFile;
use crate::btree::{fitting_pages, is_btree};

/// Pages that are asked for byte order and page size.
const ASKED: u32 = 64;

/// Whether a file is, or was before it was damaged, one with a hash table.
pub(super) fn was_hash(file: &impl PageFile) -> bool {
    let start = start(file);
    let tables = [ByteOrder::Little, ByteOrder::Big].map(|order| fitting(file, order, PAGE_SIZE));
    begins_as_header(&start)
        || (!is_btree(&start) && tables.into_iter().max() > Some(fitting_pages(file, ASKED)))
}

/// The header as it stands, if it agrees with itself.
pub(super) fn said(file: &impl PageFile) -> Option<Header> {
    read_header(&start(file)).ok()
}

/// The header as it stands, but for what the pages contradict. It is for reading only.
pub(super) fn repaired(file: &impl PageFile) -> io::Result<Header> {
    let start = start(file);
    let (order, page_size) = geometry(file, said_geometry(&start));
    let said = read_counts(&start, order, page_size);
    let mut header = said.unwrap_or_else(|_| Header::new(order, page_size));
    header.header_pages = header_pages(page_size);
    let buckets = bucket_pages(file, order, page_size)?;
    spares(&mut header, &buckets);
    let last = last_bucket(&header, &buckets);
    let masks = (header.high_mask, header.low_mask);
    let whole = header.last_bucket >= last && header.last_bucket <= masks.0;
    if !whole || header.validate().is_err() {
        header.last_bucket = last.max(1);
        header.low_mask = ((header.last_bucket.saturating_add(1).next_power_of_two() - 1) >> 1).max(1);
        header.high_mask = header.low_mask << 1 | 1;
        overflow_pages(&mut header, file.len()?);
    }
    Ok(header)
}

fn start(file: &impl PageFile) -> [u8; HEADER_LEN] {
    let mut start = [0; HEADER_LEN];
    // What cannot be read is taken for damaged.
    let _ = file.read_at(0, &mut start);
    start
}

/// How many of the first pages have the number that they would have.
fn fitting(file: &impl PageFile, order: ByteOrder, page_size: u32) -> usize {
    let fits = |page: &u32| {
        let mut head = [0; PAGE_HEADER_LEN];
        let read = file.read_at(u64::from(*page) * u64::from(page_size), &mut head);
        read.is_ok() && read_outline(&head, order).is_some_and(|(number, _)| number == *page)
    };
    (1..=ASKED).filter(fits).count()
}

fn geometry(file: &impl PageFile, said: (Option<ByteOrder>, Option<u32>)) -> (ByteOrder, u32) {
    let orders = said.0.into_iter().chain([ByteOrder::NATIVE, ByteOrder::Little, ByteOrder::Big]);
    let sizes = (8..=16).map(|shift| 1 << shift).filter(|size| valid_page_size(*size));
    let sizes = said.1.into_iter().chain([PAGE_SIZE]).chain(sizes);
    let mut best = (0, (said.0.unwrap_or(ByteOrder::NATIVE), said.1.unwrap_or(PAGE_SIZE)));
    for order in orders {
        for page_size in sizes.clone() {
            let count = fitting(file, order, page_size);
            if count > best.0 {
                best = (count, (order, page_size));
            }
        }
    }
    best.1
}

/// The pages that call themselves a bucket's own, ascending.
fn bucket_pages(file: &impl PageFile, order: ByteOrder, page_size: u32) -> io::Result<Vec<u32>> {
    let mut pages = Vec::new();
    let size = u64::from(page_size);
    let mut offset = size;
    while let Some(stored) = file.stored_from(offset)? {
        for page in stored.start.max(offset) / size..stored.end.div_ceil(size) {
            let Ok(page) = u32::try_from(page) else { return Ok(pages) };
            let mut head = [0; PAGE_HEADER_LEN];
            if file.read_at(u64::from(page) * size, &mut head).is_ok()
                && read_outline(&head, order) == Some((page, true))
                && pages.last().is_none_or(|last| *last < page)
            {
                pages.push(page);
            }
        }
        offset = stored.end.div_ceil(size) * size;
    }
    Ok(pages)
}

/// Moves the buckets of each split point to where most of them are. A header that is right stays so even where the page of
/// a bucket is damaged: what comes before and after leaves its buckets no other place.
fn spares(header: &mut Header, buckets: &[u32]) {
    let (header_pages, split_point) = (header.header_pages, header.split_point as usize);
    let said = header.spares;
    let mut before = 0_u32;
    for (split, spare) in header.spares.iter_mut().enumerate() {
        let Some(count) = 1_u32.checked_shl(split as u32) else { break };
        let there = |spare: u32| {
            let first = header_pages.saturating_add(count).saturating_add(spare);
            let before = |end: u32| buckets.partition_point(|page| *page < end);
            before(first.saturating_add(count)).saturating_sub(before(first))
        };
        let mut most = before.saturating_add(PAGES_PER_SPLIT);
        if let Some(next) = said.get(split + 1).filter(|next| split < split_point && **next >= *spare) {
            most = most.min(*next);
        }
        let possible = before..=most.max(before);
        let by_header = if possible.contains(spare) { there(*spare) } else { 0 };
        let best = possible.clone().map(there).max().unwrap_or(0);
        if best > by_header {
            // Windows before a full one hold overflow pages; those before one that is not full may hold all the same.
            let mut fitting = possible.filter(|spare| there(*spare) == best);
            let found = if best == count as usize { fitting.next() } else { fitting.next_back() };
            *spare = found.unwrap_or(before);
        } else if !possible.contains(spare) && split <= split_point {
            *spare = before;
        }
        before = *spare;
    }
}

/// The greatest bucket whose page calls itself one.
fn last_bucket(header: &Header, buckets: &[u32]) -> u32 {
    let of = |page: u32| {
        let number = page.checked_sub(header.header_pages)?;
        (0..SPLIT_POINTS).rev().find_map(|split| {
            let bucket = number.checked_sub(*header.spares.get(split)?)?;
            (bucket.checked_ilog2() == Some(split as u32)).then_some(bucket)
        })
    };
    buckets.iter().filter_map(|page| of(*page)).max().unwrap_or(0)
}

/// Makes the split point and its count of overflow pages agree with the last bucket and the length of the file.
fn overflow_pages(header: &mut Header, length: u64) {
    let least = header.last_bucket.ilog2() + 1;
    if header.split_point < least || header.split_point as usize >= SPLIT_POINTS {
        header.split_point = least;
    }
    let split = header.split_point as usize;
    let before = split.checked_sub(1).and_then(|split| header.spares.get(split)).copied().unwrap_or(0);
    let pages = u32::try_from(length / u64::from(header.page_size)).unwrap_or(u32::MAX);
    let base = header.header_pages.saturating_add(1_u32.checked_shl(header.split_point).unwrap_or(u32::MAX));
    let behind = pages.saturating_sub(base.saturating_sub(1)).saturating_sub(before);
    let most = before.saturating_add(behind.min(PAGES_PER_SPLIT));
    if let Some(spare) = header.spares.get_mut(split)
        && (*spare < before || *spare - before > PAGES_PER_SPLIT)
    {
        *spare = most;
    }
}
