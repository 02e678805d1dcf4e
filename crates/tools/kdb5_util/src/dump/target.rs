//! The file that a dump goes to, and the `.dump_ok` beside it by which `kprop` knows that it is whole.

use k5_cli::errno_text;
use k5_lock::LockMode;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use tempfile::NamedTempFile;

/// What went wrong, and while doing what.
type Failure = (String, Vec<u8>);

/// Most links that are followed from one to the next, as the kernel has it.
const LINK_LIMIT: usize = 40;

/// After so many bytes the disk begins with them, so that it has not all to do at the end.
const STRETCH: u64 = 16 << 20;

/// Where the dump goes.
#[derive(Debug)]
pub(crate) struct Target {
    path: PathBuf,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// A new file beside the old one, which it replaces when all is in it; `ok` is emptied and locked until then.
    Replace { new: NamedTempFile, ok: File, early: EarlySync },
    /// Something that is no regular file, which is to stay what it is.
    Through(File),
}

/// The syncing of what is written, beside the writing of more.
#[derive(Debug, Default)]
struct EarlySync {
    /// Bytes since the last one began.
    written: u64,
    running: Option<JoinHandle<()>>,
}

impl EarlySync {
    /// So many bytes more were written. What goes wrong here is told by the sync at the end.
    fn written(&mut self, file: &File, count: usize) {
        self.written += count as u64;
        if self.written < STRETCH || self.running.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        self.written = 0;
        let Ok(file) = file.try_clone() else { return };
        self.running = thread::Builder::new().spawn(move || drop(file.sync_data())).ok();
    }

    fn wait(&mut self) {
        if let Some(thread) = self.running.take() {
            let _ = thread.join();
        }
    }
}

fn failure(error: &io::Error, doing: &str) -> Failure {
    (errno_text(error), doing.as_bytes().to_vec())
}

impl Target {
    /// Gets everything ready for the dump. A dump that is there is not touched, but does not count as whole any more.
    ///
    /// # Errors
    /// What cannot be opened, made or locked.
    pub(crate) fn open(path: &Path) -> Result<Target, Failure> {
        let with_path = |error: &io::Error, before: &str, path: &Path, after: &str| {
            let doing = [before.as_bytes(), path.as_os_str().as_bytes(), after.as_bytes()].concat();
            (errno_text(error), doing)
        };
        if stays(path) {
            let file = OpenOptions::new().write(true).open(path);
            let file = file.map_err(|error| with_path(&error, "while opening ", path, " for writing"))?;
            return Ok(Target { path: path.to_path_buf(), way: Way::Through(file) });
        }
        let mut ok_path = OsString::from(path);
        ok_path.push(".dump_ok");
        let ok_path = PathBuf::from(ok_path);
        let ok = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&ok_path);
        let ok = ok.map_err(|error| with_path(&error, "while creating 'ok' file, '", &ok_path, "'"))?;
        k5_lock::lock(&ok, LockMode::Exclusive)
            .map_err(|error| with_path(&error, "while locking 'ok' file, '", &ok_path, "'"))?;
        let mut prefix = path.file_name().unwrap_or_default().to_os_string();
        prefix.push("-");
        let new = tempfile::Builder::new().prefix(&prefix).tempfile_in(directory(path));
        let new = new.map_err(|error| match error.raw_os_error() {
            Some(_) => failure(&error, "while allocating temporary filename dump"),
            // The crate wraps the system's error to name the path.
            None => failure(&io::Error::from(error.kind()), "while allocating temporary filename dump"),
        })?;
        Ok(Target { path: path.to_path_buf(), way: Way::Replace { new, ok, early: EarlySync::default() } })
    }

    /// The path as it was given.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the dump appears on a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(&self.way, Way::Through(file) if file.is_terminal())
    }

    /// Writes more of the dump.
    ///
    /// # Errors
    /// What the system says; the target can then only be dropped.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.way {
            Way::Replace { new, early, .. } => {
                new.as_file_mut().write_all(bytes)?;
                early.written(new.as_file(), bytes.len());
                Ok(())
            }
            Way::Through(file) => file.write_all(bytes),
        }
    }

    /// The dump is whole: it takes its place when it is on the disk, and then counts.
    ///
    /// # Errors
    /// Where that cannot be done; the old dump is still there.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Way::Replace { new, mut ok, mut early } = self.way else { return Ok(()) };
        const PLACING: &str = "while renaming dump file into place";
        early.wait();
        new.as_file().sync_all().map_err(|error| failure(&error, PLACING))?;
        new.persist(&self.path).map_err(|error| failure(&error.error, PLACING))?;
        match File::open(directory(&self.path)).and_then(|directory| directory.sync_all()) {
            // A file system whose directories cannot be synced sees to it itself.
            Err(error) if error.kind() != io::ErrorKind::InvalidInput => {
                return Err(failure(&error, PLACING));
            }
            _ => {}
        }
        ok.write_all(&[0]).map_err(|error| failure(&error, "while writing 'ok' file"))
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether what stands at `path` must not be replaced: it is no regular file, or a way to say "standard output"
/// (`/dev/stdout`, which leads into /proc) whatever that is.
fn stays(path: &Path) -> bool {
    if path.metadata().is_ok_and(|data| !data.is_file()) {
        return true;
    }
    let mut link = path.to_path_buf();
    for _ in 0..LINK_LIMIT {
        let Ok(place) = directory(&link).canonicalize() else { return false };
        if place.starts_with("/proc") {
            return true;
        }
        let Ok(next) = link.read_link() else { return false };
        link = place.join(next);
    }
    false
}
