//! The bytes of a hash file: one drawing, the offsets it names, and for each part the reader beside the
//! writer. `docs/formats/hash.md` says the same in words. The header is big-endian always; pages are in the
//! byte order that the header names.
//!
//! ```text
//! header (page 0; zeros follow)               page header (every other page but bitmaps)
//! +0   u32 magic 0x061561                     +0   u32 number of this page
//! +4   u32 version 3                          +4   u32 next page of the chain, 0xffffffff = none
//! +8   u32 byte order of the pages:           +8   u16 entries
//!          1234 little, 4321 big              +10  u8  type: 2 bucket, 3 big pair, 4 overflow
//! +12  u32 page size                          +11  u8  padding, anything
//! +16  u32 its logarithm                      +12  u16 highest free byte
//! +20  u32 split point in use                 +14
//! +24  u32 no free bit is before this one's
//!          word                               bucket and overflow pages:
//! +28  u32 last bucket                        | header | slots -> |   free   | <- pairs |
//! +32  u32 high mask                          0        14                        page size
//! +36  u32 low mask                           slot: u16 offset of the key, u16 offset of the value;
//! +40  u32 fill factor                              or u16 0, u16 address of a big pair's first page
//! +44  u32 pairs                              the first pair ends at the page's end; each key follows its
//! +48  u32 header pages                       value; each pair ends where the one before it begins
//! +52  u32 hash of "%$sniglet^&" and a NUL
//! +56  u32 spares[32]: overflow pages up      big pair's page: entries 1
//!          to each split point                +14  u16 bytes of the key here, +16 u16 bytes of the value
//! +184 u16 bitmaps[32]: addresses             +18  key, value
//! +248
//!                                             bitmap page: u32 words, lowest bit first, 1 = in use
//! ```

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::sync::Arc;

use k5_wire::{ByteOrder, Reader, WireError, Writer};

use super::address::{Header, SPLIT_POINTS};
use super::function::hash;
use super::placing::page_room;
use crate::flaw::Flaw;

/// First word of a hash file, big-endian.
pub(crate) const MAGIC: u32 = 0x0006_1561;
/// The only version.
pub(crate) const VERSION: u32 = 3;
/// Bytes of the header in use.
pub(crate) const HEADER_LEN: usize = 248;
const SPLIT_POINT_AT: usize = 20;
pub(crate) const PAIRS_AT: usize = 44;
const CHECK_AT: usize = 52;
/// What the hash of the header is made of.
const CHECK_KEY: &[u8] = b"%$sniglet^&\0";
const ORDER_LITTLE: u32 = 1234;
const ORDER_BIG: u32 = 4321;
/// Bytes of a page's header.
pub(crate) const PAGE_HEADER_LEN: usize = 14;
/// Bytes of a slot.
pub(crate) const SLOT_LEN: usize = 4;
/// Where the bytes of a big pair begin on its page.
const BIG_START: usize = PAGE_HEADER_LEN + SLOT_LEN;
const TYPE_BUCKET: u8 = 2;
const TYPE_BIG: u8 = 3;
const TYPE_OVERFLOW: u8 = 4;
/// "No next page".
pub(crate) const NO_PAGE: u32 = u32::MAX;

/// Whether the format allows a page size.
pub(crate) fn valid_page_size(size: u32) -> bool {
    (256..=65536).contains(&size) && size.is_power_of_two()
}

/// Pages that the header takes.
pub(crate) fn header_pages(page_size: u32) -> u32 {
    // A page of the header has room for a word less.
    (HEADER_LEN as u32).div_ceil(page_size.saturating_sub(4).max(1))
}

/// Why a file's first bytes are not the header of a hash file that we take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HeaderFlaw {
    NotHash(Cow<'static, str>),
    Corrupt(Flaw),
}

impl From<WireError> for HeaderFlaw {
    fn from(error: WireError) -> Self {
        HeaderFlaw::Corrupt(error.into())
    }
}

