//! Looking at all of a file: whether its trees hang together, and what is on their pages.

use crate::error::{Error, Flow, Result};
use crate::layout::{Kind, Page, TreeInfo, Value};
use crate::pages::{Pages, any_meta};
use std::collections::HashSet;
use std::fs::File;
use std::ops::{ControlFlow, Range};
use std::path::Path;

/// How many problems are told one by one.
const TOLD: usize = 100;
const DEPTH: usize = 32;
/// Size of a page's number in the list of free pages.
const NUMBER: usize = 8;

/// Something that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The page, counted from 0.
    pub page: u64,
    /// What is wrong with it.
    pub what: String,
}

/// What came of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Pages in use, the two meta pages and those of overflow chains among them.
    pub pages: u64,
    /// The first problems.
    pub problems: Vec<Problem>,
    /// How many there are.
    pub problem_count: u64,
}

/// A record that a page of a named tree shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'r> {
    /// The name of its tree; `None` for a page that no tree leads to.
    pub tree: Option<&'r str>,
    /// The page that it is on.
    pub page: u64,
    /// Its key.
    pub key: &'r [u8],
    /// Its value, if it can be read.
    pub value: Option<&'r [u8]>,
}

/// A visitor of records.
pub type Visit<'v, E> = &'v mut dyn FnMut(Record<'_>) -> Flow<E>;
/// Gets the records of a tree, each with its page.
type Found<'f, E> = &'f mut dyn FnMut(&mut Check<'_>, u64, &[u8], Value<'_>) -> Flow<E>;

struct Check<'p> {
    pages: &'p Pages,
    report: Report,
    /// Pages that a tree, a chain or the list of free pages has.
    taken: HashSet<u64>,
}

/// Does the same as [`crate::Snapshot::check`] with a file that liblmdb would not open, as far as it can be read. Nobody may write it.
///
/// # Errors
/// Where the file cannot be read, and what the visitor answers.
pub fn salvage<E: From<Error>>(path: &Path, visit: Visit<'_, E>) -> std::result::Result<Report, E> {
    let file = File::open(path).map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
    let (meta, fault) = any_meta(&file, path)?;
    let pages = Pages::new(file, path, meta)?;
    let problem = fault.map(|what| Problem { page: 0, what });
    check_with(&pages, problem, visit)
}

/// Reads everything; `visit` gets the records of named trees, and in the end, if something is wrong with the trees, those on
/// leaves that no tree leads to.
pub(crate) fn check<E: From<Error>>(pages: &Pages, visit: Visit<'_, E>) -> std::result::Result<Report, E> {
    check_with(pages, None, visit)
}

fn check_with<E: From<Error>>(
    pages: &Pages,
    known: Option<Problem>,
    visit: Visit<'_, E>,
) -> std::result::Result<Report, E> {
    let problem_count = u64::from(known.is_some());
    let report = Report { pages: 2, problems: known.into_iter().collect(), problem_count };
    let mut check = Check { pages, report, taken: HashSet::from([0, 1]) };
    let mut named: Vec<(String, TreeInfo)> = Vec::new();
    let meta = &pages.meta;
    let found: Found<'_, E> = &mut |check, page, key, value| {
        let name = String::from_utf8_lossy(key).into_owned();
        match value {
            Value::Tree(bytes) => match TreeInfo::parse(bytes) {
                Ok(tree) => named.push((name, tree)),
                Err(what) => check.problem(page, what),
            },
            _ => check.problem(page, format!("\"{name}\" is no tree")),
        }
        Ok(ControlFlow::Continue(()))
    };
    let _ = check.tree(&meta.main, found)?;
    for (name, tree) in &named {
        let mut records = 0;
        let found: Found<'_, E> = &mut |check, page, key, value| {
            records += 1;
            let value = check.value(page, value)?;
            visit(Record { tree: Some(name), page, key, value: value.as_deref() })
        };
        if check.tree(tree, found)?.is_break() {
            return Ok(check.report);
        }
        if records != tree.records {
            let what = format!("\"{name}\" says that it has {} records; {records} were found", tree.records);
            check.problem(meta.main.root.unwrap_or_default(), what);
        }
    }
    let found: Found<'_, E> = &mut |check, page, _, value| {
        if let Some(value) = check.value(page, value)? {
            check.free(page, &value);
        }
        Ok(ControlFlow::Continue(()))
    };
    let _ = check.tree(&meta.free, found)?;
    if check.report.problem_count > 0 {
        check.scan(visit)?;
    }
    Ok(check.report)
}

