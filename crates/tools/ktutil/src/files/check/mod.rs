//! check: the keytab doctor of [`k5_admin::doctor`] on the command line.

mod database;
mod hosts;
mod json;
mod manual;
mod remedy;
mod text;
mod user;

pub(super) use manual::HELP;

use super::Session;
use super::options::{JSON, Key, Words};
use super::target::Target;
use k5_admin::doctor::{Compare, Doctor, Hosts, Level, LibraryRules};
use k5_cli::{ExitStatus, Failure, Io, Opt, OptionTable};
use k5_config::Config;
use k5_hostname::HostNames;
use k5_keytab::KeytabName;
use k5_shell::{Call, CommandResult};
use remedy::Remedies;

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::value(Key::User, &["--user"], "NAME", "the user that the service runs as: may it read the file?"),
    Opt::value(Key::Host, &["--host"], "NAME", "the host that the keytab is for, if it is not this one"),
    Opt::value(Key::Alias, &["--alias"], "NAME", "another name by which clients know the host").repeatable(),
    Opt::value(
        Key::Service,
        &["--service"],
        "NAME",
        "a service that clients want on the host, such as `HTTP`; else those that the keytab has entries of",
    )
    .repeatable(),
    Opt::flag(Key::NoHost, &["--no-host"], "compare nothing with names of hosts"),
    Opt::flag(Key::NoDatabase, &["--no-database"], "compare nothing with a principal database"),
    Opt::value(
        Key::Realm,
        &["-r"],
        "REALM",
        "the realm of the database; else `default_realm` in `krb5.conf`",
    ),
    Opt::value(Key::Database, &["-d"], "FILE", "the database, as `-x dbname=FILE`"),
    Opt::value(Key::DbArgument, &["-x"], "DB_ARG", "an argument for the database module").repeatable(),
    Opt::flag(Key::AskMaster, &["-m"], "ask for the master password, read no stash file"),
    Opt::value(Key::StashFile, &["-sf"], "FILE", "the stash file; else `key_stash_file` in `kdc.conf`"),
    Opt::value(
        Key::MasterPassword,
        &["-P"],
        "PASSWORD",
        "the master password, seen by whoever lists processes",
    )
    .secret(),
    JSON,
]);

/// The keytab may fail somebody.
const WARNINGS: ExitStatus = ExitStatus(1);
/// The keytab is broken, or it could not be told.
const BROKEN: ExitStatus = ExitStatus(2);

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    check(session, io, call).map_err(|failure| {
        // 1 says that there are warnings.
        let status = if failure.message().is_some() { BROKEN } else { failure.status() };
        failure.with_status(status)
    })
}

fn check(session: &Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let config = &session.config;
    let target = target(&words, config)?;
    let wanted = hosts::Wanted::read(&words)?;
    let user = words.value(Key::User).map(|name| user::find(&words, name)).transpose()?;
    let rules = LibraryRules {
        permitted: config.permitted_enctypes().map_err(|error| words.failure(error.message()))?,
        clockskew: i64::from(config.clockskew()),
        now: io.now(),
    };
    let kdc = Config::for_kdc(&io.env.config()).map_err(|error| words.failure(error.message()))?;
    let source = database::open(&words, &kdc, io)?;
    let names = HostNames::new(config, io.resolver());
    let realm = config.default_realm().ok().map(|realm| realm.bytes().to_vec());
    let hosts = wanted.map(|wanted| Hosts {
        names: &names,
        resolver: io.resolver(),
        client_realm: realm.clone(),
        host: wanted.host,
        aliases: wanted.aliases,
        services: wanted.services,
    });
    let database = source.compare();
    let compared = matches!(database, Compare::With(_));
    let report = Doctor { keytab: target.path(), rules, user, database, hosts }.examine();
    let remedies = Remedies::new(&words, target.path(), realm, compared);
    if words.has(Key::Json) {
        json::write(io, &target.shown(), source.realm(), &report, &remedies)?;
    } else {
        text::write(io, &target.shown(), &report, &remedies)?;
    }
    match report.level() {
        Level::Note => Ok(()),
        Level::Warning => Err(Failure::silent(WARNINGS)),
        Level::Broken => Err(Failure::silent(BROKEN)),
    }
}

/// FILE, or else the default keytab.
fn target(words: &Words<'_>, config: &Config) -> Result<Target, Failure> {
    match words.operands.as_slice() {
        [file] => Target::parse(words, file),
        [] => {
            let name = KeytabName::default_of(config).map_err(|error| words.failure(error.mit_text()))?;
            Target::parse(words, name.given())
        }
        _ => Err(words.usage("one FILE at most")),
    }
}

#[cfg(test)]
mod tests {
    use super::manual::DESCRIPTION;
    use super::*;
    use k5_admin::doctor::TABLE;

    /// The findings of a level as the manual tells them.
    fn told(level: Level) -> String {
        let rows = TABLE.iter().filter(|row| row.level == level);
        rows.map(|row| format!("`{}`: {}.\n\n", row.code, row.meaning)).collect()
    }

    #[test]
    fn the_manual_tells_every_finding_under_its_level() {
        for (level, begin) in [
            (Level::Broken, "What makes a keytab broken:\n\n"),
            (Level::Warning, "What is a warning:\n\n"),
            (Level::Note, "What is only noted:\n\n"),
        ] {
            let (_, rest) = DESCRIPTION.split_once(begin).unwrap();
            let section = format!("{}\n", rest.split("\n\nWhat ").next().unwrap().trim_end());
            assert_eq!(format!("{}\n", told(level).trim_end()), section, "{level}");
        }
    }

    #[test]
    fn the_json_page_tells_every_finding() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/json.md");
        let page = std::fs::read_to_string(page).unwrap();
        for row in TABLE {
            let line = format!("| `{}` | {} | {} |\n", row.code, row.level, row.meaning);
            assert!(page.contains(&line), "docs/json.md misses: {line}");
        }
    }
}
