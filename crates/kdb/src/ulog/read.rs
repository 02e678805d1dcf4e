//! A log as somebody reads it who changes nothing and waits for nobody.

use super::layout::{ENTRY_HEADER, EntryHeader, HEADER, Header};
use super::update::Update;
use crate::error::{KdbError, Result};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A log's file.
#[derive(Debug)]
pub struct Logfile {
    path: PathBuf,
    file: File,
    /// What it says of itself.
    pub header: Header,
}

/// What stands in an entry's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// No entry.
    Damaged,
    /// One that remembers a time.
    Dummy(EntryHeader),
    /// One whose update cannot be read.
    Unreadable(EntryHeader),
    /// An update.
    Update(EntryHeader, Box<Update>),
}

impl Logfile {
    /// Opens it and reads the header.
    ///
    /// # Errors
    /// [`KdbError::LogCorrupt`], and what the system says.
    pub fn open(path: &Path) -> Result<Logfile> {
        let failed = |source| KdbError::LogIo { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("Not a regular file")));
        }
        let mut bytes = [0; HEADER];
        let header = match file.read_exact_at(&mut bytes, 0) {
            Ok(()) => Header::decode(&bytes).unwrap_or(None),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => return Err(failed(error)),
        };
        match header {
            Some(header) => Ok(Logfile { path: path.to_path_buf(), file, header }),
            None => Err(KdbError::LogCorrupt { path: path.to_path_buf() }),
        }
    }

    /// What is in the place of a serial number, in a log of so many entries.
    ///
    /// # Errors
    /// What the system says.
    pub fn entry(&self, serial: u32, entries: u32) -> Result<Slot> {
        let place = self.header.place(serial, entries);
        let Some(bytes) = self.read(place, ENTRY_HEADER)? else { return Ok(Slot::Damaged) };
        let Ok(Some(header)) = EntryHeader::decode(&bytes) else { return Ok(Slot::Damaged) };
        if header.size == 0 {
            return Ok(Slot::Dummy(header));
        }
        let fits = usize::try_from(header.size).ok().filter(|size| *size <= usize::from(u16::MAX));
        let bytes = match fits {
            Some(size) => self.read(place + ENTRY_HEADER as u64, size)?,
            None => None,
        };
        let update = bytes.and_then(|bytes| Update::decode(&bytes).ok());
        Ok(match update {
            Some(update) => Slot::Update(header, Box::new(update)),
            None => Slot::Unreadable(header),
        })
    }

    /// So many bytes; `None` where the file ends before.
    fn read(&self, offset: u64, count: usize) -> Result<Option<Vec<u8>>> {
        let mut bytes = vec![0; count];
        match self.file.read_exact_at(&mut bytes, offset) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(source) => Err(KdbError::LogIo { path: self.path.clone(), source }),
        }
    }
}
