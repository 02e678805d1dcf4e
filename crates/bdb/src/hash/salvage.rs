//! Reading what can still be read of a damaged file.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::layout::Table;
use super::pager::Pager;
use crate::types::{Found, Look, Remains, Way};
use crate::{PageFile, Result};

pub(super) fn salvage<F: PageFile>(pager: &Pager<F>, visit: &mut Look<'_>) -> Result<()> {
    let mut seen = HashSet::new();
    for bucket in 0..=pager.header().last_bucket {
        let mut next = pager.bucket_page(bucket).ok();
        let mut overflow = false;
        while let Some(page) = next
            && seen.insert(page)
        {
            // What is wrong with the page is for the check to say.
            let Ok(table) = pager.table(page, overflow) else { break };
            if emit(pager, page, &table, Way::Tree, visit).is_break() {
                return Ok(());
            }
            (next, overflow) = (table.next, true);
        }
    }
    let page_size = u64::from(pager.header().page_size);
    let system = |source| crate::Error::Io {
        path: pager.path.clone(),
        doing: "find the bytes that are stored".to_owned(),
        source,
    };
    let mut offset = u64::from(pager.header().header_pages) * page_size;
    while let Some(stored) = pager.file.stored_from(offset).map_err(system)? {
        let first = stored.start.max(offset) / page_size;
        let end = stored.end.div_ceil(page_size);
        for page in first..end {
            let Ok(page) = u32::try_from(page) else { return Ok(()) };
            if page >= pager.header().header_pages && seen.insert(page) && may_be_used(pager, page) {
                let table = pager.table(page, true).or_else(|_| pager.table(page, false));
                let Ok(table) = table else { continue };
                if emit(pager, page, &table, Way::Scan, visit).is_break() {
                    return Ok(());
                }
            }
        }
        offset = end * page_size;
    }
    Ok(())
}

/// Whether the bitmaps do not say that a page is free.
fn may_be_used<F: PageFile>(pager: &Pager<F>, page: u32) -> bool {
    let bit = pager.number_of(page).and_then(|number| pager.in_use(number));
    bit.unwrap_or(true)
}

fn emit<F: PageFile>(
    pager: &Pager<F>,
    page: u32,
    table: &Arc<Table>,
    way: Way,
    visit: &mut Look<'_>,
) -> ControlFlow<()> {
    for entry in &table.entries {
        let record = pager.load(entry).map_err(|error| Remains { key: None, what: error.to_string() });
        visit(Found { page, way, record })?;
    }
    ControlFlow::Continue(())
}
