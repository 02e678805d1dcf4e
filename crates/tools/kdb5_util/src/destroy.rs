//! `destroy [-f]`: overwrites the database and removes its files.

use crate::load::tell_of_lock_file;
use crate::options::of_command;
use crate::session::{Session, Stop};
use k5_cli::manual::{Example, Help};
use k5_cli::prompt::confirm;
use k5_cli::{Opt, OptionTable, errno_text};
use k5_kdb::KdbError;
use nix::unistd::{AccessFlags, access};
use std::io::Write;
use std::path::Path;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Force;

pub(crate) static OPTIONS: [Opt<Force>; 1] = [Opt::flag(Force, &["-f"], "ask no question")];

pub(crate) static HELP: Help = Help {
    operands: "",
    description: "\
Asks, and after `yes` overwrites the database with zeros and removes its files, and its update log if replicas follow the realm: `kadmind` must be started again then. The stash file stays.\n\n\
What programs that were killed have left beside the database is overwritten and removed too: the journal, `NAME.commit`, `NAME.kadm5.commit`, and the files of a load, which have a `~` in their \
names. A database of which only such pieces are there is destroyed in the same way, without a look at its master key. A load that runs is waited for.",
    flags: &[],
    examples: &[Example { line: "kdb5_util destroy -f", purpose: "Destroys without a question." }],
};

/// Makes a database that a dead loader of MIT's has left locked one that can be opened, to be destroyed. Answers whether it is
/// to be opened: as little of one that was cut short need be readable as the work wants, which is nothing.
///
/// # Errors
/// Where its lock file cannot be made again. Everything else that is wrong with it is told when it is opened.
pub(crate) fn mend(session: &mut Session<'_, '_>) -> Result<bool, Stop> {
    let arguments = &session.general.arguments;
    let Ok(database) = session.realm_database(arguments) else { return Ok(true) };
    let failed = |error: KdbError| session.error(error.to_string(), "while initializing database");
    if database.is_in_pieces().map_err(failed)? {
        return Ok(false);
    }
    let mended = database.mend().map_err(failed)?;
    if let Some(lock_file) = mended {
        tell_of_lock_file(session, &lock_file);
    }
    Ok(true)
}

/// Destroys the database.
///
/// # Errors
/// Where the person says no, or the files cannot be removed.
pub(crate) fn run(mut session: Session<'_, '_>) -> Result<(), Stop> {
    let force = !of_command(&mut session, OptionTable(&OPTIONS))?.is_empty();
    let name = session.database().to_vec();
    let mut out = session.io.out();
    if !force {
        out.write_all(
            &[b"Deleting KDC database stored in '", name.as_slice(), b"', are you sure?\n"].concat(),
        )?;
        if !confirm(session.io, "(type 'yes' to confirm)? ")? {
            return Err(Stop::Declined);
        }
        session.io.out().write_all(&[b"OK, deleting database '", name.as_slice(), b"'...\n"].concat())?;
    }
    let failed = |text: String| session.error(text, session.with_database("deleting database"));
    let arguments = &session.general.arguments;
    let database = session.realm_database(arguments).map_err(|error| failed(error.to_string()))?;
    removable(database.path()).map_err(failed)?;
    database.destroy().map_err(|error| failed(error.to_string()))?;
    session.io.out().write_all(&[b"** Database '", name.as_slice(), b"' destroyed.\n"].concat())?;
    Ok(())
}

/// Whether files can be removed beside `path`. It is asked before the database is overwritten, so that one that
/// cannot be removed stays whole.
fn removable(path: &Path) -> Result<(), String> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    access(directory, AccessFlags::W_OK | AccessFlags::X_OK)
        .map_err(|error| format!("{}: {}", directory.display(), errno_text(&error.into())))
}
