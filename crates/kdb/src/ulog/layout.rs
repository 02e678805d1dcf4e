//! The bytes of an update log's header and of the headers of its entries (`docs/formats/ulog.md`).
//!
//! ```text
//! the log                                    an entry, at 40 + index * block size
//! +0   u32 magic 0x06662323                  +0   u32 magic 0x06661212
//! +4   u16 version 1, 2 bytes unused         +4   u32 serial number
//! +8   u32 entries in the log                +8   u32 seconds, +12 u32 microseconds
//! +12  u32 seconds, +16 u32 microseconds:    +16  u32 1 if it is committed
//!      the first entry's time                +20  u32 bytes of the update
//! +20  the same of the last entry            +24  the update, in XDR
//! +28  u32 serial number of the first entry
//! +32  u32 serial number of the last entry
//! +36  u16 state
//! +38  u16 block size
//! +40
//! ```
//!
//! The index of an entry is its serial number less 1, modulo the number of entries that the configuration gives the log. The
//! log is MIT's memory, so integers are in the machine's own order.

use k5_wire::{ByteOrder, Reader, WireError, Writer};
use std::time::Duration;

/// Bytes of the log's header.
pub(super) const HEADER: usize = 40;
/// Bytes of an entry before its update.
pub(super) const ENTRY_HEADER: usize = 24;
/// Bytes that MIT counts beside the update when it looks whether an entry fits into a block.
pub(super) const ENTRY_OVERHEAD: usize = 28;
/// The unit in which a block's size grows, and its size in a new log.
pub(super) const BLOCK_UNIT: u16 = 2048;
/// Most bytes that MIT's programs map of a log.
pub(super) const LONGEST_LOG: u64 = 0x1000_0000;

const MAGIC: u32 = 0x0666_2323;
const ENTRY_MAGIC: u32 = 0x0666_1212;
const VERSION: u16 = 1;

/// A moment, as MIT's log has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Stamp {
    /// Seconds since 1970-01-01 00:00:00 UTC.
    pub seconds: u32,
    /// Microseconds behind them.
    pub useconds: u32,
}

impl Stamp {
    /// This moment, or the next one behind another that is not earlier: no two entries have the same serial number and the same
    /// time, whatever the clock says.
    pub(super) fn behind(self, other: Stamp) -> Stamp {
        if self > other {
            return self;
        }
        match other.useconds {
            0..999_999 => Stamp { useconds: other.useconds + 1, ..other },
            _ => Stamp { seconds: other.seconds.wrapping_add(1), useconds: 0 },
        }
    }
}

impl From<Duration> for Stamp {
    /// The moment so long after 1970, of which 32 bits of seconds are kept.
    fn from(since: Duration) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the cut is the meaning")]
        Stamp { seconds: since.as_secs() as u32, useconds: since.subsec_micros() }
    }
}

/// What tells an entry of a log from all others: its serial number may come again, with another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Last {
    /// The serial number.
    pub serial: u32,
    /// When the update was made.
    pub time: Stamp,
}

/// What a log says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState(pub u16);

impl LogState {
    /// All is well.
    pub const STABLE: LogState = LogState(1);
    /// A writer is at work, or died at it: replicas take a full copy.
    pub const UNSTABLE: LogState = LogState(2);
    /// Nobody sets this one.
    pub const CORRUPT: LogState = LogState(3);
}

/// The header of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// 1 in all logs that there are.
    pub version: u16,
    /// Entries that replicas may ask for.
    pub count: u32,
    /// The oldest of them.
    pub first: Last,
    /// The newest of them.
    pub last: Last,
    /// Whether it can be relied upon.
    pub state: LogState,
    /// Bytes of a block, which holds an entry.
    pub block: u16,
}

