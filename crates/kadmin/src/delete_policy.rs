//! delete_policy (delpol).

use crate::session::{Mode, Session, confirmed, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, Opt, OptionTable};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "usage: delete_policy [-force] policy";

/// For help and completion; the words have only two shapes.
pub(crate) const OPTIONS: OptionTable<()> = OptionTable(&[Opt::flag((), &["-force"], "asks no question")]);

pub(crate) static HELP: Help = Help {
    operands: "POLICY",
    description: "\
Deletes a policy. Principals that have it keep its name, which then means nothing. In the shell and with \
`-q` it asks first; only `yes` is yes.",
    flags: &[],
    examples: &[Example {
        line: "delpol -force users",
        purpose: "Deletes without a question, in the shell too.",
    }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (name, force) = match call.args {
        [name] => (name.as_bytes(), false),
        [force, name] if force == "-force" => (name.as_bytes(), true),
        _ => return Err(Failure::plain(USAGE)),
    };
    if !force && session.mode == Mode::Shell {
        let question = [b"Are you sure you want to delete the policy \"", name, b"\"? (yes/no): "].concat();
        if !confirmed(io, &question)? {
            return Err(Failure::plain([b"Policy \"", name, b"\" not deleted."].concat()));
        }
    }
    // The second colon is MIT's.
    session
        .admin
        .delete_policy(name)
        .map_err(|error| while_doing("delete_policy:", &error, &[b"while deleting policy \"", name, b"\""]))
}
