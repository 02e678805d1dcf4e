//! The tree against a model, on small pages so that it grows deep.

use std::collections::BTreeMap;
use std::path::Path;

use k5_wire::ByteOrder;
use proptest::prelude::*;

use super::*;
use crate::{Fault, MemFile};

fn small(order: ByteOrder) -> Options {
    Options { order, page_size: 512, cache_pages: 4 }
}

fn path() -> &'static Path {
    Path::new("test.db")
}

fn new_tree(order: ByteOrder) -> (BTree<MemFile>, MemFile) {
    let file = MemFile::new();
    (BTree::create(file.clone(), path(), small(order)).unwrap(), file)
}

fn reopen(file: &MemFile) -> BTree<MemFile> {
    BTree::open(file.clone(), path(), Access::ReadWrite).unwrap()
}

fn all(tree: &BTree<MemFile>, order: Order, walk: Walk) -> Vec<(Vec<u8>, Vec<u8>)> {
    tree.iter(order, walk).map(|record| record.unwrap()).map(|record| (record.key, record.value)).collect()
}

/// Everything that can be seen of a tree agrees with the model.
fn assert_same(tree: &BTree<MemFile>, model: &BTreeMap<Vec<u8>, Vec<u8>>) -> Report {
    let report = tree.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.records, model.len() as u64);
    let expected: Vec<_> = model.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let reversed: Vec<_> = expected.iter().rev().cloned().collect();
    for walk in [Walk::Siblings, Walk::Tree] {
        assert_eq!(all(tree, Order::Forward, walk), expected);
        assert_eq!(all(tree, Order::Backward, walk), reversed);
    }
    report
}

fn key(number: u32, long: bool) -> Vec<u8> {
    let mut key = format!("k{:03}", number).into_bytes();
    if long {
        key.resize(40 + number as usize % 180, b'x');
    }
    key
}

#[test]
fn limits_are_those_of_mit() {
    assert_eq!(max_key(4096).unwrap(), 2016);
    assert_eq!(max_key(512).unwrap(), 224);
    assert!(matches!(max_key(511), Err(Error::PageSize { size: 511 })));
    let (mut tree, _) = new_tree(ByteOrder::Little);
    tree.put(&[1; 224], b"v").unwrap();
    assert!(matches!(tree.put(&[1; 225], b""), Err(Error::KeyLength { length: 225, limit: 224, .. })));
    assert!(matches!(tree.put(b"", b""), Err(Error::KeyLength { length: 0, .. })));
}

#[test]
fn ascending_loads_fill_the_pages() {
    let (mut tree, _) = new_tree(ByteOrder::Little);
    for number in 0..2000_u32 {
        tree.put(format!("{number:06}").as_bytes(), &[7; 20]).unwrap();
    }
    let report = tree.check().unwrap();
    assert!(report.is_sound());
    // A pair takes 38 bytes of 492.
    assert!(report.leaves <= 2000 / 12 + 2, "{report:?}");
}

#[test]
fn deleting_everything_leaves_one_empty_leaf_and_a_free_list_that_is_used_again() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let (mut tree, file) = new_tree(order);
        for number in 0..500 {
            tree.put(&key(number, true), &vec![9; number as usize * 3]).unwrap();
        }
        tree.commit().unwrap();
        let length = file.contents().len();
        let mut tree = reopen(&file);
        assert_eq!(tree.byte_order(), order);
        for number in (0..500).rev() {
            assert!(tree.delete(&key(number, true)).unwrap());
            assert!(!tree.delete(&key(number, true)).unwrap());
        }
        tree.commit().unwrap();
        let report = assert_same(&reopen(&file), &BTreeMap::new());
        assert_eq!((report.leaves, report.internal, report.overflow, report.unreachable), (1, 0, 0, 0));
        let mut tree = reopen(&file);
        for number in 0..500 {
            tree.put(&key(number, true), &vec![9; number as usize * 3]).unwrap();
        }
        tree.commit().unwrap();
        assert!(file.contents().len() <= length + 512 * 20);
        assert_eq!(reopen(&file).check().unwrap().free, 0);
    }
}

