//! clear_list (clear).

use super::KeyList;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

pub(super) static HELP: Help = Help {
    operands: "",
    description: "Empties the list. Files stay as they are.",
    flags: &[],
    examples: &[Example { line: "clear", purpose: "Begins anew." }],
};

pub(super) fn run(list: &mut KeyList, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    if !call.args.is_empty() {
        return Err(Failure::plain([call.typed.as_bytes(), b": invalid arguments"].concat()));
    }
    list.entries.clear();
    Ok(())
}
