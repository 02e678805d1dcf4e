//! The crate's errors, each with what a person needs to mend the file.

use k5_types::errno_text;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::{SyntaxFault, TokenError};

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A place in a configuration file. Shown as `FILE:LINE`, or as the file alone where the line is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The file, as it was named in the list or by the include.
    pub file: PathBuf,
    /// The line, counted from 1; 0 where the whole file is meant.
    pub line: u32,
}

impl Origin {
    /// A place in a file.
    pub fn new(file: &Path, line: u32) -> Origin {
        Origin { file: file.to_path_buf(), line }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// What MIT makes of a value that it cannot use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MitFault {
    /// `EINVAL`.
    InvalidArgument,
    /// A realm variable that kadmin needs.
    MissingParameters,
    /// An empty list of encryption types.
    NoEncTypes,
    /// A `module` without a colon.
    ModuleSpecifier,
    /// `PROF_BAD_INTEGER`.
    BadInteger,
}

impl MitFault {
    fn text(self) -> &'static str {
        match self {
            MitFault::InvalidArgument => "Invalid argument",
            MitFault::MissingParameters => "Required parameters in kdc.conf missing",
            MitFault::NoEncTypes => "No supported encryption types (config file error?)",
            MitFault::ModuleSpecifier => "Invalid module specifier",
            MitFault::BadInteger => "Invalid integer value",
        }
    }
}

/// What can be wrong with a configuration. The text names file, line and setting; [`Error::mit_text`] is what
/// MIT's programs say in the same case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No file of the list exists.
    #[error("no configuration file found (looked for {})", list(.paths))]
    NoFiles {
        /// The files that were looked for.
        paths: Vec<PathBuf>,
    },
    /// A file of the list cannot be opened.
    #[error("{}: cannot open: {}", .path.display(), errno_text(.source))]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file was opened and could not be read to its end.
    #[error("{}: cannot read: {}", .path.display(), errno_text(.source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A line that is no profile syntax.
    #[error("{origin}: {fault}")]
    Syntax {
        /// The line.
        origin: Origin,
        /// What is wrong with it.
        fault: SyntaxFault,
    },
    /// `include` of a file that cannot be read.
    #[error("{origin}: cannot include {}: {}", .path.display(), errno_text(.source))]
    Include {
        /// The line with the `include` or `includedir`.
        origin: Origin,
        /// The file it leads to.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// `includedir` of, or a list entry that is, a directory that cannot be read.
    #[error("{}cannot read directory {}: {}", prefix(.origin), .path.display(), errno_text(.source))]
    IncludeDir {
        /// The line, if an `includedir` named the directory.
        origin: Option<Origin>,
        /// The directory.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// A setting that must be a boolean is none.
    #[error("{origin}: {setting} = {value}: not a boolean (use true or false)")]
    BadBoolean {
        /// The line.
        origin: Origin,
        /// Section and name.
        setting: String,
        /// What it says.
        value: String,
    },
    /// A setting whose value cannot be used.
    #[error("{origin}: {setting} = {value}: {reason}")]
    BadValue {
        /// The line.
        origin: Origin,
        /// Section and name.
        setting: String,
        /// What it says.
        value: String,
        /// What is wrong, and what would be right.
        reason: String,
        /// What MIT says.
        mit: MitFault,
    },
    /// A setting that the others ask for is missing.
    #[error("{origin}: {setting} is not set, but {because}")]
    Missing {
        /// The line that asks for it.
        origin: Origin,
        /// Section and name of what is missing.
        setting: String,
        /// What asks for it.
        because: String,
    },
    /// A path with a `%{...}` that cannot be expanded.
    #[error("{}{setting} = {value}: {fault}", prefix(.origin))]
    Token {
        /// The line, unless the path is a built-in one.
        origin: Option<Origin>,
        /// Section and name.
        setting: String,
        /// What it says.
        value: String,
        /// What is wrong.
        fault: TokenError,
    },
    /// No realm was given and `[libdefaults] default_realm` is not set.
    #[error("[libdefaults] default_realm is not set in {}", list(.files))]
    NoDefaultRealm {
        /// The files that were read, or looked for.
        files: Vec<PathBuf>,
    },
    /// A database module that these programs do not have.
    #[error("{origin}: {setting} = {library}: {}; only db2 and klmdb can be used", library_reason(*.known))]
    DbLibrary {
        /// The line.
        origin: Origin,
        /// Section and name.
        setting: String,
        /// The module that is asked for.
        library: String,
        /// Whether MIT has a module of that name.
        known: bool,
    },
    /// A password-quality module that is configured and cannot be run.
    #[error(
        "{origin}: [plugins] {interface} module {name}: modules are not loaded, and passwords are not changed \
         without a check that is asked for. Remove the line, or add `disable = {name}` to that section, or \
         change the password with MIT's program"
    )]
    PluginModule {
        /// The line.
        origin: Origin,
        /// `pwqual` or another interface.
        interface: &'static str,
        /// The module's name.
        name: String,
    },
}

