//! Going through the pairs in order: by the siblings' links or by the tree, forward or backward.

use std::sync::Arc;

use super::BTree;
use super::layout::{Leaf, LeafItem, ROOT, Span, Stored};
use super::pager::Pager;
use super::search::{Place, Step};
use crate::types::Record;
use crate::{PageFile, Result};

/// Which pair comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The least key.
    Forward,
    /// The greatest key.
    Backward,
}

/// How the next leaf is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// By the links between leaves, as MIT's `dump` and `dump -rev` do.
    Siblings,
    /// Up and down the tree, as MIT's `dump -recurse` does; finds everything that look-ups find, even where
    /// the links are damaged.
    Tree,
}

/// A place between two pairs.
///
/// It borrows nothing, so the tree may be changed between two steps: the cursor then finds its place again
/// by the key that it returned last. After an error it is at its end.
#[derive(Debug)]
pub struct Cursor {
    order: Order,
    walk: Walk,
    state: State,
    /// Leaves seen, to stop where pages run in a circle.
    leaves: u32,
    /// The tree changed on the way, so only the order of the keys makes sure that the end is reached.
    sought_again: bool,
}

#[derive(Debug)]
enum State {
    /// Not begun: at this key or after it, or at the edge.
    Start(Option<Vec<u8>>),
    At(Position),
    Done,
}

#[derive(Debug)]
struct Position {
    /// Kept for a walk by tree only.
    path: Vec<Step>,
    number: u32,
    leaf: Arc<Leaf>,
    /// How many of the leaf's pairs lie before the cursor, in the order of keys.
    index: usize,
    /// The tree's version that all this is true of.
    version: u64,
    last_key: Option<Stored>,
}

impl Cursor {
    /// A cursor before the first pair in this order.
    #[must_use]
    pub fn new(order: Order, walk: Walk) -> Self {
        Cursor { order, walk, state: State::Start(None), leaves: 0, sought_again: false }
    }

    /// A cursor before the pair with this key: forward, the first pair whose key is not less comes next;
    /// backward, the last pair whose key is less.
    #[must_use]
    pub fn at(key: &[u8], order: Order, walk: Walk) -> Self {
        Cursor { order, walk, state: State::Start(Some(key.to_vec())), leaves: 0, sought_again: false }
    }

    /// The next pair of `tree`, which must be the same tree at each call; `None` at the end.
    pub fn next<F: PageFile>(&mut self, tree: &BTree<F>) -> Result<Option<Record>> {
        self.next_item(tree)?.map(|item| load(&tree.pager, &item)).transpose()
    }

    /// The next pair as the leaf holds it.
    pub(super) fn next_item<F: PageFile>(&mut self, tree: &BTree<F>) -> Result<Option<LeafItem>> {
        let pager = &tree.pager;
        let mut position = match std::mem::replace(&mut self.state, State::Done) {
            State::Done => return Ok(None),
            State::Start(None) => self.edge(pager)?,
            State::Start(Some(key)) => Position::new(pager.find(&key)?, pager.changes.version()),
            State::At(position) if position.version == pager.changes.version() => position,
            State::At(position) => self.again(pager, position)?,
        };
        loop {
            if let Some(item) = position.take(self.order) {
                if self.sought_again && !self.is_next(pager, &item.key, position.last_key.as_ref())? {
                    return Err(pager.wrong(position.number, "keys out of order"));
                }
                // The chain of a big key may be gone when the place is sought again.
                position.last_key = Some(match &item.key {
                    Stored::Inline(_) => item.key.clone(),
                    Stored::Chain { .. } => Stored::Inline(Span::from(&*pager.load(&item.key)?)),
                });
                self.state = State::At(position);
                return Ok(Some(item));
            }
            let Some(next) = self.next_leaf(pager, position)? else { return Ok(None) };
            position = next;
        }
    }

    /// The position at the edge of the tree where the walk begins.
    fn edge<F: PageFile>(&self, pager: &Pager<F>) -> Result<Position> {
        let mut path = Vec::new();
        let (number, leaf) = self.edge_below(pager, &mut path, ROOT)?;
        let index = self.first_index(&leaf);
        Ok(Position { path, number, leaf, index, version: pager.changes.version(), last_key: None })
    }

