//! The names by which programs refer to keytabs.

use crate::{KeytabError, Result};
use k5_config::Config;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Where a keytab is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File(PathBuf),
    /// In this process, under that name.
    Memory(OsString),
}

/// A keytab's name: what was given, and the place that it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeytabName {
    given: OsString,
    place: Place,
}

impl KeytabName {
    /// Reads `FILE:PATH`, `WRFILE:PATH` (the same), `MEMORY:NAME` or a bare path. A name that begins with `/`, or
    /// with one letter and a colon, is a path whatever follows.
    ///
    /// # Errors
    /// [`KeytabError::UnknownType`].
    pub fn parse(name: &OsStr) -> Result<Self> {
        let bytes = name.as_bytes();
        let file = |path: &[u8]| Place::File(PathBuf::from(OsStr::from_bytes(path)));
        let place = match bytes.iter().position(|b| *b == b':').map(|colon| bytes.split_at(colon)) {
            None => file(bytes),
            Some(_) if bytes.first() == Some(&b'/') => file(bytes),
            Some(([letter], _)) if letter.is_ascii_alphabetic() => file(bytes),
            Some((b"FILE" | b"WRFILE", rest)) => file(rest.get(1..).unwrap_or_default()),
            Some((b"MEMORY", rest)) => {
                Place::Memory(OsStr::from_bytes(rest.get(1..).unwrap_or_default()).to_owned())
            }
            Some(_) => return Err(KeytabError::UnknownType),
        };
        Ok(KeytabName { given: name.to_owned(), place })
    }

    /// As [`KeytabName::parse`], but a name without a colon gets the prefix `WRFILE:`, as kadmin's ktadd and ktremove
    /// put it, and shows it.
    ///
    /// # Errors
    /// [`KeytabError::UnknownType`].
    pub fn for_writing(name: &OsStr) -> Result<Self> {
        if name.as_bytes().contains(&b':') {
            return Self::parse(name);
        }
        let mut prefixed = OsString::from("WRFILE:");
        prefixed.push(name);
        Self::parse(&prefixed)
    }

    /// The default keytab: `KRB5_KTNAME`, `default_keytab_name` or `FILE:/etc/krb5.keytab`.
    ///
    /// # Errors
    /// [`KeytabError::Config`] with MIT's text, [`KeytabError::UnknownType`].
    pub fn default_of(config: &Config) -> Result<Self> {
        let name = config.default_keytab_name().map_err(|e| KeytabError::Config(e.mit_text()))?;
        Self::parse(&name)
    }

    /// The default client keytab: `KRB5_CLIENT_KTNAME`, `default_client_keytab_name` or
    /// `FILE:/etc/krb5/user/EUID/client.keytab`.
    ///
    /// # Errors
    /// As [`KeytabName::default_of`].
    pub fn client_default_of(config: &Config) -> Result<Self> {
        let name = config.default_client_keytab_name().map_err(|e| KeytabError::Config(e.mit_text()))?;
        Self::parse(&name)
    }

    /// The place that is meant.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The file; `None` for a keytab in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Memory(_) => None,
        }
    }

    /// The name as it was given (with `WRFILE:` where [`KeytabName::for_writing`] put it): what kadmin shows.
    #[must_use]
    pub fn given(&self) -> &OsStr {
        &self.given
    }

    /// The name as MIT's library gives it back, with `FILE:` whatever was given: what klist shows.
    #[must_use]
    pub fn resolved(&self) -> OsString {
        let (prefix, rest) = match &self.place {
            Place::File(path) => (&b"FILE:"[..], path.as_os_str()),
            Place::Memory(name) => (&b"MEMORY:"[..], name.as_os_str()),
        };
        OsString::from_vec([prefix, rest.as_bytes()].concat())
    }
}

impl fmt::Display for KeytabName {
    /// The name as it was given; bytes that are no UTF-8 are replaced.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given.to_string_lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(name: &str) -> Option<String> {
        KeytabName::parse(OsStr::new(name)).ok().map(|n| n.resolved().into_string().unwrap())
    }

    #[test]
    fn prefixes() {
        for (given, expected) in [
            ("/x", "FILE:/x"),
            ("x", "FILE:x"),
            ("", "FILE:"),
            ("FILE:/x", "FILE:/x"),
            ("WRFILE:/x", "FILE:/x"),
            ("MEMORY:m", "MEMORY:m"),
            ("a:b", "FILE:a:b"),
            ("/a:b", "FILE:/a:b"),
            ("FILE:", "FILE:"),
        ] {
            assert_eq!(resolved(given).as_deref(), Some(expected), "{given}");
        }
        for unknown in ["FOO:/x", "file:/x", "./a:b", ":x", "1:x", "SRVTAB:/x"] {
            assert_eq!(resolved(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_name_for_writing_shows_its_prefix() {
        let given = |name: &str| KeytabName::for_writing(OsStr::new(name)).unwrap().to_string();
        assert_eq!(given("/x"), "WRFILE:/x");
        assert_eq!(given("FILE:/x"), "FILE:/x");
        assert_eq!(given("/a:b"), "/a:b");
    }
}
