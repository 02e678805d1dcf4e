//! ktadd: kadmin.local's command of that name as a program.
#![forbid(unsafe_code)]

mod manual;

pub use manual::manual;

use k5_cli::{ExitStatus, Failure, Io, Item, Opt, OptionTable, WordOptions, program_name};
use k5_kadmin::{Mode, Startup, TABLE, configuration, open};
use k5_shell::Shell;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Realm,
    Principal,
    Database,
    DbArgument,
    MasterPassword,
    Help,
}

/// Those of kadmin.local's options that the command has no use of its own for. They stand before the command's.
const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::value(Key::Realm, &["-r"], "REALM", "the realm; else `default_realm` in `krb5.conf`"),
    Opt::value(Key::Principal, &["-p"], "PRINCIPAL", "who is acting, which is recorded with each change"),
    Opt::value(Key::Database, &["-d"], "FILE", "the database, as `-x dbname=FILE`"),
    Opt::value(Key::DbArgument, &["-x"], "DB_ARG", "an argument for the database module").repeatable(),
    Opt::flag(Key::MasterPassword, &["-m"], "ask for the master password, read no stash file"),
    Opt::flag(Key::Help, &["--help"], "tell how the program is used, and no more"),
]);

/// Runs the program; `args` begin with its name as typed.
pub fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    start(args, io).unwrap_or_else(|failure| io.fail(&failure))
}

fn start(args: &[OsString], io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let program = program_name(args);
    let mut startup = Startup::default();
    let mut words = WordOptions::new(OPTIONS, args.get(1..).unwrap_or_default());
    let rest = loop {
        let rest = words.rest();
        match words.next() {
            Some(Ok(Item::Option(option))) => {
                let value = option.value.unwrap_or_default();
                match option.key {
                    Key::Realm => startup.realm = Some(value),
                    Key::Principal => startup.principal = Some(value),
                    Key::Database => startup.name_database(&value),
                    Key::DbArgument => startup.db_arguments.push(value),
                    Key::MasterPassword => startup.master_password = true,
                    Key::Help => {
                        io.out().write_all(usage().as_bytes())?;
                        return Ok(ExitStatus::SUCCESS);
                    }
                }
            }
            Some(Ok(Item::Word(_))) | None => break rest,
            Some(Err(_)) => return Err(Failure::plain(usage())),
        }
    };
    if let Some(word) = rest.first().filter(|word| !is_of_the_command(word)) {
        let said = [program, b": unrecognized option ", word.as_bytes(), b"\n", usage().as_bytes()].concat();
        return Err(Failure::plain(said));
    }
    if rest.is_empty() {
        // Told before the realm is opened: whoever asks how it is used may have none.
        return Err(Failure::plain(usage()));
    }
    let config = configuration(io, program)?;
    let mut session = open(io, program, Mode::OneShot, config, &startup)?;
    let command: Vec<OsString> = std::iter::once("ktadd".into()).chain(rest.iter().cloned()).collect();
    Ok(Shell::new(program, TABLE).run_words(&mut session, io, &command))
}

/// Whether the command takes the first word that is none of the program's options: one of its own, or a name. No
/// principal that anybody wants begins with a dash, and as a slip such a word is better told as one.
fn is_of_the_command(word: &OsStr) -> bool {
    let known = |option: &Opt<()>| {
        option
            .names
            .iter()
            .any(|name| word == *name || (option.prefix && word.as_bytes().starts_with(name.as_bytes())))
    };
    !word.as_bytes().starts_with(b"-")
        || word == "-glob"
        || TABLE.describe("ktadd".as_ref()).is_some_and(|command| command.options.iter().any(known))
}

/// How the program is used, from its manual.
fn usage() -> String {
    manual().synopsis.iter().map(|line| format!("Usage: ktadd {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_command() {
        for word in ["-k", "-keytab", "-kfile", "-keepold", "-q", "-norandkey", "-e", "-glob", "host/a"] {
            assert!(is_of_the_command(word.as_ref()), "{word}");
        }
        for word in ["-z", "-random"] {
            assert!(!is_of_the_command(word.as_ref()), "{word}");
        }
        assert!(usage().contains("-keepold"));
    }
}
