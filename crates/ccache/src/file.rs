//! Cache files: opening, locking, reading.

use crate::record::Fields;
use crate::{CcacheError, Result};
use k5_lock::LockMode;
use k5_types::Principal;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

/// The default principal of the cache in the file `path`; `None` where there is no such file.
///
/// # Errors
/// [`CcacheError::NotAFile`], [`CcacheError::BadVersion`], [`CcacheError::Damaged`], [`CcacheError::Io`].
pub(crate) fn principal(path: &Path) -> Result<Option<Principal>> {
    let Some((file, len)) = open(path)? else { return Ok(None) };
    Fields::new(BufReader::new(file), path, len).head().map(|head| Some(head.principal))
}

/// Opens a cache under a shared lock, as MIT does, and tells its length; closing it gives the lock back.
fn open(path: &Path) -> Result<Option<(File, u64)>> {
    // Opening a pipe would wait for somebody to write to it.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(CcacheError::NotAFile { path: path.to_owned() }),
        Err(e) => return missing(e).map_or(Ok(None), |e| Err(CcacheError::io(path, "looking at", e))),
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) => return missing(e).map_or(Ok(None), |e| Err(CcacheError::io(path, "opening", e))),
    };
    k5_lock::lock(&file, LockMode::Shared).map_err(|e| CcacheError::io(path, "locking", e))?;
    // A writer may have been at work until the lock was ours.
    let len = file.metadata().map_err(|e| CcacheError::io(path, "looking at", e))?.len();
    Ok(Some((file, len)))
}

/// Nothing where the error means that there is no such file, in MIT's view; otherwise the error.
fn missing(error: io::Error) -> Option<io::Error> {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    // No stable kind stands for too many symbolic links.
    const ELOOP: i32 = 40;
    let none = matches!(error.kind(), NotFound | NotADirectory | InvalidFilename)
        || error.raw_os_error() == Some(ELOOP);
    (!none).then_some(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc;
    use std::time::Duration;

    const BOB: &[u8] = include_bytes!("../../../tests/golden/ccache/bob.ccache");

    #[test]
    fn no_file_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("file"), "").unwrap();
        symlink(path("loop"), path("loop")).unwrap();
        for name in ["none", "file/x", "loop", &"x".repeat(300)] {
            assert!(principal(&path(name)).unwrap().is_none(), "{name}");
        }
        assert!(principal(Path::new("")).unwrap().is_none());
        let error = principal(&path("file")).unwrap_err();
        assert!(matches!(error, CcacheError::Damaged { offset: 0, .. }), "{error}");
        let error = principal(dir.path()).unwrap_err();
        assert!(matches!(error, CcacheError::NotAFile { .. }), "{error}");
    }

    #[test]
    fn a_writer_is_waited_for() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let writer = File::options().write(true).open(file.path()).unwrap();
        k5_lock::lock(&writer, LockMode::Exclusive).unwrap();
        let (send, receive) = mpsc::channel();
        let path = file.path().to_owned();
        let reader = std::thread::spawn(move || send.send(principal(&path)).unwrap());
        let early = receive.recv_timeout(Duration::from_millis(100));
        assert!(early.is_err(), "read under a writer's lock: {early:?}");
        fs::write(file.path(), BOB).unwrap();
        drop(writer);
        let read = receive.recv_timeout(Duration::from_secs(30)).unwrap().unwrap();
        assert_eq!(read, Some(Principal::new("GOLDEN.TEST", ["bob"])));
        reader.join().unwrap();
    }
}
