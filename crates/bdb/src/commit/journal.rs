//! The bytes of a journal (`docs/formats/journal.md`): what a commit is about to do to files that others may look at.
//!
//! ```text
//! +0   magic: "k5jrnl\r\n"
//! +8   u32 version 1
//! +12  u32 kind: 1 pages, 2 exchange         exchange
//! pages                                      +16  u32 names: 1 commit, 2 load
//! +16  u64 length of the first file before   +20  u32 1 if there was a second file, else 0
//! +24  u64 the same of the second            +24  SHA-256 of the second file before, zeros if there was none
//! +32  u32 writes                            +56  SHA-256 of the second file after
//! +36  the writes                            +88
//!
//! a write: u32 file (0 or 1), u32 step, u64 offset in the file,
//!          u32 bytes before, u32 bytes after, the bytes before, the bytes after
//! at the end: SHA-256 of all before it
//! ```
//!
//! Integers are little-endian. Of a file that the commit does not touch the length is 2^64 - 1.

use k5_wire::{ByteOrder, Reader, WireError, Writer};
use sha2::{Digest, Sha256};

use super::Names;

const MAGIC: &[u8; 8] = b"k5jrnl\r\n";
const VERSION: u32 = 1;
const KIND_PAGES: u32 = 1;
const KIND_EXCHANGE: u32 = 2;
pub(super) const DIGEST: usize = 32;

/// The longest journal that is written, in bytes. What would need a longer one is copied.
pub(super) const MAX: u64 = 1 << 28;

/// One write, with what stood in its place.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Which of the two files.
    pub file: usize,
    pub step: u32,
    pub offset: u64,
    /// Shorter than what is written, or nothing, where the file ends before it.
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

/// What a journal says.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Journal {
    /// Writes within the files, in steps.
    Pages {
        /// The files' lengths before, of those that are touched.
        lengths: [Option<u64>; 2],
        changes: Vec<Change>,
    },
    /// Both files are replaced by new ones, the first one first.
    Exchange {
        /// What the new ones are called before.
        names: Names,
        /// Of the second file, if there was one.
        before: Option<[u8; DIGEST]>,
        after: [u8; DIGEST],
    },
}

