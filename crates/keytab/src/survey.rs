//! A look over a whole file: what stands where, whose it is, and where it stops making sense.

use crate::layout::{Scan, Slot};
use crate::reader::{OPEN_FLAGS, regular_len};
use crate::record::KvnoFields;
use crate::{Entry, KeytabError, Result};
use k5_lock::{LockMode, lock};
use std::fs::{Metadata, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// An entry and its place.
#[derive(Debug)]
pub struct Record {
    /// Offset in bytes of its length field.
    pub offset: u64,
    /// The entry.
    pub entry: Entry,
    /// Both fields of its key version number.
    pub kvno: KvnoFields,
}

/// Free space, mostly where an entry was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// Offset in bytes of its length field.
    pub offset: u64,
    /// Bytes after its length field.
    pub size: u32,
}

/// Whose a file is, and who may do what with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ownership {
    /// The number of its owner.
    pub user: u32,
    /// The number of its group.
    pub group: u32,
    /// The permission bits, `0o7777` at most.
    pub mode: u32,
}

/// What there is in a file.
#[derive(Debug)]
pub struct Survey {
    /// Owner, group and mode.
    pub ownership: Ownership,
    /// The entries in the order of the file.
    pub records: Vec<Record>,
    /// The holes in the order of the file.
    pub holes: Vec<Hole>,
    /// Why nothing is read after some place: the file is damaged there, or the system failed. What stands before it
    /// is whole.
    pub stopped: Option<KeytabError>,
}

impl From<&Metadata> for Ownership {
    fn from(metadata: &Metadata) -> Self {
        Ownership { user: metadata.uid(), group: metadata.gid(), mode: metadata.mode() & 0o7777 }
    }
}

/// Looks the file over under a shared lock.
///
/// # Errors
/// As [`crate::KeytabReader::open`]. Damage behind the version is told in the survey.
pub fn survey(path: &Path) -> Result<Survey> {
    let io = |doing| move |e| KeytabError::io(path, doing, e);
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(OPEN_FLAGS).open(path).map_err(io("opening"))?;
    regular_len(&file, path)?;
    lock(&file, LockMode::Shared).map_err(io("locking"))?;
    let metadata = file.metadata().map_err(io("reading"))?;
    let mut scan = Scan::start(&file, path, metadata.len())?;
    let ownership = Ownership::from(&metadata);
    let mut survey = Survey { ownership, records: Vec::new(), holes: Vec::new(), stopped: None };
    loop {
        match scan.next(&file, path) {
            Ok((offset, Slot::Record { entry, kvno, .. })) => {
                survey.records.push(Record { offset, entry, kvno });
            }
            Ok((offset, Slot::Hole { size })) => survey.holes.push(Hole { offset, size }),
            Ok((_, Slot::End { .. })) => return Ok(survey),
            Err(error) => {
                survey.stopped = Some(error);
                return Ok(survey);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Version, encode};
    use k5_types::{EncType, KeyBlock, Principal, Timestamp};
    use std::os::unix::fs::PermissionsExt;

    fn record(kvno: u32) -> Vec<u8> {
        let entry = Entry {
            principal: Principal::new("R", ["host", "a"]),
            timestamp: Timestamp(1),
            kvno,
            key: KeyBlock::new(EncType(18), vec![7; 32]),
        };
        let body = encode(Version::V2, &entry).unwrap();
        let length = u32::try_from(body.expose().len()).unwrap();
        [&length.to_be_bytes()[..], body.expose()].concat()
    }

    #[test]
    fn everything_has_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("k");
        let one = record(0x0102);
        let mut other = record(3);
        // The old field says something else.
        let low = other.len() - 4 - 32 - 2 - 2 - 1;
        assert_eq!(other[low], 3);
        other[low] = 4;
        let hole = [&(-6i32).to_be_bytes()[..], b"freed!"].concat();
        let file = [b"\x05\x02", &one[..], &hole, &other, b"\0\0\0\x09trash"].concat();
        std::fs::write(&path, &file).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();

        let survey = survey(&path).unwrap();
        assert_eq!(survey.ownership.mode, 0o640);
        assert_eq!(survey.ownership.user, std::fs::metadata(&path).unwrap().uid());
        let at = |before: usize| u64::try_from(before).unwrap();
        assert_eq!(survey.holes, [Hole { offset: at(2 + one.len()), size: 6 }]);
        let places: Vec<_> =
            survey.records.iter().map(|r| (r.offset, r.entry.kvno, r.kvno.agree())).collect();
        assert_eq!(places, [(2, 0x0102, true), (at(2 + one.len() + 10), 3, false)]);
        let end = at(file.len() - 9);
        assert!(matches!(survey.stopped, Some(KeytabError::Damaged { offset, .. }) if offset == end));
    }
}
