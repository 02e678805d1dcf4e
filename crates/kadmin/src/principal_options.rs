//! The options that add_principal and modify_principal share.

use crate::session::{Session, bad_name, keysalts};
use k5_cli::getdate::{IntervalError, invalid_date_message, parse_date, parse_interval};
use k5_cli::{Failure, Io, Item, Message, Opt, OptionTable, WordOptions, leading_number};
use k5_types::{Attributes, Duration, FlagSpec, KeySalt, Principal, Secret, Timestamp};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    DbArgument,
    Expire,
    PwExpire,
    MaxLife,
    MaxRenewLife,
    Kvno,
    Policy,
    ClearPolicy,
    Pw,
    Randkey,
    Nokey,
    Unlock,
    Enctypes,
}

/// All of them. modify_principal refuses those that concern keys.
pub(crate) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::value(Key::DbArgument, &["-x"], "DB_ARG", "an argument for the database module").repeatable(),
    Opt::value(Key::Expire, &["-expire"], "DATE", "when the principal expires"),
    Opt::value(Key::PwExpire, &["-pwexpire"], "DATE", "when its password expires"),
    Opt::value(Key::MaxLife, &["-maxlife"], "INTERVAL", "longest life of its tickets"),
    Opt::value(Key::MaxRenewLife, &["-maxrenewlife"], "INTERVAL", "longest renewable life of its tickets"),
    Opt::value(Key::Kvno, &["-kvno"], "KVNO", "version number of its keys"),
    Opt::value(Key::Policy, &["-policy"], "POLICY", "its policy"),
    Opt::flag(Key::ClearPolicy, &["-clearpolicy"], "no policy, not even the one called default"),
    Opt::value(Key::Pw, &["-pw"], "PASSWORD", "its password, seen by whoever lists processes").secret(),
    Opt::flag(Key::Randkey, &["-randkey"], "random keys"),
    Opt::flag(Key::Nokey, &["-nokey"], "no keys"),
    Opt::flag(Key::Unlock, &["-unlock"], "lift a lockout"),
    Opt::value(Key::Enctypes, &["-e"], "KEYSALTS", "which keys to make"),
]);

/// Those of add_principal. MIT's reads `-unlock` too, and then fails.
pub(crate) fn of_add() -> Vec<Opt<()>> {
    without(&["-unlock"])
}

/// Those of modify_principal, which refuses what concerns keys.
pub(crate) fn of_modify() -> Vec<Opt<()>> {
    without(&["-pw", "-randkey", "-nokey", "-e"])
}

fn without(names: &[&str]) -> Vec<Opt<()>> {
    let mut options = OPTIONS.describe();
    options.retain(|option| !option.names.iter().any(|name| names.contains(name)));
    options
}

/// The end of both commands' usage.
pub(crate) const USAGE_OF_ATTRIBUTES: &str = "\
\tattributes are:
\t\tallow_postdated allow_forwardable allow_tgs_req allow_renewable
\t\tallow_proxiable allow_dup_skey allow_tix requires_preauth
\t\trequires_hwauth needchange allow_svr password_changing_service
\t\tok_as_delegate ok_to_auth_as_delegate no_auth_data_required
\t\tlockdown_keys

where,
\t[-x db_princ_args]* - any number of database specific arguments.
\t\t\tLook at each database documentation for supported arguments
";

/// What was given.
#[derive(Debug)]
pub(crate) struct PrincipalOptions {
    pub principal: Principal,
    /// What flags are applied to.
    base: Attributes,
    /// The attributes with all flags applied, if any was given.
    pub attributes: Option<Attributes>,
    pub expiration: Option<Timestamp>,
    pub pw_expiration: Option<Timestamp>,
    pub max_life: Option<Duration>,
    pub max_renewable_life: Option<Duration>,
    /// As C's `int`; the database keeps 16 bits.
    pub kvno: Option<i32>,
    pub policy: Option<Vec<u8>>,
    pub clear_policy: bool,
    /// `-clearpolicy` came after `-policy`: MIT then loses the name.
    pub policy_lost: bool,
    pub password: Option<Secret<Vec<u8>>>,
    pub randkey: bool,
    pub nokey: bool,
    pub unlock: bool,
    pub keysalts: Vec<KeySalt>,
    pub db_arguments: Vec<String>,
}

/// Why the words are no options.
pub(crate) enum BadOptions {
    /// Something may have been said already; the usage follows, as with MIT.
    Usage,
    /// All is said.
    Told(Failure),
}

