//! Going through the pairs in the order of the buckets.

use std::collections::VecDeque;

use super::Hash;
use super::layout::Entry;
use crate::types::Record;
use crate::{PageFile, Result};

/// The pairs of a table, by bucket, by page of the bucket, by slot; ends after an error.
#[derive(Debug)]
pub struct Iter<'a, F> {
    table: &'a Hash<F>,
    /// The bucket to be read next; `None` at the end.
    bucket: Option<u32>,
    /// What is left of the bucket before it.
    entries: VecDeque<Entry>,
}

impl<'a, F: PageFile> Iter<'a, F> {
    pub(super) fn new(table: &'a Hash<F>) -> Self {
        Iter { table, bucket: Some(0), entries: VecDeque::new() }
    }

    fn step(&mut self) -> Result<Option<Record>> {
        let pager = &self.table.pager;
        loop {
            if let Some(entry) = self.entries.pop_front() {
                return pager.load(&entry).map(Some);
            }
            let Some(bucket) = self.bucket else { return Ok(None) };
            for (_, table) in pager.chain(bucket)? {
                self.entries.extend(table.entries.iter().cloned());
            }
            self.bucket = Some(bucket + 1).filter(|next| *next <= pager.header().last_bucket);
        }
    }
}

impl<F: PageFile> Iterator for Iter<'_, F> {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            (self.bucket, self.entries) = (None, VecDeque::new());
        }
        step.transpose()
    }
}
