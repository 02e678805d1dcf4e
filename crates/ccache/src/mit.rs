//! MIT's words and numbers for what is wrong with a cache.

use crate::{CcacheError, Damage, Foreign};
use k5_types::errno_text;
use std::io;
use std::path::Path;

const BAD_NAME_TYPE: i64 = -1_765_328_244;
const BAD_NAME: i64 = -1_765_328_245;
const END: i64 = -1_765_328_242;
const BAD_VERSION: i64 = -1_765_328_172;
const IO: i64 = -1_765_328_191;
const PERM: i64 = -1_765_328_190;
const NO_FILE: i64 = -1_765_328_189;
const INTERNAL: i64 = -1_765_328_188;
const FORMAT: i64 = -1_765_328_185;
const NOT_SUPPORTED: i64 = -1_765_328_137;
const INVALID_ANCHOR: i64 = -1_750_600_187;
const UNKNOWN_VERSION: i64 = -1_750_600_186;
const INVALID_UID: i64 = -1_750_600_185;
const KCM_MALFORMED: i64 = -1_750_600_184;
const KCM_TOO_BIG: i64 = -1_750_600_182;
const KCM_NO_SERVER: i64 = -1_750_600_181;

/// The codes by which a KCM daemon says that it cannot do what it is asked for.
pub(crate) mod kcm_code {
    use super::{END, INTERNAL, IO, NO_FILE, NOT_SUPPORTED};

    /// No such cache.
    #[expect(clippy::cast_possible_truncation, reason = "all of MIT's codes have 32 bits")]
    pub(crate) const NO_CACHE: i32 = NO_FILE as i32;
    /// No more entries.
    #[expect(clippy::cast_possible_truncation, reason = "all of MIT's codes have 32 bits")]
    pub(crate) const AT_END: i32 = END as i32;

    /// Whether the code may mean that the daemon does not know the request: Heimdal's says that something internal
    /// went wrong, sssd's that it is not supported, or an I/O error.
    pub(crate) fn means_unsupported(code: i32) -> bool {
        [INTERNAL, IO, NOT_SUPPORTED].contains(&i64::from(code))
    }
}

/// The text of a code that a KCM daemon gave: of a system error, of what daemons answer, or the number.
pub(crate) fn text_of_code(code: i32) -> String {
    let known = match i64::from(code) {
        BAD_NAME => "Credential cache name malformed",
        -1_765_328_243 => "Matching credential not found",
        END => "End of credential cache reached",
        IO => "Credentials cache I/O operation failed",
        PERM => "Credentials cache permissions incorrect",
        NO_FILE => "No credentials cache found",
        INTERNAL => "Internal credentials cache error",
        FORMAT => "Bad format in credentials cache",
        NOT_SUPPORTED => "Ccache function not supported: not implemented",
        1..=133 => return errno_text(&io::Error::from_raw_os_error(code)),
        _ => return format!("The KCM daemon answered with the error {code}"),
    };
    known.to_owned()
}

fn of_file(text: &str, path: &Path) -> String {
    format!("{text} (filename: {})", path.display())
}

impl CcacheError {
    /// MIT's message for the same misfortune, to be followed by its "while ...". Where MIT has none our own text
    /// stands.
    #[must_use]
    pub fn mit_text(&self) -> String {
        match self {
            CcacheError::Config(_) => "Internal credentials cache error".to_owned(),
            CcacheError::UnknownType { .. } | CcacheError::Foreign(_) => {
                "Unknown credential cache type".to_owned()
            }
            CcacheError::Io { path, source, .. } => of_file(
                match is_about_rights(source) {
                    true => "Credentials cache permissions incorrect",
                    false => "Credentials cache I/O operation failed",
                },
                path,
            ),
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
            CcacheError::KeyringAnchor { .. } => "Invalid keyring anchor name".to_owned(),
            CcacheError::KeyringUid { .. } => "Invalid UID in persistent keyring name".to_owned(),
            CcacheError::KeyringVersion { .. } => "Unknown keyring collection version".to_owned(),
            CcacheError::Keyring { source, .. }
            | CcacheError::KcmConnect(source)
            | CcacheError::KcmIo(source) => errno_text(source),
            CcacheError::KcmNoServer { .. } => "No KCM server found".to_owned(),
            CcacheError::KcmClosed => "Credentials cache I/O operation failed".to_owned(),
            other => other.to_string(),
        }
    }

    /// What our programs show, to be followed by MIT's "while ...": MIT's text, for damage with its place, and for
    /// the types of other systems that they are not supported here.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            CcacheError::Damaged { .. } | CcacheError::Foreign(Foreign::Api | Foreign::Mslsa) => {
                self.to_string()
            }
            other => other.mit_text(),
        }
    }

    /// MIT's number for it, as `%C` in `err_fmt` shows it: a system error's own, or one of the `KRB5_CC_...`.
    #[must_use]
    pub fn mit_code(&self) -> i64 {
        let system = |error: &io::Error| error.raw_os_error().map_or(IO, i64::from);
        match self {
            CcacheError::Config(_) => INTERNAL,
            CcacheError::UnknownType { .. } | CcacheError::Foreign(_) => BAD_NAME_TYPE,
            CcacheError::NotFound { .. } | CcacheError::NoDirectory { .. } => NO_FILE,
            CcacheError::NoParent { .. } | CcacheError::NotTkt { .. } => BAD_NAME,
            CcacheError::NotADirectory { .. }
            | CcacheError::BadPrimary { .. }
            | CcacheError::NotAFile { .. }
            | CcacheError::Damaged { .. } => FORMAT,
            CcacheError::Io { source, .. } if is_about_rights(source) => PERM,
            CcacheError::Io { .. } | CcacheError::KcmClosed => IO,
            CcacheError::BadVersion { .. } => BAD_VERSION,
            CcacheError::KeyringAnchor { .. } => INVALID_ANCHOR,
            CcacheError::KeyringUid { .. } => INVALID_UID,
            CcacheError::KeyringVersion { .. } => UNKNOWN_VERSION,
            CcacheError::Keyring { source, .. }
            | CcacheError::KcmConnect(source)
            | CcacheError::KcmIo(source) => system(source),
            CcacheError::KcmNoServer { .. } => KCM_NO_SERVER,
            CcacheError::KcmReply => KCM_MALFORMED,
            CcacheError::KcmTooBig => KCM_TOO_BIG,
            CcacheError::KcmRefused(code) => i64::from(*code),
        }
    }
}

fn is_about_rights(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
