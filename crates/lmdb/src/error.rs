//! What can go wrong with an LMDB environment.

use k5_types::errno_text;
use std::io;
use std::path::PathBuf;

/// An error of an environment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened or read.
    #[error("{}: {}", path.display(), errno_text(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The lock file cannot be opened or made.
    #[error("{}: {}; who reads an LMDB database writes to its lock file too", path.display(), errno_text(source))]
    LockFile {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no room for the map among the process's addresses.
    #[error("{}: a map of {size} bytes is more than this machine has room for", path.display())]
    MapTooLarge {
        /// The file.
        path: PathBuf,
        /// Size of the map in bytes.
        size: u64,
    },
    /// The file is no LMDB environment, or not one that this machine can use.
    #[error("{}: not an LMDB database: {what}", path.display())]
    NotLmdb {
        /// The file.
        path: PathBuf,
        /// What shows it.
        what: String,
    },
    /// A page is damaged.
    #[error("{}: page {page}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The page, counted from 0.
        page: u64,
        /// What is wrong.
        what: String,
    },
    /// The map is full: what is to be written does not fit in.
    #[error("{}: the map is full", path.display())]
    MapFull {
        /// The file.
        path: PathBuf,
        /// Size of the map in bytes.
        size: u64,
        /// Size in bytes that would do.
        needed: u64,
    },
    /// All places in the table of readers are taken by live processes.
    #[error("{}: the table of readers is full ({readers} readers)", path.display())]
    ReadersFull {
        /// The file.
        path: PathBuf,
        /// Places in the table.
        readers: u32,
    },
    /// A key that is empty or longer than [`crate::KEY_LIMIT`].
    #[error("a key of {length} bytes; LMDB takes 1 to {} bytes", crate::KEY_LIMIT)]
    KeyLength {
        /// Bytes of the key.
        length: usize,
    },
    /// Another program has replaced the file while it was opened.
    #[error("{}: replaced while it was opened; try again", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// Anything else that liblmdb says.
    #[error("{}: {what}", path.display())]
    Lmdb {
        /// The file.
        path: PathBuf,
        /// liblmdb's words.
        what: String,
    },
}

impl Error {
    /// Whether what is in the file is the cause, so that another file would do.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Error::NotLmdb { .. } | Error::Damaged { .. })
    }
}

/// What a visitor answers: go on, or stop.
pub type Flow<E> = std::result::Result<std::ops::ControlFlow<()>, E>;

/// The result of an operation on an environment.
pub type Result<T> = std::result::Result<T, Error>;
