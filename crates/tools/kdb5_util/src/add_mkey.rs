//! `add_mkey [-e etype] [-s]`: a new master key, from a password.

use crate::open::Opened;
use crate::options::each_option;
use crate::session::{AGAIN, ASK, Session, Stop};
use crate::stash;
use k5_admin::open::master_key_of_password;
use k5_cli::manual::{Example, Help};
use k5_cli::prompt::read_new_password;
use k5_cli::{Opt, OptionTable};
use k5_crypto::SystemRandom;
use k5_types::EncType;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Enctype,
    Stash,
}

pub(crate) static OPTIONS: [Opt<Key>; 2] = [
    Opt::value(Key::Enctype, &["-e"], "ENCTYPE", "the encryption type of the key; else `master_key_type`"),
    Opt::flag(Key::Stash, &["-s"], "store the new key in the stash file, in place of what is there"),
];

pub(crate) static HELP: Help = Help {
    operands: "",
    description: "\
Asks twice for a password and adds the master key that it makes to the ones that there are, under the next version. The new key encrypts \
nothing before `use_mkey` makes it the active one.\n\n\
The old stash file still opens the database, since the new key is there encrypted in each of the older ones. The whole way to a new master key is \
`add_mkey -s`, `use_mkey`, `update_princ_encryption`, `purge_mkeys`; it may be left at any point and taken up again.",
    flags: &[],
    examples: &[Example {
        line: "kdb5_util add_mkey -e aes256-sha2 -s",
        purpose: "The first step to a new master key.",
    }],
};

/// Adds a master key to the opened database.
///
/// # Errors
/// Where there is no master key to begin with, no password, or the database or the stash file cannot be written.
pub(crate) fn run(mut session: Session<'_, '_>, opened: &Opened) -> Result<(), Stop> {
    let (mut enctype, mut wants_stash) = (None, false);
    each_option(&mut session, OptionTable(&OPTIONS), &mut |session, given| {
        match given.key {
            Key::Stash => wants_stash = true,
            Key::Enctype => {
                let value = given.into_value();
                let named = value.to_str().and_then(EncType::from_name);
                let doing = [value.as_bytes(), b" is an invalid enctype"].concat();
                enctype = Some(named.ok_or_else(|| session.error("Invalid argument", doing))?);
            }
        }
        Ok(())
    })?;
    let rollover = opened.rollover(&session)?;
    let enctype = match enctype {
        Some(enctype) => enctype,
        None => session.master_enctype()?,
    };
    let mut lines =
        [b"Creating new master key for master key principal '", &session.master_name()[..]].concat();
    lines.extend_from_slice(
        b"'\nYou will be prompted for a new database Master Password.\n\
        It is important that you NOT FORGET this password.\n",
    );
    session.io.out().write_all(&lines)?;
    let password = read_new_password(session.io, ASK, AGAIN)
        .map_err(|error| session.error(error.to_string(), "while reading new master key from keyboard"))?;
    let key = master_key_of_password(&opened.principal, enctype, &password)
        .map_err(|error| session.error(error.to_string(), "while transforming master key from password"))?;
    let new = rollover
        .add(key, &mut SystemRandom)
        .map_err(|error| session.error(error.to_string(), "while adding master key entry to the database"))?;
    if wants_stash
        && let Err(stop) = stash::write(&session, &session.params.key_stash_file, &opened.principal, &[&new])
    {
        writeln!(session.io.out(), "Warning: couldn't stash master key.")?;
        return Err(stop);
    }
    Ok(())
}
