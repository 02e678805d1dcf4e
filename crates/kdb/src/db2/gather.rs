//! The records of a load on their way into a B-tree, in whatever order they come.
//!
//! They wait in memory. When that is full and they have come in the order of their keys, they go straight into pages
//! that are written once, and so do those behind them. Else they are sorted, on disk if need be, and go into the pages
//! at the end. Into a tree that has records already they go one by one, in the order of their keys.

use super::tree::{PrincipalFile, Tree};
use crate::error::{KdbError, Result};
use k5_bdb::btree::{self, Builder};
use k5_bdb::{Sorter, StoredFile};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Bytes of principals that wait in memory.
pub(super) const MEMORY: usize = 64 << 20;
/// Bytes of policies that do, while principals may be waiting too.
pub(super) const POLICIES_MEMORY: usize = 16 << 20;
/// Pages are written when about so many bytes of them have changed.
const STEP: usize = 32 << 20;
/// What a record costs that does not come behind the one before it: it changes a page of its own.
const PAGE: usize = btree::PAGE_SIZE as usize;

/// A tree whose changed pages go to the file now and then.
#[derive(Debug)]
pub(super) struct Stepwise {
    pub tree: Tree,
    /// Bytes of changed pages, about.
    changed: usize,
    last_key: Vec<u8>,
}

impl Stepwise {
    pub fn new(tree: Tree) -> Self {
        Stepwise { tree, changed: 0, last_key: Vec::new() }
    }

    /// Stores a record, over one with the same key.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.tree.put(key, value)?;
        let in_order = self.tree.is_ordered() && key > self.last_key.as_slice();
        let cost = key.len().saturating_add(value.len()).saturating_add(if in_order { 0 } else { PAGE });
        self.changed = self.changed.saturating_add(cost);
        if self.changed >= STEP {
            self.tree.spill()?;
            self.changed = 0;
        }
        self.last_key.clear();
        self.last_key.extend_from_slice(key);
        Ok(())
    }
}

/// Where the records go.
#[derive(Debug)]
enum Target {
    /// A file that is empty so far.
    New(StoredFile),
    /// Pages that are being written.
    Pages(Box<Builder<StoredFile>>),
    /// A tree with records.
    Tree(Box<Stepwise>),
    /// It could not be written.
    Lost,
}

/// Records that wait, and where they go.
#[derive(Debug)]
pub(super) struct Gathering {
    path: PathBuf,
    memory: usize,
    target: Target,
    waiting: Waiting,
}

/// What does not go to the target at once.
#[derive(Debug)]
struct Waiting {
    sorter: Sorter<File>,
    count: u64,
    /// Whether each key was greater than the one before it.
    in_order: bool,
    last_key: Vec<u8>,
}

/// A sorter for the records of a database. Its runs go beside that, into a file that has no name and is its owner's alone:
/// they hold keys, encrypted as the database has them.
pub(super) fn sorter(path: &Path, memory: usize) -> Result<Sorter<File>> {
    let directory = path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::tempfile_in(directory);
    let file = file.map_err(|source| KdbError::Open { path: directory.to_path_buf(), source })?;
    Ok(Sorter::new(file, path, memory))
}

impl Waiting {
    fn new(path: &Path, memory: usize) -> Result<Self> {
        Ok(Waiting { sorter: sorter(path, memory)?, count: 0, in_order: true, last_key: Vec::new() })
    }

    fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.in_order &= key > self.last_key.as_slice();
        self.last_key.clear();
        self.last_key.extend_from_slice(key);
        self.count += 1;
        Ok(self.sorter.push(key, value)?)
    }

    /// Hands all over, in the order of their keys.
    fn drain(self, mut take: impl FnMut(&[u8], &[u8]) -> Result<()>) -> Result<()> {
        let mut sorted = self.sorter.finish()?;
        while let Some((key, value)) = sorted.next_record()? {
            take(key, value)?;
        }
        Ok(())
    }
}

impl Target {
    /// The target with these records in it.
    fn with(self, path: &Path, waiting: Waiting) -> Result<Self> {
        match self {
            Target::New(file) => {
                let mut pages = Builder::new(file, path, btree::Options::default())?;
                waiting.drain(|key, value| Ok(pages.push(key, value)?))?;
                Ok(Target::Pages(Box::new(pages)))
            }
            Target::Pages(pages) if waiting.count == 0 => Ok(Target::Pages(pages)),
            Target::Pages(pages) => {
                let tree = Stepwise::new(Tree::BTree(Box::new(pages.finish()?)));
                Target::Tree(Box::new(tree)).with(path, waiting)
            }
            Target::Tree(mut tree) => {
                waiting.drain(|key, value| tree.put(key, value))?;
                Ok(Target::Tree(tree))
            }
            Target::Lost => Ok(Target::Lost),
        }
    }
}

