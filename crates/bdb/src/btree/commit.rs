//! Which pages a commit writes.

use super::layout::{Page, write_meta, write_page};
use super::pager::Pager;
use crate::flaw::Flaw;
use crate::write::{Batch, How};
use crate::{PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// Writes all changes and syncs (see [`Batch::write`]). The changes stay in memory after an error: the caller
    /// may commit again or roll back.
    pub(super) fn commit(&mut self, how: How) -> Result<()> {
        if !self.changes.is_empty() || (self.unsynced && how == How::Commit) {
            let numbers = self.changes.numbers();
            let (free, links) = self.freed();
            let (mut head, committed) = (self.changes.head, *self.changes.committed());
            head.meta.free = free;
            let (existing, new) =
                numbers.split_at(numbers.partition_point(|number| *number < committed.pages));
            let fresh = committed.pages == 0;
            let page_size = self.geometry().page_size;
            let batch = Batch {
                path: &self.path,
                page_size,
                new,
                existing,
                head: (fresh || head.meta != committed.meta).then(|| write_meta(&head.meta)),
                how,
            };
            batch.write(&mut self.file, |number| {
                let Some(page) = self.changes.get(number) else {
                    let flaw = Flaw::at(0, "an unchanged page was to be written");
                    return Err(flaw.on(&self.path, page_size, number));
                };
                let free = links.get(&number).map(|next| Page::Free { next: *next });
                write_page(free.as_ref().unwrap_or(page), number, head.meta.geometry)
                    .map_err(|flaw| flaw.on(&self.path, page_size, number))
            })?;
            self.changes.head = head;
        }
        self.unsynced = how == How::Spill;
        let mut clean = self.clean.borrow_mut();
        for (number, page) in self.changes.settle() {
            if !matches!(page, Page::Free { .. }) {
                clean.insert(number, page);
            }
        }
        Ok(())
    }
}
