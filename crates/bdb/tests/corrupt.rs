//! Damaged files: a result or an error, never a panic, an endless loop or a huge allocation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;

use k5_bdb::btree::{Access, BTree, Options, Order, Walk};
use k5_bdb::{Error, MemFile};
use k5_wire::ByteOrder;

const PAGE: usize = 512;

/// A file with three levels, chains and a free list.
fn sample(order: ByteOrder) -> Vec<u8> {
    let file = MemFile::new();
    let options = Options { order, page_size: PAGE as u32, cache_pages: 16 };
    let mut tree = BTree::create(file.clone(), Path::new("sample"), options).unwrap();
    for number in 0..120_u32 {
        let size = if number % 20 == 0 { 1500 } else { 60 };
        let key = format!("{number:03}{}", "k".repeat(100));
        tree.put(key.as_bytes(), &vec![number as u8; size]).unwrap();
    }
    for number in (30..60).chain([80]) {
        let key = format!("{number:03}{}", "k".repeat(100));
        assert!(tree.delete(key.as_bytes()).unwrap());
    }
    tree.commit().unwrap();
    let report = tree.check().unwrap();
    assert!(report.is_sound() && report.depth >= 3 && report.free > 5 && report.overflow > 10, "{report:?}");
    file.contents()
}

/// Does everything that a file can be asked for and says whether anything went wrong. An endless loop would show as
/// more records than bytes.
fn exercise(bytes: Vec<u8>) -> bool {
    let length = bytes.len();
    let mut tree = match BTree::open(MemFile::with_contents(bytes), Path::new("bad"), Access::ReadWrite) {
        Ok(tree) => tree,
        Err(error) => {
            assert_says_where(&error);
            return true;
        }
    };
    let mut wrong = false;
    let mut note = |result: Result<(), Error>| {
        if let Err(error) = result {
            assert_says_where(&error);
            wrong = true;
        }
    };
    for order in [Order::Forward, Order::Backward] {
        for walk in [Walk::Siblings, Walk::Tree] {
            let mut count = 0;
            for record in tree.iter(order, walk) {
                count += 1;
                assert!(count <= length, "endless");
                note(record.map(|record| assert!(record.value.len() <= length)));
            }
        }
    }
    for number in (0..130_u32).step_by(7) {
        let key = format!("{number:03}{}", "k".repeat(100)).into_bytes();
        note(tree.get(&key).map(|_| ()));
        note(tree.put(&key, &[5; 700]));
        note(tree.delete(&key).map(|_| ()));
        note(tree.put(&key, &[5; 70]));
    }
    for number in 0..60_u32 {
        note(tree.put(format!("{:03}new", number * 2).as_bytes(), &[6; 100]));
    }
    let report = tree.check().unwrap();
    note(tree.commit());
    wrong || !report.is_sound()
}

fn assert_says_where(error: &Error) {
    match error {
        Error::Corrupt { path, what, .. } => assert!(path.ends_with("bad") && !what.is_empty()),
        Error::NotBTree { .. } | Error::Unsupported { .. } => {}
        error => panic!("{error}"),
    }
}

#[test]
fn the_sample_itself_is_good() {
    assert!(!exercise(sample(ByteOrder::Little)));
    assert!(!exercise(sample(ByteOrder::Big)));
}

#[test]
fn words_of_every_page_garbled() {
    let good = sample(ByteOrder::Little);
    let mut noticed = 0;
    let mut tried = 0;
    for page in 0..good.len() / PAGE {
        // Header and first slots in full, then a sample of the items.
        let places = (0..40).chain((40..PAGE - 4).step_by(23)).map(|offset| page * PAGE + offset);
        for place in places {
            for garbage in [[0; 4], [0xff; 4], [1, 0, 0, 0], (place as u32 / 7 % 60).to_le_bytes()] {
                let mut bad = good.clone();
                bad[place..place + 4].copy_from_slice(&garbage);
                tried += 1;
                noticed += u32::from(exercise(bad));
            }
        }
    }
    assert!(tried > 5000 && noticed > tried / 4, "{noticed} of {tried}");
}

