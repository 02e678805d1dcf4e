//! The four files of a `db2` database: their names, making and destroying them.

use super::transaction::{open_policy_lock, take_lock};
use super::tree::PrincipalFile;
use crate::backend::Access;
use crate::error::{KdbError, Result};
use k5_bdb::commit;
use k5_bdb::{Storage, StoredFile, SystemStorage};
use k5_lock::LockMode;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Only the owner may do anything.
const MODE: u32 = 0o600;

/// Does a piece of work, and what must be done before and behind it.
type Surround = dyn Fn(&mut dyn FnMut() -> Result<()>) -> Result<()> + Send + Sync;

/// What surrounds the finishing of a change that was cut short, when the locks are held: whoever follows the database by an
/// update log must learn that it has changed once more.
#[derive(Clone)]
pub struct Around(pub(crate) Arc<Surround>);

impl std::fmt::Debug for Around {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Around")
    }
}

/// The files of a database called `P`.
#[derive(Debug, Clone)]
pub struct Db2Files {
    /// `P`: principals.
    pub principals: PathBuf,
    /// `P.ok`: the lock file of the principals, whose time of modification is the database's age.
    pub lock: PathBuf,
    /// `P.kadm5`: policies.
    pub policies: PathBuf,
    /// `P.kadm5.lock`: the lock file of the policies.
    pub policy_lock: PathBuf,
    /// `P.journal`: a change that was begun and is not over.
    pub journal: PathBuf,
    /// `P~` and `P~.kadm5`: what is being loaded.
    pub loaded: [PathBuf; 2],
    /// What `P` becomes where it is made.
    pub new_principals: PrincipalFile,
    /// Whether a load leaves last success, last failure and failures of the principals as they are.
    pub merge_nra: bool,
    /// What surrounds the finishing of a change that was cut short.
    pub around_recovery: Option<Around>,
    /// Where the files of the principals and the policies are.
    pub storage: Arc<dyn Storage>,
}

/// `path` with `suffix` behind its last component.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

impl Db2Files {
    /// The files of the database of that name.
    #[must_use]
    pub fn named(database: &Path) -> Self {
        Db2Files {
            principals: database.to_path_buf(),
            lock: with_suffix(database, ".ok"),
            policies: with_suffix(database, ".kadm5"),
            policy_lock: with_suffix(database, ".kadm5.lock"),
            journal: with_suffix(database, ".journal"),
            loaded: [with_suffix(database, "~"), with_suffix(database, "~.kadm5")],
            new_principals: PrincipalFile::default(),
            merge_nra: false,
            around_recovery: None,
            storage: Arc::new(SystemStorage),
        }
    }

    /// The files of a load into this database, under their names with `~`.
    pub(super) fn of_load(&self) -> Db2Files {
        Db2Files::named(&with_suffix(&self.principals, "~"))
    }

    /// The files as a commit sees them.
    pub(super) fn pair(&self) -> commit::Files<'_> {
        let [principals, policies] = &self.loaded;
        commit::Files {
            storage: &*self.storage,
            paths: [&self.principals, &self.policies],
            loaded: [principals, policies],
            journal: &self.journal,
        }
    }

    /// Finishes or takes back a change that was cut short, as every way in does before anything else.
    ///
    /// # Errors
    /// [`KdbError::CutShort`] where it is there and we may not write.
    pub(super) fn recover(&self) -> Result<()> {
        let cut_short = |error: KdbError| match error {
            KdbError::CannotLock { .. } => KdbError::CutShort { journal: self.journal.clone() },
            other => other,
        };
        let failed = |path: &Path, source| KdbError::Io { path: path.to_path_buf(), source };
        let lock = open_lock(&self.lock).map_err(|source| failed(&self.lock, source))?;
        take_lock(&lock, &self.lock, Access::Write).map_err(cut_short)?;
        let policy_lock = open_policy_lock(&self.policy_lock)?;
        take_lock(&policy_lock, &self.policy_lock, Access::Write).map_err(cut_short)?;
        self.recover_locked()
    }

    /// The same for who has both exclusive locks.
    pub(super) fn recover_locked(&self) -> Result<()> {
        let mut recover = || Ok(self.pair().recover().map(|_| ())?);
        match &self.around_recovery {
            Some(Around(surround)) if self.pair().is_cut_short()? => surround(&mut recover),
            _ => recover(),
        }
    }
}

