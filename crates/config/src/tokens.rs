//! `%{...}` in file names.

use std::os::unix::ffi::OsStrExt;

use crate::{Env, paths};

/// A path that cannot be expanded. The text is MIT's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// `%{` without `}`.
    #[error("variable missing }}")]
    Unclosed,
    /// An empty token, or none of MIT's names.
    #[error("Invalid token")]
    Unknown,
    /// `%{username}` of a user without a login name.
    #[error("Can't find username for uid {0}")]
    NoUserName(u32),
}

#[derive(Clone, Copy)]
enum Token {
    Text(&'static str),
    Temp,
    Uid,
    Euid,
    UserName,
}

/// In MIT's order, which counts: an abbreviation stands for the first name that it starts.
const TOKENS: [(&str, Token); 9] = [
    ("LIBDIR", Token::Text(paths::LIBDIR)),
    ("BINDIR", Token::Text(paths::BINDIR)),
    ("SBINDIR", Token::Text(paths::SBINDIR)),
    ("euid", Token::Euid),
    ("username", Token::UserName),
    ("TEMP", Token::Temp),
    ("USERID", Token::Uid),
    ("uid", Token::Uid),
    ("null", Token::Text("")),
];

/// Replaces each `%{NAME}`: `LIBDIR`, `BINDIR`, `SBINDIR`, `TEMP` (`TMPDIR` or `/tmp`), `uid` and `USERID`
/// (real), `euid`, `username` (of the effective user) and `null` (nothing). A name may be cut short
/// (`%{user}`). `%` without a brace is itself. MIT has `APPDATA`, `USERCONFIG` and the like on Windows only.
///
/// # Errors
/// [`TokenError`]; nothing is returned in part.
pub fn expand_tokens(path: &[u8], env: &Env) -> Result<Vec<u8>, TokenError> {
    let mut out = Vec::with_capacity(path.len());
    let mut left = path;
    while let Some(start) = left.windows(2).position(|w| w == b"%{") {
        let (before, token) = left.split_at(start);
        out.extend_from_slice(before);
        let token = token.get(2..).unwrap_or_default();
        let end = token.iter().position(|&b| b == b'}').ok_or(TokenError::Unclosed)?;
        let (name, rest) = token.split_at(end);
        expand_one(name, env, &mut out)?;
        left = rest.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(left);
    Ok(out)
}

fn expand_one(name: &[u8], env: &Env, out: &mut Vec<u8>) -> Result<(), TokenError> {
    let known = TOKENS.iter().find(|(known, _)| !name.is_empty() && known.as_bytes().starts_with(name));
    let user = env.user();
    match known.ok_or(TokenError::Unknown)?.1 {
        Token::Text(text) => out.extend_from_slice(text.as_bytes()),
        Token::Temp => {
            out.extend_from_slice(env.get("TMPDIR").map_or(paths::TEMP.as_bytes(), |dir| dir.as_bytes()));
        }
        Token::Uid => out.extend_from_slice(user.uid.to_string().as_bytes()),
        Token::Euid => out.extend_from_slice(user.euid.to_string().as_bytes()),
        Token::UserName => {
            let name = (user.name)(user.euid).ok_or(TokenError::NoUserName(user.euid))?;
            out.extend_from_slice(name.as_bytes());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::User;

    fn expand(path: &str, tmpdir: Option<&str>) -> Result<String, TokenError> {
        let user = User { uid: 1000, euid: 7, name: |euid| (euid == 7).then(|| "anna".to_owned()) };
        let env = Env::new(tmpdir.map(|dir| ("TMPDIR", dir)), user);
        expand_tokens(path.as_bytes(), &env).map(|out| String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_token() {
        assert_eq!(expand("FILE:/x_%{uid}-%{USERID}-%{euid}", None).unwrap(), "FILE:/x_1000-1000-7");
        assert_eq!(expand("%{username}%{null}!", None).unwrap(), "anna!");
        assert_eq!(expand("%{TEMP}/a", None).unwrap(), "/tmp/a");
        assert_eq!(expand("%{TEMP}/a", Some("/t")).unwrap(), "/t/a");
        assert_eq!(expand("%{BINDIR}:%{SBINDIR}", None).unwrap(), "/usr/bin:/usr/sbin");
        assert_eq!(expand("100% %x }", None).unwrap(), "100% %x }");
    }

    #[test]
    fn an_abbreviation_is_the_first_that_fits() {
        assert_eq!(expand("%{u}", None).unwrap(), "anna");
        assert_eq!(expand("%{ui}", None).unwrap(), "1000");
    }

    #[test]
    fn faults() {
        assert_eq!(expand("a%{uid", None), Err(TokenError::Unclosed));
        assert_eq!(expand("%{}", None), Err(TokenError::Unknown));
        assert_eq!(expand("%{uidx}", None), Err(TokenError::Unknown));
        assert_eq!(expand("%{UID}", None), Err(TokenError::Unknown));
    }
}
