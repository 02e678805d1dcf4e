//! The three records of the `klmdb` back end. All integers are little-endian; no key of a record has a NUL.
//!
//! ```text
//! principal, under its unparsed name        policy, under its name
//!  0  u32  attributes                        0  u32  minimum life      20 u32 maximum failures
//!  4  u32  maximum life                      4  u32  maximum life      24 u32 failure count interval
//!  8  u32  maximum renewable life            8  u32  minimum length    28 u32 lockout duration
//! 12  u32  expiration                       12  u32  minimum classes   32 u32 attributes
//! 16  u32  password expiration              16  u32  history number    36 u32 maximum ticket life
//! 20  u16  number of tagged data            40  u32  maximum renewable life
//! 22  u16  number of keys                   44  u32  length of the allowed keysalts, keysalts (0: none are named)
//! 24  tagged data, then keys, packed            u16  number of tagged data, tagged data
//!     (`packed.rs`)
//! lockout, under the principal's name:  0 u32 last success, 4 u32 last failure, 8 u32 failure count
//! ```
//!
//! `docs/formats/klmdb.md` says the same in words.

use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::key_data::sort_key_data;
use crate::packed::{self, Fault};
use crate::policy::Policy;
use k5_lmdb::KEY_LIMIT;
use k5_types::{Attributes, Duration, Principal, Timestamp};
use k5_wire::{ByteOrder, Reader, Writer};

/// The key of a principal's records.
///
/// # Errors
/// [`KdbError::NameTooLong`].
pub(super) fn key(name: &Principal) -> Result<Vec<u8>> {
    let key = name.unparse();
    if key.len() > KEY_LIMIT {
        return Err(KdbError::NameTooLong { length: key.len(), limit: KEY_LIMIT });
    }
    Ok(key)
}

/// The key of a policy's record.
///
/// # Errors
/// Where the name is empty or too long.
pub(super) fn policy_key(name: &[u8]) -> Result<&[u8]> {
    match name.len() {
        1..=KEY_LIMIT => Ok(name),
        length => Err(KdbError::Unstorable(format!(
            "Policy name of {length} bytes; the database takes 1 to {KEY_LIMIT} bytes"
        ))),
    }
}

/// The bytes of an entry's record, without what the lockout record has.
///
/// # Errors
/// [`KdbError::Unstorable`] where something is longer than its 16-bit length can say, or the entry has extra data, for
/// which there is no place.
pub fn encode(entry: &Entry) -> Result<Vec<u8>> {
    if !entry.extra.is_empty() {
        return Err(packed::unstorable(
            &entry.principal,
            "its record has extra data that cannot be written back",
        ));
    }
    let mut out = Writer::new(ByteOrder::Little);
    out.u32(entry.attributes.0).i32(entry.max_life.0).i32(entry.max_renewable_life.0);
    out.u32(entry.expiration.0).u32(entry.pw_expiration.0);
    packed::write_counts(&mut out, entry)?;
    packed::write_tl_data(&mut out, &entry.principal, &entry.tl_data)?;
    packed::write_keys(&mut out, entry)?;
    Ok(out.into_bytes())
}

/// Reads a record. The keys stay in their order on disk; what the lockout record has is 0.
///
/// # Errors
/// [`KdbError::Record`] with the file and the offset of what is wrong.
pub fn decode(file: &str, key: &[u8], record: &[u8]) -> Result<Entry> {
    let mut reader = Reader::new(record, ByteOrder::Little);
    decode_fields(key, &mut reader).map_err(|fault| fault.in_record(file, key, &reader))
}

/// The same with the keys in order, the latest first, as MIT has them in memory.
pub(super) fn decode_sorted(file: &str, key: &[u8], record: &[u8]) -> Result<Entry> {
    let mut entry = decode(file, key, record)?;
    sort_key_data(&mut entry.key_data);
    Ok(entry)
}

