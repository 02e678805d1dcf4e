//! The names by which programs refer to credential caches.

use crate::{CcacheError, Result, dir, file};
use k5_config::Config;
use k5_types::Principal;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Where a credential cache is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// The primary cache of a collection in a directory.
    Dir(PathBuf),
    /// One file of a collection, by its path.
    Subsidiary(PathBuf),
    /// In the memory of one process: empty for any other.
    Memory(OsString),
    /// Where this project does not reach.
    Foreign(Foreign),
}

/// MIT's kinds of caches that are neither files nor memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// `KEYRING:`, in the Linux kernel.
    Keyring,
    /// `KCM:`, in a daemon.
    Kcm,
    /// `API:`, on macOS and Windows only.
    Api,
    /// `MSLSA:`, on Windows only.
    Mslsa,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Foreign::Keyring => "KEYRING",
            Foreign::Kcm => "KCM",
            Foreign::Api => "API",
            Foreign::Mslsa => "MSLSA",
        })
    }
}

/// A credential cache's name: what was given, and the place that it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CcacheName {
    given: OsString,
    place: Place,
}

impl CcacheName {
    /// Reads `FILE:PATH`, `DIR:DIRECTORY`, `DIR::PATH`, `MEMORY:NAME` or a path without any colon. One letter and a
    /// colon begin a path as well. Otherwise what stands before the first colon is a type, even after a `/`:
    /// unlike with keytabs, `/a:b` is no path.
    ///
    /// # Errors
    /// [`CcacheError::UnknownType`].
    pub fn parse(name: &OsStr) -> Result<Self> {
        let bytes = name.as_bytes();
        let (prefix, rest) = match bytes.iter().position(|b| *b == b':') {
            Some(at) => match bytes.split_at(at) {
                ([letter], _) if letter.is_ascii_alphabetic() => (&b"FILE"[..], bytes),
                (prefix, rest) => (prefix, rest.get(1..).unwrap_or_default()),
            },
            None => (&b"FILE"[..], bytes),
        };
        let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
        let place = match (prefix, rest) {
            (b"FILE", _) => Place::File(path(rest)),
            (b"DIR", [b':', subsidiary @ ..]) => Place::Subsidiary(path(subsidiary)),
            (b"DIR", _) => Place::Dir(path(rest)),
            (b"MEMORY", _) => Place::Memory(OsStr::from_bytes(rest).to_owned()),
            (b"KEYRING", _) => Place::Foreign(Foreign::Keyring),
            (b"KCM", _) => Place::Foreign(Foreign::Kcm),
            (b"API", _) => Place::Foreign(Foreign::Api),
            (b"MSLSA", _) => Place::Foreign(Foreign::Mslsa),
            _ => return Err(CcacheError::UnknownType { name: name.into() }),
        };
        Ok(CcacheName { given: name.to_owned(), place })
    }

    /// The default cache: `KRB5CCNAME`, `default_ccache_name` or `FILE:/tmp/krb5cc_UID`.
    ///
    /// # Errors
    /// [`CcacheError::Config`], [`CcacheError::UnknownType`].
    pub fn default_of(config: &Config) -> Result<Self> {
        Self::parse(&config.default_ccache_name().map_err(CcacheError::Config)?)
    }

    /// The place that is meant.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The name as it was given.
    #[must_use]
    pub fn given(&self) -> &OsStr {
        &self.given
    }

    /// The file that the tickets are in: of a collection, the primary one. `None` for caches that are not in files,
    /// and for a collection whose directory is not there. The file itself need not be there.
    ///
    /// Where MIT makes a directory or a file `primary` that is missing, this only looks.
    ///
    /// # Errors
    /// What is wrong with the directory: [`CcacheError::NoParent`], [`CcacheError::NotTkt`],
    /// [`CcacheError::NoDirectory`], [`CcacheError::NotADirectory`], [`CcacheError::BadPrimary`],
    /// [`CcacheError::Io`]; [`CcacheError::Foreign`].
    pub fn file(&self) -> Result<Option<PathBuf>> {
        match &self.place {
            Place::File(path) => Ok(Some(path.clone())),
            Place::Dir(directory) => dir::primary(directory),
            Place::Subsidiary(path) => dir::subsidiary(path),
            Place::Memory(_) => Ok(None),
            Place::Foreign(kind) => Err(CcacheError::Foreign(*kind)),
        }
    }

