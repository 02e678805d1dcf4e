//! The files of a `klmdb` database: their names and settings, opening, making and destroying them.

use super::record;
use super::transaction::KlmdbTransaction;
use crate::backend::{Access, Backend, Scope, Transaction};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use k5_lmdb::{Environment, Mode, Options, lock_file};
use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The tree of the principals.
pub(super) const PRINCIPALS: &str = "principal";
/// The tree of the policies.
pub(super) const POLICIES: &str = "policy";
/// The tree of the other environment.
pub(super) const LOCKOUT: &str = "lockout";

/// What MIT calls this back end where it refuses a database argument,
const NAME: &str = "LMDB";
/// and where it refuses one for an entry.
const ENTRY_NAME: &str = "lmdb";
const MIB: u64 = 1 << 20;

/// A `klmdb` database called `P`, and what the configuration says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KlmdbSettings {
    /// `P.mdb`: principals and policies.
    pub principals: PathBuf,
    /// `P.lockout.mdb`: successes and failures.
    pub lockout: PathBuf,
    /// Whether those are used at all: not, where both are disabled.
    pub uses_lockout: bool,
    /// Largest size of a file in MiB; 0 for LMDB's own default.
    pub map_size: u32,
    /// Places in the table of readers; 0 for LMDB's own default.
    pub max_readers: u32,
    /// A commit does not wait for the disk.
    pub nosync: bool,
    /// A load leaves lockout records alone that are there.
    pub merge_nra: bool,
    /// The section of `[dbmodules]` in which the settings stand, for messages.
    pub section: String,
}

/// What `-x` arguments say to the `klmdb` back end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KlmdbArguments {
    /// `dbname=`: the database's name, over what the configuration says.
    pub database: Option<PathBuf>,
    /// `merge_nra`: a load leaves lockout records alone that are there.
    pub merge_nra: bool,
}

impl KlmdbArguments {
    /// Reads arguments in their order; `temporary` is taken and changes nothing: what a load makes is seen when it is whole.
    ///
    /// # Errors
    /// [`KdbError::BadArgument`] for any other.
    pub fn parse(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Self> {
        let mut parsed = KlmdbArguments::default();
        for argument in arguments {
            match argument.as_ref().as_bytes() {
                b"temporary" => {}
                b"merge_nra" => parsed.merge_nra = true,
                argument => match argument.strip_prefix(b"dbname=") {
                    Some(name) => parsed.database = Some(PathBuf::from(OsStr::from_bytes(name))),
                    None => return Err(KdbError::bad_argument(argument, NAME)),
                },
            }
        }
        Ok(parsed)
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

impl KlmdbSettings {
    /// The database of that name, with MIT's default settings.
    #[must_use]
    pub fn named(database: &Path) -> Self {
        KlmdbSettings {
            principals: with_suffix(database, ".mdb"),
            lockout: with_suffix(database, ".lockout.mdb"),
            uses_lockout: true,
            map_size: 128,
            max_readers: 0,
            nosync: false,
            merge_nra: false,
            section: String::new(),
        }
    }

    fn options(&self, sync: bool, trees: &'static [&'static str]) -> Options {
        let map_size = usize::try_from(u64::from(self.map_size) * MIB).unwrap_or(usize::MAX);
        Options { map_size, max_readers: self.max_readers, sync, trees }
    }

    /// Opens the environment of the principals.
    pub(super) fn open_principals(&self, mode: Mode) -> Result<Environment> {
        let options = self.options(!self.nosync, &[PRINCIPALS, POLICIES]);
        Environment::open(&self.principals, mode, &options).map_err(|error| self.error(error))
    }

    /// Opens that of the lockout records, made where it is missing: nothing in it is worth a realm that cannot be opened.
    pub(super) fn open_lockout(&self) -> Result<Environment> {
        let options = self.options(false, &[LOCKOUT]);
        Environment::open(&self.lockout, Mode::Create, &options).map_err(|error| self.error(error))
    }

    /// The same to be read; `None` where it is missing or damaged: MIT takes the records for zeros then.
    pub(super) fn read_lockout(&self) -> Option<k5_lmdb::Snapshot> {
        let options = self.options(false, &[LOCKOUT]);
        Environment::open(&self.lockout, Mode::Existing, &options)
            .and_then(|environment| environment.read())
            .ok()
    }

    /// An error of LMDB's, with the setting that helps where one does.
    pub(super) fn error(&self, error: k5_lmdb::Error) -> KdbError {
        let section = self.section.clone();
        match error {
            k5_lmdb::Error::MapFull { path, size, needed } => {
                // The file's own size rounds up, and a little room beside it.
                KdbError::MapFull { path, section, size: size / MIB, needed: needed / MIB + 2 }
            }
            k5_lmdb::Error::MapTooLarge { path, size } => {
                KdbError::MapTooLarge { path, section, size: size / MIB }
            }
            k5_lmdb::Error::ReadersFull { path, readers } => KdbError::ReadersFull { path, section, readers },
            error => KdbError::Lmdb(error),
        }
    }

    /// The four files, in the order in which MIT removes them.
    pub(super) fn files(&self) -> [PathBuf; 4] {
        [self.principals.clone(), lock_file(&self.principals), self.lockout.clone(), lock_file(&self.lockout)]
    }

    /// Overwrites both environments with zeros and removes the files.
    ///
    /// # Errors
    /// Where one of them may not be written: nothing is changed then. Where one cannot be overwritten or removed; those after it are
    /// still there. Only the first must exist.
    pub fn destroy(&self) -> Result<()> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| KdbError::Io { path, source }
        };
        let open = |path: &Path| OpenOptions::new().read(true).write(true).open(path);
        // Both before either is touched.
        let mut principals = open(&self.principals).map_err(failed(&self.principals))?;
        let lockout = match open(&self.lockout) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            other => Some(other.map_err(failed(&self.lockout))?),
        };
        k5_bdb::overwrite_with_zeros(&mut principals).map_err(failed(&self.principals))?;
        if let Some(mut lockout) = lockout {
            k5_bdb::overwrite_with_zeros(&mut lockout).map_err(failed(&self.lockout))?;
        }
        for (number, path) in self.files().into_iter().enumerate() {
            match std::fs::remove_file(&path) {
                Err(error) if number > 0 && error.kind() == io::ErrorKind::NotFound => {}
                other => other.map_err(failed(&path))?,
            }
        }
        Ok(())
    }
}

