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

/// The same with free overflow pages, in the middle of others that are in use.
fn used_before(scratch: &Scratch, numbers: impl IntoIterator<Item = u32>) -> Model {
    let mut model = hash_of(scratch, numbers);
    let mut table = open(scratch, Access::ReadWrite);
    for length in [9000, 9001, 5000] {
        put(&mut table, &mut model, &key(1001), vec![8; length]);
        table.commit().unwrap();
    }
    model
}

/// Bytes of a value, such that pages are full before there are too many pairs to a bucket.
const LENGTH: usize = 170;

pub(super) type Table = Hash<StoredFile>;

pub(super) fn open(scratch: &Scratch, access: Access) -> Table {
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

/// In the middle of a commit: look-ups find each record as before or as after, a walk all that is in both, perhaps twice.
fn assert_between(scratch: &Scratch, before: &Model, after: &Model, what: &str) -> usize {
    let table = open(scratch, Access::ReadOnly);
    let either = |key: &[u8], now: Option<&Vec<u8>>| now == before.get(key) || now == after.get(key);
    let mut walked = Model::new();
    let mut twice = 0;
    for record in table.iter() {
        let record = record.unwrap();
        assert!(either(&record.key, Some(&record.value)), "{what}");
        twice += usize::from(walked.insert(record.key, record.value).is_some());
    }
    // What `verify --recover` would find if nobody could finish the commit.
    let mut rescued = Model::new();
    let path = &scratch.paths[0];
    let file = SystemStorage.open(path, Access::ReadOnly).unwrap();
    crate::hash::salvage(file, path, true, &mut |found| {
        match found.record {
            Ok(record) => drop(rescued.insert(record.key, record.value)),
            Err(remains) => assert!(found.way == crate::hash::Way::Scan, "{what}: {}", remains.what),
        }
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    for key in before.keys().chain(after.keys()) {
        assert!(rescued.contains_key(key) || !before.contains_key(key) || !after.contains_key(key), "{what}");
        assert!(either(key, table.get(key).unwrap().as_ref()), "{what}: each is as before or as after");
        assert!(walked.contains_key(key) || !before.contains_key(key) || !after.contains_key(key), "{what}");
    }
    twice
}

fn put(table: &mut Table, model: &mut Model, key: &[u8], value: Vec<u8>) {
    table.put(key, &value).unwrap();
    model.insert(key.to_vec(), value);
}

/// Of each step one write alone is in the file, or all but one, as a loss of power may leave them.
fn in_parts(scratch: &Scratch, plan: &Plan, before: &Model, after: &Model) {
    let path = &scratch.paths[0];
    let mut base = std::fs::read(path).unwrap();
    let make = |bytes: &mut Vec<u8>, write: &Write| {
        let offset = write.offset as usize;
        bytes.resize(bytes.len().max(offset + write.bytes.len()), 0);
        bytes[offset..offset + write.bytes.len()].copy_from_slice(&write.bytes);
    };
    let whole = base.clone();
    for (number, step) in plan.steps.iter().enumerate() {
        for at in 0..step.len() {
            let (mut alone, mut others) = (base.clone(), base.clone());
            make(&mut alone, &step[at]);
            step.iter().enumerate().filter(|(other, _)| *other != at).for_each(|(_, w)| make(&mut others, w));
            for bytes in [alone, others] {
                std::fs::write(path, bytes).unwrap();
                assert_between(scratch, before, after, &format!("step {number}, write {at}"));
            }
        }
        step.iter().for_each(|write| make(&mut base, write));
    }
    std::fs::write(path, whole).unwrap();
}

/// Cuts a commit of this work at each of its steps; it is written in its pages' places unless `copies`. Answers how often a
/// walk found a record twice in between.
fn cut_everywhere(copies: bool, work: impl Fn(&mut Table, &mut Model)) -> usize {
    cut_everywhere_from(hash_of, copies, work)
}

/// The same to another table than that of [`hash_of`].
fn cut_everywhere_from(
    base: fn(&Scratch, std::ops::Range<u32>) -> Model,
    copies: bool,
    work: impl Fn(&mut Table, &mut Model),
) -> usize {
    let (mut left, mut twice) = (0, 0);
    loop {
        let scratch = Scratch::new();
        let before = base(&scratch, 1000..1300);
        scratch.make(1, &Model::new());
        let mut table = open(&scratch, Access::ReadWrite);
        let mut after = before.clone();
        work(&mut table, &mut after);
        let plan = table.plan().unwrap();
        assert!(plan.ordered);
        drop(table);
        if left == 0 && !copies {
            in_parts(&scratch, &plan, &before, &after);
        }
        let storage = Cut { copies, ..Cut::after(left) };
        let done = scratch.files(&storage).commit([plan, Plan::default()]);
        if copies {
            let now = seen(&scratch);
            assert!(now == before || now == after, "{left}");
        }
        twice += assert_between(&scratch, &before, &after, &left.to_string());
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
    twice
}

#[test]
fn one_page_of_a_bucket() {
    for copies in [true, false] {
        let twice = cut_everywhere(copies, |table, model| put(table, model, &key(0), vec![1; 20]));
        assert_eq!(twice, 0);
    }
}

/// Passwords of many are changed, and some go.
#[test]
fn many_pages_on_which_each_record_stays() {
    for copies in [true, false] {
        let twice = cut_everywhere(copies, |table, model| {
            for number in (1000..1300).step_by(7) {
                put(table, model, &key(number), vec![9; LENGTH]);
            }
            for number in (1003..1300).step_by(50) {
                assert!(table.delete(&key(number)).unwrap());
                model.remove(&key(number));
            }
        });
        assert_eq!(twice, 0, "each stays on its page");
    }
}

/// Whether a plan has two writes of one place.
fn has_two_of_one_place(plan: &Plan) -> bool {
    let places: std::collections::BTreeSet<u64> = plan.writes().map(|write| write.offset).collect();
    places.len() < plan.writes().count()
}

#[test]
fn records_that_move() {
    for copies in [true, false] {
        // Buckets that are divided: in between the records that go to the new ones are in both.
        let twice = cut_everywhere(copies, |table, model| {
            (0..400).for_each(|number| put(table, model, &key(number), vec![2; 40]));
        });
        assert_eq!(twice > 0, !copies);
        // And some of their records change, and go.
        cut_everywhere(copies, |table, model| {
            for number in (1000..1300).step_by(3) {
                put(table, model, &key(number), vec![5; 100 + number as usize % 50]);
            }
            (0..100).for_each(|number| put(table, model, &key(number), vec![2; 40]));
            put(table, model, &key(1002), vec![6; 300]);
            for number in (1001..1300).step_by(4) {
                table.delete(&key(number)).unwrap();
                model.remove(&key(number));
            }
        });
        // A new page in a chain.
        cut_everywhere(copies, |table, model| put(table, model, &key(1001), vec![3; 3000]));
        // Records that are to have pages of their own, and have them no more.
        cut_everywhere(copies, |table, model| put(table, model, &key(1001), vec![4; 5000]));
        cut_everywhere(copies, |table, model| {
            put(table, model, &key(1001), vec![4; 9000]);
            (0..100).for_each(|number| put(table, model, &key(number), vec![2; 200]));
            put(table, model, &key(1001), vec![4; 7000]);
        });
        // Pages that were free are taken, and others given back: their bits are on one bitmap.
        cut_everywhere_from(used_before, copies, |table, model| {
            put(table, model, &key(1001), vec![4; 9000]);
            assert!(has_two_of_one_place(&table.plan().unwrap()));
        });
        // All of them go.
        cut_everywhere(copies, |table, model| {
            for key in std::mem::take(model).keys() {
                assert!(table.delete(key).unwrap());
            }
        });
    }
}

pub(super) fn small_table(scratch: &Scratch, records: &[(&[u8], usize)]) -> Table {
    let path = &scratch.paths[0];
    let mut table = Hash::create(SystemStorage.create(path).unwrap(), path, Default::default()).unwrap();
    for (key, length) in records {
        table.put(key, &vec![1; *length]).unwrap();
    }
    table.commit().unwrap();
    table
}

/// A record with pages of its own has other ones when it is replaced: on the same, half of it might be as before, half as after.
#[test]
fn a_big_record_that_is_replaced() {
    let scratch = Scratch::new();
    let mut table = small_table(&scratch, &[(b"big", 9000), (b"tiny", 90)]);
    for value in [2, 3] {
        table.put(b"big", &[value; 9000]).unwrap();
        let plan = table.plan().unwrap();
        assert!(plan.ordered);
        let steps: Vec<_> = plan.steps.iter().map(Vec::len).collect();
        // Its new pages, with their bits; the header; the page that leads to them; the old ones, and their bits.
        assert_eq!(steps, if value == 2 { vec![3, 1, 1, 4] } else { vec![4, 1, 1, 4] });
        table.commit().unwrap();
    }
    let length = std::fs::metadata(&scratch.paths[0]).unwrap().len();
    for value in 4..20 {
        table.put(b"big", &[value; 9000]).unwrap();
        table.commit().unwrap();
    }
    assert_eq!(std::fs::metadata(&scratch.paths[0]).unwrap().len(), length, "the old ones are used again");
}

/// A record that moves to another page of its bucket is there by one write: were it on both in between, MIT's programs would
/// replace one of the two.
#[test]
fn a_record_that_moves_within_its_chain() {
    let scratch = Scratch::new();
    // Hashes that differ in higher bits than any bucket's number has.
    let records: [(&[u8], usize); 3] = [(&[1, 0], 3000), (&[1, 64], 1500), (&[1, 128], 1500)];
    let mut table = small_table(&scratch, &records);
    assert!(table.delete(&[1, 0]).unwrap());
    table.put(&[1, 64], &[2; 1501]).unwrap();
    let plan = table.plan().unwrap();
    assert!(plan.ordered);
    let steps: Vec<_> = plan.steps.iter().map(Vec::len).collect();
    assert_eq!(
        steps,
        [1, 1, 1, 2],
        "the new page, the header, the bucket's own page, the old page and its bit"
    );
    assert_eq!(table.iter().map(|record| record.unwrap().key[1]).collect::<Vec<_>>(), [64, 128]);
    table.commit().unwrap();
    // One that is deleted and made again, on a page that stays.
    assert!(table.delete(&[1, 64]).unwrap());
    table.put(&[1, 64], &[3; 2000]).unwrap();
    assert_eq!(table.iter().map(|record| record.unwrap().key[1]).collect::<Vec<_>>(), [128, 64]);
    let plan = table.plan().unwrap();
    assert_eq!(plan.writes().count(), 2, "the number of pairs is what it was");
    assert!(!plan.ordered);
}

/// Where there is no room but that of pages which the file still needs, it is copied.
#[test]
fn overflow_pages_that_are_all_taken() {
    let scratch = Scratch::new();
    let path = &scratch.paths[0];
    // The last split points are far away: the file has holes.
    let file = SystemStorage.create(path).unwrap();
    let options = crate::hash::Options { page_size: 256, ..Default::default() };
    let mut table = Hash::create(file, path, options).unwrap();
    let mut count = 0_u32;
    while table.put(format!("k{count}").as_bytes(), &[1; 12_000]).is_ok() {
        count += 1;
    }
    assert!(count > 1000);
    table.commit().unwrap();
    // Too long for what is left.
    table.put(b"k7", &[2; 12_000]).unwrap();
    assert!(!table.plan().unwrap().ordered);
    assert!(table.check().unwrap().is_sound());
    table.rollback();
    assert!(table.delete(b"k7").unwrap());
    assert!(table.plan().unwrap().ordered);
    table.commit().unwrap();
    table.put(b"k7", &[2; 12_000]).unwrap();
    assert!(table.plan().unwrap().ordered, "the next commit may have them");
}

/// A recovery that is cut short itself is finished by the next one.
#[test]
fn a_recovery_that_is_cut_short() {
    let scratch = Scratch::new();
    let path = &scratch.paths[0];
    let before = used_before(&scratch, 1000..1100);
    scratch.make(1, &Model::new());
    let bytes = std::fs::read(path).unwrap();
    let mut table = open(&scratch, Access::ReadWrite);
    let mut after = before.clone();
    put(&mut table, &mut after, &key(1001), vec![4; 9000]);
    (0..40).for_each(|number| put(&mut table, &mut after, &key(number), vec![2; 200]));
    let plan = table.plan().unwrap();
    assert!(plan.ordered && has_two_of_one_place(&plan));
    drop(table);
    for left in 4.. {
        std::fs::write(path, &bytes).unwrap();
        let unit = 4096;
        let storage = Cut { copies: false, unit, ..Cut::after(left) };
        let done = scratch.files(&storage).commit([plan.clone(), Plan::default()]);
        let journal = std::fs::read(&scratch.journal).unwrap_or_default();
        let cut = std::fs::read(path).unwrap();
        for again in (0..).step_by(if left % 7 == 0 { 1 } else { 5 }) {
            if !journal.is_empty() {
                std::fs::write(&scratch.journal, &journal).unwrap();
            }
            std::fs::write(path, &cut).unwrap();
            let storage = Cut { copies: false, unit, ..Cut::after(again) };
            let first = scratch.files(&storage).recover();
            scratch
                .files(&SystemStorage)
                .recover()
                .unwrap_or_else(|error| panic!("{left}, {again}: {error}"));
            let now = seen(&scratch);
            assert!(now == after || (done.is_err() && now == before), "{left}, {again}");
            if first.is_ok() {
                break;
            }
        }
        if done.is_ok() {
            break;
        }
    }
}

/// A write that fails in the middle, and no kill: what was written twice is put back to what was there first.
#[test]
fn a_failure_in_between_puts_all_back() {
    let mut left = 0;
    loop {
        let scratch = Scratch::new();
        let before = used_before(&scratch, 1000..1300);
        scratch.make(1, &Model::new());
        let bytes = std::fs::read(&scratch.paths[0]).unwrap();
        let mut table = open(&scratch, Access::ReadWrite);
        let mut after = before.clone();
        put(&mut table, &mut after, &key(1001), vec![4; 9000]);
        (0..100).for_each(|number| put(&mut table, &mut after, &key(number), vec![2; 200]));
        for number in (1003..1300).step_by(2) {
            assert!(table.delete(&key(number)).unwrap());
            after.remove(&key(number));
        }
        let plan = table.plan().unwrap();
        assert!(plan.ordered);
        drop(table);
        let storage = Cut { copies: false, once: true, ..Cut::after(left) };
        let done = scratch.files(&storage).commit([plan, Plan::default()]);
        scratch.files(&SystemStorage).recover().unwrap();
        match done {
            Ok(()) => assert_eq!(seen(&scratch), after, "{left}"),
            Err(crate::Error::Unsure { .. }) => assert_eq!(seen(&scratch), after, "{left}"),
            Err(_) => assert!(std::fs::read(&scratch.paths[0]).unwrap() == bytes, "{left}"),
        }
        if !storage.was_reached() {
            break;
        }
        left += 1;
    }
    assert!(left > 5);
}

/// Another program makes a record in between, on a page that the commit does not touch, and may have divided any bucket for it: nobody
/// can tell any more where the commit's own records belong, though its own header is what it was.
#[test]
fn what_another_program_adds_in_between_is_told() {
    let scratch = Scratch::new();
    let before = hash_of(&scratch, 1000..1300);
    scratch.make(1, &Model::new());
    let mut table = open(&scratch, Access::ReadWrite);
    let mut after = before.clone();
    for number in [1001, 1002, 1003] {
        put(&mut table, &mut after, &key(number), vec![7; LENGTH]);
    }
    let plan = table.plan().unwrap();
    assert_eq!(plan.steps.len(), 1, "{plan:?}");
    let touched: Vec<u64> = plan.writes().map(|write| write.offset).collect();
    assert!(touched.contains(&0) && touched.len() > 2);
    drop(table);
    // As far as to the first page.
    let mut left = 0;
    loop {
        let storage = Cut { copies: false, unit: 4096, ..Cut::after(left) };
        assert!(scratch.files(&storage).commit([plan.clone(), Plan::default()]).is_err());
        if seen(&scratch) != before {
            break;
        }
        scratch.files(&SystemStorage).recover().unwrap();
        left += 1;
    }
    scratch.files(&SystemStorage).can_recover().unwrap();
    // The other program's: as it writes it, without a journal.
    let mut others = open(&scratch, Access::ReadWrite);
    let new = (0..).map(key).find(|key| {
        let mark = others.savepoint();
        others.put(key, b"theirs").unwrap();
        let page = others
            .plan()
            .unwrap()
            .writes()
            .all(|write| write.offset == 0 || !touched.contains(&write.offset));
        others.rollback_to(&mark).unwrap();
        page
    });
    others.put(&new.unwrap(), b"theirs").unwrap();
    others.commit().unwrap();
    let refused = scratch.files(&SystemStorage).recover();
    assert!(matches!(refused, Err(Error::Foreign { .. })), "{refused:?}");
}

/// A page that was given back and is another bucket's: until all is written both lead there.
#[test]
fn an_overflow_page_that_goes_to_another_bucket() {
    let scratch = Scratch::new();
    let path = &scratch.paths[0];
    let file = SystemStorage.create(path).unwrap();
    let options = crate::hash::Options { page_size: 256, ..Default::default() };
    let mut table = Hash::create(file, path, options).unwrap();
    // Pages of two buckets that are full, one of which has an overflow page.
    for key in [[1, 0], [1, 64], [2, 0]] {
        table.put(&key, &[1; 150]).unwrap();
    }
    let mut count = 0_u32;
    for length in [12_000, 1_000, 200] {
        while table.put(format!("k{count}").as_bytes(), &vec![1; length]).is_ok() {
            count += 1;
        }
    }
    table.commit().unwrap();
    let start = table.savepoint();
    assert!(table.delete(&[1, 64]).unwrap());
    assert!(table.plan().unwrap().ordered);
    let taken = (64..=255).any(|last| {
        let mark = table.savepoint();
        table.put(&[2, last], &[2; 150]).unwrap();
        let ordered = table.plan().unwrap().ordered;
        assert!(ordered || table.check().unwrap().is_sound());
        table.rollback_to(&mark).unwrap();
        !ordered
    });
    assert!(taken);
    table.rollback_to(&start).unwrap();
}

/// Tables that contradict themselves: there is no order in what they have, and the file is copied.
#[test]
fn damaged_tables() {
    let scratch = Scratch::new();
    let path = &scratch.paths[0];
    let records: Vec<([u8; 2], Vec<u8>)> = (0..200).map(|last| ([1, last], vec![last; LENGTH])).collect();
    let fill = |table: &mut Table| {
        (0..).find(|number: &u32| {
            table.put(format!("more{number}").as_bytes(), &[3; 60]).unwrap();
            *number == 1000 || !table.plan().unwrap().ordered
        })
    };
    let make = || {
        let mut table = Hash::create(SystemStorage.create(path).unwrap(), path, Default::default()).unwrap();
        records.iter().for_each(|(key, value)| table.put(key, value).unwrap());
        table.commit().unwrap();
    };
    make();
    assert_eq!(fill(&mut open(&scratch, Access::ReadWrite)), Some(1000), "a sound one has an order");
    // A key that is there twice: in the new bucket as well.
    let mut bytes = std::fs::read(path).unwrap();
    let place = bytes
        .windows(LENGTH + 2)
        .position(|part| part[..LENGTH] == [78; LENGTH] && part[LENGTH..] == [1, 78])
        .unwrap();
    bytes[place + LENGTH + 1] = 14;
    std::fs::write(path, &bytes).unwrap();
    assert!(fill(&mut open(&scratch, Access::ReadWrite)) < Some(1000));
    // A bitmap at an address that is none.
    std::fs::remove_file(path).unwrap();
    make();
    let mut bytes = std::fs::read(path).unwrap();
    bytes[184..186].copy_from_slice(&[0xff, 0xff]);
    std::fs::write(path, &bytes).unwrap();
    let mut table = open(&scratch, Access::ReadWrite);
    assert!(records.iter().all(|(key, value)| table.put(key, value).is_ok()), "nothing is allocated");
    assert!(!table.plan().unwrap().ordered);
}
