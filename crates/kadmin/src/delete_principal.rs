//! delete_principal (delprinc).

use crate::session::{Mode, Session, bad_name, confirmed, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, Opt, OptionTable};
use k5_shell::{Call, CommandResult};

const USAGE: &str = "usage: delete_principal [-force] principal";

/// For help and completion; the words have only two shapes.
pub(crate) const OPTIONS: OptionTable<()> = OptionTable(&[Opt::flag((), &["-force"], "asks no question")]);

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL",
    description: "\
Deletes a principal with its keys, or an alias. In the shell and with `-q` it asks first; only `yes` is yes.",
    flags: &[],
    examples: &[Example {
        line: "delprinc -force host/old.example.com",
        purpose: "Deletes without a question, in the shell too.",
    }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (typed, force) = match call.args {
        [typed] => (typed, false),
        [force, typed] if force == "-force" => (typed, true),
        _ => return Err(Failure::plain(USAGE)),
    };
    let principal = session
        .parse_name(typed)
        .map_err(|error| bad_name(call.command, &error, "while parsing principal name"))?;
    let name = principal.unparse();
    if !force && session.mode == Mode::Shell {
        let question =
            [b"Are you sure you want to delete the principal \"", &name[..], b"\"? (yes/no): "].concat();
        if !confirmed(io, &question)? {
            return Err(Failure::plain([b"Principal \"", &name[..], b"\" not deleted"].concat()));
        }
    }
    session.admin.delete_principal(&principal).map_err(|error| {
        while_doing(call.command, &error, &[b"while deleting principal \"", &name, b"\""])
    })?;
    session.info(io, &[b"Principal \"", &name, b"\" deleted.\n"])?;
    session.info(io, &[b"Make sure that you have removed this principal from all ACLs before reusing.\n"])?;
    Ok(())
}
