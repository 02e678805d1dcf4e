//! A change of an entry that is worked out while nobody waits for the locks, from its record as it was.

use crate::backend::Backend;
use crate::entry::Entry;
use crate::error::Result;

/// An entry and its record, which says the same but for what the back end keeps elsewhere (LMDB: successes and failures).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// As [`Backend::take_apart`] makes it of the record.
    pub entry: Entry,
    /// As the back end stores it.
    pub record: Vec<u8>,
}

/// A record that is to be stored in place of another one, if that is still there: [`crate::Transaction::exchange`]. It
/// costs much less then than taking an entry apart and putting it together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    before: Stored,
    after: Stored,
}

impl Exchange {
    /// Puts a changed entry together, of the same principal.
    ///
    /// # Errors
    /// Where it cannot be stored.
    pub fn new(backend: &dyn Backend, before: Stored, entry: Entry) -> Result<Exchange> {
        let record = backend.put_together(&entry)?;
        Ok(Exchange { before, after: Stored { entry, record } })
    }

    /// What is there.
    #[must_use]
    pub fn before(&self) -> &Stored {
        &self.before
    }

    /// What is to come.
    #[must_use]
    pub fn after(&self) -> &Stored {
        &self.after
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Access, Scope, Transaction};
    use crate::db2::{Db2, Db2Files, PrincipalFile};
    use crate::klmdb::{Klmdb, KlmdbSettings};
    use k5_types::{Duration, Principal};

    fn entry() -> Entry {
        let mut entry = Entry::new(Principal::new("R", ["a"]));
        entry.fail_auth_count = 3;
        entry
    }

    fn fill(transaction: &mut dyn Transaction) -> Result<()> {
        transaction.put_principal(&entry())
    }

    /// The record as it is, and one of a longer life.
    fn lengthened(backend: &dyn Backend, transaction: &mut dyn Transaction) -> Exchange {
        let record = transaction.record(b"a@R").unwrap().unwrap();
        let entry = backend.take_apart(b"a@R", &record).unwrap();
        let mut longer = entry.clone();
        longer.max_life = Duration(entry.max_life.0 + 1);
        Exchange::new(backend, Stored { entry, record }, longer).unwrap()
    }

    fn found(backend: &dyn Backend) -> Entry {
        let mut transaction = backend.begin(Scope::Everything, Access::Read).unwrap();
        transaction.principal(&entry().principal).unwrap().unwrap()
    }

    #[test]
    fn only_the_record_that_is_still_there_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let hash = Db2Files { new_principals: PrincipalFile::Hash, ..Db2Files::named(&path("hash")) };
        let backends: [Box<dyn Backend>; 3] = [
            Box::new(Db2::create(Db2Files::named(&path("tree")), fill).unwrap()),
            Box::new(Db2::create(hash, fill).unwrap()),
            Box::new(Klmdb::create(KlmdbSettings::named(&path("lmdb")), fill).unwrap()),
        ];
        for backend in backends {
            let begin = || backend.begin(Scope::Everything, Access::Write).unwrap();
            let mut transaction = begin();
            assert_eq!(transaction.record(b"b@R").unwrap(), None);
            let exchange = lengthened(&*backend, transaction.as_mut());
            let mark = transaction.savepoint();
            assert!(transaction.exchange(&exchange).unwrap());
            assert!(!transaction.exchange(&exchange).unwrap(), "it is another record now");
            transaction.rollback_to(mark).unwrap();
            assert!(transaction.exchange(&exchange).unwrap());
            transaction.commit().unwrap();
            assert_eq!(found(&*backend), Entry { max_life: Duration(1), ..entry() });

            let mut transaction = begin();
            let exchange = lengthened(&*backend, transaction.as_mut());
            transaction.put_principal(&entry()).unwrap();
            assert!(!transaction.exchange(&exchange).unwrap(), "somebody was here");
            assert!(transaction.delete_principal(&entry().principal).unwrap());
            assert!(!transaction.exchange(&exchange).unwrap(), "it is gone");
            drop(transaction);
            assert_eq!(found(&*backend).max_life, Duration(1));
        }
    }
}
