//! The one narrow door to a back end: open it, begin a transaction, look up, put, delete, iterate, commit.
//!
//! A transaction that is dropped without a commit has changed nothing. Locks are taken when it begins and given
//! back when it ends.

use crate::entry::Entry;
use crate::error::Result;
use crate::exchange::Exchange;
use crate::policy::Policy;
use crate::steps::{self, Reached};
use k5_types::Principal;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What a transaction may touch. Policy operations must be able to go on where the principal file cannot be
/// locked, and MIT's locks are ordered: principals, then policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Principals and policies.
    Everything,
    /// Policies alone.
    Policies,
}

/// Whether a transaction may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Others may read at the same time.
    Read,
    /// Nobody else may do anything.
    Write,
}

/// The order of an iteration over principals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By key, forwards.
    #[default]
    Forward,
    /// By key, backwards.
    Reverse,
    /// By descending the tree, which finds what broken links between siblings hide.
    Recurse,
    /// The same, backwards.
    RecurseReverse,
}

/// What a visitor of an iteration answers: go on, or stop.
pub type Visit = Result<ControlFlow<()>>;

/// A place in a transaction to which it can be rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Savepoint(pub usize);

/// A database that can begin transactions.
pub trait Backend {
    /// Waits for the locks and begins.
    ///
    /// # Errors
    /// Where the files cannot be locked or opened.
    fn begin(&self, scope: Scope, access: Access) -> Result<Box<dyn Transaction>>;

    /// What MIT calls it where it refuses an argument for an entry; no back end takes one.
    fn name(&self) -> &'static str;

    /// The entry of a record that [`Transaction::record`] gave. What the back end keeps elsewhere is 0 in it.
    ///
    /// # Errors
    /// Where the record is damaged.
    fn take_apart(&self, name: &[u8], record: &[u8]) -> Result<Entry>;

    /// The record of an entry, for [`Transaction::exchange`].
    ///
    /// # Errors
    /// Where it cannot be stored.
    fn put_together(&self, entry: &Entry) -> Result<Vec<u8>>;

    /// Whether it can be held for one administrator alone, as MIT's `lock` does.
    fn can_be_held(&self) -> bool {
        true
    }
}

impl<B: Backend + ?Sized> Backend for Box<B> {
    fn begin(&self, scope: Scope, access: Access) -> Result<Box<dyn Transaction>> {
        (**self).begin(scope, access)
    }

    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn take_apart(&self, name: &[u8], record: &[u8]) -> Result<Entry> {
        (**self).take_apart(name, record)
    }

    fn put_together(&self, entry: &Entry) -> Result<Vec<u8>> {
        (**self).put_together(entry)
    }

    fn can_be_held(&self) -> bool {
        (**self).can_be_held()
    }
}

/// A view of the database that nobody else changes.
pub trait Transaction {
    /// The entry of a principal.
    ///
    /// # Errors
    /// Where the pages or the record are damaged.
    fn principal(&mut self, name: &Principal) -> Result<Option<Entry>>;

    /// Stores an entry under its principal's name, over one that is there.
    ///
    /// # Errors
    /// Where it cannot be stored.
    fn put_principal(&mut self, entry: &Entry) -> Result<()>;

