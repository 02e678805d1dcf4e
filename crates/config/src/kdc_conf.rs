//! The realm variables of `[realms]` that the administration programs go by.
//!
//! MIT's kadmin library takes the *last* value of each, over all files: a variable in `krb5.conf` beats the
//! same one in `kdc.conf`, unless the realm's section there is final.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use k5_types::{Attributes, Duration, EncType, FlagSpec, KeySalt};

use crate::error::MitFault;
use crate::profile::{is_space, setting_name};
use crate::{Config, Error, Notice, Origin, PartialTime, Result, Value, keysalts, parse_keysalt_list, paths};

const DAY: i32 = 24 * 60 * 60;

/// What the command line says in place of the files.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `-d`: `database_name`.
    pub database_name: Option<PathBuf>,
    /// `-M`: `master_key_name`.
    pub master_key_name: Option<Vec<u8>>,
    /// `-k`: `master_key_type`.
    pub master_key_type: Option<EncType>,
    /// `-sf`: `key_stash_file`.
    pub key_stash_file: Option<PathBuf>,
    /// `-e`: `supported_enctypes`.
    pub supported_enctypes: Option<Vec<KeySalt>>,
}

/// Incremental propagation.
#[derive(Clone, Debug)]
pub struct Iprop {
    /// `iprop_enable`: where it is set to true; `None` while it is off.
    pub enabled: Option<Origin>,
    /// `iprop_port`.
    pub port: Option<i32>,
    /// `iprop_listen`.
    pub listen: Option<OsString>,
    /// `iprop_logfile` (the database's name and `.ulog`).
    pub logfile: PathBuf,
    /// `iprop_ulogsize`, or the older `iprop_master_ulogsize`, in entries (1000).
    pub ulogsize: i32,
    /// `iprop_replica_poll`, or the older `iprop_slave_poll` (2 minutes).
    pub poll: Duration,
    /// `iprop_resync_timeout` (5 minutes).
    pub resync_timeout: Duration,
}

/// The realm variables with their defaults filled in.
///
/// A variable that cannot be read does not stop every command: it has its default here and stands in
/// [`RealmParams::problems`]. [`RealmParams::check`] is what `kadmin.local` asks before it opens the database.
#[derive(Debug)]
#[non_exhaustive]
pub struct RealmParams {
    /// The realm.
    pub realm: Vec<u8>,
    /// `database_name` as MIT's messages show it. The back end's own look-up is [`Config::db_module`].
    pub database_name: PathBuf,
    /// `acl_file`.
    pub acl_file: PathBuf,
    /// `admin_keytab`, which only programs of MIT before 1.12 read.
    pub admin_keytab: Option<OsString>,
    /// `dict_file`: words that are no passwords.
    pub dict_file: Option<PathBuf>,
    /// `key_stash_file`, or `/etc/krb5kdc/.k5.REALM`.
    pub key_stash_file: PathBuf,
    /// `master_key_name` (`K/M`), as written.
    pub master_key_name: Vec<u8>,
    /// `master_key_type` (aes256-cts-hmac-sha1-96); `None` if it names no type that keys can be made of.
    pub master_key_type: Option<EncType>,
    /// `max_life` (1 day).
    pub max_life: Duration,
    /// `max_renewable_life` (0).
    pub max_renewable_life: Duration,
    /// `default_principal_expiration`, in local time; `None` is never.
    pub default_principal_expiration: Option<PartialTime>,
    /// `default_principal_flags` (none).
    pub default_principal_flags: Attributes,
    /// `supported_enctypes` (aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal). Empty if nothing
    /// usable is left of the list.
    pub supported_enctypes: Vec<KeySalt>,
    /// `admin_server`, with its port if it has one.
    pub admin_server: Option<OsString>,
    /// `kadmind_port` (749), unless `admin_server` has a port.
    pub kadmind_port: i32,
    /// `kpasswd_port` (464).
    pub kpasswd_port: i32,
    /// Incremental propagation.
    pub iprop: Iprop,
    /// Variables that are set and cannot be used.
    pub problems: Vec<Error>,
    /// What is left out or replaced by a default, for a program to show.
    pub notices: Vec<Notice>,
}

