//! Records that move between pages of one bucket, in a file at which others look while it is written.

use super::chain::Chain;
use super::layout::Table;
use super::pager::Pager;
use crate::{Error, PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// Sees to it that a record which went from one page of a bucket's chain to another does so by the write of one page: behind
    /// the first of the two the pages that the file has are given back, and what is on them stands on other ones, to which
    /// nothing leads before that write. Where there are no others all stays as it is, and the file is copied.
    pub(super) fn detach(&mut self, bucket: u32, pages: [u32; 2]) -> Result<()> {
        if self.pages == 0 {
            return Ok(());
        }
        let chain = self.chain(bucket)?;
        let before = self.before();
        // The pages that the file has, by their places in the chain: writing one makes others see what is on it and on those
        // behind it up to the next such page.
        let mut old = vec![0];
        let mut by = [0; 2];
        for (at, (page, _)) in chain.iter().enumerate() {
            match before.uses(*page) {
                Ok(used) if at > 0 && used => old.push(at),
                Ok(_) => {}
                // There is no order then.
                Err(Error::Corrupt { .. }) => return Ok(()),
                Err(error) => return Err(error),
            }
            for (by, moved) in by.iter_mut().zip(pages) {
                if moved == *page {
                    *by = old.last().copied().unwrap_or(0);
                }
            }
        }
        let [from, to] = by;
        if from == to {
            return Ok(());
        }
        let first = from.min(to);
        old.retain(|at| *at > first);
        self.changes.begin_operation();
        let moved = self.replace_pages(chain, first, &old);
        self.changes.end_operation(moved.is_ok());
        match moved {
            Err(Error::HashFull { .. }) => Ok(()),
            moved => moved,
        }
    }

    /// Puts what is on the pages with these places in a chain on new ones; they are all behind `first`.
    fn replace_pages(&mut self, mut chain: Chain, first: usize, places: &[usize]) -> Result<()> {
        let mut given_back = Vec::new();
        for at in places {
            let (_, new) = self.allocate()?;
            if let Some((page, _)) = chain.get_mut(*at) {
                given_back.push(std::mem::replace(page, new));
            }
        }
        for page in given_back {
            self.free(page)?;
        }
        let mut next = None;
        for (page, table) in chain.into_iter().skip(first).rev() {
            self.write_table(page, Table { next, ..Table::clone(&table) });
            next = Some(page);
        }
        Ok(())
    }
}