    /// The principal whose tickets the cache holds; `None` where there is no cache.
    ///
    /// # Errors
    /// As [`CcacheName::file`], and what is wrong with the file: [`CcacheError::NotAFile`],
    /// [`CcacheError::BadVersion`], [`CcacheError::Damaged`], [`CcacheError::Io`].
    pub fn principal(&self) -> Result<Option<Principal>> {
        match self.file()? {
            Some(path) => file::principal(&path),
            None => Ok(None),
        }
    }
}

impl fmt::Display for CcacheName {
    /// The name as it was given; bytes that are no UTF-8 are replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given.to_string_lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_config::{Env, Profile, User};

    fn place(name: &str) -> Option<Place> {
        CcacheName::parse(OsStr::new(name)).ok().map(|name| name.place().clone())
    }

    #[test]
    fn prefixes() {
        for (given, expected) in [
            ("/x", Place::File("/x".into())),
            ("x", Place::File("x".into())),
            ("", Place::File("".into())),
            ("FILE:/x:y", Place::File("/x:y".into())),
            ("FILE:", Place::File("".into())),
            ("a:b", Place::File("a:b".into())),
            ("DIR:/d", Place::Dir("/d".into())),
            ("DIR::/d/tkt", Place::Subsidiary("/d/tkt".into())),
            ("MEMORY:m", Place::Memory("m".into())),
            ("KEYRING:persistent:0", Place::Foreign(Foreign::Keyring)),
            ("KCM:", Place::Foreign(Foreign::Kcm)),
            ("API:", Place::Foreign(Foreign::Api)),
            ("MSLSA:", Place::Foreign(Foreign::Mslsa)),
        ] {
            assert_eq!(place(given), Some(expected), "{given}");
        }
        for unknown in ["FOO:/x", "file:/x", "/a:b", ":x", "1:x", "WRFILE:/x"] {
            assert_eq!(place(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_is_not_in_a_file() {
        let principal = |name: &str| CcacheName::parse(OsStr::new(name)).unwrap().principal();
        assert!(matches!(principal("MEMORY:x"), Ok(None)));
        let error = principal("KEYRING:x").unwrap_err();
        assert!(!error.stops_mit());
        assert!(error.to_string().starts_with("Credential caches of the type KEYRING are not supported"));
        let error = principal("API:x").unwrap_err();
        assert!(error.stops_mit());
        assert_eq!(error.mit_text(), "Unknown credential cache type");
    }

    #[test]
    fn the_default_is_asked_for_in_three_places() {
        let name = |variable: Option<&str>, text: &str| {
            let user = User { uid: 77, euid: 78, name: |_| None };
            let env = Env::new(variable.map(|value| ("KRB5CCNAME", value)), user);
            let profile = Profile::parse("k.conf", text.as_bytes()).unwrap();
            let config = Config::new(profile, vec!["k.conf".into()], &env).unwrap();
            CcacheName::default_of(&config).map(|name| name.to_string())
        };
        let setting = "[libdefaults]\n default_ccache_name = DIR:/x_%{uid}\n";
        assert_eq!(name(None, "").unwrap(), "FILE:/tmp/krb5cc_77");
        assert_eq!(name(None, setting).unwrap(), "DIR:/x_77");
        assert_eq!(name(Some("MEMORY:m"), setting).unwrap(), "MEMORY:m");
        let error = name(None, "[libdefaults]\n default_ccache_name = DIR:/x_%{foo}\n").unwrap_err();
        assert_eq!(error.mit_text(), "Internal credentials cache error");
        assert!(error.stops_mit());
    }
}