/// Opens a file to lock it: for writing, since an exclusive lock needs that, or for reading where that is not
/// allowed, which is enough for a shared one.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            File::open(path)
        }
        other => other,
    }
}

/// The files of a database that is being made, `P.ok` and `P.kadm5.lock` locked.
#[derive(Debug)]
pub(super) struct NewFiles {
    made: Made,
    _lock: File,
    _policy_lock: File,
}

/// Files that go away again unless they are kept, so that a failure (a full disk, a wrong setting) leaves no
/// half database behind.
#[derive(Debug)]
struct Made {
    storage: Arc<dyn Storage>,
    paths: Vec<PathBuf>,
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in &self.paths {
            // Best effort on the way out of another error, which is the one to report.
            let _ = self.storage.remove(path);
        }
    }
}

impl NewFiles {
    /// Makes the files; the principals' and the policies' come open, under names of their own until all is in them. None may
    /// exist but the lock files, which some programs leave behind, and what a creation left that was cut short.
    pub fn make(files: &Db2Files) -> Result<(Self, StoredFile, StoredFile)> {
        let failed = |path: &Path, source| KdbError::Open { path: path.to_path_buf(), source };
        let exists = || failed(&files.principals, io::Error::from_raw_os_error(nix::libc::EEXIST));
        // Looked at before anything is made: the usual slip is a second `create`.
        let is_there = || files.principals.symlink_metadata().is_ok();
        if is_there() && !files.pair().is_cut_short()? {
            return Err(exists());
        }
        let mut made = Made { storage: Arc::clone(&files.storage), paths: Vec::new() };
        let mut lock_made = Vec::new();
        let lock = lock_file(&files.lock, &mut lock_made)?;
        // Somebody else may have had the lock of the file that we made first, and used it: then it stays.
        if is_there() {
            // With the lock: a creation that runs has a journal too.
            files.refuse_half_a_creation()?;
            return Err(exists());
        }
        made.paths = lock_made;
        files.pair().forget()?;
        if files.policies.symlink_metadata().is_ok() {
            return Err(failed(&files.policies, io::Error::from_raw_os_error(nix::libc::EEXIST)));
        }
        let mut new = |path: &PathBuf| {
            let file = files.storage.create(path).map_err(|e| failed(path, e))?;
            made.paths.push(path.clone());
            Ok::<_, KdbError>(file)
        };
        let [principals, policies] = files.pair().new_files(commit::Names::Commit);
        let (principals, policies) = (new(&principals)?, new(&policies)?);
        // One that is there is what a killed creation left: there are neither principals nor policies.
        let policy_lock = match create_new(&files.policy_lock) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open_lock(&files.policy_lock),
            other => {
                made.paths.push(files.policy_lock.clone());
                other
            }
        };
        let policy_lock = policy_lock.map_err(|e| failed(&files.policy_lock, e))?;
        k5_lock::lock(&policy_lock, LockMode::Exclusive).map_err(|e| failed(&files.policy_lock, e))?;
        Ok((NewFiles { made, _lock: lock, _policy_lock: policy_lock }, principals, policies))
    }

    /// All is in the files: gives them their names.
    pub fn keep(mut self, files: &Db2Files) -> Result<()> {
        let placed = files.pair().put_in_place(commit::Names::Commit);
        if !matches!(placed, Err(k5_bdb::Error::Io { .. })) {
            // The database stands, or stands when it is opened again.
            self.made.paths.clear();
        }
        Ok(placed?)
    }
}

pub(super) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(MODE).open(path)
}

/// Opens or makes `P.ok` and locks it exclusively; `made` gets its path if it was made. Whoever made it and failed removes it again, perhaps while we
/// wait for the lock; a lock on a file without a name is worth nothing, so it is then made anew.
pub(super) fn lock_file(path: &Path, made: &mut Vec<PathBuf>) -> Result<File> {
    let failed = |source| KdbError::Open { path: path.to_path_buf(), source };
    loop {
        let (file, is_new) = match create_new(path) {
            Ok(file) => (file, true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                match OpenOptions::new().read(true).write(true).open(path) {
                    Ok(file) => (file, false),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(failed(error)),
                }
            }
            Err(error) => return Err(failed(error)),
        };
        k5_lock::lock(&file, LockMode::Exclusive).map_err(failed)?;
        let held = file.metadata().map_err(failed)?;
        let named = path.metadata();
        if named.is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino())) {
            if is_new {
                made.push(path.to_path_buf());
            }
            return Ok(file);
        }
    }
}
