//! Files in memory that write down what is done to them, and fail where they are told to.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use harness::Dice;
use k5_bdb::{Access, Copying, Facts, PageFile, Storage, StoredFile};

/// Bytes that a copy writes at a time.
const CHUNK: usize = 65536;

/// The files of a disk by their paths, with their bytes.
pub type Image = BTreeMap<PathBuf, Vec<u8>>;

/// Something that changes a disk, or makes a change last. Files are numbered as they come.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "what a file, an offset and a length are is told by their names")]
pub enum Operation {
    /// A new file.
    Create { path: PathBuf, file: usize },
    /// Bytes of a file.
    Write { file: usize, offset: usize, bytes: Vec<u8> },
    /// A file's length.
    SetLength { file: usize, length: usize },
    /// The content of a file lasts.
    Sync { file: usize },
    /// A file has another name.
    Rename { from: PathBuf, to: PathBuf },
    /// A name is gone.
    Remove { path: PathBuf },
    /// The names last.
    SyncNames,
}

/// An operation that fails.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// Its number, from 0 on.
    pub at: usize,
    /// The number of the error.
    pub error: i32,
    /// Whether all behind it fail too. On a full disk those that need no room do not.
    pub stays: bool,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Debug)]
pub struct Disk(Arc<Mutex<Content>>);

#[derive(Debug)]
struct Content {
    files: Vec<Vec<u8>>,
    names: BTreeMap<PathBuf, usize>,
    log: Vec<Operation>,
    /// Operations that were tried.
    tried: usize,
    failure: Option<Failure>,
    kind: Kind,
}

/// What a disk is like.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kind {
    /// Files can share their blocks.
    pub shares: bool,
    /// Files are told to be larger than they are, so that copying one seems to cost too much.
    pub large: bool,
}

impl Kind {
    /// One of them.
    pub fn some(dice: &mut Dice) -> Kind {
        Kind { shares: dice.one_in(6), large: dice.one_in(2) }
    }
}

/// By how much, in bytes.
const LARGER: u64 = 1 << 30;

impl Disk {
    /// A disk with these files, all of which last.
    pub fn new(image: &Image, kind: Kind) -> Disk {
        let files = image.values().cloned().collect();
        let names = image.keys().cloned().enumerate().map(|(file, path)| (path, file)).collect();
        let (log, tried, failure) = (Vec::new(), 0, None);
        Disk(Arc::new(Mutex::new(Content { files, names, log, tried, failure, kind })))
    }

    /// Has an operation fail from now on, or none.
    pub fn fail(&self, failure: Option<Failure>) {
        self.content().failure = failure;
    }

    /// How many operations were done so far.
    pub fn operations(&self) -> usize {
        self.content().log.len()
    }

    /// What was done so far.
    pub fn log(&self) -> Vec<Operation> {
        self.content().log.clone()
    }

