//! A change of the log and one of the database that happen together or leave the log marked: whatever is cut short, no
//! replica goes on without a change that it should have.
//!
//! The log says that it has nothing for replicas, then the database changes, then the log says what it has. Whoever comes
//! in between, because we have died, finds a log from which replicas take a full copy.

use super::append::{Event, Next};
use super::layout::Header;
use super::log::{Locked, UpdateLog};
use crate::error::{KdbError, Result};
use std::collections::BTreeMap;

/// Bytes that are written at once, or one block more.
const LONGEST_WRITE: usize = 1 << 20;

/// A log that is marked until [`Pending::finish`], and its lock.
pub(super) struct Pending<'l> {
    locked: Locked<'l>,
    before: Header,
    next: Header,
    /// Entries of the log as it was are gone.
    overwrites: bool,
}

impl<'l> Pending<'l> {
    /// Marks the log on the medium and writes the updates, of which it does not tell yet. The database's locks are held.
    pub fn begin(log: &'l UpdateLog, events: &[Event]) -> Result<Pending<'l>> {
        let mut locked = log.lock()?;
        let before = locked.header;
        let Next { header: next, blocks, overwrites, .. } = Next::after(&locked, events)?;
        // First of all: who goes on with a header of larger blocks must not come behind the end of the file.
        locked.lengthen(next)?;
        locked.mark(next)?;
        if overwrites {
            // Who finds the old header must find its entries.
            locked.sync()?;
        }
        let written = write_blocks(&mut locked, &blocks).and_then(|()| locked.sync());
        let pending = Pending { locked, before, next, overwrites };
        match written {
            Ok(()) => Ok(pending),
            Err(error) => {
                pending.undo();
                Err(error)
            }
        }
    }

    /// What came of the database's part decides about the log's.
    pub fn settle<T>(self, changed: &Result<T>) {
        match changed {
            Ok(_) => self.finish(),
            // It stays marked: what has changed will be known when the database is opened again.
            Err(error) if error.is_undecided() || matches!(error, KdbError::Lmdb(_)) => {}
            Err(_) => self.undo(),
        }
    }

    /// The database has changed: the log tells of it. If it cannot, it stays marked, and replicas take a full copy; that is no
    /// failure of the change, which must not be made again.
    fn finish(mut self) {
        let next = self.next;
        let _ = self.locked.write_header(next).and_then(|()| self.locked.sync());
    }

    /// The database has not changed: the log is as before, or, where its entries are gone, begun anew. If it cannot be, it stays
    /// marked.
    fn undo(mut self) {
        let _ = if self.overwrites {
            self.locked.reset()
        } else {
            let before = self.before;
            self.locked.write_header(before).and_then(|()| self.locked.sync())
        };
    }
}

/// Writes the blocks, those that stand side by side together.
fn write_blocks(locked: &mut Locked<'_>, blocks: &BTreeMap<u64, Vec<u8>>) -> Result<()> {
    let mut run: (u64, Vec<u8>) = (0, Vec::new());
    for (place, block) in blocks {
        if *place != run.0 + run.1.len() as u64 || run.1.len() >= LONGEST_WRITE {
            locked.write(run.0, &run.1)?;
            run = (*place, Vec::new());
        }
        run.1.extend_from_slice(block);
    }
    locked.write(run.0, &run.1)
}

/// Does a piece of work in which the database changes, and has the log tell of it. `work` gets a function that it calls when it has
/// the database's locks and nothing is changed yet.
pub(super) fn with_events<T>(
    log: &UpdateLog,
    events: &[Event],
    work: impl FnOnce(&mut dyn FnMut() -> Result<()>) -> Result<T>,
) -> Result<T> {
    let mut pending = None;
    let done = work(&mut || {
        pending = Some(Pending::begin(log, events)?);
        Ok(())
    });
    if let Some(pending) = pending {
        pending.settle(&done);
    }
    done
}

/// The same for work in which the database is made or replaced as a whole: the log is begun anew.
pub(crate) fn beginning_anew<T>(
    log: &UpdateLog,
    work: impl FnOnce(&mut dyn FnMut() -> Result<()>) -> Result<T>,
) -> Result<T> {
    with_events(log, &[Event::Anew(log.now())], work)
}
