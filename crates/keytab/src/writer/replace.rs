//! Other entries in place of those that are there.

use super::Existing;
use super::place::hole;
use crate::layout::Slot;
use crate::storage::Storage;
use crate::{Entry, Result};
use k5_types::Secret;
use std::path::Path;

impl Existing {
    /// Replaces entries by way of `storage`, which is the file. The new entries count before the old ones become holes, so
    /// that at no moment neither is there.
    pub(super) fn replace(
        &self,
        path: &Path,
        storage: &impl Storage,
        mut replacement: impl FnMut(&Entry) -> Option<Entry>,
    ) -> Result<usize> {
        if self.layout.empty {
            return Ok(0);
        }
        let (mut new, mut old) = (Vec::new(), Vec::new());
        self.walk(path, |offset, slot| {
            if let Slot::Record { size, entry, .. } = slot
                && let Some(entry) = replacement(&entry)
            {
                new.push(entry);
                old.push((offset, size));
            }
        })?;
        let mut change = self.layout.place(&new.iter().collect::<Vec<_>>())?;
        change.commit.extend(old.into_iter().map(|(offset, size)| {
            let there = self.file_len.saturating_sub(offset);
            (offset, Secret::new(hole(self.layout.version, size, there)))
        }));
        self.apply(path, storage, &change)?;
        Ok(new.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::tests::Failing;
    use crate::{KeytabWriter, entries};
    use k5_types::{EncType, KeyBlock, Principal, Timestamp};
    use std::fs;

    fn entry(name: &str, kvno: u32) -> Entry {
        let key = KeyBlock::new(EncType(18), vec![7; 32]);
        Entry { principal: Principal::new("R.TEST", [name]), timestamp: Timestamp(5), kvno, key }
    }

    fn renamed(old: &Entry) -> Option<Entry> {
        (old.kvno != 2).then(|| {
            let mut new = old.duplicate();
            new.principal = Principal::new("LONGER.TEST", old.principal.components().to_vec());
            new
        })
    }

    fn names(path: &Path) -> Vec<String> {
        entries(path).unwrap().iter().map(|e| format!("{} {}", e.kvno, e.principal)).collect()
    }

    #[test]
    fn the_old_entries_leave_no_trace() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("keytab");
        let writer = KeytabWriter::prepare(&path, 0).unwrap();
        writer.commit(&[entry("first", 1), entry("b", 2), entry("third", 3)]).unwrap();
        assert_eq!(KeytabWriter::prepare(&path, 0).unwrap().replace_if(renamed).unwrap(), 2);
        assert_eq!(names(&path), ["2 b@R.TEST", "1 first@LONGER.TEST", "3 third@LONGER.TEST"]);
        let bytes = fs::read(&path).unwrap();
        let count = |what: &[u8]| bytes.windows(what.len()).filter(|part| *part == what).count();
        assert_eq!((count(b"first"), count(&[7; 32])), (1, 3));
    }

    /// Whatever operation fails, the file has the bytes that it had; wherever the process dies, each entry is there, as
    /// the old one, the new one or both.
    #[test]
    fn nothing_is_lost_wherever_it_ends() {
        for dead in [false, true] {
            for fail_at in 1.. {
                let scratch = tempfile::tempdir().unwrap();
                let path = scratch.path().join("keytab");
                let writer = KeytabWriter::prepare(&path, 0).unwrap();
                writer.commit(&[entry("first", 1), entry("b", 2), entry("third", 3)]).unwrap();
                let before = fs::read(&path).unwrap();
                let existing = Existing::open(&path, 0).unwrap().unwrap();
                let storage = Failing::new(&existing.file, fail_at, dead);
                let result = existing.replace(&path, &storage, renamed);
                drop(existing);
                if result.is_ok() {
                    assert!(fail_at > 5, "the failures were tried");
                    break;
                }
                if !dead {
                    assert_eq!(fs::read(&path).unwrap(), before, "operation {fail_at}");
                    continue;
                }
                let there = names(&path);
                for name in ["first", "b", "third"] {
                    assert!(there.iter().any(|n| n.contains(name)), "operation {fail_at}: {there:?}");
                }
            }
        }
    }
}
