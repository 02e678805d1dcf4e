//! A commit that writes pages in their places, with a journal of them.

use std::collections::{HashMap, HashSet};

use super::journal::{self, Change, Journal};
use super::plan::join;
use super::{Files, Plan, WRITE_JOURNAL, discard, io_error, read};
use crate::{Access, Error, Result, StoredFile};

/// The files that a journal of pages is about.
pub(super) type Open = [Option<StoredFile>; 2];

impl Files<'_> {
    /// Writes the pages step by step, after a journal of them.
    pub(super) fn commit_in_place(&self, plans: &[Plan; 2]) -> Result<()> {
        let mut files: Open = [None, None];
        let mut lengths = [None, None];
        let mut changes = Vec::new();
        let mut step = 0;
        let slots = files.iter_mut().zip(&mut lengths).enumerate();
        for ((file, (slot, length)), plan) in slots.zip(plans) {
            if plan.is_empty() {
                continue;
            }
            let stored = self.open(file, Access::ReadWrite)?;
            *length = Some(stored.len().map_err(|source| self.io(file, "find its length", source))?);
            for writes in &plan.steps {
                for write in writes {
                    let before = read(&stored, write.offset, write.bytes.len());
                    let before = before.ok_or_else(|| {
                        self.io(file, "read what is to be replaced", std::io::ErrorKind::Other.into())
                    })?;
                    changes.push(Change {
                        file,
                        step,
                        offset: write.offset,
                        before,
                        after: write.bytes.clone(),
                    });
                }
                step += 1;
            }
            *slot = Some(stored);
        }
        chain(&mut changes);
        let journal = Journal::Pages { lengths, changes };
        let encoded = journal.encode();
        if encoded.len() as u64 > journal::MAX {
            let source = std::io::ErrorKind::FileTooLarge.into();
            return Err(io_error(self.journal, WRITE_JOURNAL, source));
        }
        self.write_journal(&encoded)?;
        drop(encoded);
        let Journal::Pages { changes, .. } = journal else { return Ok(()) };
        if let Err((file, doing, source)) = apply(&mut files, &changes) {
            return Err(match undo(&mut files, lengths, &changes) {
                Ok(()) => {
                    // If it stays, the next who opens the database finds all as it was and removes it.
                    let _ = discard(self.storage, self.journal);
                    self.io(file, doing, source)
                }
                Err(_) => Error::Undecided { path: self.path(file).to_owned(), doing: doing.into(), source },
            });
        }
        self.remove_journal()
    }
}

/// Where one place is written twice, the second write finds what the first one left.
fn chain(changes: &mut [Change]) {
    let mut left: HashMap<(usize, u64), Vec<u8>> = HashMap::new();
    let mut places = HashSet::new();
    let twice: HashSet<(usize, u64)> = changes
        .iter()
        .map(|change| (change.file, change.offset))
        .filter(|place| !places.insert(*place))
        .collect();
    for change in changes {
        let place = (change.file, change.offset);
        if twice.contains(&place) {
            let before = left.insert(place, change.after.clone());
            change.before = before.unwrap_or_else(|| std::mem::take(&mut change.before));
        }
    }
}

/// Writes all, and syncs after each step.
pub(super) fn apply(
    files: &mut Open,
    changes: &[Change],
) -> std::result::Result<(), (usize, &'static str, std::io::Error)> {
    for step in changes.chunk_by(|one, other| (one.file, one.step) == (other.file, other.step)) {
        let Some(file) = step.first().map(|change| change.file) else { continue };
        let Some(stored) = files.get_mut(file).and_then(Option::as_mut) else { continue };
        let writes = step.iter().filter(|change| change.before != change.after);
        let writes = writes.map(|change| (change.offset, change.after.as_slice()));
        join(writes, |offset, bytes| stored.write_at(offset, bytes))
            .map_err(|source| (file, "write a page", source))?;
        stored.sync_data().map_err(|source| (file, "sync it", source))?;
    }
    Ok(())
}

/// Puts all back, in the reverse order.
fn undo(files: &mut Open, lengths: [Option<u64>; 2], changes: &[Change]) -> std::io::Result<()> {
    for step in changes.chunk_by(|one, other| (one.file, one.step) == (other.file, other.step)).rev() {
        let Some(file) = step.first().map(|change| change.file) else { continue };
        let Some(stored) = files.get_mut(file).and_then(Option::as_mut) else { continue };
        for change in step.iter().rev().filter(|change| change.before != change.after) {
            stored.write_at(change.offset, &change.before)?;
        }
        stored.sync_data()?;
    }
    for (stored, length) in files.iter_mut().zip(lengths) {
        if let (Some(stored), Some(length)) = (stored, length) {
            stored.set_len(length)?;
            stored.sync_data()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_write_finds_what_the_first_one_left() {
        let change = |file, step, offset, before: &[u8], after: &[u8]| Change {
            file,
            step,
            offset,
            before: before.to_vec(),
            after: after.to_vec(),
        };
        let mut changes = [
            change(0, 0, 8, b"a", b"b"),
            change(1, 0, 8, b"x", b"y"),
            change(0, 1, 16, b"m", b"n"),
            change(0, 2, 8, b"a", b"c"),
            change(0, 3, 8, b"a", b"d"),
        ];
        chain(&mut changes);
        let before: Vec<&[u8]> = changes.iter().map(|change| change.before.as_slice()).collect();
        assert_eq!(before, [b"a", b"x", b"m", b"b", b"c"]);
    }
}