/// Why there is nothing to learn from a journal.
pub(super) enum Unreadable {
    /// It was never whole, so that the change has not begun; or it was being wiped, so that the change is over.
    Incomplete,
    /// It is whole and says something that this version does not know.
    Unknown(&'static str),
}

impl From<WireError> for Unreadable {
    fn from(_: WireError) -> Self {
        Unreadable::Unknown("a part is shorter than it says")
    }
}

impl Journal {
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new(ByteOrder::Little);
        writer.bytes(MAGIC).u32(VERSION);
        match self {
            Journal::Pages { lengths, changes } => {
                writer.u32(KIND_PAGES);
                for length in lengths {
                    writer.u64(length.unwrap_or(u64::MAX));
                }
                // As many as fit into the longest journal.
                writer.u32(changes.len() as u32);
                for change in changes {
                    writer.u32(change.file as u32).u32(change.step).u64(change.offset);
                    writer.u32(change.before.len() as u32).u32(change.after.len() as u32);
                    writer.bytes(&change.before).bytes(&change.after);
                }
            }
            Journal::Exchange { names, before, after } => {
                writer.u32(KIND_EXCHANGE);
                writer.u32(match names {
                    Names::Commit => 1,
                    Names::Load => 2,
                });
                writer.u32(u32::from(before.is_some())).bytes(&before.unwrap_or_default()).bytes(after);
            }
        }
        let mut bytes = writer.into_bytes();
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Result<Journal, Unreadable> {
        // A medium writes and wipes what it begins with as a whole.
        let start = bytes.get(..MAGIC.len().min(bytes.len())).unwrap_or_default();
        if !MAGIC.starts_with(start) && start.iter().any(|byte| *byte != 0) {
            return Err(Unreadable::Unknown("another magic number"));
        }
        let body = bytes.len().checked_sub(DIGEST).and_then(|at| bytes.split_at_checked(at));
        let Some((body, digest)) = body else { return Err(Unreadable::Incomplete) };
        if Sha256::digest(body).as_slice() != digest {
            return Err(Unreadable::Incomplete);
        }
        let mut reader = Reader::new(body, ByteOrder::Little);
        reader.bytes(MAGIC.len())?;
        if reader.u32()? != VERSION {
            return Err(Unreadable::Unknown("another version"));
        }
        let journal = match reader.u32()? {
            KIND_PAGES => pages(&mut reader)?,
            KIND_EXCHANGE => exchange(&mut reader)?,
            _ => return Err(Unreadable::Unknown("another kind")),
        };
        match reader.is_empty() {
            true => Ok(journal),
            false => Err(Unreadable::Unknown("bytes behind its end")),
        }
    }
}

fn pages(reader: &mut Reader<'_>) -> Result<Journal, Unreadable> {
    let lengths = [reader.u64()?, reader.u64()?].map(|length| (length != u64::MAX).then_some(length));
    let mut changes = Vec::new();
    for _ in 0..reader.u32()? {
        let file = match reader.u32()? {
            0 => 0,
            1 => 1,
            _ => return Err(Unreadable::Unknown("a file that there is not")),
        };
        let (step, offset) = (reader.u32()?, reader.u64()?);
        let (before, after) = (reader.u32()? as usize, reader.u32()? as usize);
        let (before, after) = (reader.bytes(before)?.to_vec(), reader.bytes(after)?.to_vec());
        if before.len() > after.len() || offset.checked_add(after.len() as u64).is_none() {
            return Err(Unreadable::Unknown("a write that nobody makes"));
        }
        changes.push(Change { file, step, offset, before, after });
    }
    Ok(Journal::Pages { lengths, changes })
}

fn exchange(reader: &mut Reader<'_>) -> Result<Journal, Unreadable> {
    let names = match reader.u32()? {
        1 => Names::Commit,
        2 => Names::Load,
        _ => return Err(Unreadable::Unknown("other names")),
    };
    let existed = reader.u32()? != 0;
    let mut digest = || {
        let mut digest = [0; DIGEST];
        digest.copy_from_slice(reader.bytes(DIGEST)?);
        Ok::<_, Unreadable>(digest)
    };
    let (before, after) = (digest()?, digest()?);
    Ok(Journal::Exchange { names, before: existed.then_some(before), after })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Journal> {
        let change = |file, step, offset, before: &[u8], after: &[u8]| Change {
            file,
            step,
            offset,
            before: before.to_vec(),
            after: after.to_vec(),
        };
        vec![
            Journal::Pages {
                lengths: [Some(8192), None],
                changes: vec![change(0, 0, 4096, b"old", b"new"), change(0, 1, 8192, b"", b"more")],
            },
            Journal::Pages { lengths: [Some(1), Some(u64::MAX - 1)], changes: Vec::new() },
            Journal::Exchange { names: Names::Commit, before: Some([3; DIGEST]), after: [4; DIGEST] },
            Journal::Exchange { names: Names::Load, before: None, after: [4; DIGEST] },
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        for journal in samples() {
            assert!(Journal::decode(&journal.encode()).is_ok_and(|again| again == journal));
        }
    }

    #[test]
    fn what_is_cut_or_changed_anywhere_is_incomplete() {
        for bytes in samples().iter().map(Journal::encode) {
            for at in 0..bytes.len() {
                assert!(matches!(Journal::decode(&bytes[..at]), Err(Unreadable::Incomplete)));
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                let decoded = Journal::decode(&changed);
                match at < MAGIC.len() {
                    true => assert!(
                        matches!(decoded, Err(Unreadable::Unknown(_))),
                        "no program of ours writes that"
                    ),
                    false => assert!(matches!(decoded, Err(Unreadable::Incomplete))),
                }
            }
        }
    }

    #[test]
    fn what_is_whole_and_unknown_is_told() {
        let with_digest = |mut body: Vec<u8>| {
            let digest = Sha256::digest(&body);
            body.extend_from_slice(&digest);
            body
        };
        for journal in samples() {
            let bytes = journal.encode();
            let body = &bytes[..bytes.len() - DIGEST];
            for (at, value) in [(0, b'x'), (8, 2), (12, 9)] {
                let mut other = body.to_vec();
                other[at] = value;
                assert!(matches!(Journal::decode(&with_digest(other)), Err(Unreadable::Unknown(_))));
            }
            let more = [body, b"x"].concat();
            assert!(matches!(Journal::decode(&with_digest(more)), Err(Unreadable::Unknown(_))));
        }
    }
}
