//! Cache files: opening, locking, reading.

use crate::credential::{ClockOffset, Credential};
use crate::fields::Fields;
use crate::record::{Head, Version};
use crate::{CcacheError, Result};
use k5_lock::LockMode;
use k5_types::{Principal, Secret};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// A cache that is read from a file or from bytes: what stands at its head, and an iterator over its credentials.
///
/// Removed entries are passed over. After an error there is nothing more; what came before it is whole.
#[derive(Debug)]
pub struct CacheFile<R> {
    fields: Fields<R>,
    head: Head,
    done: bool,
}

impl<'a> CacheFile<&'a [u8]> {
    /// The cache that `bytes` are; `name` is what errors call it.
    ///
    /// # Errors
    /// [`CcacheError::BadVersion`], [`CcacheError::Damaged`].
    pub fn parse(bytes: &'a [u8], name: &Path) -> Result<Self> {
        Self::begin(Fields::new(bytes, name, bytes.len() as u64))
    }
}

impl<R: Read> CacheFile<R> {
    fn begin(mut fields: Fields<R>) -> Result<Self> {
        let head = fields.head()?;
        Ok(CacheFile { fields, head, done: false })
    }

    /// The version of the format.
    #[must_use]
    pub fn version(&self) -> Version {
        self.head.version
    }

    /// How far the KDC's clock was ahead when the cache was made, where that was noted.
    #[must_use]
    pub fn clock_offset(&self) -> Option<ClockOffset> {
        self.head.clock_offset
    }

    /// Whose tickets these are.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.head.principal
    }

    /// Reads on to an entry that was not removed.
    fn credential(&mut self) -> Option<Result<Credential>> {
        while !self.done && self.fields.left() > 0 {
            match self.fields.credential(self.head.version) {
                Ok(credential) if credential.is_removed() => {}
                Ok(credential) => return Some(Ok(credential)),
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

impl Iterator for CacheFile<&[u8]> {
    type Item = Result<Credential>;

    fn next(&mut self) -> Option<Self::Item> {
        self.credential()
    }
}

impl CacheFile<Buffered> {
    /// Opens the file and reads its head under a shared lock, as MIT does.
    ///
    /// # Errors
    /// [`CcacheError::NotFound`], [`CcacheError::NotAFile`], [`CcacheError::BadVersion`],
    /// [`CcacheError::Damaged`], [`CcacheError::Io`].
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = open(path)?;
        let fields = Fields::new(Buffered::new(file), path, 0);
        let mut fields = locked(fields)?;
        let head = fields.head();
        unlock(&fields)?;
        Ok(CacheFile { fields, head: head?, done: false })
    }
}

impl Iterator for CacheFile<Buffered> {
    type Item = Result<Credential>;

    /// The lock is held for one entry at a time, as by MIT: whoever shows entries may be stopped by his reader for
    /// hours, and must not keep others from writing.
    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let next = relock(&mut self.fields).and_then(|()| {
            let next = self.credential().transpose();
            unlock(&self.fields)?;
            next
        });
        self.done = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

fn locked(mut fields: Fields<Buffered>) -> Result<Fields<Buffered>> {
    relock(&mut fields)?;
    Ok(fields)
}

/// Takes the lock and asks for the length, which nobody changes as long as it is held.
fn relock(fields: &mut Fields<Buffered>) -> Result<()> {
    let file = &fields.source().file;
    k5_lock::lock(file, LockMode::Shared).map_err(|e| CcacheError::io(fields.path(), "locking", e))?;
    let len = file.metadata().map_err(|e| CcacheError::io(fields.path(), "looking at", e))?.len();
    fields.set_len(len);
    Ok(())
}

fn unlock(fields: &Fields<Buffered>) -> Result<()> {
    k5_lock::unlock(&fields.source().file).map_err(|e| CcacheError::io(fields.path(), "unlocking", e))
}

fn open(path: &Path) -> Result<File> {
    let error = |doing, error| match means_missing(&error) {
        true => CcacheError::no_file(path),
        false => CcacheError::io(path, doing, error),
    };
    // Opening a pipe would wait for somebody to write to it.
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(CcacheError::NotAFile { path: path.to_owned() }),
        Err(e) => return Err(error("looking at", e)),
    }
    File::open(path).map_err(|e| error("opening", e))
}

/// Whether the error means that there is no such file, in MIT's view.
fn means_missing(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound};
    // No stable kind stands for too many symbolic links.
    const ELOOP: i32 = 40;
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename) || error.raw_os_error() == Some(ELOOP)
}

