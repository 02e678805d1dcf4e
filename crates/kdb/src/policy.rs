//! Password policies and their XDR record in `P.kadm5`.
//!
//! ```text
//! u32  0x12345d01, 02 or 03: the lowest that holds what is set
//! string   name
//! u32  minimum life, maximum life, minimum length, minimum classes, history number, reference count (0)
//! from 02: u32 maximum failures, failure count interval, lockout duration
//! from 03: u32 attributes, maximum ticket life, maximum renewable life
//!          string allowed keysalts, i32 number of tagged data, bool "list is absent", tagged data list
//! ```

use crate::tl_data::{TlData, TlType};
use k5_wire::{WireError, XdrReader, XdrWriter};

const VERSION_1: u32 = 0x1234_5d01;
const VERSION_2: u32 = 0x1234_5d02;
const VERSION_3: u32 = 0x1234_5d03;

/// A password policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Name, without NUL.
    pub name: Vec<u8>,
    /// Seconds that a password must be kept.
    pub min_life: u32,
    /// Seconds after which a password expires; 0: never.
    pub max_life: u32,
    /// Least number of characters.
    pub min_length: u32,
    /// Least number of character classes, 1 to 5.
    pub min_classes: u32,
    /// Number of passwords that may not be used again, the current one counted.
    pub history_num: u32,
    /// Failures after which a principal is locked; 0: never.
    pub max_fail: u32,
    /// Seconds after which failures are forgotten; 0: never.
    pub failure_interval: u32,
    /// Seconds that a lock holds; 0: until an administrator lifts it.
    pub lockout_duration: u32,
    /// Reserved by MIT.
    pub attributes: u32,
    /// Reserved by MIT.
    pub ticket_max_life: u32,
    /// Reserved by MIT.
    pub ticket_max_renewable_life: u32,
    /// Keysalts that keys may have, as text; `None`: any.
    pub allowed_keysalts: Option<Vec<u8>>,
    /// Tagged data; MIT makes none.
    pub tl_data: Vec<TlData>,
}

impl Policy {
    fn version(&self) -> u32 {
        if self.allowed_keysalts.is_some()
            || !self.tl_data.is_empty()
            || self.attributes | self.ticket_max_life | self.ticket_max_renewable_life != 0
        {
            VERSION_3
        } else if self.max_fail | self.failure_interval | self.lockout_duration != 0 {
            VERSION_2
        } else {
            VERSION_1
        }
    }

    /// The bytes of the record.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        const REFERENCE_COUNT: u32 = 0;
        self.encode_as(self.version(), REFERENCE_COUNT)
    }

    fn encode_as(&self, version: u32, reference_count: u32) -> Vec<u8> {
        let mut xdr = XdrWriter::new();
        xdr.u32(version).nul_string(Some(&self.name)).u32(self.min_life).u32(self.max_life);
        xdr.u32(self.min_length).u32(self.min_classes).u32(self.history_num).u32(reference_count);
        if version >= VERSION_2 {
            xdr.u32(self.max_fail).u32(self.failure_interval).u32(self.lockout_duration);
        }
        if version >= VERSION_3 {
            xdr.u32(self.attributes).u32(self.ticket_max_life).u32(self.ticket_max_renewable_life);
            xdr.nul_string(self.allowed_keysalts.as_deref());
            encode_tl_list(&mut xdr, &self.tl_data);
        }
        xdr.into_bytes()
    }

    /// Whether a record that was read as this policy is what a writer makes of it: in the version and with the reference
    /// count that the record has, which older releases chose otherwise.
    pub(crate) fn is_record(&self, record: &[u8]) -> bool {
        let mut xdr = XdrReader::new(record);
        let (Ok(version), Ok(Some(_))) = (xdr.u32(), xdr.nul_string()) else { return false };
        let counts: Result<Vec<u32>, WireError> = (0..6).map(|_| xdr.u32()).collect();
        let Some(reference_count) = counts.ok().and_then(|counts| counts.last().copied()) else {
            return false;
        };
        let mut written = self.clone();
        // Reading turned the list around.
        written.tl_data.reverse();
        written.encode_as(version, reference_count) == record
    }

    /// Reads a record.
    ///
    /// # Errors
    /// Where it is cut short, of an unknown version, or has no name.
    pub fn decode(bytes: &[u8]) -> Result<Policy, WireError> {
        let mut xdr = XdrReader::new(bytes);
        let version = xdr.u32()?;
        if !(VERSION_1..=VERSION_3).contains(&version) {
            return Err(WireError::BadXdr { offset: 0, what: "policy version" });
        }
        let name = xdr.nul_string()?.ok_or(WireError::BadXdr { offset: 4, what: "policy name" })?.to_vec();
        let mut policy = Policy {
            name,
            min_life: xdr.u32()?,
            max_life: xdr.u32()?,
            min_length: xdr.u32()?,
            min_classes: xdr.u32()?,
            history_num: xdr.u32()?,
            ..Policy::default()
        };
        let _reference_count = xdr.u32()?;
        if version >= VERSION_2 {
            policy.max_fail = xdr.u32()?;
            policy.failure_interval = xdr.u32()?;
            policy.lockout_duration = xdr.u32()?;
        }
        if version >= VERSION_3 {
            policy.attributes = xdr.u32()?;
            policy.ticket_max_life = xdr.u32()?;
            policy.ticket_max_renewable_life = xdr.u32()?;
            policy.allowed_keysalts = xdr.nul_string()?.map(<[u8]>::to_vec);
            policy.tl_data = decode_tl_list(&mut xdr)?;
        }
        Ok(policy)
    }
}

