//! kadmin.local: administration of a realm whose database is on this machine.
#![forbid(unsafe_code)]

mod manual;
mod options;

pub use manual::manual;

use k5_cli::{ExitStatus, Failure, Io, Message, program_name};
use k5_kadmin::{Mode, TABLE, configuration, open};
use k5_shell::Shell;
use options::{Command, Options};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// Runs the program; `args` begin with its name as typed.
pub fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    start(args, io).unwrap_or_else(|failure| io.fail(&failure))
}

fn start(args: &[OsString], io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let program = program_name(args);
    // The configuration is read before the options are: a broken one is told whatever was typed.
    let config = configuration(io, program)?;
    let options = Options::parse(args, io)?;
    let mode = match options.command {
        Command::Words(_) => Mode::OneShot,
        Command::Line(_) | Command::Input => Mode::Shell,
    };
    let shell = Shell::new(program, TABLE).strict(options.strict);
    if let Command::Words(words) = &options.command
        && let Some(status) = shell.run_help(io, words)
    {
        return Ok(status);
    }
    let mut session = open(io, program, mode, config, &options.startup)?;
    let status = match &options.command {
        Command::Words(words) => shell.run_words(&mut session, io, words),
        Command::Line(line) => shell.run_line(&mut session, io, line.as_bytes()),
        Command::Input => shell.run_loop(&mut session, io),
    };
    // What was done under a lock that nobody gave back is kept, as with MIT.
    if let Err(error) = session.admin.unlock() {
        return Err(Failure::com_err("quit", error.to_string(), "while unlocking locked database"));
    }
    if options.startup.cache.is_some() && mode == Mode::Shell {
        io.complain(&Message::plain("\n\x07\x07\x07Administration credentials NOT DESTROYED.\n"));
    }
    Ok(status)
}