fn decode_fields(key: &[u8], reader: &mut Reader<'_>) -> std::result::Result<Entry, Fault> {
    // MIT reads a name as far as its first NUL: another name than that of the record.
    let name = if key.contains(&0) { None } else { Principal::parse(key, b"").ok() };
    let mut entry = Entry::new(name.ok_or(Fault::Says("a malformed name"))?);
    entry.attributes = Attributes(reader.u32()?);
    entry.max_life = Duration(reader.i32()?);
    entry.max_renewable_life = Duration(reader.i32()?);
    entry.expiration = Timestamp(reader.u32()?);
    entry.pw_expiration = Timestamp(reader.u32()?);
    let (tl_count, key_count) = packed::read_counts(reader)?;
    entry.tl_data = packed::read_tl_data(reader, tl_count)?;
    entry.key_data = packed::read_keys(reader, key_count)?;
    Ok(entry)
}

/// The bytes of a policy's record.
///
/// # Errors
/// [`KdbError::Unstorable`] where something is longer than its length can say.
pub fn encode_policy(policy: &Policy) -> Result<Vec<u8>> {
    let whose = String::from_utf8_lossy(&policy.name);
    let mut out = Writer::new(ByteOrder::Little);
    out.u32(policy.min_life).u32(policy.max_life).u32(policy.min_length).u32(policy.min_classes);
    out.u32(policy.history_num).u32(policy.max_fail).u32(policy.failure_interval);
    out.u32(policy.lockout_duration).u32(policy.attributes).u32(policy.ticket_max_life);
    out.u32(policy.ticket_max_renewable_life);
    let keysalts = policy.allowed_keysalts.as_deref().unwrap_or_default();
    let length =
        u32::try_from(keysalts.len()).map_err(|_| packed::unstorable(&whose, "keysalts over 4 GiB"))?;
    out.u32(length).bytes(keysalts);
    out.u16(packed::short(&whose, policy.tl_data.len(), "a number of tagged data")?);
    packed::write_tl_data(&mut out, &whose, &policy.tl_data)?;
    Ok(out.into_bytes())
}

/// Reads a policy's record.
///
/// # Errors
/// As [`decode`].
pub fn decode_policy(file: &str, key: &[u8], record: &[u8]) -> Result<Policy> {
    let mut reader = Reader::new(record, ByteOrder::Little);
    decode_policy_fields(key, &mut reader).map_err(|fault| fault.in_record(file, key, &reader))
}

fn decode_policy_fields(key: &[u8], reader: &mut Reader<'_>) -> std::result::Result<Policy, Fault> {
    let mut policy = Policy {
        name: key.to_vec(),
        min_life: reader.u32()?,
        max_life: reader.u32()?,
        min_length: reader.u32()?,
        min_classes: reader.u32()?,
        history_num: reader.u32()?,
        max_fail: reader.u32()?,
        failure_interval: reader.u32()?,
        lockout_duration: reader.u32()?,
        attributes: reader.u32()?,
        ticket_max_life: reader.u32()?,
        ticket_max_renewable_life: reader.u32()?,
        ..Policy::default()
    };
    let length = usize::try_from(reader.u32()?).unwrap_or(usize::MAX);
    let keysalts = reader.bytes(length)?;
    policy.allowed_keysalts = (!keysalts.is_empty()).then(|| keysalts.to_vec());
    let count = reader.u16()?;
    policy.tl_data = packed::read_tl_data(reader, count)?;
    Ok(policy)
}

/// What a principal's lockout record holds, and its entry does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lockout {
    pub last_success: u32,
    pub last_failed: u32,
    pub fail_auth_count: u32,
}

impl Lockout {
    pub const SIZE: usize = 12;

    pub fn of(entry: &Entry) -> Lockout {
        Lockout {
            last_success: entry.last_success.0,
            last_failed: entry.last_failed.0,
            fail_auth_count: entry.fail_auth_count,
        }
    }

    pub fn set(self, entry: &mut Entry) {
        entry.last_success = Timestamp(self.last_success);
        entry.last_failed = Timestamp(self.last_failed);
        entry.fail_auth_count = self.fail_auth_count;
    }

    /// This with the fields in which `new` differs from `old`.
    pub fn with_changes(self, old: Lockout, new: Lockout) -> Lockout {
        let field = |own, old, new| if old == new { own } else { new };
        Lockout {
            last_success: field(self.last_success, old.last_success, new.last_success),
            last_failed: field(self.last_failed, old.last_failed, new.last_failed),
            fail_auth_count: field(self.fail_auth_count, old.fail_auth_count, new.fail_auth_count),
        }
    }

