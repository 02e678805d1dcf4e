//! The file of an update log: opened, locked, looked over, begun anew (`docs/formats/ulog.md`).

use super::layout::{
    BLOCK_UNIT, ENTRY_HEADER, EntryHeader, HEADER, Header, LONGEST_LOG, Last, LogState, Stamp, may_be_log,
};
use crate::error::{KdbError, Result};
use k5_bdb::{Access, Storage, StoredFile, SystemStorage};
use k5_lock::LockMode;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Zeros are written so many at a time.
const CHUNK: usize = 1 << 16;

/// A realm's update log, which need not exist yet.
#[derive(Debug, Clone)]
pub struct UpdateLog {
    path: PathBuf,
    entries: u32,
    clock: fn() -> Duration,
    /// Where the content is, if not in the file that is locked.
    storage: Option<Arc<dyn Storage>>,
}

/// What a log has for a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it has all.
    Current,
    /// The updates that it lacks.
    Behind,
    /// Not what it lacks: it has to take a full copy.
    Lost,
}

impl UpdateLog {
    /// The log at `path` with places for so many entries; `clock` tells the time since 1970-01-01 00:00:00 UTC.
    #[must_use]
    pub fn new(path: PathBuf, entries: u32, clock: fn() -> Duration) -> UpdateLog {
        UpdateLog { path, entries: entries.max(1), clock, storage: None }
    }

    /// The same on another file system; its lock stays on the system's.
    #[must_use]
    pub fn stored_in(mut self, storage: Arc<dyn Storage>) -> UpdateLog {
        self.storage = Some(storage);
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn now(&self) -> Stamp {
        Stamp::from((self.clock)())
    }

    pub(super) fn entries(&self) -> u32 {
        self.entries
    }

    /// Makes the log if there is none, and begins it anew if it is not what the configuration says, or a writer has died at
    /// it. Every program of MIT's that may write does so when it starts.
    ///
    /// # Errors
    /// [`KdbError::LogCorrupt`] for a file that is no log; where it cannot be opened or written.
    pub fn prepare(&self) -> Result<()> {
        self.lock().map(drop)
    }

    /// The newest entry.
    ///
    /// # Errors
    /// As [`UpdateLog::prepare`].
    pub fn last(&self) -> Result<Last> {
        Ok(self.lock()?.header.last)
    }

    /// What the log has for a replica, or a dump, that is at `last`.
    ///
    /// # Errors
    /// As [`UpdateLog::prepare`].
    pub fn standing(&self, last: Last) -> Result<Standing> {
        let locked = self.lock()?;
        let header = locked.header;
        Ok(if last == header.last {
            Standing::Current
        } else if header.count == 0
            || !(header.first.serial..=header.last.serial).contains(&last.serial)
            || locked.entry(last.serial)?.is_none_or(|entry| entry.id != last)
        {
            Standing::Lost
        } else {
            Standing::Behind
        })
    }

    /// Begins the log anew: replicas take a full copy.
    ///
    /// # Errors
    /// As [`UpdateLog::prepare`].
    pub fn reset(&self) -> Result<()> {
        self.lock()?.reset()
    }

    /// Removes the log, if there is one; what is no log stays. Who has the file open finds that there is nothing for replicas.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn remove(&self) -> Result<()> {
        if self.path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(());
        }
        let mut locked = match self.lock() {
            Err(KdbError::LogCorrupt { .. }) => return Ok(()),
            other => other?,
        };
        locked.mark(Header::EMPTY)?;
        locked.sync()?;
        std::fs::remove_file(&self.path).map_err(|source| self.io(source))
    }

    pub(super) fn io(&self, source: io::Error) -> KdbError {
        KdbError::LogIo { path: self.path.clone(), source }
    }

    /// Waits for the exclusive lock and looks the log over.
    pub(super) fn lock(&self) -> Result<Locked<'_>> {
        let most = (LONGEST_LOG - HEADER as u64) / u64::from(BLOCK_UNIT);
        if u64::from(self.entries) > most {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            return Err(KdbError::LogTooLong { path: self.path.clone(), entries: self.entries, most });
        }
        let (lock, is_new) = self.take_lock().map_err(|source| self.io(source))?;
        let content = match &self.storage {
            // The lock is the open file's, however many descriptors it has.
            None => lock.try_clone().map(|file| Box::new(file) as StoredFile),
            Some(storage) => match storage.find(&self.path) {
                Ok(Some(_)) => storage.open(&self.path, Access::ReadWrite),
                Ok(None) => storage.create(&self.path),
                Err(error) => Err(error),
            },
        };
        let file = content.map_err(|source| self.io(source))?;
        let mut locked = Locked { log: self, _lock: lock, file, header: Header::EMPTY };
        locked.look_over()?;
        if is_new {
            let storage: &dyn Storage = self.storage.as_deref().unwrap_or(&SystemStorage);
            storage.sync_directory(&self.path).map_err(|source| self.io(source))?;
        }
        Ok(locked)
    }

    /// Opens or makes the file by its name, which a `destroy` may take away, and locks it; says whether it was made.
    fn take_lock(&self) -> io::Result<(File, bool)> {
        loop {
            let is_new = !self.path.exists();
            let mut options = OpenOptions::new();
            let lock =
                options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&self.path)?;
            k5_lock::lock(&lock, LockMode::Exclusive)?;
            let (held, named) = (lock.metadata()?, self.path.metadata());
            if named.is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino())) {
                return Ok((lock, is_new));
            }
        }
    }
}

