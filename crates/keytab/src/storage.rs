//! What a change does to a file, so that tests can put a disk in its place that fails or loses power.

use k5_types::Secret;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// A file as a change sees it.
pub(crate) trait Storage {
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    fn set_len(&self, len: u64) -> io::Result<()>;
    fn sync(&self) -> io::Result<()>;
}

impl Storage for File {
    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        FileExt::read_exact_at(self, bytes, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        File::set_len(self, len)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}

/// Bytes for an offset.
pub(crate) type Patch = (u64, Secret<Vec<u8>>);

/// Bytes that are moved at once.
const CHUNK: usize = 64 * 1024;

/// Puts zeros over `from..to`.
pub(crate) fn zero(storage: &impl Storage, from: u64, to: u64) -> io::Result<()> {
    const ZEROS: [u8; 4096] = [0; 4096];
    let mut at = from;
    while at < to {
        let count = usize::try_from(to - at).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
        storage.write_all_at(ZEROS.get(..count).unwrap_or_default(), at)?;
        at += count as u64;
    }
    Ok(())
}

/// Copies `from..to` to `target`, which it does not overlap, each piece changed by `edit`, which is told where it comes
/// from. What is not there (from `file_len` on) is zeros.
pub(crate) fn copy(
    storage: &impl Storage,
    (from, to): (u64, u64),
    file_len: u64,
    target: u64,
    mut edit: impl FnMut(u64, &mut [u8]),
) -> io::Result<()> {
    let mut buffer = Secret::new(vec![0; CHUNK]);
    let mut at = from;
    while at < to {
        let count = usize::try_from(to - at).map_or(CHUNK, |left| left.min(CHUNK));
        let there = usize::try_from(file_len.saturating_sub(at)).map_or(count, |there| there.min(count));
        let piece = buffer.expose_mut().get_mut(..count).unwrap_or_default();
        piece.fill(0);
        storage.read_exact_at(piece.get_mut(..there).unwrap_or_default(), at)?;
        edit(at, piece);
        storage.write_all_at(piece, target + (at - from))?;
        at += count as u64;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod recorded;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::cell::Cell;

    /// A file whose operation number `fail_at` fails: a write after half of its bytes.
    pub(crate) struct Failing<'a> {
        file: &'a File,
        count: Cell<u32>,
        fail_at: u32,
    }

    impl<'a> Failing<'a> {
        pub(crate) fn new(file: &'a File, fail_at: u32) -> Self {
            Failing { file, count: Cell::new(0), fail_at }
        }

        fn pass(&self) -> io::Result<()> {
            self.count.set(self.count.get() + 1);
            let fails = self.count.get() == self.fail_at;
            if fails { Err(io::Error::from(nix::errno::Errno::ENOSPC)) } else { Ok(()) }
        }
    }

    impl Storage for Failing<'_> {
        fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
            FileExt::read_exact_at(self.file, bytes, offset)
        }

        fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
            let passed = self.pass();
            let count = if passed.is_ok() { bytes.len() } else { bytes.len() / 2 };
            FileExt::write_all_at(self.file, &bytes[..count], offset)?;
            passed
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            self.pass()?;
            self.file.set_len(len)
        }

        fn sync(&self) -> io::Result<()> {
            self.pass()
        }
    }
}
