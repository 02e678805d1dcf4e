//! What a log becomes when updates are added to it, entry by entry as MIT adds them, before anything is written.

use super::changes::Change;
use super::layout::{BLOCK_UNIT, ENTRY_OVERHEAD, EntryHeader, Header, LONGEST_LOG, Last, LogState, Stamp};
use super::log::Locked;
use super::update::Update;
use crate::error::Result;
use std::collections::BTreeMap;

/// What happens to a log.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A principal changes.
    Change(Change, Stamp),
    /// Something changes that no update can say: replicas take a full copy.
    Anew(Stamp),
    /// The database becomes what another one was when its log was there.
    Copy(Last),
}

impl Event {
    /// A change, if an update can say it.
    pub fn new(change: Option<Change>, time: Stamp) -> Event {
        match change {
            Some(change) => Event::Change(change, time),
            None => Event::Anew(time),
        }
    }
}

/// A log as it will be.
pub(super) struct Next {
    pub header: Header,
    /// The entries that are written, whole blocks, by their places.
    pub blocks: BTreeMap<u64, Vec<u8>>,
    /// Whether entries that replicas may ask for now have lost their places.
    pub overwrites: bool,
    entries: u32,
}

impl Next {
    /// The log after the events.
    pub fn after(locked: &Locked<'_>, events: &[Event]) -> Result<Next> {
        let entries = locked.log.entries();
        let mut next = Next { header: locked.header, blocks: BTreeMap::new(), overwrites: false, entries };
        for event in events {
            match event {
                Event::Anew(time) => next.anew(*time),
                Event::Copy(last) => next.only(*last),
                Event::Change(change, time) => next.change(locked, change, *time)?,
            }
        }
        Ok(next)
    }

    /// It is begun anew.
    fn anew(&mut self, time: Stamp) {
        self.only(Last { serial: 1, time: time.behind(self.header.last.time) });
    }

    /// Only an entry that remembers a time is in it.
    fn only(&mut self, id: Last) {
        self.header = Header { count: 1, first: id, last: id, ..Header::EMPTY };
        self.blocks.clear();
        self.overwrites = true;
        let dummy = EntryHeader { id, committed: false, size: 0 };
        self.blocks.insert(self.header.place(id.serial, self.entries), dummy.encode());
    }

    fn change(&mut self, locked: &Locked<'_>, change: &Change, time: Stamp) -> Result<()> {
        if self.header.last.serial == u32::MAX {
            self.anew(time);
        }
        let last = self.header.last;
        let id = Last { serial: last.serial + 1, time: time.behind(last.time) };
        let (name, attributes, deleted) = match change {
            Change::Put { name, attributes } => (name.clone(), attributes.clone(), false),
            Change::Delete { name } => (name.clone(), Vec::new(), true),
        };
        let update = Update { name, id, attributes, deleted, committed: false }.encode();
        if update.len() + ENTRY_OVERHEAD > usize::from(self.header.block) && !self.grow(update.len()) {
            // No log of MIT's has a block as large; the replicas' full copy has no such limit.
            self.anew(time);
            return Ok(());
        }
        let size = update.len() as u32;
        let mut block = EntryHeader { id, committed: true, size }.encode();
        block.extend_from_slice(&update);
        block.resize(usize::from(self.header.block), 0);
        self.blocks.insert(self.header.place(id.serial, self.entries), block);
        self.header.state = LogState::STABLE;
        self.header.last = id;
        if self.header.count == 0 {
            self.header.count = 1;
            self.header.first = id;
        } else if self.header.count < self.entries {
            self.header.count += 1;
        } else {
            self.overwrites = true;
            self.header.first = match self.entries {
                1 => id,
                // What comes next round is the oldest.
                _ => self.id_at(locked, id.serial.wrapping_add(1))?,
            };
        }
        Ok(())
    }

    /// Larger blocks: a log without entries. `false` where there are none as large.
    fn grow(&mut self, update: usize) -> bool {
        let units = (update + ENTRY_OVERHEAD) / usize::from(BLOCK_UNIT) + 1;
        let Some(block) = u16::try_from(units).ok().and_then(|units| BLOCK_UNIT.checked_mul(units)) else {
            return false;
        };
        let grown = Header { block, last: self.header.last, ..Header::EMPTY };
        if grown.length(self.entries) > LONGEST_LOG {
            return false;
        }
        self.header = grown;
        self.blocks.clear();
        self.overwrites = true;
        true
    }

    /// Which entry is in the place of a serial number.
    fn id_at(&self, locked: &Locked<'_>, serial: u32) -> Result<Last> {
        let place = self.header.place(serial, self.entries);
        let entry = match self.blocks.get(&place) {
            Some(block) => EntryHeader::decode(block).unwrap_or(None),
            None => locked.entry(serial)?,
        };
        Ok(entry.map(|entry| entry.id).unwrap_or_default())
    }
}
