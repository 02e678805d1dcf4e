//! Sorting more records than are to be in memory: what does not fit goes to a file in sorted runs, which are merged.
//!
//! A run is sorted and written in a thread of its own while the records of the next one are gathered.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{Builder, JoinHandle};

use k5_wire::{ByteOrder, Reader};

use crate::{Error, PageFile, Result};

/// Bytes of a run's record before its key: the lengths of key and value.
const LENGTHS: usize = 8;
/// Bytes that are written at a time.
const CHUNK: usize = 1 << 20;
/// Bytes that all runs together are read ahead.
const READ_AHEAD: usize = 16 << 20;
/// Least and most of that for one run.
const LEAST_AHEAD: usize = 4 << 10;
const MOST_AHEAD: usize = 1 << 20;

/// An order of records: by the rank of their keys, and by the bytes of these where two have the same rank.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    /// The rank of a key.
    pub rank: fn(key: &[u8], by: u32) -> u64,
    /// What that is told besides.
    pub by: u32,
}

impl Order {
    /// By the bytes of the keys, of which the first eight decide most comparisons.
    const BYTES: Order = Order { rank: |key, _| prefix(key), by: 0 };

    fn rank(self, key: &[u8]) -> u64 {
        (self.rank)(key, self.by)
    }

    /// Goes to a run's next record, if there is one.
    fn to_next<F: PageFile>(self, run: &mut Run, file: &F, path: &Path, ahead: usize) -> Result<bool> {
        let there = run.advance(file, path, ahead)?;
        run.rank = self.rank(run.key());
        Ok(there)
    }
}

/// Where a record stands in memory.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Of the key, once the records are sorted.
    rank: u64,
    start: usize,
    key: u32,
    value: u32,
}

/// A gathering of records, given in any order.
#[derive(Debug)]
pub struct Sorter<F> {
    /// For errors.
    path: PathBuf,
    order: Order,
    spilling: Spilling<F>,
    /// Where in the file each run ends.
    runs: Vec<u64>,
    /// Bytes of records in a run.
    run: usize,
    /// Whether a thread may be asked for.
    threads: bool,
    held: Held,
}

/// The file that the runs go to, and who has it.
#[derive(Debug)]
enum Spilling<F> {
    Idle(Spill<F>),
    Busy(JoinHandle<Result<Spill<F>>>),
    /// It could not be written.
    Lost,
}

/// The file of the runs, and the records of the next one.
#[derive(Debug)]
struct Spill<F> {
    /// For errors.
    path: PathBuf,
    file: F,
    written: u64,
    held: Held,
}

/// Records in memory.
#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

impl Held {
    fn size(&self) -> usize {
        self.bytes.len() + self.places.len() * size_of::<Place>()
    }

    fn key(&self, place: &Place) -> &[u8] {
        self.bytes.get(place.start..place.start + place.key as usize).unwrap_or_default()
    }

    fn value(&self, place: &Place) -> &[u8] {
        let start = place.start + place.key as usize;
        self.bytes.get(start..start + place.value as usize).unwrap_or_default()
    }

    /// By key; of the same key, the one that came last comes first.
    fn sort(&mut self, order: Order) {
        let mut places = std::mem::take(&mut self.places);
        for place in &mut places {
            place.rank = order.rank(self.key(place));
        }
        places.sort_unstable_by(|one, other| {
            let by_key = one.rank.cmp(&other.rank).then_with(|| self.key(one).cmp(self.key(other)));
            // Of two that begin at the same place, the first has no bytes.
            by_key.then(other.start.cmp(&one.start)).then(other.value.cmp(&one.value))
        });
        self.places = places;
    }
}

