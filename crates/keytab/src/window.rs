//! Reading a file at any offset through one buffer, which is wiped because keys pass through it.

use k5_types::Secret;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes read at once where no more are wanted.
const CHUNK: u64 = 64 * 1024;

/// A view of a file of fixed length. It never holds more than the file has.
#[derive(Debug)]
pub(crate) struct Window {
    file_len: u64,
    at: u64,
    bytes: Secret<Vec<u8>>,
}

impl Window {
    pub(crate) fn new(file_len: u64) -> Self {
        Window { file_len, at: 0, bytes: Secret::new(Vec::new()) }
    }

    /// Bytes between `offset` and the end of the file.
    pub(crate) fn left(&self, offset: u64) -> u64 {
        self.file_len.saturating_sub(offset)
    }

    /// `count` bytes at `offset`; `None` where the file ends before that.
    pub(crate) fn get(&mut self, file: &File, offset: u64, count: u64) -> io::Result<Option<&[u8]>> {
        if count > self.left(offset) {
            return Ok(None);
        }
        if self.range(offset, count).is_none() {
            self.fill(file, offset, count.max(CHUNK).min(self.left(offset)))?;
        }
        let range = self.range(offset, count);
        Ok(range.and_then(|range| self.bytes.expose().get(range)))
    }

    fn range(&self, offset: u64, count: u64) -> Option<std::ops::Range<usize>> {
        let start = usize::try_from(offset.checked_sub(self.at)?).ok()?;
        let end = start.checked_add(usize::try_from(count).ok()?)?;
        (end <= self.bytes.expose().len()).then_some(start..end)
    }

    fn fill(&mut self, file: &File, offset: u64, count: u64) -> io::Result<()> {
        let count = usize::try_from(count).map_err(io::Error::other)?;
        if self.bytes.expose().capacity() < count {
            // The old buffer is wiped whole; growing it would leave a copy behind.
            self.bytes = Secret::new(Vec::with_capacity(count));
        }
        let bytes = self.bytes.expose_mut();
        bytes.resize(count, 0);
        self.at = offset;
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, offset + filled as u64) {
                // Somebody who does not care for locks made it shorter: what is missing is missing.
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    bytes.truncate(0);
                    return Err(error);
                }
            }
        }
        bytes.truncate(filled);
        Ok(())
    }
}
