//! Changing a keytab file.

use crate::change::{Change, Failure, Made};
use crate::detour;
use crate::layout::{Scan, Slot};
use crate::reader::{OPEN_FLAGS, regular_len};
use crate::storage::Storage;
use crate::{Entry, KeytabError, Result};
use k5_lock::{LockMode, lock};
use k5_types::KeyBlock;
use nix::fcntl::{FallocateFlags, fallocate};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

mod new_file;
mod place;
mod replace;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod tests;

use new_file::{new_beside, store_new};
use place::{Layout, walk};

/// A keytab file that is ready to take entries: opened, locked against everybody else, read through and found
/// whole, with room made on the disk. Dropping it leaves the file as it was.
///
/// Whatever is done with it is done wholly or not at all, for every reader and wherever the process or the machine stops:
/// `docs/formats/keytab.md` tells how. What a writer that died has left is put in order as soon as the file is locked.
///
/// A file that does not exist yet is prepared beside its place, with mode 0600, and put there whole when
/// entries are stored; nobody ever sees it without them.
#[derive(Debug)]
pub struct KeytabWriter {
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Existing(Existing),
    New { file: NamedTempFile, room: u64 },
}

/// An existing file under an exclusive lock.
#[derive(Debug)]
struct Existing {
    file: File,
    layout: Layout,
}

/// Entries that were stored, still under the lock, so that they can be taken back. Dropping it lets them be.
#[derive(Debug)]
pub struct Stored {
    path: PathBuf,
    undo: Undo,
}

#[derive(Debug)]
enum Undo {
    Nothing,
    Change { existing: Existing, made: Made },
    NewFile(File),
}

impl Stored {
    /// Makes the file what it was, to the byte; one that was not there goes away.
    ///
    /// # Errors
    /// [`KeytabError::Io`]: the entries may still be there.
    pub fn undo(self) -> Result<()> {
        let undone = match &self.undo {
            Undo::Nothing => Ok(()),
            Undo::Change { existing, made } => made.take_back(&existing.file),
            Undo::NewFile(file) => match is_still(file, &self.path) {
                Ok(true) => fs::remove_file(&self.path),
                other => other.map(|_| ()),
            },
        };
        undone.map_err(|error| KeytabError::io(&self.path, "restoring", error))
    }
}

impl KeytabWriter {
    /// Makes ready to change the file at `path`, which need not exist, and reserves `room` bytes for what will be
    /// added. [`KeytabWriter::room_for`] tells how many an entry takes. Waits for the lock.
    ///
    /// An empty file is taken for a new keytab: it may be one that somebody is about to write.
    ///
    /// # Errors
    /// All of [`KeytabError`] but those about entries; the file is as it was.
    pub fn prepare(path: &Path, room: u64) -> Result<Self> {
        let target = match Existing::open(path, room)? {
            Some(existing) => Target::Existing(existing),
            None => new_beside(path, room)?,
        };
        Ok(KeytabWriter { path: path.to_owned(), target })
    }

    /// Bytes that a principal's key takes in a file at most, `name_len` being the length of its unquoted name
    /// with realm and `key_len` that of the key.
    #[must_use]
    pub fn room_for(name_len: usize, key_len: usize) -> u64 {
        // A separator for each component becomes a length of two bytes.
        (name_len * 3 + key_len + 32) as u64
    }

    /// Adds the entries in their order, each in the first hole that it fits in or else at the end, where MIT's
    /// programs would put them; all of them or none. They are on the disk when this returns.
    ///
    /// # Errors
    /// [`KeytabError::Unstorable`], [`KeytabError::TooLong`], [`KeytabError::Io`]: the file is as it was.
    /// [`KeytabError::NotRestored`].
    pub fn commit(self, entries: &[Entry]) -> Result<()> {
        self.commit_held(entries).map(drop)
    }

