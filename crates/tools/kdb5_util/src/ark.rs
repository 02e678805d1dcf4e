//! `ark [-e keysalts] principal`: random keys beside those that a principal has.

use crate::open::Opened;
use crate::options::rest_of_command;
use crate::session::{Session, Stop};
use k5_admin::AdminError;
use k5_cli::manual::{Example, Help};
use k5_cli::{Item, Opt, OptionTable, WordOptions};
use k5_crypto::SystemRandom;
use k5_kdb::{Access, Backend, Scope, find_principal};
use k5_types::{KeySalt, Principal};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Enctypes;

pub(crate) static OPTIONS: [Opt<Enctypes>; 1] =
    [Opt::value(Enctypes, &["-e"], "KEYSALTS", "which keys to make; else `supported_enctypes`")];

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL",
    description: "\
Gives a principal new random keys under the next version number. The keys of the version before stay, so that tickets in flight are still good; older ones go.",
    flags: &[],
    examples: &[Example {
        line: "kdb5_util ark krbtgt/EXAMPLE.COM",
        purpose: "A new key for the realm; tickets of before are still good.",
    }],
};

/// Gives a principal of the opened database new random keys.
///
/// # Errors
/// Where there is no such principal, no such key, no master key, or the database cannot be written.
pub(crate) fn run(session: Session<'_, '_>, opened: &Opened) -> Result<(), Stop> {
    let mut options = WordOptions::new(OptionTable(&OPTIONS), rest_of_command(session.general));
    let mut list = None;
    let name = loop {
        match options.next() {
            Some(Ok(Item::Option(given))) => list = Some(given.into_value()),
            Some(Ok(Item::Word(word))) => break word,
            Some(Err(_)) | None => return Err(Stop::Usage),
        }
    };
    let with_name = |doing: &str| [doing.as_bytes(), b" ", name.as_bytes()].concat();
    let principal = Principal::parse(name.as_bytes(), &session.params.realm).map_err(|_| {
        session.error("Malformed representation of principal", with_name("while parsing principal name"))
    })?;
    let keysalts = match list {
        Some(list) => keysalts(&session, &list)?,
        None => session.params.supported_enctypes.clone(),
    };
    let unknown = || session.error("No such entry in the database", with_name("while fetching principal"));
    let Some(rollover) = opened.with_keys(session.io.now()) else {
        let mut transaction = opened
            .backend
            .begin(Scope::Everything, Access::Read)
            .map_err(|error| session.error(error.to_string(), with_name("while fetching principal")))?;
        return match find_principal(transaction.as_mut(), &principal) {
            Ok(Some(_)) => Err(session.error("Database has not been initialized", "while finding mkey")),
            Ok(None) => Err(unknown()),
            Err(error) => Err(session.error(error.to_string(), with_name("while fetching principal"))),
        };
    };
    rollover.add_random_keys(&principal, &keysalts, &mut SystemRandom).map_err(|error| match error {
        AdminError::UnknownPrincipal => unknown(),
        AdminError::NoSuchMasterKey => session.error(error.to_string(), "while finding mkey"),
        other => session.error(other.to_string(), with_name("while randomizing principal")),
    })?;
    Ok(session.io.out().write_all(&[name.as_bytes(), b" changed\n"].concat())?)
}

/// A list in which every word names a kind of key.
fn keysalts(session: &Session<'_, '_>, list: &OsString) -> Result<Vec<KeySalt>, Stop> {
    let text = list.to_string_lossy();
    let doing = [b"while parsing keysalts ", list.as_bytes()].concat();
    let mut keysalts: Vec<KeySalt> = Vec::new();
    for (word, keysalt) in KeySalt::parse_list(&text) {
        let keysalt = keysalt.map_err(|error| session.error(format!("{error} in \"{word}\""), &doing))?;
        if !keysalts.contains(&keysalt) {
            keysalts.push(keysalt);
        }
    }
    match keysalts.is_empty() {
        true => Err(session.error("no encryption type is named", doing)),
        false => Ok(keysalts),
    }
}
