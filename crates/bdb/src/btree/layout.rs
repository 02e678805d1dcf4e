//! The bytes of a B-tree file: one drawing, the offsets it names, and for each part the reader beside the
//! writer. `docs/formats/btree.md` says the same in words. Integers are in the file's byte order.
//!
//! ```text
//! metadata (page 0; zeros follow)            page header (every other page)
//! +0   u32 magic 0x053162                    +0   u32 number of this page
//! +4   u32 version 3                         +4   u32 previous sibling, 0 = none
//! +8   u32 page size                         +8   u32 next sibling, page of the chain or free page, 0 = none
//! +12  u32 first free page, 0 = none         +12  u32 flags: 0x01 internal, 0x02 leaf, 0x04 overflow,
//! +16  u32 record count, unused                           0x20 the chain belongs to an internal page too
//! +20  u32 flags: 0x20 no duplicate keys     +16  u16 lower: end of the slots
//! +24                                        +18  u16 upper: start of the items
//!                                            +20  slots: u16 offset of an item, in key order; or, on an
//! leaf or internal page:                          overflow page, the bytes of the key or value
//! | header | slots -> |   free   | <- items |
//! 0        20       lower      upper     page size
//!
//! leaf item, padded to 4                     internal item, padded to 4
//! +0   u32 key size                          +0   u32 key size
//! +4   u32 value size                        +4   u32 child page
//! +8   u8  flags: 1 big value, 2 big key     +8   u8  flags: 2 big key
//! +9   key, value                            +9   key
//!
//! a big key or value, in the place of the bytes: u32 first page of the chain, u32 size
//! ```

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use k5_wire::{ByteOrder, Reader, WireError, Writer};

use crate::flaw::Flaw;

/// First word of a B-tree file.
pub(crate) const MAGIC: u32 = 0x0005_3162;
/// The only version.
pub(crate) const VERSION: u32 = 3;
/// Bytes of the metadata in use.
pub(crate) const META_LEN: usize = 24;
/// Metadata flag: a key occurs once.
const META_NO_DUPLICATES: u32 = 0x20;
/// Page number of the root.
pub(crate) const ROOT: u32 = 1;
/// Bytes of a page header.
pub(crate) const HEADER_LEN: usize = 20;
pub(super) const SLOT_LEN: usize = 2;
const ITEM_HEADER_LEN: usize = 9;
const CHAIN_LEN: usize = 8;
const TYPE_MASK: u32 = 0x1f;
const TYPE_INTERNAL: u32 = 0x01;
const TYPE_LEAF: u32 = 0x02;
const TYPE_OVERFLOW: u32 = 0x04;
const PRESERVE: u32 = 0x20;
const ITEM_BIG_VALUE: u8 = 1;
const ITEM_BIG_KEY: u8 = 2;

/// Byte order and page size: what is needed to read and write the pages of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub order: ByteOrder,
    pub page_size: u32,
}

impl Geometry {
    /// Whether the format allows a page size. MIT takes 65536 too but then overflows `upper`.
    pub(crate) fn valid_page_size(size: u32) -> bool {
        (512..=65534).contains(&size) && size.is_multiple_of(2)
    }

    pub(crate) fn page_len(self) -> usize {
        self.page_size as usize
    }

    /// Bytes behind the header: room for slots and items, or of one page of a chain.
    pub(crate) fn room(self) -> usize {
        self.page_len().saturating_sub(HEADER_LEN)
    }

    /// A pair over this many bytes does not stay on the leaf: two pairs must fit on a page.
    pub(crate) fn overflow_threshold(self) -> usize {
        let smallest_item = padded(ITEM_HEADER_LEN);
        let both_big = padded(ITEM_HEADER_LEN + 2 * CHAIN_LEN) + SLOT_LEN;
        (self.room() / 2).saturating_sub(SLOT_LEN + smallest_item).max(both_big)
    }

    /// The longest key that stays on the leaf with any value.
    pub(crate) fn max_key(self) -> usize {
        self.overflow_threshold() - CHAIN_LEN
    }
}

/// `length` rounded up to a multiple of four.
pub(super) fn padded(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// The metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub geometry: Geometry,
    /// First page of the free list, 0 = none.
    pub free: u32,
    /// Unused in B-trees; carried.
    pub records: u32,
}

