//! add (add_entry, addent).

use super::Session;
use super::change::Change;
use super::keys::Source;
use super::newcomers::newcomers;
use super::options::{DRY_RUN, JSON, Key, QUIET, Words};
use super::target::{Target, failed};
use crate::principal;
use crate::shell::NO_FETCH;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, Opt, OptionTable};
use k5_keytab::{Entry, KeytabWriter};
use k5_shell::{Call, CommandResult};
use k5_types::EncType;
use std::os::unix::ffi::OsStrExt;

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::value(Key::Principal, &["-p"], "PRINCIPAL", "whose keys they are"),
    Opt::value(Key::Kvno, &["-k"], "KVNO", "the version number of the keys"),
    Opt::value(Key::Enctype, &["-e"], "ENCTYPE", "the encryption type of the key; several with commas")
        .repeatable(),
    Opt::flag(Key::AskPassword, &["-password"], "ask for the password that the keys are made from"),
    Opt::value(
        Key::PasswordFile,
        &["--password-file"],
        "FILE",
        "the password is the first line of this file",
    ),
    Opt::value(
        Key::PasswordFd,
        &["--password-fd"],
        "NUMBER",
        "the password is the first line from this descriptor",
    ),
    Opt::flag(Key::AskHex, &["-key"], "ask for the key, in hexadecimal"),
    Opt::value(
        Key::HexFile,
        &["--key-file"],
        "FILE",
        "the key, in hexadecimal, is the first line of this file",
    ),
    Opt::value(
        Key::HexFd,
        &["--key-fd"],
        "NUMBER",
        "the key, in hexadecimal, is the first line from this descriptor",
    ),
    Opt::flag(Key::Random, &["-randkey", "--random"], "make random keys"),
    Opt::value(Key::Salt, &["-s"], "SALT", "the salt of the password; else the one that the name gives"),
    Opt::flag(Key::Fetch, &["-f"], "ask the KDC for the salt; this version cannot, and adds nothing"),
    DRY_RUN,
    QUIET,
    JSON,
]);

pub(super) static HELP: Help = Help {
    operands: "FILE",
    description: "\
Adds a key of each ENCTYPE to a keytab, which is made if it is not there. `-p`, `-k`, `-e` and one source of the keys must be \
given. Neither passwords nor keys are taken from the command line, where everybody could see them.

A key that is there already is not added again. Where there is another key under the same principal, number and encryption \
type, nothing is added: programs would find the one or the other. All keys are added or none.",
    flags: &[],
    examples: &[
        Example {
            line: "ktutil add a.keytab -p host/a.example.com -k 2 -e aes256-cts,aes128-cts --password-file secret",
            purpose: "The keys that the KDC has as well, if it made them from the same password.",
        },
        Example {
            line: "ktutil add a.keytab -p host/a.example.com -k 2 -e aes256-cts --key-fd 3 3< key",
            purpose: "A key from a descriptor.",
        },
    ],
};

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    if words.has(Key::Fetch) {
        return Err(words.failure(NO_FETCH));
    }
    let [operand] = words.operands.as_slice() else { return Err(words.usage("one FILE is needed")) };
    let target = Target::parse(&words, operand)?;
    let Some(name) = words.value(Key::Principal) else { return Err(words.usage("-p is needed")) };
    let Some(kvno) = words.value(Key::Kvno) else { return Err(words.usage("-k is needed")) };
    let kvno = words.number("-k", kvno)?;
    let enctypes = words.list(Key::Enctype).map(|text| {
        let enctype = text.to_str().and_then(EncType::from_name);
        enctype.ok_or_else(|| words.usage(&format!("\"{}\" is no encryption type", text.display())))
    });
    let enctypes: Vec<EncType> = enctypes.collect::<Result<_, Failure>>()?;
    if enctypes.is_empty() {
        return Err(words.usage("-e is needed"));
    }
    let source = Source::read(&words, &enctypes)?;
    let principal = principal::parse(&session.config, name.as_bytes())
        .map_err(|text| words.failure([name.as_bytes(), b": ", text.as_bytes()].concat()))?;
    let keys = source.keys(io, &principal, &enctypes)?;
    let timestamp = io.now();
    let entry = |key| Entry { principal: principal.clone(), timestamp, kvno, key };
    let added = bring_in(&words, &target, keys.into_iter().map(entry).collect())?;
    Change { added, ..Change::default() }.report("add", &words, &target, io)
}

/// Adds those entries that the keytab does not have, all of them or none, unless `-n` says that nothing is to be
/// changed. Gives those that it did not have.
pub(super) fn bring_in(
    words: &Words<'_>,
    target: &Target,
    entries: Vec<Entry>,
) -> Result<Vec<Entry>, Failure> {
    let failed = |error| failed(words, &error);
    let new_ones = |present: &[Entry], entries| {
        newcomers(present, entries).map_err(|conflict| {
            let there = [&target.shown()[..], b" has another key for ", &conflict.what].concat();
            words.failure([&there[..], b"; nothing was changed"].concat())
        })
    };
    if words.has(Key::DryRun) {
        return new_ones(&target.entries_if_any().map_err(failed)?, entries);
    }
    if entries.is_empty() {
        return Ok(entries);
    }
    let room = |entry: &Entry| {
        KeytabWriter::room_for(entry.principal.unparse().len(), entry.key.contents.expose().len())
    };
    let mut writer = KeytabWriter::prepare(target.path(), entries.iter().map(room).sum()).map_err(failed)?;
    let mut present = Vec::new();
    writer.scan(|entry| present.push(entry)).map_err(failed)?;
    let new = new_ones(&present, entries)?;
    if !new.is_empty() {
        writer.commit(&new).map_err(failed)?;
    }
    Ok(new)
}
