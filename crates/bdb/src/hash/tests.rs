//! The table against a model, on small pages so that it has many of them.

use std::collections::BTreeMap;
use std::path::Path;

use k5_wire::ByteOrder;
use proptest::prelude::*;

use super::*;
use crate::{Fault, MemFile};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

const PAGE: usize = 256;

fn small(order: ByteOrder) -> Options {
    Options { order, page_size: PAGE as u32, cache_pages: 4 }
}

fn path() -> &'static Path {
    Path::new("test.db")
}

fn new_table(order: ByteOrder) -> (Hash<MemFile>, MemFile) {
    let file = MemFile::new();
    (Hash::create(file.clone(), path(), small(order)).unwrap(), file)
}

fn reopen(file: &MemFile) -> Hash<MemFile> {
    Hash::open(file.clone(), path(), Access::ReadWrite).unwrap()
}

/// Everything that can be seen of a table agrees with the model.
fn assert_same(table: &Hash<MemFile>, model: &Model) -> Report {
    let report = table.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.unreachable, 0, "{report:?}");
    let records: Vec<_> = table.iter().map(|record| record.unwrap()).collect();
    assert_eq!(records.len(), model.len());
    let found: Model = records.into_iter().map(|record| (record.key, record.value)).collect();
    assert_eq!(found, *model);
    report
}

fn key(number: u32, long: bool) -> Vec<u8> {
    let mut key = format!("k{number:03}").into_bytes();
    if long {
        key.resize(40 + number as usize % 600, b'x');
    }
    key
}

#[test]
fn limits() {
    let create = |page_size| {
        Hash::create(MemFile::new(), path(), Options { page_size, ..Options::default() }).map(|_| ())
    };
    assert!(create(65536).is_ok());
    for size in [0, 128, 300, 131_072] {
        assert!(matches!(create(size), Err(Error::HashPageSize { .. })));
    }
    let (mut table, _) = new_table(ByteOrder::Little);
    assert!(matches!(table.put(b"", b"v"), Err(Error::KeyLength { length: 0, .. })));
    table.put(&[1; 188], b"").unwrap();
    assert!(matches!(table.put(&[1; 189], b""), Err(Error::EmptyValue { length: 189, .. })));
    assert_eq!(table.check().unwrap().records, 1);
}

#[test]
fn pages_of_every_size_hold_what_they_can() {
    for page_size in [256, 512, 4096, 65536] {
        let options = Options { page_size, ..small(ByteOrder::Big) };
        let file = MemFile::new();
        let mut table = Hash::create(file.clone(), path(), options).unwrap();
        let mut model = Model::new();
        for number in 0..40_u32 {
            // Around the limit of a page of a bucket, and of one page of a big pair.
            let size = match number % 4 {
                0 => page_size / 4 * 3 - 4 - 4 - 5,
                1 => page_size - 18 - 4 - 5,
                2 => 2 * (page_size - 18) - 4 - 5,
                _ => 5,
            } + number / 4;
            let value = vec![number as u8; size as usize];
            table.put(&key(number, false), &value).unwrap();
            model.insert(key(number, false), value);
        }
        table.commit().unwrap();
        let table = reopen(&file);
        assert_eq!(table.page_size(), page_size);
        assert!(assert_same(&table, &model).big > 10);
        for (key, value) in &model {
            assert_eq!(table.get(key).unwrap().as_ref(), Some(value));
        }
    }
}

#[test]
fn keys_longer_than_a_page() {
    let (mut table, file) = new_table(ByteOrder::Little);
    let mut model = Model::new();
    // Room on a big pair's page is 238 bytes: keys that end short of, at and behind its end.
    for length in [237, 238, 239, 475, 476, 477, 2000] {
        table.put(&vec![7; length], b"value").unwrap();
        model.insert(vec![7; length], b"value".to_vec());
    }
    table.commit().unwrap();
    let mut table = reopen(&file);
    assert_same(&table, &model);
    for length in [237, 238, 239, 475, 476, 477, 2000] {
        assert_eq!(table.get(&vec![7; length]).unwrap().as_deref(), Some(&b"value"[..]));
        assert_eq!(table.get(&vec![7; length + 3]).unwrap(), None);
        table.put(&vec![7; length], b"small").unwrap();
        assert!(table.delete(&vec![7; length]).unwrap());
    }
    assert_eq!(table.check().unwrap().big, 0);
}