#[test]
fn whole_pages_replaced() {
    let good = sample(ByteOrder::Big);
    let pages = good.len() / PAGE;
    for page in 0..pages {
        for with in 0..pages {
            let mut bad = good.clone();
            bad.copy_within(with * PAGE..(with + 1) * PAGE, page * PAGE);
            // Let it pass for the page in whose place it stands.
            bad[page * PAGE..page * PAGE + 4].copy_from_slice(&(page as u32).to_be_bytes());
            exercise(bad);
        }
        for fill in [0, 0xff] {
            let mut bad = good.clone();
            bad[page * PAGE..(page + 1) * PAGE].fill(fill);
            exercise(bad);
        }
    }
}

#[test]
fn cut_anywhere() {
    let good = sample(ByteOrder::Little);
    for length in (0..good.len()).step_by(97) {
        let cut = good[..length].to_vec();
        assert!(exercise(cut), "cut at {length}");
    }
}

#[test]
fn an_error_names_file_page_and_byte() {
    let mut bad = sample(ByteOrder::Little);
    bad[PAGE + 16] = 0xff;
    bad[PAGE + 17] = 0xff;
    let tree =
        BTree::open(MemFile::with_contents(bad), Path::new("/some/principal"), Access::ReadOnly).unwrap();
    let text = tree.get(b"x").unwrap_err().to_string();
    assert_eq!(text, "/some/principal: corrupt page 1 (byte 528 of the file): slots end at 65535");
}

/// A sample to damage at known places.
struct Damaged(Vec<u8>);

impl Damaged {
    fn new() -> Self {
        Damaged(sample(ByteOrder::Little))
    }