    pub fn encode(self) -> [u8; Lockout::SIZE] {
        let mut bytes = [0; Lockout::SIZE];
        for (place, field) in
            bytes.chunks_exact_mut(4).zip([self.last_success, self.last_failed, self.fail_auth_count])
        {
            place.copy_from_slice(&field.to_le_bytes());
        }
        bytes
    }

    /// Reads a record; one that is too short counts for none, as with MIT.
    pub fn decode(record: &[u8]) -> Option<Lockout> {
        let mut reader = Reader::new(record, ByteOrder::Little);
        Some(Lockout {
            last_success: reader.u32().ok()?,
            last_failed: reader.u32().ok()?,
            fail_auth_count: reader.u32().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_data::KeyData;
    use crate::tl_data::{TlData, TlType};
    use k5_types::{EncType, SaltType};

    #[test]
    fn entries_go_round_and_truncation_is_an_error() {
        let mut entry = Entry::new(Principal::new("R", [&b"a/b"[..], b"c"]));
        entry.attributes = Attributes(0x80);
        entry.max_life = Duration(-1);
        entry.set_last_pwd_change(Timestamp(u32::MAX));
        entry.key_data = vec![
            KeyData::new(300, EncType(18), vec![1; 40]),
            KeyData::new(2, EncType(-3), vec![]).with_salt(SaltType::ONLYREALM, b"R".to_vec()),
        ];
        let (key, record) = (key(&entry.principal).unwrap(), encode(&entry).unwrap());
        assert_eq!(decode("f", &key, &record).unwrap(), entry);
        for end in 0..record.len() {
            assert!(decode("f", &key, &record[..end]).is_err(), "cut at {end}");
        }
        assert!(decode("f", b"a\0@R", &record).is_err());
        entry.extra = vec![1];
        assert!(encode(&entry).is_err());
    }

    #[test]
    fn policies_go_round_and_truncation_is_an_error() {
        let mut policy = Policy {
            name: b"p".to_vec(),
            min_life: 1,
            ticket_max_renewable_life: 2,
            allowed_keysalts: Some(b"aes256-cts".to_vec()),
            tl_data: vec![TlData { tag: TlType(300), contents: b"abc".to_vec() }],
            ..Policy::default()
        };
        for _ in 0..2 {
            let record = encode_policy(&policy).unwrap();
            assert_eq!(decode_policy("f", b"p", &record).unwrap(), policy);
            for end in 0..record.len() {
                assert!(decode_policy("f", b"p", &record[..end]).is_err(), "cut at {end}");
            }
            policy.allowed_keysalts = None;
            policy.tl_data.clear();
        }
    }

    #[test]
    fn lockout() {
        let lockout = Lockout { last_success: 1, last_failed: 0x0102_0304, fail_auth_count: 3 };
        assert_eq!(lockout.encode(), [1, 0, 0, 0, 4, 3, 2, 1, 3, 0, 0, 0]);
        assert_eq!(Lockout::decode(&lockout.encode()), Some(lockout));
        assert_eq!(Lockout::decode(&lockout.encode()[..11]), None);
        let unlocked = Lockout { fail_auth_count: 0, ..lockout };
        let meanwhile = Lockout { last_failed: 9, fail_auth_count: 4, ..lockout };
        let merged = meanwhile.with_changes(lockout, unlocked);
        assert_eq!(merged, Lockout { last_failed: 9, fail_auth_count: 0, ..lockout });
    }

    #[test]
    fn names_have_their_limits() {
        let name = |length| Principal::new("R", [vec![b'x'; length - 2]]);
        assert_eq!(key(&name(KEY_LIMIT)).unwrap().len(), KEY_LIMIT);
        assert!(matches!(
            key(&name(KEY_LIMIT + 1)),
            Err(KdbError::NameTooLong { length: 512, limit: KEY_LIMIT })
        ));
        assert!(policy_key(&[b'x'; KEY_LIMIT]).is_ok());
        assert!(policy_key(&[b'x'; KEY_LIMIT + 1]).is_err());
        assert!(policy_key(b"").is_err());
    }
}
