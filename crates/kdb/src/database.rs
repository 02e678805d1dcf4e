//! A database by its name and its back end: opened, made, loaded, destroyed.

use crate::backend::{Backend, Load, LoadFrom, Transaction};
use crate::db2::{Db2, Db2Files, Inspector, Loader};
use crate::error::Result;
use crate::inspect::Inspect;
use crate::klmdb::{Klmdb, KlmdbInspector, KlmdbLoader, KlmdbSettings};
use std::path::{Path, PathBuf};

/// A realm's database, which need not exist yet.
#[derive(Debug, Clone)]
pub enum Database {
    /// Berkeley DB files.
    Db2(Db2Files),
    /// LMDB environments.
    Klmdb(KlmdbSettings),
}

impl Database {
    /// The file of the principals.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Database::Db2(files) => &files.principals,
            Database::Klmdb(settings) => &settings.principals,
        }
    }

    /// Opens an existing database, so that a missing one is told at once.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(&self) -> Result<Box<dyn Backend>> {
        Ok(match self {
            Database::Db2(files) => Box::new(Db2::open(files.clone())?),
            Database::Klmdb(settings) => Box::new(Klmdb::open(settings.clone())?),
        })
    }

    /// Makes a database, filled by `fill`. If anything fails, nothing of it is left.
    ///
    /// # Errors
    /// Where it exists, where it cannot be written, and what `fill` answers.
    pub fn create(&self, fill: impl FnOnce(&mut dyn Transaction) -> Result<()>) -> Result<Box<dyn Backend>> {
        Ok(match self {
            Database::Db2(files) => Box::new(Db2::create(files.clone(), fill)?),
            Database::Klmdb(settings) => Box::new(Klmdb::create(settings.clone(), fill)?),
        })
    }

    /// Looks at a database that may be damaged.
    ///
    /// # Errors
    /// Where it is missing or cannot be locked.
    pub fn inspect(&self) -> Result<Box<dyn Inspect>> {
        Ok(match self {
            Database::Db2(files) => Box::new(Inspector::begin(files)?),
            Database::Klmdb(settings) => Box::new(KlmdbInspector::begin(settings)?),
        })
    }

    /// Begins a load.
    ///
    /// # Errors
    /// Where the files cannot be made, or the live database not be read.
    pub fn load(&self, from: LoadFrom) -> Result<Box<dyn Load>> {
        Ok(match self {
            Database::Db2(files) => Box::new(Loader::begin(files, from)?),
            Database::Klmdb(settings) => Box::new(KlmdbLoader::begin(settings, from)?),
        })
    }

    /// Makes a database that a loader of MIT's has left locked, and died, one that can be opened; answers the lock file that
    /// was made again.
    ///
    /// # Errors
    /// Where a lock cannot be had or the file not be made.
    pub fn mend(&self) -> Result<Option<PathBuf>> {
        Ok(match self {
            Database::Db2(files) => files.mend_policy_lock()?.then(|| files.policy_lock.clone()),
            // What a process held that died, LMDB gives back by itself.
            Database::Klmdb(_) => None,
        })
    }

    /// Overwrites the principals with zeros and removes all files.
    ///
    /// # Errors
    /// Where one of them cannot be overwritten or removed; those after it are still there.
    pub fn destroy(&self) -> Result<()> {
        match self {
            Database::Db2(files) => files.destroy(),
            Database::Klmdb(settings) => settings.destroy(),
        }
    }
}
