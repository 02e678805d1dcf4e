//! Tagged data of an entry: the types, and reading and writing of those that are simple. Kadmin data (type 3)
//! and string attributes (type 11) have rooms of their own. `docs/formats/entry.md` says the same in words.

use crate::error::{KdbError, Result};
use k5_types::{EncType, Kvno, Timestamp};
use k5_wire::{ByteOrder, Reader, WireError, Writer};

/// A tagged datum. Unknown types are carried unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlData {
    /// What it is.
    pub tag: TlType,
    /// The bytes, at most 65,535.
    pub contents: Vec<u8>,
}

/// Type of a tagged datum (MIT's `KRB5_TL_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TlType(pub u16);

impl TlType {
    /// Time of the last password change.
    pub const LAST_PWD_CHANGE: TlType = TlType(1);
    /// Time and author of the last modification.
    pub const MOD_PRINC: TlType = TlType(2);
    /// Policy and password history.
    pub const KADM_DATA: TlType = TlType(3);
    /// Version of the master key that the entry's keys are encrypted in.
    pub const MKVNO: TlType = TlType(8);
    /// When which master key becomes active (K/M only).
    pub const ACTKVNO: TlType = TlType(9);
    /// The latest master key encrypted in each older one (K/M only).
    pub const MKEY_AUX: TlType = TlType(10);
    /// String attributes.
    pub const STRING_ATTRS: TlType = TlType(11);
    /// The principal that this name stands for.
    pub const ALIAS_TARGET: TlType = TlType(12);
    /// Time of the last unlock by an administrator.
    pub const LAST_ADMIN_UNLOCK: TlType = TlType(0x700);
}

/// The datum of a type.
#[must_use]
pub fn find(list: &[TlData], tag: TlType) -> Option<&[u8]> {
    list.iter().find(|tl| tl.tag == tag).map(|tl| tl.contents.as_slice())
}

/// Replaces the datum of a type in its place, or puts a new one in front, as MIT does; dumps show the order.
pub fn update(list: &mut Vec<TlData>, tag: TlType, contents: Vec<u8>) {
    match list.iter_mut().find(|tl| tl.tag == tag) {
        Some(tl) => tl.contents = contents,
        None => list.insert(0, TlData { tag, contents }),
    }
}

/// Removes all data of a type.
pub fn remove(list: &mut Vec<TlData>, tag: TlType) {
    list.retain(|tl| tl.tag != tag);
}

/// A four-byte time (types 1 and 0x700); anything of another length is no time.
#[must_use]
pub fn time(contents: Option<&[u8]>) -> Timestamp {
    match contents.map(<[u8; 4]>::try_from) {
        Some(Ok(bytes)) => Timestamp(u32::from_le_bytes(bytes)),
        _ => Timestamp::NEVER,
    }
}

/// Type 2: when, and by whom as text without the NUL.
#[must_use]
pub fn mod_princ(contents: Option<&[u8]>) -> Option<(Timestamp, &[u8])> {
    let (time, name) = contents?.split_first_chunk::<4>()?;
    let name = name.split(|byte| *byte == 0).next()?;
    Some((Timestamp(u32::from_le_bytes(*time)), name))
}

/// The bytes of type 2.
#[must_use]
pub fn encode_mod_princ(time: Timestamp, name: &[u8]) -> Vec<u8> {
    [&time.0.to_le_bytes()[..], name, &[0]].concat()
}

/// Type 8; an entry without it is encrypted in master key 1.
#[must_use]
pub fn mkvno(contents: Option<&[u8]>) -> Kvno {
    match contents.map(<[u8; 2]>::try_from) {
        Some(Ok(bytes)) => Kvno::from(u16::from_le_bytes(bytes)),
        _ => 1,
    }
}

/// From when a master key is the active one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveFrom {
    /// Master key version.
    pub kvno: u16,
    /// Since when.
    pub time: Timestamp,
}

/// The latest master key encrypted in an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MkeyAux {
    /// Version of the older master key.
    pub kvno: u16,
    /// Version of the latest master key.
    pub latest_kvno: u16,
    /// Type of the latest master key.
    pub latest_enctype: EncType,
    /// u16 length of the plain key, then the key encrypted in the older one.
    pub latest_key: Vec<u8>,
}

fn damaged(what: &str, error: &WireError) -> KdbError {
    KdbError::Record { file: "K/M".to_owned(), name: what.to_owned(), what: error.to_string() }
}

