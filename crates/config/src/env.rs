//! What a program's surroundings say about its configuration, handed in by the program.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use crate::paths;

/// The variables that count. No other one is kept.
const VARIABLES: [&str; 7] =
    ["KRB5_CONFIG", "KRB5_KDC_PROFILE", "KRB5_KTNAME", "KRB5_CLIENT_KTNAME", "KRB5CCNAME", "TMPDIR", "HOME"];

/// Who runs the program, for the path tokens.
#[derive(Clone, Copy, Debug)]
pub struct User {
    /// Real user id.
    pub uid: u32,
    /// Effective user id.
    pub euid: u32,
    /// Looks up the login name of a user id. Called only where a `%{username}` has to be expanded.
    pub name: fn(u32) -> Option<String>,
}

/// The environment as the program hands it in.
///
/// A program that runs set-user-id hands in no variables, as MIT asks for them with `secure_getenv`.
#[derive(Clone, Debug)]
pub struct Env {
    variables: HashMap<&'static str, OsString>,
    user: User,
}

impl Env {
    /// Takes the variables that concern Kerberos out of `variables` (such as `std::env::vars_os()`).
    pub fn new<N, V>(variables: impl IntoIterator<Item = (N, V)>, user: User) -> Env
    where
        N: AsRef<OsStr>,
        V: Into<OsString>,
    {
        let variables = variables
            .into_iter()
            .filter_map(|(name, value)| {
                let name = VARIABLES.into_iter().find(|known| name.as_ref() == OsStr::new(known))?;
                Some((name, value.into()))
            })
            .collect();
        Env { variables, user }
    }

    /// The value of one of the variables that are kept.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str)
    }

    /// Who runs the program.
    pub fn user(&self) -> User {
        self.user
    }

    /// The files of a client program: `KRB5_CONFIG`, split at colons, or `/etc/krb5.conf`. An empty name ends
    /// the list.
    pub fn krb5_conf_files(&self) -> Vec<PathBuf> {
        let list = self.get("KRB5_CONFIG").unwrap_or(OsStr::new(paths::KRB5_CONF));
        self.files(list.as_bytes().split(|&b| b == b':'))
    }

    /// The files of an administration program: `KRB5_KDC_PROFILE` (one file) or `/etc/krb5kdc/kdc.conf`, and
    /// behind it those of a client program. An empty name ends the list.
    pub fn kdc_conf_files(&self) -> Vec<PathBuf> {
        let kdc = self.get("KRB5_KDC_PROFILE").unwrap_or(OsStr::new(paths::KDC_CONF));
        let mut files = self.files(std::iter::once(kdc.as_bytes()));
        if !files.is_empty() {
            files.extend(self.krb5_conf_files());
        }
        files
    }

    fn files<'n>(&self, names: impl Iterator<Item = &'n [u8]>) -> Vec<PathBuf> {
        names.take_while(|name| !name.is_empty()).map(|name| self.home(name)).collect()
    }

    /// `~/x` is below `HOME`; without one it stays as it is.
    fn home(&self, name: &[u8]) -> PathBuf {
        match (name.strip_prefix(b"~"), self.get("HOME")) {
            (Some(rest), Some(home)) if rest.first() == Some(&b'/') => {
                let mut path = home.as_bytes().to_vec();
                path.extend_from_slice(rest);
                PathBuf::from(OsString::from_vec(path))
            }
            _ => PathBuf::from(OsStr::from_bytes(name)),
        }
    }
}
