//! Writing the changes to the file, in an order that a full disk cannot hurt.

use std::path::Path;

use crate::{Error, PageFile, Result};

/// Bytes of pages that are written at a time where nothing relies on them yet.
const TOGETHER: usize = 256 << 10;

/// How changes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// In an order that a full disk cannot hurt, and synced.
    Commit,
    /// Without a sync and without a way back, for a file that nobody relies on yet.
    Spill,
}

/// The pages that a commit writes.
pub(crate) struct Batch<'a> {
    /// For errors.
    pub path: &'a Path,
    /// Bytes of a page.
    pub page_size: u32,
    /// Pages past the end of the file, ascending. Nothing in the file refers to them.
    pub new: &'a [u32],
    /// Pages that the file has already, ascending.
    pub existing: &'a [u32],
    /// What page 0 is to begin with, unless it stays.
    pub head: Option<Vec<u8>>,
    pub how: How,
}

/// Pages that the file has already and that are overwritten, with what stood there.
struct Overwritten {
    offset: u64,
    before: Vec<u8>,
}

impl Batch<'_> {
    /// Writes all and, in a commit, syncs; `encode` gives the bytes of a page.
    ///
    /// A commit: first the new pages and a sync: nothing refers to them yet, so if the disk is full the file is cut back
    /// and is as it was. Then the pages that exist, then page 0, then a sync. If one of those writes fails,
    /// what was overwritten is put back as far as the system lets us.
    pub(crate) fn write<F: PageFile>(
        &self,
        file: &mut F,
        encode: impl Fn(u32) -> Result<Vec<u8>>,
    ) -> Result<()> {
        if self.how == How::Spill {
            return self.spill(file, &encode);
        }
        let old_length = file.len().map_err(|source| self.io("find the length".into(), source))?;
        if let Err(error) = self.append(file, &encode) {
            // The first error is the one to report; a cut that fails too leaves only unused pages.
            let _ = file.set_len(old_length);
            return Err(error);
        }
        let mut undo = Vec::new();
        if let Err(error) = self.overwrite(file, old_length, &encode, &mut undo) {
            for page in undo.iter().rev() {
                let _ = file.write_at(page.offset, &page.before);
            }
            let _ = file.set_len(old_length);
            let _ = file.sync();
            return Err(error);
        }
        Ok(())
    }

    fn spill<F: PageFile>(&self, file: &mut F, encode: &impl Fn(u32) -> Result<Vec<u8>>) -> Result<()> {
        let numbers = self.existing.iter().chain(self.new).copied();
        self.write_together(file, numbers, encode)?;
        let written = self.head.as_ref().map_or(Ok(()), |head| file.write_at(0, head));
        written.map_err(|source| self.io("write page 0".into(), source))
    }

    /// Writes pages, those beside each other in one piece.
    fn write_together<F: PageFile>(
        &self,
        file: &mut F,
        numbers: impl Iterator<Item = u32>,
        encode: &impl Fn(u32) -> Result<Vec<u8>>,
    ) -> Result<()> {
        let (mut first, mut pages) = (0, Vec::new());
        let mut write = |first: u32, pages: &mut Vec<u8>| {
            let written = file.write_at(self.offset(first), pages);
            pages.clear();
            written.map_err(|source| self.io(format!("write page {first} and those behind it"), source))
        };
        for number in numbers {
            let is_next = self.offset(first) + pages.len() as u64 == self.offset(number);
            if !pages.is_empty() && (!is_next || pages.len() >= TOGETHER) {
                write(first, &mut pages)?;
            }
            if pages.is_empty() {
                first = number;
            }
            pages.extend_from_slice(&encode(number)?);
        }
        if pages.is_empty() { Ok(()) } else { write(first, &mut pages) }
    }

    fn io(&self, doing: String, source: std::io::Error) -> Error {
        Error::Io { path: self.path.to_owned(), doing, source }
    }

    fn offset(&self, number: u32) -> u64 {
        u64::from(number) * u64::from(self.page_size)
    }

    fn append<F: PageFile>(&self, file: &mut F, encode: &impl Fn(u32) -> Result<Vec<u8>>) -> Result<()> {
        if self.new.is_empty() {
            return Ok(());
        }
        self.write_together(file, self.new.iter().copied(), encode)?;
        file.sync().map_err(|source| self.io("sync new pages".into(), source))
    }

    fn overwrite<F: PageFile>(
        &self,
        file: &mut F,
        old_length: u64,
        encode: &impl Fn(u32) -> Result<Vec<u8>>,
        undo: &mut Vec<Overwritten>,
    ) -> Result<()> {
        for number in self.existing {
            self.replace(file, *number, &encode(*number)?, undo)?;
        }
        match &self.head {
            Some(head) if old_length == 0 => {
                file.write_at(0, head).map_err(|source| self.io("write page 0".into(), source))?;
            }
            Some(head) => self.replace(file, 0, head, undo)?,
            None => {}
        }
        file.sync().map_err(|source| self.io("sync".into(), source))
    }

    fn replace<F: PageFile>(
        &self,
        file: &mut F,
        number: u32,
        bytes: &[u8],
        undo: &mut Vec<Overwritten>,
    ) -> Result<()> {
        let offset = self.offset(number);
        let mut before = vec![0; bytes.len()];
        let read = file.read_at(offset, &mut before);
        read.map_err(|source| self.io(format!("read page {number}"), source))?;
        undo.push(Overwritten { offset, before });
        let written = file.write_at(offset, bytes);
        written.map_err(|source| self.io(format!("write page {number}"), source))
    }
}
