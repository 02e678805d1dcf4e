//! set_string (setstr).

use crate::session::{Session, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "usage: set_string principal key value";

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL NAME VALUE",
    description: "\
Sets a string attribute of a principal. The KDC and its modules know names such as `session_enctypes`, \
`otp`, `require_auth`; all others are for whoever reads them.",
    flags: &[],
    examples: &[Example {
        line: "setstr host/a.example.com session_enctypes aes256-cts-hmac-sha1-96",
        purpose: "Session keys of one type only for this service.",
    }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let [typed, key, value] = call.args else { return Err(Failure::plain(USAGE)) };
    let (principal, name) = session.named(call.command, typed, "while parsing principal")?;
    session.admin.set_string(&principal, key.as_bytes(), Some(value.as_bytes())).map_err(|error| {
        while_doing(call.command, &error, &[b"while setting attribute on principal \"", &name, b"\""])
    })?;
    session.info(io, &[b"Attribute set for principal \"", &name, b"\".\n"])?;
    Ok(())
}
