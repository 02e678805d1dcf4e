//! Opening an environment, once in a process whatever the number of those who use it: the locks by which liblmdb tells that
//! a process lives go away with the first of two descriptors that is closed.

use crate::check;
use crate::error::{Error, Result};
use crate::layout::TreeInfo;
use crate::pages::{Pages, latest_meta, meta_of};
use crate::snapshot::Snapshot;
use crate::writer::Writer;
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::statvfs::statvfs;
use saferlmdb::{Database, DatabaseOptions, ReadTransaction, db, open};
use std::cell::RefCell;
use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

#[cfg(not(target_pointer_width = "64"))]
compile_error!("the layout of LMDB files is known for 64-bit machines only");

/// Only the owner may do anything.
const MODE: u32 = 0o600;
/// The same for liblmdb, which makes no file: its bindings take modes to be 16 bits wide, which Linux does not.
const LMDB_MODE: u16 = 0o600;

/// A lock file: what comes before the table of readers, a place in the table, and how many places liblmdb makes unless it is told.
const LOCK_HEADER: u64 = 128;
const LOCK_SLOT: u64 = 64;
const READERS: u64 = 126;

/// How an environment is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It must exist.
    Existing,
    /// It is made, with its trees, where it does not exist.
    Create,
}

/// What liblmdb is told of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Size of the map in bytes: the file grows no further. 0 for liblmdb's own. A file that is larger already counts for
    /// more.
    pub map_size: usize,
    /// Places in the table of readers, where this process makes it; 0 for liblmdb's own, 126.
    pub max_readers: u32,
    /// Whether a commit waits until it is on the disk.
    pub sync: bool,
    /// The names of its trees.
    pub trees: &'static [&'static str],
}

/// An environment that is open in this process.
pub struct Environment {
    /// `None` only while it is dropped.
    inner: Option<Arc<Inner>>,
}

struct Inner {
    // The trees go before the environment that they are of.
    trees: Mutex<Vec<Arc<Database<'static>>>>,
    environment: Arc<saferlmdb::Environment>,
    path: PathBuf,
    names: &'static [&'static str],
    file: File,
    page_size: usize,
    id: (u64, u64),
    /// Why it may only be read, where that is so.
    read_only: Option<i32>,
    /// Transactions of this process, those that are about to begin among them.
    active: AtomicUsize,
    /// Held shared while a transaction begins, alone while the map grows.
    growth: RwLock<()>,
}

/// What is open in this process. Opening and closing both happen under this lock.
static OPEN: Mutex<Vec<std::sync::Weak<Inner>>> = Mutex::new(Vec::new());

fn registry() -> MutexGuard<'static, Vec<std::sync::Weak<Inner>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clone for Environment {
    fn clone(&self) -> Self {
        Environment { inner: self.inner.clone() }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        let mut open = registry();
        self.inner = None;
        open.retain(|known| known.strong_count() > 0);
    }
}

/// A transaction of liblmdb's for reading, which keeps the pages of its state.
pub(crate) struct Reader {
    transaction: Option<ReadTransaction<'static>>,
    environment: Environment,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.transaction = None;
        self.environment.ended();
    }
}

impl Environment {
    /// Opens an environment, or shares it with those in this process who have it open.
    ///
    /// # Errors
    /// Where the file is missing, cannot be opened, or is none of LMDB's.
    pub fn open(path: &Path, mode: Mode, options: &Options) -> Result<Environment> {
        let failed = |source| Error::Io { path: path.to_path_buf(), source };
        let mut open = registry();
        let id = match File::open(path) {
            Ok(file) => {
                let data = file.metadata().map_err(failed)?;
                let id = (data.dev(), data.ino());
                let known = open.iter().filter_map(std::sync::Weak::upgrade).find(|known| known.id == id);
                if let Some(inner) = known {
                    return Ok(Environment { inner: Some(inner) });
                }
                // liblmdb takes an empty file for one that it is to fill.
                if data.len() > 0 || mode == Mode::Existing {
                    latest_meta(&file, path)?;
                }
                Some(id)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && mode == Mode::Create => {
                touch(path, options.sync)?;
                None
            }
            Err(error) => return Err(failed(error)),
        };
        let lock = lock_file(path);
        let no_lock = reserve_lock_file(&lock, options.max_readers)?;
        let inner = open_new(path, options, id).map_err(|error| match (error, no_lock) {
            // liblmdb says why, and not of which of the two files.
            (Error::Io { source, .. }, Some(why)) if source.raw_os_error() == why.raw_os_error() => {
                Error::LockFile { path: lock, source: why }
            }
            (error, _) => error,
        })?;
        let inner = Arc::new(inner);
        open.push(Arc::downgrade(&inner));
        let environment = Environment { inner: Some(inner) };
        // Whoever opens waits for nobody's write transaction; who creates must.
        drop(open);
        if mode == Mode::Create {
            environment.named_trees(true)?;
        }
        Ok(environment)
    }

    #[allow(clippy::expect_used)]
    fn inner(&self) -> &Inner {
        self.inner.as_ref().expect("only a drop takes it")
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner().path
    }

    pub(crate) fn names(&self) -> &'static [&'static str] {
        self.inner().names
    }

