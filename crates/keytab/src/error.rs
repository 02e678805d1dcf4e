//! What can be wrong with a keytab, and MIT's words for it.

use k5_types::errno_text;
use std::io;
use std::path::{Path, PathBuf};

/// Why a keytab could not be read or changed. The text names the file and the place; [`KeytabError::mit_text`]
/// is what MIT's programs say.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeytabError {
    /// There is no such file.
    #[error("Key table file '{}' not found", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The system refused to open, lock, read or write the file.
    #[error("{} while {doing} key table file '{}'", errno_text(source), path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done, as in "while locking".
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// A pipe, a socket or a device: entries have offsets, and these have none.
    #[error("Key table '{}' is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file does not begin with 05 02 or 05 01.
    #[error("Unsupported key table format version number in '{}'", path.display())]
    BadVersion {
        /// The file.
        path: PathBuf,
    },
    /// The bytes at `offset` are no record. What stands before them is whole.
    #[error("Bad format in keytab '{}' at offset {offset}: {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Offset in bytes of the length field of the record.
        offset: u64,
        /// What is wrong.
        damage: Damage,
    },
    /// The entry cannot be put into a keytab.
    #[error("{principal} cannot be stored in a keytab: {why}")]
    Unstorable {
        /// The entry's principal, quoted.
        principal: String,
        /// What is wrong with it.
        why: Unstorable,
    },
    /// Several entries are to change at once, for which the file has to hold its entries twice.
    #[error("Key table file '{}' is too long for a change of several entries at once: twice its length is past 2 GiB",
            path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// No entry matches.
    #[error("No key table entry found for {principal}")]
    NoEntry {
        /// The principal that was looked for, quoted.
        principal: String,
    },
    /// The principal has entries, but none of that key version number.
    #[error("Key version number for principal in key table is incorrect")]
    WrongKvno,
    /// A name with a prefix that is none of `FILE:`, `WRFILE:` and `MEMORY:`.
    #[error("Unknown Key table type")]
    UnknownType,
    /// A write failed, and putting the old bytes back failed too: the file needs a look.
    #[error("{} while restoring key table file '{}' after a failed write ({})",
            errno_text(restore), path.display(), errno_text(write))]
    NotRestored {
        /// The file.
        path: PathBuf,
        /// Why the write failed.
        write: io::Error,
        /// Why the old bytes could not be put back.
        restore: io::Error,
    },
    /// The default name could not be made.
    #[error("{0}")]
    Config(String),
}

/// What is wrong with a record, or with what stands between records.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// Fewer than four bytes are left where a length must stand.
    #[error("{left} stray bytes at the end of the file")]
    Stray {
        /// Bytes left.
        left: u64,
    },
    /// The record or hole is longer than the rest of the file.
    #[error("a {what} of {size} bytes, but the file ends after {left}")]
    PastEnd {
        /// `record` or `hole`.
        what: &'static str,
        /// Its length.
        size: u64,
        /// Bytes left in the file after the length.
        left: u64,
    },
    /// The length is the one negative number that has no opposite.
    #[error("a hole of impossible size")]
    HoleSize,
    /// A length of zero ends the keytab, but whole records follow it.
    #[error("an end mark stands before further entries")]
    EarlyEnd,
    /// A field is longer than the rest of its record.
    #[error("the {field} runs past the end of its record")]
    FieldPastEnd {
        /// The field.
        field: &'static str,
    },
    /// A field that must not be empty is; MIT's programs read no further than this.
    #[error("the {field} is empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
    /// A length with the sign bit set; MIT's programs read no further than this.
    #[error("the length of the {field} is negative")]
    Negative {
        /// The field.
        field: &'static str,
    },
}

/// Why an entry cannot be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unstorable {
    /// MIT's reader takes an empty realm, component or key, or a name without components, for the end of the
    /// keytab: every entry after it would be lost. MIT's writer fails half way through such a record.
    #[error("its {0} is empty, which ends the keytab for its readers")]
    Empty(&'static str),
    /// Lengths have 15 bits.
    #[error("its {0} is longer than 32767")]
    TooLong(&'static str),
    /// Encryption types have 16 bits.
    #[error("encryption type {0} does not fit in 16 bits")]
    EncType(i32),
    /// Offsets have 31 bits in MIT's programs.
    #[error("the keytab would grow past 2 GiB")]
    FileTooLong,
}

impl KeytabError {
    pub(crate) fn io(path: &Path, doing: &'static str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            return KeytabError::NotFound { path: path.to_owned() };
        }
        KeytabError::Io { path: path.to_owned(), doing, source }
    }

    pub(crate) fn damaged(path: &Path, offset: u64, damage: Damage) -> Self {
        KeytabError::Damaged { path: path.to_owned(), offset, damage }
    }

    /// MIT's message for the same misfortune, to be followed by its "while ...". MIT has none for most damage
    /// (it ends the listing in silence) nor for an entry that its own readers stop at: there our own text
    /// stands.
    #[must_use]
    pub fn mit_text(&self) -> String {
        match self {
            KeytabError::Io { source, .. } => errno_text(source),
            KeytabError::BadVersion { .. } => "Unsupported key table format version number".to_owned(),
            other => other.to_string(),
        }
    }

    /// MIT's number for it, as `%C` in `err_fmt` shows it: a system error's own, or one of the `KRB5_KT_...`.
    #[must_use]
    pub fn mit_code(&self) -> i64 {
        let system = |error: &io::Error| error.raw_os_error().map_or(i64::from(nix::libc::EIO), i64::from);
        match self {
            KeytabError::NotFound { .. } => i64::from(nix::libc::ENOENT),
            KeytabError::Io { source, .. } => system(source),
            KeytabError::NotRestored { write, .. } => system(write),
            KeytabError::NotAFile { .. } | KeytabError::BadVersion { .. } => -1_765_328_171,
            KeytabError::Damaged { .. } => -1_765_328_149,
            KeytabError::Unstorable { .. } | KeytabError::TooLong { .. } => -1_765_328_200,
            KeytabError::NoEntry { .. } => -1_765_328_203,
            KeytabError::WrongKvno => -1_765_328_154,
            KeytabError::UnknownType => -1_765_328_204,
            KeytabError::Config(_) => i64::from(nix::libc::EINVAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_read_as_in_c() {
        assert_eq!(errno_text(&io::Error::from_raw_os_error(13)), "Permission denied");
        assert_eq!(errno_text(&io::Error::other("odd")), "odd");
    }

    #[test]
    fn a_missing_file_has_its_own_text() {
        let error = KeytabError::io(Path::new("/x"), "opening", io::Error::from_raw_os_error(2));
        assert_eq!(error.mit_text(), "Key table file '/x' not found");
        let error = KeytabError::io(Path::new("/x"), "opening", io::Error::from_raw_os_error(21));
        assert_eq!(error.mit_text(), "Is a directory");
        assert_eq!(error.to_string(), "Is a directory while opening key table file '/x'");
    }
}