    /// The files as programs see them now.
    pub fn image(&self) -> Image {
        let content = self.content();
        content.names.iter().map(|(path, file)| (path.clone(), content.files[*file].clone())).collect()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn absent() -> io::Error {
    io::Error::from_raw_os_error(errno::ENOENT)
}

/// Numbers of errors.
pub mod errno {
    /// No such file or directory.
    pub const ENOENT: i32 = 2;
    /// Input/output error.
    pub const EIO: i32 = 5;
    /// File exists.
    pub const EEXIST: i32 = 17;
    /// No space left on device.
    pub const ENOSPC: i32 = 28;
}

impl Content {
    /// Counts an operation, which may be one that fails.
    fn strike(&mut self, needs_room: bool) -> io::Result<()> {
        let number = self.tried;
        self.tried += 1;
        match self.failure {
            Some(Failure { at, error, stays })
                if (number == at || (number > at && stays)) && (needs_room || error != errno::ENOSPC) =>
            {
                Err(io::Error::from_raw_os_error(error))
            }
            _ => Ok(()),
        }
    }

    fn write(&mut self, file: usize, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let struck = self.strike(true);
        // Any part of a write that fails may be done.
        let bytes = if struck.is_ok() { bytes } else { &bytes[..bytes.len() / 1024 * 512] };
        let data = &mut self.files[file];
        if data.len() < offset + bytes.len() {
            data.resize(offset + bytes.len(), 0);
        }
        data[offset..offset + bytes.len()].copy_from_slice(bytes);
        self.log.push(Operation::Write { file, offset, bytes: bytes.to_vec() });
        struck
    }

    fn set_length(&mut self, file: usize, length: usize) -> io::Result<()> {
        self.strike(length > self.files[file].len())?;
        self.files[file].resize(length, 0);
        self.log.push(Operation::SetLength { file, length });
        Ok(())
    }

    fn create(&mut self, path: &Path) -> io::Result<usize> {
        self.strike(true)?;
        if self.names.contains_key(path) {
            return Err(io::Error::from_raw_os_error(errno::EEXIST));
        }
        let file = self.files.len();
        self.files.push(Vec::new());
        self.names.insert(path.to_owned(), file);
        self.log.push(Operation::Create { path: path.to_owned(), file });
        Ok(file)
    }

    fn named(&self, path: &Path) -> io::Result<usize> {
        self.names.get(path).copied().ok_or_else(absent)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.strike(false)?;
        self.named(path)?;
        self.names.remove(path);
        self.log.push(Operation::Remove { path: path.to_owned() });
        Ok(())
    }

    fn copy(&mut self, from: usize, to: usize) -> io::Result<()> {
        let bytes = self.files[from].clone();
        for (number, part) in bytes.chunks(CHUNK).enumerate() {
            self.write(to, number * CHUNK, part)?;
        }
        Ok(())
    }
}

impl Storage for Disk {
    fn find(&self, path: &Path) -> io::Result<Option<Facts>> {
        let content = self.content();
        let found = content.names.get(path).map(|&file| Facts {
            identity: (0, file as u64),
            links: 1,
            length: content.files[file].len() as u64 + if content.kind.large { LARGER } else { 0 },
        });
        Ok(found)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.content().named(path).map(|_| path.to_owned())
    }

    fn open(&self, path: &Path, _: Access) -> io::Result<StoredFile> {
        let file = self.content().named(path)?;
        Ok(Box::new(Handle { disk: self.clone(), file }))
    }

    fn create(&self, path: &Path) -> io::Result<StoredFile> {
        let file = self.content().create(path)?;
        Ok(Box::new(Handle { disk: self.clone(), file }))
    }

    fn copy(&self, from: &Path, to: &Path, copying: Copying) -> io::Result<Option<StoredFile>> {
        let mut content = self.content();
        if copying == Copying::Shared && !content.kind.shares {
            return Ok(None);
        }
        let original = content.named(from)?;
        let file = content.create(to)?;
        if let Err(error) = content.copy(original, file) {
            let _ = content.remove(to);
            return Err(error);
        }
        Ok(Some(Box::new(Handle { disk: self.clone(), file })))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut content = self.content();
        content.strike(true)?;
        let file = content.named(from)?;
        content.names.remove(from);
        content.names.insert(to.to_owned(), file);
        content.log.push(Operation::Rename { from: from.to_owned(), to: to.to_owned() });
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.content().remove(path)
    }

    fn sync_directory(&self, _: &Path) -> io::Result<()> {
        let mut content = self.content();
        content.strike(false)?;
        content.log.push(Operation::SyncNames);
        Ok(())
    }
}

/// An open file.
#[derive(Debug)]
struct Handle {
    disk: Disk,
    file: usize,
}

fn number(size: u64) -> io::Result<usize> {
    usize::try_from(size).map_err(io::Error::other)
}

impl PageFile for Handle {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        if buffer.is_empty() {
            // Behind the end too.
            return Ok(());
        }
        let offset = number(offset)?;
        let content = self.disk.content();
        let part = content.files[self.file].get(offset..offset + buffer.len());
        buffer.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.content().write(self.file, number(offset)?, bytes)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.content().files[self.file].len() as u64)
    }

    fn set_len(&mut self, length: u64) -> io::Result<()> {
        self.disk.content().set_length(self.file, number(length)?)
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut content = self.disk.content();
        content.strike(false)?;
        content.log.push(Operation::Sync { file: self.file });
        Ok(())
    }
}
