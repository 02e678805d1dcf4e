//! The bytes of an LMDB file, format version 1, as 64-bit machines write it. Integers are in the order of the machine.
//!
//! ```text
//! every page                                   meta pages, 0 and 1, behind that
//!  0  u64  its number                          16  u32  0xbeefc0de   20  u32  format version: 1
//!  8  u16  (unused)                            24  u64  address (0)  32  u64  size of the map
//! 10  u16  flags                               40  tree of free pages; its "pad" is the page size
//! 12  u16  end of the node offsets             88  tree of named trees
//! 14  u16  begin of the nodes                 136  u64  last page in use
//! 16  u16  offsets of nodes, in order of keys 144  u64  transaction that wrote it
//! overflow: 12 u32 number of pages, 16 data
//!
//! tree, 48 bytes                               node
//!  0  u32  pad         4  u16  flags            0  u16  low, 2 u16 high half of: size of the value, or the child
//!  6  u16  depth       8  u64  branch pages     4  u16  flags; in a branch bits 32 to 47 of the child
//! 16  u64  leaf pages 24  u64  overflow pages   6  u16  size of the key
//! 32  u64  records    40  u64  root, or -1      8  key, then the value (big: u64 first overflow page)
//! ```

use k5_wire::{ByteOrder, Reader, WireError};

pub(crate) const HEADER: usize = 16;
pub(crate) const META_END: usize = 152;
const TREE_SIZE: usize = 48;
const MAGIC: u32 = 0xbeef_c0de;
const VERSION: u32 = 1;
const NO_PAGE: u64 = u64::MAX;

const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
const OVERFLOW: u16 = 0x04;
const META: u16 = 0x08;

const BIG: u16 = 0x01;
const SUB_TREE: u16 = 0x02;
const DUPLICATES: u16 = 0x04;

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Branch,
    Leaf,
    Overflow,
}

/// A tree's entry in a meta page, or in the tree of named trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TreeInfo {
    pub pad: u32,
    /// 0 for one that is ordered by the bytes of its keys and has each key once.
    pub flags: u16,
    pub depth: u16,
    pub records: u64,
    pub root: Option<u64>,
}

/// A meta page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub page_size: usize,
    pub free: TreeInfo,
    pub main: TreeInfo,
    pub last_page: u64,
    pub txn: u64,
}

fn short(error: &WireError) -> String {
    error.to_string()
}

impl TreeInfo {
    pub fn parse(bytes: &[u8]) -> Result<TreeInfo, String> {
        if bytes.len() != TREE_SIZE {
            return Err(format!("a tree of {} bytes in place of {TREE_SIZE}", bytes.len()));
        }
        Self::read(&mut Reader::new(bytes, ByteOrder::NATIVE)).map_err(|error| short(&error))
    }

    fn read(reader: &mut Reader<'_>) -> Result<TreeInfo, WireError> {
        let (pad, flags, depth) = (reader.u32()?, reader.u16()?, reader.u16()?);
        let _pages = (reader.u64()?, reader.u64()?, reader.u64()?);
        let (records, root) = (reader.u64()?, reader.u64()?);
        Ok(TreeInfo { pad, flags, depth, records, root: (root != NO_PAGE).then_some(root) })
    }
}

impl Meta {
    /// Reads the first bytes of a meta page.
    pub fn parse(bytes: &[u8]) -> Result<Meta, String> {
        let read = || -> Result<_, WireError> {
            let mut reader = Reader::new(bytes, ByteOrder::NATIVE);
            let (_number, _pad, flags) = (reader.u64()?, reader.u16()?, reader.u16()?);
            let _pages = reader.u32()?;
            let (magic, version) = (reader.u32()?, reader.u32()?);
            let (_address, _map_size) = (reader.u64()?, reader.u64()?);
            let (free, main) = (TreeInfo::read(&mut reader)?, TreeInfo::read(&mut reader)?);
            let (last_page, txn) = (reader.u64()?, reader.u64()?);
            let page_size = usize::try_from(free.pad).unwrap_or(0);
            Ok((flags, magic, version, Meta { page_size, free, main, last_page, txn }))
        };
        let (flags, magic, version, meta) = read().map_err(|error| short(&error))?;
        if magic == MAGIC.swap_bytes() {
            return Err("it was made by a machine of the other byte order".to_owned());
        }
        if magic != MAGIC || flags & META == 0 {
            return Err("it does not begin as one".to_owned());
        }
        if version != VERSION {
            return Err(format!("format version {version}; only {VERSION} is known"));
        }
        if !meta.page_size.is_power_of_two() || !(256..=65536).contains(&meta.page_size) {
            return Err(format!("a page size of {}", meta.page_size));
        }
        if meta.last_page < 1 {
            return Err(format!("its last page is page {}", meta.last_page));
        }
        Ok(meta)
    }
}

/// A page that was read, its header looked at.
#[derive(Debug)]
pub(crate) struct Page {
    pub number: u64,
    pub kind: Kind,
    /// Number of nodes, or of pages of an overflow chain.
    pub count: usize,
    bytes: Vec<u8>,
}