    fn word(&self, page: u32, offset: usize) -> u32 {
        let at = page as usize * PAGE + offset;
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn set(&mut self, page: u32, offset: usize, word: u32) {
        let at = page as usize * PAGE + offset;
        self.0[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }

    /// The leaves that hold records, in order.
    fn leaves(&self) -> Vec<u32> {
        let pages = 2..(self.0.len() / PAGE) as u32;
        let is_leaf = |page: &u32| self.word(*page, 12) == 2 && self.word(*page, 16) & 0xffff > 20;
        let mut at = pages.clone().filter(is_leaf).find(|page| self.word(*page, 4) == 0).unwrap();
        let mut leaves = Vec::new();
        while at != 0 {
            leaves.push(at);
            at = self.word(at, 8);
        }
        assert!(leaves.len() > 10);
        leaves
    }

    fn free_list(&self) -> Vec<u32> {
        let mut free = vec![self.word(0, 12)];
        while let Some(next) = free.last().map(|page| self.word(*page, 8)).filter(|next| *next != 0) {
            free.push(next);
        }
        free
    }

    fn open(&self) -> BTree<MemFile> {
        let file = MemFile::with_contents(self.0.clone());
        BTree::open(file, Path::new("bad"), Access::ReadWrite).unwrap()
    }

    /// The page that the first error of a scan names.
    fn scan(&self, order: Order, walk: Walk) -> Option<u32> {
        self.open().iter(order, walk).take(10_000).find_map(|record| corrupt_page(record.err()?))
    }

    /// The length of a value that was put where new pages were needed.
    fn grow_is_fine(&self) -> usize {
        let mut tree = self.open();
        tree.put(b"new", &[1; 5000]).unwrap();
        tree.get(b"new").unwrap().unwrap().len()
    }

    /// The page that the error names which a put causes when it needs a new page; nothing has changed then.
    fn grow(&self) -> Option<u32> {
        let mut tree = self.open();
        let page = corrupt_page(tree.put(b"new", &[1; 5000]).err()?);
        assert!(tree.get(b"new").unwrap().is_none());
        tree.commit().unwrap();
        assert!(tree.file().contents() == self.0);
        page
    }
}

fn corrupt_page(error: Error) -> Option<u32> {
    match error {
        Error::Corrupt { page, .. } => Some(page),
        error => panic!("{error}"),
    }
}

#[test]
fn leaves_linked_in_a_circle() {
    let mut file = Damaged::new();
    let leaves = file.leaves();
    let (first, last) = (leaves[0], leaves[leaves.len() - 1]);
    assert_eq!(file.scan(Order::Forward, Walk::Siblings), None);
    file.set(last, 8, first);
    file.set(first, 4, last);
    assert!(file.scan(Order::Forward, Walk::Siblings).is_some());
    assert!(file.scan(Order::Backward, Walk::Siblings).is_some());
    assert_eq!(file.scan(Order::Forward, Walk::Tree), None);
}

#[test]
fn an_internal_page_that_leads_back_to_the_root() {
    let mut file = Damaged::new();
    let slot = file.word(1, 20) as u16;
    file.set(1, usize::from(slot) + 4, 1);
    assert_eq!(file.scan(Order::Forward, Walk::Tree), Some(1));
}

#[test]
fn a_leaf_left_out_of_the_links() {
    let mut file = Damaged::new();
    let leaves = file.leaves();
    file.set(leaves[3], 8, leaves[5]);
    assert_eq!(file.scan(Order::Forward, Walk::Siblings), Some(leaves[5]));
    assert_eq!(file.scan(Order::Forward, Walk::Tree), None);
    assert_eq!(file.scan(Order::Backward, Walk::Siblings), Some(leaves[3]));
}

#[test]
fn a_page_in_the_place_of_another() {
    let good = Damaged::new();
    let leaves = good.leaves();
    let mut file = Damaged(good.0.clone());
    let (from, to) = (leaves[2] as usize * PAGE, leaves[4] as usize * PAGE);
    file.0.copy_within(from..from + PAGE, to);
    assert_eq!(file.scan(Order::Forward, Walk::Tree), Some(leaves[4]));
}

#[test]
fn an_item_outside_of_the_items() {
    let mut file = Damaged::new();
    let leaf = file.leaves()[2];
    let upper = file.word(leaf, 16) >> 16;
    for place in [0, 20, upper - 4, 513, 0xffff] {
        let slots = file.word(leaf, 20) & 0xffff_0000;
        file.set(leaf, 20, slots | place);
        assert_eq!(file.scan(Order::Forward, Walk::Tree), Some(leaf));
        let error = file.open().iter(Order::Forward, Walk::Tree).find_map(Result::err).unwrap().to_string();
        assert!(error.ends_with(&format!(": an item at {place}")), "{error}");
    }
}

#[test]
fn items_that_overlap() {
    let file = MemFile::new();
    let options = Options { order: ByteOrder::Little, page_size: PAGE as u32, cache_pages: 16 };
    let mut tree = BTree::create(file.clone(), Path::new("two"), options).unwrap();
    tree.put(b"a", &[1; 10]).unwrap();
    tree.put(b"b", &[2; 200]).unwrap();
    tree.commit().unwrap();
    let mut file = Damaged(file.contents());
    let slots = file.word(1, 20);
    // Both slots name the second item, which is the larger.
    file.set(1, 20, (slots >> 16) | (slots & 0xffff_0000));
    let error = file.open().get(b"a").unwrap_err().to_string();
    assert_eq!(error, "bad: corrupt page 1 (byte 530 of the file): items overlap");
}

#[test]
fn a_free_list_that_is_none() {
    let good = Damaged::new();
    let free = good.free_list();
    assert!(free.len() > 5);
    assert_eq!(good.grow_is_fine(), 5000);

    let mut circle = Damaged(good.0.clone());
    circle.set(free[free.len() - 1], 8, free[1]);
    assert_eq!(circle.grow(), Some(free[1]));

    for live in [good.leaves()[2], 1] {
        let mut in_use = Damaged(good.0.clone());
        in_use.set(free[1], 8, live);
        in_use.set(live, 4, 0);
        assert_eq!(in_use.grow(), Some(live));
    }

    let mut linked = Damaged(good.0.clone());
    linked.set(free[2], 4, 3);
    assert_eq!(linked.grow(), Some(free[2]));
}