/// Files that were made for a database, which go away again unless they are kept.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<PathBuf>);

impl Made {
    /// Those of the files that are not there yet.
    pub fn of(settings: &KlmdbSettings) -> Made {
        Made(settings.files().into_iter().filter(|path| path.symlink_metadata().is_err()).collect())
    }

    pub fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in &self.0 {
            // Best effort on the way out of another error, which is the one to report.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A `klmdb` database.
#[derive(Clone)]
pub struct Klmdb {
    settings: KlmdbSettings,
    principals: Environment,
}

impl Klmdb {
    /// An existing database.
    ///
    /// # Errors
    /// Where it is missing, or is none of LMDB's.
    pub fn open(settings: KlmdbSettings) -> Result<Self> {
        // MIT looks for the file and then opens it; any reason is a missing file to it.
        if let Err(error) = settings.principals.metadata()
            && error.kind() == io::ErrorKind::NotFound
        {
            return Err(KdbError::LmdbMissing { path: settings.principals });
        }
        let principals = settings.open_principals(Mode::Existing)?;
        let snapshot = principals.read().map_err(|error| settings.error(error))?;
        for tree in [PRINCIPALS, POLICIES] {
            snapshot.records(tree).map_err(|error| settings.error(error))?;
        }
        Ok(Klmdb { settings, principals })
    }

    /// Makes a database, filled by `fill`. If anything fails, nothing of it is left.
    ///
    /// # Errors
    /// Where it exists, where it cannot be written, and what `fill` answers.
    pub fn create(
        settings: KlmdbSettings,
        fill: impl FnOnce(&mut dyn Transaction) -> Result<()>,
    ) -> Result<Self> {
        if settings.principals.symlink_metadata().is_ok() {
            return Err(KdbError::LmdbExists { path: settings.principals });
        }
        let mut made = Made::of(&settings);
        let principals = settings.open_principals(Mode::Create)?;
        settings.open_lockout()?;
        let mut transaction = KlmdbTransaction::begin(&settings, &principals, Access::Write)?;
        fill(&mut transaction)?;
        Box::new(transaction).commit()?;
        made.keep();
        Ok(Klmdb { settings, principals })
    }
}

impl Backend for Klmdb {
    fn begin(&self, _: Scope, access: Access) -> Result<Box<dyn Transaction>> {
        Ok(Box::new(KlmdbTransaction::begin(&self.settings, &self.principals, access)?))
    }

    fn name(&self) -> &'static str {
        ENTRY_NAME
    }

    fn take_apart(&self, name: &[u8], record: &[u8]) -> Result<Entry> {
        record::decode_sorted(&self.settings.principals.display().to_string(), name, record)
    }

    fn put_together(&self, entry: &Entry) -> Result<Vec<u8>> {
        record::encode(entry)
    }

    fn can_be_held(&self) -> bool {
        false
    }
}