/// A file with a buffer in front that is wiped when it goes, since session keys pass through it.
#[derive(Debug)]
pub struct Buffered {
    file: File,
    buffer: Secret<Vec<u8>>,
    /// What of the buffer is read from the file and not handed on yet.
    ahead: std::ops::Range<usize>,
}

impl Buffered {
    const SIZE: usize = 8192;

    fn new(file: File) -> Self {
        Buffered { file, buffer: Secret::new(vec![0; Self::SIZE]), ahead: 0..0 }
    }
}

impl Read for Buffered {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.ahead.is_empty() {
            self.ahead = 0..self.file.read(self.buffer.expose_mut())?;
        }
        let ahead = self.buffer.expose().get(self.ahead.clone()).unwrap_or_default();
        let count = ahead.len().min(into.len());
        for (to, from) in into.iter_mut().zip(ahead) {
            *to = *from;
        }
        self.ahead.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc;
    use std::time::Duration;

    const BOB: &[u8] = include_bytes!("../../../tests/golden/ccache/bob.ccache");

    fn principal(path: &Path) -> Result<Principal> {
        CacheFile::open(path).map(|cache| cache.principal().clone())
    }

    #[test]
    fn what_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("file"), "").unwrap();
        symlink(path("loop"), path("loop")).unwrap();
        for name in ["none", "file/x", "loop", &"x".repeat(300)] {
            let error = principal(&path(name)).unwrap_err();
            assert!(matches!(error, CcacheError::NotFound { .. }), "{name}: {error}");
        }
        assert!(matches!(principal(Path::new("")), Err(CcacheError::NotFound { .. })));
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
        assert_eq!(read, Principal::new("GOLDEN.TEST", ["bob"]));
        reader.join().unwrap();
    }

    #[test]
    fn the_lock_is_held_for_one_entry_at_a_time() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let whole = CacheFile::parse(BOB, Path::new("c")).unwrap().count();
        fs::write(file.path(), BOB).unwrap();
        let mut writer = File::options().append(true).open(file.path()).unwrap();
        let mut cache = CacheFile::open(file.path()).unwrap();
        for _ in 0..whole {
            assert!(k5_lock::try_lock(&writer, LockMode::Exclusive).unwrap(), "nobody else is kept waiting");
            k5_lock::unlock(&writer).unwrap();
            cache.next().unwrap().unwrap();
        }
        // What is added meanwhile is read as well: here the last entry once more.
        k5_lock::lock(&writer, LockMode::Exclusive).unwrap();
        let (send, receive) = mpsc::channel();
        let reader = std::thread::spawn(move || send.send(cache.next().unwrap().unwrap().server).unwrap());
        let early = receive.recv_timeout(Duration::from_millis(100));
        assert!(early.is_err(), "read under a writer's lock: {early:?}");
        let last = BOB.len() - last_entry_len();
        std::io::Write::write_all(&mut writer, &BOB[last..]).unwrap();
        k5_lock::unlock(&writer).unwrap();
        let server = receive.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(server, Principal::new("GOLDEN.TEST", ["svc", "h2.golden.test"]));
        reader.join().unwrap();
    }

    /// Where the last entry of the golden cache begins, from its end.
    fn last_entry_len() -> usize {
        let whole = CacheFile::parse(BOB, Path::new("c")).unwrap().count();
        let ends = |len: usize| {
            let cache = CacheFile::parse(&BOB[..len], Path::new("c")).ok();
            cache.is_some_and(|cache| cache.filter(|one| one.is_ok()).count() == whole - 1)
        };
        // The shortest piece that holds all but the last.
        let begins = (0..BOB.len()).find(|len| ends(*len)).unwrap();
        BOB.len() - begins
    }
}
