//! list_principals (listprincs, get_principals, getprincs).

use crate::session::{Session, print_names, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "usage: get_principals [expression]";
/// The name that MIT's messages have, which is not the first of the table.
const NAME: &str = "get_principals";

pub(crate) static HELP: Help = Help {
    operands: "[PATTERN]",
    description: "\
Lists the names of the principals that a pattern matches, or all. In a pattern, `*` is any text, `?` any \
letter and `[abc]` one of these; a pattern without `@` is of the session's realm, whichever that is.",
    flags: &[],
    examples: &[
        Example { line: "listprincs", purpose: "Lists all." },
        Example { line: "listprincs host/*", purpose: "Lists the hosts." },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let pattern = match call.args {
        [] => None,
        [pattern] => Some(pattern.as_bytes()),
        _ => return Err(Failure::plain(USAGE)),
    };
    let names = session
        .admin
        .principal_names(pattern)
        .map_err(|error| while_doing(NAME, &error, &[b"while retrieving list."]))?;
    print_names(io, &names)?;
    Ok(())
}
