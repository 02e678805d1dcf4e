//! Which way a commit takes, and what it costs.

use super::*;

#[test]
fn links_of_both_kinds() {
    let scratch = two_files();
    let elsewhere = scratch.directory.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::rename(&scratch.paths[0], elsewhere.join("real")).unwrap();
    std::os::unix::fs::symlink("elsewhere/real", &scratch.paths[0]).unwrap();
    let (change, after) = plan(&scratch, 0, &[Do::Put(1001, 90)]);
    scratch.files(&SystemStorage).commit([change, Plan::default()]).unwrap();
    assert!(scratch.paths[0].symlink_metadata().unwrap().is_symlink());
    assert_eq!(scratch.all(0), after);
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 1);

    std::fs::hard_link(elsewhere.join("real"), elsewhere.join("twin")).unwrap();
    let (change, _) = plan(&scratch, 0, &[Do::Put(1002, 90)]);
    let refused = scratch.files(&SystemStorage).commit([change, Plan::default()]).unwrap_err();
    assert!(matches!(refused, Error::HardLinks { links: 2, .. }), "{refused}");
    assert_eq!(scratch.all(0), after);
}

/// Neither a copy nor a journal can be written, as on a full disk: the message says that nothing was changed.
#[test]
fn a_journal_that_cannot_be_written() {
    let scratch = two_files();
    let before = [scratch.all(0), scratch.all(1)];
    let (change, _) = plan(&scratch, 0, &[Do::Put(1001, 90), Do::Delete(9)]);
    let refused = scratch.files(&Cut::after(0)).commit([change, Plan::default()]).unwrap_err();
    let told =
        format!("{}: cannot write the journal, and nothing was changed: cut", scratch.journal.display());
    assert_eq!(refused.to_string(), told);
    assert_eq!([scratch.all(0), scratch.all(1)], before);
    assert_eq!(scratch.names(), ["p", "p.kadm5"]);
}

/// A change within one sector is one write and one sync.
#[test]
fn a_small_change_costs_one_sync() {
    let scratch = two_files();
    let mut tree = scratch.tree(0, Access::ReadWrite);
    let mut value = tree.get(&key(9)).unwrap().unwrap();
    value[0] ^= 1;
    tree.put(&key(9), &value).unwrap();
    let storage = Cut::after(1000);
    scratch.files(&storage).commit([tree.plan().unwrap(), Plan::default()]).unwrap();
    assert_eq!(storage.left.load(Ordering::Relaxed), 998);
    assert_eq!(scratch.all(0)[&key(9)], value);
}

/// A write past the end of a file differs from nothing there, and is made all the same.
#[test]
fn one_write_past_the_end_is_no_small_change() {
    let scratch = two_files();
    let end = std::fs::metadata(&scratch.paths[0]).unwrap().len();
    let step = vec![Write { offset: end, bytes: vec![7; PAGE] }];
    let plan = Plan { steps: vec![step], ordered: true, ..Plan::default() };
    scratch.files(&SystemStorage).commit([plan, Plan::default()]).unwrap();
    assert_eq!(std::fs::read(&scratch.paths[0]).unwrap()[end as usize..], [7; PAGE]);
}

/// A record that finds room on its page costs two syncs, and any sectors of the two writes leave the file as before or as after.
#[test]
fn a_new_record_costs_two_syncs() {
    let scratch = Scratch::new();
    let path = &scratch.paths[0];
    let options = Options { page_size: 4096, ..Options::default() };
    let mut tree = BTree::create(SystemStorage.create(path).unwrap(), path, options).unwrap();
    let mut after = model(0..20);
    for (key, value) in &after {
        tree.put(key, value).unwrap();
    }
    tree.commit().unwrap();
    scratch.make(1, &Model::new());
    let before = std::fs::read(path).unwrap();
    let old = after.clone();
    // More than a sector, and before most of the others.
    work(&mut tree, &mut after, &[Do::Put(100, 1500)]);
    tree.put(b"a", b"first").unwrap();
    after.insert(b"a".to_vec(), b"first".to_vec());
    let plan = tree.plan().unwrap();
    drop(tree);
    assert!(plan.sectors && plan.ordered && !plan.removes);
    let storage = Cut::after(1000);
    scratch.files(&storage).commit([plan.clone(), Plan::default()]).unwrap();
    assert_eq!(storage.left.load(Ordering::Relaxed), 996, "two writes, two syncs");
    assert!(scratch.all(0) == after);
    let [items, head] = &plan.steps[..] else { panic!("{plan:?}") };
    let write = |file: &mut [u8], write: &Write, sectors: u32| {
        for (at, byte) in (write.offset as usize..).zip(&write.bytes) {
            if sectors >> (at / 512 % 8) & 1 == 1 {
                file[at] = *byte;
            }
        }
    };
    for sectors in 0..256 {
        let mut file = before.clone();
        write(&mut file, &items[0], sectors);
        std::fs::write(path, &file).unwrap();
        assert!(scratch.all(0) == old, "{sectors:x}");
        write(&mut file, &items[0], 255);
        write(&mut file, &head[0], sectors);
        std::fs::write(path, &file).unwrap();
        assert!(scratch.all(0) == if sectors & 1 == 1 { after.clone() } else { old.clone() }, "{sectors:x}");
    }
}

/// A file is copied where it is small, where most of it changes, where a journal would be too long, and where its pages come in no
/// order in which they could be written.
#[test]
fn what_is_copied() {
    let scratch = two_files();
    let way = |length: u64, written: usize, ordered: bool| {
        std::fs::File::options().write(true).open(&scratch.paths[0]).unwrap().set_len(length).unwrap();
        let step = vec![Write { offset: 0, bytes: vec![0; written] }];
        let plan = Plan { steps: vec![step], ordered, ..Plan::default() };
        scratch.files(&SystemStorage).copying(0, &plan).unwrap()
    };
    let (small, large) = (2 << 20, 3 << 20);
    assert_eq!(way(small, PAGE, true), Copying::Whole);
    assert_eq!(way(small + 1, PAGE, true), Copying::Shared);
    assert_eq!(way(large, PAGE, false), Copying::Whole);
    assert_eq!(way(large, (1 << 20) - 1, true), Copying::Shared);
    assert_eq!(way(large, 1 << 20, true), Copying::Whole);
    let longest = usize::try_from(journal::MAX / 3).unwrap();
    assert_eq!(way(1 << 40, longest, true), Copying::Shared);
    assert_eq!(way(1 << 40, longest + 1, true), Copying::Whole);
}
