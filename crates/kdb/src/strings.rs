//! String attributes (tl_data 11): keys and values, each with a NUL behind it, in the order in which they were set.

use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::tl_data::TlType;

/// A key and its value, without NUL.
pub type StringAttribute = (Vec<u8>, Vec<u8>);

/// Most bytes of all of them together.
const LIMIT: usize = 65_535;

impl Entry {
    /// The string attributes. What stands behind the last whole pair is passed over, as MIT does.
    #[must_use]
    pub fn strings(&self) -> Vec<StringAttribute> {
        let mut rest = self.tl(TlType::STRING_ATTRS).unwrap_or_default();
        let mut strings = Vec::new();
        while let Some((key, behind)) = text(rest)
            && let Some((value, behind)) = text(behind)
        {
            strings.push((key.to_vec(), value.to_vec()));
            rest = behind;
        }
        strings
    }

    /// Sets a string attribute in its place, or behind all others; `None` removes it. An entry without one keeps an
    /// empty datum, as MIT leaves it.
    ///
    /// # Errors
    /// [`KdbError::StringsTooLong`].
    pub fn set_string(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        let mut strings = self.strings();
        match value {
            None => strings.retain(|(known, _)| known != key),
            Some(value) => {
                let mut found = false;
                for (_, old) in strings.iter_mut().filter(|(known, _)| known == key) {
                    *old = value.to_vec();
                    found = true;
                }
                if !found {
                    strings.push((key.to_vec(), value.to_vec()));
                }
            }
        }
        let mut bytes = Vec::new();
        for text in strings.iter().flat_map(|(key, value)| [key, value]) {
            bytes.extend_from_slice(text);
            bytes.push(0);
        }
        if bytes.len() > LIMIT {
            return Err(KdbError::StringsTooLong);
        }
        self.set_tl(TlType::STRING_ATTRS, bytes);
        Ok(())
    }
}

/// The bytes up to the first NUL, and what stands behind it.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_types::Principal;

    fn entry() -> Entry {
        Entry::new(Principal::new("R", ["a"]))
    }

    fn shown(entry: &Entry) -> String {
        String::from_utf8_lossy(entry.tl(TlType::STRING_ATTRS).unwrap()).replace('\0', "|")
    }

    #[test]
    fn set_replace_and_remove() {
        let mut entry = entry();
        assert!(entry.strings().is_empty());
        entry.set_string(b"k", Some(b"v")).unwrap();
        entry.set_string(b"", Some(b"")).unwrap();
        entry.set_string(b"k", Some(b"w")).unwrap();
        assert_eq!(shown(&entry), "k|w|||");
        assert_eq!(entry.strings(), [(b"k".to_vec(), b"w".to_vec()), (vec![], vec![])]);
        entry.set_string(b"k", None).unwrap();
        entry.set_string(b"other", None).unwrap();
        entry.set_string(b"", None).unwrap();
        assert_eq!(shown(&entry), "");
    }

    #[test]
    fn what_is_cut_off_is_passed_over() {
        let mut entry = entry();
        entry.set_tl(TlType::STRING_ATTRS, b"a\0b\0c\0d".to_vec());
        assert_eq!(entry.strings().len(), 1);
        entry.set_string(b"e", Some(b"f")).unwrap();
        assert_eq!(shown(&entry), "a|b|e|f|");
    }

    #[test]
    fn the_limit() {
        let mut entry = entry();
        entry.set_string(b"k", Some(&vec![b'v'; LIMIT - 3])).unwrap();
        assert!(matches!(
            entry.set_string(b"k", Some(&vec![b'v'; LIMIT - 2])),
            Err(KdbError::StringsTooLong)
        ));
        assert_eq!(entry.strings().len(), 1);
    }
}
