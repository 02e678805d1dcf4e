//! What killed programs leave beside a database, and the end of a database with all of that.
//!
//! What a load left is touched under the lock of `P~.ok` only, which a loader holds for as long as it lives. It comes before
//! the locks of the live database, as with a load.

use super::files::{Db2Files, lock_file, open_lock};
use super::transaction::take_lock;
use crate::backend::Access;
use crate::error::{KdbError, Result};
use crate::inspect::Leftover;
use k5_bdb::Storage;
use k5_bdb::commit::Names;
use k5_lock::LockMode;
use std::fs::File;
use std::io;
use std::path::Path;

/// What a B-tree and a hash table begin with is in here, and is not zero.
const BEGINNING: usize = 512;

fn io_error(path: &Path) -> impl Fn(io::Error) -> KdbError {
    move |source| KdbError::Io { path: path.to_path_buf(), source }
}

fn exists(storage: &dyn Storage, path: &Path) -> Result<bool> {
    Ok(storage.find(path).map_err(io_error(path))?.is_some())
}

/// Removes a file, if it is there; says whether it was.
fn remove(storage: &dyn Storage, path: &Path) -> Result<bool> {
    match storage.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other.map(|()| true).map_err(io_error(path)),
    }
}

/// Overwrites a file with zeros and removes it, if it is there; of what is not ours alone only the name goes.
fn wipe(storage: &dyn Storage, path: &Path) -> Result<()> {
    match storage.open_own(path, k5_bdb::Access::ReadWrite) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(io_error(path)(source)),
        Ok(Some(mut file)) => k5_bdb::overwrite_with_zeros(&mut file).map_err(io_error(path))?,
        Ok(None) => {}
    }
    remove(storage, path).map(|_| ())
}

impl Db2Files {
    /// Whether there is a database only in pieces: a change was cut short, or a creation or a load without an older database, or
    /// a destruction. It can be destroyed, but not, or not always, be opened.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn is_in_pieces(&self) -> Result<bool> {
        if self.pair().is_cut_short()? {
            return Ok(true);
        }
        if exists(&*self.storage, &self.principals)? {
            return Ok(self.is_wiped());
        }
        for path in self.pair().new_files(Names::Commit).iter().chain(&self.loaded) {
            if exists(&*self.storage, path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the principals begin with zeros, as a destruction leaves them.
    fn is_wiped(&self) -> bool {
        let mut beginning = [1; BEGINNING];
        let opened = self.storage.open(&self.principals, k5_bdb::Access::ReadOnly);
        let read = opened.and_then(|file| file.read_at(0, &mut beginning));
        read.is_ok() && beginning.iter().all(|byte| *byte == 0)
    }

    /// Refuses what a creation left that was killed between its two files. Wants a lock of the principals: a creation that runs
    /// looks the same.
    ///
    /// # Errors
    /// [`KdbError::HalfCreated`].
    pub(super) fn refuse_half_a_creation(&self) -> Result<()> {
        match !exists(&*self.storage, &self.policies)? && self.pair().is_of_creation()? {
            true => Err(KdbError::HalfCreated { path: self.principals.clone() }),
            false => Ok(()),
        }
    }

    /// The files that nobody needs any more, which hold keys perhaps. Wants shared locks of both files. While there is a journal
    /// there are none: what becomes of them is not decided.
    ///
    /// # Errors
    /// Where the system does not say.
    pub(super) fn leftovers(&self) -> Result<Vec<Leftover>> {
        let mut found = Vec::new();
        if self.pair().is_cut_short()? {
            return Ok(found);
        }
        let mut look = |path: &Path, of_load| -> Result<()> {
            if exists(&*self.storage, path)? {
                found.push(Leftover { path: path.to_path_buf(), of_load });
            }
            Ok(())
        };
        for path in self.pair().new_files(Names::Commit) {
            look(&path, false)?;
        }
        let lock = self.of_load().lock;
        let nobody_loads = match File::open(&lock) {
            Ok(file) => k5_lock::try_lock(&file, LockMode::Shared).map_err(io_error(&lock))?,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if nobody_loads {
            for path in &self.loaded {
                look(path, true)?;
            }
        }
        Ok(found)
    }

    /// Waits for a load that runs, if there is something of one: that is then nobody's.
    fn wait_for_loader(&self) -> Result<Option<File>> {
        let files = self.of_load();
        for path in [&files.principals, &files.policies, &files.policy_lock, &files.lock] {
            if exists(&*self.storage, path)? {
                return lock_file(&files.lock, &mut Vec::new()).map(Some);
            }
        }
        Ok(None)
    }

    /// Overwrites the principals with zeros and removes all four files, and what killed programs left beside them, overwritten
    /// too. A load that runs is waited for. Whatever a journal says, it goes; it does so at the end, so that who is killed
    /// here can be followed by another.
    ///
    /// # Errors
    /// Where one of them cannot be overwritten or removed; those after it are still there. If that is one which was left, the
    /// database is as it was.
    pub fn destroy(&self) -> Result<()> {
        let storage = &*self.storage;
        let in_pieces = self.is_in_pieces()?;
        let loader_lock = self.wait_for_loader()?;
        let _lock = lock_file(&self.lock, &mut Vec::new())?;
        let policy_lock = match open_lock(&self.policy_lock) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            other => Some(other.map_err(io_error(&self.policy_lock))?),
        };
        policy_lock.as_ref().map_or(Ok(()), |file| take_lock(file, &self.policy_lock, Access::Write))?;
        let mut principals = match storage.open(&self.principals, k5_bdb::Access::ReadWrite) {
            Err(error) if in_pieces && error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(KdbError::Open { path: self.principals.clone(), source }),
            Ok(file) => Some(file),
        };
        if loader_lock.is_some() {
            self.loaded.iter().try_for_each(|path| wipe(storage, path))?;
            remove(storage, &self.of_load().policy_lock)?;
        }
        self.pair().remove_copies(&[0, 1])?;
        if let Some(file) = &mut principals {
            k5_bdb::overwrite_with_zeros(file).map_err(io_error(&self.principals))?;
        }
        // The principals after the policies: while there are some, the rest can be destroyed.
        let had_policies = remove(storage, &self.policies)?;
        remove(storage, &self.principals)?;
        self.pair().forget()?;
        if !had_policies && !in_pieces {
            return Err(io_error(&self.policies)(io::Error::from_raw_os_error(nix::libc::ENOENT)));
        }
        // Last, so that nobody makes a database of that name before all is over.
        remove(storage, &self.policy_lock)?;
        remove(storage, &self.lock)?;
        if loader_lock.is_some() {
            remove(storage, &self.of_load().lock)?;
        }
        Ok(())
    }
}