impl Error {
    /// One line with both: MIT's text, and in parentheses the place and the fault where they say more.
    pub fn message(&self) -> String {
        let (mit, ours) = (self.mit_text(), self.to_string());
        if mit == ours { ours } else { format!("{mit} ({ours})") }
    }

    /// MIT's text for the same failure, as it stands between `prog: ` and ` while DOING`. For the cases that
    /// are faults to us only, the text of our own error.
    pub fn mit_text(&self) -> String {
        match self {
            Error::NoFiles { .. } => "No such file or directory".into(),
            Error::Open { source, .. } | Error::Read { source, .. } => errno_text(source),
            Error::Syntax { .. } => "Improper format of Kerberos configuration file".into(),
            Error::Include { .. } => "Included profile file could not be read".into(),
            Error::IncludeDir { .. } => "Included profile directory could not be read".into(),
            Error::BadBoolean { .. } => "Invalid boolean value".into(),
            Error::BadValue { mit: MitFault::ModuleSpecifier, value, .. } => {
                format!("Invalid module specifier {value}")
            }
            Error::BadValue { mit, .. } => mit.text().into(),
            Error::Missing { .. } => MitFault::MissingParameters.text().into(),
            Error::Token { fault, .. } => fault.to_string(),
            Error::NoDefaultRealm { .. } => "Configuration file does not specify default realm".into(),
            Error::DbLibrary { library, known: false, .. } => format!(
                "Unable to load requested database module '{library}': plugin symbol 'kdb_function_table' not found"
            ),
            Error::DbLibrary { .. } | Error::PluginModule { .. } => self.to_string(),
        }
    }
}

fn list(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "any file: KRB5_CONFIG or KRB5_KDC_PROFILE is set to nothing".to_owned();
    }
    let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    names.join(", ")
}

fn prefix(origin: &Option<Origin>) -> String {
    origin.as_ref().map(|o| format!("{o}: ")).unwrap_or_default()
}

fn library_reason(known: bool) -> &'static str {
    if known { "this database module is not supported yet" } else { "no such database module" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Rust puts behind a system error tells a reader nothing.
    #[test]
    fn system_errors_carry_no_number() {
        let source = || io::Error::from_raw_os_error(2);
        let (path, origin) = (PathBuf::from("/c"), Origin::new("/a".as_ref(), 3));
        for (error, text) in [
            (Error::Open { path: path.clone(), source: source() }, "/c: cannot open: "),
            (Error::Read { path: path.clone(), source: source() }, "/c: cannot read: "),
            (
                Error::Include { origin: origin.clone(), path: path.clone(), source: source() },
                "/a:3: cannot include /c: ",
            ),
            (
                Error::IncludeDir { origin: Some(origin), path, source: source() },
                "/a:3: cannot read directory /c: ",
            ),
        ] {
            assert_eq!(error.to_string(), format!("{text}No such file or directory"));
        }
    }
}
