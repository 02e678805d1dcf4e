//! What another program does to the files between a commit that is cut short and its recovery. It writes as MIT's programs do, in
//! place and without a journal.

use super::super::journal::{Change, Journal};
use super::hash::{Table, open, small_table};
use super::*;

/// A table in which the keys that begin with 1 are in one bucket, and stay there.
fn table(scratch: &Scratch, records: &[(&[u8], usize)]) -> Table {
    let table = small_table(scratch, records);
    scratch.make(1, &Model::new());
    table
}

/// Kills a commit after so many changes to files, page by page, behind the one that makes the journal whole; `false` if it is over
/// before that.
fn cut(scratch: &Scratch, plan: &Plan, after: i64) -> bool {
    let storage = |left| Cut { copies: false, unit: 4096, ..Cut::after(left) };
    let begin = |left| scratch.files(&storage(left)).commit([plan.clone(), Plan::default()]);
    let is_whole = || {
        let journal = std::fs::read(&scratch.journal).unwrap_or_default();
        Journal::decode(&journal).is_ok()
    };
    scratch.files(&SystemStorage).forget().unwrap();
    let whole = (0..).find(|left| {
        begin(*left).unwrap_err();
        let found = is_whole();
        scratch.files(&SystemStorage).forget().unwrap();
        found
    });
    begin(whole.unwrap() + after).is_err() && is_whole()
}

fn recover(scratch: &Scratch) -> Result<Recovered> {
    let can = scratch.files(&SystemStorage).can_recover();
    let recovered = scratch.files(&SystemStorage).recover();
    assert_eq!(can.is_ok(), recovered.is_ok());
    match &recovered {
        Ok(_) => assert!(!scratch.journal.exists()),
        Err(error) => assert!(matches!(error, Error::Foreign { .. }), "{error}"),
    }
    recovered
}

fn bytes(scratch: &Scratch) -> Vec<u8> {
    std::fs::read(&scratch.paths[0]).unwrap()
}

/// Another program divides a leaf, and its new page stands where the commit's first new one would.
#[test]
fn pages_added_in_the_places_of_ours() {
    let (mut before, mut after, mut in_our_places) = (0, 0, 0);
    for (left, at) in (0..20).flat_map(|left| (0..30).map(move |at| (left, at * 10))) {
        let scratch = two_files();
        let many: Vec<Do> = (1001..1006).map(|number| Do::Put(number, 400)).collect();
        let (plan, ours) = plan(&scratch, 0, &many);
        let length = bytes(&scratch).len();
        let end = plan.writes().map(|write| write.offset as usize + write.bytes.len()).max().unwrap();
        assert!(end > length + 2 * PAGE);
        if !cut(&scratch, &plan, left) {
            break;
        }
        let mut tree = scratch.tree(0, Access::ReadWrite);
        let name = |number: u32| format!("k{at:05}x{number}").into_bytes();
        let theirs: Vec<_> = (0..3).map(name).collect();
        theirs.iter().for_each(|key| tree.put(key, &[9; 100]).unwrap());
        tree.commit().unwrap();
        let walked = walk_as_mit(&scratch.tree(0, Access::ReadOnly));
        let then = bytes(&scratch);
        match recover(&scratch) {
            Ok(Recovered::Before) => {
                before += 1;
                in_our_places += usize::from(length < then.len() && then.len() < end);
            }
            Ok(_) => after += 1,
            Err(_) => {
                assert!(bytes(&scratch) == then, "it is kept as it is");
                continue;
            }
        }
        let tree = scratch.tree(0, Access::ReadOnly);
        assert!(tree.check().unwrap().is_sound(), "{left}, {at}");
        for (key, value) in &walked {
            let now = tree.get(key).unwrap();
            assert!(now.as_ref() == Some(value) || now.as_ref() == ours.get(key), "{left}, {at}");
        }
    }
    assert!(before > 5 && after > 5 && in_our_places > 5, "{before}, {after}, {in_our_places}");
}

