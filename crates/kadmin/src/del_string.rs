//! del_string (delstr).

use crate::session::{Session, while_doing};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "usage: del_string principal key";
/// What MIT's message about a malformed name calls the command.
const NAME: &str = "delstring";

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let [typed, key] = call.args else { return Err(Failure::plain(USAGE)) };
    let (principal, name) = session.named(NAME, typed, "while parsing principal")?;
    session.admin.set_string(&principal, key.as_bytes(), None).map_err(|error| {
        while_doing(call.command, &error, &[b"while deleting attribute from principal \"", &name, b"\""])
    })?;
    session.info(io, &[b"Attribute removed from principal \"", &name, b"\".\n"])?;
    Ok(())
}
