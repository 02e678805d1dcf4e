//! Reading what can still be read of a damaged file.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;

use k5_wire::{ByteOrder, Reader};

use super::check::check;
use super::layout::{
    Geometry, HEADER_LEN, Internal, Kind, Leaf, LeafItem, META_LEN, Meta, Outline, Piece, ROOT, Stored,
    read_meta, read_outline,
};
use super::pager::Pager;
use super::search::MAX_DEPTH;
use super::{CACHE_PAGES, PAGE_SIZE};
use crate::types::{Found, Look, Record, Remains, Way};
use crate::{PageFile, Result};

/// Page sizes that are tried where the metadata do not tell; MIT's first.
const SIZES: [u32; 7] = [PAGE_SIZE, 8192, 16384, 32768, 2048, 1024, 512];

/// Visits every record of a B-tree file that can still be read, whatever is wrong with the rest: first the leaves that
/// the tree leads to, in its order, then those that only a sibling names, then all others that are not on the free list. In a tree
/// without a fault, those that only a sibling names are others too.
/// Each page comes once; a key may come more than once. What may have been deleted (it stands on pages of the free list, or
/// in the gap of its page) comes as found by scanning. `path` is for errors.
///
/// # Errors
/// Where the system does not give the length of the file. A page that it does not give is passed over.
pub fn salvage<F: PageFile>(file: F, path: &Path, visit: &mut Look<'_>) -> Result<()> {
    let meta = meta(&file);
    let pager = Pager::open_with(file, path, meta, CACHE_PAGES)?;
    let mut salvage =
        Salvage { pager: &pager, seen: HashSet::new(), leaves: Vec::new(), free: HashSet::new() };
    salvage.descend(ROOT, 0);
    salvage.free_list();
    if salvage.emit(&salvage.leaves, Way::Tree, visit).is_break() {
        return Ok(());
    }
    let (linked, loose) = salvage.others();
    // Where nothing is wrong with the tree, it has all that lives: a program that was stopped at its work has left these.
    let sound = || check(&pager).is_ok_and(|report| report.is_sound());
    let way = if linked.is_empty() || !sound() { Way::Siblings } else { Way::Scan };
    if salvage.emit(&linked, way, visit).is_continue() {
        // Whether the visitor stops here makes no difference any more.
        let _ = salvage.emit(&loose, Way::Scan, visit);
    }
    Ok(())
}

/// The metadata, or what the pages themselves let guess where the metadata are damaged or contradict them.
fn meta(file: &impl PageFile) -> Meta {
    let mut start = [0; META_LEN];
    let read = file.read_at(0, &mut start).ok().and_then(|()| read_meta(&start).ok());
    let fits = |geometry: &Geometry| {
        let number = |page: u32| {
            let mut bytes = [0; 4];
            file.read_at(u64::from(page) * u64::from(geometry.page_size), &mut bytes).ok()?;
            Reader::new(&bytes, geometry.order).u32().ok()
        };
        number(1) == Some(1) && number(2).is_none_or(|second| second == 2)
    };
    let orders = [ByteOrder::NATIVE, ByteOrder::Little, ByteOrder::Big];
    let guesses = SIZES.into_iter().flat_map(|page_size| orders.map(|order| Geometry { order, page_size }));
    let said = read.map(|meta| meta.geometry);
    let native = Geometry { order: ByteOrder::NATIVE, page_size: PAGE_SIZE };
    let geometry = said.into_iter().chain(guesses).find(fits).or(said).unwrap_or(native);
    // Where the rest of the metadata is wrong, so may be this; then no page counts as free.
    let free = read.filter(|meta| meta.geometry == geometry).map_or(0, |meta| meta.free);
    Meta { geometry, free, records: 0 }
}

/// How many of the first pages of a file, if they have the usual size, are those of a tree, in the order that fits best.
pub(crate) fn fitting_pages(file: &impl PageFile, asked: u32) -> usize {
    let fits = |order: ByteOrder, page: u32| {
        let mut head = [0; HEADER_LEN];
        let read = file.read_at(u64::from(page) * u64::from(PAGE_SIZE), &mut head);
        let geometry = Geometry { order, page_size: PAGE_SIZE };
        read.is_ok()
            && Reader::new(&head, order).u32() == Ok(page)
            && read_outline(&head, geometry).is_ok_and(|outline| outline.kind != Kind::Other)
    };
    let count = |order| (ROOT..=asked).filter(|page| fits(order, *page)).count();
    count(ByteOrder::Little).max(count(ByteOrder::Big))
}

struct Salvage<'a, F> {
    pager: &'a Pager<F>,
    /// Pages of the tree and of the free list.
    seen: HashSet<u32>,
    /// Leaves in the order of the tree.
    leaves: Vec<u32>,
    /// Pages of the free list: what is left on them was deleted.
    free: HashSet<u32>,
}

/// The bytes of a page, if the file has it and the system gives it.
fn raw<F: PageFile>(pager: &Pager<F>, number: u32) -> Option<Vec<u8>> {
    pager.raw(number, pager.geometry().page_len()).ok()
}

