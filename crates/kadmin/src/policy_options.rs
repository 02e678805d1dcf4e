//! The options that add_policy and modify_policy share.

use crate::principal_options::interval;
use crate::session::{Session, keysalts};
use k5_admin::PolicyFields;
use k5_cli::{Failure, Io, Item, Opt, OptionTable, WordOptions, leading_number};
use k5_shell::Call;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    MaxLife,
    MinLife,
    MinLength,
    MinClasses,
    History,
    MaxFailure,
    FailureCountInterval,
    LockoutDuration,
    AllowedKeysalts,
}

pub(crate) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::value(Key::MaxLife, &["-maxlife"], "INTERVAL", "how long a password lasts"),
    Opt::value(Key::MinLife, &["-minlife"], "INTERVAL", "how long a password must be kept"),
    Opt::value(Key::MinLength, &["-minlength"], "NUMBER", "least number of characters"),
    Opt::value(Key::MinClasses, &["-minclasses"], "NUMBER", "least number of kinds of characters, 1 to 5"),
    Opt::value(Key::History, &["-history"], "NUMBER", "how many passwords may not be used again"),
    Opt::value(Key::MaxFailure, &["-maxfailure"], "NUMBER", "failures that lock a principal"),
    Opt::value(
        Key::FailureCountInterval,
        &["-failurecountinterval"],
        "INTERVAL",
        "after which failures are forgotten",
    ),
    Opt::value(Key::LockoutDuration, &["-lockoutduration"], "INTERVAL", "how long a lock holds"),
    Opt::value(
        Key::AllowedKeysalts,
        &["-allowedkeysalts"],
        "KEYSALTS",
        "which keys there may be; - lifts the limit",
    ),
]);

/// The policy that the last word names, and what the words before it say of it.
pub(crate) fn parse(
    session: &Session,
    io: &mut Io<'_>,
    call: &Call<'_>,
) -> Result<(Vec<u8>, PolicyFields), Failure> {
    let usage = || usage(call.command);
    let (name, words) = call.args.split_last().ok_or_else(|| {
        // MIT counts the command itself as the word that it misses.
        Failure::plain(
            [call.command.as_bytes(), b": parser lost count!\n", &usage_text(call.command)].concat(),
        )
    })?;
    let mut fields = PolicyFields::default();
    for item in WordOptions::new(OPTIONS, words) {
        let Ok(Item::Option(option)) = item else { return Err(usage()) };
        let value = option.value.unwrap_or_default();
        let mut seconds = || interval(session, io, &value).map(|life| life.0 as u32).map_err(|_| usage());
        match option.key {
            Key::MaxLife => fields.max_life = Some(seconds()?),
            Key::MinLife => fields.min_life = Some(seconds()?),
            Key::FailureCountInterval => fields.failure_interval = Some(seconds()?),
            Key::LockoutDuration => fields.lockout_duration = Some(seconds()?),
            Key::MinLength => fields.min_length = Some(limit(&value)),
            Key::MinClasses => fields.min_classes = Some(limit(&value)),
            Key::History => fields.history_num = Some(limit(&value)),
            Key::MaxFailure => fields.max_fail = Some(leading_number(&value) as u32),
            // Behind a list it does nothing, as with MIT.
            Key::AllowedKeysalts if value == "-" => {
                fields.allowed_keysalts.get_or_insert(None);
            }
            Key::AllowedKeysalts => {
                // MIT passes over words that it does not know, and so a slip makes a policy that allows no keys.
                keysalts(call.command, &value)?;
                fields.allowed_keysalts = Some(Some(value.into_vec()));
            }
        }
    }
    Ok((name.as_bytes().to_vec(), fields))
}

/// A number that has a lower limit above 0, under which all that is negative falls as well.
fn limit(text: &OsStr) -> u32 {
    u32::try_from(leading_number(text) as i32).unwrap_or(0)
}

fn usage(command: &str) -> Failure {
    Failure::plain(usage_text(command))
}

fn usage_text(command: &str) -> Vec<u8> {
    const REST: &str = "[options] policy
\toptions are:
\t\t[-maxlife time] [-minlife time] [-minlength length]
\t\t[-minclasses number] [-history number]
\t\t[-maxfailure number] [-failurecountinterval time]
\t\t[-allowedkeysalts keysalts]
\t\t[-lockoutduration time]
";
    format!("usage; {command} {REST}").into_bytes()
}
