//! Commits that are cut short at every step, with real files, as a killed program leaves them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::journal::Journal;
use super::*;
use crate::btree::plan::walk_as_mit;
use crate::btree::{BTree, Options, Order, Walk};
use crate::hash::Hash;
use crate::{Facts, PageFile, SystemStorage};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// The system's files until so many changes were made; none after that, as if the program had been killed.
#[derive(Debug, Clone)]
struct Cut {
    left: Arc<AtomicI64>,
    /// Fail once instead, and go on.
    once: bool,
    /// Bytes up to which files are copied whole.
    copies: bool,
}

impl Cut {
    fn after(left: i64) -> Self {
        Cut { left: Arc::new(AtomicI64::new(left)), once: false, copies: true }
    }

    fn step(&self) -> io::Result<()> {
        let left = self.left.fetch_sub(1, Ordering::Relaxed);
        match if self.once { left != 0 } else { left > 0 } {
            true => Ok(()),
            false => Err(io::Error::other("cut")),
        }
    }

    fn was_reached(&self) -> bool {
        self.left.load(Ordering::Relaxed) < 0
    }
}

#[derive(Debug)]
struct CutFile(StoredFile, Cut);

impl PageFile for CutFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, buffer)
    }
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.1.step()?;
        self.0.write_at(offset, bytes)
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn set_len(&mut self, length: u64) -> io::Result<()> {
        self.1.step()?;
        self.0.set_len(length)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.1.step()
    }
    fn stored_from(&self, offset: u64) -> io::Result<Option<std::ops::Range<u64>>> {
        self.0.stored_from(offset)
    }
}

impl Storage for Cut {
    fn find(&self, path: &Path) -> io::Result<Option<Facts>> {
        SystemStorage.find(path)
    }
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        SystemStorage.resolve(path)
    }
    fn open(&self, path: &Path, access: Access) -> io::Result<StoredFile> {
        Ok(Box::new(CutFile(SystemStorage.open(path, access)?, self.clone())))
    }
    fn create(&self, path: &Path) -> io::Result<StoredFile> {
        self.step()?;
        Ok(Box::new(CutFile(SystemStorage.create(path)?, self.clone())))
    }
    fn copy(&self, from: &Path, to: &Path, copying: Copying) -> io::Result<Option<StoredFile>> {
        self.step()?;
        if !self.copies {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let copy = SystemStorage.copy(from, to, copying)?;
        Ok(copy.map(|copy| Box::new(CutFile(copy, self.clone())) as StoredFile))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        SystemStorage.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        SystemStorage.remove(path)
    }
    fn sync_directory(&self, _: &Path) -> io::Result<()> {
        self.step()
    }
}

/// A directory with the two files.
struct Scratch {
    directory: tempfile::TempDir,
    paths: [PathBuf; 2],
    loaded: [PathBuf; 2],
    journal: PathBuf,
}