pub(crate) fn read_header(bytes: &[u8]) -> Result<Header, HeaderFlaw> {
    let wrong = |offset, what: String| HeaderFlaw::Corrupt(Flaw::at(offset, what));
    let mut reader = Reader::new(bytes, ByteOrder::Big);
    let magic = reader.u32()?;
    if magic != MAGIC {
        return Err(HeaderFlaw::NotHash(format!("it begins with {magic:#010x}").into()));
    }
    let version = reader.u32()?;
    if version != VERSION {
        return Err(HeaderFlaw::NotHash(format!("version {version}").into()));
    }
    let order = match reader.u32()? {
        ORDER_LITTLE => ByteOrder::Little,
        ORDER_BIG => ByteOrder::Big,
        order => return Err(wrong(8, format!("byte order {order}"))),
    };
    let (page_size, shift) = (reader.u32()?, reader.u32()?);
    if !valid_page_size(page_size) {
        return Err(wrong(12, format!("page size {page_size}")));
    }
    if shift != page_size.ilog2() {
        return Err(wrong(16, format!("logarithm {shift} of the page size {page_size}")));
    }
    let header = read_counts(bytes, order, page_size)?;
    if header.header_pages != header_pages(page_size) {
        return Err(wrong(48, format!("{} header pages", header.header_pages)));
    }
    reader.skip(CHECK_AT - SPLIT_POINT_AT)?;
    if reader.u32()? != hash(CHECK_KEY) {
        return Err(wrong(CHECK_AT, "made with another hash function".into()));
    }
    header.validate().map_err(HeaderFlaw::Corrupt)?;
    Ok(header)
}

/// Whether both are headers, and say the same but for the number of pairs.
pub(crate) fn differ_in_pairs_only(one: &[u8], other: &[u8]) -> bool {
    match (read_header(one), read_header(other)) {
        (Ok(one), Ok(other)) => one == Header { pairs: one.pairs, ..other },
        _ => false,
    }
}

/// The fields of a header from the split point on, whatever they say.
pub(crate) fn read_counts(bytes: &[u8], order: ByteOrder, page_size: u32) -> Result<Header, WireError> {
    let mut reader = Reader::new(bytes, ByteOrder::Big);
    reader.skip(SPLIT_POINT_AT)?;
    let mut header = Header {
        order,
        page_size,
        split_point: reader.u32()?,
        first_free: reader.u32()?,
        last_bucket: reader.u32()?,
        high_mask: reader.u32()?,
        low_mask: reader.u32()?,
        fill_factor: reader.u32()?,
        pairs: reader.u32()?,
        header_pages: reader.u32()?,
        spares: [0; SPLIT_POINTS],
        bitmaps: [0; SPLIT_POINTS],
    };
    reader.skip(4)?;
    for spare in &mut header.spares {
        *spare = reader.u32()?;
    }
    for bitmap in &mut header.bitmaps {
        *bitmap = reader.u16()?;
    }
    Ok(header)
}

/// Whether a file begins with a header of which some bytes may be damaged: with the magic number, or with the hash that
/// every header has.
pub(crate) fn begins_as_header(bytes: &[u8]) -> bool {
    let check = hash(CHECK_KEY).to_be_bytes();
    bytes.starts_with(&MAGIC.to_be_bytes()) || bytes.get(CHECK_AT..CHECK_AT + 4) == Some(&check)
}

/// Byte order and page size as the header says them, if it says something that can be.
pub(crate) fn said_geometry(bytes: &[u8]) -> (Option<ByteOrder>, Option<u32>) {
    let mut reader = Reader::new(bytes.get(8..).unwrap_or_default(), ByteOrder::Big);
    let order = match reader.u32() {
        Ok(ORDER_LITTLE) => Some(ByteOrder::Little),
        Ok(ORDER_BIG) => Some(ByteOrder::Big),
        _ => None,
    };
    (order, reader.u32().ok().filter(|size| valid_page_size(*size)))
}