/// The first eight bytes as a number, which compares as they do.
fn prefix(key: &[u8]) -> u64 {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

impl<F: PageFile> Spill<F> {
    /// Writes the records as a run, and forgets them.
    fn write(mut self, order: Order) -> Result<Self> {
        self.held.sort(order);
        let mut chunk = Vec::with_capacity(CHUNK);
        let held = std::mem::take(&mut self.held);
        for place in &held.places {
            for length in [place.key, place.value] {
                chunk.extend_from_slice(&length.to_ne_bytes());
            }
            chunk.extend_from_slice(held.key(place));
            chunk.extend_from_slice(held.value(place));
            if chunk.len() >= CHUNK {
                self.write_chunk(&mut chunk)?;
            }
        }
        self.write_chunk(&mut chunk)?;
        self.held = held;
        self.held.bytes.clear();
        self.held.places.clear();
        Ok(self)
    }

    fn write_chunk(&mut self, chunk: &mut Vec<u8>) -> Result<()> {
        self.file.write_at(self.written, chunk).map_err(|source| io_error(&self.path, "write", source))?;
        self.written += chunk.len() as u64;
        chunk.clear();
        Ok(())
    }
}

impl<F: PageFile + Send + 'static> Spilling<F> {
    /// Has the run written meanwhile, or at once where no thread can be had.
    fn begin(spill: Spill<F>, order: Order, threads: bool) -> Result<Self> {
        let (give, take) = mpsc::channel::<Spill<F>>();
        let path = spill.path.clone();
        let work = move || take.recv().map_err(|_| lost(&path))?.write(order);
        match if threads { Builder::new().spawn(work) } else { Err(std::io::ErrorKind::Unsupported.into()) } {
            Ok(thread) => match give.send(spill) {
                Ok(()) => Ok(Spilling::Busy(thread)),
                Err(mpsc::SendError(spill)) => spill.write(order).map(Spilling::Idle),
            },
            Err(_) => spill.write(order).map(Spilling::Idle),
        }
    }

    /// The file when its run is written.
    fn end(self, path: &Path) -> Result<Spill<F>> {
        match self {
            Spilling::Idle(spill) => Ok(spill),
            Spilling::Busy(thread) => thread.join().unwrap_or_else(|_| Err(lost(path))),
            Spilling::Lost => Err(lost(path)),
        }
    }
}

fn lost(path: &Path) -> Error {
    io_error(path, "write", std::io::ErrorKind::BrokenPipe.into())
}

impl<F: PageFile + Send + 'static> Sorter<F> {
    /// A gathering that keeps about `memory` bytes of records in memory, one half while the other is being written, and
    /// writes the others to `file`, which is empty and nobody else's. `path` names it in errors.
    pub fn new(file: F, path: &Path, memory: usize) -> Self {
        let spill = Spill { path: path.to_owned(), file, written: 0, held: Held::default() };
        Sorter {
            path: path.to_owned(),
            order: Order::BYTES,
            spilling: Spilling::Idle(spill),
            runs: Vec::new(),
            run: memory / 2,
            threads: true,
            held: Held::default(),
        }
    }

    /// Another order than that of the keys' bytes, unless a run was written already.
    pub(crate) fn order_by(&mut self, order: Order) {
        if matches!(&self.spilling, Spilling::Idle(spill) if spill.written == 0) {
            self.order = order;
        }
    }

    /// Whether a record of so many bytes would make it write.
    #[must_use]
    pub fn is_full(&self, length: usize) -> bool {
        !self.held.places.is_empty() && self.held.size().saturating_add(length) > self.run
    }

    /// Adds a record.
    ///
    /// # Errors
    /// Where the file could not be written, or the record is over 4 GiB.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let length = |bytes: &[u8]| {
            let too_long = |_| Error::ValueLength { path: self.path.clone(), length: bytes.len() };
            u32::try_from(bytes.len()).map_err(too_long)
        };
        let (key_length, value_length) = (length(key)?, length(value)?);
        if self.is_full(key.len().saturating_add(value.len())) {
            self.spill()?;
        }
        let start = self.held.bytes.len();
        self.held.bytes.extend_from_slice(key);
        self.held.bytes.extend_from_slice(value);
        self.held.places.push(Place { rank: 0, start, key: key_length, value: value_length });
        Ok(())
    }

    /// The file, once the run before is in it.
    fn settle(&mut self) -> Result<Spill<F>> {
        let was_busy = matches!(self.spilling, Spilling::Busy(_));
        let spill = std::mem::replace(&mut self.spilling, Spilling::Lost).end(&self.path)?;
        if was_busy {
            self.runs.push(spill.written);
        }
        Ok(spill)
    }

    /// What is in memory becomes a run.
    fn spill(&mut self) -> Result<()> {
        let mut spill = self.settle()?;
        std::mem::swap(&mut spill.held, &mut self.held);
        self.spilling = Spilling::begin(spill, self.order, self.threads)?;
        if let Spilling::Idle(spill) = &self.spilling {
            self.runs.push(spill.written);
        }
        Ok(())
    }

    /// The records in the order of their keys; of several with the same key, the one that was added last.
    ///
    /// # Errors
    /// Where the file cannot be read, or could not be written.
    pub fn finish(mut self) -> Result<Sorted<F>> {
        self.held.sort(self.order);
        let Spill { file, .. } = self.settle()?;
        let starts = std::iter::once(0).chain(self.runs.iter().copied());
        let runs: Vec<(u64, u64)> = starts.zip(self.runs.iter().copied()).collect();
        let ahead = (READ_AHEAD / runs.len().max(1)).clamp(LEAST_AHEAD, MOST_AHEAD);
        let mut sorted = Sorted {
            path: self.path,
            order: self.order,
            file,
            ahead,
            held: self.held,
            held_at: 0,
            runs: Vec::new(),
            heap: Vec::new(),
            last: None,
        };
        for (start, end) in runs {
            let mut run = Run { next: start, end, bytes: Vec::new(), at: 0, key: 0, value: 0, rank: 0 };
            if sorted.order.to_next(&mut run, &sorted.file, &sorted.path, ahead)? {
                sorted.runs.push(run);
            }
        }
        // The records in memory are the youngest run.
        let count = sorted.runs.len() + usize::from(!sorted.held.places.is_empty());
        sorted.heap = (0..count).collect();
        for at in (0..count / 2).rev() {
            sorted.sink(at);
        }
        Ok(sorted)
    }
}