    fn edge_below<F: PageFile>(
        &self,
        pager: &Pager<F>,
        path: &mut Vec<Step>,
        from: u32,
    ) -> Result<(u32, Arc<Leaf>)> {
        let order = self.order;
        pager.descend(path, from, |page| {
            Ok(match order {
                Order::Forward => 0,
                Order::Backward => page.items.len().saturating_sub(1),
            })
        })
    }

    fn first_index(&self, leaf: &Leaf) -> usize {
        match self.order {
            Order::Forward => 0,
            Order::Backward => leaf.items.len(),
        }
    }

    /// The position after the last key returned, in a tree that has changed.
    fn again<F: PageFile>(&mut self, pager: &Pager<F>, old: Position) -> Result<Position> {
        self.leaves = 0;
        self.sought_again = true;
        let Some(key) = old.last_key else { return self.edge(pager) };
        let place = pager.find(&pager.load(&key)?)?;
        let passed = place.exact && self.order == Order::Forward;
        let mut position = Position::new(place, pager.changes.version());
        position.index += usize::from(passed);
        position.last_key = Some(key);
        Ok(position)
    }

    fn is_next<F: PageFile>(&self, pager: &Pager<F>, key: &Stored, last: Option<&Stored>) -> Result<bool> {
        let Some(last) = last else { return Ok(true) };
        let (key, last) = (pager.load(key)?, pager.load(last)?);
        Ok(match self.order {
            Order::Forward => key > last,
            Order::Backward => key < last,
        })
    }

    fn next_leaf<F: PageFile>(&mut self, pager: &Pager<F>, old: Position) -> Result<Option<Position>> {
        self.leaves += 1;
        if self.leaves >= pager.changes.head.pages {
            return Err(pager.wrong(old.number, "the leaves run in a circle"));
        }
        let Position { mut path, number, leaf, version, last_key, .. } = old;
        let (number, leaf) = match self.walk {
            Walk::Siblings => match self.sibling(pager, number, &leaf)? {
                Some(next) => next,
                None => return Ok(None),
            },
            Walk::Tree => loop {
                let Some(mut step) = path.pop() else { return Ok(None) };
                let index = match self.order {
                    Order::Forward => step.index.checked_add(1),
                    Order::Backward => step.index.checked_sub(1),
                };
                let item = index.and_then(|index| Some((index, step.page.items.get(index)?)));
                let Some((index, item)) = item else { continue };
                let child = item.child;
                step.index = index;
                path.push(step);
                break self.edge_below(pager, &mut path, child)?;
            },
        };
        let index = self.first_index(&leaf);
        Ok(Some(Position { path, number, leaf, index, version, last_key }))
    }

    /// The leaf beside this one, which must name this one as its own sibling.
    fn sibling<F: PageFile>(
        &self,
        pager: &Pager<F>,
        number: u32,
        leaf: &Leaf,
    ) -> Result<Option<(u32, Arc<Leaf>)>> {
        let next = match self.order {
            Order::Forward => leaf.next,
            Order::Backward => leaf.prev,
        };
        if next == 0 {
            return Ok(None);
        }
        let beside = pager.leaf(next)?;
        let back = match self.order {
            Order::Forward => beside.prev,
            Order::Backward => beside.next,
        };
        if back != number {
            let what = format!("page {number} names it as a sibling, but it names page {back}");
            return Err(pager.wrong(next, what));
        }
        Ok(Some((next, beside)))
    }
}

impl Position {
    fn new(place: Place, version: u64) -> Self {
        let Place { path, number, leaf, index, .. } = place;
        Position { path, number, leaf, index, version, last_key: None }
    }

    /// The next item of the leaf, if it has one.
    fn take(&mut self, order: Order) -> Option<LeafItem> {
        match order {
            Order::Forward => {
                let item = self.leaf.items.get(self.index)?;
                self.index += 1;
                Some(item.clone())
            }
            Order::Backward => {
                self.index = self.index.checked_sub(1)?;
                self.leaf.items.get(self.index).cloned()
            }
        }
    }
}

fn load<F: PageFile>(pager: &Pager<F>, item: &LeafItem) -> Result<Record> {
    Ok(Record { key: pager.load(&item.key)?.into_owned(), value: pager.load(&item.value)?.into_owned() })
}

/// The pairs of a tree; ends after an error.
#[derive(Debug)]
pub struct Iter<'a, F> {
    pub(super) tree: &'a BTree<F>,
    pub(super) cursor: Cursor,
}

impl<F: PageFile> Iterator for Iter<'_, F> {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.cursor.next(self.tree).transpose()
    }
}
