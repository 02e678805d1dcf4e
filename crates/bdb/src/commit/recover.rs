//! What becomes of a commit that was cut short, when the database is opened again. Only what is in the files says what was
//! done: times and inode numbers come back, and MIT's programs may have been the first to open the database.

use std::io;
use std::path::PathBuf;

use super::exchange::digest;
use super::in_place::{Open, apply};
use super::journal::{Change, Journal, MAX, Unreadable};
use super::state::{Place, State, state};
use super::{Files, Names, discard, io_error};
use crate::hash::recount;
use crate::{Access, Error, Result, StoredFile};

/// What a recovery has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// There was nothing to do.
    Nothing,
    /// The commit had not begun, or was not to be: the files are as before it.
    Before,
    /// The files are as after it.
    After,
}

impl Files<'_> {
    /// Finishes or drops a commit that was cut short, under the exclusive locks of both files.
    ///
    /// # Errors
    /// [`Error::Foreign`] where that cannot be done since somebody else has written to the files; [`Error::UnknownJournal`];
    /// where a file cannot be read or written. All is then kept as it is.
    pub fn recover(&self) -> Result<Recovered> {
        match self.read_journal()? {
            None => Ok(Recovered::Nothing),
            Some(Err(())) => self.drop_journal(Recovered::Before),
            Some(Ok(Journal::Pages { lengths, changes })) => {
                let mut open: Open = [None, None];
                for (file, (slot, length)) in open.iter_mut().zip(lengths).enumerate() {
                    if length.is_some() {
                        *slot = Some(self.open(file, Access::ReadWrite)?);
                    }
                }
                let state = state(&open, lengths, &changes);
                self.unless_foreign(&state)?;
                // What was written may not be on the medium yet, and without the journal nobody could make it whole.
                self.sync(&mut open)?;
                match state {
                    State::Before { untouched } => {
                        self.take_back_new_pages(&mut open, lengths, &changes, untouched)?;
                        self.drop_journal(Recovered::Before)
                    }
                    State::Between { step } => {
                        let rest: Vec<Change> =
                            changes.into_iter().filter(|change| change.step >= step).collect();
                        apply(&mut open, &rest)
                            .map_err(|(file, doing, source)| self.io(file, doing, source))?;
                        self.drop_journal(Recovered::After)
                    }
                    State::After { recount } => {
                        if recount {
                            self.recount()?;
                        }
                        self.drop_journal(Recovered::After)
                    }
                    State::Foreign(file) => Err(self.foreign(file)),
                }
            }
            Some(Ok(Journal::Exchange { names, before, after })) => {
                self.recover_exchange(names, before, after)
            }
        }
    }

    /// Whether [`Files::recover`] would refuse; needs shared locks only.
    ///
    /// # Errors
    /// As [`Files::recover`].
    pub fn can_recover(&self) -> Result<()> {
        match self.read_journal()? {
            Some(Ok(Journal::Pages { lengths, changes })) => {
                let mut open: Open = [None, None];
                for (file, (slot, length)) in open.iter_mut().zip(lengths).enumerate() {
                    if length.is_some() {
                        *slot = Some(self.open(file, Access::ReadOnly)?);
                    }
                }
                self.unless_foreign(&state(&open, lengths, &changes))
            }
            Some(Ok(Journal::Exchange { names, before, after })) => {
                self.unless_foreign(&self.state_of_exchange(names, before, after)?)
            }
            Some(Err(())) | None => Ok(()),
        }
    }

    fn unless_foreign(&self, state: &State) -> Result<()> {
        match state {
            State::Foreign(file) => Err(self.foreign(*file)),
            State::Before { .. } | State::Between { .. } | State::After { .. } => Ok(()),
        }
    }

    /// Another program's number of pairs may stand where ours was to come.
    fn recount(&self) -> Result<()> {
        match recount(self.open(0, Access::ReadWrite)?, self.path(0)) {
            // What is damaged is so without us.
            Err(Error::Corrupt { .. } | Error::NotHash { .. }) => Ok(()),
            done => done,
        }
    }

    fn sync(&self, files: &mut Open) -> Result<()> {
        for (file, stored) in files.iter_mut().enumerate() {
            if let Some(stored) = stored {
                stored.sync_data().map_err(|source| self.io(file, "sync it", source))?;
            }
        }
        Ok(())
    }

    /// Whether there is the journal of a creation. One that cannot be read is none.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn is_of_creation(&self) -> Result<bool> {
        match self.read_journal() {
            Ok(Some(Ok(Journal::Exchange { names: Names::Commit, before: None, .. }))) => Ok(true),
            Ok(_) | Err(Error::UnknownJournal { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Drops a journal, whatever it says, and the copies that go with it: both files have been replaced, or are about to be.
    ///
    /// # Errors
    /// Where it is there and cannot be removed.
    pub fn forget(&self) -> Result<()> {
        if self.is_cut_short()? {
            self.drop_journal(Recovered::Before)?;
        }
        self.remove_copies(&[0, 1])
    }

    /// What a commit that is not to be has written behind the files' ends: nothing leads there, but whoever looks at each page
    /// would find records in it. It is overwritten, and goes if nothing else is there: another program may have added pages of its
    /// own since, in the same places too.
    fn take_back_new_pages(
        &self,
        files: &mut Open,
        lengths: [Option<u64>; 2],
        changes: &[Change],
        untouched: bool,
    ) -> Result<()> {
        for (file, (slot, length)) in files.iter_mut().zip(lengths).enumerate() {
            let (Some(stored), Some(length)) = (slot, length) else { continue };
            let failed = |source| self.io(file, "take new pages back", source);
            let now = stored.len().map_err(failed)?;
            if now <= length {
                continue;
            }
            let new = changes.iter().filter(|change| change.file == file && change.offset >= length);
            let mut end = length;
            for change in new {
                let written = change.offset.saturating_add(change.after.len() as u64);
                end = end.max(written);
                let place = Place { offset: change.offset, length, changes: vec![change] };
                if place.now(stored).is_some_and(|now| place.is_ours(&now)) {
                    let left = usize::try_from(now.saturating_sub(change.offset)).unwrap_or(usize::MAX);
                    let zeros = vec![0; change.after.len().min(left)];
                    stored.write_at(change.offset, &zeros).map_err(failed)?;
                }
            }
            stored.sync_data().map_err(failed)?;
            if untouched && now <= end && is_zero(stored, length, now).map_err(failed)? {
                stored.set_len(length).map_err(failed)?;
                stored.sync_data().map_err(failed)?;
            }
        }
        Ok(())
    }

    /// How far an exchange has come: whether the new files still have their own names, and what the second one is.
    fn state_of_exchange(&self, names: Names, before: Option<[u8; 32]>, after: [u8; 32]) -> Result<State> {
        let [from_first, from_second] = &self.new_files(names);
        let found =
            self.storage.find(from_first).map_err(|source| io_error(from_first, "look at it", source));
        if found?.is_some() {
            return Ok(State::Before { untouched: true });
        }
        let digest =
            |path: &PathBuf| digest(self.storage, path).map_err(|source| io_error(path, "read it", source));
        let now = digest(&self.second_file(names))?;
        let is_there = digest(from_second)? == Some(after);
        Ok(match (is_there, is_there && now == before, now == Some(after)) {
            (true, true, _) => State::Between { step: 0 },
            // The second is in its place too, or has been there.
            (false, _, true) => State::After { recount: false },
            _ => State::Foreign(1),
        })
    }

    /// The file that the second new one replaces.
    fn second_file(&self, names: Names) -> PathBuf {
        match names {
            Names::Commit => self.target(1),
            Names::Load => self.path(1).to_owned(),
        }
    }

    fn recover_exchange(&self, names: Names, before: Option<[u8; 32]>, after: [u8; 32]) -> Result<Recovered> {
        match self.state_of_exchange(names, before, after)? {
            State::Before { .. } => {
                // The new files are not needed any more; those of a load are the next loader's to remove.
                let done = self.drop_journal(Recovered::Before)?;
                self.remove_copies(&[0, 1])?;
                Ok(done)
            }
            State::Between { .. } => {
                let [_, from_second] = &self.new_files(names);
                let to_second = &self.second_file(names);
                let failed = |source| io_error(to_second, "replace it", source);
                self.storage.rename(from_second, to_second).map_err(failed)?;
                self.storage.sync_directory(to_second).map_err(failed)?;
                self.drop_journal(Recovered::After)
            }
            State::After { .. } => {
                // The name may not be on the medium yet.
                let to_second = &self.second_file(names);
                let failed = |source| io_error(to_second, "sync its name", source);
                self.storage.sync_directory(to_second).map_err(failed)?;
                self.drop_journal(Recovered::After)
            }
            State::Foreign(file) => Err(self.foreign(file)),
        }
    }

    fn drop_journal(&self, done: Recovered) -> Result<Recovered> {
        discard(self.storage, self.journal).map_err(|source| io_error(self.journal, "remove it", source))?;
        Ok(done)
    }

    fn foreign(&self, file: usize) -> Error {
        Error::Foreign { journal: self.journal.to_owned(), path: self.path(file).to_owned() }
    }

    /// The journal, if there is one; an error in it if it is not whole.
    fn read_journal(&self) -> Result<Option<std::result::Result<Journal, ()>>> {
        let failed = |source| io_error(self.journal, "read the journal", source);
        if !self.is_cut_short()? {
            return Ok(None);
        }
        let unknown = |what: &'static str| Error::UnknownJournal {
            journal: self.journal.to_owned(),
            what: what.into(),
        };
        let file = self.storage.open_own(self.journal, Access::ReadOnly).map_err(failed)?;
        let file = file.ok_or_else(|| unknown("a symbolic link, or no file with this name alone"))?;
        let length = file.len().map_err(failed)?;
        let length = usize::try_from(length).ok().filter(|length| *length as u64 <= MAX);
        let mut bytes = vec![0; length.ok_or_else(|| unknown("it is too long"))?];
        file.read_at(0, &mut bytes).map_err(failed)?;
        match Journal::decode(&bytes) {
            Ok(journal) => Ok(Some(Ok(journal))),
            Err(Unreadable::Incomplete) => Ok(Some(Err(()))),
            Err(Unreadable::Unknown(what)) => Err(unknown(what)),
        }
    }
}

/// Whether there is nothing but zeros.
fn is_zero(file: &StoredFile, from: u64, to: u64) -> io::Result<bool> {
    let mut at = from;
    while at < to {
        let mut bytes = vec![0; usize::try_from(to - at).unwrap_or(usize::MAX).min(1 << 16)];
        file.read_at(at, &mut bytes)?;
        if bytes.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        at += bytes.len() as u64;
    }
    Ok(true)
}
