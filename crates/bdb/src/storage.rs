//! The directory of a database: whole files by their names, as [`PageFile`] is bytes in one of them.
//!
//! Everything that changes a database's directory goes through here, so that a test can fill the disk or cut the power at
//! any step. Lock files do not: they have no content, and what they are for is the system's.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc::{O_NOFOLLOW, O_NONBLOCK};
use rustix::fs::{Gid, Mode, Uid, XattrFlags};
use rustix::io::Errno;

use crate::{Access, PageFile};

/// An open file of a [`Storage`].
pub type StoredFile = Box<dyn PageFile>;

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What tells the file from others for as long as it is open, or has a name: device and number. Nothing lasting: a
    /// number comes back when its file is gone.
    pub identity: (u64, u64),
    /// Names that the file has.
    pub links: u64,
    /// Length in bytes.
    pub length: u64,
}

/// What a copy may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copying {
    /// Nothing: the two files share their blocks until one of them is written to, or there is no copy.
    Shared,
    /// As much as writing the whole file.
    Whole,
}

/// The file system, as far as a database's files need it.
///
/// What a crash leaves. Of a program that is killed: everything that was done stays. Of a machine that loses its power: of a
/// file what [`PageFile::sync`] covered, and any part of what was written to it or cut off it later; of the names in a
/// directory what [`Storage::sync_directory`] covered, and any of the changes to them since. A change of one name
/// ([`Storage::rename`], [`Storage::remove`], the making of a file) is there as a whole or not at all. A name does not wait
/// for what is in the file: a file that was renamed before it was synced may be found under its new name and empty.
///
/// A failed call may have done its work in part, but for a failed rename or removal, which has done nothing.
pub trait Storage: Debug + Send + Sync {
    /// What the name leads to, symbolic links followed; `None` where there is nothing.
    ///
    /// # Errors
    /// Where the system does not say.
    fn find(&self, path: &Path) -> io::Result<Option<Facts>>;

    /// The name of the file itself, where a path to it has symbolic links. The file must exist.
    ///
    /// # Errors
    /// Where the system does not say.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;

    /// Opens an existing regular file. Never waits.
    ///
    /// # Errors
    /// Where it cannot be opened, or is no regular file.
    fn open(&self, path: &Path, access: Access) -> io::Result<StoredFile>;

    /// The same of a file that is ours alone, by its own name: `None` where a symbolic link, a file with several names or something
    /// else has it, which is not to be touched. [`Storage::remove`] takes the name away from that.
    ///
    /// # Errors
    /// Where there is nothing, or it cannot be opened.
    fn open_own(&self, path: &Path, access: Access) -> io::Result<Option<StoredFile>> {
        self.open(path, access).map(Some)
    }

    /// Whether a name leads anywhere, be it a symbolic link to nothing.
    ///
    /// # Errors
    /// Where the system does not say.
    fn is_taken(&self, path: &Path) -> io::Result<bool> {
        self.find(path).map(|found| found.is_some())
    }

    /// Makes an empty file that only its owner may read and write.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where the name is taken, by a symbolic link too.
    fn create(&self, path: &Path) -> io::Result<StoredFile>;

    /// Makes a copy under a new name, its owner, mode and extended attributes (labels, access lists) as those of the
    /// original; nobody but our user may open it before they are. Neither the bytes nor the name are synced. `None` where
    /// the two cannot share blocks and should. A failed call leaves no copy.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] where the name is taken; where anything of the original cannot be kept.
    fn copy(&self, from: &Path, to: &Path, copying: Copying) -> io::Result<Option<StoredFile>>;

    /// Gives a file another name, in one step in which whatever has that name loses it.
    ///
    /// # Errors
    /// Where the system refuses.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes a file's name away.
    ///
    /// # Errors
    /// Where the system refuses; [`io::ErrorKind::NotFound`] where there is no such name.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Returns when all names in the directory that holds this file, as they are now, are on the medium.
    ///
    /// # Errors
    /// Where the system cannot tell that they are.
    fn sync_directory(&self, of: &Path) -> io::Result<()>;
}

/// The system's own files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SystemStorage;

/// Bytes that are copied at a time.
const CHUNK: usize = 1 << 18;

