//! The `db2` back end: MIT's Berkeley DB files, under MIT's locks (`docs/formats/db2.md`).
//!
//! The files are opened anew, by path, for each transaction: a load renames new ones over them. The lock of the
//! principals comes first, that of the policies second.

mod files;
mod gather;
mod inspect;
mod leftovers;
mod load;
pub mod record;
mod transaction;
mod tree;

pub use files::{Around, Db2Files};
pub use inspect::Inspector;
pub use load::Loader;

use crate::backend::{Access, Backend, Scope, Transaction};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use std::cell::Cell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use transaction::Db2Transaction;
pub use tree::PrincipalFile;

/// What MIT calls this back end where it refuses an argument.
const NAME: &str = "db2";

/// A `db2` database.
#[derive(Debug, Clone)]
pub struct Db2 {
    files: Db2Files,
    /// Whether somebody has looked whether they are there.
    seen: Cell<bool>,
}

/// What `-x` arguments say to the `db2` back end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Db2Arguments {
    /// `dbname=`: the database's name, over what the configuration says.
    pub database: Option<PathBuf>,
    /// `hash=`: make and expect a hash file first.
    pub hash: bool,
    /// `temporary`: work on `P~`.
    pub temporary: bool,
    /// `merge_nra`: a load leaves last success, last failure and failures of the principals as they are.
    pub merge_nra: bool,
}

impl Db2Arguments {
    /// Reads arguments in their order; `lockiter` and `unlockiter` are taken and change nothing here, since an iteration never
    /// waits for anybody.
    ///
    /// # Errors
    /// [`KdbError::BadArgument`] for any other.
    pub fn parse(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Self> {
        let mut parsed = Db2Arguments::default();
        for argument in arguments {
            // A name of a database is bytes, as all paths are.
            let argument = argument.as_ref().as_bytes();
            let mut parts = argument.splitn(2, |byte| *byte == b'=');
            match (parts.next().unwrap_or_default(), parts.next()) {
                (b"dbname", Some(name)) => parsed.database = Some(PathBuf::from(OsStr::from_bytes(name))),
                (b"hash", Some(_)) => parsed.hash = true,
                (b"temporary", None) => parsed.temporary = true,
                (b"merge_nra", None) => parsed.merge_nra = true,
                (b"lockiter" | b"unlockiter", None) => {}
                (name, _) => return Err(KdbError::bad_argument(name, NAME)),
            }
        }
        Ok(parsed)
    }
}

impl Db2 {
    /// An existing database. Its files are looked at, so that a missing one is told at once.
    ///
    /// # Errors
    /// Where the principals cannot be opened, or a lock file is missing.
    pub fn open(files: Db2Files) -> Result<Self> {
        let database = Db2::of(files, true);
        database.look()?;
        Ok(database)
    }

    /// One that nobody has looked at yet. The first transaction does, before it waits for anybody.
    pub(crate) fn unseen(files: Db2Files) -> Self {
        Db2::of(files, false)
    }

    fn of(files: Db2Files, seen: bool) -> Self {
        Db2 { files, seen: Cell::new(seen) }
    }

    fn look(&self) -> Result<()> {
        let files = &self.files;
        tree::Tree::open(&*files.storage, &files.principals, Access::Read)?;
        files::open_lock(&files.lock).map_err(|source| KdbError::Io { path: files.lock.clone(), source })?;
        transaction::open_policy_lock(&files.policy_lock)?;
        Ok(())
    }

    /// Makes a database, filled by `fill`. If anything fails, nothing of it is left.
    ///
    /// # Errors
    /// Where it exists, where it cannot be written, and what `fill` answers.
    pub fn create(files: Db2Files, fill: impl FnOnce(&mut dyn Transaction) -> Result<()>) -> Result<Self> {
        let (new, principals, policies) = files::NewFiles::make(&files)?;
        let mut transaction = Db2Transaction::on_new_files(&files, principals, policies)?;
        fill(&mut transaction)?;
        Box::new(transaction).commit()?;
        new.keep(&files)?;
        Ok(Db2::of(files, true))
    }

    /// Its files.
    #[must_use]
    pub fn files(&self) -> &Db2Files {
        &self.files
    }
}

impl Backend for Db2 {
    fn begin(&self, scope: Scope, access: Access) -> Result<Box<dyn Transaction>> {
        if !self.seen.replace(true) {
            if let Some(transaction) = Db2Transaction::begin_at_once(&self.files, scope, access)? {
                return Ok(Box::new(transaction));
            }
            self.look()?;
        }
        Ok(Box::new(Db2Transaction::begin(&self.files, scope, access)?))
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn take_apart(&self, name: &[u8], record: &[u8]) -> Result<Entry> {
        record::decode_sorted(&self.files.principals.display().to_string(), name, record)
    }

    fn put_together(&self, entry: &Entry) -> Result<Vec<u8>> {
        record::encode(entry)
    }
}

#[cfg(test)]
mod tests;
