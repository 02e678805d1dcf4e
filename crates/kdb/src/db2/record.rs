//! The principal record of the `db2` back end. All integers are little-endian.
//!
//! ```text
//!  0  u16  base length: 38, more where extra data follow the base
//!  2  u32  attributes
//!  6  u32  maximum life            22 u32  last success
//! 10  u32  maximum renewable life  26 u32  last failure
//! 14  u32  expiration              30 u32  failure count
//! 18  u32  password expiration     34 u16  number of tagged data, 36 u16 number of keys
//! 38  extra data (base length - 38 bytes)
//!     u16  length of the name with its NUL, name, NUL
//!     tagged data, then keys, packed (`packed.rs`)
//! ```
//!
//! The key of the record is the name with its NUL. `docs/formats/entry.md` says the same in words.

use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::key_data::sort_key_data;
use crate::packed::{self, Fault};
use k5_types::{Attributes, Duration, Principal, Timestamp};
use k5_wire::{ByteOrder, Reader, Writer};

/// Length of the base that everybody knows.
const BASE_LENGTH: u16 = 38;

/// Longest name, as unparsed text without its NUL, that may be stored. MIT's look-ups break on keys near half a
/// page (`docs/formats/btree.md`).
pub const NAME_LIMIT: usize = 2015;

/// The key of a principal's record.
///
/// # Errors
/// [`KdbError::NameTooLong`].
pub fn key(name: &Principal) -> Result<Vec<u8>> {
    let key = key_of_any_length(name);
    if key.len() - 1 > NAME_LIMIT {
        return Err(KdbError::NameTooLong { length: key.len() - 1, limit: NAME_LIMIT });
    }
    Ok(key)
}

/// The key of a principal's record to look for: an old file may have it though its name is too long to be stored.
pub(super) fn key_of_any_length(name: &Principal) -> Vec<u8> {
    key_of_name(&name.unparse())
}

/// The same for a name that is unparsed.
pub(crate) fn key_of_name(name: &[u8]) -> Vec<u8> {
    [name, &[0]].concat()
}

/// The name in a key.
pub(super) fn name_of(key: &[u8]) -> &[u8] {
    key.strip_suffix(&[0]).unwrap_or(key)
}

/// The key of an entry's record, and the record.
///
/// # Errors
/// As [`key`] and [`encode`].
pub fn key_and_value(entry: &Entry) -> Result<(Vec<u8>, Vec<u8>)> {
    let key = key(&entry.principal)?;
    let value = encode_under(entry, name_of(&key))?;
    Ok((key, value))
}

/// The bytes of an entry's record.
///
/// # Errors
/// [`KdbError::Unstorable`] where something is longer than its 16-bit length can say, or the entry has extra
/// data, on which MIT aborts.
pub fn encode(entry: &Entry) -> Result<Vec<u8>> {
    encode_under(entry, &entry.principal.unparse())
}

/// The same, the name being known as text.
fn encode_under(entry: &Entry, name: &[u8]) -> Result<Vec<u8>> {
    let whose = &entry.principal;
    if !entry.extra.is_empty() {
        return Err(packed::unstorable(whose, "its record has extra data that cannot be written back"));
    }
    let mut out = Writer::new(ByteOrder::Little);
    out.u16(BASE_LENGTH).u32(entry.attributes.0).i32(entry.max_life.0).i32(entry.max_renewable_life.0);
    out.u32(entry.expiration.0).u32(entry.pw_expiration.0).u32(entry.last_success.0);
    out.u32(entry.last_failed.0).u32(entry.fail_auth_count);
    packed::write_counts(&mut out, entry)?;
    out.u16(packed::short(whose, name.len() + 1, "a name")?).bytes(name).u8(0);
    packed::write_tl_data(&mut out, whose, &entry.tl_data)?;
    packed::write_keys(&mut out, entry)?;
    Ok(out.into_bytes())
}

/// The bytes of an entry's record, even of one that MIT could not write back.
///
/// # Errors
/// As [`encode`].
pub(super) fn encode_any(entry: &Entry) -> Result<Vec<u8>> {
    if entry.extra.is_empty() {
        return encode(entry);
    }
    let mut record = encode(&Entry { extra: Vec::new(), ..entry.clone() })?;
    let length = u16::try_from(usize::from(BASE_LENGTH) + entry.extra.len());
    let length = length.map_err(|_| KdbError::Unstorable("a record's base over 65535 bytes".to_owned()))?;
    record.splice(usize::from(BASE_LENGTH)..usize::from(BASE_LENGTH), entry.extra.iter().copied());
    record.splice(..2, length.to_le_bytes());
    Ok(record)
}

