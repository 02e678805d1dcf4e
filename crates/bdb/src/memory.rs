//! A file in memory that can be told to fail.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::PageFile;

/// A fault for a [`MemFile`] to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full: no write or change of size may lengthen the file past this many bytes. As on a
    /// real disk, the part of a write that fits is written.
    Full(u64),
    /// The first so many writes succeed; of the next one, so many bytes reach the file, and it and all
    /// later writes, changes of size and syncs fail with an I/O error, as after a crash.
    Cut {
        /// Writes that succeed.
        writes: u64,
        /// Bytes of the next write that reach the file.
        bytes: usize,
    },
    /// The first so many writes succeed and the next one fails with an I/O error, having written nothing;
    /// later ones succeed.
    Once {
        /// Writes that succeed before the failure.
        writes: u64,
    },
    /// Every sync fails with an I/O error.
    Sync,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    fault: Option<Fault>,
    writes: u64,
    syncs: u64,
}

/// A [`PageFile`] in memory. Clones share their contents, so a test keeps one to look at what the engine
/// wrote to the other.
#[derive(Debug, Clone, Default)]
pub struct MemFile(Arc<Mutex<State>>);

impl MemFile {
    /// An empty file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A file that holds `bytes`.
    #[must_use]
    pub fn with_contents(bytes: Vec<u8>) -> Self {
        let file = Self::default();
        file.state().bytes = bytes;
        file
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy of what the file holds.
    #[must_use]
    pub fn contents(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// Writes that were asked for since the last [`MemFile::set_fault`].
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.state().writes
    }

    /// Syncs that succeeded.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// Shows this fault from now on, or none; counts writes from 0 again.
    pub fn set_fault(&self, fault: Option<Fault>) {
        let mut state = self.state();
        state.fault = fault;
        state.writes = 0;
    }
}

fn broken() -> io::Error {
    io::Error::other("injected I/O error")
}

impl State {
    /// Fails if a cut lies behind us.
    fn alive(&self) -> io::Result<()> {
        match self.fault {
            Some(Fault::Cut { writes, .. }) if self.writes > writes => Err(broken()),
            _ => Ok(()),
        }
    }

    fn store(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(bytes.len()).ok_or_else(broken)?;
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes.get_mut(start..end).ok_or_else(broken)?.copy_from_slice(bytes);
        Ok(())
    }
}

impl PageFile for MemFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start.checked_add(buffer.len()).ok_or_else(broken)?;
        let bytes = state.bytes.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        state.alive()?;
        let number = state.writes;
        state.writes += 1;
        match state.fault {
            Some(Fault::Cut { writes, bytes: count }) if number == writes => {
                state.store(offset, bytes.get(..count).unwrap_or(bytes))?;
                Err(broken())
            }
            Some(Fault::Once { writes }) if number == writes => Err(broken()),
            Some(Fault::Full(limit)) if offset + bytes.len() as u64 > limit.max(state.bytes.len() as u64) => {
                let room = limit.max(state.bytes.len() as u64).saturating_sub(offset);
                let room = usize::try_from(room).unwrap_or(usize::MAX);
                if let Some(fits) = bytes.get(..room).filter(|fits| !fits.is_empty()) {
                    state.store(offset, fits)?;
                }
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => state.store(offset, bytes),
        }
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.state();
        state.alive()?;
        if matches!(state.fault, Some(Fault::Full(limit)) if length > limit.max(state.bytes.len() as u64)) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.bytes.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.state();
        state.alive()?;
        if state.fault == Some(Fault::Sync) {
            return Err(broken());
        }
        state.syncs += 1;
        Ok(())
    }
}