    pub(crate) fn shared(&self) -> Arc<saferlmdb::Environment> {
        Arc::clone(&self.inner().environment)
    }

    /// Size of the map in bytes.
    ///
    /// # Errors
    /// What liblmdb says.
    pub fn map_size(&self) -> Result<u64> {
        let info = self.inner().environment.info().map_err(|error| self.error(error))?;
        Ok(info.mapsize as u64)
    }

    /// The trees as liblmdb knows them, in the order of their names in the options. It waits for writers.
    pub(crate) fn named_trees(&self, create: bool) -> Result<Vec<Arc<Database<'static>>>> {
        let inner = self.inner();
        let mut trees = inner.trees.lock().unwrap_or_else(PoisonError::into_inner);
        if trees.len() < inner.names.len() {
            // liblmdb goes through the tree of the named trees.
            check::before_writing(&self.last_state()?.pages)?;
        }
        for name in inner.names.iter().skip(trees.len()) {
            let flags = if create { db::Flags::CREATE } else { db::Flags::empty() };
            let options = DatabaseOptions::new(flags);
            let tree = self.begin(|environment| Database::open(environment, Some(name), &options))?;
            self.ended();
            trees.push(Arc::new(tree));
        }
        Ok(trees.clone())
    }

    /// A state to read. It waits for nobody and nobody waits for it.
    ///
    /// # Errors
    /// Where the table of readers is full, or the meta pages are damaged.
    pub fn read(&self) -> Result<Snapshot> {
        loop {
            let transaction = self.begin(ReadTransaction::new)?;
            let txn = transaction.id() as u64;
            let reader = Reader { transaction: Some(transaction), environment: self.clone() };
            let inner = self.inner();
            // Two commits since have written over its meta page: a younger state is to be had then.
            let Some(meta) = meta_of(&inner.file, &inner.path, inner.page_size, txn)? else { continue };
            return self.snapshot(meta, Some(reader));
        }
    }

    pub(crate) fn snapshot(&self, meta: crate::layout::Meta, reader: Option<Reader>) -> Result<Snapshot> {
        let inner = self.inner();
        let file = inner.file.try_clone();
        let file = file.map_err(|source| Error::Io { path: inner.path.clone(), source })?;
        let pages = Pages::new(file, &inner.path, meta)?;
        let trees: RefCell<Vec<(String, TreeInfo)>> = RefCell::default();
        Ok(Snapshot { _reader: reader, pages, trees, _environment: self.clone() })
    }

    /// The state that the last commit left, for whoever keeps others from writing.
    pub(crate) fn last_state(&self) -> Result<Snapshot> {
        let inner = self.inner();
        self.snapshot(latest_meta(&inner.file, &inner.path)?, None)
    }

    /// Waits for other writers and begins to write.
    ///
    /// # Errors
    /// Where the environment is damaged where liblmdb would go through it.
    pub fn write(&self) -> Result<Writer> {
        Writer::begin(self)
    }

    /// Begins a transaction of liblmdb's, of which [`Environment::ended`] tells the end. Places of dead readers are freed, and
    /// the map follows what another process has made of the file.
    pub(crate) fn begin<T>(
        &self,
        make: impl Fn(Arc<saferlmdb::Environment>) -> saferlmdb::Result<T>,
    ) -> Result<T> {
        use saferlmdb::error::{MAP_RESIZED, READERS_FULL};
        let inner = self.inner();
        let mut tries = 0;
        loop {
            inner.active.fetch_add(1, Ordering::SeqCst);
            let made = {
                let _beginning = inner.growth.read().unwrap_or_else(PoisonError::into_inner);
                make(Arc::clone(&inner.environment))
            };
            let error = match made {
                Ok(transaction) => return Ok(transaction),
                Err(error) => error,
            };
            self.ended();
            tries += 1;
            match error {
                saferlmdb::Error::Code(READERS_FULL) if tries == 1 => {
                    inner.environment.reader_check().map_err(|error| self.error(error))?;
                }
                saferlmdb::Error::Code(MAP_RESIZED) if tries <= 2 => self.follow()?,
                error => return Err(self.error(error)),
            }
        }
    }

    /// Has the file system keep room for so many bytes behind the pages that are in use, until what is handed out goes.
    ///
    /// # Errors
    /// Where there is none. File systems that cannot keep room say nothing.
    pub fn keep_room(&self, bytes: u64) -> Result<Room> {
        let room = Room(self.clone());
        self.reserve(bytes)?;
        Ok(room)
    }

    pub(crate) fn reserve(&self, bytes: u64) -> Result<()> {
        let inner = self.inner();
        let failed = |source| Error::Io { path: inner.path.clone(), source };
        let last = latest_meta(&inner.file, &inner.path)?.last_page;
        let start = last.saturating_add(1).saturating_mul(inner.page_size as u64);
        let file = OpenOptions::new().write(true).open(&inner.path).map_err(failed)?;
        keep_room(&file, start, bytes).map_err(failed)
    }

    /// Gives back what room was kept and not needed. Only who holds the lock of writers may call it: what another one had
    /// written behind the end in between would be gone.
    pub(crate) fn give_back(&self) {
        // It is kept for later otherwise, and nothing is wrong with that.
        let file = OpenOptions::new().write(true).open(&self.inner().path);
        let _ = file.and_then(|file| file.set_len(file.metadata()?.len()));
    }

    pub(crate) fn ended(&self) {
        self.inner().active.fetch_sub(1, Ordering::SeqCst);
    }

    /// Makes the map as large as another process has made it.
    #[allow(unsafe_code)]
    fn follow(&self) -> Result<()> {
        let inner = self.inner();
        let _alone = inner.growth.write().unwrap_or_else(PoisonError::into_inner);
        if inner.active.load(Ordering::SeqCst) > 0 {
            let what =
                "another program has made its map larger; end what is being read and try again".to_owned();
            return Err(Error::Lmdb { path: inner.path.clone(), what });
        }
        // SAFETY: `mdb_env_set_mapsize` asks that no transaction of this process be active. None is, and none
        // begins while the lock for growth is held.
        unsafe { inner.environment.set_mapsize(0) }.map_err(|error| self.error(error))
    }

    /// An error of liblmdb's.
    pub(crate) fn error(&self, error: saferlmdb::Error) -> Error {
        let inner = self.inner();
        let path = inner.path.clone();
        match error {
            saferlmdb::Error::Code(saferlmdb::error::READERS_FULL) => {
                Error::ReadersFull { path, readers: inner.environment.maxreaders().unwrap_or(0) }
            }
            // liblmdb's word for a write to an environment that was opened for reading, whatever the reason for that was.
            saferlmdb::Error::Code(code) if code == Errno::EACCES as i32 => {
                let code = inner.read_only.unwrap_or(code);
                Error::Io { path, source: io::Error::from_raw_os_error(code) }
            }
            error => of_liblmdb(&path, &error),
        }
    }
}