/// A run, and the record of it that comes next.
#[derive(Debug)]
struct Run {
    /// The bytes of the file that are not read yet.
    next: u64,
    end: u64,
    bytes: Vec<u8>,
    /// The record in `bytes`, its lengths left out.
    at: usize,
    key: usize,
    value: usize,
    /// Of its key.
    rank: u64,
}

impl Run {
    fn key(&self) -> &[u8] {
        self.bytes.get(self.at..self.at + self.key).unwrap_or_default()
    }

    fn value(&self) -> &[u8] {
        let start = self.at + self.key;
        self.bytes.get(start..start + self.value).unwrap_or_default()
    }

    /// Has at least so many bytes from `at` on.
    fn need<F: PageFile>(&mut self, count: usize, file: &F, path: &Path, ahead: usize) -> Result<()> {
        let there = self.bytes.len() - self.at;
        if there >= count {
            return Ok(());
        }
        self.bytes.drain(..self.at);
        self.at = 0;
        let left = self.end - self.next;
        let wanted = (ahead.max(count) - there) as u64;
        if ((count - there) as u64) > left {
            let source = std::io::ErrorKind::UnexpectedEof.into();
            return Err(io_error(path, "read", source));
        }
        let wanted = wanted.min(left);
        self.bytes.resize(there + wanted as usize, 0);
        let room = self.bytes.get_mut(there..).unwrap_or_default();
        file.read_at(self.next, room).map_err(|source| io_error(path, "read", source))?;
        self.next += wanted;
        Ok(())
    }

    /// Goes to the next record, if there is one.
    fn advance<F: PageFile>(&mut self, file: &F, path: &Path, ahead: usize) -> Result<bool> {
        self.at += self.key + self.value;
        (self.key, self.value) = (0, 0);
        if self.at == self.bytes.len() && self.next == self.end {
            return Ok(false);
        }
        self.need(LENGTHS, file, path, ahead)?;
        let mut lengths = Reader::new(self.bytes.get(self.at..).unwrap_or_default(), ByteOrder::NATIVE);
        let cut = |_| io_error(path, "read", std::io::ErrorKind::InvalidData.into());
        let (key, value) = (lengths.u32().map_err(cut)? as usize, lengths.u32().map_err(cut)? as usize);
        self.at += LENGTHS;
        self.need(key.saturating_add(value), file, path, ahead)?;
        (self.key, self.value) = (key, value);
        Ok(true)
    }
}

/// Sorted records, one after the other.
#[derive(Debug)]
pub struct Sorted<F> {
    path: PathBuf,
    order: Order,
    file: F,
    ahead: usize,
    held: Held,
    /// The record in memory that comes next.
    held_at: usize,
    runs: Vec<Run>,
    /// Runs, the one with the least key first; the number behind the last run is the records in memory.
    heap: Vec<usize>,
    /// The key that was handed out last.
    last: Option<Vec<u8>>,
}

impl<F: PageFile> Sorted<F> {
    fn key(&self, run: usize) -> &[u8] {
        match self.runs.get(run) {
            Some(run) => run.key(),
            None => self.held.places.get(self.held_at).map_or(&[], |place| self.held.key(place)),
        }
    }

    fn value(&self, run: usize) -> &[u8] {
        match self.runs.get(run) {
            Some(run) => run.value(),
            None => self.held.places.get(self.held_at).map_or(&[], |place| self.held.value(place)),
        }
    }

    /// Goes to a run's next record, if it has one.
    fn advance(&mut self, run: usize) -> Result<bool> {
        match self.runs.get_mut(run) {
            Some(run) => self.order.to_next(run, &self.file, &self.path, self.ahead),
            None => {
                self.held_at += 1;
                Ok(self.held_at < self.held.places.len())
            }
        }
    }

    fn rank(&self, run: usize) -> u64 {
        match self.runs.get(run) {
            Some(run) => run.rank,
            None => self.held.places.get(self.held_at).map_or(0, |place| place.rank),
        }
    }

