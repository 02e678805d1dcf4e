//! What can go wrong with a principal database.

use k5_types::{Kvno, errno_text};
use std::io;
use std::path::PathBuf;

/// An error of the principal database. The texts are MIT's where MIT has one, with the file named.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KdbError {
    /// A database file cannot be opened or created (MIT's text).
    #[error("Cannot open DB2 database '{}': {}", path.display(), errno_text(source))]
    Open {
        /// The principal file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be read, written, locked or renamed.
    #[error("{}: {}", path.display(), errno_text(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A lock file may not be locked (MIT's `KRB5_KDB_CANTLOCK_DB`).
    #[error("Insufficient access to lock database ({})", path.display())]
    CannotLock {
        /// The lock file.
        path: PathBuf,
    },
    /// The lock file of the policies is missing: a loader died while it held the database for good.
    #[error("Database administration lock file is missing: {}; make it again with: touch {}", path.display(), path.display())]
    NoPolicyLockFile {
        /// The lock file.
        path: PathBuf,
    },
    /// A change was cut short, and whoever wants to read may not finish it.
    #[error(
        "A change to the database was cut short ({}); the next program that may write to the database finishes it or takes it back",
        journal.display()
    )]
    CutShort {
        /// The journal of the change.
        journal: PathBuf,
    },
    /// A creation was cut short between its two files (MIT's text, of a file that is there, and what to do).
    #[error(
        "Cannot open DB2 database '{}': File exists; its creation was cut short: remove it with kdb5_util destroy -f and create it again",
        path.display()
    )]
    HalfCreated {
        /// The principal file.
        path: PathBuf,
    },
    /// The pages of a file are damaged, or a key is too long for them.
    #[error(transparent)]
    Pages(#[from] k5_bdb::Error),
    /// An LMDB environment cannot be read or written.
    #[error(transparent)]
    Lmdb(#[from] k5_lmdb::Error),
    /// An LMDB environment that a load is to fill is damaged.
    #[error("{source}; move {path} and {path}-lock away and load again: a new one is made", path = path.display())]
    LmdbInTheWay {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        source: k5_lmdb::Error,
    },
    /// There is no such LMDB database (MIT's text).
    #[error("LMDB file {} does not exist", path.display())]
    LmdbMissing {
        /// The file of the principals.
        path: PathBuf,
    },
    /// There is such an LMDB database already (MIT's text).
    #[error("LMDB file {} already exists", path.display())]
    LmdbExists {
        /// The file of the principals.
        path: PathBuf,
    },
    /// The map of an LMDB environment is full.
    #[error(
        "{}: the LMDB map of {size} MiB is full, and nothing was changed; set mapsize = {needed} (MiB) or more in \
         [dbmodules] {section} of kdc.conf, then restart krb5kdc and kadmind",
        path.display()
    )]
    MapFull {
        /// The file.
        path: PathBuf,
        /// The section with the setting.
        section: String,
        /// `mapsize` as it is, in MiB.
        size: u64,
        /// `mapsize` that will do.
        needed: u64,
    },
    /// The map of an LMDB environment is larger than the addresses of a process.
    #[error(
        "{}: Cannot allocate memory: mapsize = {size} (MiB) in [dbmodules] {section} of kdc.conf is more than this machine has \
         room for",
        path.display()
    )]
    MapTooLarge {
        /// The file.
        path: PathBuf,
        /// The section with the setting.
        section: String,
        /// `mapsize` as it is, in MiB.
        size: u64,
    },
    /// A change is made but for the lockout fields, which have an environment of their own.
    #[error(
        "the change is made, but not last success, last failure and failures of its principals: {source}"
    )]
    WithoutLockout {
        /// Why.
        source: Box<KdbError>,
    },
    /// All places for readers of an LMDB environment are taken.
    #[error(
        "{}: all {readers} places for readers are taken by programs that run; end some of them, or set max_readers \
         to more in [dbmodules] {section} and end all of them",
        path.display()
    )]
    ReadersFull {
        /// The file.
        path: PathBuf,
        /// The section with the setting.
        section: String,
        /// Places that there are.
        readers: u32,
    },
    /// A record is damaged.
    #[error("{file}: record of {name}: {what}")]
    Record {
        /// The database file.
        file: String,
        /// The key of the record as text.
        name: String,
        /// What is wrong and where.
        what: String,
    },
    /// A hash file has one order only (MIT's text).
    #[error("Invalid argument")]
    NoOrderBackwards,
    /// A hash file is no tree (MIT's text).
    #[error("Recursive iteration is not supported for hash databases")]
    NoTreeToDescend,
    /// A name that MIT's look-ups would break on.
    #[error("Principal name is too long for the database ({length} bytes, at most {limit})")]
    NameTooLong {
        /// Bytes of the unparsed name.
        length: usize,
        /// Most bytes allowed.
        limit: usize,
    },
    /// A record cannot be said in its format: a length over 16 bits, for example.
    #[error("{0}")]
    Unstorable(String),
    /// There is no K/M entry, or it has no key (MIT's `KRB5_KDB_NOMASTERKEY`).
    #[error("Cannot find master key record in database")]
    NoMasterKey,
    /// The master key given is none of the realm's.
    #[error("Unable to decrypt latest master key with the provided master key")]
    BadMasterKey,
    /// An entry's keys are encrypted in a master key that the realm no longer has.
    #[error("Unable to find requested database master key version {kvno}")]
    NoMatchingMasterKey {
        /// The version that is missing.
        kvno: Kvno,
    },
    /// The stash file gives no master key (MIT's text, the file named).
    #[error("Can not fetch master key (error: {reason}: {}).", path.display())]
    Stash {
        /// The stash file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A stash file is being written by somebody else, or was left by a crash (MIT's text).
    #[error("Temporary stash file already exists: {}.", path.display())]
    StashTemporary {
        /// The temporary file.
        path: PathBuf,
    },
    /// Encryption failed.
    #[error(transparent)]
    Crypto(#[from] k5_crypto::CryptoError),
    /// A database argument (`-x`) that the back end does not take (MIT's text).
    #[error("Unsupported argument \"{argument}\" for {library}")]
    BadArgument {
        /// The argument.
        argument: String,
        /// What MIT calls the back end.
        library: &'static str,
    },
    /// String attributes that together are over 65,535 bytes (MIT's `KRB5_KDB_STRINGS_TOOLONG`).
    #[error("Too much string mapping data")]
    StringsTooLong,
    /// A dump does not begin as it should (MIT's text, without the file).
    #[error("{}", if *missing { "can't read dump header" } else { "dump header bad" })]
    DumpHeader {
        /// There is no line at all.
        missing: bool,
    },
    /// A line of a dump is damaged.
    #[error("line {line} of the dump: {what}")]
    DumpLine {
        /// The line, counted from 1.
        line: u64,
        /// What is wrong, without any of the line's octets.
        what: String,
    },
    /// A dump cannot be read further.
    #[error("cannot read line {line} of the dump: {}", errno_text(source))]
    DumpRead {
        /// The line, counted from 1.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// The back end cannot be held by one administrator (MIT's `KRB5_PLUGIN_OP_NOTSUPP`).
    #[error("Plugin does not support the operation")]
    CannotBeHeld,
    /// A file that should be an update log is none (MIT's `KRB5_LOG_CORRUPT`).
    #[error("Update log is corrupt ({}; if that is where it should be, end kadmind, remove the file and start kadmind: a new one is made, and replicas take a full copy)", path.display())]
    LogCorrupt {
        /// The file.
        path: PathBuf,
    },
    /// The update log cannot be opened, locked, read or written.
    #[error("update log {} (iprop_logfile): {}", path.display(), errno_text(source))]
    LogIo {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A log that its configured number of entries makes too long.
    #[error("{}: an update log has at most {most} entries, and iprop_ulogsize (or iprop_master_ulogsize) asks for {entries}", path.display())]
    LogTooLong {
        /// The file.
        path: PathBuf,
        /// Entries that are configured.
        entries: u32,
        /// Entries that there may be.
        most: u32,
    },
    /// A database module that this program does not have.
    #[error("{0}")]
    NoSuchModule(String),
}

impl KdbError {
    /// The error of a work of which so many bytes were done, of so many: the room that is wanted is that for all of them.
    #[must_use]
    pub fn for_the_whole(mut self, done: u64, whole: u64) -> KdbError {
        if let KdbError::MapFull { needed, .. } = &mut self
            && (1..whole).contains(&done)
        {
            let scaled = (u128::from(*needed) * u128::from(whole)).div_ceil(u128::from(done));
            *needed = u64::try_from(scaled).unwrap_or(u64::MAX);
        }
        self
    }

    /// Whether the change that failed is made, or may be: it must not be tried again.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        use k5_bdb::Error::{Undecided, Unsure};
        matches!(self, KdbError::Pages(Undecided { .. } | Unsure { .. }) | KdbError::WithoutLockout { .. })
    }

    /// [`KdbError::BadArgument`] for an argument as it was given.
    #[must_use]
    pub fn bad_argument(argument: &[u8], library: &'static str) -> KdbError {
        KdbError::BadArgument { argument: String::from_utf8_lossy(argument).into_owned(), library }
    }
}

/// The result of a database operation.
pub type Result<T> = std::result::Result<T, KdbError>;
