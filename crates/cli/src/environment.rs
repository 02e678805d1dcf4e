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

/// The name service is asked only where its first source is not the file that is read here, or has no such user: to start it takes a
/// tenth of the time of a short command.
fn user_name(uid: u32) -> Option<String> {
    let read = |path| std::fs::read(path).unwrap_or_default();
    let at_once = match files_come_first(&read("/etc/nsswitch.conf")) {
        true => name_in(&read("/etc/passwd"), uid),
        false => None,
    };
    at_once.or_else(|| nix::unistd::User::from_uid(uid.into()).ok().flatten().map(|user| user.name))
}

/// Whether nsswitch.conf(5) has users looked for in `/etc/passwd` first, and no further where they are there.
fn files_come_first(nsswitch: &[u8]) -> bool {
    let mut lines =
        nsswitch.split(|byte| *byte == b'\n').filter_map(|line| line.trim_ascii().strip_prefix(b"passwd:"));
    let Some(line) = lines.next() else { return false };
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.next() == Some(b"files") && words.next().is_none_or(|word| !word.starts_with(b"["))
}

/// The first user of a number in a file like passwd(5).
fn name_in(passwd: &[u8], uid: u32) -> Option<String> {
    let uid = uid.to_string();
    passwd.split(|byte| *byte == b'\n').find_map(|line| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        let [name, _, number, _, _, _, _] = fields.as_slice() else { return None };
        let is_name = !name.is_empty() && !matches!(name.first(), Some(b'+' | b'-' | b'#'));
        (is_name && *number == uid.as_bytes()).then(|| String::from_utf8(name.to_vec()).ok()).flatten()
    })
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

    #[test]
    fn users_are_found_as_the_name_service_finds_them() {
        let first = |text: &str| files_come_first(text.as_bytes());
        assert!(first("# comment\npasswd:         files systemd\ngroup: x\n") && first("passwd: files"));
        for other in [
            "",
            "passwd: compat",
            "passwd: sss files",
            "passwd: files [SUCCESS=merge] sss",
            "group: files",
            "#passwd: files",
            "passwd:",
        ] {
            assert!(!first(other), "{other}");
        }
        let passwd = b"root:x:0:0:root:/root:/bin/sh\nshort:x:7\n+net:x:8:0:::\nb:x:9:0:::\nc:x:9:0:::\n\xff:x:5:0:::\n";
        let name = |uid| name_in(passwd, uid);
        assert_eq!(name(0).as_deref(), Some("root"));
        assert_eq!(name(9).as_deref(), Some("b"));
        assert_eq!([name(7), name(8), name(5), name(90)], [None, None, None, None]);
        for uid in [0, 1, 65534, 4_000_000_000] {
            let asked = nix::unistd::User::from_uid(uid.into()).unwrap().map(|user| user.name);
            assert_eq!(user_name(uid), asked, "{uid}");
        }
    }
}