    /// Whether a run comes before another: in the order of the records, the younger one first.
    fn precedes(&self, one: usize, other: usize) -> bool {
        let by_rank = self.rank(one).cmp(&self.rank(other));
        match by_rank.then_with(|| self.key(one).cmp(self.key(other))) {
            Ordering::Less => true,
            Ordering::Equal => one > other,
            Ordering::Greater => false,
        }
    }

    /// Moves an element of the heap down to its place.
    fn sink(&mut self, mut at: usize) {
        loop {
            let mut least = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if let (Some(one), Some(other)) = (self.heap.get(child), self.heap.get(least))
                    && self.precedes(*one, *other)
                {
                    least = child;
                }
            }
            if least == at {
                return;
            }
            self.heap.swap(at, least);
            at = least;
        }
    }

    /// Key and value of the next record; `None` at the end.
    ///
    /// # Errors
    /// Where the file cannot be read; nothing can be had after that.
    pub fn next_record(&mut self) -> Result<Option<(&[u8], &[u8])>> {
        loop {
            let Some(first) = self.heap.first().copied() else { return Ok(None) };
            if self.last.as_deref() != Some(self.key(first)) {
                let mut last = self.last.take().unwrap_or_default();
                last.clear();
                last.extend_from_slice(self.key(first));
                self.last = Some(last);
                return Ok(Some((self.key(first), self.value(first))));
            }
            if !self.advance(first)? {
                self.heap.swap_remove(0);
            }
            self.sink(0);
        }
    }
}

fn io_error(path: &Path, doing: &str, source: std::io::Error) -> Error {
    let doing = format!("{doing} a temporary file beside it");
    Error::Io { path: path.to_owned(), doing, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, MemFile};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn sorted(records: &[(Vec<u8>, Vec<u8>)], memory: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let with = sorted_by(records, memory, true)?;
        assert_eq!(with, sorted_by(records, memory, false)?, "without threads");
        Ok(with)
    }

    fn sorted_by(
        records: &[(Vec<u8>, Vec<u8>)],
        memory: usize,
        threads: bool,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut sorter = Sorter::new(MemFile::new(), Path::new("p"), memory);
        sorter.threads = threads;
        for (key, value) in records {
            sorter.push(key, value)?;
            // Too late, where a run has been written.
            if !sorter.runs.is_empty() {
                sorter.order_by(Order { rank: |_, _| unreachable!("the order of the runs stays"), by: 0 });
            }
        }
        let mut sorted = sorter.finish()?;
        let mut all = Vec::new();
        while let Some((key, value)) = sorted.next_record()? {
            all.push((key.to_vec(), value.to_vec()));
        }
        Ok(all)
    }

    proptest! {
        /// As a map that the records are put into one by one.
        #[test]
        fn as_a_map(
            records in prop::collection::vec((prop::collection::vec(0..3_u8, 0..12), prop::collection::vec(any::<u8>(), 0..40)), 0..200),
            memory in 0_usize..4000,
        ) {
            let map: BTreeMap<_, _> = records.iter().cloned().collect();
            prop_assert_eq!(sorted(&records, memory).unwrap(), map.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_record_without_bytes_is_one_too() {
        let records = vec![(vec![], vec![]), (vec![], vec![]), (vec![], vec![7])];
        assert_eq!(sorted(&records, 72).unwrap(), [(vec![], vec![7])]);
        assert_eq!(sorted(&records[..2], 4000).unwrap(), [(vec![], vec![])]);
    }

    #[test]
    fn records_over_all_buffers() {
        let records: Vec<_> = (0..6_u8).rev().map(|n| (vec![n; 3_000_000], vec![n])).collect();
        let mut expected = records.clone();
        expected.reverse();
        assert!(sorted(&records, 1 << 20).unwrap() == expected);
    }

    #[test]
    fn a_full_disk_is_told() {
        let file = MemFile::new();
        file.set_fault(Some(Fault::Full(1000)));
        let mut sorter = Sorter::new(file, Path::new("p"), 600);
        let pushed = (0..100_u8).try_for_each(|n| sorter.push(&[n; 20], &[n; 20]));
        assert!(matches!(pushed, Err(Error::Io { .. })));
        assert!(matches!(sorter.finish(), Err(Error::Io { .. })), "what was lost is not forgotten");
    }

    /// It is told at the end where nothing was gathered behind the run.
    #[test]
    fn a_full_disk_is_told_of_the_last_run_too() {
        let file = MemFile::new();
        file.set_fault(Some(Fault::Full(10)));
        let mut sorter = Sorter::new(file, Path::new("p"), 128);
        sorter.push(&[1; 20], &[1; 20]).unwrap();
        sorter.push(&[2; 20], &[2; 20]).unwrap();
        assert!(matches!(sorter.finish(), Err(Error::Io { .. })));
    }
}