#[test]
fn no_byte_of_a_deleted_or_replaced_value_stays_in_the_file() {
    let (mut tree, file) = new_tree(ByteOrder::Little);
    let secret = b"SECRETSECRET";
    for number in 0..200 {
        let size = if number % 5 == 0 { 60 } else { 4 };
        tree.put(&key(number, number % 7 == 0), &secret.repeat(size)).unwrap();
    }
    tree.commit().unwrap();
    let holds = |file: &MemFile| file.contents().windows(6).filter(|window| window == b"SECRET").count();
    assert!(holds(&file) > 1000);
    for number in 0..200 {
        if number % 2 == 0 {
            assert!(tree.delete(&key(number, number % 7 == 0)).unwrap());
        } else {
            tree.put(&key(number, number % 7 == 0), b"plain").unwrap();
        }
    }
    tree.commit().unwrap();
    assert_eq!(holds(&file), 0);
    assert!(tree.check().unwrap().free > 0);
}

#[test]
fn big_keys_keep_their_chains_as_long_as_an_internal_page_needs_them() {
    let (mut tree, file) = new_tree(ByteOrder::Big);
    tree.big_keys = true;
    let mut model = BTreeMap::new();
    for number in 0..120_u32 {
        let mut key = format!("{:03}", number * 37 % 120).into_bytes();
        key.resize(300 + number as usize * 5, b'k');
        tree.put(&key, &[number as u8; 10]).unwrap();
        model.insert(key, vec![number as u8; 10]);
        assert_same(&tree, &model);
    }
    tree.commit().unwrap();
    let mut tree = reopen(&file);
    tree.big_keys = true;
    let keys: Vec<_> = model.keys().cloned().collect();
    for key in &keys {
        assert_eq!(tree.get(key).unwrap().as_ref(), model.get(key));
    }
    for key in keys.iter().step_by(2) {
        assert!(tree.delete(key).unwrap());
        model.remove(key);
        assert_same(&tree, &model);
    }
    for key in keys.iter().step_by(3) {
        tree.put(key, b"again").unwrap();
        model.insert(key.clone(), b"again".to_vec());
        assert_same(&tree, &model);
    }
}

#[test]
fn a_cursor_survives_changes() {
    let (mut tree, _) = new_tree(ByteOrder::Little);
    for number in 0..300 {
        tree.put(&key(number, false), b"old value of some length").unwrap();
    }
    for (order, walk) in [
        (Order::Forward, Walk::Siblings),
        (Order::Forward, Walk::Tree),
        (Order::Backward, Walk::Siblings),
        (Order::Backward, Walk::Tree),
    ] {
        tree.savepoint();
        let mut cursor = Cursor::new(order, walk);
        let mut seen = Vec::new();
        while let Some(record) = cursor.next(&tree).unwrap() {
            match seen.len() % 3 {
                0 => assert!(tree.delete(&record.key).unwrap()),
                1 => tree.put(&record.key, &[1; 100]).unwrap(),
                _ => {}
            }
            seen.push(record.key);
        }
        let mut expected: Vec<_> = (0..300).map(|number| key(number, false)).collect();
        if order == Order::Backward {
            expected.reverse();
        }
        assert_eq!(seen, expected);
        assert_eq!(tree.check().unwrap().records, 200);
        tree.rollback();
        for number in 0..300 {
            tree.put(&key(number, false), b"old value of some length").unwrap();
        }
    }
}

#[test]
fn a_cursor_ends_in_a_tree_without_order_that_changes() {
    let (mut tree, file) = new_tree(ByteOrder::Little);
    for number in 0..20 {
        tree.put(&key(number, false), b"a value of twenty by").unwrap();
    }
    tree.commit().unwrap();
    let mut bytes = file.contents();
    // The first two slots of the leaf on page 2 change places.
    let slots = 2 * 512 + 20;
    bytes[slots..slots + 4].rotate_left(2);
    let file = MemFile::with_contents(bytes);
    assert!(!reopen(&file).check().unwrap().is_sound());
    for order in [Order::Forward, Order::Backward] {
        let mut tree = reopen(&file);
        let mut cursor = Cursor::new(order, Walk::Siblings);
        let mut steps = 0;
        while let Ok(Some(record)) = cursor.next(&tree) {
            steps += 1;
            assert!(steps <= 40, "endless");
            tree.put(&record.key, b"changed").unwrap();
        }
    }
}