/// Room that the file system keeps for an environment; what is left of it is given back in the end.
pub struct Room(Environment);

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Room({})", self.0.path().display())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Ok(writer) = self.0.write() {
            self.0.give_back();
            drop(writer);
        }
    }
}

/// The name of an environment's lock file.
#[must_use]
pub fn lock_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    PathBuf::from(name)
}

/// Makes an empty file that nobody else may read, if there is none. Where commits are to be on the disk, so is its name.
fn touch(path: &Path, sync: bool) -> Result<()> {
    let made = OpenOptions::new().read(true).write(true).create_new(true).mode(MODE).open(path);
    let done = match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(_) if sync => sync_directory(path),
        Ok(_) => Ok(()),
    };
    done.map_err(|source| Error::Io { path: path.to_path_buf(), source })
}

fn sync_directory(of: &Path) -> io::Result<()> {
    let directory = of.parent().filter(|path| !path.as_os_str().is_empty());
    match File::open(directory.unwrap_or(Path::new("."))).and_then(|directory| directory.sync_all()) {
        // Where there is no such thing, the file system sees to it.
        Err(error) if error.raw_os_error() == Some(Errno::EINVAL as i32) => Ok(()),
        other => other,
    }
}

/// Makes the lock file if there is none, and has the disk keep room for it: liblmdb maps it and writes, which would end the process with SIGBUS
/// on a disk that is full. Its length stays: those who have it open go by that. Answers why it may not be made or written, where it may not:
/// liblmdb decides whether that does any harm.
fn reserve_lock_file(path: &Path, readers: u32) -> Result<Option<io::Error>> {
    let failed = |source| Error::Io { path: path.to_path_buf(), source };
    let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(MODE).open(path);
    let file = match opened {
        Ok(file) => file,
        Err(why) => return Ok(Some(why)),
    };
    let data = file.metadata().map_err(failed)?;
    let readers = if readers == 0 { READERS } else { u64::from(readers) };
    let length = data.len().max(LOCK_HEADER + readers * LOCK_SLOT);
    if data.blocks() * 512 < length {
        keep_room(&file, 0, length).map_err(failed)?;
    }
    Ok(None)
}