/// A table that another program has let grow, by a bucket without records say, is not cut back.
#[test]
fn a_table_that_has_grown_keeps_its_length() {
    for grown in [false, true] {
        let scratch = Scratch::new();
        drop(table(&scratch, &[(&[1, 0], 3000)]));
        let mut file = bytes(&scratch);
        let length = file.len();
        let change = |offset: usize, before: Vec<u8>, after: Vec<u8>| Change {
            file: 0,
            step: 0,
            offset: offset as u64,
            before,
            after,
        };
        let mut header = file[..248].to_vec();
        header[47] += 1;
        let changes = vec![
            change(length, Vec::new(), vec![7; 4096]),
            change(4096, file[4096..8192].to_vec(), vec![7; 4096]),
            change(0, file[..248].to_vec(), header),
        ];
        let journal = Journal::Pages { lengths: [Some(length as u64), None], changes };
        std::fs::write(&scratch.journal, journal.encode()).unwrap();
        file.resize(length + 4096, 0);
        file[47] += if grown { 4 } else { 0 };
        std::fs::write(&scratch.paths[0], &file).unwrap();
        assert_eq!(recover(&scratch).unwrap(), Recovered::Before);
        assert_eq!(bytes(&scratch).len(), length + if grown { 4096 } else { 0 });
    }
}

/// A table that is damaged since cannot be counted, and does not keep the journal for ever.
#[test]
fn a_table_whose_header_is_damaged_is_not_counted() {
    let scratch = Scratch::new();
    let mut ours = table(&scratch, &[(&[1, 0], 20), (&[4, 64], 20)]);
    ours.put(&[1, 64], &[7; 20]).unwrap();
    let plan = ours.plan().unwrap();
    drop(ours);
    assert_eq!(plan.steps.len(), 2, "{plan:?}");
    assert!(cut(&scratch, &plan, 0));
    let mut file = bytes(&scratch);
    for write in plan.writes().filter(|write| write.offset > 0) {
        file[write.offset as usize..][..write.bytes.len()].copy_from_slice(&write.bytes);
    }
    for (at, value) in [(0, b'x'), (31, 200)] {
        let mut damaged = file.clone();
        damaged[at] = value;
        let journal = std::fs::read(&scratch.journal).unwrap();
        std::fs::write(&scratch.paths[0], &damaged).unwrap();
        assert_eq!(recover(&scratch).unwrap(), Recovered::After);
        assert!(bytes(&scratch) == damaged);
        std::fs::write(&scratch.journal, journal).unwrap();
    }
}

/// What shows that another program was at a bucket: the headers of its other pages.
#[test]
fn the_other_pages_of_a_bucket_are_in_the_journal() {
    let scratch = Scratch::new();
    let records: [(&[u8], usize); 4] = [(&[1, 0], 3000), (&[1, 64], 1500), (&[1, 128], 1500), (&[4, 64], 20)];
    let mut ours = table(&scratch, &records);
    for (key, length) in [([1, 128], 1500), ([4, 64], 20)] {
        ours.put(&key, &vec![7; length]).unwrap();
    }
    let mut lengths: Vec<usize> = ours.plan().unwrap().writes().map(|write| write.bytes.len()).collect();
    lengths.sort_unstable();
    assert_eq!(lengths, [14, 248, 4096, 4096]);
}

/// The same in a hash table, of which the last page was free and not in the file.
#[test]
fn overflow_pages_taken_in_the_places_of_ours() {
    let scratch = Scratch::new();
    let path = &scratch.paths[0];
    let mut file = table(&scratch, &[(&[1, 2], 2550), (&[1, 0], 10)]);
    let mut put = |key: [u8; 2], length: usize| {
        file.put(&key, &vec![1; length]).unwrap();
        file.commit().unwrap();
    };
    (0..41).for_each(|last| put([4, 4 * last], 60));
    for length in [2550, 10] {
        put([1, 0], length);
    }
    put([1, 0], 2550);
    for (last, length) in [(64, 1400), (66, 1400), (66, 1600), (64, 1600), (64, 1400)] {
        put([1, last], length);
    }
    drop(file);
    let mut short = bytes(&scratch);
    let used = short.iter().rposition(|byte| *byte != 0).unwrap() / 4096 * 4096 + 4096;
    short.truncate(used);
    std::fs::write(path, &short).unwrap();
    let mut file = open(&scratch, Access::ReadWrite);
    assert!(file.check().unwrap().is_sound());
    file.put(&[4, 4 * 41], &[7; 20]).unwrap();
    let plan = file.plan().unwrap();
    drop(file);
    for left in 0..6 {
        std::fs::write(path, &short).unwrap();
        if !cut(&scratch, &plan, left) {
            break;
        }
        let mut theirs = open(&scratch, Access::ReadWrite);
        theirs.put(&[1, 64], &[9; 1600]).unwrap();
        theirs.commit().unwrap();
        drop(theirs);
        if recover(&scratch).is_err() {
            scratch.files(&SystemStorage).forget().unwrap();
            continue;
        }
        let now = open(&scratch, Access::ReadOnly);
        assert_eq!(now.get(&[1, 64]).unwrap(), Some(vec![9; 1600]), "{left}");
        assert!(now.check().unwrap().is_sound(), "{left}");
    }
}

