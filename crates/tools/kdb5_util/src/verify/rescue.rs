//! The files that a recovery writes: what belongs to the database, and beside it what may have been deleted.

use k5_cli::errno_text;
use k5_kdb::Way;
use k5_kdb::dump::Version;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What went wrong, and while doing what.
pub(super) type Failure = (String, Vec<u8>);

/// What the second file's name has behind that of the first.
const SCANNED: &str = ".scanned";

/// A dump of what can still be read.
pub(super) struct Rescue {
    first: Sheet,
    /// `None` where the first is no regular file, so that there is no place beside it.
    second_path: Option<PathBuf>,
    /// Made when there is something for it.
    second: Option<Sheet>,
    /// Records that had no place, since there is no second file.
    pub(super) left_out: u64,
}

struct Sheet {
    path: PathBuf,
    way: Out,
    pub(super) records: u64,
}

enum Out {
    /// Takes its name when all is in it; nobody else may read it at any time.
    New(BufWriter<NamedTempFile>),
    /// No regular file, which stays what it is.
    Through(BufWriter<File>),
}

fn failure(error: &io::Error, doing: &str, path: &Path) -> Failure {
    (errno_text(error), [doing.as_bytes(), b" ", path.as_os_str().as_bytes()].concat())
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Rescue {
    /// Begins the first file.
    ///
    /// # Errors
    /// Where it or the second exists as a regular file, or it cannot be written.
    pub(super) fn begin(path: &Path) -> Result<Rescue, Failure> {
        let first = Sheet::begin(path)?;
        let mut second = OsString::from(path);
        second.push(SCANNED);
        let second = PathBuf::from(second);
        let regular = matches!(first.way, Out::New(_));
        if regular && second.symlink_metadata().is_ok() {
            return Err(failure(&io::Error::from_raw_os_error(nix::libc::EEXIST), "while creating", &second));
        }
        Ok(Rescue { first, second_path: regular.then_some(second), second: None, left_out: 0 })
    }

    /// Writes a record's line to the file that its way leads to.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn write(&mut self, way: Way, line: &[u8]) -> Result<(), Failure> {
        let sheet = match (way, &mut self.second, &self.second_path) {
            (Way::Scan, Some(second), _) => second,
            (Way::Scan, None, Some(path)) => self.second.insert(Sheet::begin(path)?),
            (Way::Scan, None, None) => {
                self.left_out += 1;
                return Ok(());
            }
            _ => &mut self.first,
        };
        sheet.records += 1;
        sheet.write(line)
    }

    /// Puts the files in their places and tells their names with the number of their records, the first file first.
    ///
    /// # Errors
    /// Where one cannot be written to the end, or somebody else has taken its name.
    pub(super) fn finish(self) -> Result<Vec<(PathBuf, u64)>, Failure> {
        let mut files = Vec::new();
        for sheet in [Some(self.first), self.second].into_iter().flatten() {
            files.push((sheet.path.clone(), sheet.records));
            sheet.finish()?;
        }
        Ok(files)
    }
}

impl Sheet {
    fn begin(path: &Path) -> Result<Sheet, Failure> {
        let failed = |error: &io::Error| failure(error, "while creating", path);
        let way = match path.metadata() {
            Ok(data) if !data.is_file() => {
                let file = OpenOptions::new().write(true).open(path).map_err(|error| failed(&error))?;
                Out::Through(BufWriter::new(file))
            }
            _ if path.symlink_metadata().is_ok() => {
                return Err(failed(&io::Error::from_raw_os_error(nix::libc::EEXIST)));
            }
            _ => {
                let mut prefix = path.file_name().unwrap_or_default().to_owned();
                prefix.push("-");
                let new = tempfile::Builder::new().prefix(&prefix).tempfile_in(directory(path));
                Out::New(BufWriter::new(new.map_err(|error| failed(&io::Error::from(error.kind())))?))
            }
        };
        let mut sheet = Sheet { path: path.to_path_buf(), way, records: 0 };
        sheet.write(Version::Current.header().as_bytes())?;
        Ok(sheet)
    }

    fn write(&mut self, line: &[u8]) -> Result<(), Failure> {
        let written = match &mut self.way {
            Out::New(file) => file.write_all(line),
            Out::Through(file) => file.write_all(line),
        };
        written.map_err(|error| failure(&error, "while writing", &self.path))
    }

    fn finish(self) -> Result<(), Failure> {
        let failed = |error: &io::Error| failure(error, "while writing", &self.path);
        match self.way {
            Out::Through(mut file) => file.flush().map_err(|error| failed(&error)),
            Out::New(file) => {
                let file = file.into_inner().map_err(|error| failed(error.error()))?;
                file.as_file().sync_all().map_err(|error| failed(&error))?;
                file.persist_noclobber(&self.path).map_err(|error| failed(&error.error))?;
                // A directory that cannot be synced loses the new name in a crash, not the database.
                let _ = File::open(directory(&self.path)).and_then(|directory| directory.sync_all());
                Ok(())
            }
        }
    }
}
