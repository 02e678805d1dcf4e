//! add_alias (alias).

use crate::session::{Session, while_doing};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};

const USAGE: &str = "usage: add_alias alias_principal target_principal";

pub(crate) static HELP: Help = Help {
    operands: "ALIAS TARGET_PRINCIPAL",
    description: "\
Makes another name for a principal of the same realm. Whoever asks for the alias gets the target; MIT's KDC \
understands it from release 1.22 on. `delete_principal` of the alias removes the alias alone.",
    flags: &[],
    examples: &[Example {
        line: "alias http/www.example.com http/web1.example.com",
        purpose: "Tickets for www are tickets for web1.",
    }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let [alias, target] = call.args else { return Err(Failure::plain(USAGE)) };
    let (alias, alias_name) = session.named(call.command, alias, "while parsing alias principal name")?;
    let (target, target_name) = session.named(call.command, target, "while parsing target principal name")?;
    session.admin.create_alias(&alias, &target).map_err(|error| {
        let doing = [b"while aliasing principal \"", &alias_name[..], b"\" to \"", &target_name, b"\""];
        while_doing(call.command, &error, &doing)
    })?;
    session.info(io, &[b"Principal \"", &alias_name, b"\" aliased to \"", &target_name, b"\".\n"])?;
    Ok(())
}
