//! Storing a pair, and the splits that it causes.

use super::layout::{Internal, InternalItem, Item, Leaf, LeafItem, Node, ROOT, Span, Stored};
use super::pager::Pager;
use super::search::{Place, Step};
use crate::{Error, PageFile, Result};

/// A page that a split made, to be entered in the parent.
struct Sprout {
    /// Not greater than any key of the new page.
    key: Stored,
    child: u32,
}

impl<F: PageFile> Pager<F> {
    /// Stores a pair, in place of the one with the same key if there is one.
    pub(super) fn put(&mut self, key: &[u8], value: &[u8], big_keys: bool) -> Result<()> {
        let limit = self.geometry().max_key();
        if key.is_empty() || (key.len() > limit && !big_keys) {
            return Err(Error::KeyLength { path: self.path.clone(), length: key.len(), limit });
        }
        let place = self.find(key)?;
        self.put_at(&place, key, value)
    }

    /// Stores a value in place of the one that a key has, if that is `before`; says whether it was.
    pub(super) fn exchange(&mut self, key: &[u8], before: &[u8], after: &[u8]) -> Result<bool> {
        let place = self.find(key)?;
        match place.leaf.items.get(place.index) {
            Some(item) if place.exact && *self.load(&item.value)? == *before => {
                self.put_at(&place, key, after)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Stores a pair in its place.
    fn put_at(&mut self, place: &Place, key: &[u8], value: &[u8]) -> Result<()> {
        let mut leaf = Leaf::clone(&place.leaf);
        if place.exact {
            self.changes.removes = true;
            let old = leaf.items.remove(place.index);
            self.release(&old.key)?;
            self.release(&old.value)?;
        }
        let item = self.new_item(key, value)?;
        leaf.items.insert(place.index, item);
        if leaf.used() <= self.geometry().room() {
            self.write_leaf(place.number, leaf);
            return Ok(());
        }
        self.split_leaf(&place.path, place.number, leaf, place.index)
    }

    /// The item for a pair: what is over the threshold goes to chains, a key alone over it first, then the
    /// value, then the key too if the pair is still over.
    fn new_item(&mut self, key: &[u8], value: &[u8]) -> Result<LeafItem> {
        const REFERENCE: usize = 8;
        let threshold = self.geometry().overflow_threshold();
        let big_value = |key_len: usize| key_len.saturating_add(value.len()) > threshold;
        let mut big_key = key.len() > threshold;
        let big_value = big_value(if big_key { REFERENCE } else { key.len() });
        big_key |= big_value && key.len() + REFERENCE > threshold;
        Ok(LeafItem {
            key: if big_key { self.store_chain(key)? } else { Stored::Inline(key.into()) },
            value: if big_value { self.store_chain(value)? } else { Stored::Inline(value.into()) },
        })
    }

    /// Divides a leaf that is too full, `inserted` being the new item, and enters the new page above.
    fn split_leaf(&mut self, path: &[Step], number: u32, leaf: Leaf, inserted: usize) -> Result<()> {
        let (left, mut right) = self.divide(number, leaf, inserted)?;
        if number != ROOT {
            // The leaf keeps what moves until the commit is nearly done, and MIT's programs may write to it in its new place
            // before: then its bytes must not go from under the old place, by which they walk.
            right.items.iter_mut().try_for_each(|item| self.separate(&mut item.value))?;
        }
        let (Some(last), Some(first)) = (left.items.last(), right.items.first()) else {
            return Err(self.wrong(number, "a page that cannot be split"));
        };
        let mut key = first.key.clone();
        self.preserve(&key)?;
        // The second key of a level is kept whole, as MIT keeps it.
        let shorten = path.last().is_some_and(|parent| parent.page.prev != 0 || parent.index > 0);
        if let (true, Stored::Inline(before), Stored::Inline(after)) = (shorten, &last.key, &first.key) {
            key = Stored::Inline(separator(before, after).into());
        }
        let (left_number, child) = self.place_halves(number, right.next)?;
        self.write_leaf(left_number, Node { next: child, ..left });
        self.write_leaf(child, Node { prev: left_number, ..right });
        self.grow(path, number, left_number, Sprout { key, child })
    }

    /// Page numbers for the halves of page `number`: the root moves away to two new pages, any other page
    /// keeps the left half, and the page after it learns of the right one.
    fn place_halves(&mut self, number: u32, next: u32) -> Result<(u32, u32)> {
        if number == ROOT {
            return Ok((self.allocate()?, self.allocate()?));
        }
        let child = self.allocate()?;
        self.set_prev(next, number, child)?;
        Ok((number, child))
    }

    /// Divides the items of a page: at its middle, or, where a level grows at its right edge, before the new
    /// item, since ascending loads then leave full pages behind.
    fn divide<I: Item + Clone>(
        &self,
        number: u32,
        node: Node<I>,
        inserted: usize,
    ) -> Result<(Node<I>, Node<I>)> {
        let room = self.geometry().room();
        let total = node.used();
        let count = node.items.len();
        let mut at = count.saturating_sub(1);
        let mut left_used = node.items.iter().take(at).map(Item::footprint).sum::<usize>();
        if node.next != 0 || inserted != at || left_used > room {
            let mut used = 0;
            let mut best = usize::MAX;
            for (index, item) in node.items.iter().enumerate().take(count.saturating_sub(1)) {
                used += item.footprint();
                let uneven = used.abs_diff(total - used);
                if uneven < best {
                    (best, at, left_used) = (uneven, index + 1, used);
                }
            }
        }
        if at == 0 || left_used > room || total - left_used > room {
            return Err(self.wrong(number, "items over the limit for their size; the page cannot be split"));
        }
        let Node { prev, next, items: mut left } = node;
        let right = left.split_off(at);
        Ok((Node { prev, next: 0, items: left }, Node { prev: 0, next, items: right }))
    }

    /// Enters a new page in the parent of the page that was split, splitting further up as needed. `left` is
    /// where the left half went, other than `number` only for the root.
    fn grow(&mut self, path: &[Step], number: u32, left: u32, sprout: Sprout) -> Result<()> {
        let entry = InternalItem { key: sprout.key, child: sprout.child };
        let Some((parent, above)) = path.split_last() else {
            debug_assert_eq!(number, ROOT, "only the root has no parent");
            let least = InternalItem { key: Stored::Inline(Span::default()), child: left };
            self.write_internal(ROOT, Node { prev: 0, next: 0, items: vec![least, entry] });
            return Ok(());
        };
        let mut page = Internal::clone(&parent.page);
        let at = parent.index + 1;
        page.items.insert(at, entry);
        if page.used() <= self.geometry().room() {
            self.write_internal(parent.number, page);
            return Ok(());
        }
        let (left, right) = self.divide(parent.number, page, at)?;
        let Some(key) = right.items.first().map(|first| first.key.clone()) else {
            return Err(self.wrong(parent.number, "a page that cannot be split"));
        };
        let (left_number, child) = self.place_halves(parent.number, right.next)?;
        self.write_internal(left_number, Node { next: child, ..left });
        self.write_internal(child, Node { prev: left_number, ..right });
        self.grow(above, parent.number, left_number, Sprout { key, child })
    }
}

/// The shortest prefix of `after` that is greater than `before`, which is less than `after`.
pub(super) fn separator<'a>(before: &[u8], after: &'a [u8]) -> &'a [u8] {
    let same = before.iter().zip(after).take_while(|(one, other)| one == other).count();
    after.get(..=same).unwrap_or(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_separate() {
        assert_eq!(separator(b"abc", b"abd"), b"abd");
        assert_eq!(separator(b"abc", b"b"), b"b");
        assert_eq!(separator(b"a", b"abcdef"), b"ab");
        assert_eq!(separator(b"akk", b"bzz"), b"b");
    }
}
