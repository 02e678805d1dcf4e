//! The options of all commands on files, so that each means the same everywhere, and how a command line is read.

use super::{Session, TABLE};
use k5_cli::{Failure, Given, Message, Opt, OptionTable};
use k5_shell::Call;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Principal,
    Kvno,
    Enctype,
    Slot,
    Salt,
    Fetch,
    AskPassword,
    PasswordFile,
    PasswordFd,
    AskHex,
    HexFile,
    HexFd,
    Random,
    Keep,
    OlderThan,
    Times,
    Enctypes,
    Fingerprints,
    Json,
    Quiet,
    DryRun,
    User,
    Host,
    Alias,
    Service,
    NoHost,
    NoDatabase,
    Realm,
    Database,
    DbArgument,
    AskMaster,
    StashFile,
    MasterPassword,
}

pub(super) const JSON: Opt<Key> =
    Opt::flag(Key::Json, &["--json"], "write one JSON document in place of text");
pub(super) const QUIET: Opt<Key> = Opt::flag(Key::Quiet, &["-q"], "say nothing of what was changed");
pub(super) const DRY_RUN: Opt<Key> =
    Opt::flag(Key::DryRun, &["-n", "--dry-run"], "change nothing, tell what would be changed");

pub(super) const BY_PRINCIPAL: Opt<Key> = Opt::value(
    Key::Principal,
    &["-p"],
    "PRINCIPAL",
    "only entries of this principal, which may be a pattern such as `host/*`; without `@`, in every realm",
)
.repeatable();
pub(super) const BY_KVNO: Opt<Key> =
    Opt::value(Key::Kvno, &["-k"], "KVNO", "only entries with this key version number; several with commas")
        .repeatable();
pub(super) const BY_ENCTYPE: Opt<Key> =
    Opt::value(Key::Enctype, &["-e"], "ENCTYPE", "only keys of this encryption type; several with commas")
        .repeatable();
pub(super) const BY_SLOT: Opt<Key> = Opt::value(
    Key::Slot,
    &["--slot"],
    "SLOT",
    "only the entry of this number, as `list` shows it; several with commas",
)
.repeatable();

/// The words of a command, its options told from its operands.
#[derive(Debug)]
pub(super) struct Words<'a> {
    command: &'static str,
    program: &'a [u8],
    options: Vec<Given<Key>>,
    /// What is no option.
    pub(super) operands: Vec<&'a OsStr>,
}

impl<'a> Words<'a> {
    /// Reads the words. Options stand anywhere; `--name=VALUE` is `--name VALUE`; behind `--` nothing is an option.
    ///
    /// # Errors
    /// Usage: an option that the command has not, or one whose value is missing or not wanted.
    pub(super) fn read(
        table: OptionTable<Key>,
        session: &'a Session,
        call: &Call<'a>,
    ) -> Result<Words<'a>, Failure> {
        let mut words = Words {
            command: call.command,
            program: &session.program,
            options: Vec::new(),
            operands: Vec::new(),
        };
        let mut rest = call.args.iter();
        while let Some(word) = rest.next() {
            let bytes = word.as_bytes();
            if bytes == b"--" {
                words.operands.extend(rest.by_ref().map(OsString::as_os_str));
            } else if bytes == b"-" || !bytes.starts_with(b"-") {
                words.operands.push(word);
            } else {
                let (name, value) = parts(word);
                let wrong = |text: &str| words.usage(&format!("{text} {}", name.display()));
                let option = table.find(name).ok_or_else(|| wrong("unrecognized option"))?;
                let value = match (option.value, value) {
                    (None, Some(_)) => return Err(wrong("no value goes with option")),
                    (None, None) => None,
                    (Some(_), Some(value)) => Some(value.to_owned()),
                    (Some(_), None) => Some(rest.next().ok_or_else(|| wrong("no value for option"))?.clone()),
                };
                words.options.push(Given { key: option.key, name: name.to_owned(), value });
            }
        }
        Ok(words)
    }

    /// Whether the option was given.
    pub(super) fn has(&self, key: Key) -> bool {
        self.options.iter().any(|option| option.key == key)
    }

    /// The value of the option; the last one counts.
    pub(super) fn value(&self, key: Key) -> Option<&OsStr> {
        self.options.iter().rev().find(|option| option.key == key)?.value.as_deref()
    }

    /// The values of the option, parted at commas.
    pub(super) fn list(&self, key: Key) -> impl Iterator<Item = &OsStr> {
        let values = self.options.iter().filter(move |option| option.key == key);
        values
            .filter_map(|option| option.value.as_deref())
            .flat_map(|value| value.as_bytes().split(|&byte| byte == b',').map(OsStr::from_bytes))
    }

    /// All values of the option.
    pub(super) fn values(&self, key: Key) -> impl Iterator<Item = &OsStr> {
        let values = self.options.iter().filter(move |option| option.key == key);
        values.filter_map(|option| option.value.as_deref())
    }

    /// The options given of these, as they were typed.
    pub(super) fn given(&self, keys: &[Key]) -> Vec<&Given<Key>> {
        self.options.iter().filter(|option| keys.contains(&option.key)).collect()
    }

    /// What is wrong with the words, then how they should be.
    pub(super) fn usage(&self, wrong: &str) -> Failure {
        let synopsis = TABLE.describe(OsStr::new(self.command)).map(|manual| manual.synopsis());
        let line = Message::com_err(self.program, "", format!("{}: {wrong}", self.command));
        let usage = [b"Usage: ", self.program, b" ", synopsis.unwrap_or_default().as_bytes()].concat();
        Failure::plain([line.as_bytes(), &usage].concat())
    }

    /// A number of a value.
    ///
    /// # Errors
    /// Usage: it is none, or does not fit.
    pub(super) fn number<N: std::str::FromStr>(&self, option: &str, text: &OsStr) -> Result<N, Failure> {
        let number = text.to_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        number
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| self.usage(&format!("\"{}\" is no number for {option}", text.display())))
    }

    /// Says `text` and ends with 1.
    pub(super) fn failure(&self, text: impl AsRef<[u8]>) -> Failure {
        Failure::com_err(self.program, "", text)
    }
}

/// The name of an option, and what stands behind a `=` where it has two dashes.
fn parts(word: &OsStr) -> (&OsStr, Option<&OsStr>) {
    let bytes = word.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) if bytes.starts_with(b"--") => {
            let (name, value) = bytes.split_at(at);
            (OsStr::from_bytes(name), value.get(1..).map(OsStr::from_bytes))
        }
        _ => (word, None),
    }
}
