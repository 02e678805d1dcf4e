//! What a configuration asks for and does not happen, without that being an error.

use std::fmt;
use std::path::PathBuf;

use crate::Origin;

/// Why words of a keysalt list were left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// Single DES: known, and never made anew (MIT has had none since 1.18).
    SingleDes,
    /// Not a name of an encryption type or salt type.
    Unknown,
}

/// One line that a program shows on standard error. MIT says nothing in these cases.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// A `module PATH:RESIDUAL` declaration. MIT loads the module in place of all files.
    ModuleDeclaration {
        /// The line.
        origin: Origin,
        /// The declaration's text.
        module: String,
    },
    /// An `include` whose file is a directory reads as empty.
    IncludeOfDirectory {
        /// The line.
        origin: Origin,
        /// The directory.
        path: PathBuf,
    },
    /// A file that may not be read; the others count.
    Unreadable {
        /// The file.
        path: PathBuf,
    },
    /// A value that cannot be read, in whose place the default counts.
    BadValue {
        /// The line.
        origin: Origin,
        /// Section and name.
        setting: String,
        /// What it says.
        value: String,
        /// What counts in its place.
        used: String,
    },
    /// Words of a list that were left out; the rest counts.
    Skipped {
        /// The line.
        origin: Origin,
        /// Section and name.
        setting: String,
        /// The words.
        words: Vec<String>,
        /// Why.
        reason: SkipReason,
    },
    /// A module that is not loaded.
    Plugin {
        /// The line.
        origin: Origin,
        /// `pwqual`, `kadm5_hook` or `hostrealm`.
        interface: &'static str,
        /// The module's name.
        name: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::ModuleDeclaration { origin, module } => {
                write!(f, "{origin}: module {module}: profile modules are not loaded; the files count")
            }
            Notice::IncludeOfDirectory { origin, path } => {
                write!(
                    f,
                    "{origin}: include {}: a directory, nothing was read (use includedir)",
                    path.display()
                )
            }
            Notice::Unreadable { path } => {
                write!(f, "{}: Permission denied; the other configuration files count", path.display())
            }
            Notice::BadValue { origin, setting, value, used } => {
                write!(f, "{origin}: {setting} = {value}: not understood, {used} is used")
            }
            Notice::Skipped { origin, setting, words, reason } => {
                let reason = match reason {
                    SkipReason::SingleDes => "single DES keys are no longer made",
                    SkipReason::Unknown => "unknown",
                };
                write!(f, "{origin}: {setting}: skipped {} ({reason})", words.join(" "))
            }
            Notice::Plugin { origin, interface, name } => {
                write!(
                    f,
                    "{origin}: [plugins] {interface} module {name}: not loaded, modules are not supported"
                )
            }
        }
    }
}
