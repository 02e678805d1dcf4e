//! Finding a key's place.

use std::cmp::Ordering;
use std::sync::Arc;

use super::layout::{Internal, Leaf, Page, ROOT, Stored};
use super::pager::Pager;
use crate::{PageFile, Result};

/// More levels than any tree of 2^32 pages has, and than MIT can descend.
pub(super) const MAX_DEPTH: usize = 50;

/// An internal page on the way to a leaf, and the item that was followed.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub number: u32,
    pub page: Arc<Internal>,
    pub index: usize,
}

/// A place on a leaf.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// From the root to the leaf's parent.
    pub path: Vec<Step>,
    pub number: u32,
    pub leaf: Arc<Leaf>,
    /// Of the key, or where it would be inserted.
    pub index: usize,
    /// The key is there.
    pub exact: bool,
}

impl<F: PageFile> Pager<F> {
    /// How `key` compares with a stored one: as unsigned bytes, the shorter first on a tie.
    fn compare(&self, key: &[u8], stored: &Stored) -> Result<Ordering> {
        match stored {
            Stored::Inline(bytes) => Ok(key.cmp(bytes)),
            Stored::Chain { .. } => Ok(key.cmp(self.load(stored)?.as_ref())),
        }
    }

    /// How many of the items come before `key`, given each one's key, and whether the next one has it.
    fn lower_bound<I>(&self, items: &[I], key: &[u8], of: impl Fn(&I) -> &Stored) -> Result<(usize, bool)> {
        let (mut low, mut high) = (0, items.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(item) = items.get(middle) else { break };
            match self.compare(key, of(item))? {
                Ordering::Equal => return Ok((middle, true)),
                Ordering::Greater => low = middle + 1,
                Ordering::Less => high = middle,
            }
        }
        Ok((low, false))
    }

    /// Descends from the root: `choose` names the item to follow on each internal page.
    pub(super) fn descend(
        &self,
        path: &mut Vec<Step>,
        from: u32,
        choose: impl Fn(&Internal) -> Result<usize>,
    ) -> Result<(u32, Arc<Leaf>)> {
        let mut number = from;
        loop {
            match self.read(number)? {
                Page::Leaf(leaf) => return Ok((number, leaf)),
                Page::Internal(page) => {
                    let index = choose(&page)?;
                    let Some(item) = page.items.get(index) else {
                        return Err(self.wrong(number, "an internal page without items"));
                    };
                    let child = item.child;
                    if path.len() == MAX_DEPTH {
                        return Err(self.wrong(number, "the tree is too deep; its pages run in a circle"));
                    }
                    path.push(Step { number, page: Arc::clone(&page), index });
                    number = child;
                }
                Page::Overflow(_) | Page::Free { .. } => {
                    return Err(self.wrong(number, "not the page of the tree that should be here"));
                }
            }
        }
    }

    /// Where `key` is, or belongs.
    pub(super) fn find(&self, key: &[u8]) -> Result<Place> {
        let mut path = Vec::new();
        let (number, leaf) = self.descend(&mut path, ROOT, |page| {
            // The first key counts as less than any: it is not kept up to date.
            let rest = page.items.get(1..).unwrap_or_default();
            let (index, exact) = self.lower_bound(rest, key, |item| &item.key)?;
            Ok(if exact { index + 1 } else { index })
        })?;
        let (index, exact) = self.lower_bound(&leaf.items, key, |item| &item.key)?;
        Ok(Place { path, number, leaf, index, exact })
    }
}
