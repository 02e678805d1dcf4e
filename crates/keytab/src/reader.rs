//! Reading a keytab file.

use crate::layout::Scan;
use crate::record::View;
use crate::{Entry, KeytabError, Result};
use k5_lock::{LockMode, lock};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// An open keytab file under a shared lock: an iterator over its entries in the order of the file. The lock
/// goes with the value. After an error there is nothing more; what came before it is whole.
#[derive(Debug)]
pub struct KeytabReader {
    file: File,
    path: PathBuf,
    scan: Scan,
    done: bool,
}

impl KeytabReader {
    /// Opens the file, waits for the lock and reads the version.
    ///
    /// # Errors
    /// [`KeytabError::NotFound`], [`KeytabError::Io`], [`KeytabError::NotAFile`], [`KeytabError::BadVersion`].
    pub fn open(path: &Path) -> Result<Self> {
        let io = |doing| move |e| KeytabError::io(path, doing, e);
        let mut options = OpenOptions::new();
        let file = options.read(true).custom_flags(OPEN_FLAGS).open(path).map_err(io("opening"))?;
        let file_len = regular_len(&file, path)?;
        lock(&file, LockMode::Shared).map_err(io("locking"))?;
        // Whoever held the lock before us may have changed the length.
        let file_len = file.metadata().map_or(file_len, |metadata| metadata.len());
        let scan = Scan::start(&file, path, file_len)?;
        Ok(KeytabReader { file, path: path.to_owned(), scan, done: false })
    }

    /// The next entry as it stands in the file, for those who look at each once.
    pub fn next_view(&mut self) -> Option<Result<View<'_>>> {
        if self.done {
            return None;
        }
        match self.scan.next_record(&self.file, &self.path) {
            Ok(Some(view)) => Some(Ok(view)),
            Ok(None) => {
                self.done = true;
                None
            }
            Err(error) => {
                self.done = true;
                Some(Err(error))
            }
        }
    }
}

/// Opening a pipe must not wait for its other end.
pub(crate) const OPEN_FLAGS: i32 = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;

/// The length of a regular file; anything else is refused.
pub(crate) fn regular_len(file: &File, path: &Path) -> Result<u64> {
    let metadata = file.metadata().map_err(|e| KeytabError::io(path, "opening", e))?;
    if metadata.is_dir() {
        let source = std::io::Error::from(nix::errno::Errno::EISDIR);
        return Err(KeytabError::io(path, "opening", source));
    }
    if !metadata.is_file() {
        return Err(KeytabError::NotAFile { path: path.to_owned() });
    }
    Ok(metadata.len())
}

impl Iterator for KeytabReader {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        Some(self.next_view()?.map(|view| view.entry()))
    }
}

/// All entries of the file.
///
/// # Errors
/// As [`KeytabReader::open`], and [`KeytabError::Damaged`].
pub fn entries(path: &Path) -> Result<Vec<Entry>> {
    KeytabReader::open(path)?.collect()
}
