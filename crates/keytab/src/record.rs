//! One record of a keytab file: its bytes, the reader and the writer.
//!
//! ```text
//! file     | 05 | version | slot | slot | ...
//!
//! slot     | length i32 | length bytes |      > 0: a record;  < 0: a hole of -length bytes;  0: the end
//!
//! record   | count u16 | realm | component ... | name type u32 | timestamp u32 |
//!          | kvno8 u8 | enctype i16 | key length u16 | key | kvno u32 | slack ...
//!
//! realm, component:  | length u16 | bytes |
//! ```
//! Version 2 (`05 02`) is big-endian. Version 1 (`05 01`) is in the order of the machine that wrote it, counts the
//! realm in `count` and has no name type. The last `kvno` counts if the record has four bytes left for it
//! and they are not all zero; old writers left it out. Slack is what remains of a larger hole. MIT reads counts
//! and lengths as signed and takes zero or a negative one for the end of the file.

use crate::{Damage, Entry, Unstorable};
use k5_types::{EncType, KeyBlock, NameType, Principal, Secret, Timestamp};
use k5_wire::{ByteOrder, Reader, Writer};

/// The highest count or length: MIT reads them as signed 16 bits.
const LONGEST: usize = 0x7fff;

/// What the count of components is about.
const NAME: &str = "principal name";

/// The version of a keytab file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `05 01`: in this machine's byte order, no name types. Never made anew.
    V1,
    /// `05 02`: big-endian.
    V2,
}

impl Version {
    /// The first two bytes of a file.
    #[must_use]
    pub fn header(self) -> [u8; 2] {
        match self {
            Version::V1 => [5, 1],
            Version::V2 => [5, 2],
        }
    }

    /// The version that a file with this header has.
    #[must_use]
    pub fn from_header(header: [u8; 2]) -> Option<Version> {
        [Version::V1, Version::V2].into_iter().find(|version| version.header() == header)
    }

    fn order(self) -> ByteOrder {
        match self {
            Version::V1 => ByteOrder::NATIVE,
            Version::V2 => ByteOrder::Big,
        }
    }

    /// The length field of a slot.
    #[must_use]
    pub fn length(self, bytes: [u8; 4]) -> i32 {
        match self.order() {
            ByteOrder::Little => i32::from_le_bytes(bytes),
            ByteOrder::Big => i32::from_be_bytes(bytes),
        }
    }

    /// The bytes of a slot's length field.
    #[must_use]
    pub fn length_bytes(self, length: i32) -> [u8; 4] {
        match self.order() {
            ByteOrder::Little => length.to_le_bytes(),
            ByteOrder::Big => length.to_be_bytes(),
        }
    }
}

/// Reads the bytes of a record, its length field not among them. `body` may be longer than the fields (slack).
///
/// # Errors
/// [`Damage`], for whatever MIT takes for the end of the file and for fields that leave the record.
pub fn decode(version: Version, body: &[u8]) -> Result<Entry, Damage> {
    View::read(version, body).map(|view| view.entry())
}

/// The two fields that hold a key version number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvnoFields {
    /// The 8 bits that every record has.
    pub low: u8,
    /// The 32 bits at the end, which count unless they are zero; `None` where the record has no room for them.
    pub long: Option<u32>,
}

impl KvnoFields {
    /// The number that counts.
    #[must_use]
    pub fn kvno(self) -> u32 {
        self.long.filter(|long| *long != 0).unwrap_or_else(|| u32::from(self.low))
    }

    /// Whether both say the same, as far as 8 bits reach. Programs that know the old field only find another key
    /// version otherwise.
    #[must_use]
    pub fn agree(self) -> bool {
        self.kvno() & 0xff == u32::from(self.low)
    }
}

/// A record where it stands in a file, its fields checked: who only looks at it needs no copy of its key.
#[derive(Clone, Copy)]
pub struct View<'a> {
    version: Version,
    realm: &'a [u8],
    /// Each with its length before it.
    components: &'a [u8],
    name_type: NameType,
    timestamp: Timestamp,
    kvno: KvnoFields,
    enctype: EncType,
    key: &'a [u8],
}

impl std::fmt::Debug for View<'_> {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View")
            .field("kvno", &self.kvno)
            .field("enctype", &self.enctype)
            .finish_non_exhaustive()
    }
}