impl Gathering {
    /// For an empty file.
    pub fn into_new(file: StoredFile, path: &Path, memory: usize) -> Result<Self> {
        Self::of(Target::New(file), path, memory)
    }

    /// For a tree that has records.
    pub fn into_tree(tree: Stepwise, path: &Path, memory: usize) -> Result<Self> {
        Self::of(Target::Tree(Box::new(tree)), path, memory)
    }

    fn of(target: Target, path: &Path, memory: usize) -> Result<Self> {
        Ok(Gathering { path: path.to_path_buf(), memory, target, waiting: Waiting::new(path, memory)? })
    }

    /// Takes a record, over one with the same key.
    pub fn put(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let length = key.len().saturating_add(value.len());
        if self.waiting.in_order && self.waiting.sorter.is_full(length) {
            let waiting = std::mem::replace(&mut self.waiting, Waiting::new(&self.path, self.memory)?);
            self.target = std::mem::replace(&mut self.target, Target::Lost).with(&self.path, waiting)?;
        }
        match &mut self.target {
            Target::Pages(pages) if self.waiting.count == 0 && key > pages.last_key() => {
                Ok(pages.push(key, value)?)
            }
            _ => self.waiting.push(key, value),
        }
    }

    /// All are there.
    pub fn finish(self) -> Result<Tree> {
        match self.target.with(&self.path, self.waiting)? {
            Target::Pages(pages) => Ok(Tree::BTree(Box::new(pages.finish()?))),
            Target::Tree(tree) => Ok(tree.tree),
            Target::New(file) => Tree::create(PrincipalFile::BTree, file, &self.path),
            Target::Lost => {
                Err(KdbError::Unstorable("the new database could not be written before".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Order;
    use k5_bdb::{Storage, SystemStorage};
    use std::collections::BTreeMap;
    use std::ops::ControlFlow;

    type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

    fn all(tree: &Tree) -> Pairs {
        let mut pairs = Vec::new();
        let visited = tree.each(Order::Recurse, &mut |key, value| {
            pairs.push((key.to_vec(), value.to_vec()));
            Ok(ControlFlow::Continue(()))
        });
        visited.unwrap();
        pairs
    }

    fn gathered(pairs: &Pairs, into: Option<&Pairs>) -> Pairs {
        const LITTLE: usize = 5000;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("p");
        let file = SystemStorage.create(&path).unwrap();
        let target = match into {
            None => Target::New(file),
            Some(before) => {
                let mut tree = Tree::create(PrincipalFile::BTree, file, &path).unwrap();
                for (key, value) in before {
                    tree.put(key, value).unwrap();
                }
                Target::Tree(Box::new(Stepwise::new(tree)))
            }
        };
        let mut gathering = Gathering::of(target, &path, LITTLE).unwrap();
        for (key, value) in pairs {
            gathering.put(key, value).unwrap();
        }
        let mut tree = gathering.finish().unwrap();
        tree.commit().unwrap();
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "the runs have no name");
        all(&tree)
    }

    /// In order, backwards, shuffled, in order up to a place, twice, and none: what is there is what single insertions
    /// leave.
    #[test]
    fn whatever_order_they_come_in() {
        let pair = |n: u32, of: u8| (format!("u{n:05}\0").into_bytes(), vec![of; 100]);
        let sorted: Pairs = (0..600).map(|n| pair(n, 1)).collect();
        let mut shuffled: Pairs = (0..600).map(|n| pair(n * 7919 % 600, 2)).collect();
        let twice: Pairs = shuffled.iter().chain(&sorted).chain(&shuffled).cloned().collect();
        let broken: Pairs = sorted.iter().cloned().chain((0..300).map(|n| pair(n * 3, 3))).collect();
        let end: Pairs = sorted.iter().cloned().chain([pair(900, 4), pair(0, 5), pair(901, 6)]).collect();
        let backwards: Pairs = sorted.iter().rev().cloned().collect();
        shuffled.truncate(599);
        for pairs in [sorted.clone(), shuffled, twice, broken, end, backwards, Vec::new(), vec![pair(0, 1)]] {
            let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
            assert!(gathered(&pairs, None) == map.into_iter().collect::<Pairs>());
            let before: Pairs = (100..800).map(|n| pair(n, 9)).collect();
            let map: BTreeMap<_, _> = before.iter().chain(&pairs).cloned().collect();
            assert!(gathered(&pairs, Some(&before)) == map.into_iter().collect::<Pairs>());
        }
    }
}
