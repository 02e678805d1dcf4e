//! Changing a file so that its readers find all of a change or nothing of it, wherever that stops, and so that it is as it
//! was if anything fails.

use crate::detour::{Detour, Extent};
use crate::layout::HEADER_LEN;
use crate::storage::{Patch, Storage, zero};
use k5_types::Secret;
use std::io;

/// Bytes that a disk writes as one: what lies in one of these changes wholly or not at all, whatever happens to the power.
const SECTOR: u64 = 512;

/// A change of a keytab file, by what its readers see of it.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Bytes that the file has afterwards.
    pub(crate) new_len: u64,
    /// What nobody looks at as long as the old lengths stand.
    pub(crate) unseen: Vec<Patch>,
    /// New length fields of slots, by their offsets: they make the unseen count, or turn records into holes.
    pub(crate) lengths: Vec<(u64, [u8; 4])>,
    /// What nobody looks at any more where the new lengths stand.
    pub(crate) unread: Vec<Patch>,
    /// The last slot before the end whose length is written as one.
    pub(crate) near_the_end: Option<u64>,
}

/// A change that was made.
#[derive(Debug)]
pub(crate) struct Made {
    back: Change,
    file: Extent,
}

/// Why a change was not made.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The file is as it was.
    Undone(io::Error),
    /// It could not be put back: the first error, and the one while putting it back.
    Stuck(io::Error, io::Error),
    /// The file is too long for its entries to be in it twice. Nothing was done.
    TooLong,
}

impl Change {
    /// Makes the change to a file.
    pub(crate) fn apply(&self, storage: &impl Storage, file: Extent) -> Result<Made, Failure> {
        let back = self.inverse(storage, file.file_len).map_err(Failure::Undone)?;
        let made = Extent { file_len: self.new_len, ..file };
        let (error, restored) = if self.is_simple() {
            let Err(error) = self.make(storage, file) else { return Ok(Made { back, file: made }) };
            (error, back.make(storage, made))
        } else {
            let detour = Detour::plan(self.pivot(), self.new_len, file).ok_or(Failure::TooLong)?;
            let Err((error, step)) = detour.take(storage, self) else { return Ok(Made { back, file: made }) };
            (error, detour.turn_back(storage, &back, step))
        };
        Err(match restored {
            Ok(()) => Failure::Undone(error),
            Err(again) => Failure::Stuck(error, again),
        })
    }

    /// Writes the change into a file that nobody can see yet.
    pub(crate) fn fill(&self, storage: &impl Storage) -> io::Result<()> {
        for (offset, bytes) in self.patches() {
            storage.write_all_at(bytes, offset)?;
        }
        storage.sync()
    }

    /// Whatever is written; what comes later counts.
    pub(crate) fn patches(&self) -> impl Iterator<Item = (u64, &[u8])> {
        fn bytes((offset, bytes): &Patch) -> (u64, &[u8]) {
            (*offset, bytes.expose())
        }
        let lengths = self.lengths.iter().map(|(offset, bytes)| (*offset, bytes.as_slice()));
        self.unseen.iter().map(bytes).chain(lengths).chain(self.unread.iter().map(bytes))
    }

    /// Whether one write shows it to the readers.
    fn is_simple(&self) -> bool {
        match self.lengths.as_slice() {
            [] => true,
            [(offset, _)] => in_one_sector(*offset),
            _ => false,
        }
    }

    /// The slot from which on readers are led elsewhere: the first that changes if its length is written as one, else
    /// one before it, at the end of a file one near the end, or the first of the file, whose always is.
    pub(crate) fn pivot(&self) -> u64 {
        let first = self.lengths.iter().map(|(offset, _)| *offset).min();
        let before = self.near_the_end.filter(|near| first.is_some_and(|first| *near < first));
        first.filter(|offset| in_one_sector(*offset)).or(before).unwrap_or(HEADER_LEN)
    }

