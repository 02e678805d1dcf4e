//! get_strings (getstrs).

use crate::session::{Session, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::io::Write;

const USAGE: &str = "usage: get_strings principal";

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL",
    description: "\
Shows the string attributes of a principal.",
    flags: &[],
    examples: &[Example { line: "getstrs alice", purpose: "Shows those of alice." }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let [typed] = call.args else { return Err(Failure::plain(USAGE)) };
    let (principal, name) = session.named(call.command, typed, "while parsing principal")?;
    let strings = session.admin.strings(&principal).map_err(|error| {
        while_doing(call.command, &error, &[b"while getting attributes for principal \"", &name, b"\""])
    })?;
    let mut out = io.out();
    if strings.is_empty() {
        out.write_all(b"(No string attributes.)\n")?;
    }
    for (key, value) in strings {
        out.write_all(&[&key[..], b": ", &value, b"\n"].concat())?;
    }
    Ok(())
}