/// Reads a record. The keys stay in their order on disk.
///
/// # Errors
/// [`KdbError::Record`] with the file and the offset of what is wrong.
pub fn decode(file: &str, key: &[u8], record: &[u8]) -> Result<Entry> {
    let mut reader = Reader::new(record, ByteOrder::Little);
    decode_fields(&mut reader).map_err(|fault| fault.in_record(file, name_of(key), &reader))
}

/// The same with the keys in order, the latest first, as MIT has them in memory.
pub(super) fn decode_sorted(file: &str, key: &[u8], record: &[u8]) -> Result<Entry> {
    let mut entry = decode(file, key, record)?;
    sort_key_data(&mut entry.key_data);
    Ok(entry)
}

fn decode_fields(reader: &mut Reader<'_>) -> std::result::Result<Entry, Fault> {
    let base_length = reader.u16()?;
    let mut entry = Entry::new(Principal::new("", [""]));
    entry.attributes = Attributes(reader.u32()?);
    entry.max_life = Duration(reader.i32()?);
    entry.max_renewable_life = Duration(reader.i32()?);
    entry.expiration = Timestamp(reader.u32()?);
    entry.pw_expiration = Timestamp(reader.u32()?);
    entry.last_success = Timestamp(reader.u32()?);
    entry.last_failed = Timestamp(reader.u32()?);
    entry.fail_auth_count = reader.u32()?;
    let (tl_count, key_count) = packed::read_counts(reader)?;
    entry.extra = reader.bytes(usize::from(base_length.saturating_sub(BASE_LENGTH)))?.to_vec();
    let name_length = reader.u16()?;
    let name = match reader.bytes(usize::from(name_length))?.split_last() {
        Some((0, name)) if !name.contains(&0) => name,
        _ => return Err(Fault::Says("a name without its NUL")),
    };
    entry.principal = Principal::parse(name, b"").map_err(|_| Fault::Says("a malformed name"))?;
    entry.tl_data = packed::read_tl_data(reader, tl_count)?;
    entry.key_data = packed::read_keys(reader, key_count)?;
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_data::KeyData;
    use crate::tl_data::TlType;
    use k5_types::{EncType, SaltType};

    fn sample() -> Entry {
        let mut entry = Entry::new(Principal::new("R", [&b"a/b"[..], b"c"]));
        entry.attributes = Attributes(0x80);
        entry.max_life = Duration(-1);
        entry.set_last_pwd_change(Timestamp(u32::MAX));
        entry.set_modified(Timestamp(5), &Principal::new("R", ["me"]));
        entry.key_data = vec![
            KeyData::new(300, EncType(18), vec![1; 40]),
            KeyData::new(2, EncType(-3), vec![]).with_salt(SaltType::ONLYREALM, b"R".to_vec()),
            KeyData { version: 0, ..KeyData::new(1, EncType::NULL, vec![]) },
        ];
        entry
    }

    #[test]
    fn round_trip_and_truncation() {
        let entry = sample();
        let record = encode(&entry).unwrap();
        assert_eq!(decode("f", &key(&entry.principal).unwrap(), &record).unwrap(), entry);
        for end in 0..record.len() {
            assert!(decode("f", b"x", &record[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn extra_data_are_read_but_not_written() {
        let mut record = encode(&sample()).unwrap();
        record[0] = 40;
        record.splice(38..38, [7, 8]);
        let entry = decode("f", b"x", &record).unwrap();
        assert_eq!(entry.extra, [7, 8]);
        assert_eq!(encode_any(&entry).unwrap(), record);
        assert!(matches!(encode(&entry), Err(KdbError::Unstorable(_))));
    }

    #[test]
    fn the_name_limit_is_the_engines() {
        assert_eq!(NAME_LIMIT + 1, k5_bdb::btree::max_key(k5_bdb::btree::PAGE_SIZE).unwrap());
    }

    #[test]
    fn long_things_are_refused() {
        let mut entry = sample();
        entry.set_tl(TlType(500), vec![0; 65_536]);
        assert!(matches!(encode(&entry), Err(KdbError::Unstorable(_))));
        let long = Principal::new("R", [vec![b'x'; NAME_LIMIT]]);
        assert!(matches!(key(&long), Err(KdbError::NameTooLong { .. })));
    }
}
