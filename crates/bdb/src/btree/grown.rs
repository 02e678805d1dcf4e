//! A leaf to which records came, written so that what it had stays where it is (`docs/formats/journal.md`).

use k5_wire::{Reader, Writer};

use super::layout::{Geometry, HEADER_LEN, Header, Item, Leaf, SLOT_LEN, padded};
use crate::commit::SECTOR;

/// What to write to a page, by offsets in it.
pub(super) struct Grown {
    /// Where the new items stand, in the gap between slots and items, to which nothing leads.
    pub offset: usize,
    /// The new items, those that were added last first.
    pub items: Vec<u8>,
    /// The page's beginning: header and slots, within one sector. It leads to the new items.
    pub head: Vec<u8>,
}

/// How to make `now` of a page that has these bytes and is `was`; `None` where that takes more than adding items.
pub(super) fn grown(bytes: &[u8], number: u32, was: &Leaf, now: &Leaf, geometry: Geometry) -> Option<Grown> {
    let sector = usize::try_from(SECTOR).ok()?;
    if (was.prev, was.next) != (now.prev, now.next) || !geometry.page_len().is_multiple_of(sector) {
        return None;
    }
    let header = Header::read(bytes, number, geometry).ok()?;
    let mut old_slots = Reader::new(bytes.get(HEADER_LEN..usize::from(header.lower))?, geometry.order);
    let mut old = was.items.iter().peekable();
    let mut slots = Writer::new(geometry.order);
    let lower = HEADER_LEN + now.items.len() * SLOT_LEN;
    let end = usize::from(header.upper);
    let mut upper = end;
    let mut added = Vec::new();
    for item in &now.items {
        if old.next_if(|old| *old == item).is_some() {
            slots.u16(old_slots.u16().ok()?);
            continue;
        }
        let mut writer = Writer::new(geometry.order);
        item.write(&mut writer);
        let bytes = writer.into_bytes();
        upper = upper.checked_sub(padded(bytes.len())).filter(|upper| *upper >= lower)?;
        slots.u16(u16::try_from(upper).ok()?);
        added.push((upper, bytes));
    }
    // Of those that are gone or have another value the old bytes would stay.
    if old.next().is_some() || added.is_empty() || lower > sector {
        return None;
    }
    let mut items = vec![0; end - upper];
    for (at, bytes) in added {
        items.get_mut(at - upper..)?.get_mut(..bytes.len())?.copy_from_slice(&bytes);
    }
    let mut head = vec![0; lower];
    let (lower, start) = (u16::try_from(lower).ok()?, u16::try_from(upper).ok()?);
    Header { lower, upper: start, ..header }.write(&mut head, geometry);
    head.get_mut(HEADER_LEN..)?.copy_from_slice(&slots.into_bytes());
    Some(Grown { offset: upper, items, head })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use k5_wire::ByteOrder;

    use super::*;
    use crate::btree::layout::{LeafItem, Node, Page, Stored, read_page, write_page};

    const GEOMETRY: Geometry = Geometry { order: ByteOrder::Big, page_size: 1024 };

    fn leaf(keys: &[&str]) -> Leaf {
        let inline = |text: &str| Stored::Inline(text.as_bytes().into());
        let item = |key: &&str| LeafItem { key: inline(key), value: inline(&key.repeat(20)) };
        Node { prev: 3, next: 4, items: keys.iter().map(item).collect() }
    }

    fn bytes(leaf: &Leaf) -> Vec<u8> {
        write_page(&Page::Leaf(Arc::new(leaf.clone())), 9, GEOMETRY).unwrap()
    }

    fn added(was: &[&str], now: &[&str]) -> Option<Grown> {
        grown(&bytes(&leaf(was)), 9, &leaf(was), &leaf(now), GEOMETRY)
    }

    #[test]
    fn the_page_is_whole_before_and_after_the_head_is_written() {
        for (was, now) in
            [(&["b", "d"][..], &["a", "b", "c", "d", "e"][..]), (&[], &["x"]), (&["mm"], &["mm", "n"])]
        {
            let grown = added(was, now).unwrap();
            let mut page = bytes(&leaf(was));
            assert!(page[grown.offset..][..grown.items.len()].iter().all(|byte| *byte == 0), "the gap");
            page[grown.offset..][..grown.items.len()].copy_from_slice(&grown.items);
            let read = |page: &[u8]| read_page(&page.into(), 9, GEOMETRY).unwrap();
            assert_eq!(read(&page), Page::Leaf(Arc::new(leaf(was))));
            page[..grown.head.len()].copy_from_slice(&grown.head);
            assert_eq!(read(&page), Page::Leaf(Arc::new(leaf(now))));
            assert!(grown.head.len() <= 512 && grown.head.len() <= grown.offset);
            // A second time, on a page whose items are not in the order of their slots.
            let next = grown_again(&page, now);
            page[next.offset..][..next.items.len()].copy_from_slice(&next.items);
            page[..next.head.len()].copy_from_slice(&next.head);
            let more: Vec<&str> = ["0"].iter().chain(now).copied().collect();
            assert_eq!(read(&page), Page::Leaf(Arc::new(leaf(&more))));
        }
    }

    fn grown_again(page: &[u8], now: &[&str]) -> Grown {
        let more: Vec<&str> = ["0"].iter().chain(now).copied().collect();
        grown(page, 9, &leaf(now), &leaf(&more), GEOMETRY).unwrap()
    }

    #[test]
    fn anything_else_is_not_done_so() {
        let none = |was: &[&str], now: &[&str]| added(was, now).is_none();
        assert!(none(&["a", "b"], &["a"]), "one goes");
        assert!(none(&["a", "b"], &["a", "c"]), "one goes and one comes");
        assert!(none(&["a"], &["a"]), "nothing comes");
        assert!(none(&["a"], &["a", &"x".repeat(47)]), "no room");
        assert!(!none(&["a"], &["a", &"x".repeat(45)]), "just enough");
        let one = leaf(&["a"]);
        let from_one = |now: &Leaf, geometry| grown(&bytes(&one), 9, &one, now, geometry).is_none();
        let mut other = one.clone();
        other.items[0].value = Stored::Inline(b"b"[..].into());
        assert!(from_one(&other, GEOMETRY), "another value");
        assert!(from_one(&Node { next: 5, ..leaf(&["a", "b"]) }, GEOMETRY), "another neighbour");
        assert!(from_one(&leaf(&["a", "b"]), Geometry { page_size: 1022, ..GEOMETRY }), "no whole sectors");
        assert!(!from_one(&leaf(&["a", "b"]), GEOMETRY));
    }

    #[test]
    fn a_head_is_within_a_sector() {
        let geometry = Geometry { page_size: 32768, ..GEOMETRY };
        let names: Vec<String> = (0..300).map(|number| format!("{number:03}")).collect();
        let keys = |count: usize| names[..count].iter().map(String::as_str).collect::<Vec<_>>();
        let fits = |was: usize, now: usize| {
            let (was, now) = (leaf(&keys(was)), leaf(&keys(now)));
            let page = write_page(&Page::Leaf(Arc::new(was.clone())), 9, geometry).unwrap();
            grown(&page, 9, &was, &now, geometry).is_some()
        };
        assert!(fits(200, 246) && !fits(200, 247) && !fits(250, 251));
    }
}
