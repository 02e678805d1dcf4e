//! A keytab that does not exist yet: it is made beside its place, and put there whole.

use super::place::Layout;
use super::{KeytabWriter, Stored, Target, Undo, reserve};
use crate::layout::HEADER_LEN;
use crate::record::Version;
use crate::storage::Storage;
use crate::{Entry, KeytabError, Result};
use k5_lock::{LockMode, lock};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file beside `path`, with a keytab's header in it and room for more.
pub(super) fn new_beside(path: &Path, room: u64) -> Result<Target> {
    let io = |doing| move |e| KeytabError::io(path, doing, e);
    let name = path.file_name().ok_or_else(|| KeytabError::NotFound { path: path.to_owned() })?;
    if fs::symlink_metadata(path).is_ok() {
        // A symbolic link to nothing.
        return Err(KeytabError::NotFound { path: path.to_owned() });
    }
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    let file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".new")
        .tempfile_in(directory(path))
        .map_err(io("creating"))?;
    let header = Version::V2.header();
    Storage::write_all_at(file.as_file(), &header, 0).map_err(io("writing"))?;
    reserve(file.as_file(), HEADER_LEN, room).map_err(io("making room in"))?;
    Ok(Target::New { file, room })
}

/// Fills the new file and puts it in its place. If a file is there by now, the entries go into that.
pub(super) fn store_new(path: PathBuf, file: NamedTempFile, room: u64, entries: &[&Entry]) -> Result<Stored> {
    let io = |e| KeytabError::io(&path, "writing", e);
    let change = Layout::only_a_header().place(entries)?;
    change.fill(file.as_file()).map_err(io)?;
    // What was reserved and not used goes back.
    let length = file.as_file().metadata().map_err(io)?.len();
    file.as_file().set_len(length).map_err(io)?;
    // Locked before anybody can see it.
    lock(file.as_file(), LockMode::Exclusive).map_err(io)?;
    match file.persist_noclobber(&path) {
        Ok(file) => {
            // The entry in the directory should outlive a power cut too; where directories cannot be synced, the file
            // system sees to it.
            if let Ok(directory) = File::open(directory(&path)) {
                let _ = directory.sync_all();
            }
            Ok(Stored { path, undo: Undo::NewFile(file) })
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            drop(error.file);
            KeytabWriter::prepare(&path, room)?.store(entries)
        }
        Err(error) => Err(io(error.error)),
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
