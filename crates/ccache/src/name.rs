//! The names by which programs refer to credential caches.

use crate::{Ccache, CcacheError, Result, System};
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
    /// In keyrings of the Linux kernel; the name less its type.
    Keyring(OsString),
    /// In a daemon that is asked over a socket; the name less its type, which is empty for the daemon's default.
    Kcm(OsString),
    /// Where this project does not reach.
    Foreign(Foreign),
}

/// MIT's kinds of caches that live on other systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// `API:`, on macOS and Windows only.
    Api,
    /// `MSLSA:`, on Windows only.
    Mslsa,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
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
    /// Reads `FILE:PATH`, `DIR:DIRECTORY`, `DIR::PATH`, `MEMORY:NAME`, `KEYRING:...`, `KCM:...` or a path without any
    /// colon. One letter and a colon begin a path as well. Otherwise what stands before the first colon is a type, even after a `/`:
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
            (b"KEYRING", _) => Place::Keyring(OsStr::from_bytes(rest).to_owned()),
            (b"KCM", _) => Place::Kcm(OsStr::from_bytes(rest).to_owned()),
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

    /// The principal whose tickets the cache holds; `None` where there is no cache.
    ///
    /// # Errors
    /// As [`Ccache::resolve`] and [`Ccache::open`], but for [`CcacheError::NotFound`].
    pub fn principal(&self, system: &System<'_>) -> Result<Option<Principal>> {
        match Ccache::resolve(self, system).and_then(|cache| cache.open(system)) {
            Ok(open) => Ok(Some(open.principal().clone())),
            Err(CcacheError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
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
            ("KEYRING:persistent:0", Place::Keyring("persistent:0".into())),
            ("KCM:", Place::Kcm("".into())),
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
        let keyrings = crate::keyring::testing::Fake::default();
        let system = System { keyrings: &keyrings, kcm_socket: "-".into(), euid: 7 };
        let principal = |name: &str| CcacheName::parse(OsStr::new(name)).unwrap().principal(&system);
        assert!(matches!(principal("MEMORY:x"), Ok(None)));
        assert!(matches!(principal("KEYRING:x"), Ok(None)));
        let error = principal("KCM:x").unwrap_err();
        assert!(error.stops_mit());
        assert_eq!(error.mit_text(), "No KCM server found");
        let error = principal("API:x").unwrap_err();
        assert!(error.stops_mit());
        assert_eq!(error.mit_text(), "Unknown credential cache type");
        assert!(error.shown().starts_with("Credential caches of the type API are not supported here"));
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
