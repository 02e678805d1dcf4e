//! Changes that reach the files whole or not at all, whatever is cut short (`docs/formats/journal.md`).
//!
//! Two files make up a database, and others (MIT's programs) look at them without knowing anything of what stands here. So at
//! every moment at which somebody else can have the locks each record is found in the files, as before or as after the change. There are three ways:
//!
//! - One write within a sector of the medium is made in its place: it happens or does not. So is a record that finds room on
//!   its page: first its bytes, to which nothing leads, then the sector that leads there.
//! - A file is copied, the copy changed and renamed over it. For both files: with a record of the exchange in the journal.
//! - Where a copy costs too much: the pages are written in their places, in the order of a [`Plan`], and the journal has them
//!   as they were and as they will be.
//!
//! Whoever commits or recovers holds the exclusive locks of both files; of the second file's alone, who commits to that.

mod copy;
mod exchange;
mod in_place;
mod journal;
mod plan;
mod recover;
mod sector;
mod state;
#[cfg(test)]
mod tests;

pub use plan::{Plan, Write};
pub use recover::Recovered;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Access, Copying, Error, Result, Storage, StoredFile, overwrite_with_zeros};

/// Bytes of a file up to which it is copied for any change of more than a sector. From some 700 KiB on a copy takes longer than a
/// commit in place (`docs/performance.md`); but what MIT's programs find in between is whole, and a little longer is no harm.
const COPIED_UP_TO: u64 = 2 << 20;

/// Bytes of a sector, the least that a medium writes as a whole.
pub(crate) const SECTOR: u64 = 512;

/// What cannot be done where a journal cannot be written, which comes before everything else.
const WRITE_JOURNAL: &str = "write the journal, and nothing was changed";

/// Names of files that are to replace others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Those of a commit: `.commit` behind the file's own.
    Commit,
    /// Those of a load.
    Load,
}

