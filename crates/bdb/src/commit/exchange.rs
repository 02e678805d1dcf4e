//! Both files replaced by new ones: the first, then the second, with a record of it in the journal.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::copy::Copy;
use super::journal::{DIGEST, Journal};
use super::{Files, Names, Plan, discard, io_error};
use crate::{Access, Copying, Error, Result, Storage};

/// Bytes that are digested at a time.
const CHUNK: usize = 1 << 18;

impl Files<'_> {
    /// Copies both files, changes the copies, and puts them in their places.
    pub(super) fn commit_copies(&self, plans: &[Plan; 2]) -> Result<()> {
        let [first, second] = plans;
        let make = |file, plan| {
            let copy = Copy::make(self, file, plan, Copying::Whole)?;
            // Only one that should share its blocks may be none. Nothing has been changed.
            copy.ok_or_else(|| self.io(file, "copy the database", std::io::ErrorKind::Unsupported.into()))
        };
        let (mut first, mut second) = (make(0, first)?, make(1, second)?);
        let (from, to) =
            ([first.path().to_owned(), second.path().to_owned()], [self.target(0), self.target(1)]);
        let replaced = self.replace(Names::Commit, [&from[0], &from[1]], [&to[0], &to[1]]);
        if !matches!(replaced, Err(Error::Io { .. })) {
            // They have other names by now, or the journal says what becomes of them.
            first.keep();
            second.keep();
        }
        if replaced.is_ok() {
            first.wipe();
            second.wipe();
        }
        replaced
    }

    /// Puts new files, which are on the medium, in the place of both files, of which none need exist.
    ///
    /// # Errors
    /// Where it cannot be done: both are then as they were, but for [`Error::Unsure`] and [`Error::Undecided`].
    pub fn put_in_place(&self, names: Names) -> Result<()> {
        let [first, second] = self.new_files(names);
        self.replace(names, [&first, &second], self.paths)
    }

    /// What the new files are called before.
    #[must_use]
    pub fn new_files(&self, names: Names) -> [PathBuf; 2] {
        match names {
            Names::Commit => [0, 1].map(|file| self.copy_of(file)),
            Names::Load => self.loaded.map(PathBuf::from),
        }
    }

    fn replace(&self, names: Names, from: [&Path; 2], to: [&Path; 2]) -> Result<()> {
        let ([from_first, from_second], [to_first, to_second]) = (from, to);
        let digest =
            |path: &Path| digest(self.storage, path).map_err(|source| io_error(path, "read it", source));
        let after = digest(from_second)?
            .ok_or_else(|| io_error(from_second, "open it", std::io::ErrorKind::NotFound.into()))?;
        // The journal must not outlive the names of the new files: that the first is gone means that it was renamed.
        for path in [from_first, from_second] {
            self.storage
                .sync_directory(path)
                .map_err(|source| io_error(path, "sync its directory", source))?;
            if from_first.parent() == from_second.parent() {
                break;
            }
        }
        self.write_journal(&Journal::Exchange { names, before: digest(to_second)?, after }.encode())?;
        let undecided = |path: &Path, doing: &str| {
            let (path, doing) = (path.to_owned(), doing.to_owned());
            move |source| Error::Undecided { path, doing, source }
        };
        if let Err(source) = self.storage.rename(from_first, to_first) {
            // Where the journal stays, so must the new files: without the first it says that this one was renamed.
            return Err(match discard(self.storage, self.journal) {
                Ok(()) => io_error(to_first, "replace it", source),
                Err(_) => undecided(to_first, "replace it")(source),
            });
        }
        // Between the two: whoever finds the second new file and not the first knows that the first is in its place.
        self.storage.sync_directory(to_first).map_err(undecided(to_first, "sync its directory"))?;
        self.storage.rename(from_second, to_second).map_err(undecided(to_second, "replace it"))?;
        self.storage.sync_directory(to_second).map_err(undecided(to_second, "sync its directory"))?;
        self.remove_journal()
    }
}

/// The digest of a file; `None` where there is none.
pub(super) fn digest(storage: &dyn Storage, path: &Path) -> std::io::Result<Option<[u8; DIGEST]>> {
    if storage.find(path)?.is_none() {
        return Ok(None);
    }
    let file = storage.open(path, Access::ReadOnly)?;
    let (length, mut offset) = (file.len()?, 0);
    let mut digest = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    while offset < length {
        let count = usize::try_from(length - offset).unwrap_or(CHUNK).min(CHUNK);
        let Some(part) = buffer.get_mut(..count) else { break };
        file.read_at(offset, part)?;
        digest.update(&*part);
        offset += count as u64;
    }
    Ok(Some(digest.finalize().into()))
}
