//! Several operations in one transaction that reaches the disk when all of them are done, so that a thousand changes cost
//! a few syncs. The locks are held for a short time only, and given back for as long.

use crate::admin::Admin;
use crate::error::{AdminError, Result};
use crate::transact::Open;
use k5_kdb::{Access, Backend, Savepoint, Scope, Transaction};
use std::cell::Cell;
use std::time::Duration;

/// The locks of a batch are held no longer than this, its commit counted, if one operation and the disk are no slower: 25 ms are the
/// most, and the disk is not as fast each time. A ticket takes the KDC several look-ups, each of which may find them held.
pub(crate) const LONGEST: Duration = Duration::from_millis(17);

/// What the syncs of a commit cost, in pages that it writes: about as much where a disk is neither fast nor slow.
const SYNCS: usize = 50;

/// So many pages cost little beside the syncs.
const FEW: usize = 64;

/// What a commit takes, by those that were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Commit {
    pub time: Duration,
    pub pages: usize,
}

impl Commit {
    /// How long the locks may be held before one of so many pages. However slow the disk is, some operations are gathered; fewer
    /// where they are spread over many pages, which make the commit longer.
    pub(crate) fn time_before(self, pages: usize) -> Duration {
        let shortest = Duration::from_millis(if pages <= FEW { 6 } else { 1 });
        LONGEST.saturating_sub(self.time_of(pages)).max(shortest)
    }

    /// How long one of so many pages is thought to take.
    fn time_of(self, pages: usize) -> Duration {
        let cost = |pages: usize| pages.saturating_add(SYNCS) as f64;
        self.time.mul_f64(cost(pages) / cost(self.pages))
    }

    /// What is thought of the next ones after another. One that was slow is believed at once, one that was fast by half: the
    /// disk may have been in luck.
    pub(crate) fn then(self, next: Commit) -> Commit {
        let time = next.time.max((next.time + self.time_of(next.pages)) / 2);
        Commit { time, ..next }
    }
}

/// What is thought of the first: that the disk is slow.
pub(crate) const COMMIT: Commit = Commit { time: Duration::from_millis(10), pages: 30 };

/// How time passes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The time since a moment that stays the same.
    pub now: fn() -> Duration,
    /// Lets so much time pass.
    pub wait: fn(Duration),
}

/// A transaction over several operations. It begins with the first that writes.
pub(crate) struct Batch {
    pace: Pace,
    held: Option<Held>,
    /// Until then the locks are for others.
    free_until: Duration,
    next_commit: Commit,
}

/// The transaction that is open, and what it holds the locks for.
struct Held {
    transaction: Box<dyn Transaction>,
    since: Duration,
    /// When it was last asked whether it is time to commit. What came after is part of the commit: `ktadd` writes its keytab first.
    looked: Cell<Duration>,
    /// Where the operation that runs began; `None` if that was before the transaction.
    mark: Option<Savepoint>,
}

impl Batch {
    fn new(pace: Pace) -> Batch {
        Batch { pace, held: None, free_until: Duration::ZERO, next_commit: COMMIT }
    }

    /// The transaction, if an operation has begun it.
    pub(crate) fn begun(&mut self) -> Option<&mut (dyn Transaction + 'static)> {
        self.held.as_mut().map(|held| held.transaction.as_mut())
    }

    /// The transaction, begun now if need be.
    pub(crate) fn writing(&mut self, backend: &dyn Backend) -> Result<&mut (dyn Transaction + 'static)> {
        let held = match self.held.take() {
            Some(held) => held,
            None => {
                // Record locks are not fair: who asks again at once has them again before others wake.
                if let Some(rest) = self.free_until.checked_sub((self.pace.now)()) {
                    (self.pace.wait)(rest);
                }
                let transaction = backend.begin(Scope::Everything, Access::Write)?;
                let since = (self.pace.now)();
                Held { transaction, since, looked: Cell::new(since), mark: None }
            }
        };
        Ok(self.held.insert(held).transaction.as_mut())
    }

