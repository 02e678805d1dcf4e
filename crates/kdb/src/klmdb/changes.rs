//! What a transaction is going to change: laid over the state that it began with, and taken back to any place.

use super::record::Lockout;
use crate::backend::{Order, Savepoint};
use crate::error::{KdbError, Result};
use k5_lmdb::{Direction, Snapshot, VisitRecord};
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

/// A record's new value; `None` where it goes away.
pub(super) type Change = Option<Vec<u8>>;
/// The changes of a tree.
pub(super) type Tree = BTreeMap<Vec<u8>, Change>;

/// What becomes of a principal's lockout record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockoutChange {
    Delete,
    Set(Lockout),
    /// The fields that differ change; the KDC may write the others meanwhile.
    Fields {
        old: Lockout,
        new: Lockout,
    },
}

impl LockoutChange {
    pub fn apply(self, current: Option<Lockout>) -> Option<Lockout> {
        match self {
            LockoutChange::Delete => None,
            LockoutChange::Set(lockout) => Some(lockout),
            LockoutChange::Fields { old, new } => Some(current.unwrap_or_default().with_changes(old, new)),
        }
    }
}

/// A tree of the first environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Principals,
    Policies,
}

#[derive(Debug)]
enum Undo {
    Record(Which, Vec<u8>, Option<Change>),
    Lockout(Vec<u8>, Option<LockoutChange>),
}

/// All changes of a transaction.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub principals: Tree,
    pub policies: Tree,
    pub lockout: BTreeMap<Vec<u8>, LockoutChange>,
    undo: Vec<Undo>,
    /// How much there was to undo, by the number of the savepoint.
    marks: Vec<usize>,
}

impl Changes {
    pub fn tree(&self, which: Which) -> &Tree {
        match which {
            Which::Principals => &self.principals,
            Which::Policies => &self.policies,
        }
    }

    fn tree_mut(&mut self, which: Which) -> &mut Tree {
        match which {
            Which::Principals => &mut self.principals,
            Which::Policies => &mut self.policies,
        }
    }

    pub fn set(&mut self, which: Which, key: Vec<u8>, change: Change) {
        let before = self.tree_mut(which).insert(key.clone(), change);
        self.undo.push(Undo::Record(which, key, before));
    }

    pub fn set_lockout(&mut self, key: Vec<u8>, change: LockoutChange) {
        let before = self.lockout.insert(key.clone(), change);
        self.undo.push(Undo::Lockout(key, before));
    }

    pub fn savepoint(&mut self) -> Savepoint {
        self.marks.push(self.undo.len());
        Savepoint(self.marks.len() - 1)
    }

    pub fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()> {
        let mark = *self.marks.get(savepoint.0).ok_or_else(stale)?;
        for undo in self.undo.drain(mark..).rev().collect::<Vec<_>>() {
            match undo {
                Undo::Record(which, key, Some(before)) => {
                    self.tree_mut(which).insert(key, before);
                }
                Undo::Record(which, key, None) => {
                    self.tree_mut(which).remove(&key);
                }
                Undo::Lockout(key, Some(before)) => {
                    self.lockout.insert(key, before);
                }
                Undo::Lockout(key, None) => {
                    self.lockout.remove(&key);
                }
            }
        }
        self.marks.truncate(savepoint.0 + 1);
        Ok(())
    }

    pub fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        if savepoint.0 >= self.marks.len() {
            return Err(stale());
        }
        self.marks.truncate(savepoint.0);
        if self.marks.is_empty() {
            self.undo.clear();
        }
        Ok(())
    }
}

fn stale() -> KdbError {
    KdbError::Unstorable("the savepoint is not of this transaction".to_owned())
}

/// The direction of an order: a tree of LMDB's has no other than that of its keys.
pub(super) fn direction(order: Order) -> Direction {
    match order {
        Order::Forward | Order::Recurse => Direction::Forward,
        Order::Reverse | Order::RecurseReverse => Direction::Backward,
    }
}

/// Visits the records of a state with changes laid over it: forwards those whose key is not less than `from`, backwards those
/// whose key is less, or all.
pub(super) fn each(
    snapshot: &Snapshot,
    tree: &'static str,
    changes: &Tree,
    from: Option<&[u8]>,
    direction: Direction,
    visit: VisitRecord<'_, KdbError>,
) -> Result<()> {
    let bounds: (Bound<&[u8]>, Bound<&[u8]>) = match (direction, from) {
        (_, None) => (Bound::Unbounded, Bound::Unbounded),
        (Direction::Forward, Some(from)) => (Bound::Included(from), Bound::Unbounded),
        (Direction::Backward, Some(from)) => (Bound::Unbounded, Bound::Excluded(from)),
    };
    let mut forwards = changes.range::<[u8], _>(bounds);
    let mut backwards = changes.range::<[u8], _>(bounds).rev();
    let next: &mut dyn Iterator<Item = (&Vec<u8>, &Change)> = match direction {
        Direction::Forward => &mut forwards,
        Direction::Backward => &mut backwards,
    };
    let mut next = next.peekable();
    let comes_before = |a: &[u8], b: &[u8]| match direction {
        Direction::Forward => a < b,
        Direction::Backward => a > b,
    };
    let mut stopped = false;
    snapshot.each::<KdbError>(tree, from, direction, &mut |key, value| {
        while let Some((changed, change)) = next.next_if(|(changed, _)| comes_before(changed, key)) {
            if let Some(value) = change
                && visit(changed, value)?.is_break()
            {
                stopped = true;
                return Ok(ControlFlow::Break(()));
            }
        }
        let flow = match next.next_if(|(changed, _)| changed.as_slice() == key) {
            Some((_, Some(value))) => visit(key, value)?,
            Some((_, None)) => ControlFlow::Continue(()),
            None => visit(key, value)?,
        };
        stopped = flow.is_break();
        Ok(flow)
    })?;
    if !stopped {
        for (key, value) in next.filter_map(|(key, change)| change.as_ref().map(|value| (key, value))) {
            if visit(key, value)?.is_break() {
                break;
            }
        }
    }
    Ok(())
}
