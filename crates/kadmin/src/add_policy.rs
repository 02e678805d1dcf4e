//! add_policy (addpol).

use crate::policy_options;
use crate::session::{Session, while_doing};
use k5_cli::Io;
use k5_cli::manual::{Example, Help};
use k5_shell::{Call, CommandResult};

pub(crate) static HELP: Help = Help {
    operands: "POLICY",
    description: "\
Makes a policy: rules for the passwords of the principals that it is given to. What is not said does not \
limit.\n\n\
The five kinds of characters are lower case, upper case, digits, punctuation, and everything else.",
    flags: &[],
    examples: &[
        Example {
            line: "addpol -minlength 12 -minclasses 2 -history 5 users",
            purpose: "Twelve characters of two kinds; none of the last five passwords.",
        },
        Example {
            line: "addpol -maxfailure 5 -failurecountinterval 10m -lockoutduration 30m careful",
            purpose: "Five wrong passwords within ten minutes lock for half an hour.",
        },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (name, fields) = policy_options::parse(session, io, call)?;
    session
        .admin
        .create_policy(&name, &fields)
        .map_err(|error| while_doing(call.command, &error, &[b"while creating policy \"", &name, b"\"."]))
}
