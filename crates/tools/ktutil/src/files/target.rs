//! Keytab files as operands, and what they hold.

use super::options::Words;
use k5_cli::Failure;
use k5_keytab::{Entry, KeytabError, KeytabName, KeytabReader};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A keytab file.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: KeytabName,
}

impl Target {
    /// Reads `FILE:PATH`, `WRFILE:PATH` or a path.
    ///
    /// # Errors
    /// A prefix that is none, and a keytab in memory, which would end with the program.
    pub(super) fn parse(words: &Words<'_>, operand: &OsStr) -> Result<Target, Failure> {
        let wrong = |text: &str| words.failure([operand.as_bytes(), b": ", text.as_bytes()].concat());
        let name = KeytabName::parse(operand).map_err(|error| wrong(&error.to_string()))?;
        match name.path() {
            Some(path) if path.as_os_str().is_empty() => Err(wrong("no file is named")),
            Some(_) => Ok(Target { name }),
            None => Err(wrong("a keytab in memory ends with the program; name a file")),
        }
    }

    pub(super) fn path(&self) -> &Path {
        // There is one, see `parse`.
        self.name.path().unwrap_or(Path::new(""))
    }

    /// The name with its prefix, for messages.
    pub(super) fn shown(&self) -> Vec<u8> {
        self.name.resolved().as_bytes().to_vec()
    }

    /// All entries.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, KeytabError> {
        KeytabReader::open(self.path())?.collect()
    }

    /// All entries; none if there is no file, or an empty one, in which a keytab can be begun.
    pub(super) fn entries_if_any(&self) -> Result<Vec<Entry>, KeytabError> {
        match self.entries() {
            Err(KeytabError::NotFound { .. }) => Ok(Vec::new()),
            Err(KeytabError::BadVersion { .. })
                if std::fs::metadata(self.path()).is_ok_and(|metadata| metadata.len() == 0) =>
            {
                Ok(Vec::new())
            }
            other => other,
        }
    }
}

/// An error about a keytab, which names the file itself.
pub(super) fn failed(words: &Words<'_>, error: &KeytabError) -> Failure {
    words.failure(error.to_string())
}
