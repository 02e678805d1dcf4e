//! Where operations get their transaction: each its own, or all of them the one that a lock keeps open.

use crate::admin::Admin;
use crate::error::{AdminError, Result};
use k5_kdb::{Access, Scope, Transaction};

impl Admin {
    /// Takes the database for this administrator alone until [`Admin::unlock`]. What is done in between is seen by
    /// others, and is sure to be on disk, when that has answered. A database that is locked already stays so.
    ///
    /// # Errors
    /// Where the database cannot be locked for writing.
    pub fn lock(&self) -> Result<()> {
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        if open.is_none() {
            *open = Some(self.backend.begin(Scope::Everything, Access::Write)?);
        }
        Ok(())
    }

    /// Writes what was done under the lock, and gives it back. Without a lock there is nothing to do. An administrator
    /// that goes away with the lock held has done nothing under it.
    ///
    /// # Errors
    /// Where it cannot be written: nothing of it has happened then, and the lock is given back.
    pub fn unlock(&self) -> Result<()> {
        let open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?.take();
        match open {
            Some(transaction) => Ok(transaction.commit()?),
            None => Ok(()),
        }
    }

    /// Whether the database is locked.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.open.try_borrow().is_ok_and(|open| open.is_some())
    }

    /// Reads in one transaction.
    pub(crate) fn read<T>(
        &self,
        scope: Scope,
        work: impl FnOnce(&mut dyn Transaction) -> Result<T>,
    ) -> Result<T> {
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        if let Some(transaction) = open.as_deref_mut() {
            return work(transaction);
        }
        let mut transaction = self.backend.begin(scope, Access::Read)?;
        work(transaction.as_mut())
    }

    /// Changes in one transaction, which is committed if `work` succeeds. Under a lock, `work` is undone if it fails
    /// and waits for the end of the lock if it succeeds.
    pub(crate) fn write<T>(
        &self,
        scope: Scope,
        work: impl FnOnce(&mut dyn Transaction) -> Result<T>,
    ) -> Result<T> {
        self.may_write()?;
        let mut open = self.open.try_borrow_mut().map_err(|_| AdminError::Busy)?;
        let Some(transaction) = open.as_deref_mut() else {
            let mut transaction = self.backend.begin(scope, Access::Write)?;
            let result = work(transaction.as_mut())?;
            transaction.commit()?;
            return Ok(result);
        };
        let savepoint = transaction.savepoint();
        let result = work(transaction);
        if result.is_err() {
            transaction.rollback_to(savepoint)?;
        }
        transaction.release(savepoint)?;
        result
    }
}
