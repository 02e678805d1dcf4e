//! `kdb5_util`: makes and destroys a realm's database, dumps and loads it, changes its master key, shows it in tables.
//!
//! Texts, streams and exit codes are MIT's; [`manual()`] tells the options, `docs/divergences.md` where
//! this program differs on purpose.
#![forbid(unsafe_code)]

mod add_mkey;
mod ark;
mod create;
mod destroy;
mod dump;
mod list_mkeys;
mod load;
mod manual;
mod open;
mod options;
mod pattern;
mod purge_mkeys;
mod session;
mod stash;
mod tabdump;
mod update_princ_encryption;
mod use_mkey;
mod verify;

pub use manual::manual;
pub use pattern::Pattern;

use k5_cli::{ExitStatus, Io, Message, program_name};
use k5_config::Config;
use options::{Command, General};
use session::{Session, Stop};
use std::ffi::OsString;

/// Runs the program: `args` are its words, its name in front. The status is the number of failures.
pub fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    let mut failures = 0;
    let ended = execute(args, io, &mut failures);
    match ended {
        Ok(()) => ExitStatus::from_count(failures),
        Err(Stop::Usage) => {
            io.complain(&Message::plain(options::USAGE));
            ExitStatus::FAILURE
        }
        Err(Stop::Failed(message)) => {
            io.complain(&message);
            ExitStatus::from_count(failures.saturating_add(1))
        }
        Err(Stop::Declined) => ExitStatus::from_count(failures.saturating_add(1)),
        Err(Stop::Output(failure)) => io.fail(&failure),
    }
}

fn execute(args: &[OsString], io: &mut Io<'_>, failures: &mut usize) -> Result<(), Stop> {
    let program = program_name(args);
    let config = Config::for_kdc(&io.env.config())
        .map_err(|error| Stop::error(program, error.message(), "while initializing Kerberos code"))?;
    let mut general = General::parse(program, args.get(1..).unwrap_or_default())?;
    let command = general.command()?;
    for notice in config.notices() {
        io.complain(&Message::com_err(program, "", notice.to_string()));
    }
    let params = general.realm_params(program, &config)?;
    if io.is_process() {
        k5_cli::set_private_umask();
    }
    let password = general.password.take();
    let mut session = Session { io, program, config: &config, params, general: &general, failures };
    match command {
        Command::Create => create::run(session, password),
        Command::Destroy => {
            if destroy::mend(&mut session)? {
                open::open(&mut session, password)?;
            }
            destroy::run(session)
        }
        Command::Stash => {
            let opened = open::open(&mut session, password)?;
            stash::run(session, opened)
        }
        Command::Dump => {
            let opened = open::open(&mut session, password)?;
            dump::run(session, &opened)
        }
        Command::Load => load::run(session),
        Command::Verify => verify::run(session, password),
        Command::Ark
        | Command::AddMkey
        | Command::UseMkey
        | Command::ListMkeys
        | Command::UpdatePrincEncryption
        | Command::PurgeMkeys
        | Command::TabDump => {
            let opened = open::open(&mut session, password)?;
            let run = match command {
                Command::Ark => ark::run,
                Command::AddMkey => add_mkey::run,
                Command::UseMkey => use_mkey::run,
                Command::ListMkeys => list_mkeys::run,
                Command::UpdatePrincEncryption => update_princ_encryption::run,
                Command::PurgeMkeys => purge_mkeys::run,
                _ => tabdump::run,
            };
            run(session, &opened)
        }
    }
}
