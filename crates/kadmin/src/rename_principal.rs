//! rename_principal (renprinc).

use crate::session::{Mode, Session, confirmed, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, Opt, OptionTable};
use k5_shell::{Call, CommandResult};

const USAGE: &str = "usage: rename_principal [-force] old_principal new_principal";

/// For help and completion; the words have only two shapes.
pub(crate) const OPTIONS: OptionTable<()> = OptionTable(&[Opt::flag((), &["-force"], "asks no question")]);

pub(crate) static HELP: Help = Help {
    operands: "OLD_PRINCIPAL NEW_PRINCIPAL",
    description: "\
Gives a principal another name, under which its keys and its password stay good. In the shell and with `-q` \
it asks first; only `yes` is yes. Keytabs have the old name and need to be written again.",
    flags: &[],
    examples: &[Example {
        line: "renprinc -force host/old.example.com host/new.example.com",
        purpose: "The machine has another name.",
    }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (old, new, force) = match call.args {
        [old, new] => (old, new, false),
        [force, old, new] if force == "-force" => (old, new, true),
        _ => return Err(Failure::plain(USAGE)),
    };
    let (old, old_name) = session.named(call.command, old, "while parsing old principal name")?;
    let (new, new_name) = session.named(call.command, new, "while parsing new principal name")?;
    if !force && session.mode == Mode::Shell {
        let question = [
            b"Are you sure you want to rename the principal \"",
            &old_name[..],
            b"\" to \"",
            &new_name,
            b"\"? (yes/no): ",
        ];
        if !confirmed(io, &question.concat())? {
            return Err(Failure::plain([b"Principal \"", &old_name[..], b"\" not renamed"].concat()));
        }
    }
    session.admin.rename_principal(&old, &new).map_err(|error| {
        let doing = [b"while renaming principal \"", &old_name[..], b"\" to \"", &new_name, b"\""];
        while_doing(call.command, &error, &doing)
    })?;
    session.info(io, &[b"Principal \"", &old_name, b"\" renamed to \"", &new_name, b"\".\n"])?;
    session
        .info(io, &[b"Make sure that you have removed the old principal from all ACLs before reusing.\n"])?;
    Ok(())
}
