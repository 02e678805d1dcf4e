//! del_string (delstr).

use crate::session::{Session, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "usage: del_string principal key";
/// What MIT's message about a malformed name calls the command.
const NAME: &str = "delstring";

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL NAME",
    description: "\
Removes a string attribute of a principal.",
    flags: &[],
    examples: &[Example {
        line: "delstr host/a.example.com session_enctypes",
        purpose: "Removes the attribute.",
    }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let [typed, key] = call.args else { return Err(Failure::plain(USAGE)) };
    let (principal, name) = session.named(NAME, typed, "while parsing principal")?;
    session.admin.set_string(&principal, key.as_bytes(), None).map_err(|error| {
        while_doing(call.command, &error, &[b"while deleting attribute from principal \"", &name, b"\""])
    })?;
    session.info(io, &[b"Attribute removed from principal \"", &name, b"\".\n"])?;
    Ok(())
}
