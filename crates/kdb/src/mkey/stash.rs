//! The stash file: master keys on disk, so that programs start without a password.
//!
//! A keytab that holds K/M@REALM in all its versions, or one. The older form is read too:
//!
//! ```text
//! 0  u16  enctype (order of the machine)
//! 2  u32  length of the key, 1 to 1024
//! 6  key
//! ```

use super::MasterKey;
use crate::error::{KdbError, Result};
use k5_bdb::{Storage, SystemStorage};
use k5_keytab::{Entry, KeytabError, KeytabReader, KeytabWriter, Select};
use k5_types::{EncType, KeyBlock, Kvno, Principal, Timestamp, errno_text};
use k5_wire::{ByteOrder, Reader};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Longest key that the older form may hold.
const OLD_KEY_LIMIT: u32 = 1024;
/// Random letters in the name of the directory in which a new file is written.
const LETTERS: usize = 6;
/// MIT's text for an old-form file that is cut short.
const CANNOT_READ: &str = "Cannot find/read stored master key";
/// MIT's text for an old-form file that holds no key.
const BAD_STORED: &str = "Stored master key is corrupted";

/// Reads the master key of a principal from a stash file of either form: the wanted version, else the most
/// recent one.
///
/// # Errors
/// [`KdbError::Stash`] with the file and why.
pub fn read(path: &Path, principal: &Principal, kvno: Option<Kvno>) -> Result<KeyBlock> {
    let failed = |reason: String| KdbError::Stash { path: path.to_path_buf(), reason };
    let entries = match KeytabReader::open(path) {
        Ok(reader) => reader,
        Err(KeytabError::BadVersion { .. }) => return read_old(path).map_err(failed),
        Err(error) => return Err(failed(stash_text(&error))),
    };
    let select = Select { principal, kvno, enctype: None };
    select.pick(entries).map(|entry| entry.key).map_err(|error| failed(stash_text(&error)))
}

/// Reads all master keys of a principal from a stash file of either form. One of the older form says no version; it is
/// taken for the first.
///
/// # Errors
/// [`KdbError::Stash`] with the file and why, or that it has none.
pub fn read_all(path: &Path, principal: &Principal) -> Result<Vec<MasterKey>> {
    let failed = |reason: String| KdbError::Stash { path: path.to_path_buf(), reason };
    let entries = match KeytabReader::open(path) {
        Ok(reader) => reader,
        Err(KeytabError::BadVersion { .. }) => {
            return Ok(vec![MasterKey { kvno: 1, key: read_old(path).map_err(failed)? }]);
        }
        Err(error) => return Err(failed(stash_text(&error))),
    };
    let mut keys = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(stash_text(&error)))?;
        if entry.principal == *principal
            && let Ok(kvno) = u16::try_from(entry.kvno)
        {
            keys.push(MasterKey { kvno, key: entry.key });
        }
    }
    match keys.is_empty() {
        true => Err(failed(format!("No key table entry found for {principal}"))),
        false => Ok(keys),
    }
}

/// The text of a keytab error without the file, which the caller names.
fn stash_text(error: &KeytabError) -> String {
    match error {
        KeytabError::NotFound { .. } => "No such file or directory".to_owned(),
        KeytabError::Io { source, .. } => errno_text(source),
        KeytabError::NoEntry { principal } => format!("No key table entry found for {principal}"),
        KeytabError::Damaged { offset, damage, .. } => format!("Bad format at offset {offset}: {damage}"),
        KeytabError::NotAFile { .. } => "not a regular file".to_owned(),
        other => other.mit_text(),
    }
}

fn read_old(path: &Path) -> std::result::Result<KeyBlock, String> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    // The limit keeps a file that is no stash from being read whole.
    let limit = u64::from(OLD_KEY_LIMIT) + 6;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| errno_text(&error))?;
    let mut reader = Reader::new(&bytes, ByteOrder::NATIVE);
    let header = (reader.u16(), reader.u32());
    let (Ok(enctype), Ok(length)) = header else { return Err(CANNOT_READ.to_owned()) };
    if !(1..=OLD_KEY_LIMIT).contains(&length) {
        return Err(BAD_STORED.to_owned());
    }
    let key = reader.bytes(length as usize).map_err(|_| CANNOT_READ.to_owned())?;
    Ok(KeyBlock::new(EncType(i32::from(enctype)), key.to_vec()))
}

