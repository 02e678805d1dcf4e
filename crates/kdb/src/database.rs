//! A database by its name and its back end: opened, made, loaded, destroyed.

use crate::backend::{Backend, Load, LoadFrom, Transaction};
use crate::db2::{Around, Db2, Db2Files, Inspector, Loader};
use crate::error::Result;
use crate::inspect::Inspect;
use crate::klmdb::{Klmdb, KlmdbInspector, KlmdbLoader, KlmdbSettings};
use crate::ulog::{self, Last, UpdateLog};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A realm's database, which need not exist yet, and the update log that goes with it.
#[derive(Debug, Clone)]
pub struct Database {
    /// Its files.
    pub place: Place,
    /// The log that every change of a principal or policy goes into, where replicas follow.
    pub log: Option<UpdateLog>,
}

/// The files of a database, by its back end.
#[derive(Debug, Clone)]
pub enum Place {
    /// Berkeley DB files.
    Db2(Db2Files),
    /// LMDB environments.
    Klmdb(KlmdbSettings),
}

impl From<Db2Files> for Database {
    fn from(files: Db2Files) -> Self {
        Database { place: Place::Db2(files), log: None }
    }
}

impl From<KlmdbSettings> for Database {
    fn from(settings: KlmdbSettings) -> Self {
        Database { place: Place::Klmdb(settings), log: None }
    }
}

impl Database {
    /// The file of the principals.
    #[must_use]
    pub fn path(&self) -> &Path {
        match &self.place {
            Place::Db2(files) => &files.principals,
            Place::Klmdb(settings) => &settings.principals,
        }
    }

    /// The files, a change that was cut short being finished there with the log begun anew: a program of MIT's that came first
    /// may have gone on with the log, and given a copy to a replica.
    fn surrounded(&self) -> Place {
        let mut place = self.place.clone();
        if let (Place::Db2(files), Some(log)) = (&mut place, self.log.clone()) {
            files.around_recovery = Some(Around(Arc::new(move |recover| {
                ulog::beginning_anew(&log, |begin| {
                    begin()?;
                    recover()
                })
            })));
        }
        place
    }

    /// Opens an existing database, so that a missing one is told at once. Its log is made if there is none.
    ///
    /// # Errors
    /// Where it cannot be opened, or its log not be had.
    pub fn open(&self) -> Result<Box<dyn Backend>> {
        let backend = self.open_to_read()?;
        match &self.log {
            None => Ok(backend),
            Some(log) => {
                log.prepare()?;
                Ok(ulog::logged(backend, log))
            }
        }
    }

    /// The same for somebody who changes nothing: there need be no log.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open_to_read(&self) -> Result<Box<dyn Backend>> {
        Ok(match &self.surrounded() {
            Place::Db2(files) => Box::new(Db2::open(files.clone())?),
            Place::Klmdb(settings) => Box::new(Klmdb::open(settings.clone())?),
        })
    }

    /// The same for what is used at once: its files need not be looked at before. Where that fails, [`Database::open_to_read`] may have
    /// the error that comes before.
    ///
    /// # Errors
    /// Where it is an environment of LMDB's, which cannot be opened.
    pub fn open_unseen(&self) -> Result<Box<dyn Backend>> {
        Ok(match self.surrounded() {
            Place::Db2(files) => Box::new(Db2::unseen(files)),
            Place::Klmdb(settings) => Box::new(Klmdb::open(settings)?),
        })
    }

    /// Makes a database, filled by `fill`, and begins its log anew: what `fill` does is not in it, since a replica takes a full
    /// copy anyway. If anything fails, nothing of the database is left.
    ///
    /// # Errors
    /// Where it exists, where it cannot be written, and what `fill` answers.
    pub fn create(&self, fill: impl FnOnce(&mut dyn Transaction) -> Result<()>) -> Result<Box<dyn Backend>> {
        let Some(log) = &self.log else { return self.create_unlogged(fill) };
        ulog::beginning_anew(log, |begin| {
            self.create_unlogged(|transaction| {
                fill(transaction)?;
                begin()
            })
        })
        .map(|backend| ulog::logged(backend, log))
    }

    fn create_unlogged(
        &self,
        fill: impl FnOnce(&mut dyn Transaction) -> Result<()>,
    ) -> Result<Box<dyn Backend>> {
        Ok(match &self.surrounded() {
            Place::Db2(files) => Box::new(Db2::create(files.clone(), fill)?),
            Place::Klmdb(settings) => Box::new(Klmdb::create(settings.clone(), fill)?),
        })
    }

    /// Looks at a database that may be damaged.
    ///
    /// # Errors
    /// Where it is missing or cannot be locked.
    pub fn inspect(&self) -> Result<Box<dyn Inspect>> {
        Ok(match &self.place {
            Place::Db2(files) => Box::new(Inspector::begin(files)?),
            Place::Klmdb(settings) => Box::new(KlmdbInspector::begin(settings)?),
        })
    }

    /// Begins a load.
    ///
    /// # Errors
    /// Where the files cannot be made, or the live database not be read.
    pub fn load(&self, from: LoadFrom) -> Result<Box<dyn Load>> {
        let load = self.load_unlogged(from)?;
        match &self.log {
            None => Ok(load),
            Some(log) => {
                log.prepare()?;
                Ok(ulog::logged_load(load, log, from))
            }
        }
    }

    /// Begins a load of a full copy of another database, which was at `last` in its log: this one's log goes on from there. What
    /// each database has of its own (last success, last failure, failures) stays.
    ///
    /// # Errors
    /// As [`Database::load`].
    pub fn load_copy(&self, last: Last) -> Result<Box<dyn Load>> {
        let mut keeping = self.clone();
        match &mut keeping.place {
            Place::Db2(files) => files.merge_nra = true,
            Place::Klmdb(settings) => settings.merge_nra = true,
        }
        let load = keeping.load_unlogged(LoadFrom::Nothing)?;
        match &self.log {
            None => Ok(load),
            Some(log) => {
                log.prepare()?;
                Ok(ulog::logged_copy(load, log, last))
            }
        }
    }

    fn load_unlogged(&self, from: LoadFrom) -> Result<Box<dyn Load>> {
        Ok(match &self.surrounded() {
            Place::Db2(files) => Box::new(Loader::begin(files, from)?),
            Place::Klmdb(settings) => Box::new(KlmdbLoader::begin(settings, from)?),
        })
    }

    /// Makes a database that a loader of MIT's has left locked, and died, one that can be opened; answers the lock file that
    /// was made again.
    ///
    /// # Errors
    /// Where a lock cannot be had or the file not be made.
    pub fn mend(&self) -> Result<Option<PathBuf>> {
        Ok(match &self.place {
            Place::Db2(files) => files.mend_policy_lock()?.then(|| files.policy_lock.clone()),
            // What a process held that died, LMDB gives back by itself.
            Place::Klmdb(_) => None,
        })
    }

    /// Whether there is a database only in pieces, which can be destroyed without being opened before.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn is_in_pieces(&self) -> Result<bool> {
        match &self.place {
            Place::Db2(files) => files.is_in_pieces(),
            Place::Klmdb(_) => Ok(false),
        }
    }

    /// Overwrites the principals with zeros and removes all files, the log too, and what killed programs left.
    ///
    /// # Errors
    /// Where one of them cannot be overwritten or removed; those after it are still there.
    pub fn destroy(&self) -> Result<()> {
        match &self.place {
            Place::Db2(files) => files.destroy(),
            Place::Klmdb(settings) => settings.destroy(),
        }?;
        self.log.as_ref().map_or(Ok(()), UpdateLog::remove)
    }
}