#[test]
fn a_cursor_starts_at_a_key() {
    let (mut tree, _) = new_tree(ByteOrder::Little);
    for number in (0..400).step_by(2) {
        tree.put(&key(number, false), b"value").unwrap();
    }
    let first = |from: u32, order| {
        tree.iter_at(&key(from, false), order, Walk::Siblings).next().map(|record| record.unwrap().key)
    };
    for number in 1..398 {
        let after = number + number % 2;
        let before = if number % 2 == 0 { number - 2 } else { number - 1 };
        assert_eq!(first(number, Order::Forward), Some(key(after, false)));
        if number > 1 {
            assert_eq!(first(number, Order::Backward), Some(key(before, false)));
        }
    }
    assert_eq!(first(399, Order::Forward), None);
    assert_eq!(first(0, Order::Backward), None);
}

#[test]
fn read_only_is_read_only() {
    let (mut tree, file) = new_tree(ByteOrder::Little);
    tree.put(b"a", b"1").unwrap();
    tree.commit().unwrap();
    let mut tree = BTree::open(file.clone(), path(), Access::ReadOnly).unwrap();
    assert!(matches!(tree.put(b"b", b"2"), Err(Error::ReadOnly { .. })));
    assert!(matches!(tree.delete(b"a"), Err(Error::ReadOnly { .. })));
    assert!(matches!(tree.commit(), Err(Error::ReadOnly { .. })));
    assert!(matches!(
        BTree::create(file, path(), Options::default()),
        Err(Error::NotEmpty { length: 1024, .. })
    ));
}

#[test]
fn a_full_disk_changes_nothing() {
    let (mut tree, file) = new_tree(ByteOrder::Little);
    for number in 0..100 {
        tree.put(&key(number, true), &[3; 50]).unwrap();
    }
    tree.commit().unwrap();
    let before = file.contents();
    for number in 100..300 {
        tree.put(&key(number, true), &[3; 900]).unwrap();
    }
    for room in [0, 1, 511, 512, 700, 5000] {
        file.set_fault(Some(Fault::Full(before.len() as u64 + room)));
        let error = tree.commit().unwrap_err();
        assert!(
            matches!(&error, Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull),
            "{error}"
        );
        assert_eq!(file.contents(), before);
    }
    file.set_fault(None);
    tree.commit().unwrap();
    let tree = reopen(&file);
    assert!(tree.check().unwrap().is_sound());
    assert_eq!(tree.check().unwrap().records, 300);
}

#[test]
fn a_failing_write_or_sync_changes_nothing_if_the_system_lets_us_put_it_back() {
    let (mut tree, file) = new_tree(ByteOrder::Little);
    for number in 0..100 {
        tree.put(&key(number, true), &[3; 50]).unwrap();
    }
    tree.commit().unwrap();
    let before = file.contents();
    for number in 50..150 {
        tree.put(&key(number, true), &[4; 200]).unwrap();
    }
    for writes in 0.. {
        file.set_fault(Some(Fault::Once { writes }));
        if tree.commit().is_ok() {
            assert!(writes > 20);
            break;
        }
        assert_eq!(file.contents(), before, "after {writes} writes");
    }
    let before = file.contents();
    tree.delete(&key(7, true)).unwrap();
    file.set_fault(Some(Fault::Sync));
    assert!(matches!(tree.commit(), Err(Error::Io { .. })));
    assert_eq!(file.contents(), before);
}

#[test]
fn nothing_is_written_before_the_commit_and_nothing_after_a_rollback() {
    let (mut tree, file) = new_tree(ByteOrder::Little);
    tree.put(b"a", b"1").unwrap();
    assert!(file.contents().is_empty());
    tree.rollback();
    assert_same(&tree, &BTreeMap::new());
    tree.put(b"b", b"2").unwrap();
    tree.commit().unwrap();
    assert_eq!(file.contents().len(), 1024);
    let (writes, syncs) = (file.writes(), file.syncs());
    tree.commit().unwrap();
    assert_eq!((file.writes(), file.syncs()), (writes, syncs));
    assert_same(&reopen(&file), &BTreeMap::from([(b"b".to_vec(), b"2".to_vec())]));
}