impl<'a> View<'a> {
    /// Reads the bytes of a record, as [`decode`] does.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn read(version: Version, body: &'a [u8]) -> Result<View<'a>, Damage> {
        let mut fields = Fields { reader: Reader::new(body, version.order()) };
        // A name without components is as good as none.
        let counted = fields.size(NAME)?;
        let count = if version == Version::V1 { counted - 1 } else { counted };
        if count == 0 {
            return Err(Damage::Empty { field: NAME });
        }
        let realm = fields.bytes("realm")?;
        let start = fields.reader.offset();
        for _ in 0..count {
            fields.bytes("component")?;
        }
        let components = body.get(start..fields.reader.offset()).unwrap_or_default();
        let name_type = match version {
            Version::V1 => NameType::UNKNOWN,
            Version::V2 => NameType(fields.take("name type", |r| r.i32())?),
        };
        let timestamp = Timestamp(fields.take("timestamp", |r| r.u32())?);
        let low = fields.take("key version number", |r| r.u8())?;
        let enctype = EncType(i32::from(fields.take("encryption type", |r| r.i16())?));
        let key = fields.bytes("key")?;
        let kvno = KvnoFields { low, long: fields.reader.u32().ok() };
        Ok(View { version, realm, components, name_type, timestamp, kvno, enctype, key })
    }

    /// The key version number that counts.
    #[must_use]
    pub fn kvno(&self) -> u32 {
        self.kvno.kvno()
    }

    /// When the entry was written.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The encryption type of the key.
    #[must_use]
    pub fn enctype(&self) -> EncType {
        self.enctype
    }

    /// The bytes of the key.
    #[must_use]
    pub fn key(&self) -> &'a [u8] {
        self.key
    }

    /// The parts of the name.
    fn components(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut reader = Reader::new(self.components, self.version.order());
        // They have been read before: nothing is missing.
        std::iter::from_fn(move || {
            let length = reader.u16().ok()?;
            reader.bytes(usize::from(length)).ok()
        })
    }

    /// The quoted name behind what `text` holds, as [`Principal::unparse`] has it.
    pub fn unparse_to(&self, text: &mut Vec<u8>) {
        Principal::unparse_parts_to(text, self.components(), self.realm);
    }

    /// A copy that lasts.
    #[must_use]
    pub fn entry(&self) -> Entry {
        let components = self.components().map(<[u8]>::to_vec);
        let principal = Principal::new(self.realm, components).with_name_type(self.name_type);
        let key = KeyBlock::new(self.enctype, self.key.to_vec());
        Entry { principal, timestamp: self.timestamp, kvno: self.kvno(), key }
    }

    /// Both fields of the key version number as they stand.
    #[must_use]
    pub fn kvno_fields(&self) -> KvnoFields {
        self.kvno
    }
}

/// The same with both fields of the key version number as they stand.
///
/// # Errors
/// As [`decode`].
pub fn decode_with_fields(version: Version, body: &[u8]) -> Result<(Entry, KvnoFields), Damage> {
    let view = View::read(version, body)?;
    Ok((view.entry(), view.kvno_fields()))
}

struct Fields<'a> {
    reader: Reader<'a>,
}

impl<'a> Fields<'a> {
    fn take<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Reader<'a>) -> k5_wire::Result<T>,
    ) -> Result<T, Damage> {
        read(&mut self.reader).map_err(|_| Damage::FieldPastEnd { field })
    }

    /// A count or length that must be in 1..=32767.
    fn size(&mut self, field: &'static str) -> Result<usize, Damage> {
        match self.take(field, |r| r.i16())? {
            0 => Err(Damage::Empty { field }),
            size => usize::try_from(size).map_err(|_| Damage::Negative { field }),
        }
    }

    fn bytes(&mut self, field: &'static str) -> Result<&'a [u8], Damage> {
        let size = self.size(field)?;
        self.take(field, |r| r.bytes(size))
    }
}

/// The bytes of a record, without its length field.
///
/// # Errors
/// [`Unstorable`] for what a reader would take for the end of the file or what does not fit in the fields.
pub fn encode(version: Version, entry: &Entry) -> Result<Secret<Vec<u8>>, Unstorable> {
    let components = entry.principal.components();
    let counted = components.len() + usize::from(version == Version::V1);
    if components.is_empty() {
        return Err(Unstorable::Empty("name"));
    }
    let enctype = entry.key.enctype.0;
    let enctype = i16::try_from(enctype).map_err(|_| Unstorable::EncType(enctype))?;
    let key = entry.key.contents.expose();

    let mut head = Writer::new(version.order());
    head.u16(size(counted, "list of components")?);
    for (field, bytes) in std::iter::once(("realm", entry.principal.realm()))
        .chain(components.iter().map(|component| ("component", component.as_slice())))
    {
        head.u16(size(bytes.len(), field)?).bytes(bytes);
    }
    if version == Version::V2 {
        head.i32(entry.principal.name_type().0);
    }
    let [low_kvno, ..] = entry.kvno.to_le_bytes();
    head.u32(entry.timestamp.0).u8(low_kvno).i16(enctype).u16(size(key.len(), "key")?);
    let mut tail = Writer::new(version.order());
    tail.u32(entry.kvno);
    if version == Version::V1 {
        // MIT makes its version 1 records four bytes longer than their fields.
        tail.u32(0);
    }
    // Made in its full size at once: a buffer that grows leaves copies of the key behind.
    let (head, tail) = (head.into_bytes(), tail.into_bytes());
    let mut body = Vec::with_capacity(head.len() + key.len() + tail.len());
    body.extend_from_slice(&head);
    body.extend_from_slice(key);
    body.extend_from_slice(&tail);
    Ok(Secret::new(body))
}

