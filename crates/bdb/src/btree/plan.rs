//! The order in which a commit's pages may reach the file, so that MIT's programs find a whole tree between any two
//! (`docs/formats/journal.md`).
//!
//! What makes it work: a page that is freed is not used again before the commit is over, so that all that the old tree leads
//! to stays as it was until nothing leads there; and a record moves to pages that are new only.

#[cfg(test)]
use std::collections::BTreeMap;
use std::collections::HashSet;
use std::sync::Arc;

use super::grown::grown;
use super::layout::{Page, ROOT, Stored, read_page, write_meta, write_page};
use super::pager::Pager;
use super::search::MAX_DEPTH;
use crate::commit::{Plan, Write};
use crate::{PageFile, Result};

/// Why a page is written, in the order of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// The free list, without the pages that are taken from it: nobody takes them a second time.
    FreeListCut,
    /// Pages that nothing refers to yet.
    New,
    /// Internal pages, the highest first: the inverse of the levels below them.
    Internal(usize),
    /// Leaves. Those that were split have all of their records until then.
    Leaf,
    /// Pages of which only the link to the previous one changes.
    Link,
    /// Pages that nothing refers to any more; together with the ones before, on which no look-up or walk forwards depends.
    Freed,
    /// The free list with the latter.
    FreeList,
}

impl<F: PageFile> Pager<F> {
    /// What a commit would write. Costs a look at each page that changes, as the file has it.
    pub(super) fn plan(&self) -> Result<Plan> {
        if self.changes.is_empty() {
            return Ok(Plan::default());
        }
        let (free, links) = self.freed();
        let (head, committed) = (self.changes.head, *self.changes.committed());
        let taken = self.taken()?;
        let mut steps = Vec::new();
        let mut ordered = committed.pages != 0;
        let offset = |number: u32| u64::from(number) * u64::from(self.geometry().page_size);
        for number in self.changes.numbers() {
            let Some(page) = self.changes.get(number) else { continue };
            let is_new = number >= committed.pages || taken.contains(&number);
            let step = match page {
                Page::Free { .. } => Step::Freed,
                _ if is_new => Step::New,
                // Its mark as one that an internal page uses too; early, it does no harm.
                Page::Overflow(_) => Step::New,
                Page::Internal(_) | Page::Leaf(_) => self.step_of(number, page)?,
            };
            let page = match links.get(&number) {
                Some(next) => &Page::Free { next: *next },
                None => page,
            };
            if matches!(page, Page::Free { .. }) && !is_new {
                ordered = ordered && !self.moved(number)?;
            }
            let bytes =
                write_page(page, number, self.geometry()).map_err(|flaw| self.corrupt(number, flaw))?;
            steps.push((step, Write { offset: offset(number), bytes }));
        }
        for (step, free, before) in
            [(Step::FreeListCut, head.meta.free, committed.meta.free), (Step::FreeList, free, head.meta.free)]
        {
            if free != before || (committed.pages == 0 && step == Step::FreeList) {
                let mut meta = head.meta;
                meta.free = free;
                steps.push((step, Write { offset: 0, bytes: write_meta(&meta) }));
            }
        }
        if let ([(Step::Leaf, _)], [number]) = (steps.as_slice(), self.changes.numbers().as_slice())
            && let Some(plan) = self.plan_of_grown(*number)?
        {
            return Ok(plan);
        }
        steps.sort_by_key(|(step, _)| *step);
        let removes = self.changes.removes;
        let mut plan = Plan { steps: Vec::new(), ordered, sectors: false, removes };
        let mut last = None;
        for (step, write) in steps {
            if last != Some(step) && (last, step) != (Some(Step::Link), Step::Freed) {
                plan.steps.push(Vec::new());
            }
            last = Some(step);
            if let Some(writes) = plan.steps.last_mut() {
                writes.push(write);
            }
        }
        Ok(plan)
    }

