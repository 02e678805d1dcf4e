//! Where entries go in a file, and what has to be written for it.

use crate::layout::{HEADER_LEN, LENGTH_LEN, Scan, Slot};
use crate::record::{self, Version};
use crate::storage::Change;
use crate::{Entry, KeytabError, Result, Unstorable};
use k5_types::Secret;
use std::fs::File;
use std::path::Path;

/// MIT's programs keep offsets in 31 bits.
const LONGEST_FILE: u64 = 0x7fff_ffff;

/// Where entries can go.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) version: Version,
    /// The file has no header yet.
    pub(super) empty: bool,
    /// Offset and size of each hole, in the order of the file.
    holes: Vec<(u64, u32)>,
    /// Where a slot can be appended.
    pub(super) end: u64,
    /// Whether an end mark stands there.
    marked: bool,
    /// Bytes behind `end`: the mark, and what a writer that died has left.
    left: u64,
}

impl Layout {
    /// The layout of a file that has nothing in it yet.
    pub(super) fn empty() -> Self {
        Layout {
            version: Version::V2,
            empty: true,
            holes: Vec::new(),
            end: HEADER_LEN,
            marked: false,
            left: 0,
        }
    }

    /// The layout of a file that has a header and nothing else.
    pub(super) fn only_a_header() -> Self {
        Layout { empty: false, ..Self::empty() }
    }

    pub(super) fn read(file: &File, path: &Path, file_len: u64) -> Result<Self> {
        if file_len == 0 {
            return Ok(Self::empty());
        }
        let scan = Scan::start(file, path, file_len)?;
        let version = scan.version();
        let mut holes = Vec::new();
        let (scan, marked) = walk(scan, file, path, |offset, slot| {
            if let Slot::Hole { size } = slot {
                holes.push((offset, size));
            }
        })?;
        let end = scan.offset();
        Ok(Layout { version, empty: false, holes, end, marked, left: file_len.saturating_sub(end) })
    }

    /// Where the entries go. A slot's length is zero (at the end) or that of a hole until the last step, so no reader
    /// sees a record that is not whole.
    pub(super) fn place(&self, entries: &[&Entry]) -> Result<Change> {
        let version = self.version;
        let mut change = Change::default();
        let mut holes: Vec<(u64, u32)> = self.holes.clone();
        let mut tail: Vec<Secret<Vec<u8>>> = Vec::new();
        let mut end = self.end;
        for entry in entries {
            let unstorable = |why| KeytabError::Unstorable { principal: entry.principal.to_string(), why };
            let body = record::encode(version, entry).map_err(unstorable)?;
            let fits = holes.iter().position(|(_, size)| *size as usize >= body.expose().len());
            if let Some((offset, size)) = fits.map(|index| holes.remove(index)) {
                let length = i32::try_from(size).map_err(|_| unstorable(Unstorable::FileTooLong))?;
                change.unseen.push((offset + LENGTH_LEN, body));
                change.commit.push((offset, Secret::new(version.length_bytes(length).to_vec())));
            } else {
                end += LENGTH_LEN + body.expose().len() as u64;
                tail.push(body);
            }
            if end + LENGTH_LEN > LONGEST_FILE {
                return Err(unstorable(Unstorable::FileTooLong));
            }
        }
        if self.empty {
            change.unseen.push((0, Secret::new(version.header().to_vec())));
        }
        if !tail.is_empty() {
            self.append(&tail, &mut change);
        }
        Ok(change)
    }

    /// One piece for all records at the end; the length of the first one makes them all count.
    fn append(&self, tail: &[Secret<Vec<u8>>], change: &mut Change) {
        let lengths = tail.iter().map(|body| i32::try_from(body.expose().len()).unwrap_or(0));
        let total: usize = tail.iter().map(|body| body.expose().len() + 4).sum();
        // In its full size at once: a buffer that grows leaves copies of keys behind.
        let left = if self.marked { usize::try_from(self.left).unwrap_or(usize::MAX) } else { 0 };
        let mut piece = Vec::with_capacity((total + 4).max(left));
        let mut first = None;
        for (body, length) in tail.iter().zip(lengths) {
            let length = self.version.length_bytes(length);
            piece.extend_from_slice(if first.is_none() { &[0; 4] } else { &length });
            first.get_or_insert(length);
            piece.extend_from_slice(body.expose());
        }
        if self.marked {
            // A mark, and zeros over what a dead writer has left: behind the new mark its records could pass for some
            // that count. They may hold keys, too.
            piece.resize((total + 4).max(left), 0);
        }
        change.unseen.push((self.end, Secret::new(piece)));
        change.commit.extend(first.map(|length| (self.end, Secret::new(length.to_vec()))));
    }
}

/// Goes over all slots; gives the walk back where it ended, and whether at a mark.
pub(super) fn walk(
    mut scan: Scan,
    file: &File,
    path: &Path,
    mut see: impl FnMut(u64, Slot),
) -> Result<(Scan, bool)> {
    loop {
        match scan.next(file, path)? {
            (_, Slot::End { marked }) => return Ok((scan, marked)),
            (offset, slot) => see(offset, slot),
        }
    }
}

/// The bytes of a hole in place of a record of `size`, of which the file has `there` with the length field.
pub(super) fn hole(version: Version, size: u32, there: u64) -> Vec<u8> {
    let length = i32::try_from(size).map_or(0, |size| -size);
    let mut bytes = version.length_bytes(length).to_vec();
    let whole = LENGTH_LEN + u64::from(size);
    // No longer than the file, which Scan has compared with `size`.
    bytes.resize(usize::try_from(whole.min(there)).unwrap_or(bytes.len()), 0);
    bytes
}
