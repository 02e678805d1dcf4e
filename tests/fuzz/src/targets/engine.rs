//! The storage engine beside a model: the input is a sequence of operations, and after each the file has what the model
//! has. Commits come with disks that fill up and writes that fail.

use std::collections::BTreeMap;
use std::path::Path;

use k5_bdb::btree::{self, BTree, Order, Walk};
use k5_bdb::hash::{self, Hash};
use k5_bdb::{Error, Fault, MemFile};
use k5_wire::ByteOrder;

use crate::Input;

type Model = BTreeMap<Vec<u8>, Vec<u8>>;
type Result<T> = std::result::Result<T, Error>;

/// What a model is compared with.
trait Engine: Sized {
    type Savepoint;
    fn create(file: MemFile, order: ByteOrder) -> Self;
    fn open(file: MemFile) -> Self;
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>>;
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()>;
    fn delete(&mut self, key: &[u8]) -> Result<bool>;
    fn commit(&mut self) -> Result<()>;
    fn rollback(&mut self);
    fn savepoint(&mut self) -> Self::Savepoint;
    fn rollback_to(&mut self, savepoint: &Self::Savepoint) -> Result<()>;
    fn release(&mut self, savepoint: Self::Savepoint) -> Result<()>;
    /// Sound, and the pairs of the model in every order that there is.
    fn has(&self, model: &Model);
}

/// Small pages, so that a short sequence makes several levels.
const PAGE: u32 = 512;

impl Engine for BTree<MemFile> {
    type Savepoint = btree::Savepoint;

    fn create(file: MemFile, order: ByteOrder) -> Self {
        let options = btree::Options { order, page_size: PAGE, cache_pages: 8 };
        BTree::create(file, Path::new("model"), options).expect("an empty file")
    }
    fn open(file: MemFile) -> Self {
        let tree = BTree::open_with_cache(file, Path::new("model"), btree::Access::ReadWrite, 8);
        tree.expect("what was committed opens")
    }
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        BTree::get(self, key)
    }
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        BTree::put(self, key, value)
    }
    fn delete(&mut self, key: &[u8]) -> Result<bool> {
        BTree::delete(self, key)
    }
    fn commit(&mut self) -> Result<()> {
        BTree::commit(self)
    }
    fn rollback(&mut self) {
        BTree::rollback(self);
    }
    fn savepoint(&mut self) -> Self::Savepoint {
        BTree::savepoint(self)
    }
    fn rollback_to(&mut self, savepoint: &Self::Savepoint) -> Result<()> {
        BTree::rollback_to(self, savepoint)
    }
    fn release(&mut self, savepoint: Self::Savepoint) -> Result<()> {
        BTree::release(self, savepoint)
    }

    fn has(&self, model: &Model) {
        let report = self.check().expect("a file in memory can be read");
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.records, report.unreachable), (model.len() as u64, 0), "{report:?}");
        for walk in [Walk::Siblings, Walk::Tree] {
            let forward = self.iter(Order::Forward, walk).map(pair);
            assert!(forward.eq(model.iter().map(cloned)), "forward by {walk:?}");
            let backward = self.iter(Order::Backward, walk).map(pair);
            assert!(backward.eq(model.iter().rev().map(cloned)), "backward by {walk:?}");
        }
    }
}

impl Engine for Hash<MemFile> {
    type Savepoint = hash::Savepoint;

    fn create(file: MemFile, order: ByteOrder) -> Self {
        let options = hash::Options { order, page_size: PAGE, cache_pages: 8 };
        Hash::create(file, Path::new("model"), options).expect("an empty file")
    }
    fn open(file: MemFile) -> Self {
        let table = Hash::open_with_cache(file, Path::new("model"), hash::Access::ReadWrite, 8);
        table.expect("what was committed opens")
    }
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Hash::get(self, key)
    }
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        Hash::put(self, key, value)
    }
    fn delete(&mut self, key: &[u8]) -> Result<bool> {
        Hash::delete(self, key)
    }
    fn commit(&mut self) -> Result<()> {
        Hash::commit(self)
    }
    fn rollback(&mut self) {
        Hash::rollback(self);
    }
    fn savepoint(&mut self) -> Self::Savepoint {
        Hash::savepoint(self)
    }
    fn rollback_to(&mut self, savepoint: &Self::Savepoint) -> Result<()> {
        Hash::rollback_to(self, savepoint)
    }
    fn release(&mut self, savepoint: Self::Savepoint) -> Result<()> {
        Hash::release(self, savepoint)
    }

    fn has(&self, model: &Model) {
        let report = self.check().expect("a file in memory can be read");
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.records, report.unreachable), (model.len() as u64, 0), "{report:?}");
        let mut pairs: Vec<_> = self.iter().map(pair).collect();
        pairs.sort();
        assert!(pairs.into_iter().eq(model.iter().map(cloned)));
    }
}

fn pair(record: Result<k5_bdb::btree::Record>) -> (Vec<u8>, Vec<u8>) {
    let record = record.expect("a sound file can be walked");
    (record.key, record.value)
}