/// Writes master keys, first one first, to a new file and renames it over the stash file. MIT's new file is `NAME_tmp`, and
/// one that is there already is an error; so it is here, since its writer may be at work. Ours is in a directory
/// `.NAME_tmp` and six letters, which is locked as long as its writer lives: the next writer removes those of dead ones.
///
/// # Errors
/// Where the file cannot be written; the stash file is then as it was.
pub fn write(path: &Path, principal: &Principal, keys: &[&MasterKey], now: Timestamp) -> Result<()> {
    let io_error = |path: &Path, source: io::Error| KdbError::Io { path: path.to_path_buf(), source };
    if path.metadata().is_ok_and(|data| !data.is_file()) {
        let not_regular = io::Error::other("keyfile is not a regular file");
        return Err(io_error(path, not_regular));
    }
    let temporary = temporary_name(path);
    if temporary.symlink_metadata().is_ok() {
        return Err(KdbError::StashTemporary { path: temporary });
    }
    let entries: Vec<Entry> = keys
        .iter()
        .map(|key| Entry {
            principal: principal.clone(),
            timestamp: now,
            kvno: Kvno::from(key.kvno),
            key: key.key.duplicate(),
        })
        .collect();
    let mut prefix = OsString::from(".");
    prefix.push(temporary.file_name().unwrap_or_default());
    let directory = path.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let scratch = tempfile::Builder::new().prefix(&prefix).rand_bytes(LETTERS).tempdir_in(directory);
    let scratch = scratch.map_err(|error| io_error(&temporary, io::Error::other(system_text(&error))))?;
    let alive = File::open(scratch.path()).and_then(|held| held.lock().map(|()| held));
    let _alive = alive.map_err(|error| io_error(&temporary, error))?;
    remove_abandoned(directory, &prefix);
    let new = scratch.path().join("new");
    KeytabWriter::prepare(&new, 0)
        .and_then(|writer| writer.commit(&entries))
        .map_err(|error| io_error(&temporary, io::Error::other(stash_text(&error))))?;
    SystemStorage.rename(&new, path).map_err(|error| io_error(path, error))?;
    SystemStorage.sync_directory(path).map_err(|error| io_error(path, error))
}

/// Removes the directories of writers that were killed, and overwrites the keys in them. As far as it can be done: whoever
/// writes now does not depend on it.
fn remove_abandoned(directory: &Path, prefix: &OsStr) {
    let entries = |directory: &Path| fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries(directory) {
        let name = entry.file_name();
        let letters = name.as_bytes().strip_prefix(prefix.as_bytes()).map(<[u8]>::len);
        if letters != Some(LETTERS) || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        // Record locks, which the other files have, want a descriptor for writing; there is none of a directory.
        let Ok(abandoned) = File::open(entry.path()) else { continue };
        if abandoned.try_lock().is_err() {
            continue;
        }
        for file in entries(&entry.path()).filter(|file| file.file_type().is_ok_and(|kind| kind.is_file())) {
            let opened = OpenOptions::new().read(true).write(true).open(file.path());
            let _ = opened.and_then(|mut file| k5_bdb::overwrite_with_zeros(&mut file));
        }
        let _ = fs::remove_dir_all(entry.path());
    }
}

