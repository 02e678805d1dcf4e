//! Changes to the pages of a file that are in memory only, and the way back from them.

use std::collections::HashMap;

use crate::{Error, Result};

/// A point to which a rollback returns. It ends with the next commit or rollback.
#[derive(Debug)]
pub struct Savepoint(u64);

/// What an undo restores: the head, and for each page changed since, the change to it that there was before.
#[derive(Debug)]
struct Frame<P, H> {
    serial: u64,
    head: H,
    saved: HashMap<u32, Option<P>>,
}

/// The pages that differ from the file, and the head: what changes besides pages.
#[derive(Debug)]
pub(crate) struct Changes<P, H> {
    pub(crate) head: H,
    /// The head as the file has it.
    committed: H,
    pages: HashMap<u32, P>,
    frames: Vec<Frame<P, H>>,
    next_serial: u64,
    version: u64,
    /// A record was deleted or replaced, or was about to be.
    pub(crate) removes: bool,
}

impl<P: Clone, H: Copy + PartialEq> Changes<P, H> {
    /// None yet, to a file with this head.
    pub(crate) fn new(head: H) -> Self {
        let (pages, frames) = (HashMap::new(), Vec::new());
        Changes { head, committed: head, pages, frames, next_serial: 0, version: 0, removes: false }
    }

    /// The head as the file has it.
    pub(crate) fn committed(&self) -> &H {
        &self.committed
    }

    /// Grows with each change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn get(&self, number: u32) -> Option<&P> {
        self.pages.get(&number)
    }

    pub(crate) fn put(&mut self, number: u32, page: P) {
        self.version += 1;
        let before = self.pages.insert(number, page);
        if let Some(frame) = self.frames.last_mut() {
            frame.saved.entry(number).or_insert(before);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.head == self.committed
    }

    /// How many pages differ.
    pub(crate) fn count(&self) -> usize {
        self.pages.len()
    }

    /// The last of the pages that differ.
    pub(crate) fn greatest(&self) -> Option<u32> {
        self.pages.keys().copied().max()
    }

    /// The pages that differ, in ascending order.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.pages.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    /// The file has them now: hands them over and ends all frames.
    pub(crate) fn settle(&mut self) -> HashMap<u32, P> {
        self.committed = self.head;
        self.removes = false;
        self.frames.clear();
        std::mem::take(&mut self.pages)
    }

    /// Begins an undo frame and returns its serial number.
    fn begin(&mut self) -> u64 {
        let serial = self.next_serial;
        self.next_serial += 1;
        self.frames.push(Frame { serial, head: self.head, saved: HashMap::new() });
        serial
    }

    /// Ends the youngest frame and keeps its changes.
    fn merge(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if let Some(outer) = self.frames.last_mut() {
            for (number, before) in frame.saved {
                outer.saved.entry(number).or_insert(before);
            }
        }
    }

    /// Ends the youngest frame and takes its changes back.
    fn undo(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.version += 1;
        self.head = frame.head;
        for (number, before) in frame.saved {
            match before {
                Some(page) => self.pages.insert(number, page),
                None => self.pages.remove(&number),
            };
        }
    }

    /// Begins an operation, which [`Changes::end_operation`] ends.
    pub(crate) fn begin_operation(&mut self) {
        self.begin();
    }

    /// Ends an operation: its changes stay if it succeeded, else there are none.
    pub(crate) fn end_operation(&mut self, succeeded: bool) {
        if succeeded {
            self.merge();
        } else {
            self.undo();
        }
    }

    /// Marks the present state. Costs nothing; each page changed later is kept once as it was.
    pub(crate) fn savepoint(&mut self) -> Savepoint {
        Savepoint(self.begin())
    }

    /// How many frames are younger than the savepoint's.
    fn above(&self, savepoint: &Savepoint) -> Result<usize> {
        let index = self.frames.iter().position(|frame| frame.serial == savepoint.0);
        Ok(self.frames.len() - index.ok_or(Error::StaleSavepoint)? - 1)
    }

    /// Drops all changes since the savepoint, which stays, and ends younger ones.
    pub(crate) fn rollback_to(&mut self, savepoint: &Savepoint) -> Result<()> {
        for _ in 0..=self.above(savepoint)? {
            self.undo();
        }
        self.frames.push(Frame { serial: savepoint.0, head: self.head, saved: HashMap::new() });
        Ok(())
    }

    /// Ends the savepoint and younger ones; the changes stay.
    pub(crate) fn release(&mut self, savepoint: &Savepoint) -> Result<()> {
        for _ in 0..=self.above(savepoint)? {
            self.merge();
        }
        Ok(())
    }

    /// Drops all changes and ends all frames.
    pub(crate) fn rollback(&mut self) {
        self.version += 1;
        self.frames.clear();
        self.pages.clear();
        self.removes = false;
        self.head = self.committed;
    }
}