/// The very record that the commit was to add, on another page of its bucket; and as many records as the commit would have made it.
#[test]
fn the_same_record_is_added() {
    let scratch = Scratch::new();
    let records: [(&[u8], usize); 3] = [(&[1, 0], 3000), (&[1, 64], 2000), (&[1, 128], 1500)];
    let mut ours = table(&scratch, &records);
    let before = bytes(&scratch);
    ours.put(&[1, 192], &[7; 900]).unwrap();
    let plan = ours.plan().unwrap();
    drop(ours);
    assert!(cut(&scratch, &plan, 0));
    assert!(bytes(&scratch) == before && scratch.journal.exists(), "nothing has begun");
    let mut theirs = open(&scratch, Access::ReadWrite);
    theirs.put(&[1, 192], &[9; 50]).unwrap();
    theirs.commit().unwrap();
    drop(theirs);
    assert_eq!(recover(&scratch).unwrap(), Recovered::Before);
    let now = open(&scratch, Access::ReadOnly);
    assert_eq!(now.get(&[1, 192]).unwrap(), Some(vec![9; 50]));
    assert!(now.check().unwrap().is_sound());
}

/// One of two pages is written; what the other program does leaves the header as it was.
#[test]
fn changes_that_no_header_shows() {
    let (mut between, mut refused) = (0, 0);
    let records: [(&[u8], usize); 5] =
        [(&[1, 0], 3000), (&[1, 64], 2000), (&[1, 128], 1500), (&[2, 0], 20), (&[4, 64], 20)];
    for (left, adds) in (0..8).flat_map(|left| [(left, true), (left, false)]) {
        let scratch = Scratch::new();
        let mut ours = table(&scratch, &records);
        let before = bytes(&scratch);
        ours.put(&[1, 192], &[7; 900]).unwrap();
        ours.put(&[4, 64], &[7; 20]).unwrap();
        let plan = ours.plan().unwrap();
        drop(ours);
        if !cut(&scratch, &plan, left) {
            break;
        }
        let mut theirs = open(&scratch, Access::ReadWrite);
        let has_begun = bytes(&scratch) != before;
        let had = theirs.get(&[1, 192]).unwrap();
        if adds {
            theirs.put(&[1, 192], &[9; 50]).unwrap();
        }
        // A page that leaves the chain stays as it is.
        theirs.delete(&[2, 0]).unwrap();
        if !adds {
            theirs.put(&[2, 64], &[1; 20]).unwrap();
        }
        theirs.commit().unwrap();
        drop(theirs);
        let then = bytes(&scratch);
        match recover(&scratch) {
            Ok(_) => {
                let now = open(&scratch, Access::ReadOnly);
                let report = now.check().unwrap();
                let twice = report.problems.iter().any(|problem| problem.what.contains("twice"));
                assert!(!twice, "{left}, {adds}: {report:?}");
                let found = now.get(&[1, 192]).unwrap();
                assert!(!adds || found == Some(vec![9; 50]), "{left}: had {had:?}, has {found:?}");
                between += usize::from(has_begun);
            }
            Err(_) => {
                assert!(has_begun, "{left}, {adds}");
                refused += 1;
                assert!(bytes(&scratch) == then);
            }
        }
    }
    assert!(between > 0 && refused > 0, "{between}, {refused}");
}

