//! Going through the keys in several steps, between which others change the table.
//!
//! A table grows bucket by bucket, and each new bucket takes its keys from one that is there. So the buckets that a table has at
//! the first step have, together with those that came from them since, the same keys at each step.

use std::ops::ControlFlow;

use super::Hash;
use super::function::hash;
use crate::{PageFile, Result};

/// How far the steps have come: some of the buckets that the table had at the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The last of the buckets that the table had then.
    last_bucket: u32,
    /// The first of them that is still to come.
    next: u32,
}

impl Reached {
    /// Whether a key was visited, if it was there, in whatever file it is now.
    #[must_use]
    pub fn has_passed(&self, key: &[u8]) -> bool {
        let bits = self.last_bucket.checked_ilog2().map_or(0, |highest| u32::MAX >> (31 - highest));
        let bucket = hash(key) & bits;
        let bucket = if bucket > self.last_bucket { bucket & (bits >> 1) } else { bucket };
        bucket < self.next
    }

    /// The one of these buckets that a later one's keys were in.
    fn origin(&self, mut bucket: u32) -> u32 {
        while bucket > self.last_bucket {
            bucket &= !(1 << bucket.ilog2());
        }
        bucket
    }
}

impl<F: PageFile> Hash<F> {
    /// Visits the keys from where an earlier step came to (`None`: all), and ends at the end of the bucket, and of those that came
    /// from it since the first step, in which `visit` says that it is enough. Answers how far it came; `None`: to the end.
    ///
    /// Keys that are there all the time are visited once. The table may have grown since, but not shrunk, as one may that was
    /// made anew: then all that is left is visited at once, whatever `visit` says.
    ///
    /// # Errors
    /// Where a page cannot be read or is damaged.
    pub fn visit_keys_from(
        &self,
        reached: Option<Reached>,
        mut visit: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<Option<Reached>> {
        let last = self.pager.header().last_bucket;
        let mut reached = reached.unwrap_or(Reached { last_bucket: last, next: 0 });
        if last < reached.last_bucket {
            for bucket in 0..=last {
                for key in self.keys_of(bucket)?.iter().filter(|key| !reached.has_passed(key)) {
                    let _ = visit(key);
                }
            }
            return Ok(None);
        }
        let mut since: Vec<(u32, u32)> =
            (reached.last_bucket..last).map(|before| (reached.origin(before + 1), before + 1)).collect();
        since.sort_unstable();
        while reached.next <= reached.last_bucket {
            let bucket = reached.next;
            let from = since.partition_point(|(origin, _)| *origin < bucket);
            let later = since.iter().skip(from).take_while(|(origin, _)| *origin == bucket);
            let mut is_enough = false;
            for bucket in std::iter::once(bucket).chain(later.map(|(_, later)| *later)) {
                for key in self.keys_of(bucket)? {
                    is_enough |= visit(&key).is_break();
                }
            }
            reached.next += 1;
            if is_enough && reached.next <= reached.last_bucket {
                return Ok(Some(reached));
            }
        }
        Ok(None)
    }

    fn keys_of(&self, bucket: u32) -> Result<Vec<Vec<u8>>> {
        let chain = self.pager.chain(bucket)?;
        let entries = chain.iter().flat_map(|(_, table)| &table.entries);
        entries.map(|entry| self.pager.load_key(entry)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemFile;
    use crate::hash::Options;
    use k5_wire::ByteOrder;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    fn key(number: u32) -> Vec<u8> {
        // Every tenth stands on pages of its own.
        let mut key = format!("key {number}").into_bytes();
        key.resize(if number.is_multiple_of(10) { 300 } else { 16 }, b'.');
        key
    }

    fn table(keys: impl Iterator<Item = u32>) -> Hash<MemFile> {
        let options = Options { order: ByteOrder::Little, page_size: 256, ..Options::default() };
        let mut table = Hash::create(MemFile::new(), Path::new("test.db"), options).unwrap();
        keys.for_each(|number| table.put(&key(number), b"value").unwrap());
        table
    }

    /// Steps of so many keys at least; before each but the first the table is changed.
    fn walk(
        mut table: Hash<MemFile>,
        step: usize,
        mut change: impl FnMut(&mut Hash<MemFile>),
    ) -> BTreeMap<Vec<u8>, usize> {
        let (mut visited, mut reached) = (BTreeMap::new(), None);
        loop {
            let mut rest = step;
            reached = table
                .visit_keys_from(reached, |key| {
                    *visited.entry(key.to_vec()).or_default() += 1;
                    rest = rest.saturating_sub(1);
                    if rest == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                })
                .unwrap();
            let Some(reached) = reached else { return visited };
            for key in visited.keys() {
                assert!(reached.has_passed(key));
            }
            change(&mut table);
        }
    }

    #[test]
    fn all_are_visited_in_the_order_of_the_table() {
        let whole = table(0..200);
        let order: Vec<_> = whole.iter().map(|record| record.unwrap().key).collect();
        let (mut visited, mut reached, mut steps) = (Vec::new(), None, 0);
        loop {
            let mut is_first = true;
            reached = whole
                .visit_keys_from(reached, |key| {
                    visited.push(key.to_vec());
                    // Enough once is enough.
                    if std::mem::take(&mut is_first) {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                })
                .unwrap();
            steps += 1;
            if reached.is_none() {
                break;
            }
        }
        assert_eq!(visited, order);
        let buckets: BTreeSet<_> = order.iter().map(|key| whole.pager.header().bucket_of(key)).collect();
        assert!(steps >= buckets.len() && buckets.len() > 10, "{steps} steps");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn what_stays_is_visited_once_however_the_table_grows(
            first in 1_u32..300,
            step in 1_usize..60,
            more in 0_u32..40,
            fewer in 0_u32..4,
        ) {
            let (mut added, mut gone) = (first, 0);
            let visited = walk(table(0..first), step, |table| {
                for _ in 0..more.min(600 - added) {
                    table.put(&key(added), b"value").unwrap();
                    added += 1;
                }
                for _ in 0..fewer.min(first - gone) {
                    assert!(table.delete(&key(gone)).unwrap());
                    gone += 1;
                }
            });
            prop_assert!(visited.values().all(|times| *times == 1));
            for number in gone..first {
                prop_assert!(visited.contains_key(&key(number)));
            }
        }

        #[test]
        fn what_stays_is_visited_once_if_the_table_is_made_anew(
            first in 1_u32..300,
            step in 1_usize..60,
            again in 0_u32..400,
        ) {
            let visited = walk(table(0..first), step, |old| *old = table((0..again).rev()));
            prop_assert!(visited.values().all(|times| *times == 1));
            let both: BTreeSet<_> = (0..first.min(again)).map(key).collect();
            prop_assert!(both.iter().all(|key| visited.contains_key(key)));
        }
    }
}