    /// Makes a simple change: the unseen, the length, the unread, each on the disk before the next is begun.
    fn make(&self, storage: &impl Storage, file: Extent) -> io::Result<()> {
        if file.file_len < HEADER_LEN && self.new_len > HEADER_LEN {
            // A file of zeros would be none that anybody takes for a keytab.
            write(storage, &self.unseen, |offset| offset < HEADER_LEN)?;
            storage.sync()?;
        }
        if self.new_len > file.file_len {
            // At once, so that no part of a length is ever left at the end.
            storage.set_len(self.new_len)?;
        }
        write(storage, &self.unseen, |_| true)?;
        if self.new_len > file.file_len || !self.unseen.is_empty() {
            storage.sync()?;
        }
        let mut hidden = true;
        for (offset, bytes) in &self.lengths {
            match storage.write_all_at(bytes, *offset) {
                // It is about to go anyway.
                Err(_) if *offset >= self.new_len => hidden = false,
                other => other?,
            }
        }
        storage.sync()?;
        write(storage, &self.unread, |_| true)?;
        if self.new_len < file.file_len {
            if hidden {
                // There may be keys in it. On a full disk there may be no room even for zeros; it goes all the same.
                let from = self.new_len.max(HEADER_LEN);
                let _ = zero(storage, from, file.file_len).and_then(|()| storage.sync());
            }
            storage.set_len(self.new_len)?;
        } else if self.unread.is_empty() {
            return Ok(());
        }
        storage.sync()
    }

    /// The change that takes this one back in a file of `file_len` bytes.
    fn inverse(&self, storage: &impl Storage, file_len: u64) -> io::Result<Change> {
        let there = |offset: u64, count: usize| -> io::Result<Secret<Vec<u8>>> {
            let inside = file_len.saturating_sub(offset).min(count as u64);
            let mut bytes = Secret::new(vec![0; usize::try_from(inside).map_err(io::Error::other)?]);
            storage.read_exact_at(bytes.expose_mut(), offset)?;
            Ok(bytes)
        };
        let old = |patches: &[Patch]| -> io::Result<Vec<Patch>> {
            patches.iter().map(|(offset, new)| Ok((*offset, there(*offset, new.expose().len())?))).collect()
        };
        let mut offsets: Vec<u64> = self.lengths.iter().map(|(offset, _)| *offset).collect();
        if !self.is_simple() && !offsets.contains(&self.pivot()) {
            offsets.push(self.pivot());
        }
        let mut lengths = Vec::new();
        for offset in offsets {
            // Where the file has ended there is an end mark, until the file is cut there.
            let mut bytes = [0; 4];
            for (to, from) in bytes.iter_mut().zip(there(offset, 4)?.expose()) {
                *to = *from;
            }
            lengths.push((offset, bytes));
        }
        let (unseen, unread) = (old(&self.unread)?, old(&self.unseen)?);
        Ok(Change { new_len: file_len, unseen, lengths, unread, near_the_end: self.near_the_end })
    }
}

impl Made {
    /// Makes the file what it was.
    pub(crate) fn take_back(&self, storage: &impl Storage) -> io::Result<()> {
        let back = &self.back;
        if back.is_simple() {
            return back.make(storage, self.file);
        }
        match Detour::plan(back.pivot(), back.new_len, self.file) {
            Some(detour) => detour.take(storage, back).map_err(|(error, _)| error),
            None => back.make(storage, self.file),
        }
    }
}

/// Writes the patches whose offsets are `wanted`.
fn write(storage: &impl Storage, patches: &[Patch], wanted: impl Fn(u64) -> bool) -> io::Result<()> {
    let mut patches = patches.iter().filter(|(offset, _)| wanted(*offset));
    patches.try_for_each(|(offset, bytes)| storage.write_all_at(bytes.expose(), *offset))
}

/// Whether the length of a slot there is written as one.
pub(crate) fn in_one_sector(offset: u64) -> bool {
    offset % SECTOR <= SECTOR - 4
}
