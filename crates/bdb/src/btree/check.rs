//! Reading everything and saying what contradicts itself.

use std::collections::HashMap;
use std::sync::Arc;

use super::layout::{Internal, Leaf, Page, ROOT, Stored};
use super::pager::Pager;
use super::search::MAX_DEPTH;
use crate::types::Problem;
use crate::{Error, PageFile, Result};

/// Problems listed in full; further ones are only counted.
const LISTED: usize = 100;

/// What a file consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Pages of the file, the metadata counted.
    pub pages: u32,
    /// Levels of the tree: 1 if the root is a leaf.
    pub depth: u32,
    /// Pairs.
    pub records: u64,
    /// Leaves.
    pub leaves: u32,
    /// Internal pages.
    pub internal: u32,
    /// Overflow pages that an item refers to.
    pub overflow: u32,
    /// Pages on the free list.
    pub free: u32,
    /// Pages that nothing refers to. MIT leaves some behind when it deletes a pair with a big key, or is stopped
    /// at its work; they are lost room, not a problem.
    pub unreachable: u32,
    /// The first hundred contradictions.
    pub problems: Vec<Problem>,
    /// All contradictions.
    pub problem_count: u64,
}

impl Report {
    /// Whether nothing contradicts itself.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problem_count == 0
    }
}

/// How a page is used, as far as seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Tree,
    /// First page of a chain that a leaf item, an internal item, or both refer to.
    Chain {
        leaf: bool,
        internal: bool,
    },
    ChainRest,
    Free,
}

struct Check<'a, F> {
    pager: &'a Pager<F>,
    report: Report,
    uses: HashMap<u32, Use>,
    /// The pages of each level in the order of the tree, with their links: number, previous, next.
    levels: Vec<Vec<(u32, u32, u32)>>,
    leaf_level: Option<usize>,
}

/// The keys that may stand below a page: not less than the first, less than the second.
#[derive(Clone, Default)]
struct Bounds {
    low: Option<Vec<u8>>,
    high: Option<Vec<u8>>,
}

pub(super) fn check<F: PageFile>(pager: &Pager<F>) -> Result<Report> {
    let report = Report { pages: pager.changes.head.pages, ..Report::default() };
    let mut check = Check { pager, report, uses: HashMap::new(), levels: Vec::new(), leaf_level: None };
    check.page(ROOT, 0, &Bounds::default())?;
    check.siblings();
    check.free_list()?;
    let used = u32::try_from(check.uses.len()).unwrap_or(u32::MAX);
    check.report.unreachable = pager.changes.head.pages.saturating_sub(1).saturating_sub(used);
    check.report.depth = u32::try_from(check.levels.len()).unwrap_or(u32::MAX);
    Ok(check.report)
}

