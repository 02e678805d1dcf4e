//! rename.

use super::Session;
use super::change::Change;
use super::newcomers::{Kind, Known, described};
use super::options::{DRY_RUN, JSON, Key, QUIET, Words};
use super::target::{Target, failed};
use crate::principal;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, OptionTable};
use k5_config::Config;
use k5_keytab::{Entry, KeytabWriter};
use k5_shell::{Call, CommandResult};
use k5_types::Principal;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[DRY_RUN, QUIET, JSON]);

pub(super) static HELP: Help = Help {
    operands: "FILE OLD NEW",
    description: "\
Gives the entries of one principal another: OLD and NEW are names of principals. Or gives the entries of one realm \
another: OLD and NEW begin with `@`. Keys, version numbers and times stay; the entries move to where new ones would go. \
All entries are renamed or none; where none is of OLD, the exit code is 1.",
    flags: &[],
    examples: &[
        Example {
            line: "ktutil rename /etc/krb5.keytab host/old.example.com host/new.example.com",
            purpose: "For a host with a new name whose principal was renamed in the database.",
        },
        Example {
            line: "ktutil rename /etc/krb5.keytab @OLD.EXAMPLE @NEW.EXAMPLE",
            purpose: "For another realm.",
        },
    ],
};

/// What becomes of names.
enum Renaming {
    Principal(Principal, Principal),
    Realm(Vec<u8>, Vec<u8>),
}

impl Renaming {
    fn parse(words: &Words<'_>, config: &Config, old: &OsStr, new: &OsStr) -> Result<Renaming, Failure> {
        let principal = |text: &OsStr| {
            principal::parse(config, text.as_bytes())
                .map_err(|error| words.failure([text.as_bytes(), b": ", error.as_bytes()].concat()))
        };
        match (old.as_bytes().strip_prefix(b"@"), new.as_bytes().strip_prefix(b"@")) {
            (Some(_), Some(_)) => {
                // Read as names, so that quoting works in realms too.
                Ok(Renaming::Realm(principal(old)?.realm().to_vec(), principal(new)?.realm().to_vec()))
            }
            (None, None) => Ok(Renaming::Principal(principal(old)?, principal(new)?)),
            _ => Err(words.usage("OLD and NEW are both principals, or both realms with @ in front")),
        }
    }

    /// The entry under its new name, if it has the old one.
    fn of(&self, entry: &Entry) -> Option<Entry> {
        let principal = match self {
            Renaming::Principal(old, new) if entry.principal == *old => new.clone(),
            Renaming::Realm(old, new) if entry.principal.realm() == old => {
                Principal::new(new.clone(), entry.principal.components().to_vec())
            }
            _ => return None,
        };
        let principal = principal.with_name_type(entry.principal.name_type());
        Some(Entry { principal, ..entry.duplicate() })
    }
}

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let [operand, old, new] = words.operands.as_slice() else {
        return Err(words.usage("FILE, OLD and NEW are needed"));
    };
    let target = Target::parse(&words, operand)?;
    let renaming = Renaming::parse(&words, &session.config, old, new)?;
    let failed = |error| failed(&words, &error);
    // A missing file is told before one is prepared in its place.
    let mut entries = target.entries().map_err(failed)?;
    let mut writer = None;
    if !words.has(Key::DryRun) {
        let mut opened = KeytabWriter::prepare(target.path(), 0).map_err(failed)?;
        entries.clear();
        opened.scan(|entry| entries.push(entry)).map_err(failed)?;
        writer = Some(opened);
    }
    let change = renamed(&words, &target, &renaming, entries)?;
    if change.added.is_empty() {
        let text = [b"No entry of ", old.as_bytes(), b" in keytab ", &target.shown()].concat();
        return Err(words.failure(text));
    }
    if let Some(writer) = writer {
        writer.replace_if(|entry| renaming.of(entry)).map_err(failed)?;
    }
    change.report("rename", &words, &target, io)
}

fn renamed(
    words: &Words<'_>,
    target: &Target,
    renaming: &Renaming,
    entries: Vec<Entry>,
) -> Result<Change, Failure> {
    let mut known = Known::default();
    let mut change = Change::default();
    let mut both: Vec<(usize, Entry)> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        match renaming.of(&entry) {
            Some(new) => {
                change.added.push(new);
                both.push((index + 1, entry));
            }
            None => {
                known.note(&entry);
            }
        }
    }
    for entry in &change.added {
        if known.note(entry) == Kind::Conflict {
            let there = [&target.shown()[..], b" has another key for ", &described(entry)].concat();
            return Err(words.failure([&there[..], b"; nothing was changed"].concat()));
        }
    }
    change.removed = both;
    Ok(change)
}