fn cloned((key, value): (&Vec<u8>, &Vec<u8>)) -> (Vec<u8>, Vec<u8>) {
    (key.clone(), value.clone())
}

pub(super) fn btree(data: &[u8]) {
    Run::<BTree<MemFile>>::go(data);
}

pub(super) fn hash(data: &[u8]) {
    Run::<Hash<MemFile>>::go(data);
}

/// Longest sequence: what a file of that size shows, a shorter one shows too.
const LONGEST: usize = 200;

struct Run<E: Engine> {
    file: MemFile,
    engine: E,
    model: Model,
    /// What the file has; `None` before the first commit.
    committed: Option<Model>,
    savepoints: Vec<(E::Savepoint, Model)>,
}

impl<E: Engine> Run<E> {
    fn go(data: &[u8]) {
        let mut input = Input(data);
        let order = if input.byte() % 2 == 0 { ByteOrder::Little } else { ByteOrder::Big };
        let file = MemFile::new();
        let engine = E::create(file.clone(), order);
        let mut run = Run { file, engine, model: Model::new(), committed: None, savepoints: Vec::new() };
        for _ in 0..LONGEST {
            if input.is_empty() {
                break;
            }
            run.step(&mut input);
        }
        run.engine.has(&run.model);
        run.commit();
    }

    fn step(&mut self, input: &mut Input<'_>) {
        match input.byte() % 32 {
            0..=13 => {
                let (key, value) = (key(input), value(input));
                self.put(&key, value);
            }
            14..=22 => {
                let key = key(input);
                let there = self.model.remove(&key).is_some();
                assert_eq!(self.engine.delete(&key).expect("a sound file"), there);
                assert_eq!(self.engine.get(&key).expect("a sound file"), None);
            }
            23 => {
                let key = key(input);
                assert_eq!(self.engine.get(&key).expect("a sound file").as_ref(), self.model.get(&key));
            }
            24 => self.savepoints.push((self.engine.savepoint(), self.model.clone())),
            25 => {
                let keep = usize::from(input.byte()).min(self.savepoints.len());
                self.savepoints.truncate(keep);
                if let Some((savepoint, then)) = self.savepoints.last() {
                    self.engine.rollback_to(savepoint).expect("it has not ended");
                    self.model = then.clone();
                }
            }
            26 => {
                if let Some((savepoint, _)) = self.savepoints.pop() {
                    self.engine.release(savepoint).expect("it has not ended");
                }
            }
            27 => {
                self.engine.rollback();
                self.back();
            }
            28 => self.fail(Fault::Full(u64::from(input.short()))),
            29 => self.fail(Fault::Sync),
            _ => self.commit(),
        }
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>) {
        match self.engine.put(key, &value) {
            Ok(()) => {
                assert_eq!(self.engine.get(key).expect("a sound file").as_ref(), Some(&value));
                self.model.insert(key.to_vec(), value);
            }
            Err(Error::KeyLength { length, .. }) => assert!(length == 0 || length > 200, "{length}"),
            Err(Error::EmptyValue { .. }) => assert!(value.is_empty()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The state as it was committed.
    fn back(&mut self) {
        self.model = self.committed.clone().unwrap_or_default();
        self.savepoints.clear();
    }

    fn commit(&mut self) {
        self.engine.commit().expect("there is room in memory");
        self.committed = Some(self.model.clone());
        self.savepoints.clear();
        self.engine = E::open(self.file.clone());
        self.engine.has(&self.model);
    }

    /// A commit that fails leaves a full disk's file as it was, and the changes in memory: it can be done again.
    fn fail(&mut self, fault: Fault) {
        let before = self.file.contents();
        self.file.set_fault(Some(fault));
        let committed = self.engine.commit();
        self.file.set_fault(None);
        match committed {
            Ok(()) => {
                self.committed = Some(self.model.clone());
                self.savepoints.clear();
            }
            Err(Error::Io { .. }) => {
                if matches!(fault, Fault::Full(_)) {
                    assert!(self.file.contents() == before, "the file was changed");
                }
                self.engine.has(&self.model);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Keys that share beginnings, of lengths on both sides of every limit.
fn key(input: &mut Input<'_>) -> Vec<u8> {
    let (number, shape) = (input.byte(), input.byte());
    let length = match shape % 8 {
        0 => 0,
        1..=4 => usize::from(shape / 8),
        5 => 100,
        6 => 200 + usize::from(shape / 8),
        _ => 1000,
    };
    let mut key = vec![b'k'; length];
    if shape % 8 != 0 || number != 0 {
        key.insert(usize::from(shape % 2) * length, number);
    }
    key
}

fn value(input: &mut Input<'_>) -> Vec<u8> {
    let (byte, shape) = (input.byte(), input.byte());
    let length = match shape % 8 {
        0..=4 => usize::from(shape / 8),
        5 => 180 + usize::from(shape),
        6 => usize::from(shape) * 8,
        _ => 3000,
    };
    vec![byte; length]
}
