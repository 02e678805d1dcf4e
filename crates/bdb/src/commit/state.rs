//! How far a commit in its pages' places has come, told by what is in the files alone: which images of the journal stand where.
//!
//! Each step is on the medium before the next one begins, and is taken back after those behind it. So there is a step at which the
//! commit was: what earlier ones write is all there, and of later ones nothing. If no step would leave the files as they are, another
//! program has written to them.

use std::collections::{BTreeSet, HashMap};

use super::in_place::Open;
use super::journal::Change;
use super::{SECTOR, read};
use crate::StoredFile;
use crate::hash::differ_in_pairs_only;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It had not begun, or all was taken back.
    Before {
        /// Nobody else has changed anything that the journal has.
        untouched: bool,
    },
    /// It was at this step, or at a later one whose writes leave no trace.
    Between { step: u32 },
    /// All is there.
    After {
        /// But perhaps the number of pairs in a hash table's header: another program may have counted from the one before.
        recount: bool,
    },
    /// The file that somebody else has written to.
    Foreign(usize),
}

/// How far the files are. A place in which nothing changes is there to show whether another program has been at it, and so is the
/// header of a hash table that changes in its number of pairs only: MIT's programs write it at each change of theirs. So both count
/// only if the commit is to be finished.
pub(super) fn state(files: &Open, lengths: [Option<u64>; 2], changes: &[Change]) -> State {
    let mut places: HashMap<(usize, u64), Vec<&Change>> = HashMap::new();
    for change in changes {
        places.entry((change.file, change.offset)).or_default().push(change);
    }
    let steps: Vec<u32> =
        changes.iter().map(|change| change.step).collect::<BTreeSet<_>>().into_iter().collect();
    // The last one: all are done.
    let mut could_be = vec![true; steps.len() + 1];
    let (mut before, mut after, mut untouched, mut recount) = (true, true, true, false);
    let mut foreign = None;
    for ((file, offset), changes) in places {
        let (Some(Some(stored)), Some(Some(length))) = (files.get(file), lengths.get(file)) else {
            continue;
        };
        let place = Place { offset, length: *length, changes };
        let Some(now) = place.now(stored) else { return State::Foreign(file) };
        untouched &= place.is_before(&now);
        let is_count = place.is_count(file);
        recount |= is_count;
        if !is_count && !place.is_unchanged() {
            before &= place.is_before(&now);
            after &= place.is_after(&now);
        }
        let fits = place.fits(&now, &steps);
        foreign = foreign.or((!fits.contains(&true)).then_some(file));
        could_be.iter_mut().zip(fits).for_each(|(could_be, fits)| *could_be &= fits);
    }
    if before {
        return State::Before { untouched };
    }
    if after {
        return State::After { recount };
    }
    match could_be.iter().position(|could_be| *could_be).and_then(|at| steps.get(at)) {
        Some(step) => State::Between { step: *step },
        None => State::Foreign(foreign.unwrap_or(0)),
    }
}

/// A place that a commit writes, once or more often.
pub(super) struct Place<'a> {
    pub offset: u64,
    /// Of the file, before.
    pub length: u64,
    /// In the order of the steps.
    pub changes: Vec<&'a Change>,
}

