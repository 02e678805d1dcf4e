//! modify_policy (modpol).

use crate::policy_options;
use crate::session::{Session, while_doing};
use k5_cli::Io;
use k5_cli::manual::{Example, Help};
use k5_shell::{Call, CommandResult};

pub(crate) static HELP: Help = Help {
    operands: "POLICY",
    description: "\
Changes what is said of a policy; all else stays. Passwords that there are stay good.",
    flags: &[],
    examples: &[Example {
        line: "modpol -maxlife 180d users",
        purpose: "Passwords set from now on last half a year.",
    }],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (name, fields) = policy_options::parse(session, io, call)?;
    session
        .admin
        .modify_policy(&name, &fields)
        .map_err(|error| while_doing(call.command, &error, &[b"while modifying policy \"", &name, b"\"."]))
}