/// Why a file's first bytes are not the metadata of a B-tree that we take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MetaFlaw {
    NotBTree(Cow<'static, str>),
    Unsupported(Cow<'static, str>),
    Corrupt(Flaw),
}

impl From<WireError> for MetaFlaw {
    fn from(error: WireError) -> Self {
        MetaFlaw::Corrupt(error.into())
    }
}

pub(crate) fn read_meta(bytes: &[u8]) -> Result<Meta, MetaFlaw> {
    let little = Reader::new(bytes, ByteOrder::Little).u32()?;
    let order = match little {
        MAGIC => ByteOrder::Little,
        _ if little.swap_bytes() == MAGIC => ByteOrder::Big,
        _ => return Err(MetaFlaw::NotBTree(format!("it begins with {little:#010x}").into())),
    };
    let mut reader = Reader::new(bytes, order);
    reader.skip(4)?;
    let version = reader.u32()?;
    if version != VERSION {
        return Err(MetaFlaw::NotBTree(format!("version {version}").into()));
    }
    let page_size = reader.u32()?;
    if !Geometry::valid_page_size(page_size) {
        return Err(MetaFlaw::Corrupt(Flaw::at(8, format!("page size {page_size}"))));
    }
    let free = reader.u32()?;
    let records = reader.u32()?;
    let flags = reader.u32()?;
    if flags != META_NO_DUPLICATES {
        return Err(MetaFlaw::Unsupported(format!("flags {flags:#x} in the metadata").into()));
    }
    Ok(Meta { geometry: Geometry { order, page_size }, free, records })
}

pub(crate) fn write_meta(meta: &Meta) -> Vec<u8> {
    let mut writer = Writer::new(meta.geometry.order);
    writer.u32(MAGIC).u32(VERSION).u32(meta.geometry.page_size);
    writer.u32(meta.free).u32(meta.records).u32(META_NO_DUPLICATES);
    let mut page = writer.into_bytes();
    page.resize(meta.geometry.page_len(), 0);
    page
}

/// Some bytes of a page, which they keep in memory. A clone shares them.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    page: Arc<[u8]>,
    start: usize,
    end: usize,
}

impl Span {
    /// Bytes that a reader of the page, begun at `base`, comes to next.
    fn read(
        page: &Arc<[u8]>,
        base: usize,
        reader: &mut Reader<'_>,
        length: usize,
    ) -> Result<Self, WireError> {
        let start = base + reader.offset();
        reader.skip(length)?;
        Ok(Span { page: Arc::clone(page), start, end: start + length })
    }
}

impl Deref for Span {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.page.get(self.start..self.end).unwrap_or_default()
    }
}

impl From<&[u8]> for Span {
    fn from(bytes: &[u8]) -> Self {
        Span { page: bytes.into(), start: 0, end: bytes.len() }
    }
}

impl Default for Span {
    fn default() -> Self {
        Span::from(&[][..])
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl Eq for Span {}

/// A key or a value as an item holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    Inline(Span),
    /// On overflow pages from `first` on, `size` bytes.
    Chain {
        first: u32,
        size: u32,
    },
}

impl Stored {
    /// Bytes it takes within an item.
    fn len(&self) -> usize {
        match self {
            Stored::Inline(bytes) => bytes.len(),
            Stored::Chain { .. } => CHAIN_LEN,
        }
    }

    fn is_chain(&self) -> bool {
        matches!(self, Stored::Chain { .. })
    }

    fn read(
        page: &Arc<[u8]>,
        base: usize,
        reader: &mut Reader<'_>,
        length: usize,
        big: bool,
    ) -> Result<Self, WireError> {
        if !big {
            return Ok(Stored::Inline(Span::read(page, base, reader, length)?));
        }
        Ok(Stored::Chain { first: reader.u32()?, size: reader.u32()? })
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Stored::Inline(bytes) => writer.bytes(bytes),
            Stored::Chain { first, size } => writer.u32(*first).u32(*size),
        };
    }
}

