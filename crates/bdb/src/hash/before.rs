//! The table as its file has it, whatever has changed in memory since.

use std::io;

use super::pager::Pager;
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
}