#[test]
fn what_is_deleted_is_used_again() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let (mut table, file) = new_table(order);
        for number in 0..500 {
            table.put(&key(number, true), &vec![9; number as usize * 3 + 1]).unwrap();
        }
        table.commit().unwrap();
        let length = file.contents().len();
        let mut table = reopen(&file);
        assert_eq!(table.byte_order(), order);
        for number in (0..500).rev() {
            assert!(table.delete(&key(number, true)).unwrap());
            assert!(!table.delete(&key(number, true)).unwrap());
        }
        table.commit().unwrap();
        let report = assert_same(&reopen(&file), &Model::new());
        assert_eq!((report.overflow, report.big), (0, 0));
        assert!(report.free > 100);
        let zero = |page: &&[u8]| page.iter().all(|byte| *byte == 0);
        assert!(file.contents().chunks(PAGE).filter(zero).count() >= report.free as usize);
        let mut table = reopen(&file);
        for number in 0..500 {
            table.put(&key(number, true), &vec![9; number as usize * 3 + 1]).unwrap();
        }
        table.commit().unwrap();
        assert!(file.contents().len() <= length + PAGE * 60, "{length} then {}", file.contents().len());
    }
}

#[test]
fn no_byte_of_a_deleted_or_replaced_value_stays_in_the_file() {
    let (mut table, file) = new_table(ByteOrder::Little);
    let secret = b"SECRETSECRET";
    for number in 0..200 {
        let size = if number % 5 == 0 { 60 } else { 4 };
        table.put(&key(number, number % 7 == 0), &secret.repeat(size)).unwrap();
    }
    table.commit().unwrap();
    let holds = |file: &MemFile| file.contents().windows(6).filter(|window| window == b"SECRET").count();
    assert!(holds(&file) > 1000);
    for number in 0..200 {
        if number % 2 == 0 {
            assert!(table.delete(&key(number, number % 7 == 0)).unwrap());
        } else {
            table.put(&key(number, number % 7 == 0), b"plain").unwrap();
        }
    }
    table.commit().unwrap();
    assert_eq!(holds(&file), 0);
    assert!(table.check().unwrap().free > 0);
}

#[test]
fn overflow_pages_end_and_nothing_is_lost() {
    let (mut table, file) = new_table(ByteOrder::Little);
    table.savepoint();
    // Buckets do not grow for big pairs, so this ends in the split points that are far away.
    let value = vec![5; 238 * 60];
    let mut stored = 0;
    let error = loop {
        match table.put(&key(stored, false), &value) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 2000, "endless");
    };
    assert!(matches!(error, Error::HashFull { .. }), "{error}");
    // 31 split points of 2047 pages, some of them bitmaps, and 61 to a value.
    assert_eq!(stored, (31 * 2047 - 32) / 61);
    let report = table.check().unwrap();
    assert!(report.is_sound() && report.unreachable == 0, "{report:?}");
    assert_eq!(report.records, u64::from(stored));
    assert_eq!(report.bitmaps, 31);
    // Small ones find room still, and their buckets do not need pages to be divided.
    table.put(b"small", b"pair").unwrap();
    assert_eq!(table.get(b"small").unwrap().as_deref(), Some(&b"pair"[..]));
    for number in 0..stored {
        assert!(table.delete(&key(number, false)).unwrap());
    }
    assert_eq!(table.check().unwrap().big, 0);
    table.rollback();
    assert!(file.contents().is_empty());
}

#[test]
fn a_pair_that_is_changed_for_ever_does_not_let_the_file_grow_for_ever() {
    let (mut table, _) = new_table(ByteOrder::Little);
    for number in 0..30 {
        table.put(&key(number, false), &[1; 100]).unwrap();
    }
    let before = table.check().unwrap();
    for step in 0..3000_u32 {
        table.put(&key(step % 30, false), &vec![2; 90 + step as usize % 20]).unwrap();
    }
    let after = table.check().unwrap();
    assert_eq!(before.buckets, after.buckets);
    assert!(after.pages <= before.pages + 5, "{before:?} {after:?}");
}