/// A log that nobody else reads or writes. Dropping it gives the lock back.
pub(super) struct Locked<'l> {
    pub log: &'l UpdateLog,
    _lock: File,
    file: StoredFile,
    /// As it is in the file.
    pub header: Header,
}

impl Locked<'_> {
    /// Reads the header, and begins the log anew where nothing can be made of it. What is no log stays as it is.
    fn look_over(&mut self) -> Result<()> {
        let length = self.file.len().map_err(|source| self.log.io(source))?;
        let bytes = self.read(0, usize::try_from(length).unwrap_or(HEADER).min(HEADER))?;
        if !may_be_log(&bytes) {
            return Err(KdbError::LogCorrupt { path: self.log.path.clone() });
        }
        // As in a file that is cut short, or has just been made.
        let Ok(Some(header)) = Header::decode(&bytes) else { return self.reset() };
        self.header = header;
        if !self.is_sound()? {
            return self.reset();
        }
        self.lengthen(self.header)
    }

    /// Whether replicas may rely on it. Each entry must be where the configured number of entries has it.
    fn is_sound(&self) -> Result<bool> {
        let header = &self.header;
        let possible = header.state == LogState::STABLE
            && header.count <= self.log.entries
            && usize::from(header.block) >= ENTRY_HEADER
            && header.length(self.log.entries) <= LONGEST_LOG;
        if !possible || header.count == 0 {
            return Ok(possible);
        }
        for id in [header.first, header.last] {
            if self.entry(id.serial)?.is_none_or(|entry| entry.id != id) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The header of the entry that is in the place of a serial number; `None` where there is none.
    pub fn entry(&self, serial: u32) -> Result<Option<EntryHeader>> {
        let place = self.header.place(serial, self.log.entries);
        let length = self.file.len().map_err(|source| self.log.io(source))?;
        if length < place + ENTRY_HEADER as u64 {
            return Ok(None);
        }
        let bytes = self.read(place, ENTRY_HEADER)?;
        Ok(EntryHeader::decode(&bytes).unwrap_or(None))
    }

    /// Begins the log anew, with nothing but an entry that remembers the time, so that no replica takes it for the one before. At no
    /// moment is there a log that has what a replica may ask for.
    pub fn reset(&mut self) -> Result<()> {
        let id = Last { serial: 1, time: self.log.now().behind(self.header.last.time) };
        let header = Header { count: 1, first: id, last: id, ..Header::EMPTY };
        let dummy = EntryHeader { id, committed: false, size: 0 };
        self.lengthen(header)?;
        self.mark(header)?;
        self.write(header.place(id.serial, self.log.entries), &dummy.encode())?;
        self.sync()?;
        self.write_header(header)?;
        self.sync()
    }

    /// Says, until the next header, that there is nothing for replicas, whoever goes on with the log. What the state says MIT's
    /// writers pass over; but what they add then has no entries before it.
    pub fn mark(&mut self, next: Header) -> Result<()> {
        let Last { serial, time } = self.header.last;
        let last = Last { serial, time: self.log.now().behind(time) };
        let block = next.block;
        self.write_header(Header { last, state: LogState::UNSTABLE, block, ..Header::EMPTY })
    }

    /// Gives the file the length that a header asks for. Zeros are written, since MIT's programs map the file and die where the
    /// disk has no room for what they write.
    pub fn lengthen(&mut self, header: Header) -> Result<()> {
        let wanted = header.length(self.log.entries);
        let mut length = self.file.len().map_err(|source| self.log.io(source))?;
        let zeros = [0; CHUNK];
        while length < wanted {
            let count = usize::try_from(wanted - length).unwrap_or(CHUNK).min(CHUNK);
            self.write(length, zeros.get(..count).unwrap_or(&zeros))?;
            length += count as u64;
        }
        Ok(())
    }

    pub fn write_header(&mut self, header: Header) -> Result<()> {
        self.write(0, &header.encode())?;
        self.header = header;
        Ok(())
    }

    fn read(&self, offset: u64, count: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.file.read_at(offset, &mut bytes).map_err(|source| self.log.io(source))?;
        Ok(bytes)
    }

    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.file.write_at(offset, bytes).map_err(|source| self.log.io(source))
    }

    pub fn sync(&mut self) -> Result<()> {
        self.file.sync_data().map_err(|source| self.log.io(source))
    }
}