impl RealmParams {
    /// The variables of `realm`, where `overrides` go before the files.
    ///
    /// # Errors
    /// [`Error::NoFiles`] if there was no configuration file at all.
    pub fn new(config: &Config, realm: &[u8], overrides: &Overrides) -> Result<RealmParams> {
        if !config.profile().has_files() && !config.files().is_empty() {
            return Err(Error::NoFiles { paths: config.files().to_vec() });
        }
        let mut vars = Variables { config, realm, problems: Vec::new(), notices: Vec::new() };

        let database_name = overrides
            .database_name
            .clone()
            .or_else(|| vars.path("database_name"))
            .unwrap_or_else(|| paths::DATABASE.into());
        let stash = overrides.key_stash_file.clone().or_else(|| vars.path("key_stash_file"));
        let key_name = vars.get("master_key_name").map(|v| v.bytes().to_vec());
        let admin_server = vars.string("admin_server");
        let server_port = admin_server.as_ref().and_then(|s| port_of(s.as_bytes()));

        let params = RealmParams {
            realm: realm.to_vec(),
            acl_file: vars.path("acl_file").unwrap_or_else(|| paths::ACL_FILE.into()),
            admin_keytab: vars.string("admin_keytab"),
            dict_file: vars.path("dict_file"),
            key_stash_file: stash.unwrap_or_else(|| default_stash(realm)),
            master_key_name: overrides
                .master_key_name
                .clone()
                .or(key_name)
                .unwrap_or_else(|| b"K/M".to_vec()),
            master_key_type: overrides.master_key_type.or_else(|| vars.master_key_type()),
            max_life: vars.duration("max_life", Duration(DAY)),
            max_renewable_life: vars.duration("max_renewable_life", Duration(0)),
            default_principal_expiration: vars.expiration(),
            default_principal_flags: vars.flags(),
            supported_enctypes: match &overrides.supported_enctypes {
                Some(list) => list.clone(),
                None => vars.keysalts(),
            },
            kadmind_port: server_port.or_else(|| vars.number("kadmind_port")).unwrap_or(749),
            kpasswd_port: vars.number("kpasswd_port").unwrap_or(464),
            admin_server,
            iprop: vars.iprop(&database_name),
            database_name,
            problems: vars.problems,
            notices: vars.notices,
        };
        Ok(params)
    }

    /// The parameters if every variable can be used. Where not, MIT's `kadmin.local` does not start; what only
    /// reads the database with other programs can do without this check.
    ///
    /// # Errors
    /// The first of [`RealmParams::problems`].
    pub fn check(mut self) -> Result<RealmParams> {
        if self.problems.is_empty() { Ok(self) } else { Err(self.problems.remove(0)) }
    }
}

/// Reads the variables of one realm and notes what is wrong with them.
struct Variables<'c> {
    config: &'c Config,
    realm: &'c [u8],
    problems: Vec<Error>,
    notices: Vec<Notice>,
}