impl Scratch {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let paths = [path("p"), path("p.kadm5")];
        let (loaded, journal) = ([path("p~"), path("p~.kadm5")], path("p.journal"));
        Scratch { directory, paths, loaded, journal }
    }

    fn files<'a>(&'a self, storage: &'a dyn Storage) -> Files<'a> {
        let ([p, q], [l, m]) = (&self.paths, &self.loaded);
        Files { storage, paths: [p, q], loaded: [l, m], journal: &self.journal }
    }

    fn make(&self, file: usize, model: &Model) {
        let file = &self.paths[file];
        let _ = std::fs::remove_file(file);
        let options = Options { page_size: 512, ..Options::default() };
        let mut tree = BTree::create(SystemStorage.create(file).unwrap(), file, options).unwrap();
        for (key, value) in model {
            tree.put(key, value).unwrap();
        }
        tree.commit().unwrap();
    }

    fn tree(&self, file: usize, access: Access) -> BTree<StoredFile> {
        let path = &self.paths[file];
        BTree::open(SystemStorage.open(path, access).unwrap(), path, access).unwrap()
    }

    /// What is there by look-ups and by a walk forwards, as MIT's programs would find it.
    fn seen(&self, file: usize, names: &Model) -> (Model, Model) {
        let tree = self.tree(file, Access::ReadOnly);
        let by_name = names.keys().filter_map(|key| Some((key.clone(), tree.get(key).unwrap()?))).collect();
        (by_name, walk_as_mit(&tree))
    }

    fn all(&self, file: usize) -> Model {
        let tree = self.tree(file, Access::ReadOnly);
        let report = tree.check().unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
        tree.iter(Order::Forward, Walk::Tree).map(|r| r.unwrap()).map(|r| (r.key, r.value)).collect()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn key(number: u32) -> Vec<u8> {
    format!("k{number:05}").into_bytes()
}

fn model(numbers: impl IntoIterator<Item = u32>) -> Model {
    numbers.into_iter().map(|number| (key(number), vec![number as u8; 20 + number as usize % 60])).collect()
}

/// What is done to a tree, and to a model of it.
enum Do {
    Put(u32, usize),
    Delete(u32),
}

fn work(tree: &mut BTree<StoredFile>, model: &mut Model, doings: &[Do]) {
    for doing in doings {
        match doing {
            Do::Put(number, length) => {
                tree.put(&key(*number), &vec![1; *length]).unwrap();
                model.insert(key(*number), vec![1; *length]);
            }
            Do::Delete(number) => {
                assert!(tree.delete(&key(*number)).unwrap());
                model.remove(&key(*number));
            }
        }
    }
}

/// Changes of all kinds to a tree of three levels: one page, splits of leaves and of what is above them, leaves that go, values
/// on pages of their own, and long series.
fn series() -> Vec<(&'static str, Vec<Do>)> {
    let many = |count: u32, of: fn(u32) -> Do| (0..count).map(of).collect::<Vec<_>>();
    vec![
        ("a change", vec![Do::Put(500, 30)]),
        ("a new one", vec![Do::Put(2001, 3)]),
        ("a split", vec![Do::Put(501, 200), Do::Put(503, 200)]),
        ("a value of its own", vec![Do::Put(501, 3000)]),
        ("another one", vec![Do::Put(300, 3000)]),
        ("a leaf goes", many(24, |n| Do::Delete(400 + 2 * n))),
        ("leaves at the end go", many(60, |n| Do::Delete(1998 - 2 * n))),
        ("leaves at the beginning go", many(60, |n| Do::Delete(2 * n))),
        ("all of it goes", many(1000, |n| Do::Delete(2 * n))),
        ("many in a row", many(200, |n| Do::Put(3000 + n, 40))),
        ("many in between", many(200, |n| Do::Put(2 * n + 1, 40))),
        ("many everywhere", many(300, |n| Do::Put(n * 6 % 2000 + 1, 70))),
        (
            "some come, some go",
            (0..150)
                .map(|n| if n % 2 == 0 { Do::Delete(600 + 2 * n) } else { Do::Put(100 + 6 * n, 90) })
                .collect(),
        ),
        ("one goes and another comes beside it", vec![Do::Delete(700), Do::Put(701, 60)]),
    ]
}

/// Before the cut and after it: what both have is found at any time, and nothing is there that neither has.
fn assert_whole(scratch: &Scratch, before: &Model, after: &Model, what: &str) {
    let names: Model = before.iter().chain(after).map(|(key, value)| (key.clone(), value.clone())).collect();
    let (by_name, walked) = scratch.seen(0, &names);
    for (how, seen) in [("look-ups", by_name), ("walk", walked)] {
        for (key, value) in before {
            if after.get(key) == Some(value) {
                assert!(seen.get(key) == Some(value), "{what}: {how}: {}", String::from_utf8_lossy(key));
            } else if after.contains_key(key) {
                assert!(seen.contains_key(key), "{what}: {how}: {}", String::from_utf8_lossy(key));
            }
        }
        for (key, value) in &seen {
            assert!([before, after].iter().any(|model| model.get(key) == Some(value)), "{what}: {how}");
        }
    }
}

/// Cuts a commit after each of its steps, then lets it be finished; answers how many steps there were.
fn cut_everywhere(copies: bool, once: bool, what: &str, doings: &[Do]) -> i64 {
    let start = model((0..1000).map(|number| number * 2));
    let template = Scratch::new();
    template.make(0, &start);
    template.make(1, &Model::new());
    let mut left = 0;
    loop {
        let scratch = Scratch::new();
        for (from, to) in template.paths.iter().zip(&scratch.paths) {
            std::fs::copy(from, to).unwrap();
        }
        let mut after = start.clone();
        let mut tree = scratch.tree(0, Access::ReadWrite);
        work(&mut tree, &mut after, doings);
        let plan = tree.plan().unwrap();
        assert!(plan.ordered, "{what}");
        let storage = Cut { once, copies, ..Cut::after(left) };
        let done = scratch.files(&storage).commit([plan, Plan::default()]);
        drop(tree);
        let what = format!("{what}, {left}");
        if once {
            assert!(
                done.is_ok()
                    || scratch.all(0) == start
                    || matches!(done, Err(Error::Unsure { .. } | Error::Undecided { .. })),
                "{what}: {done:?}"
            );
        } else {
            assert!(done.is_ok() || storage.was_reached(), "{what}");
            assert_whole(&scratch, &start, &after, &what);
        }
        if done.is_ok() {
            assert!(scratch.all(0) == after, "{what}");
        }
        scratch.files(&SystemStorage).recover().unwrap_or_else(|error| panic!("{what}: {error}"));
        scratch.files(&SystemStorage).remove_copies(&[0, 1]).unwrap();
        let now = scratch.all(0);
        assert!(now == after || (now == start && done.is_err()), "{what}");
        assert_eq!(scratch.names(), ["p", "p.kadm5"], "{what}");
        if !storage.was_reached() {
            return left;
        }
        // All of the first steps, of long series some of the others.
        left += 1 + left / 40 * 11;
    }
}

#[test]
fn a_copy_is_seen_whole_or_not_at_all() {
    for (what, doings) in series() {
        assert!(cut_everywhere(true, false, what, &doings) >= 2, "{what}");
    }
}

#[test]
fn pages_in_their_places_are_found_at_every_step() {
    for (what, doings) in series() {
        let steps = cut_everywhere(false, false, what, &doings);
        assert!(steps >= 2, "{what}");
    }
}

#[test]
fn one_failure_anywhere_loses_nothing() {
    for (what, doings) in series().into_iter().take(7) {
        for copies in [false, true] {
            cut_everywhere(copies, true, what, &doings);
        }
    }
}

fn plan(scratch: &Scratch, file: usize, doings: &[Do]) -> (Plan, Model) {
    let mut tree = scratch.tree(file, Access::ReadWrite);
    let mut model = scratch.all(file);
    work(&mut tree, &mut model, doings);
    (tree.plan().unwrap(), model)
}

fn two_files() -> Scratch {
    let scratch = Scratch::new();
    scratch.make(0, &model(0..300));
    scratch.make(1, &model(0..20));
    scratch
}

/// Both files change: after the recovery both have changed or none has. In between the second may still be as before.
#[test]
fn both_files_change_or_none() {
    for copies in [true, false] {
        for left in 0.. {
            let scratch = two_files();
            let (before_first, before_second) = (scratch.all(0), scratch.all(1));
            let (first, after_first) = plan(&scratch, 0, &[Do::Put(7, 3), Do::Put(1000, 80)]);
            let (second, after_second) = plan(&scratch, 1, &[Do::Put(7, 200), Do::Put(1000, 80)]);
            let storage = Cut { copies, ..Cut::after(left) };
            let done = scratch.files(&storage).commit([first, second]);
            assert!(!scratch.all_or_between(0).is_empty() && !scratch.all_or_between(1).is_empty());
            let what = format!("{copies}, {left}: {done:?}");
            scratch.files(&SystemStorage).recover().unwrap_or_else(|error| panic!("{what}: {error}"));
            scratch.files(&SystemStorage).remove_copies(&[0, 1]).unwrap();
            let now = (scratch.all(0), scratch.all(1));
            assert!(
                now == (after_first, after_second) || (done.is_err() && now == (before_first, before_second)),
                "{what}"
            );
            assert_eq!(scratch.names(), ["p", "p.kadm5"], "{what}");
            if !storage.was_reached() {
                assert!(done.is_ok() && left > 5, "{what}");
                break;
            }
        }
    }
}

impl Scratch {
    /// What a walk as MIT's finds, at whatever moment.
    fn all_or_between(&self, file: usize) -> Model {
        walk_as_mit(&self.tree(file, Access::ReadOnly))
    }

    /// Cuts a commit of a change to the second file at the last step that leaves a journal of pages and the files in between.
    fn cut_between(&self) -> Model {
        let (change, after) = plan(self, 0, &[Do::Put(101, 90), Do::Put(102, 90), Do::Put(103, 90)]);
        let storage = Cut { copies: false, ..Cut::after(10) };
        self.files(&storage).commit([change, Plan::default()]).unwrap_err();
        assert!(self.journal.exists());
        after
    }
}

#[test]
fn what_another_program_wrote_since_is_kept() {
    let scratch = two_files();
    scratch.cut_between();
    let journal = std::fs::read(&scratch.journal).unwrap();
    let mut file = std::fs::read(&scratch.paths[0]).unwrap();
    // Every page of the journal is touched in turn; the others do not matter.
    let Ok(Journal::Pages { changes, .. }) = Journal::decode(&journal) else { panic!("no journal of pages") };
    for change in &changes {
        let at = change.offset as usize;
        let Some(byte) = file.get_mut(at + 1) else { continue };
        *byte ^= 0xa5;
        std::fs::write(&scratch.paths[0], &file).unwrap();
        let refused = scratch.files(&SystemStorage).recover();
        assert!(matches!(refused, Err(Error::Foreign { .. })), "{at}: {refused:?}");
        assert!(matches!(scratch.files(&SystemStorage).can_recover(), Err(Error::Foreign { .. })));
        assert!(std::fs::read(&scratch.journal).unwrap() == journal, "the journal stays");
        assert!(std::fs::read(&scratch.paths[0]).unwrap() == file, "and so does the file");
        file[at + 1] ^= 0xa5;
    }
    assert!(changes.len() > 2);
    scratch.files(&SystemStorage).forget().unwrap();
    assert!(!scratch.journal.exists());
}

#[test]
fn a_torn_page_is_made_whole() {
    let scratch = Scratch::new();
    let options = Options { page_size: 4096, ..Options::default() };
    let path = &scratch.paths[0];
    let mut tree = BTree::create(SystemStorage.create(path).unwrap(), path, options).unwrap();
    for number in 0..200 {
        tree.put(&key(number), &[7; 100]).unwrap();
    }
    tree.commit().unwrap();
    scratch.make(1, &Model::new());
    let before = std::fs::read(path).unwrap();
    let (change, after) = plan(&scratch, 0, &[Do::Put(50, 80), Do::Delete(51), Do::Put(52, 99)]);
    assert_eq!(change.writes().count(), 1, "one page");
    scratch.files(&SystemStorage).commit([change.clone(), Plan::default()]).unwrap();
    let whole = std::fs::read(path).unwrap();
    // The journal as it was before the page was written.
    std::fs::write(path, &before).unwrap();
    let storage = Cut { copies: false, ..Cut::after(4) };
    scratch.files(&storage).commit([change, Plan::default()]).unwrap_err();
    let journal = std::fs::read(&scratch.journal).unwrap();
    for torn in 0..256_usize {
        let mut file = before.clone();
        for (sector, (old, new)) in file.chunks_mut(512).zip(whole.chunks(512)).enumerate() {
            if torn >> (sector % 8) & 1 == 1 {
                old.copy_from_slice(new);
            }
        }
        std::fs::write(path, &file).unwrap();
        std::fs::write(&scratch.journal, &journal).unwrap();
        scratch.files(&SystemStorage).recover().unwrap();
        let now = std::fs::read(path).unwrap();
        assert!(now == whole || (file == before && now == before), "{torn:x}");
    }
    assert_eq!(scratch.all(0), after);
}

#[test]
fn a_journal_that_was_never_whole_is_nothing() {
    let scratch = two_files();
    let before = std::fs::read(&scratch.paths[0]).unwrap();
    for bytes in [&b""[..], b"k5jrnl\r\n", &[0; 700]] {
        std::fs::write(&scratch.journal, bytes).unwrap();
        assert!(scratch.files(&SystemStorage).is_cut_short().unwrap());
        assert_eq!(scratch.files(&SystemStorage).recover().unwrap(), Recovered::Before);
        assert!(!scratch.files(&SystemStorage).is_cut_short().unwrap());
    }
    assert!(std::fs::read(&scratch.paths[0]).unwrap() == before);
    assert_eq!(scratch.files(&SystemStorage).recover().unwrap(), Recovered::Nothing);
}

/// Keys that are deleted stay in no file that there was meanwhile.
#[test]
fn what_is_deleted_is_nowhere() {
    let secret = |bytes: &[u8]| bytes.windows(6).any(|window| window == b"SECRET");
    for copies in [true, false] {
        for delete in [true, false] {
            let scratch = two_files();
            let mut tree = scratch.tree(0, Access::ReadWrite);
            tree.put(&key(77), &b"SECRET".repeat(10)).unwrap();
            scratch.files(&SystemStorage).commit([tree.plan().unwrap(), Plan::default()]).unwrap();
            drop(tree);
            let mut old = std::fs::File::open(&scratch.paths[0]).unwrap();
            let mut tree = scratch.tree(0, Access::ReadWrite);
            if delete {
                tree.delete(&key(77)).unwrap();
            } else {
                tree.put(&key(77), b"other").unwrap();
            }
            let storage = Cut { copies, ..Cut::after(1000) };
            let plan = tree.plan().unwrap();
            drop(tree);
            // A second name for the journal would show what is left of it.
            scratch.files(&storage).commit([plan, Plan::default()]).unwrap();
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut old, &mut bytes).unwrap();
            assert!(!secret(&bytes), "the file as it was, copied: {copies}");
            assert!(!secret(&std::fs::read(&scratch.paths[0]).unwrap()));
        }
    }
}

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

