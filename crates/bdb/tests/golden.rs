//! Files that MIT made, in both byte orders, read in every direction.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

use k5_bdb::MemFile;
use k5_bdb::btree::{Access, BTree, Order, Record, Walk};
use k5_wire::ByteOrder;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn open(name: &str) -> BTree<MemFile> {
    let file = MemFile::with_contents(std::fs::read(golden(name)).unwrap());
    BTree::open(file, &golden(name), Access::ReadWrite).unwrap()
}

fn records(tree: &BTree<MemFile>, order: Order, walk: Walk) -> Vec<Record> {
    tree.iter(order, walk).map(|record| record.unwrap()).collect()
}

#[test]
fn all_directions_agree_with_mits_dump() {
    let names = std::fs::read_to_string(golden("names.txt")).unwrap();
    let names: Vec<Vec<u8>> = names.lines().map(|name| [name.as_bytes(), &[0]].concat()).collect();
    assert_eq!(names.len(), 334);
    let mut both = Vec::new();
    for (name, order) in [("little.principal", ByteOrder::Little), ("big.principal", ByteOrder::Big)] {
        let tree = open(name);
        assert_eq!((tree.byte_order(), tree.page_size()), (order, 4096));
        let forward = records(&tree, Order::Forward, Walk::Siblings);
        assert_eq!(forward.iter().map(|record| record.key.clone()).collect::<Vec<_>>(), names);
        assert_eq!(records(&tree, Order::Forward, Walk::Tree), forward);
        for walk in [Walk::Siblings, Walk::Tree] {
            let mut backward = records(&tree, Order::Backward, walk);
            backward.reverse();
            assert_eq!(backward, forward);
        }
        for record in &forward {
            assert_eq!(tree.get(&record.key).unwrap().as_ref(), Some(&record.value));
        }
        assert!(forward.iter().any(|record| record.value.len() > 30_000));
        let report = tree.check().unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.pages, report.depth, report.free, report.unreachable), (132, 3, 39, 0));
        both.push(forward);
    }
    assert_eq!(both[0], both[1]);
}

#[test]
fn the_policy_file_too() {
    let tree = open("little.kadm5");
    assert_eq!(tree.check().unwrap().records, 3);
    assert!(tree.check().unwrap().is_sound());
}

#[test]
fn changes_keep_both_byte_orders_alike() {
    let (mut little, mut big) = (open("little.principal"), open("big.principal"));
    for tree in [&mut little, &mut big] {
        for (index, record) in records(tree, Order::Forward, Walk::Siblings).into_iter().enumerate() {
            match index % 4 {
                0 => assert!(tree.delete(&record.key).unwrap()),
                1 => tree.put(&record.key, &record.value.repeat(9)).unwrap(),
                _ => {}
            }
        }
        for number in 0..500_u32 {
            tree.put(format!("new{number}").as_bytes(), &vec![1; number as usize * 20]).unwrap();
        }
        tree.commit().unwrap();
        let report = tree.check().unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
    let (little, big) = (little.into_file(), big.into_file());
    assert_eq!(&big.contents()[..4], &[0, 5, 0x31, 0x62]);
    assert_eq!(little.contents().len(), big.contents().len());
    let reopened = |file| BTree::open(file, Path::new("copy"), Access::ReadOnly).unwrap();
    let (little, big) = (reopened(little), reopened(big));
    assert_eq!(little.check().unwrap(), big.check().unwrap());
    let forward = |tree| records(tree, Order::Forward, Walk::Tree);
    assert_eq!(forward(&little), forward(&big));
}