fn size(size: usize, field: &'static str) -> Result<u16, Unstorable> {
    match u16::try_from(size) {
        Ok(0) => Err(Unstorable::Empty(field)),
        Ok(small) if size <= LONGEST => Ok(small),
        _ => Err(Unstorable::TooLong(field)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(principal: Principal, kvno: u32) -> Entry {
        let key = KeyBlock::new(EncType(18), (0..32).collect());
        Entry { principal, timestamp: Timestamp(0xfedc_ba98), kvno, key }
    }

    fn host() -> Principal {
        Principal::new("R.TEST", ["host", "a"]).with_name_type(NameType::SRV_HST)
    }

    #[test]
    fn both_versions_come_back() {
        for version in [Version::V1, Version::V2] {
            for kvno in [0, 1, 255, 256, 0x1_0000, u32::MAX] {
                let before = entry(host(), kvno);
                let body = encode(version, &before).unwrap();
                let after = decode(version, body.expose()).unwrap();
                assert!(before.same_key(&after));
                assert_eq!(after.timestamp, before.timestamp);
                let kept = if version == Version::V2 { NameType::SRV_HST } else { NameType::UNKNOWN };
                assert_eq!(after.principal.name_type(), kept);
                let view = View::read(version, body.expose()).unwrap();
                let mut text = b"x ".to_vec();
                view.unparse_to(&mut text);
                assert_eq!(text, b"x host/a@R.TEST");
                assert_eq!((view.kvno(), view.timestamp()), (kvno, before.timestamp));
                assert_eq!(
                    (view.enctype(), view.key()),
                    (EncType(18), before.key.contents.expose().as_slice())
                );
                assert!(!format!("{view:?}").contains("key"));
            }
        }
    }

    #[test]
    fn version_2_has_these_bytes() {
        let mut entry = entry(host(), 0x0102);
        entry.key = KeyBlock::new(EncType(-2), vec![9]);
        let body = encode(Version::V2, &entry).unwrap();
        let expected = b"\0\x02\0\x06R.TEST\0\x04host\0\x01a\0\0\0\x03\xfe\xdc\xba\x98\x02\xff\xfe\0\x01\x09\0\0\x01\x02";
        assert_eq!(body.expose(), expected);
    }

    #[test]
    fn the_long_number_may_be_missing_or_zero() {
        let body = encode(Version::V2, &entry(host(), 0x0107)).unwrap();
        let body = body.expose();
        let kvno = |body: &[u8]| decode(Version::V2, body).unwrap().kvno;
        assert_eq!(kvno(body), 0x0107);
        assert_eq!(kvno(&body[..body.len() - 4]), 7);
        assert_eq!(kvno(&body[..body.len() - 1]), 7, "three bytes are no number");
        let mut zero = body.to_vec();
        let end = zero.len() - 4;
        zero[end..].fill(0);
        assert_eq!(kvno(&zero), 7);
        zero.extend([1, 2, 3, 4]);
        assert_eq!(kvno(&zero), 7, "slack is no number");
    }

    #[test]
    fn every_cut_is_damage() {
        let whole = encode(Version::V2, &entry(host(), 1)).unwrap();
        let whole = whole.expose();
        for end in 0..whole.len() - 4 {
            let damage = decode(Version::V2, &whole[..end]).unwrap_err();
            assert!(matches!(damage, Damage::FieldPastEnd { .. }), "{end}: {damage}");
        }
    }

    #[test]
    fn what_ends_a_keytab_is_neither_read_nor_written() {
        let none: [&str; 0] = [];
        for (principal, field) in [
            (Principal::new("R", none), "name"),
            (Principal::new("", ["a"]), "realm"),
            (Principal::new("R", ["a", ""]), "component"),
        ] {
            assert_eq!(encode(Version::V2, &entry(principal, 1)).unwrap_err(), Unstorable::Empty(field));
        }
        let mut keyless = entry(host(), 1);
        keyless.key = KeyBlock::new(EncType(18), Vec::new());
        assert_eq!(encode(Version::V2, &keyless).unwrap_err(), Unstorable::Empty("key"));
        let long = Principal::new("R", [vec![b'x'; 0x8000]]);
        assert_eq!(encode(Version::V2, &entry(long, 1)).unwrap_err(), Unstorable::TooLong("component"));
        let mut odd = entry(host(), 1);
        odd.key = KeyBlock::new(EncType(0x8000), vec![1]);
        assert_eq!(encode(Version::V2, &odd).unwrap_err(), Unstorable::EncType(0x8000));

        let damage = |body: &[u8]| decode(Version::V2, body).unwrap_err();
        assert_eq!(damage(b"\0\0\0\x01R"), Damage::Empty { field: NAME });
        assert_eq!(damage(b"\0\x01\0\0"), Damage::Empty { field: "realm" });
        assert_eq!(damage(b"\0\x01\0\x01R\0\0"), Damage::Empty { field: "component" });
        assert_eq!(damage(b"\xff\xff\0\x01R"), Damage::Negative { field: NAME });
        let realm_only = 1u16.to_ne_bytes();
        assert_eq!(decode(Version::V1, &realm_only).unwrap_err(), Damage::Empty { field: NAME });
    }
}