/// Has the file system keep room for so many bytes of a file, which is no longer for that.
fn keep_room(file: &File, start: u64, length: u64) -> io::Result<()> {
    let [start, length] = [start, length].map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    match fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, start, length) {
        // File systems that cannot.
        Err(Errno::EOPNOTSUPP | Errno::ENOSYS) => Ok(()),
        other => Ok(other?),
    }
}

fn of_liblmdb(path: &Path, error: &saferlmdb::Error) -> Error {
    let path = path.to_path_buf();
    match error {
        // liblmdb's word for a write of which the system took a part only.
        saferlmdb::Error::Code(code) if *code == Errno::EIO as i32 && is_full(&path) => {
            Error::Io { path, source: Errno::ENOSPC.into() }
        }
        saferlmdb::Error::Code(code) if *code > 0 => {
            Error::Io { path, source: io::Error::from_raw_os_error(*code) }
        }
        error => Error::Lmdb { path, what: error.to_string() },
    }
}

/// Whether the file system of a file has no block left.
fn is_full(path: &Path) -> bool {
    statvfs(path).is_ok_and(|system| system.blocks_available() == 0)
}

/// Opens what is not open in this process yet. `id` is of the file that was looked at.
#[allow(unsafe_code)]
fn open_new(path: &Path, options: &Options, id: Option<(u64, u64)>) -> Result<Inner> {
    let failed = |source| Error::Io { path: path.to_path_buf(), source };
    let name = CString::new(path.as_os_str().as_bytes()).map_err(|error| failed(error.into()))?;
    let mut flags = open::Flags::NOSUBDIR | open::Flags::NOTLS;
    if !options.sync {
        flags |= open::Flags::NOSYNC;
    }
    let open = |flags: u32| -> std::result::Result<saferlmdb::Environment, saferlmdb::Error> {
        let mut handle = std::ptr::null_mut();
        let check = |code| if code == 0 { Ok(()) } else { Err(saferlmdb::Error::Code(code)) };
        // SAFETY: `handle` is written once, by `mdb_env_create`; from then on it belongs to `environment`, which closes it, also where a
        // later step fails, as liblmdb asks. The calls after it happen in the order that liblmdb asks for, on a handle that
        // nobody else has, with `name` ended by a NUL and alive. What makes opening unsafe in saferlmdb's eyes: the same file open twice
        // in a process, which the registry excludes, and files that lie, which is why nothing but this crate's checked reader
        // and what it has looked at is gone through.
        unsafe {
            check(liblmdb::mdb_env_create(&raw mut handle))?;
            let environment = saferlmdb::Environment::from_raw(handle);
            let trees = u32::try_from(options.trees.len()).unwrap_or(u32::MAX);
            check(liblmdb::mdb_env_set_maxdbs(handle, trees))?;
            if options.map_size > 0 {
                check(liblmdb::mdb_env_set_mapsize(handle, options.map_size))?;
            }
            if options.max_readers > 0 {
                check(liblmdb::mdb_env_set_maxreaders(handle, options.max_readers))?;
            }
            check(liblmdb::mdb_env_open(handle, name.as_ptr(), flags, LMDB_MODE))?;
            Ok(environment)
        }
    };
    let mut read_only = None;
    let environment = match open(flags.bits()) {
        // Who may only read may read.
        Err(saferlmdb::Error::Code(code))
            if [Errno::EACCES as i32, Errno::EROFS as i32].contains(&code) && id.is_some() =>
        {
            read_only = Some(code);
            open((flags | open::Flags::RDONLY).bits())
        }
        other => other,
    };
    let environment = environment.map_err(|error| match error {
        saferlmdb::Error::Code(code) if code == Errno::ENOMEM as i32 => {
            Error::MapTooLarge { path: path.to_path_buf(), size: options.map_size as u64 }
        }
        error => of_liblmdb(path, &error),
    })?;
    // SAFETY: the descriptor is liblmdb's, open as long as `environment` is, and here only borrowed to be copied.
    let file = unsafe {
        let descriptor = environment.fd().map_err(|error| of_liblmdb(path, &error))?;
        BorrowedFd::borrow_raw(descriptor).try_clone_to_owned()
    };
    let file = File::from(file.map_err(failed)?);
    let data = file.metadata().map_err(failed)?;
    let found = (data.dev(), data.ino());
    if id.is_some_and(|id| id != found) {
        return Err(Error::Replaced { path: path.to_path_buf() });
    }
    let page_size = latest_meta(&file, path)?.page_size;
    Ok(Inner {
        trees: Mutex::default(),
        environment: Arc::new(environment),
        path: path.to_path_buf(),
        names: options.trees,
        file,
        page_size,
        id: found,
        read_only,
        active: AtomicUsize::new(0),
        growth: RwLock::new(()),
    })
}
