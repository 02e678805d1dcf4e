//! Changing many slots at once: for the time of the change readers are led round the place where it happens.
//!
//! ```text
//! before | head | P: slots ... |
//! built  | head | P: slots ... | 00 x 8 | magic | D: what the slots will be |     readers end at the first 00 00 00 00
//! open   | head | P: hole up to D; what is in it is written anew   | D: slots |     one write of four bytes shows it
//! closed | head | P: new slots | 00 x 8 | magic | D: ...           |                one write of four bytes again
//! after  | head | P: new slots |
//! ```
//! Each line is a keytab for all readers: the first two have the old entries, the others the new ones. The writer may die
//! at any point; [`find`] and [`Remains::tidy`] put in order what it left. P is the first slot that changes, or the first of
//! the file.

use crate::change::Change;
use crate::layout::LENGTH_LEN;
use crate::record::Version;
use crate::storage::{Storage, copy, zero};
use std::io;

/// MIT's programs keep offsets in 31 bits.
pub(crate) const LONGEST_FILE: u64 = 0x7fff_ffff;

/// Stands before the copy, behind an end mark and four zeros more, so that nobody takes it for a slot.
const MAGIC: &[u8; 8] = b"KtDetour";

/// The zeros before [`MAGIC`].
const ZEROS: u64 = 8;

/// Bytes before the copy.
const GAP: u64 = ZEROS + MAGIC.len() as u64;

/// A file that is to change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) version: Version,
    /// Its length in bytes.
    pub(crate) file_len: u64,
    /// Where its slots end. In a file of version 1 the last record may end behind the file.
    pub(crate) end: u64,
}

/// Where everything is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detour {
    version: Version,
    /// Bytes that the file had.
    file_len: u64,
    /// P.
    pivot: u64,
    /// D.
    copy_at: u64,
    /// Bytes of the copy, which begins with a slot and has one at least.
    copy_len: u64,
}

/// How far a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The old slots are what readers see.
    Building,
    /// The new ones may be.
    Open,
}

impl Detour {
    /// For a change of a file from the slot at `pivot` on, after which it has `new_len` bytes. `None` where the file would
    /// be too long.
    pub(crate) fn plan(pivot: u64, new_len: u64, file: Extent) -> Option<Detour> {
        let copy_at = file.file_len.max(file.end).max(new_len) + GAP;
        let copy_len = new_len.checked_sub(pivot).filter(|len| *len >= LENGTH_LEN)?;
        let detour = Detour { version: file.version, file_len: file.file_len, pivot, copy_at, copy_len };
        (detour.end() <= LONGEST_FILE).then_some(detour)
    }

    /// Where the copy ends.
    fn end(&self) -> u64 {
        self.copy_at + self.copy_len
    }

    /// Makes the change.
    pub(crate) fn take(&self, storage: &impl Storage, change: &Change) -> Result<(), (io::Error, Step)> {
        self.build(storage, change).map_err(|error| (error, Step::Building))?;
        self.open(storage).and_then(|()| self.close(storage)).map_err(|error| (error, Step::Open))
    }

    /// Writes the copy.
    fn build(&self, storage: &impl Storage, change: &Change) -> io::Result<()> {
        storage.set_len(self.end())?;
        // Written, so that the disk has room for whatever will stand there.
        zero(storage, self.file_len, self.copy_at - MAGIC.len() as u64)?;
        storage.write_all_at(MAGIC, self.copy_at - MAGIC.len() as u64)?;
        let mut patches: Vec<(u64, &[u8])> = change.patches().collect();
        // Stable: of two for one place the later one counts.
        patches.sort_by_key(|(offset, _)| *offset);
        let mut first = 0;
        let range = (self.pivot, self.pivot + self.copy_len);
        copy(storage, range, self.file_len, self.copy_at, |at, piece| {
            let past = |(offset, bytes): &(u64, &[u8])| offset + bytes.len() as u64 <= at;
            first += patches.iter().skip(first).take_while(|patch| past(patch)).count();
            let end = at + piece.len() as u64;
            for (offset, bytes) in patches.iter().skip(first).take_while(|(offset, _)| *offset < end) {
                overlay(piece, at, bytes, *offset);
            }
        })?;
        storage.sync()
    }

    /// Leads the readers to the copy.
    fn open(&self, storage: &impl Storage) -> io::Result<()> {
        let hole = self.copy_at - self.pivot - LENGTH_LEN;
        // No longer than the file, whose length has 31 bits.
        let length = i32::try_from(hole).map_err(io::Error::other)?;
        storage.write_all_at(&self.version.length_bytes(-length), self.pivot)?;
        storage.sync()
    }

    /// Puts the copy in its place and leads the readers back there.
    fn close(&self, storage: &impl Storage) -> io::Result<()> {
        let inside = (self.copy_at + LENGTH_LEN, self.end());
        copy(storage, inside, self.end(), self.pivot + LENGTH_LEN, |_, _| {})?;
        // An end mark has to follow, be the copy as short as may be.
        zero(storage, self.pivot + self.copy_len, self.copy_at - GAP)?;
        storage.sync()?;
        let mut length = [0; 4];
        storage.read_exact_at(&mut length, self.copy_at)?;
        storage.write_all_at(&length, self.pivot)?;
        storage.sync()?;
        cut(storage, self.copy_at, self.end(), self.pivot + self.copy_len)
    }

