//! What can be wrong with a credential cache, and MIT's words for it.

use crate::Foreign;
use k5_types::errno_text;
use std::io;
use std::path::{Path, PathBuf};

/// Why a credential cache could not be read. The text names the file and the place; [`CcacheError::mit_text`] is
/// what MIT's programs say.
///
/// That there is no cache is no error here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CcacheError {
    /// The default name could not be made.
    #[error("{0}")]
    Config(k5_config::Error),
    /// A name with a prefix that nobody knows.
    #[error("Unknown credential cache type in '{}'", name.display())]
    UnknownType {
        /// The whole name.
        name: PathBuf,
    },
    /// A cache that lives where this project does not reach.
    #[error("Credential caches of the type {0} are not supported here; use FILE: or DIR:")]
    Foreign(Foreign),
    /// `DIR::PATH` where the path has no directory before its last `/`.
    #[error("Subsidiary cache path {} has no parent directory", path.display())]
    NoParent {
        /// The path.
        path: PathBuf,
    },
    /// `DIR::PATH` where the file's name does not begin with `tkt`.
    #[error("Subsidiary cache path {} filename does not begin with \"tkt\"", path.display())]
    NotTkt {
        /// The path.
        path: PathBuf,
    },
    /// The directory of a collection is not there, and neither is the one that it would be made in.
    #[error("Credential cache directory {} does not exist", path.display())]
    NoDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// What should be the directory of a collection is something else.
    #[error("Credential cache directory {} exists but is not a directory", path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The file `primary` of a collection does not name a cache in it.
    #[error("{} contains invalid filename", path.display())]
    BadPrimary {
        /// The file.
        path: PathBuf,
    },
    /// The system refused to look at, open, lock or read the file.
    #[error("{} while {doing} credential cache '{}'", errno_text(source), path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done, as in "while locking".
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// A directory, a pipe, a socket or a device.
    #[error("Credential cache '{}' is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file begins with 05, but with none of the versions 1 to 4, or with other bytes altogether.
    #[error("Unsupported credentials cache format version number in '{}'", path.display())]
    BadVersion {
        /// The file.
        path: PathBuf,
    },
    /// The bytes at `offset` are not what should stand there.
    #[error("Bad format in credentials cache '{}' at offset {offset}: {damage}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Offset in bytes of the field from the start of the file.
        offset: u64,
        /// What is wrong.
        damage: Damage,
    },
}

/// What is wrong with a cache file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The file ends before or in a field.
    #[error("the {field} takes {wanted} bytes, but the file ends after {left}")]
    PastEnd {
        /// The field.
        field: &'static str,
        /// Bytes that it takes.
        wanted: u64,
        /// Bytes left in the file.
        left: u64,
    },
    /// A field of the header does not fit into it.
    #[error("a header field runs past the end of the header")]
    HeaderOverrun,
    /// The header field that tells how far the KDC's clock is away has another length than its two integers.
    #[error("the clock offset has {0} bytes instead of 8")]
    ClockOffset(u16),
    /// In version 1 the realm counts as a component, and there is none.
    #[error("a name without a realm")]
    NoRealm,
}

impl CcacheError {
    pub(crate) fn io(path: &Path, doing: &'static str, source: io::Error) -> Self {
        CcacheError::Io { path: path.to_owned(), doing, source }
    }

    /// Whether MIT fails at the name already, without a look into a cache: there `kadmin.local` stops with
    /// "while opening default credentials cache". At any other error it takes the name of its user from the
    /// environment, as it does without a cache.
    #[must_use]
    pub fn stops_mit(&self) -> bool {
        match self {
            CcacheError::Config(_)
            | CcacheError::UnknownType { .. }
            | CcacheError::NoParent { .. }
            | CcacheError::NotTkt { .. }
            | CcacheError::NoDirectory { .. }
            | CcacheError::NotADirectory { .. }
            | CcacheError::BadPrimary { .. } => true,
            // MIT has the others, and may find a cache there: whether it would is not known.
            CcacheError::Foreign(kind) => matches!(kind, Foreign::Api | Foreign::Mslsa),
            CcacheError::Io { .. }
            | CcacheError::NotAFile { .. }
            | CcacheError::BadVersion { .. }
            | CcacheError::Damaged { .. } => false,
        }
    }

    /// MIT's message for the same misfortune, to be followed by its "while ...". Where MIT has none our own text
    /// stands.
    #[must_use]
    pub fn mit_text(&self) -> String {
        let of_file = |text: &str, path: &Path| format!("{text} (filename: {})", path.display());
        match self {
            CcacheError::Config(_) => "Internal credentials cache error".to_owned(),
            CcacheError::UnknownType { .. } | CcacheError::Foreign(Foreign::Api | Foreign::Mslsa) => {
                "Unknown credential cache type".to_owned()
            }
            CcacheError::Io { path, source, .. } => {
                use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
                of_file(
                    match source.kind() {
                        PermissionDenied | ReadOnlyFilesystem => "Credentials cache permissions incorrect",
                        _ => "Credentials cache I/O operation failed",
                    },
                    path,
                )
            }
            CcacheError::BadVersion { path } => {
                of_file("Unsupported credentials cache format version number", path)
            }
            CcacheError::NotAFile { path } => of_file("Bad format in credentials cache", path),
            CcacheError::Damaged { path, offset, damage } => of_file(
                match damage {
                    // MIT tells a file that ends early from a field that is longer than all of the file, and
                    // from a cut in version or header.
                    Damage::PastEnd { field, wanted, left }
                        if *wanted <= offset.saturating_add(*left)
                            && *field != "version"
                            && !field.starts_with("header") =>
                    {
                        "End of credential cache reached"
                    }
                    _ => "Bad format in credentials cache",
                },
                path,
            ),
            other => other.to_string(),
        }
    }
}