/// An item of a tree page.
pub(crate) trait Item: Sized {
    /// Bytes of the item, padding included.
    fn padded_len(&self) -> usize;
    /// Reads the item at an offset of a page. Offsets of flaws are counted from there.
    fn read(page: &Arc<[u8]>, at: usize, order: ByteOrder) -> Result<Self, Flaw>;
    fn write(&self, writer: &mut Writer);
    /// Bytes of the page that the item takes, its slot included.
    fn footprint(&self) -> usize {
        self.padded_len() + SLOT_LEN
    }
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeafItem {
    pub key: Stored,
    pub value: Stored,
}

impl Item for LeafItem {
    fn padded_len(&self) -> usize {
        padded(ITEM_HEADER_LEN + self.key.len() + self.value.len())
    }

    fn read(page: &Arc<[u8]>, at: usize, order: ByteOrder) -> Result<Self, Flaw> {
        let reader = &mut Reader::new(page.get(at..).unwrap_or_default(), order);
        let (key_size, value_size, flags) = (reader.u32()? as usize, reader.u32()? as usize, reader.u8()?);
        let (big_key, big_value) = (flags & ITEM_BIG_KEY != 0, flags & ITEM_BIG_VALUE != 0);
        if flags & !(ITEM_BIG_KEY | ITEM_BIG_VALUE) != 0 {
            return Err(Flaw::at(8, format!("item with flags {flags:#x}")));
        }
        if (big_key && key_size != CHAIN_LEN) || (big_value && value_size != CHAIN_LEN) {
            return Err(Flaw::at(0, "size of a chain's reference is not 8"));
        }
        Ok(LeafItem {
            key: Stored::read(page, at, reader, key_size, big_key)?,
            value: Stored::read(page, at, reader, value_size, big_value)?,
        })
    }

    fn write(&self, writer: &mut Writer) {
        let big_key = if self.key.is_chain() { ITEM_BIG_KEY } else { 0 };
        let big_value = if self.value.is_chain() { ITEM_BIG_VALUE } else { 0 };
        writer.u32(self.key.len() as u32).u32(self.value.len() as u32).u8(big_key | big_value);
        self.key.write(writer);
        self.value.write(writer);
    }
}

/// A child page and a key that no key below it is less than.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InternalItem {
    pub key: Stored,
    pub child: u32,
}

impl Item for InternalItem {
    fn padded_len(&self) -> usize {
        padded(ITEM_HEADER_LEN + self.key.len())
    }

    fn read(page: &Arc<[u8]>, at: usize, order: ByteOrder) -> Result<Self, Flaw> {
        let reader = &mut Reader::new(page.get(at..).unwrap_or_default(), order);
        let (key_size, child, flags) = (reader.u32()? as usize, reader.u32()?, reader.u8()?);
        let big_key = flags & ITEM_BIG_KEY != 0;
        if flags & !ITEM_BIG_KEY != 0 {
            return Err(Flaw::at(8, format!("item with flags {flags:#x}")));
        }
        if big_key && key_size != CHAIN_LEN {
            return Err(Flaw::at(0, "size of a chain's reference is not 8"));
        }
        Ok(InternalItem { key: Stored::read(page, at, reader, key_size, big_key)?, child })
    }

    fn write(&self, writer: &mut Writer) {
        let big_key = if self.key.is_chain() { ITEM_BIG_KEY } else { 0 };
        writer.u32(self.key.len() as u32).u32(self.child).u8(big_key);
        self.key.write(writer);
    }
}

/// A page of the tree with its siblings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node<I> {
    pub prev: u32,
    pub next: u32,
    pub items: Vec<I>,
}

pub(crate) type Leaf = Node<LeafItem>;
pub(crate) type Internal = Node<InternalItem>;

impl<I: Item> Node<I> {
    /// Bytes that slots and items take.
    pub(crate) fn used(&self) -> usize {
        self.items.iter().map(Item::footprint).sum()
    }

