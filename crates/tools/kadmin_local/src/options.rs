//! The options before the command, which kadmin.local has in common with kadmin.

use k5_cli::{Failure, GetOpt, Io, Item, Message, Opt, OptionOrder, OptionTable, program_name};
use k5_kadmin::{Startup, startup_keysalts};
use std::ffi::OsString;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    DbArgument,
    Realm,
    Principal,
    Keytab,
    Anonymous,
    Query,
    Password,
    Database,
    Server,
    MasterPassword,
    Cache,
    KeytabName,
    Enctypes,
    OldProtocol,
    NoFallback,
    Strict,
}

pub(crate) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::value(Key::Realm, &["-r"], "REALM", "the realm; else `default_realm` in `krb5.conf`"),
    Opt::value(Key::Principal, &["-p"], "PRINCIPAL", "who is acting, which is recorded with each change"),
    Opt::value(Key::Query, &["-q"], "LINE", "run one line of the shell and end"),
    Opt::value(Key::Database, &["-d"], "FILE", "the database, as `-x dbname=FILE`"),
    Opt::value(Key::DbArgument, &["-x"], "DB_ARG", "an argument for the database module").repeatable(),
    Opt::value(
        Key::Enctypes,
        &["-e"],
        "KEYSALTS",
        "which keys new principals get; else `supported_enctypes` in `kdc.conf`",
    ),
    Opt::flag(Key::MasterPassword, &["-m"], "ask for the master password, read no stash file"),
    Opt::value(Key::Password, &["-w"], "PASSWORD", "taken and not needed: nobody logs in here").secret(),
    Opt::value(Key::Cache, &["-c"], "FILE", "the credential cache that says who is acting"),
    Opt::flag(Key::Keytab, &["-k"], "act as the host principal of this host, or as `-p` says"),
    Opt::value(Key::KeytabName, &["-t"], "FILE", "with `-k`: the keytab"),
    Opt::flag(Key::Anonymous, &["-n"], "act as nobody in particular"),
    Opt::flag(
        Key::Strict,
        &["--strict"],
        "any failure counts: `-q` ends with 1, and so do commands on standard input, at the first that fails",
    ),
    Opt::value(Key::Server, &["-s"], "HOST", "for kadmin: taken, and without effect here").hidden(),
    Opt::flag(Key::OldProtocol, &["-O"], "for kadmin: taken, and without effect here").hidden(),
    Opt::flag(Key::NoFallback, &["-N"], "for kadmin: taken, and without effect here").hidden(),
]);

/// What is to be run.
#[derive(Debug)]
pub(crate) enum Command {
    /// The words behind the options.
    Words(Vec<OsString>),
    /// The line of `-q`.
    Line(OsString),
    /// The lines of standard input.
    Input,
}

/// The command line, read.
#[derive(Debug)]
pub(crate) struct Options {
    pub startup: Startup,
    pub command: Command,
    /// Whether any failure counts.
    pub strict: bool,
}

/// Makes any failure count, as `--strict` does, unless it is empty or 0.
const STRICT_VARIABLE: &str = "REALMSMITH_STRICT";

impl Options {
    pub fn parse(args: &[OsString], io: &mut Io<'_>) -> Result<Options, Failure> {
        let program = program_name(args);
        let typed = args.first().cloned().unwrap_or_default();
        let words = args.get(1..).unwrap_or_default();
        let mut startup = Startup::default();
        let mut query = None;
        let mut strict = io.env.get(STRICT_VARIABLE).is_some_and(|value| !value.is_empty() && value != "0");
        let mut options = GetOpt::new(OPTIONS, words, OptionOrder::StopAtWord);
        for item in options.by_ref() {
            let option = match item {
                Ok(Item::Option(option)) => option,
                Ok(Item::Word(_)) => continue,
                Err(error) => {
                    io.complain(&error.message(&typed));
                    return Err(usage(program));
                }
            };
            let value = option.value.unwrap_or_default();
            match option.key {
                Key::DbArgument => startup.db_arguments.push(value),
                Key::Database => startup.name_database(&value),
                Key::Realm => startup.realm = Some(value),
                Key::Principal => startup.principal = Some(value),
                Key::Query => query = Some(value),
                Key::MasterPassword => startup.master_password = true,
                Key::Enctypes => startup.keysalts = Some(startup_keysalts(program, &value)?),
                Key::Cache => startup.cache = Some(value),
                Key::Keytab => startup.keytab = true,
                Key::KeytabName => startup.keytab_name = Some(value),
                Key::Strict => strict = true,
                Key::Anonymous => startup.anonymous = true,
                Key::Password | Key::Server | Key::OldProtocol | Key::NoFallback => {}
            }
        }
        let rest = options.rest();
        let contradictory = (startup.cache.is_some() && (startup.keytab || startup.anonymous))
            || (startup.keytab_name.is_some() && !startup.keytab)
            || (startup.anonymous && startup.keytab);
        if contradictory {
            return Err(usage(program));
        }
        let command = match (query, rest) {
            (Some(line), []) => Command::Line(line),
            (None, []) => Command::Input,
            (None, words) => Command::Words(words.to_vec()),
            (Some(_), _) => {
                let said = [program, b": -q is exclusive with command-line query"].concat();
                let usage = usage(program);
                let text = usage.message().map(Message::as_bytes).unwrap_or_default();
                return Err(Failure::plain([&said[..], text].concat()));
            }
        };
        Ok(Options { startup, command, strict })
    }
}

fn usage(program: &[u8]) -> Failure {
    const REST: &[u8] = b" [-r realm] [-p principal] [-q query] [clnt|local args]
              [command args...]
\tclnt args: [-s admin_server[:port]] [[-c ccache]|[-k [-t keytab]]]|[-n] [-O | -N]
\tlocal args: [-x db_args]* [-d dbname] [-e \"enc:salt ...\"] [-m] [-w password] where,
\t[-x db_args]* - any number of database specific arguments.
\t\t\tLook at each database documentation for supported arguments
";
    Failure::plain([b"Usage: ", program, REST].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_stands_in_its_usage() {
        let usage = usage(b"kadmin.local");
        let text = usage.message().map(|m| m.as_bytes().to_vec()).unwrap();
        assert!(text.starts_with(b"Usage: kadmin.local [-r realm]"));
        assert_eq!(OPTIONS.find("-x".as_ref()).map(|o| o.key), Some(Key::DbArgument));
    }
}