impl BadOptions {
    /// What is left to say; `usage` is the beginning of the command's own.
    pub fn into_failure(self, usage: &str) -> Failure {
        match self {
            BadOptions::Usage => Failure::plain([usage, USAGE_OF_ATTRIBUTES].concat()),
            BadOptions::Told(failure) => failure,
        }
    }
}

use BadOptions::Usage;

impl PrincipalOptions {
    /// Reads the words of a command, of which the last one is the principal. Flags are applied to `attributes`.
    pub fn parse(
        session: &Session,
        io: &mut Io<'_>,
        command: &'static str,
        attributes: Attributes,
        words: &[OsString],
    ) -> Result<Self, BadOptions> {
        let (name, words) = words.split_last().ok_or(Usage)?;
        let mut given = PrincipalOptions::nothing(attributes);
        for item in WordOptions::new(OPTIONS, words) {
            match item.map_err(|_| Usage)? {
                Item::Option(option) => {
                    let key = option.key;
                    let value = option.value.unwrap_or_default();
                    given.take(session, io, command, key, value)?;
                }
                Item::Word(word) => given.flag(&word)?,
            }
        }
        given.principal = session.parse_name(name).map_err(|error| {
            io.fail(&bad_name(command, &error, "while parsing principal"));
            Usage
        })?;
        Ok(given)
    }

    fn nothing(attributes: Attributes) -> Self {
        PrincipalOptions {
            principal: Principal::new("", [""]),
            base: attributes,
            attributes: None,
            expiration: None,
            pw_expiration: None,
            max_life: None,
            max_renewable_life: None,
            kvno: None,
            policy: None,
            clear_policy: false,
            policy_lost: false,
            password: None,
            randkey: false,
            nokey: false,
            unlock: false,
            keysalts: Vec::new(),
            db_arguments: Vec::new(),
        }
    }

    fn flag(&mut self, word: &OsStr) -> Result<(), BadOptions> {
        let spec = word.to_str().and_then(|word| FlagSpec::parse(word).ok()).ok_or(Usage)?;
        self.attributes = Some(self.attributes.unwrap_or(self.base).with(spec));
        Ok(())
    }

    fn take(
        &mut self,
        session: &Session,
        io: &mut Io<'_>,
        command: &'static str,
        key: Key,
        value: OsString,
    ) -> Result<(), BadOptions> {
        match key {
            Key::DbArgument => self.db_arguments.push(value.to_string_lossy().into_owned()),
            Key::Expire => self.expiration = Some(date(session, io, &value)?),
            Key::PwExpire => self.pw_expiration = Some(date(session, io, &value)?),
            Key::MaxLife => self.max_life = Some(interval(session, io, &value)?),
            Key::MaxRenewLife => self.max_renewable_life = Some(interval(session, io, &value)?),
            Key::Kvno => self.kvno = Some(leading_number(&value) as i32),
            Key::Policy => {
                self.policy = Some(value.into_vec());
                self.policy_lost = false;
            }
            Key::ClearPolicy => {
                self.clear_policy = true;
                self.policy_lost = self.policy.is_some();
            }
            Key::Pw => self.password = Some(Secret::new(value.into_vec())),
            Key::Randkey => self.randkey = true,
            Key::Nokey => self.nokey = true,
            Key::Unlock => self.unlock = true,
            Key::Enctypes => self.keysalts = keysalts(command, &value).map_err(BadOptions::Told)?,
        }
        Ok(())
    }

    /// Whether anything was given that only concerns keys.
    pub fn concerns_keys(&self) -> bool {
        self.password.is_some() || self.randkey || self.nokey || !self.keysalts.is_empty()
    }
}

fn date(session: &Session, io: &mut Io<'_>, text: &OsStr) -> Result<Timestamp, BadOptions> {
    let now = session.admin.now().seconds();
    match parse_date(text.as_bytes(), now, session.zone.time_zone()) {
        Some(seconds) => Ok(Timestamp::wrapping(seconds)),
        None => {
            io.complain(&Message::plain(invalid_date_message(text.as_bytes())));
            Err(Usage)
        }
    }
}

pub(crate) fn interval(session: &Session, io: &mut Io<'_>, text: &OsStr) -> Result<Duration, BadOptions> {
    let now = session.admin.now().seconds();
    match parse_interval(text.as_bytes(), now, session.zone.time_zone()) {
        // MIT keeps 32 bits of what may be a wide number.
        Ok(seconds) => Ok(Duration(Timestamp::wrapping(seconds).0 as i32)),
        Err(error) => {
            if let Some(text) = IntervalError::message(error, text.as_bytes()) {
                io.complain(&Message::plain(text));
            }
            Err(Usage)
        }
    }
}
