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