    /// Commits what there is, and gives the locks back.
    pub(crate) fn commit(&mut self) -> Result<()> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let pages = held.transaction.changed_pages();
        let committed = held.transaction.commit();
        let now = (self.pace.now)();
        let commit = Commit { time: now.saturating_sub(held.looked.get()), pages };
        self.next_commit = self.next_commit.then(commit);
        self.free_until = now + now.saturating_sub(held.since);
        Ok(committed?)
    }

    fn mark(&mut self) -> Result<()> {
        let Some(held) = &mut self.held else { return Ok(()) };
        if let Some(last) = held.mark.take() {
            held.transaction.release(last)?;
        }
        held.mark = Some(held.transaction.savepoint());
        Ok(())
    }

    fn undo(&mut self) -> Result<()> {
        let Some(mut held) = self.held.take() else { return Ok(()) };
        // Without a mark the transaction has nothing but this operation.
        let Some(mark) = held.mark else { return Ok(()) };
        held.transaction.rollback_to(mark)?;
        self.held = Some(held);
        Ok(())
    }

    fn is_due(&self) -> bool {
        let Some(held) = &self.held else { return false };
        let now = (self.pace.now)();
        held.looked.set(now);
        now.saturating_sub(held.since) >= self.next_commit.time_before(held.transaction.changed_pages())
    }
}

impl Admin {
    /// From here on operations that write are gathered in one transaction until [`Admin::commit_batch`]; nothing of them
    /// is sure to be on disk before that has answered. Those that read see what was written. `false`: the database is
    /// locked, and everything waits for [`Admin::unlock`] already.
    ///
    /// # Errors
    /// [`AdminError::Busy`] within an operation.
    pub fn begin_batch(&self, pace: Pace) -> Result<bool> {
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        match &*open {
            Open::Nothing => *open = Open::Batch(Batch::new(pace)),
            Open::Batch(_) => {}
            Open::Locked(_) => return Ok(false),
        }
        Ok(true)
    }

    /// Remembers this place for [`Admin::undo_in_batch`].
    ///
    /// # Errors
    /// The back end's: then the batch cannot go on.
    pub fn mark_in_batch(&self) -> Result<()> {
        self.alone.set(false);
        self.with_batch(Batch::mark)
    }

    /// Takes back what was done since [`Admin::mark_in_batch`].
    ///
    /// # Errors
    /// The back end's: nothing of the batch can be committed then.
    pub fn undo_in_batch(&self) -> Result<()> {
        self.with_batch(Batch::undo)
    }

    /// Whether what was called since [`Admin::mark_in_batch`] was refused, or failed, only because others are done in the
    /// same transaction: it is to be taken back and done alone.
    #[must_use]
    pub fn is_to_be_alone(&self) -> bool {
        self.alone.get()
    }

    /// Whether others have waited for the locks long enough: [`Admin::commit_batch`] is due.
    #[must_use]
    pub fn is_batch_due(&self) -> bool {
        matches!(self.open.try_borrow().as_deref(), Ok(Open::Batch(batch)) if batch.is_due())
    }

    /// Writes what was gathered and gives the locks back; the batch goes on. They are taken again when others have had
    /// them as long.
    ///
    /// # Errors
    /// Where it cannot be written: nothing that was done since the last commit has happened.
    pub fn commit_batch(&self) -> Result<()> {
        self.with_batch(Batch::commit)
    }

    /// Ends the batch; what was not committed has not happened. Operations are transactions of their own again.
    pub fn end_batch(&self) {
        let Ok(mut open) = self.open.try_borrow_mut() else { return };
        if matches!(&*open, Open::Batch(_)) {
            *open = Open::Nothing;
        }
        self.holding.set(false);
        self.forget_derived();
    }

    fn with_batch(&self, work: impl FnOnce(&mut Batch) -> Result<()>) -> Result<()> {
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        let Open::Batch(batch) = &mut *open else { return Ok(()) };
        let result = work(batch);
        self.holding.set(batch.held.is_some());
        result
    }
}

#[cfg(test)]
mod tests;
