//! A hash file that MIT made, and the same with its pages in the other byte order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

use k5_bdb::MemFile;
use k5_bdb::hash::{Access, Hash, Record, is_hash};
use k5_wire::ByteOrder;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name)
}

fn little() -> Vec<u8> {
    std::fs::read(golden("hash/principal")).unwrap()
}

const PAGE: usize = 4096;

/// Page 3 is the bitmap of a file that MIT made.
const BITMAP: usize = 3;

/// The file as a big-endian machine would have made it: the header names the order and stays, numbers in the
/// pages turn around.
fn big() -> Vec<u8> {
    let mut bytes = little();
    bytes[8..12].copy_from_slice(&4321_u32.to_be_bytes());
    for (index, page) in bytes.chunks_mut(PAGE).enumerate().skip(1) {
        if index == BITMAP {
            page.chunks_mut(4).for_each(<[u8]>::reverse);
            continue;
        }
        let entries = usize::from(u16::from_le_bytes([page[8], page[9]]));
        for (at, length) in [(0, 4), (4, 4), (8, 2), (12, 2)] {
            page[at..at + length].reverse();
        }
        page[14..14 + 4 * entries].chunks_mut(2).for_each(<[u8]>::reverse);
    }
    bytes
}

fn open(bytes: Vec<u8>) -> Hash<MemFile> {
    assert!(is_hash(&bytes));
    Hash::open(MemFile::with_contents(bytes), Path::new("golden"), Access::ReadWrite).unwrap()
}

fn records(table: &Hash<MemFile>) -> Vec<Record> {
    table.iter().map(|record| record.unwrap()).collect()
}

#[test]
fn both_byte_orders_are_read_in_the_order_of_mits_dump() {
    let dump = std::fs::read_to_string(golden("dump/dump-hash.txt")).unwrap();
    let names = dump.lines().filter(|line| line.starts_with("princ\t")).map(|line| {
        let name = line.split('\t').nth(6).unwrap();
        [name.as_bytes(), &[0]].concat()
    });
    let names: Vec<Vec<u8>> = names.collect();
    assert_eq!(names.len(), 334);
    for (bytes, order) in [(little(), ByteOrder::Little), (big(), ByteOrder::Big)] {
        let table = open(bytes);
        assert_eq!((table.byte_order(), table.page_size()), (order, 4096));
        let found = records(&table);
        assert_eq!(found.iter().map(|record| record.key.clone()).collect::<Vec<_>>(), names);
        for record in &found {
            assert_eq!(table.get(&record.key).unwrap().as_ref(), Some(&record.value));
        }
        assert!(found.iter().any(|record| record.value.len() > 30_000));
        let report = table.check().unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.pages, report.buckets, report.records, report.unreachable), (98, 50, 334, 0));
    }
}

#[test]
fn changes_keep_both_byte_orders_alike() {
    let (mut little, mut big) = (open(little()), open(big()));
    for table in [&mut little, &mut big] {
        for (index, record) in records(table).into_iter().enumerate() {
            match index % 4 {
                0 => assert!(table.delete(&record.key).unwrap()),
                1 => table.put(&record.key, &record.value.repeat(9)).unwrap(),
                _ => {}
            }
        }
        for number in 0..500_u32 {
            table.put(format!("new{number}").as_bytes(), &vec![1; number as usize * 20 + 1]).unwrap();
        }
        table.commit().unwrap();
        let report = table.check().unwrap();
        assert!(report.is_sound(), "{report:?}");
    }
    let (little, big) = (little.into_file().contents(), big.into_file().contents());
    assert_eq!(&big[8..12], &4321_u32.to_be_bytes());
    assert_eq!(little.len(), big.len());
    let (little, big) = (open(little), open(big));
    assert_eq!(little.check().unwrap(), big.check().unwrap());
    assert_eq!(records(&little), records(&big));
}