/// MIT's list of tagged data in XDR: the number, "absent", then a linked list whose elements are {more, type,
/// bytes}. MIT's reader puts each element in front of those before it, so the list turns around whenever a policy is
/// read; a reader that did not would show another order than MIT's dumps.
fn encode_tl_list(xdr: &mut XdrWriter, list: &[TlData]) {
    xdr.i32(i32::try_from(list.len()).unwrap_or(i32::MAX)).bool(list.is_empty());
    if list.is_empty() {
        return;
    }
    for tl in list {
        xdr.bool(true).i32(i32::from(tl.tag.0.cast_signed())).opaque(&tl.contents);
    }
    xdr.bool(false);
}

fn decode_tl_list(xdr: &mut XdrReader<'_>) -> Result<Vec<TlData>, WireError> {
    let _count = xdr.i32()?;
    let mut list = Vec::new();
    if xdr.bool()? {
        return Ok(list);
    }
    while xdr.bool()? {
        let tag = i16::try_from(xdr.i32()?)
            .map_err(|_| WireError::BadXdr { offset: 0, what: "type of tagged data" })?;
        list.push(TlData { tag: TlType(tag.cast_unsigned()), contents: xdr.opaque()?.to_vec() });
    }
    list.reverse();
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_version_that_holds_it() {
        let mut policy = Policy { name: b"p".to_vec(), min_length: 8, ..Policy::default() };
        assert_eq!(policy.encode()[..4], VERSION_1.to_be_bytes());
        policy.max_fail = 3;
        assert_eq!(policy.encode()[..4], VERSION_2.to_be_bytes());
        policy.allowed_keysalts = Some(b"aes256-cts:normal".to_vec());
        assert_eq!(policy.encode()[..4], VERSION_3.to_be_bytes());
        assert_eq!(Policy::decode(&policy.encode()), Ok(policy));
    }

    #[test]
    fn truncation_is_an_error() {
        let policy = Policy {
            name: b"name".to_vec(),
            ticket_max_life: 5,
            tl_data: vec![TlData { tag: TlType(300), contents: b"abc".to_vec() }],
            ..Policy::default()
        };
        let bytes = policy.encode();
        assert_eq!(Policy::decode(&bytes), Ok(policy));
        for end in 0..bytes.len() {
            assert!(Policy::decode(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn tagged_data_turn_around_when_they_are_read() {
        let tl = |tag| TlData { tag: TlType(tag), contents: vec![1] };
        let policy = Policy { name: b"name".to_vec(), tl_data: vec![tl(5), tl(0x8000)], ..Policy::default() };
        let read = Policy::decode(&policy.encode()).unwrap();
        assert_eq!(read.tl_data, [tl(0x8000), tl(5)]);
    }
}