impl Header {
    /// That of a log without any entry, not even the one that remembers when it was begun.
    pub(super) const EMPTY: Header = Header {
        version: VERSION,
        count: 0,
        first: Last { serial: 0, time: Stamp { seconds: 0, useconds: 0 } },
        last: Last { serial: 0, time: Stamp { seconds: 0, useconds: 0 } },
        state: LogState::STABLE,
        block: BLOCK_UNIT,
    };

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new(ByteOrder::NATIVE);
        out.u32(MAGIC).u16(self.version).u16(0).u32(self.count);
        for time in [self.first.time, self.last.time] {
            out.u32(time.seconds).u32(time.useconds);
        }
        out.u32(self.first.serial).u32(self.last.serial).u16(self.state.0).u16(self.block);
        out.into_bytes()
    }

    /// The header in bytes, if they begin with the magic number.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<Header>, WireError> {
        let mut reader = Reader::new(bytes, ByteOrder::NATIVE);
        if reader.u32()? != MAGIC {
            return Ok(None);
        }
        let version = reader.u16()?;
        reader.skip(2)?;
        let count = reader.u32()?;
        let mut time = || Ok(Stamp { seconds: reader.u32()?, useconds: reader.u32()? });
        let times: [Stamp; 2] = [time()?, time()?];
        let [first, last] = [reader.u32()?, reader.u32()?];
        Ok(Some(Header {
            version,
            count,
            first: Last { serial: first, time: times[0] },
            last: Last { serial: last, time: times[1] },
            state: LogState(reader.u16()?),
            block: reader.u16()?,
        }))
    }

    /// Where the entry of a serial number is, in a log of so many entries.
    pub(super) fn place(&self, serial: u32, entries: u32) -> u64 {
        let index = u64::from(serial.wrapping_sub(1) % entries.max(1));
        HEADER as u64 + index * u64::from(self.block)
    }

    /// Bytes of a log of so many entries.
    pub(super) fn length(&self, entries: u32) -> u64 {
        HEADER as u64 + u64::from(entries) * u64::from(self.block)
    }
}

/// Whether a file that begins so may be a log: one that is cut short, or was made and not written to.
pub(super) fn may_be_log(start: &[u8]) -> bool {
    let magic = MAGIC.to_ne_bytes();
    let start = start.get(..magic.len()).unwrap_or(start);
    magic.starts_with(start) || start.iter().all(|byte| *byte == 0)
}

/// The header of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryHeader {
    /// Which one it is.
    pub id: Last,
    /// Whether it counts.
    pub committed: bool,
    /// Bytes of its update; 0 for the entry that only remembers a time.
    pub size: u32,
}

impl EntryHeader {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new(ByteOrder::NATIVE);
        out.u32(ENTRY_MAGIC).u32(self.id.serial).u32(self.id.time.seconds).u32(self.id.time.useconds);
        out.u32(u32::from(self.committed)).u32(self.size);
        out.into_bytes()
    }

    /// The header in bytes, if they begin with the magic number.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<EntryHeader>, WireError> {
        let mut reader = Reader::new(bytes, ByteOrder::NATIVE);
        if reader.u32()? != ENTRY_MAGIC {
            return Ok(None);
        }
        let serial = reader.u32()?;
        let time = Stamp { seconds: reader.u32()?, useconds: reader.u32()? };
        let committed = reader.u32()? != 0;
        Ok(Some(EntryHeader { id: Last { serial, time }, committed, size: reader.u32()? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_were_written() {
        let id = |serial| Last { serial, time: Stamp { seconds: serial + 1, useconds: serial + 2 } };
        let header =
            Header { version: 1, count: 7, first: id(10), last: id(20), state: LogState(2), block: 4096 };
        assert_eq!(header.encode().len(), HEADER);
        assert_eq!(Header::decode(&header.encode()), Ok(Some(header)));
        let entry = EntryHeader { id: id(3), committed: true, size: 9 };
        assert_eq!(entry.encode().len(), ENTRY_HEADER);
        assert_eq!(EntryHeader::decode(&entry.encode()), Ok(Some(entry)));
        assert_eq!(EntryHeader::decode(&header.encode()), Ok(None));
        assert_eq!(Header::decode(&[0; HEADER]), Ok(None));
        assert!(Header::decode(&header.encode()[..39]).is_err());
        assert!(EntryHeader::decode(&entry.encode()[..23]).is_err());
    }

    #[test]
    fn entries_go_round() {
        let header = Header { block: 4096, ..Header::EMPTY };
        assert_eq!([1, 3, 4, 0].map(|serial| header.place(serial, 3)), [40, 8232, 40, 40]);
        assert_eq!(header.length(3), 40 + 3 * 4096);
    }
}