    fn read(bytes: &Arc<[u8]>, header: &Header, geometry: Geometry) -> Result<Self, Flaw> {
        let (lower, upper) = (usize::from(header.lower), usize::from(header.upper));
        let slots = bytes.get(HEADER_LEN..lower).filter(|slots| slots.len().is_multiple_of(SLOT_LEN));
        let slots = slots.ok_or_else(|| Flaw::at(16, format!("slots end at {lower}")))?;
        if upper < lower || upper > bytes.len() {
            return Err(Flaw::at(18, format!("items start at {upper}")));
        }
        let mut slots = Reader::new(slots, geometry.order);
        let mut items = Vec::with_capacity(slots.remaining() / SLOT_LEN);
        let mut total = 0;
        while !slots.is_empty() {
            let slot = HEADER_LEN + slots.offset();
            let offset = usize::from(slots.u16()?);
            if offset < upper || offset > bytes.len() {
                return Err(Flaw::at(slot, format!("an item at {offset}")));
            }
            let item = I::read(bytes, offset, geometry.order)
                .map_err(|flaw| Flaw { offset: offset + flaw.offset, ..flaw })?;
            total += item.padded_len();
            items.push(item);
        }
        if total > bytes.len() - upper {
            return Err(Flaw::at(18, "items overlap"));
        }
        Ok(Node { prev: header.prev, next: header.next, items })
    }

    /// Reads each item of a damaged page that can be read, or says what is wrong with it.
    pub(crate) fn read_each(bytes: &[u8], geometry: Geometry) -> Vec<Piece<I>> {
        let Ok(outline) = read_outline(bytes, geometry) else { return Vec::new() };
        let bytes: Arc<[u8]> = bytes.into();
        let slots = bytes.get(HEADER_LEN..usize::from(outline.lower).min(bytes.len())).unwrap_or_default();
        let mut reader = Reader::new(slots, geometry.order);
        let mut items = Vec::new();
        while let Ok(offset) = reader.u16() {
            let offset = usize::from(offset);
            let item = match (HEADER_LEN..=bytes.len()).contains(&offset) {
                false => Err(Flaw::at(HEADER_LEN, format!("an item at {offset}"))),
                true => I::read(&bytes, offset, geometry.order),
            };
            items.push(Piece { item, in_gap: offset < usize::from(outline.upper) });
        }
        items
    }

    fn write(&self, kind: u32, number: u32, geometry: Geometry) -> Result<Vec<u8>, Flaw> {
        let too_full = || Flaw::at(16, "too many items for the page");
        let mut page = vec![0; geometry.page_len()];
        let mut slots = Writer::new(geometry.order);
        let mut upper = page.len();
        for item in &self.items {
            let mut writer = Writer::new(geometry.order);
            item.write(&mut writer);
            let bytes = writer.into_bytes();
            upper = upper.checked_sub(padded(bytes.len())).ok_or_else(too_full)?;
            page.get_mut(upper..upper + bytes.len()).ok_or_else(too_full)?.copy_from_slice(&bytes);
            slots.u16(u16::try_from(upper).map_err(|_| too_full())?);
        }
        let slots = slots.into_bytes();
        let lower = HEADER_LEN + slots.len();
        if lower > upper {
            return Err(too_full());
        }
        let header = Header {
            number,
            prev: self.prev,
            next: self.next,
            flags: kind,
            lower: u16::try_from(lower).map_err(|_| too_full())?,
            upper: u16::try_from(upper).map_err(|_| too_full())?,
        };
        header.write(&mut page, geometry);
        page.get_mut(HEADER_LEN..lower).ok_or_else(too_full)?.copy_from_slice(&slots);
        Ok(page)
    }
}

/// A page of a chain that holds a big key or value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overflow {
    pub next: u32,
    /// An internal page refers to the chain too. Only the first page says so.
    pub preserve: bool,
    /// As read: all the room of the page; the item's size says how much of it counts.
    pub bytes: Arc<[u8]>,
}

/// A page other than the metadata. A clone shares the contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Page {
    Leaf(Arc<Leaf>),
    Internal(Arc<Internal>),
    Overflow(Arc<Overflow>),
    /// On the free list.
    Free {
        next: u32,
    },
}

pub(super) struct Header {
    pub number: u32,
    pub prev: u32,
    pub next: u32,
    pub flags: u32,
    pub lower: u16,
    pub upper: u16,
}

impl Header {
    pub(super) fn read(bytes: &[u8], number: u32, geometry: Geometry) -> Result<Self, Flaw> {
        let mut reader = Reader::new(bytes, geometry.order);
        let header = Header {
            number: reader.u32()?,
            prev: reader.u32()?,
            next: reader.u32()?,
            flags: reader.u32()?,
            lower: reader.u16()?,
            upper: reader.u16()?,
        };
        if header.number != number {
            return Err(Flaw::at(0, format!("it calls itself page {}", header.number)));
        }
        Ok(header)
    }