/// The header of a node, its key, and the bytes behind that.
struct Node<'p> {
    size: usize,
    flags: u16,
    key: &'p [u8],
    rest: &'p [u8],
}

/// A node of a branch: its key, empty in the first, and the page below.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child<'p> {
    pub key: &'p [u8],
    pub page: u64,
}

/// A record of a leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'p> {
    pub key: &'p [u8],
    pub value: Value<'p>,
}

/// Where a record's value is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'p> {
    Here(&'p [u8]),
    /// On overflow pages from this one on, so many bytes.
    Overflow(u64, usize),
    Tree(&'p [u8]),
}

impl Page {
    /// Looks at the header of page `number`.
    pub fn parse(number: u64, bytes: Vec<u8>) -> Result<Page, String> {
        let read = || -> Result<_, WireError> {
            let mut reader = Reader::new(&bytes, ByteOrder::NATIVE);
            let (own, _pad, flags) = (reader.u64()?, reader.u16()?, reader.u16()?);
            Ok((own, flags, reader.u16()?, reader.u16()?))
        };
        let (own, flags, lower, upper) = read().map_err(|error| short(&error))?;
        if own != number {
            return Err(format!("it says that it is page {own}"));
        }
        let (lower, upper) = (usize::from(lower), usize::from(upper));
        let nodes = |kind| {
            if lower < HEADER || upper < lower || upper > bytes.len() || !lower.is_multiple_of(2) {
                return Err(format!("its nodes lie between {lower} and {upper}"));
            }
            Ok((kind, (lower - HEADER) / 2))
        };
        let (kind, count) = match flags & (BRANCH | LEAF | OVERFLOW | META) {
            BRANCH => nodes(Kind::Branch)?,
            LEAF => nodes(Kind::Leaf)?,
            OVERFLOW => {
                let mut reader = Reader::new(bytes.get(12..).unwrap_or_default(), ByteOrder::NATIVE);
                let pages = reader.u32().map_err(|error| short(&error))?;
                (Kind::Overflow, usize::try_from(pages).unwrap_or(usize::MAX))
            }
            _ => return Err(format!("flags {flags:#x} of no page of a tree")),
        };
        Ok(Page { number, kind, count, bytes })
    }

    fn node(&self, index: usize) -> Result<Node<'_>, String> {
        let read = || -> Option<_> {
            if index >= self.count {
                return None;
            }
            let place = HEADER + 2 * index;
            let mut offsets = Reader::new(self.bytes.get(place..place + 2)?, ByteOrder::NATIVE);
            let offset = usize::from(offsets.u16().ok()?);
            if offset < HEADER + 2 * self.count {
                return None;
            }
            let mut reader = Reader::new(self.bytes.get(offset..)?, ByteOrder::NATIVE);
            let (low, high) = (reader.u16().ok()?, reader.u16().ok()?);
            let (flags, key_size) = (reader.u16().ok()?, reader.u16().ok()?);
            let size = usize::from(low) | usize::from(high) << 16;
            let rest = self.bytes.get(offset + 8..)?;
            let key_size = usize::from(key_size);
            Some(Node { size, flags, key: rest.get(..key_size)?, rest: rest.get(key_size..)? })
        };
        read().ok_or_else(|| format!("node {index} does not lie on it"))
    }

    /// A node of a branch.
    pub fn child(&self, index: usize) -> Result<Child<'_>, String> {
        if self.kind != Kind::Branch {
            return Err("no branch, where one should be".to_owned());
        }
        let Node { size: low, flags: high, key, .. } = self.node(index)?;
        Ok(Child { key, page: low as u64 | u64::from(high) << 32 })
    }

    /// A record of a leaf.
    pub fn item(&self, index: usize) -> Result<Item<'_>, String> {
        if self.kind != Kind::Leaf {
            return Err("no leaf, where one should be".to_owned());
        }
        let Node { size, flags, key, rest } = self.node(index)?;
        let off = || format!("the value of node {index} does not lie on it");
        let value = match flags {
            0 => Value::Here(rest.get(..size).ok_or_else(off)?),
            BIG => {
                let mut reader = Reader::new(rest, ByteOrder::NATIVE);
                Value::Overflow(reader.u64().map_err(|_| off())?, size)
            }
            SUB_TREE => Value::Tree(rest.get(..size).ok_or_else(off)?),
            flags if flags & DUPLICATES != 0 => return Err(format!("node {index} has duplicates")),
            flags => return Err(format!("node {index} has flags {flags:#x}")),
        };
        Ok(Item { key, value })
    }

    /// The bytes of an overflow page behind its header.
    pub fn data(&self) -> &[u8] {
        self.bytes.get(HEADER..).unwrap_or_default()
    }

    /// The number of the node under which a key belongs in a branch.
    pub fn child_for(&self, key: &[u8]) -> Result<usize, String> {
        // The first node's key is empty and below all others.
        let (mut low, mut high) = (1, self.count.max(1));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.child(middle)?.key <= key { low = middle + 1 } else { high = middle }
        }
        Ok(low - 1)
    }

    /// The first record of a leaf whose key is not less than `key`; the number of records if there is none.
    pub fn item_from(&self, key: &[u8]) -> Result<usize, String> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.item(middle)?.key < key { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }
}
