//! `purge_mkeys [-f] [-n] [-v]`: takes master keys away that nothing is encrypted in.

use crate::open::Opened;
use crate::options::each_option;
use crate::session::{Session, Stop};
use k5_admin::rollover::Purge;
use k5_cli::manual::{Example, Help};
use k5_cli::prompt::confirm;
use k5_cli::{Opt, OptionTable};
use std::io::Write;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Force,
    Trial,
    Verbose,
}

pub(crate) static OPTIONS: [Opt<Key>; 3] = [
    Opt::flag(Key::Force, &["-f"], "ask no question"),
    Opt::flag(Key::Trial, &["-n"], "only tell what would be done; asks no question"),
    Opt::flag(Key::Verbose, &["-v"], "tell if there is only one key"),
];

pub(crate) static HELP: Help = Help {
    operands: "",
    description: "\
Looks through the whole database for the master keys that principals' keys are encrypted in, and takes the others away. A key that the stash file has, in its \
latest version, stays, and then nothing is done: `stash` comes first.\n\n\
Keytabs, stash files and dumps of before keep their old keys; dumps of before need them.",
    flags: &[],
    examples: &[Example { line: "kdb5_util purge_mkeys -n", purpose: "Which ones would go." }],
};

/// Takes unused master keys of the opened database away.
///
/// # Errors
/// Where the person says no, the stash file has such a key, or the database cannot be read or written.
pub(crate) fn run(mut session: Session<'_, '_>, opened: &Opened) -> Result<(), Stop> {
    if opened.keys.is_none() {
        return Err(session.error("Database has not been initialized", "master keylist not initialized"));
    }
    let (mut force, mut trial, mut verbose) = (false, false, false);
    each_option(&mut session, OptionTable(&OPTIONS), &mut |_, given| {
        match given.key {
            Key::Force => force = true,
            Key::Trial => trial = true,
            Key::Verbose => verbose = true,
        }
        Ok(())
    })?;
    let name = session.master_name();
    if !force && !trial {
        let question = [
            b"Will purge all unused master keys stored in the '",
            &name[..],
            b"' principal, are you sure?\n(type 'yes' to confirm)? ",
        ];
        if !confirm(session.io, question.concat())? {
            return Err(Stop::Declined);
        }
        let line = [b"OK, purging unused master keys from '", &name[..], b"'...\n"].concat();
        session.io.out().write_all(&line)?;
    }
    let found = opened
        .rollover(&session)?
        .purge(opened.kvno, trial)
        .map_err(|error| session.error(error.to_string(), "while finding master keys in use"));
    let title = if trial { "Would purge" } else { "Purging" };
    let mut lines = [title.as_bytes(), b" the following master key(s) from ", &name[..], b":\n"].concat();
    let mut list = |unused: &[u16]| {
        for kvno in unused {
            lines.extend_from_slice(format!("KVNO: {kvno}\n").as_bytes());
        }
    };
    let mut stopped = None;
    match found? {
        Purge::OnlyOne => {
            lines.clear();
            if verbose {
                lines.extend_from_slice(b"There is only one master key which can not be purged.\n");
            }
        }
        Purge::Stashed { later } => {
            list(&later);
            stopped = Some(session.error(
                "Stored master key is not current",
                "master key stash file needs updating, command aborting",
            ));
        }
        Purge::NoneActive(unused) => {
            list(&unused);
            stopped = Some(
                session.error("Invalid argument", "while updating actkvno data for master principal entry"),
            );
        }
        Purge::Unused(unused) if unused.is_empty() => {
            lines.extend_from_slice(b"All keys in use, nothing purged.\n");
        }
        Purge::Unused(unused) => {
            list(&unused);
            let what = if trial { "would be purged" } else { "purged" };
            lines.extend_from_slice(format!("{} key(s) {what}.\n", unused.len()).as_bytes());
        }
    }
    session.io.out().write_all(&lines)?;
    stopped.map_or(Ok(()), Err)
}
