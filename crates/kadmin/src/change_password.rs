//! change_password (cpw).

use crate::session::{Session, bad_name, keysalts, while_doing};
use k5_admin::OldKeysRule;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, Item, Message, Opt, OptionTable, WordOptions, prompt};
use k5_shell::{Call, CommandResult};
use k5_types::Secret;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

const USAGE: &str = "usage: change_password [-randkey] [-keepold] [-e keysaltlist] [-pw password] principal";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    DbArgument,
    Pw,
    Randkey,
    KeepOld,
    Enctypes,
}

pub(crate) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::flag(Key::Randkey, &["-randkey"], "random keys"),
    Opt::flag(Key::KeepOld, &["-keepold"], "keep the old keys beside the new ones"),
    Opt::value(Key::Enctypes, &["-e"], "KEYSALTS", "which keys to make"),
    Opt::value(Key::Pw, &["-pw"], "PASSWORD", "the password, seen by whoever lists processes").secret(),
    Opt::value(Key::DbArgument, &["-x"], "DB_ARG", "an argument for the database module").repeatable(),
]);

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL",
    description: "\
Gives a principal a new password, or with `-randkey` new random keys. Without `-randkey` and `-pw` it asks \
twice for the password. The principal's policy and the realm's rules for passwords apply.\n\n\
The old keys go, and with them every ticket and keytab that they are in, unless `-keepold` keeps them until \
`purgekeys`.",
    flags: &[],
    examples: &[
        Example { line: "cpw alice", purpose: "Alice has forgotten her password." },
        Example {
            line: "cpw -randkey -keepold -e aes256-cts-hmac-sha384-192:normal krbtgt/EXAMPLE.COM",
            purpose: "A new key for the realm, with which tickets that are out stay good.",
        },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let mut old = OldKeysRule::Discard;
    let (mut randkey, mut password, mut wanted) = (false, None, Vec::new());
    let mut words = WordOptions::new(OPTIONS, call.args);
    // Options end at the first word that does not begin with a dash.
    while words.rest().first().is_some_and(|word| word.as_bytes().first() == Some(&b'-')) {
        let Some(item) = words.next() else { break };
        match item {
            Ok(Item::Option(option)) => match option.key {
                Key::DbArgument => {}
                Key::Pw => password = option.value.map(|value| Secret::new(value.into_vec())),
                Key::Randkey => randkey = true,
                Key::KeepOld => old = OldKeysRule::Keep,
                Key::Enctypes => wanted = keysalts(call.command, &option.value.unwrap_or_default())?,
            },
            Ok(Item::Word(word)) => return Err(unrecognized(io, call, &word)),
            Err(missing) => {
                let what = match missing.name.to_str() {
                    Some("-x") => "db argument",
                    Some("-pw") => "password arg",
                    _ => "keysaltlist arg",
                };
                return Err(Failure::plain(format!("change_password: missing {what}\n{USAGE}")));
            }
        }
    }
    let typed = match words.rest() {
        [typed] => typed,
        [] => return Err(complaint(io, call, "missing principal name")),
        _ => return Err(complaint(io, call, "too many arguments")),
    };
    let principal = session
        .parse_name(typed)
        .map_err(|error| bad_name(call.command, &error, "while parsing principal name"))?;
    let name = principal.unparse();
    if randkey && password.is_none() {
        session.admin.randomize_keys(&principal, &wanted, old).map_err(|error| {
            while_doing(call.command, &error, &[b"while randomizing key for \"", &name, b"\"."])
        })?;
        session.info(io, &[b"Key for \"", &name, b"\" randomized.\n"])?;
        return Ok(());
    }
    let password = match password {
        Some(password) => password,
        None => {
            let first = [b"Enter password for principal \"", &name[..], b"\""].concat();
            let second = [b"Re-enter password for principal \"", &name[..], b"\""].concat();
            prompt::read_new_password(io, first, second).map_err(|error| {
                let doing = [b"while reading password for \"", &name[..], b"\"."].concat();
                Failure::com_err(call.command, error.to_string(), doing)
            })?
        }
    };
    session.admin.change_password(&principal, &password, &wanted, old).map_err(|error| {
        while_doing(call.command, &error, &[b"while changing password for \"", &name, b"\"."])
    })?;
    session.info(io, &[b"Password for \"", &name, b"\" changed.\n"])?;
    Ok(())
}

fn unrecognized(io: &mut Io<'_>, call: &Call<'_>, word: &OsString) -> Failure {
    complaint(io, call, &format!("unrecognized option {}", word.to_string_lossy()))
}

fn complaint(io: &mut Io<'_>, call: &Call<'_>, what: &str) -> Failure {
    io.complain(&Message::com_err(call.command, "", what));
    Failure::plain(USAGE)
}
