//! `ktutil`: keytabs read, changed and written.
//!
//! Without words it is MIT's shell over a list of entries in memory ([`shell`]); with words it is one command on keytab files
//! ([`files`]), which MIT does not have.
#![forbid(unsafe_code)]

mod files;
mod hex;
mod listing;
mod manual;
mod options;
mod principal;
mod shell;

pub use manual::manual;

use k5_cli::{ExitStatus, Failure, Io, program_name, set_private_umask};
use k5_config::Config;
use k5_shell::Shell;
use options::Options;
use std::ffi::OsString;
use std::io::Write;

/// Runs the program; `args` begin with its name as typed.
pub fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    start(args, io).unwrap_or_else(|failure| io.fail(&failure))
}

fn start(args: &[OsString], io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let program = program_name(args);
    let options = Options::parse(args, io)?;
    if options.help {
        io.out().write_all(options::usage().as_bytes())?;
        io.out().write_all(b"\n")?;
        io.out().write_all(&files::TABLE.listing(program))?;
        return Ok(ExitStatus::SUCCESS);
    }
    let commands = Shell::new(program, files::TABLE);
    if let Some(command) = asked_about(options.words)
        && let Some(status) = commands.run_help(io, &["help".into(), command.clone()])
    {
        return Ok(status);
    }
    if let Some(status) = commands.run_help(io, options.words) {
        return Ok(status);
    }
    let config = Config::from_env(&io.env.config())
        .map_err(|error| Failure::com_err(program, error.message(), "while initializing krb5"))?;
    // What is made here holds keys.
    set_private_umask();
    if options.words.is_empty() {
        let mut list = shell::KeyList::new(config);
        return Ok(Shell::new(program, shell::TABLE).strict(options.strict).run_loop(&mut list, io));
    }
    let mut session = files::Session { program: program.to_vec(), config };
    Ok(commands.run_words(&mut session, io, options.words))
}

/// The command that has `--help` among its words, wherever: behind `--` it is a file's name.
fn asked_about(words: &[OsString]) -> Option<&OsString> {
    let (command, args) = words.split_first()?;
    args.iter().take_while(|word| *word != "--").any(|word| word == "--help").then_some(command)
}
