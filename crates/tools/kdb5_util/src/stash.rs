//! `stash [-f keyfile]`: stores all master keys in the stash file.

use crate::open::{Opened, unlock};
use crate::options::of_command;
use crate::session::{Session, Stop};
use k5_cli::manual::{Example, Help};
use k5_cli::{Opt, OptionTable};
use k5_kdb::MasterKey;
use k5_kdb::mkey::stash;
use k5_types::Principal;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyfile;

pub(crate) static OPTIONS: [Opt<Keyfile>; 1] =
    [Opt::value(Keyfile, &["-f"], "FILE", "the file to write, in place of the configured one")];

pub(crate) static HELP: Help = Help {
    operands: "",
    description: "\
Writes all versions of the master key into the stash file. It opens them by the stash file, by `-P` or `-m`, and asks for the \
password if that fails. The file is replaced whole; one of the same name with `_tmp` behind it being there already is an error. \
A run that is killed may leave a directory `.NAME_tmp` and six letters beside it, with the keys in it; the next run removes it.",
    flags: &[],
    examples: &[Example {
        line: "kdb5_util -m stash",
        purpose: "Writes a stash file that was lost, by the master password.",
    }],
};

/// Stores the keys of the opened database; without them, asks for the password.
///
/// # Errors
/// Where the keys cannot be had, or the file cannot be written: it is then as it was.
pub(crate) fn run(mut session: Session<'_, '_>, opened: Opened) -> Result<(), Stop> {
    let given = of_command(&mut session, OptionTable(&OPTIONS))?;
    let keyfile = match given.into_iter().next_back() {
        Some(option) => PathBuf::from(option.into_value()),
        None => session.params.key_stash_file.clone(),
    };
    let keys = match opened.keys {
        Some(keys) => {
            writeln!(session.io.out(), "Using existing stashed keys to update stash file.")?;
            keys
        }
        None => {
            let password = session
                .ask()
                .map_err(|error| session.error(error.to_string(), "while reading master key"))?;
            let key = session.key_of(&opened.principal, &password)?;
            unlock(&session, &opened.entry, &key)
                .map_err(|text| session.error(text, "while getting master key list"))?
        }
    };
    let keys: Vec<&MasterKey> = keys.keys().iter().collect();
    write(&session, &keyfile, &opened.principal, &keys)?;
    // What failed on the way to the keys does not count any more.
    *session.failures = 0;
    Ok(())
}

/// Writes the stash file.
///
/// # Errors
/// Where it cannot be written: it is then as it was.
pub(crate) fn write(
    session: &Session<'_, '_>,
    path: &Path,
    principal: &Principal,
    keys: &[&MasterKey],
) -> Result<(), Stop> {
    stash::write(path, principal, keys, session.io.now())
        .map_err(|error| session.error(error.to_string(), "while storing key"))
}
