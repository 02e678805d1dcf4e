//! Aliases: an entry that stands for another principal (tl_data 12), as MIT has them since 1.22. Older KDCs take such
//! an entry for a principal without keys that gets no tickets.

use crate::backend::Transaction;
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::tl_data::TlType;
use k5_types::{ParseFlags, Principal, RealmRule};

/// How many aliases a look-up follows. One more, and the name counts as unknown; nothing else ends a loop.
pub const MAX_ALIAS_STEPS: usize = 10;

impl Entry {
    /// The principal that this entry stands for, if it is an alias.
    ///
    /// # Errors
    /// Where the datum is no name that ends with NUL.
    pub fn alias_target(&self) -> Result<Option<Principal>> {
        let Some(text) = self.tl(TlType::ALIAS_TARGET) else { return Ok(None) };
        let flags = ParseFlags { realm: RealmRule::Required, enterprise: false };
        let target = text
            .strip_suffix(&[0])
            .filter(|name| !name.contains(&0))
            .and_then(|name| Principal::parse_with(name, flags).ok());
        target.map(Some).ok_or_else(|| KdbError::Record {
            file: "alias target".to_owned(),
            name: self.principal.to_string(),
            what: "no principal name with a NUL behind it".to_owned(),
        })
    }

    /// Makes the entry an alias.
    pub fn set_alias_target(&mut self, target: &Principal) {
        let mut text = target.unparse();
        text.push(0);
        self.set_tl(TlType::ALIAS_TARGET, text);
    }
}

/// The entry that a name leads to: its own, or the one at the end of its aliases.
///
/// # Errors
/// The transaction's, and where an alias is damaged.
pub fn find_principal(transaction: &mut dyn Transaction, name: &Principal) -> Result<Option<Entry>> {
    let mut found = transaction.principal(name)?;
    for _ in 0..=MAX_ALIAS_STEPS {
        let Some(entry) = found else { return Ok(None) };
        let Some(target) = entry.alias_target()? else { return Ok(Some(entry)) };
        found = transaction.principal(&target)?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let mut entry = Entry::new(Principal::new("R", ["a"]));
        assert_eq!(entry.alias_target().unwrap(), None);
        let target = Principal::new("R", ["host", "x@y"]);
        entry.set_alias_target(&target);
        assert_eq!(entry.tl(TlType::ALIAS_TARGET), Some(&b"host/x\\@y@R\0"[..]));
        assert_eq!(entry.alias_target().unwrap(), Some(target));
        for bad in [&b"b@R"[..], b"", b"b\0", b"b@R@S\0", b"b\0@R\0"] {
            entry.set_tl(TlType::ALIAS_TARGET, bad.to_vec());
            assert!(entry.alias_target().is_err(), "{bad:?}");
        }
    }
}
