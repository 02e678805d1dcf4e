//! Integers and byte strings read one after the other from a cache of known length.

use crate::{CcacheError, Damage, Result};
use k5_wire::ByteOrder;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// No key is longer, in bytes.
const KEY_MAX: usize = 64;

/// Fields read one after the other. The length is that of a file under a lock, or of a record in memory.
#[derive(Debug)]
pub(crate) struct Fields<R> {
    from: R,
    path: PathBuf,
    offset: u64,
    len: u64,
    /// How integers are to be read.
    pub(crate) order: ByteOrder,
}

impl<R: Read> Fields<R> {
    /// The fields of what is called `path` and has `len` bytes, from its start.
    pub(crate) fn new(from: R, path: &Path, len: u64) -> Self {
        Fields { from, path: path.to_owned(), offset: 0, len, order: ByteOrder::Big }
    }

    /// What is read from.
    pub(crate) fn source(&self) -> &R {
        &self.from
    }

    /// What errors call it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Offset of the next field from the start, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// A file has grown, or shrunk, since its length was asked for.
    pub(crate) fn set_len(&mut self, len: u64) {
        self.len = len;
    }

    /// Bytes between here and the end.
    pub(crate) fn left(&self) -> u64 {
        self.len.saturating_sub(self.offset)
    }

    /// A length of 32 bits and that many bytes.
    pub(crate) fn data(&mut self, field: &'static str) -> Result<Vec<u8>> {
        let len = self.u32(field)?;
        self.bytes(field, u64::from(len))
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8> {
        self.array(field).map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16> {
        let bytes: [u8; 2] = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Big => u16::from_be_bytes(bytes),
            ByteOrder::Little => u16::from_le_bytes(bytes),
        })
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32> {
        let bytes: [u8; 4] = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Big => u32::from_be_bytes(bytes),
            ByteOrder::Little => u32::from_le_bytes(bytes),
        })
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32> {
        self.u32(field).map(u32::cast_signed)
    }

    pub(crate) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N]> {
        self.fits(field, N as u64)?;
        let mut array = [0; N];
        self.from.read_exact(&mut array).map_err(|e| self.unread(e))?;
        self.offset += N as u64;
        Ok(array)
    }

    /// The next `len` bytes. The buffer grows with what is there, not with what the file says.
    pub(crate) fn bytes(&mut self, field: &'static str, len: u64) -> Result<Vec<u8>> {
        self.fits(field, len)?;
        // A key fits into the first allocation, and so leaves no copy behind when the buffer grows.
        let mut bytes = Vec::with_capacity(usize::try_from(len).map_or(KEY_MAX, |len| len.min(KEY_MAX)));
        let read = self.from.by_ref().take(len).read_to_end(&mut bytes).map_err(|e| self.unread(e))?;
        if (read as u64) < len {
            return Err(self.unread(io::ErrorKind::UnexpectedEof.into()));
        }
        self.offset += len;
        Ok(bytes)
    }

    fn fits(&self, field: &'static str, wanted: u64) -> Result<()> {
        if wanted <= self.left() {
            return Ok(());
        }
        Err(self.damaged(self.offset, Damage::PastEnd { field, wanted, left: self.left() }))
    }

    pub(crate) fn damaged(&self, offset: u64, damage: Damage) -> CcacheError {
        CcacheError::Damaged { path: self.path.clone(), offset, damage }
    }

    fn unread(&self, error: io::Error) -> CcacheError {
        CcacheError::io(&self.path, "reading", error)
    }
}
