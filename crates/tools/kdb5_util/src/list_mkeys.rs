//! `list_mkeys`: the master keys, latest first.

use crate::open::Opened;
use crate::session::{Session, Stop};
use k5_cli::LocalZone;
use k5_cli::manual::{Example, Help};
use std::io::Write;

pub(crate) static HELP: Help = Help {
    operands: "",
    description: "\
Lists the master keys, latest first: version, encryption type, and since when, or from when on, it is the active one. A star marks the one that is active \
now.",
    flags: &[],
    examples: &[Example {
        line: "kdb5_util list_mkeys",
        purpose: "How far a change of the master key has come.",
    }],
};

/// Lists the master keys of the opened database.
///
/// # Errors
/// Where there is no master key to open them with, or the database cannot be read.
pub(crate) fn run(session: Session<'_, '_>, opened: &Opened) -> Result<(), Stop> {
    let states = opened
        .rollover(&session)?
        .list()
        .map_err(|error| session.error(error.to_string(), "while looking up active master key"))?;
    let zone = LocalZone::from_environment(&session.io.env);
    let mut lines = [b"Master keys for Principal: ", &session.master_name()[..], b"\n"].concat();
    for state in states {
        let when = match (state.active_from, state.active) {
            (Some(from), active) => {
                format!("Active on: {}{}", zone.listing(from), if active { " *" } else { "" })
            }
            (None, _) => "No activate time set".to_owned(),
        };
        lines.extend_from_slice(
            format!("KVNO: {}, Enctype: {}, {when}\n", state.kvno, state.enctype).as_bytes(),
        );
    }
    Ok(session.io.out().write_all(&lines)?)
}