impl<'c> Variables<'c> {
    fn names<'n>(&'n self, name: &'n str) -> [&'n [u8]; 3] {
        [b"realms", self.realm, name.as_bytes()]
    }

    fn get(&self, name: &str) -> Option<Value<'c>> {
        self.config.profile().last_value(&self.names(name))
    }

    fn string(&self, name: &str) -> Option<OsString> {
        self.get(name).map(|v| OsString::from_vec(v.bytes().to_vec()))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(|v| v.path().to_path_buf())
    }

    fn number(&self, name: &str) -> Option<i32> {
        self.get(name).and_then(|v| v.scanned_integer())
    }

    /// A duration; one that cannot be read counts as its default, as MIT has it, but not in silence.
    fn duration(&mut self, name: &str, default: Duration) -> Duration {
        let Some(value) = self.get(name) else { return default };
        Duration::parse(value.bytes()).unwrap_or_else(|_| {
            self.notices.push(Notice::BadValue {
                origin: value.origin(),
                setting: setting_name(&self.names(name)),
                value: value.text().into_owned(),
                used: default.to_string(),
            });
            default
        })
    }

    fn problem(&mut self, name: &str, value: Value<'_>, reason: &str) {
        self.problems.push(Error::BadValue {
            origin: value.origin(),
            setting: setting_name(&self.names(name)),
            value: value.text().into_owned(),
            reason: reason.to_owned(),
            mit: MitFault::MissingParameters,
        });
    }

    fn master_key_type(&mut self) -> Option<EncType> {
        let name = "master_key_type";
        let Some(value) = self.get(name) else { return Some(EncType::AES256_CTS_HMAC_SHA1_96) };
        let text = value.text();
        let enctype = EncType::from_name(&text);
        if enctype.is_none() {
            let reason = match EncType::from_name_or_removed(&text) {
                Some(_) => "single DES keys are no longer made",
                None => "not an encryption type",
            };
            self.problem(name, value, reason);
        }
        enctype
    }

    fn expiration(&mut self) -> Option<PartialTime> {
        let name = "default_principal_expiration";
        let value = self.get(name)?;
        let time = PartialTime::parse(value.bytes());
        if time.is_none() {
            self.problem(name, value, "not an absolute time (use YYYYMMDDhhmmss)");
        }
        time
    }

    fn flags(&mut self) -> Attributes {
        let name = "default_principal_flags";
        let Some(value) = self.get(name) else { return Attributes::default() };
        let text = value.text();
        let mut flags = Attributes::default();
        for word in flag_words(&text) {
            match FlagSpec::parse(word) {
                Ok(spec) => flags = flags.with(spec),
                Err(_) => {
                    let reason = format!("\"{word}\" is not a flag (separate flags by commas or by blanks)");
                    self.problem(name, value, &reason);
                    break;
                }
            }
        }
        flags
    }

    fn keysalts(&mut self) -> Vec<KeySalt> {
        let name = "supported_enctypes";
        let Some(value) = self.get(name) else { return keysalts::DEFAULT.to_vec() };
        let list = parse_keysalt_list(&value.text());
        if list.keysalts.is_empty() {
            let reason = match list.single_des.is_empty() {
                false => "nothing is left of this list: single DES keys are no longer made",
                true => "no encryption type in this list",
            };
            self.problem(name, value, reason);
        } else {
            let setting = setting_name(&self.names(name));
            self.notices.extend(list.notices(&value.origin(), &setting));
        }
        list.keysalts
    }

    fn iprop(&mut self, database_name: &std::path::Path) -> Iprop {
        let enabled =
            self.get("iprop_enable").filter(|v| v.kadmin_boolean() == Some(true)).map(|v| v.origin());
        let port = self.number("iprop_port").filter(|&port| port != 0);
        if let (Some(origin), None) = (&enabled, port) {
            self.problems.push(Error::Missing {
                origin: origin.clone(),
                setting: setting_name(&self.names("iprop_port")),
                because: "iprop_enable = true needs it".into(),
            });
        }
        let size = |name| self.number(name).filter(|&size| size > 0);
        let ulogsize = size("iprop_ulogsize").or_else(|| size("iprop_master_ulogsize")).unwrap_or(1000);
        let older_poll = self.duration("iprop_slave_poll", Duration(2 * 60));
        Iprop {
            enabled,
            port,
            listen: self.string("iprop_listen"),
            logfile: self.path("iprop_logfile").unwrap_or_else(|| {
                let mut name = database_name.as_os_str().to_owned();
                name.push(".ulog");
                name.into()
            }),
            ulogsize,
            poll: self.duration("iprop_replica_poll", older_poll),
            resync_timeout: self.duration("iprop_resync_timeout", Duration(5 * 60)),
        }
    }
}