impl Storage for SystemStorage {
    fn find(&self, path: &Path) -> io::Result<Option<Facts>> {
        match path.metadata() {
            Ok(data) => {
                let identity = (data.dev(), data.ino());
                Ok(Some(Facts { identity, links: data.nlink(), length: data.len() }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<StoredFile> {
        Ok(Box::new(open(path, access)?))
    }

    fn open_own(&self, path: &Path, access: Access) -> io::Result<Option<StoredFile>> {
        let write = access == Access::ReadWrite;
        let opened =
            OpenOptions::new().read(true).write(write).custom_flags(O_NONBLOCK | O_NOFOLLOW).open(path);
        match opened {
            Ok(file) => {
                let data = file.metadata()?;
                Ok((data.is_file() && data.nlink() == 1).then(|| Box::new(file) as StoredFile))
            }
            // Whoever may make names in the directory must not choose which file we overwrite.
            Err(_) if path.symlink_metadata().is_ok_and(|data| !data.is_file()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_taken(&self, path: &Path) -> io::Result<bool> {
        match path.symlink_metadata() {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn create(&self, path: &Path) -> io::Result<StoredFile> {
        Ok(Box::new(create(path)?))
    }

    fn copy(&self, from: &Path, to: &Path, copying: Copying) -> io::Result<Option<StoredFile>> {
        let original = open(from, Access::ReadOnly)?;
        let mut copy = create(to)?;
        let copied = contents(&original, &mut copy, copying).and_then(|copied| {
            if copied {
                attributes(&original, &copy)?;
            }
            Ok(copied)
        });
        if !matches!(copied, Ok(true)) {
            // The reason why there is none is what counts.
            let _ = std::fs::remove_file(to);
        }
        Ok(copied?.then(|| Box::new(copy) as StoredFile))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_directory(&self, of: &Path) -> io::Result<()> {
        let directory = of.parent().filter(|path| !path.as_os_str().is_empty());
        match File::open(directory.unwrap_or(Path::new("."))).and_then(|directory| directory.sync_all()) {
            // Where there is no such thing, the file system sees to it.
            Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => Ok(()),
            other => other,
        }
    }
}

fn open(path: &Path, access: Access) -> io::Result<File> {
    let write = access == Access::ReadWrite;
    // Opening a pipe must not wait for its other end.
    let file = OpenOptions::new().read(true).write(write).custom_flags(O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("Not a regular file"));
    }
    Ok(file)
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// Copies the bytes; `false` where they should be shared and cannot.
fn contents(from: &File, to: &mut File, copying: Copying) -> io::Result<bool> {
    match rustix::fs::ioctl_ficlone(&*to, from) {
        Ok(()) => return Ok(true),
        Err(_) if copying == Copying::Shared => return Ok(false),
        // Why there is no sharing makes no difference to a whole copy.
        Err(_) => {}
    }
    let mut buffer = vec![0; CHUNK];
    let mut offset = 0;
    while let Some(stored) = from.stored_from(offset)? {
        offset = stored.start;
        while offset < stored.end {
            let count = usize::try_from(stored.end - offset).unwrap_or(CHUNK).min(CHUNK);
            let Some(part) = buffer.get_mut(..count) else { break };
            from.read_exact_at(part, offset)?;
            to.write_all_at(part, offset)?;
            offset += count as u64;
        }
    }
    to.set_len(PageFile::len(from)?)?;
    Ok(true)
}

/// Gives the copy the owner, the mode and the extended attributes of the original.
fn attributes(from: &File, to: &File) -> io::Result<()> {
    let (wanted, have) = (from.metadata()?, to.metadata()?);
    if (wanted.uid(), wanted.gid()) != (have.uid(), have.gid()) {
        let (uid, gid) = (Uid::from_raw(wanted.uid()), Gid::from_raw(wanted.gid()));
        rustix::fs::fchown(to, Some(uid), Some(gid))?;
    }
    if wanted.mode() != have.mode() {
        rustix::fs::fchmod(to, Mode::from_raw_mode(wanted.mode()))?;
    }
    let mut names = vec![0; 1 << 16];
    let length = match rustix::fs::flistxattr(from, names.as_mut_slice()) {
        Ok(length) => length,
        Err(Errno::NOTSUP) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let names = names.get(..length).unwrap_or_default();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        // What vouches for a file's bytes is no attribute of another's.
        if !matches!(name, b"security.ima" | b"security.evm") {
            attribute(name, from, to)?;
        }
    }
    Ok(())
}

fn attribute(name: &[u8], from: &File, to: &File) -> io::Result<()> {
    let value = |file: &File| {
        let mut value = vec![0; 1 << 16];
        let length = rustix::fs::fgetxattr(file, name, value.as_mut_slice())?;
        value.truncate(length);
        Ok::<_, Errno>(value)
    };
    let wanted = value(from)?;
    // A label that the system has given already may be one that nobody may set.
    if value(to).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    Ok(rustix::fs::fsetxattr(to, name, &wanted, XattrFlags::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_copy_is_like_its_original() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        let mut file = SystemStorage.create(&from).unwrap();
        assert_eq!(from.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        for offset in [0, 1 << 20, 1 << 40] {
            file.write_at(offset, &[7; 5000]).unwrap();
        }
        file.set_len((1 << 40) + 9000).unwrap();
        let handle = File::open(&from).unwrap();
        rustix::fs::fsetxattr(&handle, "user.label", b"secret", XattrFlags::empty()).unwrap();
        rustix::fs::fchmod(&handle, Mode::from_raw_mode(0o640)).unwrap();
        if rustix::process::geteuid().is_root() {
            rustix::fs::fchown(&handle, Some(Uid::from_raw(1234)), Some(Gid::from_raw(4321))).unwrap();
        }

        let copy = SystemStorage.copy(&from, &to, Copying::Whole).unwrap().unwrap();
        assert_eq!(copy.len().unwrap(), (1 << 40) + 9000);
        for offset in [0, 1 << 20, 1 << 40] {
            let mut back = [0; 5000];
            copy.read_at(offset, &mut back).unwrap();
            assert_eq!(back, [7; 5000]);
        }
        let (was, is) = (from.metadata().unwrap(), to.metadata().unwrap());
        assert_eq!((was.uid(), was.gid(), was.mode()), (is.uid(), is.gid(), is.mode()));
        assert!(is.blocks() * 512 < 200_000, "holes stay holes");
        let mut label = [0; 10];
        let length = rustix::fs::getxattr(&to, "user.label", label.as_mut_slice()).unwrap();
        assert_eq!(&label[..length], b"secret");

        let taken = SystemStorage.copy(&from, &to, Copying::Whole).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert!(to.exists(), "and what has the name keeps it");
    }

    #[test]
    fn a_copy_that_cannot_share_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        SystemStorage.create(&from).unwrap().write_at(0, b"abc").unwrap();
        // Whether it can depends on the file system.
        let shared = SystemStorage.copy(&from, &to, Copying::Shared).unwrap();
        assert_eq!(shared.is_some(), to.exists());
    }

    #[test]
    fn what_is_not_our_own_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        std::fs::write(path("own"), b"1").unwrap();
        std::fs::write(path("two names"), b"2").unwrap();
        std::fs::hard_link(path("two names"), path("link")).unwrap();
        std::os::unix::fs::symlink(path("own"), path("symbolic")).unwrap();
        std::os::unix::fs::symlink(path("nothing"), path("loose")).unwrap();
        for access in [Access::ReadOnly, Access::ReadWrite] {
            assert!(SystemStorage.open_own(&path("own"), access).unwrap().is_some());
            for name in ["link", "symbolic", "loose", "."] {
                assert!(SystemStorage.open_own(&path(name), access).unwrap().is_none(), "{name}");
                assert!(SystemStorage.is_taken(&path(name)).unwrap());
            }
            let error = SystemStorage.open_own(&path("nothing"), access).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
        }
        assert!(!SystemStorage.is_taken(&path("nothing")).unwrap());
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let error = SystemStorage.open(directory.path(), Access::ReadOnly).unwrap_err();
        assert_eq!(error.to_string(), "Not a regular file");
        assert_eq!(SystemStorage.find(&directory.path().join("none")).unwrap(), None);
    }
}