#[test]
fn read_only_is_read_only() {
    let (mut table, file) = new_table(ByteOrder::Little);
    table.put(b"a", b"1").unwrap();
    table.commit().unwrap();
    let mut table = Hash::open(file.clone(), path(), Access::ReadOnly).unwrap();
    assert!(matches!(table.put(b"b", b"2"), Err(Error::ReadOnly { .. })));
    assert!(matches!(table.delete(b"a"), Err(Error::ReadOnly { .. })));
    assert!(matches!(table.commit(), Err(Error::ReadOnly { .. })));
    assert!(matches!(Hash::create(file, path(), Options::default()), Err(Error::NotEmpty { .. })));
}

#[test]
fn a_full_disk_changes_nothing() {
    let (mut table, file) = new_table(ByteOrder::Little);
    for number in 0..100 {
        table.put(&key(number, true), &[3; 50]).unwrap();
    }
    table.commit().unwrap();
    let before = file.contents();
    for number in 100..300 {
        table.put(&key(number, true), &[3; 900]).unwrap();
    }
    for room in [0, 1, 255, 256, 700, 5000] {
        file.set_fault(Some(Fault::Full(before.len() as u64 + room)));
        let error = table.commit().unwrap_err();
        assert!(
            matches!(&error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull),
            "{error}"
        );
        assert_eq!(file.contents(), before);
    }
    file.set_fault(None);
    table.commit().unwrap();
    let report = reopen(&file).check().unwrap();
    assert!(report.is_sound());
    assert_eq!(report.records, 300);
}

#[test]
fn a_failing_write_or_sync_changes_nothing_if_the_system_lets_us_put_it_back() {
    let (mut table, file) = new_table(ByteOrder::Little);
    for number in 0..100 {
        table.put(&key(number, true), &[3; 50]).unwrap();
    }
    table.commit().unwrap();
    let before = file.contents();
    for number in 50..150 {
        table.put(&key(number, true), &[4; 200]).unwrap();
    }
    for writes in 0.. {
        file.set_fault(Some(Fault::Once { writes }));
        if table.commit().is_ok() {
            assert!(writes > 20);
            break;
        }
        assert_eq!(file.contents(), before, "after {writes} writes");
    }
    let before = file.contents();
    table.delete(&key(7, true)).unwrap();
    file.set_fault(Some(Fault::Sync));
    assert!(matches!(table.commit(), Err(Error::Io { .. })));
    assert_eq!(file.contents(), before);
}

#[test]
fn nothing_is_written_before_the_commit_and_nothing_after_a_rollback() {
    let (mut table, file) = new_table(ByteOrder::Little);
    table.put(b"a", b"1").unwrap();
    assert!(file.contents().is_empty());
    table.rollback();
    assert_same(&table, &Model::new());
    table.put(b"b", b"2").unwrap();
    table.commit().unwrap();
    let (writes, syncs) = (file.writes(), file.syncs());
    table.commit().unwrap();
    assert_eq!((file.writes(), file.syncs()), (writes, syncs));
    assert_same(&reopen(&file), &Model::from([(b"b".to_vec(), b"2".to_vec())]));
}

/// An operation of the property test.
#[derive(Debug, Clone)]
enum Operation {
    Put(u32, bool, usize),
    Delete(u32, bool),
    Commit,
    Reopen,
    Rollback,
    Savepoint,
    RollbackTo,
    Release,
}

fn operation() -> impl Strategy<Value = Operation> {
    let size = prop_oneof![6 => 1..60_usize, 2 => 150..260_usize, 1 => 400..3000_usize];
    prop_oneof![
        30 => (0..120_u32, any::<bool>(), size).prop_map(|(key, long, size)| Operation::Put(key, long, size)),
        25 => (0..120_u32, any::<bool>()).prop_map(|(key, long)| Operation::Delete(key, long)),
        2 => Just(Operation::Commit),
        1 => Just(Operation::Reopen),
        1 => Just(Operation::Rollback),
        2 => Just(Operation::Savepoint),
        2 => Just(Operation::RollbackTo),
        1 => Just(Operation::Release),
    ]
}