fn versioned<'a>(contents: &'a [u8], what: &str) -> Result<Reader<'a>> {
    let mut reader = Reader::new(contents, ByteOrder::Little);
    match reader.u16().map_err(|e| damaged(what, &e))? {
        1 => Ok(reader),
        version => Err(KdbError::Record {
            file: "K/M".to_owned(),
            name: what.to_owned(),
            what: format!("unknown version {version}"),
        }),
    }
}

/// Type 9.
///
/// # Errors
/// A version other than 1 or a truncated list.
pub fn actkvno(contents: &[u8]) -> Result<Vec<ActiveFrom>> {
    const WHAT: &str = "list of active master keys";
    let mut reader = versioned(contents, WHAT)?;
    let mut list = Vec::new();
    while !reader.is_empty() {
        let mut item = || Ok(ActiveFrom { kvno: reader.u16()?, time: Timestamp(reader.u32()?) });
        list.push(item().map_err(|e| damaged(WHAT, &e))?);
    }
    Ok(list)
}

/// The bytes of type 9.
#[must_use]
pub fn encode_actkvno(list: &[ActiveFrom]) -> Vec<u8> {
    let mut out = Writer::new(ByteOrder::Little);
    out.u16(1);
    for item in list {
        out.u16(item.kvno).u32(item.time.0);
    }
    out.into_bytes()
}

/// Type 10.
///
/// # Errors
/// A version other than 1 or a truncated list.
pub fn mkey_aux(contents: &[u8]) -> Result<Vec<MkeyAux>> {
    const WHAT: &str = "list of older master keys";
    let mut reader = versioned(contents, WHAT)?;
    let mut list = Vec::new();
    while !reader.is_empty() {
        let mut item = || {
            let (kvno, latest_kvno) = (reader.u16()?, reader.u16()?);
            let (enctype, length) = (reader.i16()?, reader.u16()?);
            let latest_key = reader.bytes(usize::from(length))?.to_vec();
            Ok(MkeyAux { kvno, latest_kvno, latest_enctype: EncType(i32::from(enctype)), latest_key })
        };
        list.push(item().map_err(|e| damaged(WHAT, &e))?);
    }
    Ok(list)
}

/// The bytes of type 10.
///
/// # Errors
/// A key or an enctype that its 16 bits cannot say.
pub fn encode_mkey_aux(list: &[MkeyAux]) -> Result<Vec<u8>> {
    let mut out = Writer::new(ByteOrder::Little);
    out.u16(1);
    for item in list {
        let enctype = i16::try_from(item.latest_enctype.0);
        let length = u16::try_from(item.latest_key.len());
        let (Ok(enctype), Ok(length)) = (enctype, length) else {
            return Err(KdbError::Unstorable("a master key over 16 bits".to_owned()));
        };
        out.u16(item.kvno).u16(item.latest_kvno).i16(enctype).u16(length).bytes(&item.latest_key);
    }
    Ok(out.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_data_go_in_front_and_old_ones_stay_in_place() {
        let mut list = Vec::new();
        update(&mut list, TlType(1), vec![1]);
        update(&mut list, TlType(8), vec![8]);
        update(&mut list, TlType(1), vec![2]);
        let order: Vec<_> = list.iter().map(|tl| (tl.tag.0, tl.contents[0])).collect();
        assert_eq!(order, [(8, 8), (1, 2)]);
        remove(&mut list, TlType(8));
        assert_eq!(find(&list, TlType(8)), None);
    }

    #[test]
    fn simple_types() {
        assert_eq!(mod_princ(Some(b"\x01\0\0\0a@R\0")), Some((Timestamp(1), &b"a@R"[..])));
        assert_eq!(mod_princ(Some(b"\x01\0")), None);
        assert_eq!(
            mod_princ(Some(&encode_mod_princ(Timestamp(7), b"x@R"))),
            Some((Timestamp(7), &b"x@R"[..]))
        );
        assert_eq!(mkvno(None), 1);
        assert_eq!(mkvno(Some(&[2, 1])), 258);
        let list = [ActiveFrom { kvno: 1, time: Timestamp(0) }, ActiveFrom { kvno: 2, time: Timestamp(9) }];
        assert_eq!(actkvno(&encode_actkvno(&list)).unwrap(), list);
        let aux = [MkeyAux { kvno: 1, latest_kvno: 2, latest_enctype: EncType(-3), latest_key: vec![4, 5] }];
        assert_eq!(mkey_aux(&encode_mkey_aux(&aux).unwrap()).unwrap(), aux);
        assert!(actkvno(&[1, 0, 1]).is_err());
        assert!(actkvno(&[2, 0]).is_err());
    }
}