/// What the system said, without the path that `tempfile` puts around it.
fn system_text(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|wrapped| wrapped.source()?.downcast_ref::<io::Error>());
    errno_text(inner.unwrap_or(error))
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("_tmp");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> Principal {
        Principal::new("R", ["K", "M"])
    }

    #[test]
    fn what_dead_writers_left_goes_and_what_the_living_need_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stash");
        let others = [".stash_tmpabcdefg", ".stash_tmpabcde", ".other_tmpabcdef"];
        let [dead, alive] = [".stash_tmpabcdef", ".stash_tmpghijkl"].map(|name| dir.path().join(name));
        for place in others.map(|name| dir.path().join(name)).iter().chain([&dead, &alive]) {
            fs::create_dir(place).unwrap();
            fs::write(place.join("new"), b"keys").unwrap();
        }
        fs::hard_link(dead.join("new"), dir.path().join("seen")).unwrap();
        let writer = File::open(&alive).unwrap();
        writer.lock().unwrap();
        let key = MasterKey { kvno: 1, key: KeyBlock::new(EncType(18), vec![1; 32]) };
        write(&path, &master(), &[&key], Timestamp(5)).unwrap();
        assert!(!dead.exists());
        assert_eq!(fs::read(dir.path().join("seen")).unwrap(), [0; 4], "overwritten first");
        assert_eq!(fs::read(alive.join("new")).unwrap(), b"keys");
        assert!(others.iter().all(|name| dir.path().join(name).exists()));
        drop(writer);
        write(&path, &master(), &[&key], Timestamp(5)).unwrap();
        assert!(!alive.exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), others.len() + 2);
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stash");
        let keys =
            [2u16, 1].map(|kvno| MasterKey { kvno, key: KeyBlock::new(EncType(18), vec![kvno as u8; 32]) });
        write(&path, &master(), &keys.iter().collect::<Vec<_>>(), Timestamp(5)).unwrap();
        assert_eq!(read(&path, &master(), None).unwrap(), keys[0].key);
        assert_eq!(read(&path, &master(), Some(1)).unwrap(), keys[1].key);
        let all = read_all(&path, &master()).unwrap();
        assert_eq!(all.iter().map(|key| key.kvno).collect::<Vec<_>>(), [2, 1]);
        assert!(read_all(&path, &Principal::new("S", ["K", "M"])).is_err());
        let other = read(&path, &Principal::new("S", ["K", "M"]), None).unwrap_err();
        assert!(other.to_string().contains("K/M@S"), "{other}");
        assert!(other.to_string().contains("stash"), "{other}");
    }

    #[test]
    fn the_older_form_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stash");
        let mut bytes = 17u16.to_ne_bytes().to_vec();
        bytes.extend(16u32.to_ne_bytes());
        bytes.extend([9; 16]);
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path, &master(), None).unwrap(), KeyBlock::new(EncType(17), vec![9; 16]));
        assert_eq!(read_all(&path, &master()).unwrap()[0].key, read(&path, &master(), None).unwrap());
        std::fs::write(&path, &bytes[..20]).unwrap();
        assert!(read(&path, &master(), None).unwrap_err().to_string().contains(CANNOT_READ));
        std::fs::write(&path, [17, 0, 0xff, 0xff, 0xff, 0xff]).unwrap();
        assert!(read(&path, &master(), None).unwrap_err().to_string().contains(BAD_STORED));
    }

    /// Stash files are no keytabs to those who look for them.
    #[test]
    fn damage_is_told_with_the_file_named_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stash");
        std::fs::write(&path, [5, 2, 0, 0, 0, 70, 1]).unwrap();
        let damaged = read(&path, &master(), None).unwrap_err().to_string();
        let device = Path::new("/dev/null");
        let no_file = read(device, &master(), None).unwrap_err().to_string();
        for (said, file, what) in [
            (damaged, &*path, "Bad format at offset 2: a record of 70 bytes"),
            (no_file, device, "not a regular file"),
        ] {
            assert!(said.contains(what) && !said.contains("keytab"), "{said}");
            assert_eq!(said.matches(&file.display().to_string()).count(), 1, "{said}");
        }
    }

    #[test]
    fn a_temporary_file_is_in_the_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stash");
        std::fs::write(dir.path().join("stash_tmp"), "").unwrap();
        let key = MasterKey { kvno: 1, key: KeyBlock::new(EncType(18), vec![1; 32]) };
        assert!(matches!(
            write(&path, &master(), &[&key], Timestamp(5)),
            Err(KdbError::StashTemporary { .. })
        ));
        assert!(!path.exists());
    }
}
