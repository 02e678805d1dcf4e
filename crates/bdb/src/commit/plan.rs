//! What a commit writes, and in which order.

use std::io;

/// Bytes that go to a place in a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Write {
    /// The place, in bytes from the file's start.
    pub offset: u64,
    /// What stands there afterwards.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Write {
    /// Without the bytes, which are those of keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes at {}", self.bytes.len(), self.offset)
    }
}

/// The changes to one file, as a tree or a table has them in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The writes, in steps. If each step is on the medium before the next one begins, whoever opens the file in between, or
    /// when any part of a step is done, sees every record that the commit does not touch by a look-up and by a walk forwards; if
    /// [`Plan::ordered`] says so.
    pub steps: Vec<Vec<Write>>,
    /// The steps are as they are described. Otherwise the file is whole before the first and after the last one only.
    pub ordered: bool,
    /// A step writes where nothing in the file leads to, or within one sector: whatever sectors of it are on the medium, the file
    /// is whole, as before or as after.
    pub sectors: bool,
    /// Records are deleted or replaced, so that the file as it was holds keys which it holds no more.
    pub removes: bool,
}

impl Plan {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(Vec::is_empty)
    }

    /// All writes, in their order.
    pub(crate) fn writes(&self) -> impl Iterator<Item = &Write> {
        self.steps.iter().flatten()
    }

    /// Bytes that are written.
    pub(crate) fn bytes(&self) -> u64 {
        self.writes().map(|write| write.bytes.len() as u64).sum()
    }
}

/// Bytes that are gathered for one write.
const JOINED: usize = 256 << 10;

/// Hands writes over in their order, those that stand behind each other in the file as one.
///
/// # Errors
/// What `write` says; the rest is not written then.
pub(super) fn join<'a>(
    writes: impl IntoIterator<Item = (u64, &'a [u8])>,
    mut write: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let (mut start, mut joined): (u64, Vec<u8>) = (0, Vec::new());
    for (offset, bytes) in writes {
        let behind = start.checked_add(joined.len() as u64) == Some(offset);
        if !behind || joined.len().saturating_add(bytes.len()) > JOINED {
            if !joined.is_empty() {
                write(start, &joined)?;
            }
            start = offset;
            joined.clear();
        }
        joined.extend_from_slice(bytes);
    }
    if joined.is_empty() { Ok(()) } else { write(start, &joined) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_each_other_is_one_write() {
        let big = vec![7; JOINED];
        let writes: [(u64, &[u8]); 7] =
            [(0, b"ab"), (2, b"c"), (4, b"e"), (0, b"x"), (1, &big), (1 + JOINED as u64, b"y"), (5, b"f")];
        let mut seen = Vec::new();
        let mut file = vec![0; 2 + JOINED];
        join(writes, |offset, bytes| {
            seen.push((offset, bytes.len()));
            file[offset as usize..][..bytes.len()].copy_from_slice(bytes);
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, [(0, 3), (4, 1), (0, 1), (1, JOINED), (1 + JOINED as u64, 1), (5, 1)]);
        assert_eq!((file[0], file[1], file[5], file[1 + JOINED]), (b'x', 7, b'f', b'y'));
        let failed =
            join(writes, |offset, _| if offset == 4 { Err(io::ErrorKind::Other.into()) } else { Ok(()) });
        assert!(failed.is_err());
        join([], |_, _| panic!("there is nothing")).unwrap();
    }
}
