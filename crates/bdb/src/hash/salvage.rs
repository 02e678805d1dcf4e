//! Reading what can still be read of a damaged file.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;

use super::CACHE_PAGES;
use super::layout::{Entry, Table};
use super::pager::Pager;
use super::repair::{repaired, said};
use crate::types::{Found, Look, Remains, Way};
use crate::{PageFile, Result};

/// Visits every pair of a hash file that can still be read, whatever is wrong with the rest: first those of the buckets,
/// as far as their pages can be followed ([`Way::Tree`]), then those on pages in use that no bucket leads to
/// ([`Way::Scan`]). Where the header contradicts the pages, the pages count. Pairs on a page that the bitmaps call free
/// come as found by scanning if a bucket leads there, else not at all. `path` is for errors.
///
/// Where a commit was cut short (`cut_short`) there may be pages of buckets that the header does not have yet: a header that agrees
/// with itself counts then, whatever the pages say.
///
/// # Errors
/// Where the system does not give the length of the file. A page that it does not give is passed over.
pub fn salvage<F: PageFile>(file: F, path: &Path, cut_short: bool, visit: &mut Look<'_>) -> Result<()> {
    let system = |source| crate::Error::Io {
        path: path.to_owned(),
        doing: "find the bytes that are stored".to_owned(),
        source,
    };
    let header = match said(&file).filter(|_| cut_short) {
        Some(header) => header,
        None => repaired(&file).map_err(system)?,
    };
    let pager = Pager::open_with(file, path, header, CACHE_PAGES)?;
    let mut salvage = Salvage { pager: &pager, seen: HashSet::new() };
    // Whether the visitor stops here or there makes no difference.
    let _ = salvage.buckets(visit).is_continue() && salvage.others(visit).map_err(system)?.is_continue();
    Ok(())
}

struct Salvage<'a, F> {
    pager: &'a Pager<F>,
    /// Pages of buckets, and of the big pairs that they name.
    seen: HashSet<u32>,
}

impl<F: PageFile> Salvage<'_, F> {
    fn buckets(&mut self, visit: &mut Look<'_>) -> ControlFlow<()> {
        for bucket in 0..=self.pager.header().last_bucket {
            let mut next = self.pager.bucket_page(bucket).ok();
            // The others are behind it.
            if next.is_none_or(|page| page >= self.pager.pages) {
                break;
            }
            let mut overflow = false;
            while let Some(page) = next
                && self.seen.insert(page)
            {
                // What is wrong with the page is for the check to say.
                let Ok(table) = self.pager.table(page, overflow) else { break };
                let way = if overflow && !self.may_be_used(page) { Way::Scan } else { Way::Tree };
                self.emit(page, &table, way, visit)?;
                (next, overflow) = (table.next, true);
            }
        }
        ControlFlow::Continue(())
    }

    /// What is on pages that no bucket leads to.
    fn others(&mut self, visit: &mut Look<'_>) -> std::io::Result<ControlFlow<()>> {
        let header = *self.pager.header();
        let page_size = u64::from(header.page_size);
        let mut offset = u64::from(header.header_pages) * page_size;
        // Pages of big pairs, and those of them that are not the first of theirs.
        let (mut big, mut inner) = (Vec::new(), HashSet::new());
        while let Some(stored) = self.pager.file.stored_from(offset)? {
            let end = stored.end.div_ceil(page_size);
            for page in stored.start.max(offset) / page_size..end {
                let Ok(page) = u32::try_from(page) else { return Ok(ControlFlow::Break(())) };
                if page < header.header_pages || self.seen.contains(&page) || !self.may_be_used(page) {
                    continue;
                }
                if let Ok(this) = self.pager.big(page) {
                    big.push(page);
                    inner.extend(this.next);
                    continue;
                }
                let table = self.pager.table(page, true).or_else(|_| self.pager.table(page, false));
                let Ok(table) = table else { continue };
                if self.emit(page, &table, Way::Scan, visit).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            offset = end * page_size;
        }
        big.retain(|page| !inner.contains(page) && !self.seen.contains(page));
        for page in big {
            let address = self.pager.number_of(page).ok().and_then(|number| header.address_of(number));
            let Some(address) = address else { continue };
            let table = Table { entries: vec![Entry::Big(address)], ..Table::default() };
            if self.emit(page, &table, Way::Scan, visit).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether the bitmaps do not say that a page is free.
    fn may_be_used(&self, page: u32) -> bool {
        let bit = self.pager.number_of(page).and_then(|number| self.pager.in_use(number));
        bit.unwrap_or(true)
    }

    fn emit(&mut self, page: u32, table: &Table, way: Way, visit: &mut Look<'_>) -> ControlFlow<()> {
        for entry in &table.entries {
            let mut way = way;
            if let Entry::Big(address) = entry {
                let pages: Option<Vec<u32>> = self.pages_of(*address);
                if pages.iter().flatten().any(|page| !self.may_be_used(*page)) {
                    way = Way::Scan;
                }
                self.seen.extend(pages.into_iter().flatten());
            }
            let record =
                self.pager.load(entry).map_err(|error| Remains { key: None, what: error.to_string() });
            visit(Found { page, way, record })?;
        }
        ControlFlow::Continue(())
    }

    /// The pages of a big pair, if all are there.
    fn pages_of(&self, address: u16) -> Option<Vec<u32>> {
        let mut pages = Vec::new();
        let walked = self.pager.walk_big(address, |page, _| {
            pages.push(page);
            Ok(true)
        });
        walked.ok().map(|()| pages)
    }
}
