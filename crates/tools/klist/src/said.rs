//! How errors are told.

use k5_ccache::CcacheError;
use k5_cli::{Failure, Message};
use k5_config::Config;
use k5_keytab::KeytabError;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The program's name, and the form that `err_fmt` in `[libdefaults]` asks for: `%M` is an error's text, `%C` MIT's
/// number.
pub(crate) struct Said<'a> {
    program: &'a [u8],
    format: Option<Vec<u8>>,
}

impl<'a> Said<'a> {
    pub(crate) fn new(program: &'a [u8], config: &Config) -> Self {
        Said { program, format: config.err_fmt().map(|format| format.bytes().to_vec()) }
    }

    pub(crate) fn of_keytab(&self, error: &KeytabError, doing: impl AsRef<[u8]>) -> Failure {
        self.failure(&error.mit_text(), error.mit_code(), doing.as_ref())
    }

    pub(crate) fn of_cache(&self, error: &CcacheError, doing: &str) -> Failure {
        self.failure(&error.shown(), error.mit_code(), doing.as_bytes())
    }

    /// `klist: TEXT DOING`, and no blank at the end where there is nothing to be said of that.
    fn failure(&self, text: &str, code: i64, doing: &[u8]) -> Failure {
        let text = self.formatted(text, code);
        if doing.is_empty() {
            return Failure::new(Message::plain([self.program, b": ", &text].concat()));
        }
        // An error's text has a blank behind it even where the format leaves nothing of it.
        Failure::new(Message::plain([self.program, b": ", &text, b" ", doing].concat()))
    }

    fn formatted(&self, text: &str, code: i64) -> Vec<u8> {
        let Some(format) = &self.format else { return text.as_bytes().to_vec() };
        let mut shown = Vec::new();
        let mut rest = format.iter();
        while let Some(byte) = rest.next() {
            match (byte, rest.as_slice().first()) {
                (b'%', Some(letter)) => {
                    rest.next();
                    match letter {
                        b'M' => shown.extend_from_slice(text.as_bytes()),
                        b'C' => shown.extend_from_slice(code.to_string().as_bytes()),
                        b'%' => shown.push(b'%'),
                        other => shown.extend_from_slice(&[b'%', *other]),
                    }
                }
                _ => shown.push(*byte),
            }
        }
        shown
    }
}

/// "while resolving keytab NAME".
pub(crate) fn while_resolving(name: &OsStr) -> Vec<u8> {
    [b"while resolving keytab ", name.as_bytes()].concat()
}
