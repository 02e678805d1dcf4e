//! The storage below the engine: a file that is read and written at offsets.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::unistd::{Whence, lseek};

/// What the engine asks of a file.
///
/// Offsets and lengths are in bytes. A read and a write do all of what they are asked or fail; after a failed
/// write any part of it may have reached the file. What a crash leaves is told at [`crate::Storage`].
pub trait PageFile: Debug {
    /// Fills `buffer` from `offset`; fails with [`io::ErrorKind::UnexpectedEof`] at the end of the file.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`, lengthening the file where needed.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// The length of the file.
    fn len(&self) -> io::Result<u64>;
    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|length| length == 0)
    }
    /// Cuts the file to `length`, or lengthens it with zeros.
    fn set_len(&mut self, length: u64) -> io::Result<()>;
    /// Returns when all that was written, and the length, is on the medium. The file's name is not part of this.
    fn sync(&mut self) -> io::Result<()>;
    /// The same without what no reader of the bytes needs: times, and an owner or a mode that was changed.
    fn sync_data(&mut self) -> io::Result<()> {
        self.sync()
    }
    /// The first bytes from `offset` on that are stored, where the file may have holes, which read as zeros; `None`
    /// where none follow. May count holes as stored.
    fn stored_from(&self, offset: u64) -> io::Result<Option<Range<u64>>> {
        let length = self.len()?;
        Ok((offset < length).then_some(offset..length))
    }
}

impl<F: PageFile + ?Sized> PageFile for Box<F> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, buffer)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        (**self).write_at(offset, bytes)
    }

    fn len(&self) -> io::Result<u64> {
        (**self).len()
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        (**self).set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }

    fn sync_data(&mut self) -> io::Result<()> {
        (**self).sync_data()
    }

    fn stored_from(&self, offset: u64) -> io::Result<Option<Range<u64>>> {
        (**self).stored_from(offset)
    }
}

impl PageFile for File {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn len(&self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        File::set_len(self, length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }

    fn sync_data(&mut self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn stored_from(&self, offset: u64) -> io::Result<Option<Range<u64>>> {
        let seek = |from: u64, whence| {
            let from = i64::try_from(from).map_err(io::Error::other)?;
            let found = lseek(self, from, whence)?;
            u64::try_from(found).map_err(io::Error::other)
        };
        match seek(offset, Whence::SeekData) {
            Ok(start) => Ok(Some(start..seek(start, Whence::SeekHole)?)),
            Err(error) if error.raw_os_error() == Some(Errno::ENXIO as i32) => Ok(None),
            // A file system that cannot say.
            Err(error) if error.raw_os_error() == Some(Errno::EINVAL as i32) => {
                let length = PageFile::len(self)?;
                Ok((offset < length).then_some(offset..length))
            }
            Err(error) => Err(error),
        }
    }
}

/// Overwrites a whole file with zeros and syncs it, so that `destroy` leaves no keys on the medium. The length
/// stays as it is, and so do holes: a hash file may have some of terabytes.
pub fn overwrite_with_zeros(file: &mut (impl PageFile + ?Sized)) -> io::Result<()> {
    static ZEROS: [u8; 65536] = [0; 65536];
    let mut offset = 0;
    while let Some(stored) = file.stored_from(offset)? {
        offset = stored.start;
        while offset < stored.end {
            let count = ZEROS.len().min(usize::try_from(stored.end - offset).unwrap_or(ZEROS.len()));
            file.write_at(offset, ZEROS.get(..count).unwrap_or(&ZEROS))?;
            offset += count as u64;
        }
    }
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemFile;

    #[test]
    fn zeros_cover_the_file_and_no_more() {
        let mut file = MemFile::new();
        file.write_at(0, &vec![0xaa; 150_001]).unwrap();
        overwrite_with_zeros(&mut file).unwrap();
        assert_eq!(file.contents(), vec![0; 150_001]);
    }

    #[test]
    fn holes_are_left_alone() {
        use std::os::unix::fs::MetadataExt;

        let mut file = tempfile::tempfile().unwrap();
        let far = 1 << 42;
        for offset in [0, 1 << 30, far] {
            PageFile::write_at(&mut file, offset, &[0xaa; 5000]).unwrap();
        }
        overwrite_with_zeros(&mut file).unwrap();
        assert_eq!(PageFile::len(&file).unwrap(), far + 5000);
        assert!(file.metadata().unwrap().blocks() * 512 < 100_000);
        for offset in [0, 1 << 30, far] {
            let mut back = [1; 5000];
            PageFile::read_at(&file, offset, &mut back).unwrap();
            assert_eq!(back, [0; 5000]);
        }
    }

    #[test]
    fn a_system_file_reads_what_was_written() {
        let mut file = tempfile::tempfile().unwrap();
        PageFile::write_at(&mut file, 10, b"abc").unwrap();
        let mut back = [0; 3];
        PageFile::read_at(&file, 10, &mut back).unwrap();
        assert_eq!(&back, b"abc");
        assert_eq!(PageFile::len(&file).unwrap(), 13);
        assert_eq!(PageFile::read_at(&file, 11, &mut back).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
