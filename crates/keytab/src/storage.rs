//! Changing a file so that it is whole at every moment, and as it was if anything fails.

use k5_types::Secret;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// What a change does to a file. Tests put one in its place that fails.
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

/// A change in two steps: bytes that no reader looks at yet, then those (lengths) that make them count. Each step
/// is on the disk before the next begins.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub(crate) unseen: Vec<Patch>,
    pub(crate) commit: Vec<Patch>,
}

/// Why a change was not made.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The file is as it was.
    Undone(io::Error),
    /// It could not be put back: the first error, and the one while putting it back.
    Stuck(io::Error, io::Error),
}

impl Change {
    fn patches(&self) -> impl Iterator<Item = &Patch> {
        self.unseen.iter().chain(&self.commit)
    }

    /// Makes the change to a file of `old_len` bytes. Gives what [`restore`] needs to take it back.
    pub(crate) fn apply(&self, storage: &impl Storage, old_len: u64) -> Result<Vec<Patch>, Failure> {
        let old = self.old_bytes(storage, old_len).map_err(Failure::Undone)?;
        match self.write(storage) {
            Ok(()) => Ok(old),
            Err(error) => Err(match restore(storage, old_len, &old) {
                Ok(()) => Failure::Undone(error),
                Err(again) => Failure::Stuck(error, again),
            }),
        }
    }

    fn write(&self, storage: &impl Storage) -> io::Result<()> {
        for step in [&self.unseen, &self.commit] {
            for (offset, bytes) in step {
                storage.write_all_at(bytes.expose(), *offset)?;
            }
            if !step.is_empty() {
                storage.sync()?;
            }
        }
        Ok(())
    }

    /// What stands where the patches go, as far as the file reaches.
    fn old_bytes(&self, storage: &impl Storage, old_len: u64) -> io::Result<Vec<Patch>> {
        let mut old = Vec::new();
        for (offset, new) in self.patches() {
            let inside = old_len.saturating_sub(*offset).min(new.expose().len() as u64);
            let mut bytes = Secret::new(vec![0; usize::try_from(inside).map_err(io::Error::other)?]);
            storage.read_exact_at(bytes.expose_mut(), *offset)?;
            old.push((*offset, bytes));
        }
        Ok(old)
    }
}

/// Puts the old bytes back, the latest written first: lengths lose their new meaning before what they cover does.
pub(crate) fn restore(storage: &impl Storage, old_len: u64, old: &[Patch]) -> io::Result<()> {
    for (offset, bytes) in old.iter().rev() {
        storage.write_all_at(bytes.expose(), *offset)?;
    }
    storage.set_len(old_len)?;
    storage.sync()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::cell::Cell;

    /// A file whose operation number `fail_at` fails (a write after half of its bytes), or from which on, where
    /// `dead`, nothing is done any more, as after a kill. A kill does not cut a write of four bytes in two.
    pub(crate) struct Failing<'a> {
        pub(crate) file: &'a File,
        pub(crate) count: Cell<u32>,
        pub(crate) fail_at: u32,
        pub(crate) dead: bool,
    }

    impl<'a> Failing<'a> {
        pub(crate) fn new(file: &'a File, fail_at: u32, dead: bool) -> Self {
            Failing { file, count: Cell::new(0), fail_at, dead }
        }

        fn fails(&self) -> bool {
            self.count.set(self.count.get() + 1);
            self.count.get() == self.fail_at || (self.dead && self.count.get() > self.fail_at)
        }

        fn error() -> io::Error {
            io::Error::from(nix::errno::Errno::ENOSPC)
        }
    }

    impl Storage for Failing<'_> {
        fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
            FileExt::read_exact_at(self.file, bytes, offset)
        }

        fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
            if self.fails() {
                if self.count.get() == self.fail_at && !(self.dead && bytes.len() <= 4) {
                    FileExt::write_all_at(self.file, &bytes[..bytes.len() / 2], offset)?;
                }
                return Err(Self::error());
            }
            FileExt::write_all_at(self.file, bytes, offset)
        }

        fn set_len(&self, len: u64) -> io::Result<()> {
            if self.fails() { Err(Self::error()) } else { self.file.set_len(len) }
        }

        fn sync(&self) -> io::Result<()> {
            if self.fails() { Err(Self::error()) } else { Ok(()) }
        }
    }
}
