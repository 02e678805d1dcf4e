//! lock and unlock: the database is ours alone in between, and what is done in between reaches the disk at its end.

use crate::session::{Session, while_doing};
use k5_cli::Io;
use k5_shell::{Call, CommandResult};

/// Words behind the command are passed over, and so is a second lock, as with MIT.
pub(crate) fn lock(session: &mut Session, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    session.admin.lock().map_err(|error| while_doing(call.command, &error, &[]))
}

pub(crate) fn unlock(session: &mut Session, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    session.admin.unlock().map_err(|error| while_doing(call.command, &error, &[]))
}
