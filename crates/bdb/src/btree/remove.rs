//! Deleting a pair, and the pages that it empties.

use super::layout::{Internal, Leaf, Node, Page, ROOT};
use super::pager::Pager;
use super::search::Step;
use crate::{PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// Removes the pair with this key; says whether there was one.
    pub(super) fn remove(&mut self, key: &[u8]) -> Result<bool> {
        let place = self.find(key)?;
        if !place.exact {
            return Ok(false);
        }
        self.changes.removes = true;
        let mut leaf = Leaf::clone(&place.leaf);
        let item = leaf.items.remove(place.index);
        self.release(&item.key)?;
        self.release(&item.value)?;
        if !leaf.items.is_empty() || place.number == ROOT {
            self.write_leaf(place.number, leaf);
            return Ok(true);
        }
        self.unlink(place.number, leaf.prev, leaf.next)?;
        self.prune(&place.path)?;
        Ok(true)
    }

    /// Takes the last step of the path, whose child is gone, out of its page. A page without items goes too,
    /// but the root becomes an empty leaf. As in MIT's trees, pages are never merged.
    fn prune(&mut self, path: &[Step]) -> Result<()> {
        let Some((parent, above)) = path.split_last() else { return Ok(()) };
        let mut page = Internal::clone(&parent.page);
        // A big key's chain stays: it is marked as shared, and whether a leaf still has it is not known here.
        page.items.remove(parent.index);
        if !page.items.is_empty() {
            self.write_internal(parent.number, page);
            return Ok(());
        }
        if parent.number == ROOT {
            self.write_leaf(ROOT, Node { prev: 0, next: 0, items: Vec::new() });
            return Ok(());
        }
        self.unlink(parent.number, page.prev, page.next)?;
        self.prune(above)
    }

    /// Joins a page's siblings and frees it.
    fn unlink(&mut self, number: u32, prev: u32, next: u32) -> Result<()> {
        self.set_prev(next, number, prev)?;
        self.set_next(prev, number, next)?;
        self.free(number);
        Ok(())
    }

    /// Changes the previous page of `number`, which must be `old` now. Page 0 is no page.
    pub(super) fn set_prev(&mut self, number: u32, old: u32, new: u32) -> Result<()> {
        self.relink(number, old, new, |prev, _| prev)
    }

    fn set_next(&mut self, number: u32, old: u32, new: u32) -> Result<()> {
        self.relink(number, old, new, |_, next| next)
    }

    fn relink(
        &mut self,
        number: u32,
        old: u32,
        new: u32,
        link: impl for<'a> Fn(&'a mut u32, &'a mut u32) -> &'a mut u32,
    ) -> Result<()> {
        if number == 0 {
            return Ok(());
        }
        let found = match self.read(number)? {
            Page::Leaf(leaf) => {
                let mut leaf = Leaf::clone(&leaf);
                let found = std::mem::replace(link(&mut leaf.prev, &mut leaf.next), new);
                self.write_leaf(number, leaf);
                found
            }
            Page::Internal(internal) => {
                let mut internal = Internal::clone(&internal);
                let found = std::mem::replace(link(&mut internal.prev, &mut internal.next), new);
                self.write_internal(number, internal);
                found
            }
            Page::Overflow(_) | Page::Free { .. } => 0,
        };
        if found != old {
            return Err(self.wrong(number, format!("page {old} names it as a sibling, but not the reverse")));
        }
        Ok(())
    }
}
