//! What an update says of a principal: attributes with their values (`docs/formats/ulog.md`).

use k5_types::{NameType, Principal};
use k5_wire::{WireError, XdrReader, XdrWriter};

use crate::key_data::KeyData;
use crate::tl_data::{TlData, TlType};

/// What MIT's library has in front of each component of a name in memory (`KV5M_DATA`).
const COMPONENT_MAGIC: i32 = -1_760_647_422;

/// A name as an update has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedName {
    /// The realm.
    pub realm: Vec<u8>,
    /// The components, each with the number that MIT's library had in front of it.
    pub components: Vec<(i32, Vec<u8>)>,
    /// The name's type.
    pub name_type: NameType,
}

impl From<&Principal> for LoggedName {
    fn from(principal: &Principal) -> Self {
        LoggedName {
            realm: principal.realm().to_vec(),
            components: principal.components().iter().map(|part| (COMPONENT_MAGIC, part.clone())).collect(),
            name_type: principal.name_type(),
        }
    }
}

/// A key as an update has it: as many types and contents as it says, of which the first are the key's and the second the salt's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedKey {
    /// How many there are.
    pub version: i32,
    /// Key version number.
    pub kvno: i32,
    /// The types.
    pub types: Vec<i32>,
    /// The contents; the key's are encrypted in the master key.
    pub contents: Vec<Vec<u8>>,
}

impl From<&KeyData> for LoggedKey {
    fn from(key: &KeyData) -> Self {
        let (mut types, mut contents) = (Vec::new(), Vec::new());
        if key.version > 0 {
            types.push(key.enctype.0);
            contents.push(key.key.clone());
        }
        if key.version > 1 {
            types.push(i32::from(key.salt_type.0));
            contents.push(key.salt.clone());
        }
        LoggedKey { version: i32::from(key.version), kvno: i32::from(key.kvno), types, contents }
    }
}

/// An attribute and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the names are those of the entry's fields, the numbers in docs/formats/ulog.md"
)]
pub enum Attribute {
    Flags(u32),
    MaxLife(u32),
    MaxRenewableLife(u32),
    Expiration(u32),
    PwExpiration(u32),
    LastSuccess(u32),
    LastFailed(u32),
    FailAuthCount(u32),
    Principal(LoggedName),
    KeyData(Vec<LoggedKey>),
    TlData(Vec<TlData>),
    Length(i32),
    ModPrinc(LoggedName),
    ModTime(u32),
    ModWhere(Vec<u8>),
    LastPwdChange(u32),
    PwPolicy(Vec<u8>),
    PwPolicySwitch(bool),
    PwHistoryKvno(u32),
    PwHistory(Vec<Vec<LoggedKey>>),
    /// One that this version does not know.
    Other(i32, Vec<u8>),
}

impl Attribute {
    fn number(&self) -> i32 {
        match self {
            Attribute::Flags(_) => 0,
            Attribute::MaxLife(_) => 1,
            Attribute::MaxRenewableLife(_) => 2,
            Attribute::Expiration(_) => 3,
            Attribute::PwExpiration(_) => 4,
            Attribute::LastSuccess(_) => 5,
            Attribute::LastFailed(_) => 6,
            Attribute::FailAuthCount(_) => 7,
            Attribute::Principal(_) => 8,
            Attribute::KeyData(_) => 9,
            Attribute::TlData(_) => 10,
            Attribute::Length(_) => 11,
            Attribute::ModPrinc(_) => 12,
            Attribute::ModTime(_) => 13,
            Attribute::ModWhere(_) => 14,
            Attribute::LastPwdChange(_) => 15,
            Attribute::PwPolicy(_) => 16,
            Attribute::PwPolicySwitch(_) => 17,
            Attribute::PwHistoryKvno(_) => 18,
            Attribute::PwHistory(_) => 19,
            Attribute::Other(number, _) => *number,
        }
    }

    pub(super) fn encode(&self, out: &mut XdrWriter) {
        out.i32(self.number());
        match self {
            Attribute::Flags(value)
            | Attribute::MaxLife(value)
            | Attribute::MaxRenewableLife(value)
            | Attribute::Expiration(value)
            | Attribute::PwExpiration(value)
            | Attribute::LastSuccess(value)
            | Attribute::LastFailed(value)
            | Attribute::FailAuthCount(value)
            | Attribute::ModTime(value)
            | Attribute::LastPwdChange(value)
            | Attribute::PwHistoryKvno(value) => {
                out.u32(*value);
            }
            Attribute::Length(value) => {
                out.i32(*value);
            }
            Attribute::PwPolicySwitch(value) => {
                out.bool(*value);
            }
            Attribute::Principal(name) | Attribute::ModPrinc(name) => encode_name(name, out),
            Attribute::ModWhere(bytes) | Attribute::PwPolicy(bytes) | Attribute::Other(_, bytes) => {
                out.opaque(bytes);
            }
            Attribute::KeyData(keys) => encode_keys(keys, out),
            Attribute::PwHistory(sets) => {
                out.u32(sets.len() as u32);
                for keys in sets {
                    encode_keys(keys, out);
                }
            }
            Attribute::TlData(list) => {
                out.u32(list.len() as u32);
                for tl in list {
                    // MIT's type is signed.
                    out.i32(i32::from(tl.tag.0.cast_signed())).opaque(&tl.contents);
                }
            }
        }
    }

