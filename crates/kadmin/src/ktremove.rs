//! ktremove (ktrem): entries out of a keytab.

use crate::keytab_name::Keytab;
use crate::session::Session;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, Item, Message, Opt, OptionTable, WordOptions, leading_number};
use k5_keytab::{Entry, KeytabError, KeytabReader, KeytabWriter, Select};
use k5_shell::{Call, CommandResult};
use k5_types::{Kvno, Principal};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "Usage: ktremove [-k[eytab] keytab] [-q] principal [kvno|\"all\"|\"old\"]";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Keytab,
    Quiet,
}

pub(crate) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::value(Key::Keytab, &["-k", "-keytab"], "FILE", "the keytab").by_prefix(),
    Opt::flag(Key::Quiet, &["-q"], "say nothing of what was removed"),
]);

/// Which of a principal's entries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those of the highest version number.
    Highest,
    /// Those of this number.
    Number(Kvno),
    All,
    /// All but those of the highest number.
    Old,
}

impl Which {
    fn parse(word: Option<&OsStr>) -> Which {
        match word {
            None => Which::Highest,
            Some(word) if word == "all" => Which::All,
            Some(word) if word == "old" => Which::Old,
            Some(number) => Which::Number(leading_number(number) as u32),
        }
    }

    fn matches(self, kvno: Kvno, highest: Kvno) -> bool {
        match self {
            Which::Highest => kvno == highest,
            Which::Number(number) => kvno == number,
            Which::All => true,
            Which::Old => kvno != highest,
        }
    }
}

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL [{KVNO|all|old}]",
    description: "\
Removes entries of a principal from a keytab: those of the highest version number; those of the number that \
is given; `all`; or with `old` all but those of the highest. The database stays as it is.",
    flags: &[],
    examples: &[Example {
        line: "ktremove -k /etc/krb5.keytab host/a.example.com old",
        purpose: "Removes what no ticket is encrypted with any more.",
    }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let usage = || Failure::plain(USAGE);
    let (mut given, mut quiet) = (None, false);
    let mut words = WordOptions::new(OPTIONS, call.args);
    let rest = loop {
        let rest = words.rest();
        match words.next() {
            Some(Ok(Item::Option(option))) if option.key == Key::Quiet => quiet = true,
            Some(Ok(Item::Option(option))) if given.is_none() => given = option.value,
            Some(Ok(Item::Word(_))) => break rest,
            _ => return Err(usage()),
        }
    };
    let (typed, which) = match rest {
        [typed] => (typed, Which::parse(None)),
        [typed, which] => (typed, Which::parse(Some(which))),
        _ => return Err(usage()),
    };
    let keytab = Keytab::resolve(session, given.as_deref())?;
    let principal = Principal::parse(typed.as_bytes(), session.admin.realm()).map_err(|error| {
        let doing = [b"while parsing principal name ", typed.as_bytes()].concat();
        Failure::com_err(&session.program, error.to_string(), doing)
    })?;
    let removal = Removal { session, keytab: &keytab, typed: typed.as_bytes(), principal: &principal, which };
    let removed = removal.carry_out()?;
    if !quiet {
        for kvno in &removed {
            let mut out = io.out();
            out.write_all(&[b"Entry for principal ", typed.as_bytes()].concat())?;
            write!(out, " with kvno {kvno} removed from keytab ")?;
            out.write_all(&[keytab.shown(), b".\n"].concat())?;
        }
    }
    if removed.is_empty() {
        // No failure: whoever clears away old keys does so again and again.
        let text = [b"There is only one entry for principal ", removal.typed, b" in keytab ", keytab.shown()];
        io.complain(&Message::com_err(&session.program, "", text.concat()));
    }
    Ok(())
}

struct Removal<'a> {
    session: &'a Session,
    keytab: &'a Keytab,
    typed: &'a [u8],
    principal: &'a Principal,
    which: Which,
}

impl Removal<'_> {
    /// Removes the entries in one go and answers their version numbers in the order of the file.
    fn carry_out(&self) -> Result<Vec<Kvno>, Failure> {
        let kvno = match self.which {
            Which::Number(number) => Some(number),
            _ => None,
        };
        let select = Select { principal: self.principal, kvno, enctype: None };
        let highest = KeytabReader::open(self.keytab.path())
            .and_then(|entries| select.pick(entries))
            .map_err(|error| self.not_found(&error))?
            .kvno;
        let mut removed = Vec::new();
        let unwanted = |entry: &Entry| {
            let goes = entry.principal == *self.principal && self.which.matches(entry.kvno, highest);
            if goes {
                removed.push(entry.kvno);
            }
            goes
        };
        KeytabWriter::prepare(self.keytab.path(), 0).and_then(|writer| writer.remove_if(unwanted)).map_err(
            |error| {
                Failure::com_err(&self.session.program, error.to_string(), "while deleting entry from keytab")
            },
        )?;
        if removed.is_empty() && self.which != Which::Old {
            return Err(self.not_found(&KeytabError::NoEntry { principal: self.principal.to_string() }));
        }
        Ok(removed)
    }

    fn not_found(&self, error: &KeytabError) -> Failure {
        let program = &self.session.program;
        let keytab = self.keytab.shown();
        match (error, self.which) {
            (KeytabError::NotFound { .. }, _) => {
                Failure::com_err(program, "", [b"Keytab ", keytab, b" does not exist."].concat())
            }
            (KeytabError::NoEntry { .. }, Which::Number(number)) => {
                let with = format!(" with kvno {number} exists in keytab ");
                let text = [b"No entry for principal ", self.typed, with.as_bytes(), keytab].concat();
                Failure::com_err(program, "", text)
            }
            (KeytabError::NoEntry { .. }, _) => {
                let text = [b"No entry for principal ", self.typed, b" exists in keytab ", keytab].concat();
                Failure::com_err(program, "", text)
            }
            (error, _) => {
                Failure::com_err(program, error.to_string(), "while retrieving highest kvno from keytab")
            }
        }
    }
}
