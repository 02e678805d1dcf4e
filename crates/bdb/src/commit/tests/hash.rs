//! Commits to hash files.

use super::*;
use crate::hash::Hash;

fn hash_of(scratch: &Scratch, numbers: impl IntoIterator<Item = u32>) -> Model {
    let path = &scratch.paths[0];
    let mut table = Hash::create(SystemStorage.create(path).unwrap(), path, Default::default()).unwrap();
    let model: Model = numbers.into_iter().map(|number| (key(number), vec![number as u8; LENGTH])).collect();
    for (key, value) in &model {
        table.put(key, value).unwrap();
    }
    table.commit().unwrap();
    model
}

/// Bytes of a value, such that pages are full before there are too many pairs to a bucket.
const LENGTH: usize = 170;

type Table = Hash<StoredFile>;

fn open(scratch: &Scratch, access: Access) -> Table {
    Hash::open(SystemStorage.open(&scratch.paths[0], access).unwrap(), &scratch.paths[0], access).unwrap()
}

fn seen(scratch: &Scratch) -> Model {
    let table = open(scratch, Access::ReadOnly);
    let all: Vec<_> = table.iter().map(|record| record.unwrap()).collect();
    let count = all.len();
    let model: Model = all.into_iter().map(|record| (record.key, record.value)).collect();
    assert_eq!(model.len(), count, "nothing comes twice");
    for (key, value) in &model {
        assert_eq!(table.get(key).unwrap().as_ref(), Some(value));
    }
    model
}

fn put(table: &mut Table, model: &mut Model, key: &[u8], value: Vec<u8>) {
    table.put(key, &value).unwrap();
    model.insert(key.to_vec(), value);
}

/// Cuts a commit of this work at each of its steps. One whose pages may be written in their places, in that way unless
/// `copies`.
fn cut_everywhere(copies: bool, ordered: bool, work: impl Fn(&mut Table, &mut Model)) {
    let mut left = 0;
    loop {
        let scratch = Scratch::new();
        let before = hash_of(&scratch, 1000..1300);
        scratch.make(1, &Model::new());
        let mut table = open(&scratch, Access::ReadWrite);
        let mut after = before.clone();
        work(&mut table, &mut after);
        let plan = table.plan().unwrap();
        assert_eq!(plan.ordered, ordered);
        drop(table);
        let storage = Cut { copies, ..Cut::after(left) };
        let done = scratch.files(&storage).commit([plan, Plan::default()]);
        let now = seen(&scratch);
        if copies {
            assert!(now == before || now == after, "{left}");
        }
        let names: Vec<_> = before.keys().chain(after.keys()).collect();
        let either = |key| now.get(key) == before.get(key) || now.get(key) == after.get(key);
        assert!(names.into_iter().all(either), "{left}: each record is as before or as after");
        scratch.files(&SystemStorage).recover().unwrap();
        scratch.files(&SystemStorage).remove_copies(&[0]).unwrap();
        assert!(open(&scratch, Access::ReadOnly).check().unwrap().problems.is_empty(), "{left}");
        let now = seen(&scratch);
        assert!(now == after || (done.is_err() && now == before), "{left}");
        if !storage.was_reached() {
            break;
        }
        left += 1;
    }
    assert!(left > 3);
}

#[test]
fn one_page_of_a_bucket() {
    for copies in [true, false] {
        cut_everywhere(copies, true, |table, model| put(table, model, &key(0), vec![1; 20]));
    }
}

/// Passwords of many are changed, and some go.
#[test]
fn many_pages_on_which_each_record_stays() {
    for copies in [true, false] {
        cut_everywhere(copies, true, |table, model| {
            for number in (1000..1300).step_by(7) {
                put(table, model, &key(number), vec![9; LENGTH]);
            }
            for number in (1003..1300).step_by(50) {
                assert!(table.delete(&key(number)).unwrap());
                model.remove(&key(number));
            }
        });
    }
}

#[test]
fn records_that_move() {
    // Buckets that are divided.
    cut_everywhere(true, false, |table, model| {
        (0..400).for_each(|number| put(table, model, &key(number), vec![2; 40]));
    });
    // A new page in a chain.
    cut_everywhere(true, false, |table, model| put(table, model, &key(1001), vec![3; 3000]));
    // A record that is to have pages of its own.
    cut_everywhere(true, false, |table, model| put(table, model, &key(1001), vec![4; 5000]));
}

/// A record that has the same pages of its own again: half of it might be as before, half as after.
#[test]
fn a_big_record_on_the_same_pages() {
    let scratch = Scratch::new();
    let path = &scratch.paths[0];
    let mut table = Hash::create(SystemStorage.create(path).unwrap(), path, Default::default()).unwrap();
    table.put(b"big", &[1; 9000]).unwrap();
    table.put(b"tiny", &[1; 90]).unwrap();
    table.commit().unwrap();
    table.put(b"tiny", &[2; 90]).unwrap();
    assert!(table.plan().unwrap().ordered, "that one stays");
    table.put(b"big", &[2; 9000]).unwrap();
    let plan = table.plan().unwrap();
    let length = std::fs::metadata(path).unwrap().len();
    assert!(plan.writes().all(|write| write.offset < length && write.bytes.len() == 4096), "{plan:?}");
    assert!(!plan.ordered);
}

/// Pages that stay in their chains, and a record that goes from one to another.
#[test]
fn a_record_that_moves_within_its_chain() {
    let scratch = Scratch::new();
    let path = &scratch.paths[0];
    let mut table = Hash::create(SystemStorage.create(path).unwrap(), path, Default::default()).unwrap();
    // Hashes that differ in higher bits than any bucket's number has.
    for (last, length) in [(0, 3000), (64, 1500), (128, 1500)] {
        table.put(&[1, last], &vec![1; length]).unwrap();
    }
    table.commit().unwrap();
    assert!(table.delete(&[1, 0]).unwrap());
    table.put(&[1, 64], &[2; 1501]).unwrap();
    let plan = table.plan().unwrap();
    assert_eq!(
        plan.steps.iter().map(Vec::len).collect::<Vec<_>>(),
        [2, 1],
        "both pages, and the number of pairs"
    );
    assert!(!plan.ordered);
}