    pub(super) fn decode(reader: &mut XdrReader<'_>) -> Result<Attribute, WireError> {
        Ok(match reader.i32()? {
            0 => Attribute::Flags(reader.u32()?),
            1 => Attribute::MaxLife(reader.u32()?),
            2 => Attribute::MaxRenewableLife(reader.u32()?),
            3 => Attribute::Expiration(reader.u32()?),
            4 => Attribute::PwExpiration(reader.u32()?),
            5 => Attribute::LastSuccess(reader.u32()?),
            6 => Attribute::LastFailed(reader.u32()?),
            7 => Attribute::FailAuthCount(reader.u32()?),
            8 => Attribute::Principal(decode_name(reader)?),
            9 => Attribute::KeyData(decode_keys(reader)?),
            10 => {
                let mut list = Vec::new();
                for _ in 0..reader.u32()? {
                    // As many bits as MIT's type has.
                    let tag = TlType(reader.i32()? as u16);
                    list.push(TlData { tag, contents: reader.opaque()?.to_vec() });
                }
                Attribute::TlData(list)
            }
            11 => Attribute::Length(reader.i32()?),
            12 => Attribute::ModPrinc(decode_name(reader)?),
            13 => Attribute::ModTime(reader.u32()?),
            14 => Attribute::ModWhere(reader.opaque()?.to_vec()),
            15 => Attribute::LastPwdChange(reader.u32()?),
            16 => Attribute::PwPolicy(reader.opaque()?.to_vec()),
            17 => Attribute::PwPolicySwitch(reader.bool()?),
            18 => Attribute::PwHistoryKvno(reader.u32()?),
            19 => {
                let mut sets = Vec::new();
                for _ in 0..reader.u32()? {
                    sets.push(decode_keys(reader)?);
                }
                Attribute::PwHistory(sets)
            }
            number => Attribute::Other(number, reader.opaque()?.to_vec()),
        })
    }
}

fn encode_name(name: &LoggedName, out: &mut XdrWriter) {
    out.opaque(&name.realm).u32(name.components.len() as u32);
    for (magic, component) in &name.components {
        out.i32(*magic).opaque(component);
    }
    out.i32(name.name_type.0);
}

fn decode_name(reader: &mut XdrReader<'_>) -> Result<LoggedName, WireError> {
    let realm = reader.opaque()?.to_vec();
    let mut components = Vec::new();
    for _ in 0..reader.u32()? {
        components.push((reader.i32()?, reader.opaque()?.to_vec()));
    }
    Ok(LoggedName { realm, components, name_type: NameType(reader.i32()?) })
}

fn encode_keys(keys: &[LoggedKey], out: &mut XdrWriter) {
    out.u32(keys.len() as u32);
    for key in keys {
        out.i32(key.version).i32(key.kvno).u32(key.types.len() as u32);
        for number in &key.types {
            out.i32(*number);
        }
        out.u32(key.contents.len() as u32);
        for bytes in &key.contents {
            out.opaque(bytes);
        }
    }
}

fn decode_keys(reader: &mut XdrReader<'_>) -> Result<Vec<LoggedKey>, WireError> {
    let mut keys = Vec::new();
    for _ in 0..reader.u32()? {
        let (version, kvno) = (reader.i32()?, reader.i32()?);
        let (mut types, mut contents) = (Vec::new(), Vec::new());
        for _ in 0..reader.u32()? {
            types.push(reader.i32()?);
        }
        for _ in 0..reader.u32()? {
            contents.push(reader.opaque()?.to_vec());
        }
        keys.push(LoggedKey { version, kvno, types, contents });
    }
    Ok(keys)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use k5_types::{EncType, SaltType};

    /// One of each kind.
    pub(in crate::ulog) fn all_kinds() -> Vec<Attribute> {
        let name = LoggedName::from(&Principal::new("R", ["a", "bcdef"]));
        let key = KeyData::new(3, EncType(18), vec![1; 62]).with_salt(SaltType(4), b"salt".to_vec());
        let keys =
            vec![LoggedKey::from(&key), LoggedKey { version: 0, kvno: 1, types: vec![], contents: vec![] }];
        let tl = |tag, contents: &[u8]| TlData { tag: TlType(tag), contents: contents.to_vec() };
        vec![
            Attribute::Flags(0x8000_0001),
            Attribute::MaxLife(1),
            Attribute::MaxRenewableLife(2),
            Attribute::Expiration(u32::MAX),
            Attribute::PwExpiration(4),
            Attribute::LastSuccess(5),
            Attribute::LastFailed(6),
            Attribute::FailAuthCount(7),
            Attribute::Principal(name.clone()),
            Attribute::KeyData(keys.clone()),
            Attribute::TlData(vec![tl(3, b"abc"), tl(0xff00, b"")]),
            Attribute::Length(38),
            Attribute::ModPrinc(name),
            Attribute::ModTime(13),
            Attribute::ModWhere(b"here".to_vec()),
            Attribute::LastPwdChange(15),
            Attribute::PwPolicy(b"p".to_vec()),
            Attribute::PwPolicySwitch(true),
            Attribute::PwHistoryKvno(18),
            Attribute::PwHistory(vec![keys, Vec::new()]),
            Attribute::Other(20, b"more".to_vec()),
        ]
    }

    #[test]
    fn the_numbers_are_those_of_the_field() {
        let numbers: Vec<i32> = all_kinds().iter().map(Attribute::number).collect();
        assert_eq!(numbers, (0..=20).collect::<Vec<i32>>());
    }
}