impl<F: PageFile> Salvage<'_, F> {
    fn descend(&mut self, number: u32, depth: usize) {
        if depth >= MAX_DEPTH || !self.seen.insert(number) {
            return;
        }
        let Some(bytes) = raw(self.pager, number) else { return };
        match read_outline(&bytes, self.pager.geometry()) {
            Ok(Outline { kind: Kind::Leaf, .. }) => self.leaves.push(number),
            Ok(Outline { kind: Kind::Internal, .. }) => {
                for Piece { item, .. } in Internal::read_each(&bytes, self.pager.geometry()) {
                    if let Ok(item) = item {
                        self.descend(item.child, depth + 1);
                    }
                }
            }
            _ => {
                // Not a page of the tree: what led here is wrong, and it may turn out to be something else.
                self.seen.remove(&number);
            }
        }
    }

    fn free_list(&mut self) {
        let mut number = self.pager.changes.head.meta.free;
        while number != 0 && self.seen.insert(number) {
            self.free.insert(number);
            let Some(bytes) = raw(self.pager, number) else { return };
            let Ok(outline) = read_outline(&bytes, self.pager.geometry()) else { return };
            number = outline.next;
        }
    }

    /// The leaves that are left: those that a sibling names as they name it, and those without one. Deleting a leaf
    /// takes it out of its siblings' links, so that only living ones are named.
    fn others(&self) -> (Vec<u32>, Vec<u32>) {
        let links = |number: u32| {
            let bytes = raw(self.pager, number)?;
            match read_outline(&bytes, self.pager.geometry()) {
                Ok(Outline { kind: Kind::Leaf, prev, next, .. }) => Some((prev, next)),
                _ => None,
            }
        };
        let left = (ROOT..self.pager.changes.head.pages).filter(|number| !self.seen.contains(number));
        left.filter_map(|number| Some((number, links(number)?))).fold(
            (Vec::new(), Vec::new()),
            |(mut linked, mut loose), (number, (prev, next))| {
                let named = (prev != 0 && links(prev).is_some_and(|(_, back)| back == number))
                    || (next != 0 && links(next).is_some_and(|(back, _)| back == number));
                if named {
                    linked.push(number)
                } else {
                    loose.push(number)
                }
                (linked, loose)
            },
        )
    }

    fn emit(&self, leaves: &[u32], way: Way, visit: &mut Look<'_>) -> ControlFlow<()> {
        for &page in leaves {
            let Some(bytes) = raw(self.pager, page) else { continue };
            for Piece { item, in_gap } in Leaf::read_each(&bytes, self.pager.geometry()) {
                let (record, deleted) = match &item {
                    Ok(item) => (self.record(item), in_gap || self.on_free_pages(item)),
                    Err(flaw) => (Err(Remains { key: None, what: flaw.what.to_string() }), false),
                };
                visit(Found { page, way: if deleted { Way::Scan } else { way }, record })?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Whether a part of an item stands on a page of the free list.
    fn on_free_pages(&self, item: &LeafItem) -> bool {
        [&item.key, &item.value].into_iter().any(|stored| {
            let Stored::Chain { first, size } = *stored else { return false };
            let mut free = false;
            // Of a chain that is cut short there is no record.
            let _ = self.pager.walk_chain(first, size, |number, _| free |= self.free.contains(&number));
            free
        })
    }

    fn record(&self, item: &LeafItem) -> std::result::Result<Record, Remains> {
        let remains = |key, error: crate::Error| Remains { key, what: error.to_string() };
        let key = self.pager.load(&item.key).map_err(|error| remains(None, error))?.into_owned();
        match self.pager.load(&item.value) {
            Ok(value) => Ok(Record { value: value.into_owned(), key }),
            Err(error) => Err(remains(Some(key), error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Access, BTree, Options};
    use super::*;
    use crate::MemFile;

    /// A tree of several levels, with values on chains.
    fn tree() -> MemFile {
        let options = Options { order: ByteOrder::Big, page_size: 512, cache_pages: 4 };
        let mut tree = BTree::create(MemFile::new(), Path::new("t"), options).unwrap();
        for number in 0..600u32 {
            let value = vec![number as u8; if number % 50 == 0 { 1500 } else { 20 }];
            tree.put(format!("key{number:04}").as_bytes(), &value).unwrap();
        }
        tree.commit().unwrap();
        tree.into_file()
    }

    fn all(bytes: &[u8]) -> Vec<Found> {
        let mut file = MemFile::new();
        file.write_at(0, bytes).unwrap();
        let mut found = Vec::new();
        salvage(file, Path::new("t"), &mut |this| {
            found.push(this);
            ControlFlow::Continue(())
        })
        .unwrap();
        found
    }

    fn keys(found: &[Found], way: Way) -> usize {
        found.iter().filter(|this| this.way == way && this.record.is_ok()).count()
    }

    #[test]
    fn a_sound_file_comes_in_order() {
        let file = tree();
        let tree = BTree::open(file, Path::new("t"), Access::ReadOnly).unwrap();
        let records: Vec<Record> =
            tree.iter(super::super::Order::Forward, super::super::Walk::Tree).map(|r| r.unwrap()).collect();
        let found = all(&tree.into_file().contents());
        assert!(found.iter().all(|this| this.way == Way::Tree));
        let found: Vec<Record> = found.into_iter().map(|this| this.record.unwrap()).collect();
        assert_eq!(found, records);
    }

    #[test]
    fn without_root_and_metadata() {
        let mut bytes = tree().contents();
        bytes[512..1024].fill(0);
        assert_eq!(keys(&all(&bytes), Way::Siblings), 600);
        let mut bytes = tree().contents();
        bytes[..512].fill(0);
        assert_eq!(keys(&all(&bytes), Way::Tree), 600);
    }

    #[test]
    fn no_byte_can_make_it_fail() {
        let sound = tree().contents();
        for at in (0..sound.len()).step_by(11) {
            let mut bytes = sound.clone();
            bytes[at] ^= 0xff;
            let found = all(&bytes);
            let saved = found.iter().filter(|this| this.record.is_ok()).count();
            // Of a page of 512 bytes, at most the pairs that stand on it are lost.
            assert!(saved >= 600 - 25, "byte {at}: {saved}");
        }
        for length in (0..sound.len()).step_by(301) {
            let _ = all(&sound[..length]);
        }
    }
}