/// A record that goes with its leaf and comes back in another one: for a moment it would be found in neither.
#[test]
fn a_record_that_moves_between_pages_asks_for_a_copy() {
    let scratch = Scratch::new();
    scratch.make(0, &model((0..1000).map(|number| number * 2)));
    scratch.make(1, &Model::new());
    let doings: Vec<Do> = (0..40).map(|n| Do::Delete(400 + 2 * n)).chain([Do::Put(440, 10)]).collect();
    let (change, after) = plan(&scratch, 0, &doings);
    assert!(!change.ordered);
    let storage = Cut { copies: false, ..Cut::after(1000) };
    let refused = scratch.files(&storage).commit([change.clone(), Plan::default()]);
    assert!(matches!(refused, Err(Error::Io { .. })), "{refused:?}");
    scratch.files(&SystemStorage).commit([change, Plan::default()]).unwrap();
    assert_eq!(scratch.all(0), after);
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

fn hash_of(scratch: &Scratch, numbers: impl IntoIterator<Item = u32>) -> Model {
    let path = &scratch.paths[0];
    let mut table = Hash::create(SystemStorage.create(path).unwrap(), path, Default::default()).unwrap();
    let model = model(numbers);
    for (key, value) in &model {
        table.put(key, value).unwrap();
    }
    table.commit().unwrap();
    model
}

#[test]
fn hash_files() {
    for (numbers, copies) in [(0..1, true), (0..1, false), (0..400, true)] {
        let mut left = 0;
        loop {
            let scratch = Scratch::new();
            let before = hash_of(&scratch, 1000..1300);
            scratch.make(1, &Model::new());
            let open = |access| {
                Hash::open(SystemStorage.open(&scratch.paths[0], access).unwrap(), &scratch.paths[0], access)
            };
            let mut table = open(Access::ReadWrite).unwrap();
            let mut after = before.clone();
            for (key, value) in model(numbers.clone()) {
                table.put(&key, &value).unwrap();
                after.insert(key, value);
            }
            let plan = table.plan().unwrap();
            assert_eq!(plan.ordered, numbers.len() == 1);
            drop(table);
            let storage = Cut { copies, ..Cut::after(left) };
            let done = scratch.files(&storage).commit([plan, Plan::default()]);
            let seen = || -> Model {
                open(Access::ReadOnly).unwrap().iter().map(|r| r.unwrap()).map(|r| (r.key, r.value)).collect()
            };
            assert!(seen() == before || seen() == after, "{left}");
            scratch.files(&SystemStorage).recover().unwrap();
            scratch.files(&SystemStorage).remove_copies(&[0]).unwrap();
            assert!(open(Access::ReadOnly).unwrap().check().unwrap().problems.is_empty(), "{left}");
            assert!(seen() == after || (done.is_err() && seen() == before), "{left}");
            if !storage.was_reached() {
                break;
            }
            left += 1;
        }
        assert!(left > 3);
    }
}
