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

/// The file of the primary cache. Neither the file nor the directory need be there: MIT would make the directory and
/// a `primary`, this only looks.
///
/// # Errors
/// What is wrong with the directory or with `primary`.
pub(crate) fn primary(directory: &Path) -> Result<PathBuf> {
    let first = || directory.join(OsStr::from_bytes(CACHE_PREFIX));
    if !exists(directory)? {
        return Ok(first());
    }
    let path = directory.join(PRIMARY);
    let file = match File::open(&path) {
        Ok(file) => file,
        // A collection that nobody has used yet.
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Ok(first());
        }
        Err(e) => return Err(CcacheError::io(&path, "opening", e)),
    };
    let mut text = Vec::new();
    let read = file.take(PRIMARY_MAX as u64).read_to_end(&mut text);
    read.map_err(|e| CcacheError::io(&path, "reading", e))?;
    match cache_of_line(&text) {
        Some(name) => Ok(directory.join(OsStr::from_bytes(name))),
        None => Err(CcacheError::BadPrimary { path }),
    }
}

/// Whether `path` can be one cache of a collection. Its directory need not be there.
///
/// # Errors
/// What is wrong with the path or with its directory.
pub(crate) fn check_subsidiary(path: &Path) -> Result<()> {
    let bytes = path.as_os_str().as_bytes();
    let Some(slash) = bytes.iter().rposition(|b| *b == b'/') else {
        return Err(CcacheError::NoParent { path: path.to_owned() });
    };
    let (directory, name) = bytes.split_at(slash);
    if !name.get(1..).unwrap_or_default().starts_with(CACHE_PREFIX) {
        return Err(CcacheError::NotTkt { path: path.to_owned() });
    }
    let directory = if directory.is_empty() { b"/" } else { directory };
    exists(Path::new(OsStr::from_bytes(directory))).map(|_| ())
}

/// The files of a collection as MIT lists them: the primary one first, if it is there, then the others as the
/// directory has them. A `primary` that names nothing makes none of them the first; without a directory there are none.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    // Where there is no file `primary` none is the first either.
    let first = primary(directory).ok().filter(|_| directory.join(PRIMARY).exists());
    let others = entries.filter_map(|entry| {
        // An entry that cannot be read ends MIT's listing as well; what comes after it is asked for all the same.
        let name = entry.ok()?.file_name();
        name.as_bytes().starts_with(CACHE_PREFIX).then(|| directory.join(name))
    });
    let others: Vec<PathBuf> = others.filter(|path| Some(path) != first.as_ref()).collect();
    first.into_iter().filter(|path| path.exists()).chain(others).collect()
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
        assert_eq!(primary(dir).unwrap(), dir.join("tkt"), "unused");
        assert!(!dir.join(PRIMARY).exists(), "a look makes nothing");
        fs::write(dir.join(PRIMARY), "tktab\n").unwrap();
        assert_eq!(primary(dir).unwrap(), dir.join("tktab"));
        let long = format!("tkt{}\n", "x".repeat(PRIMARY_MAX - 4));
        fs::write(dir.join(PRIMARY), &long).unwrap();
        assert_eq!(primary(dir).unwrap(), dir.join(long.trim_end()));
        fs::write(dir.join(PRIMARY), format!("x{long}").replace("xtkt", "tktx")).unwrap();
        assert!(matches!(primary(dir), Err(CcacheError::BadPrimary { .. })), "a byte too long");
        assert_eq!(primary(&dir.join("new")).unwrap(), dir.join("new/tkt"));
        assert!(matches!(primary(&dir.join("no/new")), Err(CcacheError::NoDirectory { .. })));
        assert!(matches!(primary(&dir.join(PRIMARY)), Err(CcacheError::NotADirectory { .. })));
    }

    #[test]
    fn a_subsidiary_cache_has_a_directory_and_a_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tktX");
        check_subsidiary(&path).unwrap();
        check_subsidiary(Path::new("/tkt")).unwrap();
        check_subsidiary(&dir.path().join("new/tkt")).unwrap();
        assert!(matches!(check_subsidiary(Path::new("tkt")), Err(CcacheError::NoParent { .. })));
        assert!(matches!(check_subsidiary(&dir.path().join("x")), Err(CcacheError::NotTkt { .. })));
    }
}