    pub(super) fn write(&self, page: &mut [u8], geometry: Geometry) {
        let mut writer = Writer::new(geometry.order);
        writer.u32(self.number).u32(self.prev).u32(self.next).u32(self.flags);
        writer.u16(self.lower).u16(self.upper);
        for (to, from) in page.iter_mut().zip(writer.into_bytes()) {
            *to = from;
        }
    }
}

/// What a page calls itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Leaf,
    Internal,
    Other,
}

/// The header of a page that may be damaged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outline {
    pub kind: Kind,
    pub prev: u32,
    pub next: u32,
    lower: u16,
    upper: u16,
}

/// An item of a page that may be damaged.
#[derive(Debug)]
pub(crate) struct Piece<I> {
    pub item: Result<I, Flaw>,
    /// By the page's header it stands where MIT leaves what it has deleted.
    pub in_gap: bool,
}

pub(crate) fn read_outline(bytes: &[u8], geometry: Geometry) -> Result<Outline, Flaw> {
    let mut reader = Reader::new(bytes, geometry.order);
    reader.skip(4)?;
    let (prev, next, flags) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let kind = match flags {
        TYPE_LEAF => Kind::Leaf,
        TYPE_INTERNAL => Kind::Internal,
        _ => Kind::Other,
    };
    Ok(Outline { kind, prev, next, lower: reader.u16()?, upper: reader.u16()? })
}

/// Reads a page that is in use.
pub(crate) fn read_page(bytes: &Arc<[u8]>, number: u32, geometry: Geometry) -> Result<Page, Flaw> {
    let header = Header::read(bytes, number, geometry)?;
    match header.flags {
        TYPE_INTERNAL => Ok(Page::Internal(Arc::new(Node::read(bytes, &header, geometry)?))),
        TYPE_LEAF => Ok(Page::Leaf(Arc::new(Node::read(bytes, &header, geometry)?))),
        flags if flags & !PRESERVE == TYPE_OVERFLOW => Ok(Page::Overflow(Arc::new(Overflow {
            next: header.next,
            preserve: flags & PRESERVE != 0,
            bytes: bytes.get(HEADER_LEN..).unwrap_or_default().into(),
        }))),
        flags => Err(Flaw::at(12, format!("flags {flags:#x}"))),
    }
}

/// Reads the header of a page that stands on the free list and returns the next one. MIT leaves the rest
/// as it was, so only what no free page can have is refused: a leaf that holds items.
pub(crate) fn read_free(bytes: &[u8], number: u32, geometry: Geometry) -> Result<u32, Flaw> {
    let header = Header::read(bytes, number, geometry)?;
    if header.prev != 0 {
        return Err(Flaw::at(4, "a page of the free list has a previous page"));
    }
    if header.flags & TYPE_MASK == TYPE_LEAF && usize::from(header.lower) > HEADER_LEN {
        return Err(Flaw::at(16, "a page of the free list holds records"));
    }
    Ok(header.next)
}

/// Writes a page; what is not in use on it is zero.
pub(crate) fn write_page(page: &Page, number: u32, geometry: Geometry) -> Result<Vec<u8>, Flaw> {
    match page {
        Page::Leaf(leaf) => leaf.write(TYPE_LEAF, number, geometry),
        Page::Internal(internal) => internal.write(TYPE_INTERNAL, number, geometry),
        // An empty leaf is what MIT leaves of most pages that it frees.
        Page::Free { next } => {
            Node::<LeafItem> { prev: 0, next: *next, items: Vec::new() }.write(TYPE_LEAF, number, geometry)
        }
        Page::Overflow(overflow) => {
            let mut page = vec![0; geometry.page_len()];
            let flags = TYPE_OVERFLOW | if overflow.preserve { PRESERVE } else { 0 };
            let header = Header { number, prev: 0, next: overflow.next, flags, lower: 0, upper: 0 };
            header.write(&mut page, geometry);
            let room = page.get_mut(HEADER_LEN..HEADER_LEN + overflow.bytes.len());
            let room = room.ok_or_else(|| Flaw::at(HEADER_LEN, "too many bytes for a page"))?;
            room.copy_from_slice(&overflow.bytes);
            Ok(page)
        }
    }
}
