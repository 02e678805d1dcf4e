//! Commits that are cut short at every step, with real files, as a killed program leaves them.

mod hash;
mod others;
mod recovery;
mod steps;
mod ways;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::btree::plan::walk_as_mit;
use crate::btree::{BTree, Options, Order, Walk};
use crate::{Facts, PageFile, SystemStorage};

/// Bytes of a page of these files.
const PAGE: usize = 512;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

/// The system's files until so many changes were made; none after that, as if the program had been killed.
#[derive(Debug, Clone)]
struct Cut {
    left: Arc<AtomicI64>,
    /// Fail once instead, and go on.
    once: bool,
    /// Bytes up to which files are copied whole.
    copies: bool,
    /// Bytes of a write between which a kill may come.
    unit: usize,
    /// A disk without room instead: removals and syncs go on.
    full: bool,
    /// What was done: a word and the file's name.
    done: Arc<Mutex<Vec<String>>>,
}

impl Cut {
    fn after(left: i64) -> Self {
        Cut {
            left: Arc::new(AtomicI64::new(left)),
            once: false,
            copies: true,
            unit: usize::MAX,
            full: false,
            done: Arc::default(),
        }
    }

    fn step(&self) -> io::Result<()> {
        let left = self.left.fetch_sub(1, Ordering::Relaxed);
        match if self.once { left != 0 } else { left > 0 } {
            true => Ok(()),
            false => Err(io::Error::other("cut")),
        }
    }

    fn step_without_room(&self) -> io::Result<()> {
        if self.full { Ok(()) } else { self.step() }
    }

    fn note(&self, what: &str, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.done.lock().unwrap().push(format!("{what} {name}"));
    }

    fn was_reached(&self) -> bool {
        self.left.load(Ordering::Relaxed) < 0
    }
}

#[derive(Debug)]
struct CutFile(StoredFile, Cut, PathBuf);

impl PageFile for CutFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, buffer)
    }
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let unit = self.1.unit;
        for (page, offset) in bytes.chunks(unit).zip((offset..).step_by(unit)) {
            self.1.step()?;
            self.1.note("write", &self.2);
            self.0.write_at(offset, page)?;
        }
        Ok(())
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn set_len(&mut self, length: u64) -> io::Result<()> {
        self.1.step()?;
        self.0.set_len(length)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.1.note("sync", &self.2);
        self.1.step_without_room()
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
        Ok(Box::new(CutFile(SystemStorage.open(path, access)?, self.clone(), path.to_owned())))
    }
    fn create(&self, path: &Path) -> io::Result<StoredFile> {
        self.step()?;
        Ok(Box::new(CutFile(SystemStorage.create(path)?, self.clone(), path.to_owned())))
    }
    fn copy(&self, from: &Path, to: &Path, copying: Copying) -> io::Result<Option<StoredFile>> {
        self.step()?;
        if !self.copies {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let copy = SystemStorage.copy(from, to, copying)?;
        Ok(copy.map(|copy| Box::new(CutFile(copy, self.clone(), to.to_owned())) as StoredFile))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        SystemStorage.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step_without_room()?;
        SystemStorage.remove(path)
    }
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.note("sync directory of", path);
        self.step_without_room()
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
        let options = Options { page_size: PAGE as u32, ..Options::default() };
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
        assert_eq!(report.unreachable, 0, "no page is left that nothing leads to");
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
