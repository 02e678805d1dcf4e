//! Collections of caches in a directory: files `tkt*`, and a file `primary` whose one line is the name of the one
//! that counts.

use crate::{CcacheError, Result};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What every cache's file name begins with.
const CACHE_PREFIX: &[u8] = b"tkt";

/// The file that names the primary cache.
const PRIMARY: &str = "primary";

/// How long the line in `primary` may be with its newline; MIT reads no more.
const PRIMARY_MAX: usize = 63;

/// The file of the primary cache; `None` where the directory is not there but could be made.
///
/// # Errors
/// What is wrong with the directory or with `primary`.
pub(crate) fn primary(directory: &Path) -> Result<Option<PathBuf>> {
    if !exists(directory)? {
        return Ok(None);
    }
    let path = directory.join(PRIMARY);
    let file = match File::open(&path) {
        Ok(file) => file,
        // A collection that nobody has used yet.
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Ok(Some(directory.join(OsStr::from_bytes(CACHE_PREFIX))));
        }
        Err(e) => return Err(CcacheError::io(&path, "opening", e)),
    };
    let mut text = Vec::new();
    let read = file.take(PRIMARY_MAX as u64).read_to_end(&mut text);
    read.map_err(|e| CcacheError::io(&path, "reading", e))?;
    match cache_of_line(&text) {
        Some(name) => Ok(Some(directory.join(OsStr::from_bytes(name)))),
        None => Err(CcacheError::BadPrimary { path }),
    }
}

/// The file of one cache of a collection, which is `path` itself; `None` where its directory is not there but could
/// be made.
///
/// # Errors
/// What is wrong with the path or with its directory.
pub(crate) fn subsidiary(path: &Path) -> Result<Option<PathBuf>> {
    let bytes = path.as_os_str().as_bytes();
    let Some(slash) = bytes.iter().rposition(|b| *b == b'/') else {
        return Err(CcacheError::NoParent { path: path.to_owned() });
    };
    let (directory, name) = bytes.split_at(slash);
    if !name.get(1..).unwrap_or_default().starts_with(CACHE_PREFIX) {
        return Err(CcacheError::NotTkt { path: path.to_owned() });
    }
    let directory = if directory.is_empty() { b"/" } else { directory };
    let exists = exists(Path::new(OsStr::from_bytes(directory)))?;
    Ok(exists.then(|| path.to_owned()))
}

/// The cache's file name in the first line of `primary`.
fn cache_of_line(text: &[u8]) -> Option<&[u8]> {
    let name = text.split(|b| *b == b'\n').next().filter(|line| line.len() < text.len())?;
    let one_file = !name.iter().any(|b| matches!(b, b'/' | b'\\' | 0));
    (name.starts_with(CACHE_PREFIX) && one_file).then_some(name)
}

fn exists(directory: &Path) -> Result<bool> {
    match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Ok(_) => Err(CcacheError::NotADirectory { path: directory.to_owned() }),
        Err(e) if e.kind() == io::ErrorKind::NotFound && could_be_made(directory) => Ok(false),
        Err(_) => Err(CcacheError::NoDirectory { path: directory.to_owned() }),
    }
}

fn could_be_made(directory: &Path) -> bool {
    match directory.parent() {
        Some(parent) if parent.as_os_str().is_empty() => !directory.as_os_str().is_empty(),
        Some(parent) => parent.is_dir(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_must_be_a_file_name() {
        assert_eq!(cache_of_line(b"tkt\n"), Some(&b"tkt"[..]));
        assert_eq!(cache_of_line(b"tktX1\nmore"), Some(&b"tktX1"[..]));
        for bad in ["", "\n", "tkt", "foo\n", "tkt/x\n", "tkt\\x\n", "tkt\0x\n", "tk\n"] {
            assert_eq!(cache_of_line(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn a_collection_has_a_primary_cache() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        assert_eq!(primary(dir).unwrap(), Some(dir.join("tkt")), "unused");
        assert!(!dir.join(PRIMARY).exists(), "a look makes nothing");
        fs::write(dir.join(PRIMARY), "tktab\n").unwrap();
        assert_eq!(primary(dir).unwrap(), Some(dir.join("tktab")));
        let long = format!("tkt{}\n", "x".repeat(PRIMARY_MAX - 4));
        fs::write(dir.join(PRIMARY), &long).unwrap();
        assert_eq!(primary(dir).unwrap(), Some(dir.join(long.trim_end())));
        fs::write(dir.join(PRIMARY), format!("x{long}").replace("xtkt", "tktx")).unwrap();
        assert!(matches!(primary(dir), Err(CcacheError::BadPrimary { .. })), "a byte too long");
        assert_eq!(primary(&dir.join("new")).unwrap(), None);
        assert!(matches!(primary(&dir.join("no/new")), Err(CcacheError::NoDirectory { .. })));
        assert!(matches!(primary(&dir.join(PRIMARY)), Err(CcacheError::NotADirectory { .. })));
    }

    #[test]
    fn a_subsidiary_cache_has_a_directory_and_a_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tktX");
        assert_eq!(subsidiary(&path).unwrap(), Some(path));
        assert_eq!(subsidiary(Path::new("/tkt")).unwrap(), Some("/tkt".into()));
        assert_eq!(subsidiary(&dir.path().join("new/tkt")).unwrap(), None);
        assert!(matches!(subsidiary(Path::new("tkt")), Err(CcacheError::NoParent { .. })));
        assert!(matches!(subsidiary(&dir.path().join("x")), Err(CcacheError::NotTkt { .. })));
    }
}
