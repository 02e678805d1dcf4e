//! The table as its file has it, whatever has changed in memory since.

use std::io;

use super::layout::{PAGE_HEADER_LEN, read_next};
use super::pager::{Pager, io_error};
use crate::{PageFile, Result};

/// A file that is only read.
#[derive(Debug)]
pub(super) struct View<'a, F>(pub &'a F);

fn refused() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

impl<F: PageFile> PageFile for View<'_, F> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, buffer)
    }

    fn write_at(&mut self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(refused())
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn set_len(&mut self, _: u64) -> io::Result<()> {
        Err(refused())
    }

    fn sync(&mut self) -> io::Result<()> {
        Err(refused())
    }
}

/// A table without the changes that are in memory only.
pub(super) type Before<'a, F> = Pager<View<'a, F>>;

impl<F: PageFile> Before<'_, F> {
    /// Whether the table uses a page. MIT leaves bytes of all kinds on those that it does not.
    pub(super) fn uses(&self, page: u32) -> Result<bool> {
        match self.header().overflow_number(page) {
            Some(number) => self.in_use(number),
            None => Ok(page <= self.bucket_page(self.header().last_bucket)?),
        }
    }

    /// The pages of a bucket with the headers that they have in the file; nothing else of them is read.
    pub(super) fn heads(&self, bucket: u32) -> Result<Vec<(u32, [u8; PAGE_HEADER_LEN])>> {
        let mut heads = Vec::new();
        let mut next = Some(self.bucket_page(bucket)?);
        while let Some(page) = next {
            if heads.len() > self.header().overflow_pages() as usize {
                return Err(self.wrong(page, "the pages of a bucket run in a circle"));
            }
            let mut head = [0; PAGE_HEADER_LEN];
            let place = u64::from(page) * u64::from(self.header().page_size);
            let read = self.file.read_at(place, &mut head);
            read.map_err(|source| io_error(&self.path, format!("read page {page}"), source))?;
            next = read_next(&head, self.header().order).map_err(|flaw| self.corrupt(page, flaw))?;
            heads.push((page, head));
        }
        Ok(heads)
    }
}