    /// What a commit would write where nothing but one leaf changes, and records come to it and none goes.
    fn plan_of_grown(&self, number: u32) -> Result<Option<Plan>> {
        let Some(Page::Leaf(now)) = self.changes.get(number) else { return Ok(None) };
        let bytes: Arc<[u8]> = self.raw(number, self.geometry().page_len())?.into();
        let was = read_page(&bytes, number, self.geometry()).map_err(|flaw| self.corrupt(number, flaw))?;
        let Page::Leaf(was) = was else { return Ok(None) };
        let Some(grown) = grown(&bytes, number, &was, now, self.geometry()) else { return Ok(None) };
        let page = u64::from(number) * u64::from(self.geometry().page_size);
        let items = Write { offset: page + grown.offset as u64, bytes: grown.items };
        let head = Write { offset: page, bytes: grown.head };
        Ok(Some(Plan { steps: vec![vec![items], vec![head]], ordered: true, sectors: true, removes: false }))
    }

    /// The pages that were taken from the free list.
    fn taken(&self) -> Result<HashSet<u32>> {
        let mut taken = HashSet::new();
        let mut number = self.changes.committed().meta.free;
        while number != self.changes.head.meta.free {
            if number == 0 || !taken.insert(number) {
                return Err(self.wrong(number, "the free list changed by itself"));
            }
            number = self.committed_free_after(number)?;
        }
        Ok(taken)
    }

    /// The page as the file has it.
    fn committed(&self, number: u32) -> Result<Page> {
        let bytes = self.raw(number, self.geometry().page_len())?.into();
        read_page(&bytes, number, self.geometry()).map_err(|flaw| self.corrupt(number, flaw))
    }

    fn step_of(&self, number: u32, page: &Page) -> Result<Step> {
        let only_the_link = match (page, self.committed(number)?) {
            (Page::Leaf(now), Page::Leaf(was)) => now.items == was.items && now.next == was.next,
            (Page::Internal(now), Page::Internal(was)) => now.items == was.items && now.next == was.next,
            _ => false,
        };
        Ok(match page {
            _ if only_the_link => Step::Link,
            Page::Internal(_) => Step::Internal(MAX_DEPTH.saturating_sub(self.height(number)?)),
            _ => Step::Leaf,
        })
    }

    /// Levels below an internal page.
    fn height(&self, mut number: u32) -> Result<usize> {
        for height in 0..MAX_DEPTH {
            match self.read(number)? {
                Page::Internal(page) => {
                    number = page
                        .items
                        .first()
                        .map(|item| item.child)
                        .ok_or_else(|| self.wrong(number, "an internal page without items"))?;
                }
                _ => return Ok(height),
            }
        }
        Err(self.wrong(ROOT, "the tree is too deep"))
    }

    /// Whether a leaf that is freed had a record that is somewhere else now: deleted, and made again.
    fn moved(&self, number: u32) -> Result<bool> {
        let Page::Leaf(leaf) = self.committed(number)? else { return Ok(false) };
        for item in &leaf.items {
            // A key of its own pages, of which some may be freed too: MIT's alone, and rare.
            let Stored::Inline(key) = &item.key else { return Ok(true) };
            if self.find(key)?.exact {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// All pairs as MIT's programs walk forwards: from the first leaf along the links to the next one, and nothing else asked.
#[cfg(test)]
pub(crate) fn walk_as_mit<F: PageFile>(tree: &super::BTree<F>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let pager = &tree.pager;
    let mut number = ROOT;
    while let Page::Internal(page) = pager.read(number).unwrap() {
        number = page.items[0].child;
    }
    let (mut pairs, mut leaves) = (BTreeMap::new(), 0);
    while number != 0 {
        let leaf = pager.leaf(number).unwrap();
        for item in &leaf.items {
            pairs.insert(
                pager.load(&item.key).unwrap().into_owned(),
                pager.load(&item.value).unwrap().into_owned(),
            );
        }
        number = leaf.next;
        leaves += 1;
        assert!(leaves < 100_000, "the walk has no end");
    }
    pairs
}
