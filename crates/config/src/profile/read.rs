//! Reading profiles from the file system: files, directories, `include` and `includedir`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::node::{Place, Tree};
use super::syntax::{Action, Parser};
use crate::{Error, Notice, Origin, Result};

/// How deep includes may nest. MIT goes on until it has no file descriptor left.
const MAX_DEPTH: usize = 32;

/// How many files one profile may take in. Files that include each other twice over grow like 2^depth.
const MAX_FILES: usize = 4096;

/// The largest file read, so that a device or an endless pipe ends in an error.
const MAX_BYTES: u64 = 16 << 20;

/// Reads one member of the file list into a tree.
pub(super) struct Reader<'n> {
    tree: Tree,
    notices: &'n mut Vec<Notice>,
    depth: usize,
    files: usize,
    follow: bool,
}

impl<'n> Reader<'n> {
    /// With `follow` false every `include` and `includedir` is an error, for text that has no business
    /// reading files.
    pub(super) fn new(notices: &'n mut Vec<Notice>, follow: bool) -> Reader<'n> {
        Reader { tree: Tree::new(), notices, depth: 0, files: 0, follow }
    }

    /// Reads a file or, where `path` is a directory, the fitting files in it.
    ///
    /// # Errors
    /// [`Error::Open`] if `path` itself cannot be opened (the caller decides what a missing file means), and
    /// whatever the contents are wrong in.
    pub(super) fn top(mut self, path: &Path) -> Result<Tree> {
        let open = |source| Error::Open { path: path.to_path_buf(), source };
        if std::fs::metadata(path).map_err(open)?.is_dir() {
            self.directory(path, None)?;
        } else {
            let file = File::open(path).map_err(open)?;
            let text = read_all(file, path)?;
            self.text(path, &text)?;
        }
        Ok(self.tree)
    }

    /// Parses text that is already in memory.
    pub(super) fn memory(mut self, name: &Path, text: &[u8]) -> Result<Tree> {
        self.text(name, text)?;
        Ok(self.tree)
    }

    fn text(&mut self, path: &Path, text: &[u8]) -> Result<()> {
        let source = self.tree.add_source(path);
        let mut parser = Parser::new();
        for (line, number) in text.split_inclusive(|&b| b == b'\n').zip(1u32..) {
            let place = Place { source, line: number };
            let origin = || Origin::new(path, number);
            let action = parser
                .line(line, place, &mut self.tree)
                .map_err(|fault| Error::Syntax { origin: origin(), fault })?;
            match action {
                Action::Done => {}
                Action::Include(name) => self.include(Path::new(OsStr::from_bytes(name)), origin())?,
                Action::IncludeDir(name) => {
                    self.directory(Path::new(OsStr::from_bytes(name)), Some(origin()))?;
                }
                Action::Module(spec) => self.notices.push(Notice::ModuleDeclaration {
                    origin: origin(),
                    module: String::from_utf8_lossy(spec).into_owned(),
                }),
            }
        }
        Ok(())
    }

    fn include(&mut self, path: &Path, origin: Origin) -> Result<()> {
        let fail = |source| Error::Include { origin: origin.clone(), path: path.to_path_buf(), source };
        self.descend().map_err(fail)?;
        let file = File::open(path).map_err(fail)?;
        if file.metadata().map_err(fail)?.is_dir() {
            // MIT opens the directory, reads nothing from it and goes on.
            self.notices.push(Notice::IncludeOfDirectory { origin, path: path.to_path_buf() });
        } else {
            let text = read_all(file, path)?;
            self.text(path, &text)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Includes the fitting files of a directory in the order of their names' bytes.
    fn directory(&mut self, dir: &Path, origin: Option<Origin>) -> Result<()> {
        let fail = |source| Error::IncludeDir { origin: origin.clone(), path: dir.to_path_buf(), source };
        self.descend().map_err(fail)?;
        let mut names = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(fail)? {
            let name = entry.map_err(fail)?.file_name();
            if is_included_name(name.as_bytes()) {
                names.push(name);
            }
        }
        names.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        for name in names {
            let path = dir.join(name);
            let fail = |source| Error::Include {
                origin: origin.clone().unwrap_or_else(|| Origin::new(dir, 0)),
                path: path.clone(),
                source,
            };
            let file = File::open(&path).map_err(fail)?;
            // A subdirectory of a fitting name reads as an empty file.
            if !file.metadata().map_err(fail)?.is_dir() {
                self.files += 1;
                let text = read_all(file, &path)?;
                self.text(&path, &text)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn descend(&mut self) -> io::Result<()> {
        if !self.follow {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "includes are not followed here"));
        }
        self.depth += 1;
        self.files += 1;
        if self.depth > MAX_DEPTH || self.files > MAX_FILES {
            return Err(io::Error::other("the files include each other without end"));
        }
        Ok(())
    }
}

/// MIT's rule for the names that `includedir` takes: letters, digits, `-` and `_` only, or any name that ends
/// in `.conf`; never one that starts with a dot.
fn is_included_name(name: &[u8]) -> bool {
    if name.first() == Some(&b'.') {
        return false;
    }
    name.ends_with(b".conf") || name.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn read_all(file: File, path: &Path) -> Result<Vec<u8>> {
    let fail = |source| Error::Read { path: PathBuf::from(path), source };
    // Most files are shorter, and are read at once.
    let mut text = Vec::with_capacity(8 << 10);
    file.take(MAX_BYTES + 1).read_to_end(&mut text).map_err(fail)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(fail(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB")));
    }
    Ok(text)
}
