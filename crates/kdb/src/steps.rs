//! Going through the names in several transactions, between which others change the database.

use crate::backend::Visit;
use crate::db2::record::key_of_name;
use crate::error::Result;
use k5_bdb::hash;
use std::ops::ControlFlow;

/// How far a walk over the names has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached(pub(crate) Place);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file in the order of the names: behind this one.
    Name(Vec<u8>),
    /// In a hash table: behind some of its buckets.
    Buckets(hash::Reached),
}

impl Reached {
    /// Whether a name was visited, if it was there, whatever the file was then.
    pub(crate) fn has_passed(&self, name: &[u8]) -> bool {
        match &self.0 {
            Place::Name(last) => name <= last.as_slice(),
            Place::Buckets(buckets) => buckets.has_passed(&key_of_name(name)),
        }
    }
}

/// Goes on by the names; `each` visits those from a text on, or all. Where the file is in no order, or was in none before, all that
/// is left is visited at once.
pub(crate) fn by_names(
    reached: Option<Reached>,
    is_ordered: bool,
    visit: &mut dyn FnMut(&[u8]) -> Visit,
    each: impl FnOnce(&[u8], &mut dyn FnMut(&[u8]) -> Visit) -> Result<()>,
) -> Result<Option<Reached>> {
    let (from, may_stop) = match &reached {
        None => (&b""[..], is_ordered),
        Some(Reached(Place::Name(last))) => (last.as_slice(), is_ordered),
        Some(Reached(Place::Buckets(_))) => (&b""[..], false),
    };
    let mut stopped = None;
    each(from, &mut |name| {
        if reached.as_ref().is_some_and(|reached| reached.has_passed(name)) {
            return Ok(ControlFlow::Continue(()));
        }
        if visit(name)?.is_continue() || !may_stop {
            return Ok(ControlFlow::Continue(()));
        }
        stopped = Some(Reached(Place::Name(name.to_vec())));
        Ok(ControlFlow::Break(()))
    })?;
    Ok(stopped)
}

#[cfg(test)]
mod tests;
