//! What can go wrong with a file of this crate.

use std::borrow::Cow;
use std::path::PathBuf;

/// An error of the storage engine. It names the file and the place in it, never a key or a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refused a read, a write, a change of size or a sync.
    #[error("{path}: cannot {doing}: {}", reason(source), path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done ("read page 7").
        doing: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file does not begin as a B-tree file does.
    #[error("{path}: not a Berkeley DB 1.85 B-tree file: {what}", path = path.display())]
    NotBTree {
        /// The file.
        path: PathBuf,
        /// What stands there instead.
        what: Cow<'static, str>,
    },
    /// The file does not begin as a hash file does.
    #[error("{path}: not a Berkeley DB 1.85 hash file: {what}", path = path.display())]
    NotHash {
        /// The file.
        path: PathBuf,
        /// What stands there instead.
        what: Cow<'static, str>,
    },
    /// A B-tree file with a feature that principal databases do not use.
    #[error("{path}: unsupported B-tree file: {what}", path = path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The feature.
        what: Cow<'static, str>,
    },
    /// The contents contradict themselves.
    #[error("{path}: corrupt page {page} (byte {offset} of the file): {what}", path = path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The page, counted from 0.
        page: u32,
        /// The byte in the file, counted from 0, at or after which the contradiction stands.
        offset: u64,
        /// The contradiction.
        what: Cow<'static, str>,
    },
    /// `create` was given a file that holds something.
    #[error("{path}: not empty: it has {length} bytes", path = path.display())]
    NotEmpty {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        length: u64,
    },
    /// A change was asked of a file that was opened read-only.
    #[error("{path}: opened read-only", path = path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// The key is empty, or longer than MIT's look-ups bear in a file of this page size
    /// (see [`crate::btree::max_key`]).
    #[error("{path}: a key of {length} bytes; it may have 1 to {limit}", path = path.display())]
    KeyLength {
        /// The file.
        path: PathBuf,
        /// Length of the key in bytes.
        length: usize,
        /// The longest key that may be stored.
        limit: usize,
    },
    /// A tree was to be made of pairs that are not in the order of their keys.
    #[error("{path}: keys out of order", path = path.display())]
    KeyOrder {
        /// The file.
        path: PathBuf,
    },
    /// The value is longer than a file can hold.
    #[error("{path}: a value of {length} bytes is too long", path = path.display())]
    ValueLength {
        /// The file.
        path: PathBuf,
        /// Length of the value in bytes.
        length: usize,
    },
    /// A value without bytes whose key is so long that the pair stands on pages of its own in a hash file: MIT
    /// reads such a pair for ever.
    #[error("{path}: an empty value with a key of {length} bytes", path = path.display())]
    EmptyValue {
        /// The file.
        path: PathBuf,
        /// Length of the key in bytes.
        length: usize,
    },
    /// The page size is none that a B-tree file can have.
    #[error("a page size of {size}: it must be even, from 512 to 65534")]
    PageSize {
        /// The size asked for, in bytes.
        size: u32,
    },
    /// The page size is none that a hash file can have.
    #[error("a page size of {size}: it must be a power of two, from 256 to 65536")]
    HashPageSize {
        /// The size asked for, in bytes.
        size: u32,
    },
    /// All overflow pages that a hash file can have, some 63,000, are taken.
    #[error("{path}: no overflow page is left in this hash file; a B-tree has room: dump and load without -hash", path = path.display())]
    HashFull {
        /// The file.
        path: PathBuf,
    },
    /// All page numbers are taken.
    #[error("{path}: no page number is left", path = path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// A file with several names: a new file under one of them would not be found under the others.
    #[error("{path}: the file has {links} names (hard links); a database's file may have one only", path = path.display())]
    HardLinks {
        /// The file.
        path: PathBuf,
        /// Names that it has.
        links: u64,
    },
    /// A change was made, and the system failed to say that it is on the medium.
    #[error("{path}: the change is made, but may not last if the power fails: cannot {doing}: {}", reason(source), path = path.display())]
    Unsure {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A change could neither be made nor be taken back. What is in the journal decides when the database is opened again.
    #[error("{path}: cannot {doing}: {}; the change is finished or taken back when the database is opened again", reason(source), path = path.display())]
    Undecided {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A change was cut short, and another program has changed the file since, so that it can be neither finished nor taken
    /// back.
    #[error(
        "{journal}: a change to the database was cut short, and another program has written to {path} since; nothing is \
         written to the database any more. Save what can be read with kdb5_util verify --recover FILE, then kdb5_util load FILE; \
         look at it then: what was deleted last may be there again",
        journal = journal.display(),
        path = path.display()
    )]
    Foreign {
        /// The journal of the change.
        journal: PathBuf,
        /// The file that is neither as before it nor as after it.
        path: PathBuf,
    },
    /// A file beside the database's has the name of our journal and is no journal, or one that a later version wrote.
    #[error("{journal}: not a journal that this program knows: {what}", journal = journal.display())]
    UnknownJournal {
        /// The file.
        journal: PathBuf,
        /// What stands there instead.
        what: Cow<'static, str>,
    },
    /// A savepoint that a rollback, a release or a commit has ended.
    #[error("the savepoint has ended")]
    StaleSavepoint,
}

/// The result of an operation on a file.
pub type Result<T> = std::result::Result<T, Error>;

/// The system's text without the number that Rust puts behind it.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match error.raw_os_error().and_then(|code| text.strip_suffix(&format!(" (os error {code})"))) {
        Some(text) => text.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_carry_no_number() {
        let source = std::io::Error::from_raw_os_error(21);
        let error = Error::Io { path: "/p".into(), doing: "read page 0".into(), source };
        assert_eq!(error.to_string(), "/p: cannot read page 0: Is a directory");
    }
}
