//! What every writer of pages keeps to, though a reader can do without it: a byte that breaks it was not written so.

use k5_wire::Reader;

use super::layout::{Geometry, HEADER_LEN, Header, Item, Node, Page, SLOT_LEN};
use super::pager::Pager;
use crate::flaw::Flaw;
use crate::{PageFile, Result};

impl<F: PageFile> Pager<F> {
    /// What no writer leaves on a page of the file that can be read as `page`. Pages changed in memory are as we write
    /// them.
    pub(super) fn inexact(&self, number: u32, page: &Page) -> Result<Option<Flaw>> {
        if self.changes.get(number).is_some() {
            return Ok(None);
        }
        let bytes = self.raw(number, self.geometry().page_len())?;
        Ok(exact(&bytes, number, page, self.geometry()).err())
    }
}

fn exact(bytes: &[u8], number: u32, page: &Page, geometry: Geometry) -> std::result::Result<(), Flaw> {
    let header = Header::read(bytes, number, geometry)?;
    match page {
        Page::Leaf(leaf) => tiled(bytes, &header, leaf, geometry),
        Page::Internal(internal) => tiled(bytes, &header, internal, geometry),
        Page::Overflow(_) if header.prev != 0 => Err(Flaw::at(4, "an overflow page has a previous page")),
        Page::Overflow(_) if (header.lower, header.upper) != (0, 0) => {
            Err(Flaw::at(16, "an overflow page has slots"))
        }
        Page::Overflow(_) | Page::Free { .. } => Ok(()),
    }
}

/// Whether the items fill the page from `upper` to its end: a deletion moves the others together.
fn tiled<I: Item>(
    bytes: &[u8],
    header: &Header,
    node: &Node<I>,
    geometry: Geometry,
) -> std::result::Result<(), Flaw> {
    let slots = bytes.get(HEADER_LEN..usize::from(header.lower)).unwrap_or_default();
    let mut slots = Reader::new(slots, geometry.order);
    let mut places = Vec::with_capacity(node.items.len());
    for item in &node.items {
        places.push((usize::from(slots.u16()?), item.padded_len()));
    }
    places.sort_unstable();
    let mut end = usize::from(header.upper);
    for (offset, length) in places {
        if offset != end {
            return Err(Flaw::at(end.min(offset), "items with room between them, or one over the other"));
        }
        end += length;
    }
    match end == bytes.len() {
        true => Ok(()),
        false => Err(Flaw::at(
            end.min(bytes.len().saturating_sub(SLOT_LEN)),
            "items that do not fill the end of the page",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{InternalItem, Leaf, LeafItem, Stored, read_page, write_page};
    use super::*;
    use k5_wire::ByteOrder;
    use std::sync::Arc;

    const GEOMETRY: Geometry = Geometry { order: ByteOrder::Little, page_size: 512 };

    fn leaf() -> Vec<u8> {
        let inline = |text: &[u8]| Stored::Inline(text.into());
        let items = [b"a", b"b", b"c"].map(|key| LeafItem { key: inline(key), value: inline(b"value") });
        let leaf = Leaf { prev: 0, next: 0, items: items.to_vec() };
        write_page(&Page::Leaf(Arc::new(leaf)), 7, GEOMETRY).unwrap()
    }

    fn verdict(bytes: &[u8]) -> std::result::Result<(), Flaw> {
        exact(bytes, 7, &read_page(&bytes.into(), 7, GEOMETRY)?, GEOMETRY)
    }

    #[test]
    fn every_byte_that_says_where_items_are() {
        let sound = leaf();
        assert_eq!(verdict(&sound), Ok(()));
        let lower = usize::from(sound[16]);
        for at in (0..4).chain(12..lower) {
            for flip in 1..=255 {
                let mut bytes = sound.clone();
                bytes[at] ^= flip;
                // Two slots that are exchanged are a matter of order.
                assert!(verdict(&bytes).is_err(), "byte {at} flipped with {flip}");
            }
        }
    }

    #[test]
    fn overflow_pages_have_neither_slots_nor_a_page_before_them() {
        use super::super::layout::Overflow;
        let page = Overflow { next: 3, preserve: false, bytes: [1; 492][..].into() };
        let sound = write_page(&Page::Overflow(Arc::new(page)), 7, GEOMETRY).unwrap();
        assert_eq!(verdict(&sound), Ok(()));
        for at in [4, 7, 16, 19] {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            assert!(verdict(&bytes).is_err(), "byte {at}");
        }
    }

    #[test]
    fn internal_pages_too() {
        let item = |key: &[u8], child| InternalItem { key: Stored::Inline(key.into()), child };
        let node = Node { prev: 0, next: 0, items: vec![item(b"", 2), item(b"m", 3)] };
        let mut bytes = write_page(&Page::Internal(Arc::new(node)), 7, GEOMETRY).unwrap();
        assert_eq!(verdict(&bytes), Ok(()));
        bytes[16] -= 2;
        assert!(verdict(&bytes).is_err());
    }
}
