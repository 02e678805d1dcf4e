//! add_alias (alias).

use crate::session::{Session, while_doing};
use k5_cli::{Failure, Io};
use k5_shell::{Call, CommandResult};

const USAGE: &str = "usage: add_alias alias_principal target_principal";

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