#[test]
fn stale_savepoints_are_refused() {
    let (mut tree, _) = new_tree(ByteOrder::Little);
    let outer = tree.savepoint();
    let inner = tree.savepoint();
    tree.rollback_to(&outer).unwrap();
    assert!(matches!(tree.rollback_to(&inner), Err(Error::StaleSavepoint)));
    tree.commit().unwrap();
    assert!(matches!(tree.release(outer), Err(Error::StaleSavepoint)));
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
    let size = prop_oneof![6 => 0..120_usize, 2 => 200..260_usize, 1 => 400..3000_usize];
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
    type Model = BTreeMap<Vec<u8>, Vec<u8>>;
    let (mut tree, file) = new_tree(order);
    let mut model = Model::new();
    let mut committed: Option<Model> = None;
    let mut savepoints: Vec<(Savepoint, Model)> = Vec::new();
    for (step, operation) in operations.into_iter().enumerate() {
        match operation {
            Operation::Put(number, long, size) => {
                let value = vec![step as u8; size];
                tree.put(&key(number, long), &value).unwrap();
                model.insert(key(number, long), value);
            }
            Operation::Delete(number, long) => {
                let there = model.remove(&key(number, long)).is_some();
                assert_eq!(tree.delete(&key(number, long)).unwrap(), there);
            }
            Operation::Commit => {
                tree.commit().unwrap();
                committed = Some(model.clone());
                savepoints.clear();
            }
            Operation::Reopen => {
                if let Some(committed) = &committed {
                    tree = reopen(&file);
                    model = committed.clone();
                    savepoints.clear();
                }
            }
            Operation::Rollback => {
                tree.rollback();
                model = committed.clone().unwrap_or_default();
                savepoints.clear();
            }
            Operation::Savepoint => savepoints.push((tree.savepoint(), model.clone())),
            Operation::RollbackTo => {
                let half = savepoints.len() / 2;
                savepoints.truncate(half + 1);
                if let Some((savepoint, then)) = savepoints.last() {
                    tree.rollback_to(savepoint).unwrap();
                    model = then.clone();
                }
            }
            Operation::Release => {
                if let Some((savepoint, _)) = savepoints.pop() {
                    tree.release(savepoint).unwrap();
                }
            }
        }
        let report = assert_same(&tree, &model);
        assert_eq!(report.unreachable, 0, "{report:?}");
    }
    tree.commit().unwrap();
    assert_same(&reopen(&file), &model);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn agrees_with_a_model(operations in prop::collection::vec(operation(), 1..250), big in any::<bool>()) {
        run(operations, if big { ByteOrder::Big } else { ByteOrder::Little });
    }
}

#[test]
fn a_circular_chain_of_wild_size_is_refused_at_once() {
    let (mut tree, _) = new_tree(ByteOrder::Little);
    tree.put(b"key", &[1; 1000]).unwrap();
    let pager = &mut tree.pager;
    let value = pager.find(b"key").unwrap().leaf.items[0].value.clone();
    let layout::Stored::Chain { first, .. } = value else { panic!("not a chain") };
    let circle = layout::Overflow { next: first, preserve: false, bytes: [7; 492].into() };
    pager.write(first, layout::Page::Overflow(circle.into()));
    for size in [u32::MAX, 492 * 6] {
        let error = pager.load(&layout::Stored::Chain { first, size }).unwrap_err();
        assert!(matches!(error, Error::Corrupt { page, .. } if page == first));
    }
    // Short enough to pass for a chain; freeing it must not put a page on the free list twice.
    assert!(matches!(tree.delete(b"key"), Err(Error::Corrupt { .. })));
    assert_eq!(tree.check().unwrap().free, 0);
}

/// A file that is spilled into and never committed may be anything; once it is committed it is as if it had been committed all the time.
#[test]
fn a_file_that_is_spilled_into_is_whole_and_synced_after_the_commit() {
    let (mut tree, file) = new_tree(ByteOrder::Little);
    let mut model = BTreeMap::new();
    for number in (0..600).chain(300..900) {
        let (key, value) = (key(number, number % 7 == 0), vec![3; number as usize]);
        tree.put(&key, &value).unwrap();
        model.insert(key, value);
        if number % 50 == 0 {
            tree.spill().unwrap();
            assert!(!tree.is_changed());
        }
    }
    tree.spill().unwrap();
    assert_eq!(file.syncs(), 0);
    let before = file.contents();
    tree.commit().unwrap();
    assert_eq!((file.syncs(), file.contents() == before), (1, true));
    assert_same(&reopen(&file), &model);
    tree.commit().unwrap();
    assert_eq!(file.syncs(), 1, "nothing to sync");
}