fn default_stash(realm: &[u8]) -> PathBuf {
    let mut name = paths::STASH_STUB.as_bytes().to_vec();
    name.extend_from_slice(realm);
    OsString::from_vec(name).into()
}

/// The words of a flag list. While a comma is left, only commas separate, and only then blanks, then tabs:
/// `a b, c` has the words `a b` and `c`. An empty last word is a word.
fn flag_words(text: &str) -> impl Iterator<Item = &str> {
    let blank = |c: char| u8::try_from(c).is_ok_and(is_space);
    let mut left = Some(text);
    std::iter::from_fn(move || {
        let text = left?;
        match [',', ' ', '\t'].into_iter().find_map(|separator| text.split_once(separator)) {
            None => {
                left = None;
                Some(text)
            }
            Some((word, rest)) => {
                left = Some(rest.trim_start_matches(blank));
                Some(word.trim_end_matches(blank))
            }
        }
    })
}

/// The port behind `host:port` or `[address]:port`, read as C's `atoi` does.
fn port_of(server: &[u8]) -> Option<i32> {
    let text = String::from_utf8_lossy(server);
    let port = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, behind)) => behind.strip_prefix(':')?,
        None => text.split_once(':')?.1,
    };
    let digits = port.trim_start_matches([' ', '\t']);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    Some(digits.get(..end).and_then(|d| d.parse().ok()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(variables: &str, overrides: &Overrides) -> RealmParams {
        let config = Config::of_text(&format!("[realms]\nR = {{\n{variables}\n}}\n"));
        RealmParams::new(&config, b"R", overrides).unwrap()
    }

    #[test]
    fn servers_and_ports() {
        for (server, port) in
            [("h", 700), ("h:123", 123), ("[::1]", 700), ("[::1]:5", 5), ("h:x", 0), ("h: 8y", 8)]
        {
            let text = format!("admin_server = {server}\nkadmind_port = 700 \nkpasswd_port = 12x");
            let params = params(&text, &Overrides::default());
            assert_eq!(params.kadmind_port, port, "{server}");
            assert_eq!(params.kpasswd_port, 12);
        }
    }

    #[test]
    fn update_log_settings() {
        let iprop = params("database_name = /p\niprop_slave_poll = 1h", &Overrides::default()).iprop;
        assert_eq!(iprop.logfile, PathBuf::from("/p.ulog"));
        assert_eq!((iprop.poll.0, iprop.ulogsize, iprop.resync_timeout.0), (3600, 1000, 300));
        let iprop = params("iprop_slave_poll = 1h\niprop_replica_poll = 2m", &Overrides::default()).iprop;
        assert_eq!(iprop.poll.0, 120);
    }

    #[test]
    fn the_command_line_goes_first() {
        let overrides = Overrides {
            database_name: Some("/d".into()),
            master_key_name: Some(b"M".to_vec()),
            master_key_type: Some(EncType::CAMELLIA128_CTS_CMAC),
            key_stash_file: Some("/sf".into()),
            supported_enctypes: Some(Vec::new()),
        };
        let text = "database_name = /p\nmaster_key_name = N\nmaster_key_type = bad\nkey_stash_file = /s\n\
                    supported_enctypes = bad";
        let params = params(text, &overrides).check().unwrap();
        assert_eq!(params.database_name, PathBuf::from("/d"));
        assert_eq!(params.iprop.logfile, PathBuf::from("/d.ulog"));
        assert_eq!(params.master_key_name, b"M");
        assert_eq!(params.master_key_type, overrides.master_key_type);
        assert_eq!(params.key_stash_file, PathBuf::from("/sf"));
    }

    #[test]
    fn durations_that_are_none_are_noted() {
        let params = params("max_life = soon", &Overrides::default());
        assert_eq!(params.max_life, Duration(DAY));
        let text = params.notices[0].to_string();
        assert!(text.starts_with("k.conf:3: [realms] R max_life = soon: not understood, "), "{text}");
    }
}