impl Check<'_> {
    fn problem(&mut self, page: u64, what: impl Into<String>) {
        self.report.problem_count += 1;
        if self.report.problems.len() < TOLD {
            self.report.problems.push(Problem { page, what: what.into() });
        }
    }

    /// Takes a page; one that is taken already is a problem.
    fn take(&mut self, page: u64) -> bool {
        let new = self.taken.insert(page);
        if new {
            self.report.pages += 1;
        } else {
            self.problem(page, "it is used twice, or is used and free");
        }
        new
    }

    /// The value of a record, its overflow pages taken; `None` where it cannot be read.
    fn value(&mut self, page: u64, value: Value<'_>) -> Result<Option<Vec<u8>>> {
        match value {
            Value::Here(bytes) => Ok(Some(bytes.to_vec())),
            Value::Tree(_) => {
                self.problem(page, "a tree among records");
                Ok(None)
            }
            Value::Overflow(first, length) => match self.pages.overflow(first, length) {
                Ok(bytes) => {
                    for page in first..first.saturating_add(self.pages.pages_for(length)) {
                        self.take(page);
                    }
                    Ok(Some(bytes))
                }
                Err(Error::Damaged { page, what, .. }) => {
                    self.problem(page, what);
                    Ok(None)
                }
                Err(error) => Err(error),
            },
        }
    }

    /// The pages that a record of the free tree lists: a number, then so many pages.
    fn free(&mut self, page: u64, list: &[u8]) {
        let mut numbers = list
            .chunks_exact(NUMBER)
            .map(|chunk| u64::from_ne_bytes(<[u8; NUMBER]>::try_from(chunk).unwrap_or_default()));
        let count = numbers.next().unwrap_or(u64::MAX);
        if count > (list.len() / NUMBER).saturating_sub(1) as u64 {
            return self.problem(page, "a list of free pages that is longer than its place");
        }
        let last = self.pages.meta.last_page;
        for number in numbers.take(usize::try_from(count).unwrap_or(usize::MAX)) {
            if !(2..=last).contains(&number) {
                self.problem(page, format!("page {number} is listed as free; the last page is {last}"));
            } else if !self.taken.insert(number) {
                self.problem(number, "it is used, or free twice, and listed as free");
            }
        }
    }

    fn tree<E: From<Error>>(&mut self, tree: &TreeInfo, found: Found<'_, E>) -> Flow<E> {
        match tree.root {
            None => Ok(ControlFlow::Continue(())),
            Some(root) => self.below(root, 0, tree, (None, None), found),
        }
    }

    /// Looks at a page and all below it. Its keys lie between the bounds, the lower one included.
    fn below<E: From<Error>>(
        &mut self,
        number: u64,
        depth: usize,
        tree: &TreeInfo,
        bounds: (Option<&[u8]>, Option<&[u8]>),
        found: Found<'_, E>,
    ) -> Flow<E> {
        const ON: ControlFlow<()> = ControlFlow::Continue(());
        if depth >= DEPTH || !self.take(number) {
            return Ok(ON);
        }
        let page = match self.pages.page(number) {
            Ok(page) => page,
            Err(Error::Damaged { page, what, .. }) => {
                self.problem(page, what);
                return Ok(ON);
            }
            Err(error) => return Err(error.into()),
        };
        let leaf = depth + 1 == usize::from(tree.depth);
        if (page.kind == Kind::Leaf) != leaf || page.kind == Kind::Overflow {
            self.problem(number, "a leaf or a branch where the other should be");
            if page.kind == Kind::Overflow {
                return Ok(ON);
            }
        }
        if page.kind == Kind::Branch && page.count < 2 {
            self.problem(number, "a branch with less than two pages below it");
        }
        // The free tree's keys are numbers, in the order of the machine.
        let by_bytes = tree.flags == 0;
        let mut before: Option<Vec<u8>> = bounds.0.map(<[u8]>::to_vec);
        for index in 0..page.count {
            let node = if page.kind == Kind::Leaf {
                page.item(index).map(|item| (item.key, None, Some(item.value)))
            } else {
                page.child(index).map(|child| (child.key, Some(child.page), None))
            };
            let (key, child, value) = match node {
                Ok(node) => node,
                Err(what) => {
                    self.problem(number, what);
                    continue;
                }
            };
            let implied = page.kind == Kind::Branch && index == 0;
            if by_bytes && !implied {
                let low = before.as_deref().is_some_and(|before| match index {
                    0 => key < before,
                    _ => key <= before,
                });
                if low || bounds.1.is_some_and(|bound| key >= bound) {
                    self.problem(number, format!("the key of node {index} is out of order"));
                }
                before = Some(key.to_vec());
            }
            let flow = match (child, value) {
                (Some(child), _) => {
                    let next = if index + 1 < page.count { page.child(index + 1).ok() } else { None };
                    let upper = next.map(|next| next.key).or(bounds.1).filter(|_| by_bytes);
                    let lower = before.clone().filter(|_| by_bytes);
                    self.below(child, depth + 1, tree, (lower.as_deref(), upper), found)?
                }
                (None, Some(value)) => found(self, number, key, value)?,
                (None, None) => ON,
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(ON)
    }

    /// Hands out what stands on leaves that nothing leads to.
    fn scan<E: From<Error>>(&mut self, visit: Visit<'_, E>) -> std::result::Result<(), E> {
        let in_file = self.pages.length / self.pages.meta.page_size as u64;
        for number in 2..in_file.min(self.pages.meta.last_page.saturating_add(1)) {
            if self.taken.contains(&number) {
                continue;
            }
            let Ok(page) = self.pages.page(number) else { continue };
            if page.kind != Kind::Leaf {
                continue;
            }
            for item in (0..page.count).filter_map(|index| page.item(index).ok()) {
                let value = match item.value {
                    Value::Here(bytes) => Some(bytes.to_vec()),
                    Value::Tree(_) => None,
                    Value::Overflow(first, length) => self.pages.overflow(first, length).ok(),
                };
                let record = Record { tree: None, page: number, key: item.key, value: value.as_deref() };
                if value.is_some() && visit(record)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Looks at every node of a page, so that liblmdb may move them.
pub(crate) fn page_sound(pages: &Pages, page: &Page) -> Result<()> {
    let nodes: Range<usize> = 0..page.count;
    for index in nodes {
        let looked = match page.kind {
            Kind::Branch => page.child(index).map(|_| ()),
            Kind::Leaf => page.item(index).map(|_| ()),
            Kind::Overflow => Err("an overflow page in place of a tree's".to_owned()),
        };
        looked.map_err(|what| pages.damaged(page.number, what))?;
    }
    Ok(())
}

/// Looks at everything.
///
/// # Errors
/// The first problem.
pub(crate) fn all_sound(pages: &Pages) -> Result<()> {
    let report = check::<Error>(pages, &mut |_| Ok(ControlFlow::Continue(())))?;
    match report.problems.into_iter().next() {
        None => Ok(()),
        Some(Problem { page, what }) => Err(pages.damaged(page, what)),
    }
}

/// Looks at what every write goes through: the tree of the named trees and the list of free pages; at everything where the
/// file is shorter than its pages, which it may be if the last ones are free.
///
/// # Errors
/// The first problem.
pub(crate) fn before_writing(pages: &Pages) -> Result<()> {
    let meta = &pages.meta;
    let whole = meta.last_page.checked_add(1).and_then(|pages| pages.checked_mul(meta.page_size as u64));
    if whole.is_none_or(|whole| pages.length < whole) {
        all_sound(pages)?;
    }
    let mut check = Check { pages, report: Report::default(), taken: HashSet::from([0, 1]) };
    let found: Found<'_, Error> = &mut |_, _, _, _| Ok(ControlFlow::Continue(()));
    let _ = check.tree(&meta.main, found)?;
    let found: Found<'_, Error> = &mut |check, page, _, value| {
        if let Some(value) = check.value(page, value)? {
            check.free(page, &value);
        }
        Ok(ControlFlow::Continue(()))
    };
    let _ = check.tree(&meta.free, found)?;
    match check.report.problems.into_iter().next() {
        None => Ok(()),
        Some(Problem { page, what }) => Err(pages.damaged(page, what)),
    }
}
