//! Other entries in place of those that are there.

use super::Existing;
use crate::change::Change;
use crate::layout::Slot;
use crate::{Entry, Result};
use std::path::Path;

impl Existing {
    /// The change that puts other entries in place of those for which there are any, and the count of these.
    pub(super) fn replacing(
        &self,
        path: &Path,
        mut replacement: impl FnMut(&Entry) -> Option<Entry>,
    ) -> Result<(Change, usize)> {
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
        for (offset, size) in old {
            self.layout.remove(&mut change, offset, size);
        }
        Ok((change, new.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
}
