//! A commit by a copy that is renamed over its original.

use std::path::PathBuf;

use super::plan::join;
use super::{Files, Plan, discard, io_error};
use crate::{Access, Copying, Error, Result, StoredFile};

/// A copy with the changes in it, on the medium. It goes away again unless it is put in its place.
#[derive(Debug)]
pub(super) struct Copy<'a> {
    files: Files<'a>,
    target: PathBuf,
    copy: PathBuf,
    /// The file as it was, and where it holds keys that are to be in no file any more.
    wiped: Option<(StoredFile, Vec<(u64, usize)>)>,
    pending: bool,
}

impl<'a> Copy<'a> {
    /// Copies a file and makes the changes to the copy; `None` where it would not share its blocks and should.
    pub fn make(files: &Files<'a>, file: usize, plan: &Plan, copying: Copying) -> Result<Option<Self>> {
        let (target, copy) = (files.target(file), files.copy_of(file));
        files.remove_copies(&[file])?;
        let failed = |source| io_error(&copy, "copy the database", source);
        let Some(mut stored) = files.storage.copy(&target, &copy, copying).map_err(failed)? else {
            return Ok(None);
        };
        let mut made = Copy { files: *files, target, copy: copy.clone(), wiped: None, pending: true };
        let writes = plan.writes().map(|write| (write.offset, write.bytes.as_slice()));
        join(writes, |offset, bytes| stored.write_at(offset, bytes)).map_err(failed)?;
        stored.sync().map_err(failed)?;
        // Where blocks are shared, a write to the old file goes to new ones.
        if plan.removes && copying == Copying::Whole {
            let old = files.open(file, Access::ReadWrite)?;
            let length = old.len().map_err(failed)?;
            let old_pages = plan.writes().filter(|write| write.offset < length && write.offset > 0);
            made.wiped = Some((old, old_pages.map(|write| (write.offset, write.bytes.len())).collect()));
        }
        Ok(Some(made))
    }

    /// Renames the copy over its original and sees that this lasts.
    pub fn put_in_place(mut self, files: &Files<'_>) -> Result<()> {
        self.rename(files)?;
        files.storage.sync_directory(&self.target).map_err(|source| Error::Unsure {
            path: self.target.clone(),
            doing: "sync its directory".into(),
            source,
        })?;
        self.wipe();
        Ok(())
    }

    /// Renames the copy over its original.
    pub fn rename(&mut self, files: &Files<'_>) -> Result<()> {
        let renamed = files.storage.rename(&self.copy, &self.target);
        renamed.map_err(|source| io_error(&self.target, "replace it", source))?;
        self.pending = false;
        Ok(())
    }

    /// Overwrites the pages of the old file, which has no name any more, that hold keys which are nowhere else.
    pub fn wipe(&mut self) {
        let Some((mut old, pages)) = self.wiped.take() else { return };
        let length = old.len().unwrap_or(0);
        for (offset, count) in pages {
            let left = usize::try_from(length.saturating_sub(offset)).unwrap_or(usize::MAX);
            // The change stands; what cannot be overwritten is the medium's trouble.
            let _ = old.write_at(offset, &vec![0; count.min(left)]);
        }
        let _ = old.sync_data();
    }

    /// Leaves the copy where it is: a journal says what becomes of it.
    pub fn keep(&mut self) {
        self.pending = false;
    }

    /// Where the copy is.
    pub fn path(&self) -> &std::path::Path {
        &self.copy
    }
}

impl Drop for Copy<'_> {
    fn drop(&mut self) {
        if self.pending {
            // What is left is removed by the next commit.
            let _ = discard(self.files.storage, &self.copy);
        }
    }
}