    /// Makes the file what it was after a failure, `back` being the change that takes the failed one back.
    pub(crate) fn turn_back(&self, storage: &impl Storage, back: &Change, step: Step) -> io::Result<()> {
        if step == Step::Open {
            let is_pivot = |offset: u64| offset == self.pivot;
            for (offset, bytes) in back.patches().filter(|(offset, _)| *offset < self.file_len) {
                if !(is_pivot(offset) && bytes.len() as u64 == LENGTH_LEN) {
                    storage.write_all_at(bytes, offset)?;
                }
            }
            storage.sync()?;
            for (offset, length) in back.lengths.iter().filter(|(offset, _)| is_pivot(*offset)) {
                storage.write_all_at(length, *offset)?;
            }
            storage.sync()?;
        }
        // On a full disk there may be no room for zeros even; the copy goes all the same.
        if cut(storage, self.copy_at, self.end(), self.file_len).is_err() {
            storage.set_len(self.file_len)?;
        }
        storage.sync()
    }
}

/// Puts the bytes that belong at `offset` into a piece that begins at `at`.
fn overlay(piece: &mut [u8], at: u64, bytes: &[u8], offset: u64) {
    let skip = |from: u64, to: u64| usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    let to = piece.iter_mut().skip(skip(at, offset));
    for (to, from) in to.zip(bytes.iter().skip(skip(offset, at))) {
        *to = *from;
    }
}

/// Wipes what has keys in it, and then shortens the file. [`MAGIC`] stays until it is short.
fn cut(storage: &impl Storage, from: u64, to: u64, new_len: u64) -> io::Result<()> {
    zero(storage, from, to)?;
    storage.sync()?;
    storage.set_len(new_len)
}

/// What a writer that died has left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Remains {
    /// Readers are led round.
    Open(Detour),
    /// A copy from `from` on that nobody sees, or nothing but zeros yet, in a file whose slots end at `end`.
    Unseen { end: u64, from: u64 },
}

/// What a change that was not ended has left, if this is surely what it is. `holes` are offset and size of those that the
/// file has; `marked` tells whether its slots end at a mark.
pub(crate) fn find(
    storage: &impl Storage,
    file: Extent,
    marked: bool,
    holes: &[(u64, u32)],
) -> io::Result<Option<Remains>> {
    for (offset, size) in holes.iter().rev() {
        let copy_at = offset + LENGTH_LEN + u64::from(*size);
        let copy_len = file.file_len.saturating_sub(copy_at);
        // The copy has to fit in before the zeros.
        if copy_len < LENGTH_LEN || offset + copy_len + GAP > copy_at {
            continue;
        }
        let mut gap = [0; GAP as usize];
        storage.read_exact_at(&mut gap, copy_at - GAP)?;
        if gap.strip_suffix(MAGIC).is_some_and(|zeros| zeros.iter().all(|byte| *byte == 0)) {
            let (version, file_len) = (file.version, file.file_len);
            return Ok(Some(Remains::Open(Detour { version, file_len, pivot: *offset, copy_at, copy_len })));
        }
    }
    if !marked {
        return Ok(None);
    }
    let magic = skip_zeros(storage, file.end, file.file_len)?;
    if magic < file.end + ZEROS {
        return Ok(None);
    }
    if magic == file.file_len {
        return Ok(Some(Remains::Unseen { end: file.end, from: magic }));
    }
    let from = magic + MAGIC.len() as u64;
    if from > file.file_len {
        return Ok(None);
    }
    let mut there = [0; MAGIC.len()];
    storage.read_exact_at(&mut there, magic)?;
    Ok((there == *MAGIC).then_some(Remains::Unseen { end: file.end, from }))
}

/// The offset of the first byte that is not zero.
fn skip_zeros(storage: &impl Storage, from: u64, to: u64) -> io::Result<u64> {
    let mut buffer = [0; 4096];
    let mut at = from;
    while at < to {
        let count = usize::try_from(to - at).map_or(buffer.len(), |left| left.min(buffer.len()));
        let piece = buffer.get_mut(..count).unwrap_or_default();
        storage.read_exact_at(piece, at)?;
        match piece.iter().position(|byte| *byte != 0) {
            Some(index) => return Ok(at + index as u64),
            None => at += count as u64,
        }
    }
    Ok(to)
}

impl Remains {
    /// Ends the change that was made, or wipes the copy of one that was not, or of one that was.
    pub(crate) fn tidy(&self, storage: &impl Storage, file_len: u64) -> io::Result<()> {
        match self {
            Remains::Open(detour) => detour.close(storage)?,
            Remains::Unseen { end, from } => cut(storage, *from, file_len, *end)?,
        }
        storage.sync()
    }
}