    /// As [`KeytabWriter::commit`], but the lock lasts as long as what it gives, which can take the entries back.
    ///
    /// # Errors
    /// As [`KeytabWriter::commit`].
    pub fn commit_held(self, entries: &[Entry]) -> Result<Stored> {
        self.store(&entries.iter().collect::<Vec<_>>())
    }

    /// As [`KeytabWriter::commit`], without the entries whose key the file has already under the same principal and
    /// number. Gives the count of those that were added.
    ///
    /// # Errors
    /// As [`KeytabWriter::commit`].
    pub fn commit_new(mut self, entries: &[Entry]) -> Result<usize> {
        let name = |e: &Entry| (e.principal.realm().to_vec(), e.principal.components().to_vec(), e.kvno);
        let mut known: HashMap<_, Vec<KeyBlock>> = entries.iter().map(|e| (name(e), Vec::new())).collect();
        self.scan(|entry| {
            if let Some(keys) = known.get_mut(&name(&entry)) {
                keys.push(entry.key);
            }
        })?;
        let mut wanted = Vec::new();
        for entry in entries {
            let keys = known.entry(name(entry)).or_default();
            if !keys.contains(&entry.key) {
                keys.push(entry.key.duplicate());
                wanted.push(entry);
            }
        }
        self.store(&wanted)?;
        Ok(wanted.len())
    }

    /// Hands every entry of the file to `see`, in the order of the file; no one else can change it meanwhile.
    ///
    /// # Errors
    /// [`KeytabError::Io`].
    pub fn scan(&mut self, mut see: impl FnMut(Entry)) -> Result<()> {
        match &self.target {
            Target::Existing(existing) if !existing.layout.empty => existing.walk(&self.path, |_, slot| {
                if let Slot::Record { entry, .. } = slot {
                    see(entry);
                }
            }),
            _ => Ok(()),
        }
    }

    /// Removes every entry that `unwanted` says: each becomes a hole of zeros in its place. All of them or none.
    /// Gives their count.
    ///
    /// # Errors
    /// [`KeytabError::NotFound`] if there is no file; [`KeytabError::TooLong`] and [`KeytabError::Io`], the file being as it was;
    /// [`KeytabError::NotRestored`].
    pub fn remove_if(self, unwanted: impl FnMut(&Entry) -> bool) -> Result<usize> {
        let Target::Existing(existing) = &self.target else {
            return Err(KeytabError::NotFound { path: self.path.clone() });
        };
        if existing.layout.empty {
            return Ok(0);
        }
        let change = existing.removing(&self.path, unwanted)?;
        existing.apply(&self.path, &existing.file, &change)?;
        Ok(change.lengths.len())
    }

    /// Puts another entry in place of each for which `replacement` gives one; a new entry goes where one that is added
    /// would go, and the old one becomes a hole. All of them or none. Gives their count.
    ///
    /// # Errors
    /// [`KeytabError::NotFound`] if there is no file; [`KeytabError::Unstorable`], [`KeytabError::TooLong`] and
    /// [`KeytabError::Io`], the file being as it was; [`KeytabError::NotRestored`].
    pub fn replace_if(self, replacement: impl FnMut(&Entry) -> Option<Entry>) -> Result<usize> {
        let Target::Existing(existing) = &self.target else {
            return Err(KeytabError::NotFound { path: self.path.clone() });
        };
        if existing.layout.empty {
            return Ok(0);
        }
        let (change, count) = existing.replacing(&self.path, replacement)?;
        existing.apply(&self.path, &existing.file, &change)?;
        Ok(count)
    }

    fn store(self, entries: &[&Entry]) -> Result<Stored> {
        let KeytabWriter { path, target } = self;
        let undo = match target {
            _ if entries.is_empty() => Undo::Nothing,
            Target::Existing(existing) => {
                let made = existing.add(&path, &existing.file, entries)?;
                Undo::Change { existing, made }
            }
            Target::New { file, room } => return store_new(path, file, room, entries),
        };
        Ok(Stored { path, undo })
    }
}

