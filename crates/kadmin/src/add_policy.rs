//! add_policy (addpol).

use crate::policy_options;
use crate::session::{Session, while_doing};
use k5_cli::Io;
use k5_shell::{Call, CommandResult};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (name, fields) = policy_options::parse(session, io, call)?;
    session
        .admin
        .create_policy(&name, &fields)
        .map_err(|error| while_doing(call.command, &error, &[b"while creating policy \"", &name, b"\"."]))
}
