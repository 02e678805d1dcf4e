//! get_privs (getprivs).

use crate::session::Session;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::io::Write;

const USAGE: &str = "usage: get_privs";

pub(crate) static HELP: Help = Help {
    operands: "",
    description: "\
Shows what the session may do. Who can open the database may do everything.",
    flags: &[],
    examples: &[Example { line: "getprivs", purpose: "Shows all four privileges." }],
};

/// Whoever can open the database may do everything.
pub(crate) fn run(_: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    if !call.args.is_empty() {
        return Err(Failure::plain(USAGE));
    }
    io.out().write_all(b"current privileges: INQUIRE ADD MODIFY DELETE\n")?;
    Ok(())
}