/// The two files of a database and what stands beside them.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// Where they are.
    pub storage: &'a dyn Storage,
    /// The files: the principals' and the policies'.
    pub paths: [&'a Path; 2],
    /// What a load calls the new ones.
    pub loaded: [&'a Path; 2],
    /// The journal, in the directory of both files unless they are symbolic links.
    pub journal: &'a Path,
}

impl Files<'_> {
    /// Makes the changes, each file's or both, and answers when they are on the medium.
    ///
    /// # Errors
    /// Where they cannot be made: the files are then as they were, but for [`Error::Unsure`] and [`Error::Undecided`].
    /// [`Error::HardLinks`].
    pub fn commit(&self, plans: [Plan; 2]) -> Result<()> {
        let changed: Vec<usize> =
            (0..2).filter(|file| plans.get(*file).is_some_and(|p| !p.is_empty())).collect();
        for file in &changed {
            self.refuse_links(*file)?;
        }
        match (changed.as_slice(), &plans) {
            ([], _) => Ok(()),
            ([0], [plan, _]) => self.commit_one(0, plan, &plans),
            ([1], [_, plan]) => self.commit_one(1, plan, &plans),
            _ => self.commit_both(&plans),
        }
    }

    fn commit_one(&self, file: usize, plan: &Plan, plans: &[Plan; 2]) -> Result<()> {
        if self.within_a_sector(file, plan)? {
            return Ok(());
        }
        if plan.sectors {
            return self.commit_sectors(file, plan);
        }
        let copying = self.copying(file, plan)?;
        match copy::Copy::make(self, file, plan, copying) {
            Ok(Some(copy)) => copy.put_in_place(self),
            Ok(None) => self.commit_in_place(plans),
            // No room, no right to make the file or to give it its owner: its pages may be written all the same.
            Err(_) if plan.ordered => self.commit_in_place(plans),
            Err(error) => Err(error),
        }
    }

    fn commit_both(&self, plans: &[Plan; 2]) -> Result<()> {
        let mut whole = true;
        for (file, plan) in plans.iter().enumerate() {
            whole = whole && self.copying(file, plan)? == Copying::Whole;
        }
        let ordered = plans.iter().all(|plan| plan.ordered);
        if ordered && !whole {
            return self.commit_in_place(plans);
        }
        match self.commit_copies(plans) {
            // As above.
            Err(error) if ordered && !matches!(error, Error::Unsure { .. } | Error::Undecided { .. }) => {
                self.commit_in_place(plans)
            }
            other => other,
        }
    }

    /// What a copy may cost.
    fn copying(&self, file: usize, plan: &Plan) -> Result<Copying> {
        let length = self.length(file)?;
        // The journal has each page twice, and then it is written a third time.
        let journaled = plan.bytes().saturating_mul(3);
        let worth_it = length <= COPIED_UP_TO || journaled >= length || journaled > journal::MAX;
        Ok(if worth_it || !plan.ordered { Copying::Whole } else { Copying::Shared })
    }

    /// Refuses a file that has several names, of which a new file would take one only.
    ///
    /// # Errors
    /// [`Error::HardLinks`]; where the system does not say.
    pub fn refuse_links(&self, file: usize) -> Result<()> {
        let facts =
            self.storage.find(self.path(file)).map_err(|source| self.io(file, "look at it", source))?;
        match facts {
            Some(facts) if facts.links > 1 => {
                Err(Error::HardLinks { path: self.path(file).to_owned(), links: facts.links })
            }
            _ => Ok(()),
        }
    }

    /// Whether a commit was cut short, so that [`Files::recover`] has to come before anything is read or written. Asks for the
    /// second file's lock, shared.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn is_cut_short(&self) -> Result<bool> {
        self.storage.is_taken(self.journal).map_err(|source| io_error(self.journal, "look at it", source))
    }

    /// Removes the copies that a commit left which was killed before they were anybody's, overwritten: they hold keys.
    ///
    /// # Errors
    /// Where one is there and cannot be removed.
    pub fn remove_copies(&self, files: &[usize]) -> Result<()> {
        for file in files {
            let copy = self.copy_of(*file);
            let taken = self.storage.is_taken(&copy);
            if taken.map_err(|source| io_error(&copy, "look at it", source))? {
                discard(self.storage, &copy).map_err(|source| io_error(&copy, "remove it", source))?;
            }
        }
        Ok(())
    }

    fn path(&self, file: usize) -> &Path {
        let [first, second] = self.paths;
        if file == 0 { first } else { second }
    }

    fn length(&self, file: usize) -> Result<u64> {
        let facts =
            self.storage.find(self.path(file)).map_err(|source| self.io(file, "look at it", source))?;
        Ok(facts.map_or(0, |facts| facts.length))
    }

    fn open(&self, file: usize, access: Access) -> Result<StoredFile> {
        self.storage.open(self.path(file), access).map_err(|source| self.io(file, "open it", source))
    }

    /// The file itself, where its name is a symbolic link.
    fn target(&self, file: usize) -> PathBuf {
        self.storage.resolve(self.path(file)).unwrap_or_else(|_| self.path(file).to_owned())
    }

    /// The name of a copy, beside the file itself.
    fn copy_of(&self, file: usize) -> PathBuf {
        let mut name = OsString::from(self.target(file));
        name.push(".commit");
        PathBuf::from(name)
    }

    fn io(&self, file: usize, doing: &str, source: io::Error) -> Error {
        io_error(self.path(file), doing, source)
    }

    /// Writes the bytes of a journal. Nothing may be changed before it has answered.
    fn write_journal(&self, journal: &[u8]) -> Result<()> {
        let made = self.storage.create(self.journal).map_err(|source| (source, Ok(())));
        let written = made.and_then(|mut file| {
            let written = file.write_at(0, journal).and_then(|()| file.sync_data());
            let written = written.and_then(|()| self.storage.sync_directory(self.journal));
            written.map_err(|source| (source, discard(self.storage, self.journal)))
        });
        Err(match written {
            Ok(()) => return Ok(()),
            Err((source, Ok(()))) => io_error(self.journal, WRITE_JOURNAL, source),
            // Not begun, but it may be whole: the next who opens the database finds nothing done and removes it.
            Err((source, Err(_))) => {
                Error::Undecided { path: self.journal.to_owned(), doing: "write the journal".into(), source }
            }
        })
    }

    /// Wipes and removes the journal. Without its zeros on the medium it could come back with keys in it, or when another
    /// program has changed the files; that its name comes back does no harm.
    fn remove_journal(&self) -> Result<()> {
        discard(self.storage, self.journal).map_err(|source| Error::Unsure {
            path: self.journal.to_owned(),
            doing: "remove it".into(),
            source,
        })
    }
}

/// Overwrites a file with zeros on the medium and removes it; of what is not ours alone only the name goes.
fn discard(storage: &dyn Storage, path: &Path) -> io::Result<()> {
    if let Some(mut file) = storage.open_own(path, Access::ReadWrite)? {
        overwrite_with_zeros(&mut file)?;
    }
    storage.remove(path)
}

/// So many bytes of a file, or as many as there are; `None` where they cannot be read.
fn read(file: &StoredFile, offset: u64, count: usize) -> Option<Vec<u8>> {
    let left = usize::try_from(file.len().ok()?.saturating_sub(offset)).unwrap_or(usize::MAX);
    // As long as what a commit has in its hands.
    let mut bytes = vec![0; count.min(left)];
    file.read_at(offset, &mut bytes).ok()?;
    Some(bytes)
}

fn io_error(path: &Path, doing: &str, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), doing: doing.to_owned(), source }
}
