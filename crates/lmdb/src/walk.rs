//! Ways through a tree: down to a key, and from record to record.

use crate::error::{Flow, Result};
use crate::layout::{Item, Kind, Page, TreeInfo, Value};
use crate::pages::Pages;
use crate::snapshot::Direction;
use std::ops::ControlFlow;
use std::rc::Rc;

/// No tree of liblmdb's is deeper (its `CURSOR_STACK`).
const DEPTH: usize = 32;

/// A visitor of records; it may stop.
pub(crate) type Visit<'v, E> = &'v mut dyn FnMut(Item<'_>) -> Flow<E>;

/// The way down to where a key is or would be.
pub(crate) struct Way {
    /// Branches, with the number of the node that was taken.
    pub branches: Vec<(Rc<Page>, usize)>,
    pub leaf: Rc<Page>,
}

pub(crate) fn descend(pages: &Pages, root: u64, key: &[u8]) -> Result<Way> {
    let mut branches = Vec::new();
    let mut number = root;
    loop {
        let page = pages.page(number)?;
        match page.kind {
            Kind::Leaf => return Ok(Way { branches, leaf: page }),
            Kind::Branch if branches.len() < DEPTH && page.count > 0 => {
                let index = page.child_for(key).map_err(|what| pages.damaged(number, what))?;
                number = page.child(index).map_err(|what| pages.damaged(page.number, what))?.page;
                branches.push((page, index));
            }
            Kind::Branch => return Err(pages.damaged(number, "a branch without an end")),
            Kind::Overflow => return Err(pages.damaged(number, "an overflow page in place of a tree's")),
        }
    }
}

/// The bytes of a value.
pub(crate) fn bytes(pages: &Pages, value: Value<'_>) -> Result<Vec<u8>> {
    match value {
        Value::Here(bytes) | Value::Tree(bytes) => Ok(bytes.to_vec()),
        Value::Overflow(page, length) => pages.overflow(page, length),
    }
}

/// The value of a key.
pub(crate) fn get(pages: &Pages, tree: &TreeInfo, key: &[u8]) -> Result<Option<Vec<u8>>> {
    let Some(root) = tree.root else { return Ok(None) };
    let leaf = descend(pages, root, key)?.leaf;
    let damaged = |what| pages.damaged(leaf.number, what);
    let index = leaf.item_from(key).map_err(damaged)?;
    if index >= leaf.count {
        return Ok(None);
    }
    let item = leaf.item(index).map_err(damaged)?;
    if item.key == key { bytes(pages, item.value).map(Some) } else { Ok(None) }
}

/// Visits the records of a tree in order: forwards those whose key is not less than `from`, backwards those whose key
/// is less, or all where there is no `from`.
pub(crate) fn each<E: From<crate::Error>>(
    pages: &Pages,
    tree: &TreeInfo,
    from: Option<&[u8]>,
    direction: Direction,
    visit: Visit<'_, E>,
) -> std::result::Result<(), E> {
    let Some(root) = tree.root else { return Ok(()) };
    let mut walk = Walk { pages, direction, visited: 0 };
    walk.tree(root, 0, from, visit).map(|_| ())
}

struct Walk<'p> {
    pages: &'p Pages,
    direction: Direction,
    /// A sound tree has no page twice.
    visited: u64,
}

impl Walk<'_> {
    fn tree<E: From<crate::Error>>(
        &mut self,
        number: u64,
        depth: usize,
        from: Option<&[u8]>,
        visit: Visit<'_, E>,
    ) -> Flow<E> {
        let pages = self.pages;
        self.visited += 1;
        if depth >= DEPTH || self.visited > pages.meta.last_page {
            return Err(pages.damaged(number, "the tree comes back to pages that it has").into());
        }
        let page = pages.page(number)?;
        let damaged = |what: String| E::from(pages.damaged(number, what));
        let mut range = match (page.kind, self.direction, from) {
            (Kind::Overflow, ..) => return Err(damaged("an overflow page in place of a tree's".into())),
            (_, _, None) => 0..page.count,
            (Kind::Branch, Direction::Forward, Some(key)) => {
                page.child_for(key).map_err(damaged)?..page.count
            }
            (Kind::Branch, Direction::Backward, Some(key)) => {
                0..(page.child_for(key).map_err(damaged)? + 1).min(page.count)
            }
            (Kind::Leaf, Direction::Forward, Some(key)) => page.item_from(key).map_err(damaged)?..page.count,
            (Kind::Leaf, Direction::Backward, Some(key)) => 0..page.item_from(key).map_err(damaged)?,
        };
        // Only the first page on each level is cut.
        let mut from = from;
        loop {
            let index = match self.direction {
                Direction::Forward => range.next(),
                Direction::Backward => range.next_back(),
            };
            let Some(index) = index else { return Ok(ControlFlow::Continue(())) };
            let flow = match page.kind {
                Kind::Branch => {
                    let child = page.child(index).map_err(damaged)?.page;
                    self.tree(child, depth + 1, from.take(), visit)?
                }
                _ => visit(page.item(index).map_err(damaged)?)?,
            };
            if flow.is_break() {
                return Ok(flow);
            }
        }
    }
}