impl Place<'_> {
    /// What stands there, as far as the file goes; `None` where that is less than before.
    pub fn now(&self, file: &StoredFile) -> Option<Vec<u8>> {
        let first = self.changes.first()?;
        let now = read(file, self.offset, first.after.len())?;
        (now.len() >= first.before.len()).then_some(now)
    }

    fn is_unchanged(&self) -> bool {
        self.changes.iter().all(|change| change.before == change.after)
    }

    /// Whether it is the header of a hash table, in which only the number of pairs changes.
    fn is_count(&self, file: usize) -> bool {
        let only = |change: &&Change| differ_in_pairs_only(&change.before, &change.after);
        file == 0 && self.offset == 0 && !self.is_unchanged() && self.changes.iter().all(only)
    }

    /// Whether it is as before. What a file had no bytes for may have any: nothing leads there.
    fn is_before(&self, now: &[u8]) -> bool {
        self.changes.first().is_some_and(|first| now.starts_with(&first.before))
    }

    fn is_after(&self, now: &[u8]) -> bool {
        self.changes.last().is_some_and(|last| last.after == now)
    }

    /// Whether each sector is as before, as after one of the writes, or, past the file's end before, zero.
    pub fn is_ours(&self, now: &[u8]) -> bool {
        self.sectors(now).iter().all(|images| images.contains(&true))
    }

    /// For each of the steps, and for the end of all: whether the place looks like this while the commit is at it.
    fn fits(&self, now: &[u8], steps: &[u32]) -> Vec<bool> {
        let sectors = self.sectors(now);
        let is_whole = self.changes.first().is_some_and(|first| first.after.len() == now.len());
        let is = |images: &[bool], image: usize| images.get(image).is_some_and(|is| *is);
        let at = |step: Option<&u32>| {
            let done =
                self.changes.iter().take_while(|change| step.is_none_or(|step| change.step < *step)).count();
            let writes = self.changes.get(done).is_some_and(|change| Some(&change.step) == step);
            (done == 0 || is_whole)
                && sectors.iter().all(|images| is(images, done) || (writes && is(images, done + 1)))
        };
        steps.iter().map(Some).chain([None]).map(at).collect()
    }

    /// For each sector which images it looks like: that before, and those that the writes leave.
    fn sectors(&self, now: &[u8]) -> Vec<Vec<bool>> {
        let mut sectors = Vec::new();
        let mut at = 0;
        while at < now.len() {
            let place = self.offset + at as u64;
            let end = now.len().min(at + (SECTOR - place % SECTOR) as usize);
            let sector = now.get(at..end).unwrap_or_default();
            let before = self.changes.first().map_or(&[][..], |first| &first.before);
            // What a file is longer by is zero at first.
            let fresh = place >= self.length && sector.iter().all(|byte| *byte == 0);
            let afters = self.changes.iter().map(|change| change.after.get(at..end) == Some(sector));
            sectors
                .push(std::iter::once(fresh || before.get(at..end) == Some(sector)).chain(afters).collect());
            at = end;
        }
        sectors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemFile;
    use crate::hash::{Hash, Options};
    use std::path::Path;

    const BYTES: usize = SECTOR as usize;

    /// Each letter is a sector.
    fn sectors(letters: &str) -> Vec<u8> {
        letters.bytes().flat_map(|letter| vec![if letter == b'0' { 0 } else { letter }; BYTES]).collect()
    }

    fn change(step: u32, sector: u64, before: &str, after: &str) -> Change {
        let (before, after) = (sectors(before), sectors(after));
        Change { file: 0, step, offset: sector * SECTOR, before, after }
    }

    fn state_of(contents: Vec<u8>, length: usize, changes: &[Change]) -> State {
        let file: StoredFile = Box::new(MemFile::with_contents(contents));
        state(&[Some(file), None], [Some(length as u64), None], changes)
    }

    #[test]
    fn steps_come_in_their_order() {
        let changes = [change(0, 0, "a", "b"), change(0, 3, "", "nm"), change(1, 1, "cd", "ef")];
        let (between, foreign) = (|step| State::Between { step }, State::Foreign(0));
        for (file, expected) in [
            ("acd", State::Before { untouched: true }),
            ("acdnx", State::Before { untouched: true }),
            ("bcd", between(0)),
            ("bcd00", between(0)),
            ("acdnm", State::Before { untouched: true }),
            ("bcdn0", between(0)),
            ("bcdnm", between(0)),
            ("becnm", foreign),
            ("bednm", between(1)),
            ("befnm", State::After { recount: false }),
            // A page of the second step is there, and one of the first is not.
            ("bedn0", foreign),
            ("bed", foreign),
            ("aednm", foreign),
            ("aefnm", foreign),
            // Another program's.
            ("0cdnm", foreign),
            ("bcdnx", foreign),
            ("bxdnm", foreign),
            ("befnx", foreign),
            // There is less than before.
            ("ac", foreign),
        ] {
            assert_eq!(state_of(sectors(file), 3 * BYTES, &changes), expected, "{file}");
        }
    }

    #[test]
    fn a_place_that_is_written_twice() {
        let changes = [change(0, 0, "a", "b"), change(1, 1, "c", "d"), change(2, 0, "b", "e")];
        for (file, expected) in [
            ("ac", State::Before { untouched: true }),
            ("bc", State::Between { step: 0 }),
            ("bd", State::Between { step: 1 }),
            ("ed", State::After { recount: false }),
            ("ad", State::Foreign(0)),
            ("ec", State::Foreign(0)),
        ] {
            assert_eq!(state_of(sectors(file), 2 * BYTES, &changes), expected, "{file}");
        }
    }

    /// The header of a hash table with so many pairs.
    fn header(pairs: u8) -> Vec<u8> {
        let file = MemFile::new();
        let mut table = Hash::create(file.clone(), Path::new("test.db"), Options::default()).unwrap();
        table.put(b"key", b"value").unwrap();
        table.commit().unwrap();
        let mut header = file.contents()[..248].to_vec();
        assert_eq!(header[44..48], [0, 0, 0, 1]);
        header[47] = pairs;
        header
    }

    #[test]
    fn the_number_of_pairs_counts_only_in_between() {
        let before = State::Before { untouched: true };
        let touched = State::Before { untouched: false };
        let (between, foreign) = (|step| State::Between { step }, State::Foreign(0));
        // It changes after the pages, or does not and is among them.
        for (after, step) in [(2, 1), (1, 0)] {
            let done = State::After { recount: after == 2 };
            let header_change = Change { file: 0, step, offset: 0, before: header(1), after: header(after) };
            let mut changes = vec![change(0, 8, "ac", "bd"), change(0, 12, "w", "w"), header_change];
            changes.sort_by_key(|change| change.step);
            for (file, pairs, expected) in [
                ("acxxw", 1, before),
                ("acxxw", 2, touched),
                ("acxxw", 7, touched),
                ("acxxv", 1, touched),
                ("bcxxw", 1, between(0)),
                ("bcxxw", 2, foreign),
                ("bcxxw", 7, foreign),
                ("bcxxv", 1, foreign),
                ("bdxxw", 1, done),
                ("bdxxw", after, done),
                ("bdxxw", 7, done),
                ("bdxxv", 1, done),
            ] {
                let mut contents = header(pairs);
                contents.resize(8 * BYTES, b'h');
                contents.extend(sectors(file));
                let length = contents.len();
                assert_eq!(state_of(contents, length, &changes), expected, "{after}: {file}, {pairs}");
            }
        }
        // Where more than that changes it is a page like others: look-ups find new buckets by it.
        let mut grown = header(2);
        grown[24..28].copy_from_slice(&[0, 0, 0, 3]);
        let changes =
            [Change { file: 0, step: 0, offset: 0, before: header(1), after: grown }, change(1, 8, "a", "b")];
        let mut contents = header(7);
        contents.resize(8 * BYTES, b'h');
        contents.extend(sectors("a"));
        assert_eq!(state_of(contents.clone(), contents.len(), &changes), foreign);
    }
}
