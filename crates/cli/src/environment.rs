//! The process environment as a value.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};

use k5_config::{Env, User};

/// Every variable of the process, and who runs it. [`Environment::config`] is the part that k5-config goes by.
#[derive(Clone, Debug)]
pub struct Environment {
    variables: HashMap<OsString, OsString>,
    user: User,
}

impl Environment {
    /// The environment of this process.
    ///
    /// A process whose real and effective user differ gets no variables for [`Environment::config`], as MIT asks for
    /// those with `secure_getenv`.
    #[must_use]
    pub fn from_process() -> Environment {
        Environment { variables: std::env::vars_os().collect(), user: current_user() }
    }

    /// An environment of just these variables, and the user who runs this process. A later pair of the same name wins.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> Environment
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let variables = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Environment { variables, user: current_user() }
    }

    /// The value of a variable; an empty value is a value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All variables, in no order: what a child process is given.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// What k5-config needs to know.
    #[must_use]
    pub fn config(&self) -> Env {
        if self.user.uid == self.user.euid {
            Env::new(self.iter(), self.user)
        } else {
            Env::new(std::iter::empty::<(&OsStr, &OsStr)>(), self.user)
        }
    }

    /// Who runs the program.
    #[must_use]
    pub fn user(&self) -> User {
        self.user
    }

    /// The login name of the user, from the password database.
    #[must_use]
    pub fn login_name(&self) -> Option<String> {
        user_name(self.user.uid)
    }
}

fn current_user() -> User {
    User { uid: nix::unistd::getuid().as_raw(), euid: nix::unistd::geteuid().as_raw(), name: user_name }
}

fn user_name(uid: u32) -> Option<String> {
    nix::unistd::User::from_uid(uid.into()).ok().flatten().map(|user| user.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_given_pairs_are_there() {
        let env = Environment::from_pairs([("TZ", "UTC"), ("KRB5_CONFIG", "/a:/b"), ("EMPTY", "")]);
        assert_eq!(env.get("TZ"), Some(OsStr::new("UTC")));
        assert_eq!(env.get("EMPTY"), Some(OsStr::new("")));
        assert_eq!(env.get("PATH"), None);
        assert_eq!(env.config().get("KRB5_CONFIG"), Some(OsStr::new("/a:/b")));
    }
}
