//! Entries whose change is worked out while the locks are left to others.
//!
//! The records are read under the locks, taken apart, encrypted anew and put together without them, and exchanged under the
//! locks again where they are still the same. So the locks are held for a small part of the work.

use super::{BATCH, Becomes, Work};
use crate::error::Result;
use k5_crypto::Random;
use k5_kdb::{Exchange, MasterKeys, Stored, Transaction};
use std::collections::VecDeque;

/// A change that waits to be stored.
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one")]
pub(super) enum Ready {
    /// The record as it was is under the target.
    Current { record: Vec<u8> },
    /// It is to be replaced.
    Changed(Exchange),
    /// What becomes of the entry is told when its turn comes.
    Unknown,
}

/// What comes next, in the order of the names.
#[derive(Default)]
pub(super) struct Ahead {
    /// Names and records to be worked on.
    records: Vec<(Vec<u8>, Vec<u8>)>,
    ready: VecDeque<(Vec<u8>, Ready)>,
    /// What was stored. To free it takes time, and is done when nobody waits.
    spent: Vec<Exchange>,
    /// The place among the names from which on no record has been read.
    at: usize,
}

impl Ahead {
    /// Whether anything waits to be stored.
    pub fn waits(&self) -> bool {
        !self.ready.is_empty()
    }

    /// The change of the entry of this name, which comes next.
    pub fn take(&mut self, name: &[u8]) -> Option<Ready> {
        if self.ready.front().is_none_or(|(next, _)| next != name) {
            return None;
        }
        self.ready.pop_front().map(|(_, ready)| ready)
    }

    /// Reads the records that come next, from the place `at` among the names on, but none that is known already, as long as
    /// there is time and so many that little is in memory. What cannot be read is told when its turn comes.
    pub fn read(
        &mut self,
        transaction: &mut dyn Transaction,
        names: &[u8],
        at: usize,
        is_time: impl Fn() -> bool,
    ) {
        self.at = self.at.max(at);
        let rest = names.get(self.at..).unwrap_or_default();
        for name in rest.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            if self.records.len() + self.ready.len() >= BATCH || !is_time() {
                break;
            }
            let Ok(found) = transaction.record(name) else { break };
            self.at += name.len() + 1;
            self.records.extend(found.map(|record| (name.to_vec(), record)));
        }
    }

    /// Works out what becomes of what was read. Nobody waits meanwhile.
    pub fn work_out(&mut self, work: &Work<'_>, keys: &MasterKeys, random: &mut dyn Random) {
        self.spent.clear();
        for (name, record) in std::mem::take(&mut self.records) {
            let ready = ready(&name, record, work, keys, random).unwrap_or(Ready::Unknown);
            self.ready.push_back((name, ready));
        }
    }

    /// This was stored.
    pub fn put_away(&mut self, exchange: Exchange) {
        self.spent.push(exchange);
    }

    /// How many of these were stored in the last step.
    #[cfg(test)]
    pub fn stored(&self) -> usize {
        self.spent.len()
    }

    /// The keys have changed: what was worked out is worth nothing.
    pub fn forget(&mut self) {
        for (_, ready) in &mut self.ready {
            *ready = Ready::Unknown;
        }
    }
}

fn ready(
    name: &[u8],
    record: Vec<u8>,
    work: &Work<'_>,
    keys: &MasterKeys,
    random: &mut dyn Random,
) -> Result<Ready> {
    let backend = work.rollover.backend;
    let entry = backend.take_apart(name, &record)?;
    Ok(match work.becomes(keys, entry.clone(), random)? {
        Ok(Becomes::Current) => Ready::Current { record },
        Ok(Becomes::Changed(after)) => {
            Ready::Changed(Exchange::new(backend, Stored { entry, record }, *after)?)
        }
        Ok(Becomes::Would) | Err(_) => Ready::Unknown,
    })
}