/// What a page that may be damaged calls itself: its number and whether it is a bucket's own; `None` where it is no page
/// of a table.
pub(crate) fn read_outline(bytes: &[u8], order: ByteOrder) -> Option<(u32, bool)> {
    let head = PageHead::read(bytes, order).ok()?;
    let used = head.entries != 0 || head.next != 0;
    let known = matches!(head.kind, TYPE_BUCKET | TYPE_BIG | TYPE_OVERFLOW);
    (used && known).then_some((head.number, head.kind == TYPE_BUCKET))
}

pub(crate) fn write_header(header: &Header) -> Vec<u8> {
    let mut writer = Writer::new(ByteOrder::Big);
    writer.u32(MAGIC).u32(VERSION);
    writer.u32(match header.order {
        ByteOrder::Little => ORDER_LITTLE,
        ByteOrder::Big => ORDER_BIG,
    });
    writer.u32(header.page_size).u32(header.page_size.ilog2());
    writer.u32(header.split_point).u32(header.first_free).u32(header.last_bucket);
    writer.u32(header.high_mask).u32(header.low_mask).u32(header.fill_factor);
    writer.u32(header.pairs).u32(header.header_pages).u32(hash(CHECK_KEY));
    for spare in header.spares {
        writer.u32(spare);
    }
    for bitmap in header.bitmaps {
        writer.u16(bitmap);
    }
    writer.into_bytes()
}

/// Bytes that stand among others, which all parts of them keep alive: a page is read without a copy of each of its pairs.
#[derive(Clone)]
pub(crate) struct Part {
    whole: Arc<[u8]>,
    range: Range<usize>,
}

impl Part {
    /// `None` where the range goes past the end.
    fn of(whole: &Arc<[u8]>, range: Range<usize>) -> Option<Self> {
        whole.get(range.clone())?;
        Some(Part { whole: Arc::clone(whole), range })
    }

    /// Two copies beside each other.
    pub(crate) fn pair(first: &[u8], second: &[u8]) -> (Self, Self) {
        let whole: Arc<[u8]> = [first, second].concat().into();
        let (middle, end) = (first.len(), whole.len());
        (Part { whole: Arc::clone(&whole), range: 0..middle }, Part { whole, range: middle..end })
    }
}

impl From<&[u8]> for Part {
    fn from(bytes: &[u8]) -> Self {
        Part { whole: bytes.into(), range: 0..bytes.len() }
    }
}

impl Deref for Part {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // The range was looked at when it was made.
        self.whole.get(self.range.clone()).unwrap_or_default()
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Part {}

impl Hash for Part {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl std::fmt::Debug for Part {
    /// Without the bytes, which are those of keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// What a slot of a bucket or overflow page stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Pair {
        key: Part,
        value: Part,
    },
    /// A pair on pages of its own, the first one at this overflow address.
    Big(u16),
}

impl Entry {
    /// Bytes of the page that the entry takes, its slot included.
    pub(crate) fn footprint(&self) -> usize {
        match self {
            Entry::Pair { key, value } => SLOT_LEN + key.len() + value.len(),
            Entry::Big(_) => SLOT_LEN,
        }
    }
}

/// A bucket's own page, or one that holds what did not fit on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub overflow: bool,
    pub next: Option<u32>,
    pub entries: Vec<Entry>,
}

impl Table {
    /// Bytes that neither slots nor pairs take.
    pub(crate) fn free_space(&self, page_size: u32) -> usize {
        let used: usize = self.entries.iter().map(Entry::footprint).sum();
        page_room(page_size).saturating_sub(used)
    }