impl Existing {
    /// Opens and locks the file and looks through it; `None` if it does not exist.
    fn open(path: &Path, room: u64) -> Result<Option<Self>> {
        let io = |doing| move |e| KeytabError::io(path, doing, e);
        loop {
            let opened = OpenOptions::new().read(true).write(true).custom_flags(OPEN_FLAGS).open(path);
            let file = match opened {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                other => other.map_err(io("opening"))?,
            };
            regular_len(&file, path)?;
            lock(&file, LockMode::Exclusive).map_err(io("locking"))?;
            if !is_still(&file, path).map_err(io("opening"))? {
                // Somebody replaced the file while we waited.
                continue;
            }
            let mut layout = Layout::read(&file, path, regular_len(&file, path)?)?;
            // A writer before us may have died.
            let left =
                detour::find(&file, layout.extent(), layout.marked, &layout.holes).map_err(io("reading"))?;
            if let Some(remains) = left {
                remains.tidy(&file, layout.file_len).map_err(io("putting in order"))?;
                layout = Layout::read(&file, path, regular_len(&file, path)?)?;
            }
            reserve(&file, layout.file_len.max(layout.end), room).map_err(io("making room in"))?;
            return Ok(Some(Existing { file, layout }));
        }
    }

    fn walk(&self, path: &Path, see: impl FnMut(u64, Slot)) -> Result<()> {
        let scan = Scan::start(&self.file, path, self.layout.file_len)?;
        walk(scan, &self.file, path, see).map(|_| ())
    }

    /// Adds entries by way of `storage`, which is the file.
    fn add(&self, path: &Path, storage: &impl Storage, entries: &[&Entry]) -> Result<Made> {
        let change = self.layout.place(entries)?;
        self.apply(path, storage, &change)
    }

    /// The change that removes entries.
    fn removing(&self, path: &Path, mut unwanted: impl FnMut(&Entry) -> bool) -> Result<Change> {
        let mut change = self.layout.no_change();
        self.walk(path, |offset, slot| {
            if let Slot::Record { size, entry, .. } = slot
                && unwanted(&entry)
            {
                self.layout.remove(&mut change, offset, size);
            }
        })?;
        Ok(change)
    }

    /// Makes a change by way of `storage`, which is the file.
    fn apply(&self, path: &Path, storage: &impl Storage, change: &Change) -> Result<Made> {
        change.apply(storage, self.layout.extent()).map_err(|failure| match failure {
            Failure::Undone(error) => KeytabError::io(path, "writing", error),
            Failure::Stuck(write, restore) => {
                KeytabError::NotRestored { path: path.to_owned(), write, restore }
            }
            Failure::TooLong => KeytabError::TooLong { path: path.to_owned() },
        })
    }
}

impl Drop for Existing {
    /// Gives back what was reserved and not used.
    fn drop(&mut self) {
        if let Ok(metadata) = self.file.metadata() {
            // Should it fail, the disk has a few blocks less until the file next changes its length.
            let _ = self.file.set_len(metadata.len());
        }
    }
}

/// Whether `path` still leads to this open file.
fn is_still(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match fs::metadata(path) {
        Ok(there) => Ok(ours.dev() == there.dev() && ours.ino() == there.ino()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes sure of `room` bytes behind `end` without making the file longer.
fn reserve(file: &File, end: u64, room: u64) -> io::Result<()> {
    let (Ok(offset), Ok(len)) = (i64::try_from(end), i64::try_from(room)) else {
        return Err(nix::errno::Errno::EFBIG.into());
    };
    if len == 0 {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, offset, len) {
        // Not every file system can; then the writing itself has to show.
        Err(nix::errno::Errno::EOPNOTSUPP | nix::errno::Errno::ENOSYS | nix::errno::Errno::EINVAL) => Ok(()),
        other => other.map_err(io::Error::from),
    }
}
