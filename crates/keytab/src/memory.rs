//! Keytabs that live and end with the process.

use crate::{Entry, KeytabError, Result};
use k5_types::{EncType, Kvno, Principal};

/// A `MEMORY:` keytab. As with MIT, the entry that was added last is listed first.
#[derive(Debug, Default)]
pub struct MemoryKeytab {
    /// The oldest first.
    entries: Vec<Entry>,
}

impl MemoryKeytab {
    /// An empty keytab.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// The entries, the youngest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }

    /// Removes the youngest entry of that principal, number and type.
    ///
    /// # Errors
    /// [`KeytabError::NoEntry`].
    pub fn remove(&mut self, principal: &Principal, kvno: Kvno, enctype: EncType) -> Result<()> {
        let matches = |e: &Entry| e.principal == *principal && e.kvno == kvno && e.key.enctype == enctype;
        match self.entries.iter().rposition(matches) {
            Some(index) => {
                self.entries.remove(index);
                Ok(())
            }
            None => Err(KeytabError::NoEntry { principal: principal.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_types::{KeyBlock, Timestamp};

    #[test]
    fn the_youngest_comes_first_and_goes_first() {
        let principal = Principal::new("R", ["a"]);
        let mut keytab = MemoryKeytab::new();
        for (timestamp, kvno) in [(1, 1), (2, 2), (3, 1)] {
            let key = KeyBlock::new(EncType(18), vec![0; 32]);
            keytab.add(Entry { principal: principal.clone(), timestamp: Timestamp(timestamp), kvno, key });
        }
        let times = |keytab: &MemoryKeytab| keytab.entries().map(|e| e.timestamp.0).collect::<Vec<_>>();
        assert_eq!(times(&keytab), [3, 2, 1]);
        keytab.remove(&principal, 1, EncType(18)).unwrap();
        assert_eq!(times(&keytab), [2, 1]);
        assert!(keytab.remove(&principal, 1, EncType(17)).is_err());
    }
}