    fn read(bytes: &[u8], head: &PageHead, order: ByteOrder) -> Result<Self, Flaw> {
        let mut table =
            Table { overflow: head.kind == TYPE_OVERFLOW, next: head.next(), entries: Vec::new() };
        let slots_end = PAGE_HEADER_LEN + usize::from(head.entries) * SLOT_LEN;
        let slots = bytes.get(PAGE_HEADER_LEN..slots_end);
        let slots = slots.ok_or_else(|| Flaw::at(8, format!("{} entries", head.entries)))?;
        let mut slots = Reader::new(slots, order);
        let whole: Arc<[u8]> = bytes.into();
        let mut end = bytes.len();
        while !slots.is_empty() {
            let place = PAGE_HEADER_LEN + slots.offset();
            let (key_at, value_at) = (slots.u16()?, slots.u16()?);
            if key_at == 0 {
                table.entries.push(Entry::Big(value_at));
                continue;
            }
            let (key_at, value_at) = (usize::from(key_at), usize::from(value_at));
            let key = Part::of(&whole, key_at..end);
            let value = Part::of(&whole, value_at..key_at).filter(|_| value_at >= slots_end);
            let (Some(key), Some(value)) = (key, value) else {
                return Err(Flaw::at(place, format!("a key at {key_at} with its value at {value_at}")));
            };
            table.entries.push(Entry::Pair { key, value });
            end = value_at;
        }
        if usize::from(head.highest_free) + 1 != end {
            return Err(Flaw::at(12, format!("highest free byte {}", head.highest_free)));
        }
        Ok(table)
    }

    fn write(&self, number: u32, page_size: u32, order: ByteOrder) -> Result<Vec<u8>, Flaw> {
        let too_full = || Flaw::at(8, "too many entries for the page");
        let short = |offset: usize| u16::try_from(offset).map_err(|_| too_full());
        let mut page = vec![0; page_size as usize];
        let mut slots = Writer::new(order);
        let mut end = page.len();
        for entry in &self.entries {
            match entry {
                Entry::Big(address) => {
                    slots.u16(0).u16(*address);
                }
                Entry::Pair { key, value } => {
                    for part in [key, value] {
                        let start = end.checked_sub(part.len()).ok_or_else(too_full)?;
                        page.get_mut(start..end).ok_or_else(too_full)?.copy_from_slice(part);
                        slots.u16(short(start)?);
                        end = start;
                    }
                }
            }
        }
        let slots = slots.into_bytes();
        let slots_end = PAGE_HEADER_LEN + slots.len();
        if slots_end > end {
            return Err(too_full());
        }
        page.get_mut(PAGE_HEADER_LEN..slots_end).ok_or_else(too_full)?.copy_from_slice(&slots);
        PageHead {
            number,
            next: self.next.unwrap_or(NO_PAGE),
            entries: short(self.entries.len())?,
            kind: if self.overflow { TYPE_OVERFLOW } else { TYPE_BUCKET },
            highest_free: short(end - 1)?,
        }
        .write(&mut page, order);
        Ok(page)
    }
}

/// A page with a part of a big pair. The parts of the key come before those of the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Big {
    pub next: Option<u32>,
    pub key: Arc<[u8]>,
    pub value: Arc<[u8]>,
}

impl Big {
    /// Bytes of key and value that a page holds.
    pub(crate) fn room(page_size: u32) -> usize {
        (page_size as usize).saturating_sub(BIG_START)
    }

    fn read(bytes: &[u8], head: &PageHead, order: ByteOrder) -> Result<Self, Flaw> {
        if head.entries != 1 {
            return Err(Flaw::at(8, format!("{} entries on a big pair's page", head.entries)));
        }
        let mut reader = Reader::new(bytes, order);
        reader.skip(PAGE_HEADER_LEN)?;
        let (key, value) = (reader.u16()?, reader.u16()?);
        let too_long = |_| Flaw::at(PAGE_HEADER_LEN, format!("key of {key} and value of {value} bytes"));
        Ok(Big {
            next: head.next(),
            key: reader.bytes(usize::from(key)).map_err(too_long)?.into(),
            value: reader.bytes(usize::from(value)).map_err(too_long)?.into(),
        })
    }

