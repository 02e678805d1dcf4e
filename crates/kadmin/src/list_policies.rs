//! list_policies (listpols, get_policies, getpols).

use crate::session::{Session, print_names, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "usage: get_policies [expression]";
/// The name that MIT's messages have, which is not the first of the table.
const NAME: &str = "get_policies";

pub(crate) static HELP: Help = Help {
    operands: "[PATTERN]",
    description: "\
Lists the names of the policies that a pattern matches, or all. Patterns are those of `list_principals`.",
    flags: &[],
    examples: &[Example { line: "listpols", purpose: "Lists all." }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let pattern = match call.args {
        [] => None,
        [pattern] => Some(pattern.as_bytes()),
        _ => return Err(Failure::plain(USAGE)),
    };
    let names = session
        .admin
        .policy_names(pattern)
        .map_err(|error| while_doing(NAME, &error, &[b"while retrieving list."]))?;
    print_names(io, &names)?;
    Ok(())
}
