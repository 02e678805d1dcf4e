//! Writing the changes to the file, in an order that a full disk cannot hurt.

use super::layout::{Page, write_meta, write_page};
use super::pager::Pager;
use crate::{PageFile, Result};

/// Pages that the file has already and that are to be overwritten, with what stood there.
struct Overwritten {
    offset: u64,
    before: Vec<u8>,
}

impl<F: PageFile> Pager<F> {
    /// Whether there is anything to commit.
    pub(super) fn is_changed(&self) -> bool {
        !self.changed.is_empty() || self.head != self.committed
    }

    /// Writes all changes and syncs.
    ///
    /// First the pages past the old end, in ascending order, and a sync: nothing refers to them yet, so if
    /// the disk is full the file is cut back and is as it was. Then the pages that exist, then the metadata,
    /// then a sync. If one of those writes fails, what was overwritten is put back as far as the system lets
    /// us. The changes stay in memory after an error: the caller may commit again or roll back.
    pub(super) fn commit(&mut self) -> Result<()> {
        if !self.is_changed() {
            self.end_frames();
            return Ok(());
        }
        let mut numbers: Vec<u32> = self.changed.keys().copied().collect();
        numbers.sort_unstable();
        let fresh = self.committed.pages == 0;
        let split = numbers.partition_point(|number| *number < self.committed.pages);
        let (existing, new) = numbers.split_at(split);

        let old_length = self.file.len().map_err(|source| self.io("find the length".into(), source))?;
        if let Err(error) = self.append(new) {
            // The first error is the one to report; a cut that fails too leaves only unused pages.
            let _ = self.file.set_len(old_length);
            return Err(error);
        }
        let mut undo = Vec::new();
        if let Err(error) = self.overwrite(existing, fresh, &mut undo) {
            for page in undo.iter().rev() {
                let _ = self.file.write_at(page.offset, &page.before);
            }
            let _ = self.file.set_len(old_length);
            let _ = self.file.sync();
            return Err(error);
        }

        let mut clean = self.clean.borrow_mut();
        for (number, page) in self.changed.drain() {
            if !matches!(page, Page::Free { .. }) {
                clean.insert(number, page);
            }
        }
        drop(clean);
        self.committed = self.head;
        self.end_frames();
        Ok(())
    }

    fn offset(&self, number: u32) -> u64 {
        u64::from(number) * u64::from(self.geometry().page_size)
    }

    fn encode(&self, number: u32) -> Result<Vec<u8>> {
        let Some(page) = self.changed.get(&number) else {
            return Err(self.wrong(number, "an unchanged page was to be written"));
        };
        write_page(page, number, self.geometry()).map_err(|flaw| self.corrupt(number, flaw))
    }

    fn append(&mut self, numbers: &[u32]) -> Result<()> {
        for number in numbers {
            let bytes = self.encode(*number)?;
            let written = self.file.write_at(self.offset(*number), &bytes);
            written.map_err(|source| self.io(format!("write page {number}"), source))?;
        }
        if numbers.is_empty() {
            return Ok(());
        }
        self.file.sync().map_err(|source| self.io("sync new pages".into(), source))
    }

    fn overwrite(&mut self, numbers: &[u32], fresh: bool, undo: &mut Vec<Overwritten>) -> Result<()> {
        for number in numbers {
            let bytes = self.encode(*number)?;
            self.replace(*number, &bytes, undo)?;
        }
        if fresh {
            let written = self.file.write_at(0, &write_meta(&self.head.meta));
            written.map_err(|source| self.io("write page 0".into(), source))?;
        } else if self.head.meta != self.committed.meta {
            self.replace(0, &write_meta(&self.head.meta), undo)?;
        }
        self.file.sync().map_err(|source| self.io("sync".into(), source))
    }

    fn replace(&mut self, number: u32, bytes: &[u8], undo: &mut Vec<Overwritten>) -> Result<()> {
        let offset = self.offset(number);
        let mut before = vec![0; bytes.len()];
        let read = self.file.read_at(offset, &mut before);
        read.map_err(|source| self.io(format!("read page {number}"), source))?;
        undo.push(Overwritten { offset, before });
        let written = self.file.write_at(offset, bytes);
        written.map_err(|source| self.io(format!("write page {number}"), source))
    }
}
