//! Commits that need neither a copy nor a journal, since a medium writes a sector as a whole.

use super::{Files, Plan, SECTOR, Write, read};
use crate::{Access, Error, Result, StoredFile};

impl Files<'_> {
    /// Makes a change in its place if it is one write, and within a sector; says whether it did. There is nothing to recover.
    pub(super) fn within_a_sector(&self, file: usize, plan: &Plan) -> Result<bool> {
        let mut writes = plan.writes();
        let (Some(write), None) = (writes.next(), writes.next()) else { return Ok(false) };
        let mut stored = self.open(file, Access::ReadWrite)?;
        let before = read(&stored, write.offset, write.bytes.len());
        let Some(before) = before.filter(|before| before.len() == write.bytes.len()) else {
            return Ok(false);
        };
        let mut sectors = write.bytes.iter().zip(&before).zip(write.offset..);
        let mut differing = sectors.by_ref().filter(|((now, was), _)| now != was).map(|(_, at)| at / SECTOR);
        let Some(first) = differing.next() else { return Ok(true) };
        if differing.any(|sector| sector != first) {
            return Ok(false);
        }
        self.replace_sector(file, &mut stored, write, &before)?;
        Ok(true)
    }

    /// Makes the steps of a plan whose last one is a write within a sector; those before it write where nothing leads to.
    pub(super) fn commit_sectors(&self, file: usize, plan: &Plan) -> Result<()> {
        let mut stored = self.open(file, Access::ReadWrite)?;
        let before = |write: &Write| {
            let before = read(&stored, write.offset, write.bytes.len());
            let before = before.filter(|before| before.len() == write.bytes.len());
            before
                .ok_or_else(|| self.io(file, "read what is to be replaced", std::io::ErrorKind::Other.into()))
        };
        let were = plan.writes().map(before).collect::<Result<Vec<_>>>()?;
        let mut writes: Vec<_> = plan.writes().zip(&were).collect();
        let Some((last, was)) = writes.pop() else { return Ok(()) };
        let done = self
            .write_unreferred(file, &mut stored, &writes)
            .and_then(|()| self.replace_sector(file, &mut stored, last, was));
        if matches!(done, Err(Error::Io { .. })) {
            // The file is as it was. What nothing leads to may hold a key that nobody has been given.
            for (write, was) in writes {
                let _ = stored.write_at(write.offset, was);
            }
        }
        done
    }

    fn write_unreferred(
        &self,
        file: usize,
        stored: &mut StoredFile,
        writes: &[(&Write, &Vec<u8>)],
    ) -> Result<()> {
        for (write, _) in writes {
            let written = stored.write_at(write.offset, &write.bytes);
            written.map_err(|source| self.io(file, "write a record", source))?;
        }
        stored.sync_data().map_err(|source| self.io(file, "sync it", source))
    }

    /// Replaces what differs within one sector, and syncs; puts it back if that fails.
    fn replace_sector(
        &self,
        file: usize,
        stored: &mut StoredFile,
        write: &Write,
        before: &[u8],
    ) -> Result<()> {
        let written = stored.write_at(write.offset, &write.bytes).and_then(|()| stored.sync_data());
        let Err(source) = written else { return Ok(()) };
        let undone = stored.write_at(write.offset, before).and_then(|()| stored.sync_data());
        Err(match undone {
            Ok(()) => self.io(file, "write", source),
            Err(_) => Error::Undecided { path: self.path(file).to_owned(), doing: "write".into(), source },
        })
    }
}
