//! What can be wrong with a credential cache.

use crate::Foreign;
use k5_types::errno_text;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// Why a credential cache could not be read. The text names the cache and the place; [`CcacheError::mit_text`] is
/// what MIT's programs say, and [`CcacheError::shown`] what ours show.
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
    #[error("Credential caches of the type {0} are not supported here; use FILE:, DIR:, KEYRING: or KCM:")]
    Foreign(Foreign),
    /// There is no such cache, or nobody has put anything into it.
    #[error("{}", no_cache(*kind, name))]
    NotFound {
        /// Where it is not.
        kind: Kind,
        /// Its path, or its name less its type.
        name: OsString,
    },
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
        /// The file, or the name of the cache with that of the key in it.
        path: PathBuf,
        /// Offset in bytes of the field from the start of the file, or of the key.
        offset: u64,
        /// What is wrong.
        damage: Damage,
    },
    /// `KEYRING:ANCHOR:...` with an anchor that is none of MIT's.
    #[error("Invalid keyring anchor name in 'KEYRING:{name}'")]
    KeyringAnchor {
        /// The name less its type.
        name: String,
    },
    /// `KEYRING:persistent:UID` where the user id is no number, or another user's.
    #[error("Invalid UID in persistent keyring name 'KEYRING:{name}'")]
    KeyringUid {
        /// The name less its type.
        name: String,
    },
    /// The key that names the primary cache of a collection of keyrings has a version from the future.
    #[error("Unknown keyring collection version {version} in 'KEYRING:{name}'")]
    KeyringVersion {
        /// The name less its type.
        name: String,
        /// The version.
        version: i32,
    },
    /// The kernel refused to search or read a keyring.
    #[error("{} while {doing} 'KEYRING:{name}'", errno_text(source))]
    Keyring {
        /// The name less its type.
        name: String,
        /// What was being done.
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// No KCM daemon listens at the socket.
    #[error("No KCM server found at '{}'", socket.display())]
    KcmNoServer {
        /// The socket, or `-` where there is to be none.
        socket: PathBuf,
    },
    /// The KCM daemon could not be reached.
    #[error("{} while connecting to the KCM server", errno_text(.0))]
    KcmConnect(io::Error),
    /// The connection to the KCM daemon failed.
    #[error("{} while talking to the KCM server", errno_text(.0))]
    KcmIo(io::Error),
    /// The KCM daemon closed the connection in the middle of a reply.
    #[error("The KCM server closed the connection")]
    KcmClosed,
    /// A reply of the KCM daemon is not what the request asks for.
    #[error("Malformed reply from KCM daemon")]
    KcmReply,
    /// A reply of more than ten megabytes.
    #[error("KCM daemon reply too big")]
    KcmTooBig,
    /// The KCM daemon refused a request.
    #[error("{}", crate::mit::text_of_code(*.0))]
    KcmRefused(i32),
}

/// Where a cache lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In a file, of a directory or not.
    File,
    /// In the memory of one process.
    Memory,
    /// In keyrings of the kernel.
    Keyring,
    /// In a daemon.
    Kcm,
}

fn no_cache(kind: Kind, name: &OsString) -> String {
    let name = Path::new(name).display();
    match kind {
        Kind::File => format!("No credentials cache found (filename: {name})"),
        Kind::Memory => "No credentials cache found".to_owned(),
        Kind::Keyring => format!("Credentials cache keyring '{name}' not found"),
        Kind::Kcm => format!("Credentials cache 'KCM:{name}' not found"),
    }
}

/// What is wrong with the bytes of a cache.
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

    pub(crate) fn no_file(path: &Path) -> Self {
        CcacheError::NotFound { kind: Kind::File, name: path.into() }
    }

    /// Whether MIT fails at the name already, without a look into a cache: there `kadmin.local` stops with
    /// "while opening default credentials cache" and `klist` with "while resolving ccache". At any other error
    /// `kadmin.local` takes the name of its user from the environment, as it does without a cache.
    #[must_use]
    pub fn stops_mit(&self) -> bool {
        match self {
            CcacheError::Config(_)
            | CcacheError::UnknownType { .. }
            | CcacheError::Foreign(_)
            | CcacheError::NoParent { .. }
            | CcacheError::NotTkt { .. }
            | CcacheError::NoDirectory { .. }
            | CcacheError::NotADirectory { .. }
            | CcacheError::BadPrimary { .. }
            | CcacheError::KeyringAnchor { .. }
            | CcacheError::KeyringUid { .. }
            | CcacheError::KeyringVersion { .. }
            | CcacheError::Keyring { .. }
            | CcacheError::KcmNoServer { .. }
            | CcacheError::KcmConnect(_) => true,
            CcacheError::NotFound { .. }
            | CcacheError::Io { .. }
            | CcacheError::NotAFile { .. }
            | CcacheError::BadVersion { .. }
            | CcacheError::Damaged { .. }
            | CcacheError::KcmIo(_)
            | CcacheError::KcmClosed
            | CcacheError::KcmReply
            | CcacheError::KcmTooBig
            | CcacheError::KcmRefused(_) => false,
        }
    }
}