/// The page to which the commit adds a record is taken out of its chain: by a write of the page before it.
#[test]
fn a_page_that_leaves_its_chain() {
    for begun in [false, true] {
        let scratch = Scratch::new();
        // A free page before it, so that the hint in the header stays.
        let records: [(&[u8], usize); 5] =
            [(b"big", 3800), (&[1, 0], 3000), (&[1, 64], 1500), (&[4, 64], 20), (&[2, 0], 20)];
        let mut ours = table(&scratch, &records);
        ours.delete(b"big").unwrap();
        ours.commit().unwrap();
        ours.put(&[1, 128], &[7; 1200]).unwrap();
        ours.put(&[4, 64], &[7; 20]).unwrap();
        let plan = ours.plan().unwrap();
        drop(ours);
        assert!(cut(&scratch, &plan, 0));
        let mut file = bytes(&scratch);
        let pages: Vec<&Write> = plan.writes().filter(|write| write.bytes.len() == 4096).collect();
        let [overflow, other] = pages.as_slice() else { panic!("{plan:?}") };
        let (overflow, other) = if overflow.bytes[10] == 4 { (overflow, other) } else { (other, overflow) };
        if begun {
            file[other.offset as usize..][..4096].copy_from_slice(&other.bytes);
            std::fs::write(&scratch.paths[0], &file).unwrap();
        }
        let place = overflow.offset as usize..overflow.offset as usize + 4096;
        let mut theirs = open(&scratch, Access::ReadWrite);
        theirs.delete(&[1, 64]).unwrap();
        theirs.put(&[0, 2], &[9; 50]).unwrap();
        theirs.commit().unwrap();
        drop(theirs);
        // MIT's programs leave its bytes as they are.
        let mut now = bytes(&scratch);
        now[place.clone()].copy_from_slice(&file[place]);
        std::fs::write(&scratch.paths[0], &now).unwrap();
        let result = recover(&scratch);
        match result {
            Ok(done) => {
                assert!(!begun);
                assert_eq!(done, Recovered::Before);
                assert_eq!(open(&scratch, Access::ReadOnly).get(&[0, 2]).unwrap(), Some(vec![9; 50]));
            }
            Err(_) => assert!(begun),
        }
    }
}

/// A lockout field of somebody else's, by which MIT's programs let the table grow: before the first page of the commit is written, or
/// after the last one, that is no harm.
#[test]
fn another_record_is_replaced_and_the_table_grows() {
    let numbers = 1000..1300_u32;
    let value = |number: u32| vec![number as u8; 170];
    let mut seen = [0; 3];
    for left in 0.. {
        let scratch = Scratch::new();
        let names: Vec<Vec<u8>> = numbers.clone().map(key).collect();
        let records: Vec<(&[u8], usize)> = names.iter().map(|name| (name.as_slice(), 170)).collect();
        let mut ours = table(&scratch, &records);
        // In pages without room to spare nothing moves; the number of pairs changes.
        for number in [1001, 1002] {
            ours.put(&key(number), &value(7)).unwrap();
        }
        assert!(ours.delete(&key(1003)).unwrap());
        let plan = ours.plan().unwrap();
        assert_eq!(plan.steps.len(), 2, "{plan:?}");
        let touched: Vec<u64> = plan.writes().map(|write| write.offset).collect();
        drop(ours);
        if !cut(&scratch, &plan, left) {
            break;
        }
        let mut theirs = open(&scratch, Access::ReadWrite);
        let theirs_only = |theirs: &Table| {
            let plan = theirs.plan().unwrap();
            plan.writes().all(|write| write.offset == 0 || !touched.contains(&write.offset))
        };
        let mut found = None;
        for new in (0..).map(key) {
            let mark = theirs.savepoint();
            theirs.put(&new, b"theirs").unwrap();
            if theirs_only(&theirs) {
                found = Some(new);
                break;
            }
            theirs.rollback_to(&mark).unwrap();
        }
        theirs.commit().unwrap();
        drop(theirs);
        let result = recover(&scratch);
        let now = open(&scratch, Access::ReadOnly);
        assert_eq!(now.get(&found.unwrap()).unwrap(), Some(b"theirs".to_vec()), "{left}");
        let changed = [1001, 1002].map(|number| now.get(&key(number)).unwrap() == Some(value(7)));
        let gone = now.get(&key(1003)).unwrap().is_none();
        match result {
            Ok(Recovered::Before) => {
                assert!(changed == [false, false] && !gone, "{left}");
                assert!(now.check().unwrap().is_sound(), "{left}");
                seen[0] += 1;
            }
            Ok(_) => {
                assert!(changed == [true, true] && gone, "{left}");
                let report = now.check().unwrap();
                assert!(report.is_sound(), "{left}: the pairs are counted again {report:?}");
                seen[1] += 1;
            }
            Err(_) => seen[2] += 1,
        }
    }
    assert!(seen.iter().all(|times| *times > 0), "{seen:?}");
}