    fn write(&self, number: u32, page_size: u32, order: ByteOrder) -> Result<Vec<u8>, Flaw> {
        let too_full = || Flaw::at(PAGE_HEADER_LEN, "too many bytes for a page");
        let short = |length: usize| u16::try_from(length).map_err(|_| too_full());
        let mut page = vec![0; page_size as usize];
        let mut writer = Writer::new(order);
        writer.u16(short(self.key.len())?).u16(short(self.value.len())?);
        writer.bytes(&self.key).bytes(&self.value);
        let bytes = writer.into_bytes();
        let room = page.get_mut(PAGE_HEADER_LEN..PAGE_HEADER_LEN + bytes.len());
        room.ok_or_else(too_full)?.copy_from_slice(&bytes);
        let highest_free = short(page.len() - 1)?;
        let next = self.next.unwrap_or(NO_PAGE);
        PageHead { number, next, entries: 1, kind: TYPE_BIG, highest_free }.write(&mut page, order);
        Ok(page)
    }
}

/// A page other than the header. A clone shares the contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Page {
    Table(Arc<Table>),
    Big(Arc<Big>),
    /// The words of a bitmap.
    Bitmap(Arc<[u32]>),
    /// In no use.
    Free,
}

struct PageHead {
    number: u32,
    next: u32,
    entries: u16,
    kind: u8,
    highest_free: u16,
}

impl PageHead {
    fn read(bytes: &[u8], order: ByteOrder) -> Result<Self, Flaw> {
        let mut reader = Reader::new(bytes, order);
        let (number, next, entries, kind) = (reader.u32()?, reader.u32()?, reader.u16()?, reader.u8()?);
        reader.skip(1)?;
        Ok(PageHead { number, next, entries, kind, highest_free: reader.u16()? })
    }

    fn next(&self) -> Option<u32> {
        Some(self.next).filter(|next| *next != NO_PAGE)
    }

    fn write(&self, page: &mut [u8], order: ByteOrder) {
        let mut writer = Writer::new(order);
        writer.u32(self.number).u32(self.next).u16(self.entries).u8(self.kind).u8(0).u16(self.highest_free);
        for (to, from) in page.iter_mut().zip(writer.into_bytes()) {
            *to = from;
        }
    }
}

/// The page behind one of a chain, by the header of that page.
pub(crate) fn read_next(head: &[u8], order: ByteOrder) -> Result<Option<u32>, Flaw> {
    let head = PageHead::read(head, order)?;
    Ok(head.next().filter(|_| head.entries != 0 || head.next != 0))
}

/// Reads a page of a chain: of a bucket, or of a big pair.
pub(crate) fn read_page(bytes: &[u8], number: u32, order: ByteOrder) -> Result<Page, Flaw> {
    let head = PageHead::read(bytes, order)?;
    if head.entries == 0 && head.next == 0 {
        // Never written: MIT takes it for an empty page of a bucket, and so do we.
        return Ok(Page::Table(Arc::default()));
    }
    if head.number != number {
        return Err(Flaw::at(0, format!("it calls itself page {}", head.number)));
    }
    match head.kind {
        TYPE_BUCKET | TYPE_OVERFLOW => Ok(Page::Table(Arc::new(Table::read(bytes, &head, order)?))),
        TYPE_BIG => Ok(Page::Big(Arc::new(Big::read(bytes, &head, order)?))),
        kind => Err(Flaw::at(10, format!("type {kind}"))),
    }
}

/// Reads a bitmap page.
pub(crate) fn read_bitmap(bytes: &[u8], order: ByteOrder) -> Result<Page, Flaw> {
    let mut reader = Reader::new(bytes, order);
    let mut words = Vec::with_capacity(bytes.len() / 4);
    while !reader.is_empty() {
        words.push(reader.u32()?);
    }
    Ok(Page::Bitmap(words.into()))
}

/// Writes a page; what is not in use on it is zero.
pub(crate) fn write_page(
    page: &Page,
    number: u32,
    page_size: u32,
    order: ByteOrder,
) -> Result<Vec<u8>, Flaw> {
    match page {
        Page::Table(table) => table.write(number, page_size, order),
        Page::Big(big) => big.write(number, page_size, order),
        Page::Free => Ok(vec![0; page_size as usize]),
        Page::Bitmap(words) => {
            let mut writer = Writer::new(order);
            for word in words.iter() {
                writer.u32(*word);
            }
            Ok(writer.into_bytes())
        }
    }
}