    /// A principal's record as the back end stores it; the name is unparsed, without a NUL.
    ///
    /// # Errors
    /// Where the pages are damaged.
    fn record(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>>;

    /// Stores a record in place of another one; `false`, and nothing, where there is none or another. What the back end keeps
    /// elsewhere stays.
    ///
    /// # Errors
    /// As [`Transaction::put_principal`].
    fn exchange(&mut self, exchange: &Exchange) -> Result<bool>;

    /// Deletes an entry and overwrites its keys; `false` where there is none.
    ///
    /// # Errors
    /// Where the pages are damaged.
    fn delete_principal(&mut self, name: &Principal) -> Result<bool>;

    /// Visits all entries.
    ///
    /// # Errors
    /// Where the pages or a record are damaged, and what the visitor answers.
    fn each_principal(&mut self, order: Order, visit: &mut dyn FnMut(Entry) -> Visit) -> Result<()>;

    /// Visits the names of all principals, in the database's order, as it keys them (unparsed, no NUL).
    ///
    /// # Errors
    /// As [`Transaction::each_principal`].
    fn each_name(&mut self, visit: &mut dyn FnMut(&[u8]) -> Visit) -> Result<()> {
        self.each_name_from(b"", Order::Forward, visit)
    }

    /// Visits the names that begin with a text, in the database's order. Where that is the order of the names, no others
    /// are read.
    ///
    /// # Errors
    /// As [`Transaction::each_principal`].
    fn each_name_with(&mut self, prefix: &[u8], visit: &mut dyn FnMut(&[u8]) -> Visit) -> Result<()> {
        if prefix.is_empty() || !self.is_ordered() {
            return self.each_name(&mut |name| {
                if name.starts_with(prefix) { visit(name) } else { Ok(ControlFlow::Continue(())) }
            });
        }
        self.each_name_from(prefix, Order::Forward, &mut |name| {
            if name.starts_with(prefix) { visit(name) } else { Ok(ControlFlow::Break(())) }
        })
    }

    /// Whether the database's order is that of the names' bytes.
    fn is_ordered(&self) -> bool {
        true
    }

    /// Visits names in the order of their bytes, whatever the database's is, from a text on, which need not be one and
    /// has no zero byte: forwards those that are not less than it, backwards those that are less.
    ///
    /// # Errors
    /// As [`Transaction::each_principal`].
    fn each_name_from(
        &mut self,
        from: &[u8],
        order: Order,
        visit: &mut dyn FnMut(&[u8]) -> Visit,
    ) -> Result<()>;

    /// Visits names in the database's order from where an earlier transaction came to (`None`: all), until the visitor has seen
    /// enough, or a little longer where the file has fewer places to go on from. Answers how far it came; `None`: to the end.
    ///
    /// Names that are there from the first of these transactions to the last are visited once, whatever happens to others in
    /// between.
    ///
    /// # Errors
    /// As [`Transaction::each_principal`].
    fn each_name_by_steps(
        &mut self,
        reached: Option<Reached>,
        visit: &mut dyn FnMut(&[u8]) -> Visit,
    ) -> Result<Option<Reached>> {
        steps::by_names(reached, true, visit, |from, visit| self.each_name_from(from, Order::Forward, visit))
    }

    /// The policy of a name.
    ///
    /// # Errors
    /// Where the pages or the record are damaged.
    fn policy(&mut self, name: &[u8]) -> Result<Option<Policy>>;

    /// Stores a policy under its name, over one that is there.
    ///
    /// # Errors
    /// Where it cannot be stored.
    fn put_policy(&mut self, policy: &Policy) -> Result<()>;

    /// Deletes a policy; `false` where there is none.
    ///
    /// # Errors
    /// Where the pages are damaged.
    fn delete_policy(&mut self, name: &[u8]) -> Result<bool>;

    /// Visits all policies, in order of their names.
    ///
    /// # Errors
    /// Where the pages or a record are damaged, and what the visitor answers.
    fn each_policy(&mut self, visit: &mut dyn FnMut(Policy) -> Visit) -> Result<()>;

    /// How many pages a commit would write; 0 where that is known to nobody before it.
    fn changed_pages(&self) -> usize {
        0
    }

    /// Marks this place.
    fn savepoint(&mut self) -> Savepoint;

    /// Undoes all since a place, and forgets the places after it.
    ///
    /// # Errors
    /// Where the place is not of this transaction.
    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()>;

    /// Forgets a place and those after it; the changes since stay.
    ///
    /// # Errors
    /// Where the place is not of this transaction.
    fn release(&mut self, savepoint: Savepoint) -> Result<()>;

    /// Makes all changes last, on disk, before it answers; gives the locks back.
    ///
    /// # Errors
    /// Where they cannot be written: nothing has changed then.
    fn commit(self: Box<Self>) -> Result<()>;
}

/// What a load begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadFrom {
    /// Nothing: what is loaded becomes all of the database.
    Nothing,
    /// The live database, which must exist; what is loaded goes over it.
    Live,
}

/// What came of a load.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The policies' lock file, if it was missing, as a loader of MIT's leaves it that died while it held the database for
    /// good, and was made again.
    pub lock_file_made_again: Option<PathBuf>,
}

/// A database that is being loaded. Dropped before [`Load::finish`], it leaves the live database as it was and nothing
/// of its own.
pub trait Load {
    /// Stores an entry, over one of the same name. Entries in the order of their names cost least.
    ///
    /// # Errors
    /// Where it cannot be stored, or the disk is full.
    fn put_principal(&mut self, entry: &Entry) -> Result<()>;

    /// Stores a policy, over one of the same name.
    ///
    /// # Errors
    /// Where it cannot be stored, or the disk is full.
    fn put_policy(&mut self, policy: &Policy) -> Result<()>;

    /// The entry of a principal before the load, if it starts from the live database.
    ///
    /// # Errors
    /// Where the live database cannot be read.
    fn live_principal(&mut self, name: &Principal) -> Result<Option<Entry>>;

    /// No record comes any more: those that wait are stored. [`Load::finish`] does this too, but a failure here is one of
    /// storing.
    ///
    /// # Errors
    /// Where they cannot be stored; the loader can then only be dropped.
    fn complete(&mut self) -> Result<()> {
        Ok(())
    }

    /// Makes what was loaded the live database, when all of it is on the disk.
    ///
    /// # Errors
    /// Where it cannot be written, or the live database's locks cannot be had: that is then as it was.
    fn finish(self: Box<Self>) -> Result<Loaded> {
        self.finish_with(&mut || Ok(()))
    }

    /// The same; `placing` is called when nobody else has the live database any more and nothing of it has changed yet.
    ///
    /// # Errors
    /// As [`Load::finish`], and what `placing` answers.
    fn finish_with(self: Box<Self>, placing: &mut dyn FnMut() -> Result<()>) -> Result<Loaded>;
}
