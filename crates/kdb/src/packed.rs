//! Tagged data and keys as every back end packs them behind the base of its record. All integers are little-endian.
//!
//! ```text
//! each tagged datum:  u16 type, u16 length, bytes
//! each key:  u16 version (0, 1 or 2), u16 kvno, then version times {u16 type, u16 length, bytes}:
//!            the key, then its salt
//! ```

use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::key_data::KeyData;
use crate::tl_data::{TlData, TlType};
use k5_types::{EncType, SaltType};
use k5_wire::{Reader, WireError, Writer};

/// Room that is made for tagged data or keys before there are any: what a record says of their number may be wrong.
const AT_ONCE: usize = 8;

/// What is wrong with a record that is read.
pub(crate) enum Fault {
    Short(WireError),
    Says(&'static str),
}

impl From<WireError> for Fault {
    fn from(error: WireError) -> Self {
        Fault::Short(error)
    }
}

impl Fault {
    /// The fault of a record, whose reader stands where it is.
    pub fn in_record(self, file: &str, name: &[u8], reader: &Reader<'_>) -> KdbError {
        KdbError::Record {
            file: file.to_owned(),
            name: String::from_utf8_lossy(name).into_owned(),
            what: match self {
                Fault::Short(error) => error.to_string(),
                Fault::Says(what) => format!("{what} at offset {}", reader.offset()),
            },
        }
    }
}

pub(crate) fn unstorable(whose: &dyn std::fmt::Display, what: &str) -> KdbError {
    KdbError::Unstorable(format!("{whose}: {what}"))
}

/// A length or a number that must be said in 16 bits.
pub(crate) fn short(whose: &dyn std::fmt::Display, length: usize, what: &str) -> Result<u16> {
    u16::try_from(length).map_err(|_| unstorable(whose, &format!("{what} of {length} bytes is over 65535")))
}

/// Writes the numbers of an entry's tagged data and keys.
pub(crate) fn write_counts(out: &mut Writer, entry: &Entry) -> Result<()> {
    out.u16(short(&entry.principal, entry.tl_data.len(), "a number of tagged data")?);
    out.u16(short(&entry.principal, entry.key_data.len(), "a number of keys")?);
    Ok(())
}

/// Reads the same.
pub(crate) fn read_counts(reader: &mut Reader<'_>) -> std::result::Result<(u16, u16), Fault> {
    let (tl_count, key_count) = (reader.u16()?, reader.u16()?);
    if tl_count > i16::MAX as u16 || key_count > i16::MAX as u16 {
        return Err(Fault::Says("a negative count"));
    }
    Ok((tl_count, key_count))
}

/// Writes tagged data.
pub(crate) fn write_tl_data(out: &mut Writer, whose: &dyn std::fmt::Display, list: &[TlData]) -> Result<()> {
    for tl in list {
        out.u16(tl.tag.0).u16(short(whose, tl.contents.len(), "a tagged datum")?).bytes(&tl.contents);
    }
    Ok(())
}

/// Reads so many tagged data.
pub(crate) fn read_tl_data(reader: &mut Reader<'_>, count: u16) -> std::result::Result<Vec<TlData>, Fault> {
    let mut list = Vec::with_capacity(usize::from(count).min(AT_ONCE));
    for _ in 0..count {
        let (tag, length) = (reader.u16()?, reader.u16()?);
        list.push(TlData { tag: TlType(tag), contents: reader.bytes(usize::from(length))?.to_vec() });
    }
    Ok(list)
}

/// Writes an entry's keys.
pub(crate) fn write_keys(out: &mut Writer, entry: &Entry) -> Result<()> {
    let whose = &entry.principal;
    for key in &entry.key_data {
        out.u16(key.version).u16(key.kvno);
        if key.version >= 1 {
            let enctype =
                i16::try_from(key.enctype.0).map_err(|_| unstorable(whose, "an enctype over 16 bits"))?;
            out.i16(enctype).u16(short(whose, key.key.len(), "a key")?).bytes(&key.key);
        }
        if key.version >= 2 {
            out.i16(key.salt_type.0).u16(short(whose, key.salt.len(), "a salt")?).bytes(&key.salt);
        }
    }
    Ok(())
}

/// Reads so many keys.
pub(crate) fn read_keys(reader: &mut Reader<'_>, count: u16) -> std::result::Result<Vec<KeyData>, Fault> {
    let mut keys = Vec::with_capacity(usize::from(count).min(AT_ONCE));
    for _ in 0..count {
        let mut key = KeyData::new(0, EncType::NULL, Vec::new());
        (key.version, key.kvno) = (reader.u16()?, reader.u16()?);
        if key.version > 2 {
            return Err(Fault::Says("an unknown version of key data"));
        }
        if key.version >= 1 {
            let (enctype, length) = (reader.i16()?, reader.u16()?);
            key.enctype = EncType(i32::from(enctype));
            key.key = reader.bytes(usize::from(length))?.to_vec();
        }
        if key.version >= 2 {
            let (salt_type, length) = (reader.i16()?, reader.u16()?);
            key.salt_type = SaltType(salt_type);
            key.salt = reader.bytes(usize::from(length))?.to_vec();
        }
        keys.push(key);
    }
    Ok(keys)
}
