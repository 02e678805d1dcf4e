//! Where entries go in a file, and what has to be written for it.

use crate::change::{Change, in_one_sector};
use crate::detour::{Extent, LONGEST_FILE};
use crate::layout::{HEADER_LEN, LENGTH_LEN, Scan, Slot};
use crate::record::{self, Version};
use crate::{Entry, KeytabError, Result, Unstorable};
use k5_types::Secret;
use std::fs::File;
use std::path::Path;

/// Where entries can go.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) version: Version,
    /// The file has no header yet.
    pub(super) empty: bool,
    /// Offset and size of each hole, in the order of the file.
    pub(super) holes: Vec<(u64, u32)>,
    /// The last slot whose length is written as one.
    pub(super) near_the_end: Option<u64>,
    /// Bytes of the file.
    pub(super) file_len: u64,
    /// Where a slot can be appended.
    pub(super) end: u64,
    /// Whether an end mark stands there, and behind it perhaps what a writer that died has left.
    pub(super) marked: bool,
}

impl Layout {
    /// The layout of a file that has nothing in it yet.
    pub(super) fn empty() -> Self {
        Layout {
            version: Version::V2,
            empty: true,
            holes: Vec::new(),
            near_the_end: None,
            file_len: 0,
            end: HEADER_LEN,
            marked: false,
        }
    }

    /// The layout of a file that has a header and nothing else.
    pub(super) fn only_a_header() -> Self {
        Layout { empty: false, file_len: HEADER_LEN, ..Self::empty() }
    }

    pub(super) fn read(file: &File, path: &Path, file_len: u64) -> Result<Self> {
        if file_len == 0 {
            return Ok(Self::empty());
        }
        let scan = Scan::start(file, path, file_len)?;
        let version = scan.version();
        let (mut holes, mut near_the_end) = (Vec::new(), None);
        let (scan, marked) = walk(scan, file, path, |offset, slot| {
            if in_one_sector(offset) {
                near_the_end = Some(offset);
            }
            if let Slot::Hole { size } = slot {
                holes.push((offset, size));
            }
        })?;
        let end = scan.offset();
        Ok(Layout { version, empty: false, holes, near_the_end, file_len, end, marked })
    }

    pub(super) fn extent(&self) -> Extent {
        Extent { version: self.version, file_len: self.file_len, end: self.end }
    }

    /// A change of nothing.
    pub(super) fn no_change(&self) -> Change {
        Change { new_len: self.file_len, near_the_end: self.near_the_end, ..Change::default() }
    }

    /// Has the change turn the record at `offset` into a hole of zeros.
    pub(super) fn remove(&self, change: &mut Change, offset: u64, size: u32) {
        // A size that was read as a positive number.
        let length = i32::try_from(size).map_or(0, |size| -size);
        change.lengths.push((offset, self.version.length_bytes(length)));
        let body = offset + LENGTH_LEN;
        let end = body + u64::from(size);
        // The last record of version 1 may end behind the file, by four bytes at most; no hole may.
        change.new_len = change.new_len.max(end);
        let there = usize::try_from(end.min(self.file_len).saturating_sub(body)).unwrap_or_default();
        change.unread.push((body, Secret::new(vec![0; there])));
    }

    /// Where the entries go. A slot's length is zero (at the end) or that of a hole until the last step, so no reader
    /// sees a record that is not whole.
    pub(super) fn place(&self, entries: &[&Entry]) -> Result<Change> {
        let version = self.version;
        let mut change = self.no_change();
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
                change.lengths.push((offset, version.length_bytes(length)));
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
        let left = usize::try_from(self.file_len.saturating_sub(self.end)).unwrap_or(usize::MAX);
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
        change.new_len = change.new_len.max(self.end + piece.len() as u64);
        change.unseen.push((self.end, Secret::new(piece)));
        change.lengths.extend(first.map(|length| (self.end, length)));
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