/// The header is in the journal of two pages too: a table that grew since may want their records elsewhere.
#[test]
fn two_pages_and_a_table_that_grew() {
    let scratch = Scratch::new();
    let records: [(&[u8], usize); 3] = [(&[1, 0], 20), (&[2, 0], 20), (&[4, 0], 20)];
    let mut ours = table(&scratch, &records);
    ours.put(&[1, 0], &[7; 20]).unwrap();
    ours.put(&[2, 0], &[7; 20]).unwrap();
    let plan = ours.plan().unwrap();
    drop(ours);
    let pages = plan.writes().filter(|write| write.bytes.len() == 4096).count();
    assert_eq!(pages, 2, "{plan:?}");
    let before = bytes(&scratch);
    for left in 0.. {
        std::fs::write(&scratch.paths[0], &before).unwrap();
        assert!(cut(&scratch, &plan, left));
        let now = bytes(&scratch);
        if now != before {
            break;
        }
        scratch.files(&SystemStorage).forget().unwrap();
    }
    let mut file = bytes(&scratch);
    // One more pair, as after any addition.
    file[47] ^= 4;
    std::fs::write(&scratch.paths[0], &file).unwrap();
    recover(&scratch).unwrap_err();
    file[47] ^= 4;
    std::fs::write(&scratch.paths[0], &file).unwrap();
    assert_eq!(recover(&scratch).unwrap(), Recovered::After);
}

/// What no step of a commit leaves: a page of a later one is there, one of an earlier one is not.
#[test]
fn what_comes_in_another_order_is_not_ours() {
    let scratch = two_files();
    let (plan, _) = plan(&scratch, 0, &[Do::Put(1001, 400), Do::Put(1002, 60), Do::Put(1003, 60)]);
    assert!(plan.steps.len() > 1, "{plan:?}");
    let before = bytes(&scratch);
    assert!(cut(&scratch, &plan, 0));
    let journal = std::fs::read(&scratch.journal).unwrap();
    let Ok(Journal::Pages { changes, .. }) = Journal::decode(&journal) else { panic!("no journal of pages") };
    let mut ordered = before.clone();
    for change in &changes {
        let mut file = before.clone();
        for bytes in [&mut file, &mut ordered] {
            let end = change.offset as usize + change.after.len();
            bytes.resize(bytes.len().max(end), 0);
            bytes[change.offset as usize..end].copy_from_slice(&change.after);
        }
        for (bytes, is_ours) in [(&file, change.step == changes[0].step), (&ordered, true)] {
            std::fs::write(&scratch.paths[0], bytes).unwrap();
            assert_eq!(scratch.files(&SystemStorage).can_recover().is_ok(), is_ours, "step {}", change.step);
        }
    }
}

/// Sectors of a page that is not new are never just zero, and no file of ours gets shorter.
#[test]
fn what_is_lost_is_told() {
    let scratch = two_files();
    let (plan, _) = plan(&scratch, 0, &[Do::Put(101, 90), Do::Put(102, 90), Do::Put(103, 90)]);
    let before = bytes(&scratch);
    let file = (0..)
        .map(|left| {
            std::fs::write(&scratch.paths[0], &before).unwrap();
            assert!(cut(&scratch, &plan, left));
            bytes(&scratch)
        })
        .find(|file| *file != before)
        .unwrap();
    let journal = std::fs::read(&scratch.journal).unwrap();
    let Ok(Journal::Pages { changes, .. }) = Journal::decode(&journal) else { panic!("no journal of pages") };
    let old = changes.iter().find(|change| change.before.len() == PAGE && change.offset > 0).unwrap();
    let mut lost = file.clone();
    lost[old.offset as usize..][..PAGE].fill(0);
    let last = changes.iter().filter(|change| !change.before.is_empty()).map(|change| change.offset).max();
    let short = &file[..last.unwrap() as usize + 1];
    for damaged in [lost.as_slice(), short] {
        std::fs::write(&scratch.paths[0], damaged).unwrap();
        recover(&scratch).unwrap_err();
        assert!(bytes(&scratch) == damaged);
    }
    std::fs::write(&scratch.paths[0], &file).unwrap();
    recover(&scratch).unwrap();
    assert!(bytes(&scratch) == before);
}
