//! lock and unlock: the database is ours alone in between, and what is done in between reaches the disk at its end.

use crate::session::{Session, while_doing};
use k5_cli::Io;
use k5_cli::manual::{Example, Help};
use k5_shell::{Call, CommandResult};

pub(crate) static LOCK_HELP: Help = Help {
    operands: "",
    description: "\
Holds the database for this session alone, so that nobody else, the KDC among them, can use it until \
`unlock` or the end. What is done in between reaches the disk at once at its end.",
    flags: &[],
    examples: &[Example { line: "lock", purpose: "Nobody else may read or write." }],
};

/// Words behind the command are passed over, and so is a second lock, as with MIT.
pub(crate) fn lock(session: &mut Session, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    session.admin.lock().map_err(|error| while_doing(call.command, &error, &[]))
}

pub(crate) static UNLOCK_HELP: Help = Help {
    operands: "",
    description: "\
Gives back what `lock` holds.",
    flags: &[],
    examples: &[Example { line: "unlock", purpose: "Others may go on." }],
};

pub(crate) fn unlock(session: &mut Session, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    session.admin.unlock().map_err(|error| while_doing(call.command, &error, &[]))
}
