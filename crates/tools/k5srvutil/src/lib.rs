//! k5srvutil: new keys for the services of a keytab, and old ones out of it.
//!
//! MIT's is a shell script around kadmin, with its prompts and lines; this one works on the local database.
#![forbid(unsafe_code)]

mod each;
mod list;
mod manual;
mod options;

pub use manual::manual;

use each::Task;
use k5_cli::{ExitStatus, Failure, Io, program_name};
use k5_config::Config;
use k5_kadmin::startup_keysalts;
use k5_keytab::KeytabName;
use options::{Edit, Operation, Parsed};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

/// Runs the program; `args` begin with its name as typed.
pub fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    start(args, io).unwrap_or_else(|failure| io.fail(&failure))
}

fn start(args: &[OsString], io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let program = program_name(args);
    let options = match options::parse(args.get(1..).unwrap_or_default()) {
        Parsed::Help => {
            io.out().write_all(&options::usage(program))?;
            return Ok(ExitStatus::SUCCESS);
        }
        Parsed::Wrong(slip) => {
            // On standard output, as MIT's script has it.
            io.out().write_all(&[&slip[..], &options::usage(program)].concat())?;
            return Ok(ExitStatus::FAILURE);
        }
        Parsed::Options(options) => options,
    };
    let config = Config::from_env(&io.env.config())
        .map_err(|error| Failure::com_err(program, error.message(), "while initializing krb5"))?;
    let name = match &options.keytab {
        Some(name) => KeytabName::parse(name).map_err(|error| {
            let doing = [b"while resolving keytab ", name.as_bytes()].concat();
            Failure::com_err(program, error.mit_text(), doing)
        }),
        None => KeytabName::default_of(&config)
            .map_err(|error| Failure::com_err(program, error.mit_text(), "while getting default keytab")),
    }?;
    let entries = list::entries(program, &name)?;
    match options.operation {
        Operation::List => {
            list::show(io, &name, &entries)?;
            Ok(ExitStatus::SUCCESS)
        }
        Operation::Each(edit) => {
            // Told once and before anything is asked; what is read is each principal's command to use.
            if let Some(list) = options.keysalts.as_deref().filter(|_| edit == Edit::Change) {
                startup_keysalts(program, list)?;
            }
            // What `-f` says is shown as it stands.
            let keytab = options.keytab.clone().unwrap_or_else(|| name.resolved());
            let task =
                Task { edit, ask: options.ask, keysalts: options.keysalts.as_deref(), keytab: &keytab };
            task.each(program, io, &list::principals(&entries))
        }
    }
}
