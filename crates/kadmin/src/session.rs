//! What the commands share: the open realm, how the program was started, and MIT's ways to say things.

use k5_admin::{Admin, AdminError};
use k5_cli::{Failure, Io, LocalZone, Message, prompt};
use k5_config::Config;
use k5_types::{KeySalt, Principal, PrincipalError};
use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

/// How commands come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As words of the command line: no banner, no success lines, no notices, no questions.
    OneShot,
    /// As a line of `-q` or of standard input.
    Shell,
}

/// An open realm and whoever works on it.
pub struct Session {
    /// The program's name, which stands in front of some messages.
    pub program: Vec<u8>,
    /// How commands come in.
    pub mode: Mode,
    /// The administrator.
    pub admin: Admin,
    /// The configuration, for names of keytabs.
    pub config: Config,
    /// Where dates are.
    pub zone: LocalZone,
}

impl Session {
    /// Prints something that the one-shot form leaves out.
    pub(crate) fn info(&self, io: &mut Io<'_>, text: &[&[u8]]) -> io::Result<()> {
        match self.mode {
            Mode::OneShot => Ok(()),
            Mode::Shell => io.out().write_all(&text.concat()),
        }
    }

    /// Prints a notice on standard error, which the one-shot form leaves out.
    pub(crate) fn notice(&self, io: &mut Io<'_>, text: &[&[u8]]) {
        if self.mode == Mode::Shell {
            io.complain(&Message::plain(text.concat()));
        }
    }

    /// A principal's name as typed: without a realm it is of the session's realm. As MIT's kadmin has it, an `@`
    /// at the very start and one behind a backslash begin no realm.
    pub(crate) fn parse_name(&self, typed: &OsStr) -> Result<Principal, PrincipalError> {
        let typed = typed.as_bytes();
        let has_realm = typed.windows(2).any(|two| two[1] == b'@' && two[0] != b'\\');
        let full = if has_realm { typed.to_vec() } else { [typed, b"@", self.admin.realm()].concat() };
        Principal::parse(&full, self.admin.realm())
    }

    /// The same with the name as messages show it. One that cannot be parsed is told: `COMMAND: TEXT DOING`.
    pub(crate) fn named(
        &self,
        command: &str,
        typed: &OsStr,
        doing: &str,
    ) -> Result<(Principal, Vec<u8>), Failure> {
        let principal = self.parse_name(typed).map_err(|error| bad_name(command, &error, doing))?;
        let name = principal.unparse();
        Ok((principal, name))
    }
}

/// `COMMAND: TEXT while DOING`.
pub(crate) fn while_doing(command: &str, error: &AdminError, doing: &[&[u8]]) -> Failure {
    Failure::com_err(command, error.to_string(), doing.concat())
}

/// A name that cannot be parsed.
pub(crate) fn bad_name(command: &str, error: &PrincipalError, doing: &str) -> Failure {
    Failure::com_err(command, error.to_string(), doing)
}

/// Asks a question that only `yes` affirms. Ctrl-C is a no, said as one: the question goes from the screen, and what
/// stood there must not look done.
pub(crate) fn confirmed(io: &mut Io<'_>, question: &[u8]) -> io::Result<bool> {
    match prompt::confirm(io, question) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            io.out().write_all(b"\n")?;
            Ok(false)
        }
        answer => answer,
    }
}

/// Prints names, a line each, through a pager where they are many and a person reads.
pub(crate) fn print_names(io: &mut Io<'_>, names: &[Vec<u8>]) -> io::Result<()> {
    let list: Vec<u8> = names.iter().flat_map(|name| name.iter().copied().chain([b'\n'])).collect();
    io.page_if_long(&list)
}

/// A keysalt list of an option. MIT passes over words that it does not know and then makes default keys; here each
/// word must be one.
pub(crate) fn keysalts(command: impl AsRef<[u8]>, list: &OsStr) -> Result<Vec<KeySalt>, Failure> {
    let text = list.to_string_lossy();
    let mut keysalts: Vec<KeySalt> = Vec::new();
    let doing = format!("while parsing keysalts {text}");
    for (word, keysalt) in KeySalt::parse_list(&text) {
        let keysalt =
            keysalt.map_err(|error| Failure::com_err(&command, of_word(&error.to_string(), word), &doing))?;
        if !keysalts.contains(&keysalt) {
            keysalts.push(keysalt);
        }
    }
    if keysalts.is_empty() {
        return Err(Failure::com_err(&command, "no encryption type is named", &doing));
    }
    Ok(keysalts)
}

/// The error with the word that it is in, where it does not name all of it already.
fn of_word(error: &str, word: &str) -> String {
    if error.ends_with(&format!("\"{word}\"")) { error.to_owned() } else { format!("{error} in \"{word}\"") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_keysalt_list_counts() {
        assert_eq!(keysalts("c", OsStr::new("aes256-cts,aes256-cts:normal")).map(|list| list.len()), Ok(1));
        for bad in ["", ",", "foo", "aes256-cts:bar", "aes256-cts,foo"] {
            assert!(keysalts("c", OsStr::new(bad)).is_err(), "{bad:?}");
        }
    }
}
