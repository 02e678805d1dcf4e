//! The number of pairs in the header, where two programs have counted from the same number.

use std::path::Path;

use k5_wire::{ByteOrder, Writer};

use super::layout::PAIRS_AT;
use super::{Access, Hash};
use crate::{PageFile, Result};

/// Counts the pairs of a table and writes their number, in place, if the header has another. All buckets are read.
///
/// # Errors
/// Where the file cannot be read or written, or is damaged: the number stays as it is then.
pub(crate) fn recount(file: impl PageFile, path: &Path) -> Result<()> {
    let table = Hash::open(file, path, Access::ReadWrite)?;
    let pager = &table.pager;
    let mut pairs: u32 = 0;
    for bucket in 0..=pager.header().last_bucket {
        for (_, page) in pager.chain(bucket)? {
            pairs = pairs.saturating_add(u32::try_from(page.entries.len()).unwrap_or(u32::MAX));
        }
    }
    if pairs == pager.header().pairs {
        return Ok(());
    }
    let mut writer = Writer::new(ByteOrder::Big);
    writer.u32(pairs);
    let mut file = table.into_file();
    let written = file.write_at(PAIRS_AT as u64, &writer.into_bytes()).and_then(|()| file.sync());
    written.map_err(|source| super::pager::io_error(path, "write the number of pairs", source))
}