impl<F: PageFile> Check<'_, F> {
    fn problem(&mut self, page: u32, what: impl Into<String>) {
        self.report.problem_count += 1;
        if self.report.problems.len() < LISTED {
            self.report.problems.push(Problem { page, what: what.into() });
        }
    }

    /// The value, or a problem noted in its place; errors of the system pass through.
    fn noted<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Corrupt { page, what, .. }) => {
                self.problem(page, what);
                Ok(None)
            }
            Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
                self.problem(0, "the file became shorter");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes note of a page's use; false, with a problem, if it had one already.
    fn claim(&mut self, page: u32, usage: Use) -> bool {
        match self.uses.insert(page, usage) {
            None => true,
            Some(before) => {
                self.uses.insert(page, before);
                self.problem(page, format!("used twice: {before:?} and {usage:?}"));
                false
            }
        }
    }

    fn page(&mut self, number: u32, level: usize, bounds: &Bounds) -> Result<()> {
        if level >= MAX_DEPTH {
            self.problem(number, "the tree is too deep");
            return Ok(());
        }
        if !self.claim(number, Use::Tree) {
            return Ok(());
        }
        let page = self.pager.read(number);
        let Some(page) = self.noted(page)? else { return Ok(()) };
        self.exact(number, &page)?;
        if self.levels.len() <= level {
            self.levels.resize(level + 1, Vec::new());
        }
        match page {
            Page::Leaf(leaf) => self.leaf(number, level, &leaf, bounds),
            Page::Internal(internal) => self.internal(number, level, &internal, bounds),
            Page::Overflow(_) | Page::Free { .. } => {
                self.problem(number, "not the page of the tree that should be here");
                Ok(())
            }
        }
    }

    /// Notes what no writer leaves on a page.
    fn exact(&mut self, number: u32, page: &Page) -> Result<()> {
        let inexact = self.pager.inexact(number, page);
        if let Some(Some(flaw)) = self.noted(inexact)? {
            self.problem(number, flaw.what);
        }
        Ok(())
    }

    fn note_links(&mut self, number: u32, level: usize, prev: u32, next: u32) {
        if let Some(pages) = self.levels.get_mut(level) {
            pages.push((number, prev, next));
        }
    }

    fn leaf(&mut self, number: u32, level: usize, leaf: &Arc<Leaf>, bounds: &Bounds) -> Result<()> {
        self.note_links(number, level, leaf.prev, leaf.next);
        self.report.leaves += 1;
        self.report.records += leaf.items.len() as u64;
        if *self.leaf_level.get_or_insert(level) != level {
            self.problem(number, "a leaf at another depth than the first");
        }
        if leaf.items.is_empty() && number != ROOT {
            self.problem(number, "an empty leaf");
        }
        let mut low = bounds.low.clone();
        let mut strict = false;
        for item in &leaf.items {
            self.chain(&item.value, true)?;
            let Some(key) = self.key(&item.key, true)? else { continue };
            self.in_order(number, &key, low.as_deref(), strict, bounds.high.as_deref());
            (low, strict) = (Some(key), true);
        }
        Ok(())
    }

    fn internal(
        &mut self,
        number: u32,
        level: usize,
        internal: &Arc<Internal>,
        bounds: &Bounds,
    ) -> Result<()> {
        self.note_links(number, level, internal.prev, internal.next);
        self.report.internal += 1;
        if internal.items.is_empty() {
            self.problem(number, "an internal page without items");
        }
        // The first key of a page counts as less than any and may be out of date.
        let mut keys = vec![bounds.low.clone()];
        for (index, item) in internal.items.iter().enumerate() {
            let key = self.key(&item.key, false)?;
            if index == 0 {
                continue;
            }
            if let Some(key) = &key {
                let low = keys.last().and_then(Option::as_deref);
                self.in_order(number, key, low, true, bounds.high.as_deref());
            }
            keys.push(key);
        }
        for (index, item) in internal.items.iter().enumerate() {
            let low = keys.get(index).cloned().flatten();
            let high = keys.get(index + 1).cloned().unwrap_or_else(|| bounds.high.clone());
            self.page(item.child, level + 1, &Bounds { low, high })?;
        }
        Ok(())
    }

    fn in_order(&mut self, page: u32, key: &[u8], low: Option<&[u8]>, strict: bool, high: Option<&[u8]>) {
        let too_low = low.is_some_and(|low| if strict { key <= low } else { key < low });
        if too_low || high.is_some_and(|high| key >= high) {
            self.problem(page, "keys out of order");
        }
    }

    /// The bytes of a key, its chain noted.
    fn key(&mut self, stored: &Stored, leaf: bool) -> Result<Option<Vec<u8>>> {
        if !self.chain(stored, leaf)? {
            return Ok(None);
        }
        let key = self.pager.load(stored).map(|key| key.into_owned());
        self.noted(key)
    }

    /// Notes the pages of a chain; false if they are not all there.
    fn chain(&mut self, stored: &Stored, leaf: bool) -> Result<bool> {
        let Stored::Chain { first, size } = *stored else { return Ok(true) };
        let mut numbers = Vec::new();
        let mut preserve = false;
        let mut flaws = Vec::new();
        let mut last = None;
        let walked = self.pager.walk_chain(first, size, |number, page| {
            preserve |= numbers.is_empty() && page.preserve;
            if page.preserve && !numbers.is_empty() {
                flaws.push((number, "a chain is marked at another place than its beginning"));
            }
            numbers.push(number);
            last = Some((number, page.next));
        });
        if self.noted(walked)?.is_none() {
            return Ok(false);
        }
        if let Some((number, next)) = last
            && next != 0
        {
            flaws.push((number, "a chain goes on behind its end"));
        }
        flaws.into_iter().for_each(|(number, what)| self.problem(number, what));
        for number in &numbers {
            let page = self.pager.read(*number)?;
            self.exact(*number, &page)?;
        }
        if !leaf && !preserve {
            self.problem(first, "an internal page uses a chain that is not marked so");
        }
        if let Some(Use::Chain { leaf: by_leaf, internal: by_internal }) = self.uses.get_mut(&first) {
            // Several levels may use a chain, but only one leaf item.
            let twice = leaf && *by_leaf;
            *by_leaf |= leaf;
            *by_internal |= !leaf;
            if twice || !preserve {
                self.problem(first, "two items use the same chain");
            }
            return Ok(true);
        }
        for (index, number) in numbers.into_iter().enumerate() {
            let usage = match index {
                0 => Use::Chain { leaf, internal: !leaf },
                _ => Use::ChainRest,
            };
            if self.claim(number, usage) {
                self.report.overflow += 1;
            }
        }
        Ok(true)
    }

    /// Whether the pages of each level are linked in the order of the tree.
    fn siblings(&mut self) {
        let levels = std::mem::take(&mut self.levels);
        for level in &levels {
            for (index, (number, prev, next)) in level.iter().enumerate() {
                let before = index.checked_sub(1).and_then(|index| level.get(index));
                let expected_prev = before.map_or(0, |page| page.0);
                let expected_next = level.get(index + 1).map_or(0, |page| page.0);
                if *prev != expected_prev {
                    self.problem(*number, format!("previous page {prev}, in the tree {expected_prev}"));
                }
                if *next != expected_next {
                    self.problem(*number, format!("next page {next}, in the tree {expected_next}"));
                }
            }
        }
        self.levels = levels;
    }

    fn free_list(&mut self) -> Result<()> {
        for number in self.pager.freed().1.into_keys() {
            if self.claim(number, Use::Free) {
                self.report.free += 1;
            }
        }
        let mut number = self.pager.changes.head.meta.free;
        while number != 0 {
            if !self.claim(number, Use::Free) {
                break;
            }
            self.report.free += 1;
            let next = self.pager.free_after(number);
            let Some(next) = self.noted(next)? else { break };
            number = next;
        }
        Ok(())
    }
}
