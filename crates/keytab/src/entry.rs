//! An entry, and which of several is meant.

use crate::{KeytabError, Result};
use k5_types::{EncType, KeyBlock, Kvno, Principal, Timestamp};

/// One key of one principal.
#[derive(Debug)]
pub struct Entry {
    /// Whose key it is.
    pub principal: Principal,
    /// When the entry was written.
    pub timestamp: Timestamp,
    /// Version number of the key.
    pub kvno: Kvno,
    /// The key.
    pub key: KeyBlock,
}

impl Entry {
    /// A second copy, its key wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Entry {
            principal: self.principal.clone(),
            timestamp: self.timestamp,
            kvno: self.kvno,
            key: self.key.duplicate(),
        }
    }

    /// Whether both hold the same key of the same principal under the same version number, whenever they were
    /// written.
    #[must_use]
    pub fn same_key(&self, other: &Entry) -> bool {
        self.kvno == other.kvno && self.principal == other.principal && self.key == other.key
    }

    /// Whether this entry's key is younger than `other`'s. Mostly the higher number is. But numbers wrap around
    /// where only 8 or 16 bits of them are kept, so a small number (below 128) that was written no earlier than a
    /// large one (above 240) is the younger.
    #[must_use]
    pub fn more_recent_than(&self, other: &Entry) -> bool {
        if self.timestamp >= other.timestamp && self.kvno < 128 && other.kvno > 240 {
            return true;
        }
        if other.timestamp >= self.timestamp && self.kvno > 240 && other.kvno < 128 {
            return false;
        }
        self.kvno > other.kvno
    }
}

/// Which entry of a principal is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Select<'a> {
    /// The principal.
    pub principal: &'a Principal,
    /// The version number; `None` for the most recent key.
    pub kvno: Option<Kvno>,
    /// The encryption type; `None` for any.
    pub enctype: Option<EncType>,
}

impl Select<'_> {
    /// Picks the entry from `entries` as MIT does from a file: the most recent where no version number is given
    /// (or an entry has the number 0); else the first with exactly that number, or else the first that has its low
    /// 8 bits, since old programs kept no more.
    ///
    /// # Errors
    /// [`KeytabError::NoEntry`], [`KeytabError::WrongKvno`], and what `entries` gives.
    pub fn pick(&self, entries: impl IntoIterator<Item = Result<Entry>>) -> Result<Entry> {
        let mut best: Option<Entry> = None;
        let mut other_kvno = false;
        for entry in entries {
            let entry = entry?;
            if entry.principal != *self.principal || self.enctype.is_some_and(|e| e != entry.key.enctype) {
                continue;
            }
            match self.kvno {
                Some(kvno) if entry.kvno != 0 => {
                    if entry.kvno == kvno {
                        return Ok(entry);
                    }
                    if entry.kvno == kvno & 0xff && best.is_none() {
                        best = Some(entry);
                    } else {
                        other_kvno = true;
                    }
                }
                _ => {
                    if best.as_ref().is_none_or(|b| entry.more_recent_than(b)) {
                        best = Some(entry);
                    }
                }
            }
        }
        match best {
            Some(entry) => Ok(entry),
            None if other_kvno => Err(KeytabError::WrongKvno),
            None => Err(KeytabError::NoEntry { principal: self.principal.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, timestamp: u32, kvno: u32, enctype: i32) -> Entry {
        Entry {
            principal: Principal::new("R", [name]),
            timestamp: Timestamp(timestamp),
            kvno,
            key: KeyBlock::new(EncType(enctype), vec![1; 16]),
        }
    }

    fn pick(entries: Vec<Entry>, kvno: Option<u32>) -> std::result::Result<(u32, u32), String> {
        let principal = Principal::new("R", ["a"]);
        let select = Select { principal: &principal, kvno, enctype: None };
        let found = select.pick(entries.into_iter().map(Ok)).map_err(|e| e.to_string())?;
        Ok((found.kvno, found.timestamp.0))
    }

    #[test]
    fn the_highest_number_is_the_most_recent() {
        assert_eq!(
            pick(vec![entry("a", 1, 2, 17), entry("a", 2, 3, 17), entry("a", 3, 1, 17)], None),
            Ok((3, 2))
        );
    }

    #[test]
    fn a_number_that_wrapped_is_more_recent() {
        assert_eq!(pick(vec![entry("a", 1, 255, 17), entry("a", 2, 1, 17)], None), Ok((1, 2)));
        assert_eq!(pick(vec![entry("a", 2, 1, 17), entry("a", 1, 255, 17)], None), Ok((1, 2)));
        assert_eq!(pick(vec![entry("a", 1, 255, 17), entry("a", 1, 1, 17)], None), Ok((1, 1)));
        // Written before the large number, it is simply an old key.
        assert_eq!(pick(vec![entry("a", 1, 1, 17), entry("a", 2, 255, 17)], None), Ok((255, 2)));
        assert_eq!(pick(vec![entry("a", 1, 240, 17), entry("a", 2, 1, 17)], None), Ok((240, 1)));
    }

    #[test]
    fn an_exact_number_goes_before_its_low_bits() {
        let two = || vec![entry("a", 1, 1, 17), entry("a", 2, 257, 17)];
        assert_eq!(pick(two(), Some(257)), Ok((257, 2)));
        assert_eq!(pick(two(), Some(513)), Ok((1, 1)));
        let low = || vec![entry("a", 1, 1, 17), entry("a", 2, 1, 17)];
        assert_eq!(pick(low(), Some(257)), Ok((1, 1)), "the first of them");
        assert_eq!(pick(two(), Some(2)), Err(KeytabError::WrongKvno.to_string()));
        assert_eq!(
            pick(vec![entry("b", 1, 1, 17)], Some(2)),
            Err("No key table entry found for a@R".to_owned())
        );
    }

    #[test]
    fn the_same_key_has_the_same_bytes() {
        let (a, b) = (entry("a", 1, 1, 17), entry("a", 9, 1, 17));
        assert!(a.same_key(&b));
        assert!(!a.same_key(&entry("a", 1, 1, 18)));
        assert!(!a.same_key(&entry("a", 1, 2, 17)));
        let mut other = b.duplicate();
        other.key.contents.expose_mut()[3] = 0;
        assert!(!a.same_key(&other));
    }
}