fn run(operations: Vec<Operation>, order: ByteOrder) {
    let (mut table, file) = new_table(order);
    let mut model = Model::new();
    let mut committed: Option<Model> = None;
    let mut savepoints: Vec<(Savepoint, Model)> = Vec::new();
    for (step, operation) in operations.into_iter().enumerate() {
        match operation {
            Operation::Put(number, long, size) => {
                let value = vec![step as u8; size];
                table.put(&key(number, long), &value).unwrap();
                assert_eq!(table.get(&key(number, long)).unwrap().as_ref(), Some(&value));
                model.insert(key(number, long), value);
            }
            Operation::Delete(number, long) => {
                let there = model.remove(&key(number, long)).is_some();
                assert_eq!(table.delete(&key(number, long)).unwrap(), there);
                assert_eq!(table.get(&key(number, long)).unwrap(), None);
            }
            Operation::Commit => {
                table.commit().unwrap();
                committed = Some(model.clone());
                savepoints.clear();
            }
            Operation::Reopen => {
                if let Some(committed) = &committed {
                    table = reopen(&file);
                    model = committed.clone();
                    savepoints.clear();
                }
            }
            Operation::Rollback => {
                table.rollback();
                model = committed.clone().unwrap_or_default();
                savepoints.clear();
            }
            Operation::Savepoint => savepoints.push((table.savepoint(), model.clone())),
            Operation::RollbackTo => {
                let half = savepoints.len() / 2;
                savepoints.truncate(half + 1);
                if let Some((savepoint, then)) = savepoints.last() {
                    table.rollback_to(savepoint).unwrap();
                    model = then.clone();
                }
            }
            Operation::Release => {
                if let Some((savepoint, _)) = savepoints.pop() {
                    table.release(savepoint).unwrap();
                }
            }
        }
        assert_same(&table, &model);
    }
    table.commit().unwrap();
    assert_same(&reopen(&file), &model);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn operations_agree_with_a_model(
        operations in proptest::collection::vec(operation(), 1..300),
        big_endian in any::<bool>(),
    ) {
        run(operations, if big_endian { ByteOrder::Big } else { ByteOrder::Little });
    }
}

/// A header that agrees with itself and names more buckets than any file has.
#[test]
fn what_is_rescued_ends_where_the_file_does() {
    let (mut table, file) = new_table(ByteOrder::Little);
    (0..30).for_each(|number| table.put(&key(number, false), b"value").unwrap());
    table.commit().unwrap();
    let mut bytes = file.contents();
    for (offset, value) in [(20, 31_u32), (28, 0x7fff_fff0), (32, 0x7fff_ffff), (36, 0x3fff_ffff)] {
        bytes[offset..offset + 4].copy_from_slice(&value.to_be_bytes());
    }
    let spares: [u8; 4] = bytes[60..64].try_into().unwrap();
    for split in 2..32 {
        bytes[56 + 4 * split..60 + 4 * split].copy_from_slice(&spares);
    }
    let mut found = 0;
    salvage(MemFile::with_contents(bytes), path(), true, &mut |record| {
        assert!(record.record.is_ok());
        found += 1;
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert!(found > 0);
}

/// Pages that a transaction has taken and given back are its own to take again.
#[test]
fn a_transaction_uses_its_own_pages_again() {
    let (mut table, file) = new_table(ByteOrder::Little);
    table.put(b"small", b"pair").unwrap();
    table.commit().unwrap();
    for round in 0..50 {
        table.put(b"big", &[round; 9 * PAGE]).unwrap();
        assert!(table.delete(b"big").unwrap());
    }
    table.put(b"big", &[50; 9 * PAGE]).unwrap();
    table.commit().unwrap();
    assert!(file.contents().len() < 20 * PAGE, "{} bytes", file.contents().len());
}

/// In a new table nothing has to stay for others: it is what MIT makes of the same operations.
#[test]
fn a_new_table_uses_what_is_given_back_at_once() {
    let length = |twice: bool| {
        let (mut table, file) = new_table(ByteOrder::Little);
        if twice {
            table.put(b"big", &[1; 4 * PAGE]).unwrap();
            assert!(table.delete(b"big").unwrap());
        }
        table.put(b"big", &[1; 4 * PAGE]).unwrap();
        table.commit().unwrap();
        file.contents().len()
    };
    assert_eq!(length(true), length(false));
}
