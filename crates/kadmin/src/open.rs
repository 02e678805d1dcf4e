//! Starting up: from the words before the command to an open realm.

use crate::actor;
use crate::session::{Mode, Session};
use k5_admin::Admin;
use k5_admin::open::{MasterKeyFrom, Opening, modules_left_out};
use k5_cli::{Failure, Io, LocalZone, Message, prompt};
use k5_config::{Config, Overrides, RealmParams};
use k5_crypto::SystemRandom;
use k5_types::{KeySalt, Principal};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

/// What the start-up options said.
#[derive(Debug, Default)]
pub struct Startup {
    /// `-r`.
    pub realm: Option<OsString>,
    /// `-p`.
    pub principal: Option<OsString>,
    /// `-x`, and `-d` as `dbname=`.
    pub db_arguments: Vec<OsString>,
    /// `-m`: the master password is asked for.
    pub master_password: bool,
    /// `-e`.
    pub keysalts: Option<Vec<KeySalt>>,
    /// `-c`: the credential cache that says who is acting.
    pub cache: Option<OsString>,
    /// `-n`: nobody in particular is acting.
    pub anonymous: bool,
    /// `-k`: the host is acting.
    pub keytab: bool,
    /// `-t`: the keytab that `-k` names.
    pub keytab_name: Option<OsString>,
}

impl Startup {
    /// Takes `-d NAME`, which is `-x dbname=NAME`.
    pub fn name_database(&mut self, name: &OsStr) {
        let mut argument = OsString::from("dbname=");
        argument.push(name);
        self.db_arguments.push(argument);
    }
}

/// Reads the configuration. Its notices go to standard error.
///
/// # Errors
/// With MIT's text and the file.
pub fn configuration(io: &mut Io<'_>, program: &[u8]) -> Result<Config, Failure> {
    let config = Config::for_kdc(&io.env.config())
        .map_err(|error| Failure::com_err(program, error.message(), "while initializing krb5 library"))?;
    for notice in config.notices() {
        io.complain(&Message::com_err(program, "", notice.to_string()));
    }
    Ok(config)
}

/// Opens the realm and says (but for the one-shot form) who is acting.
///
/// # Errors
/// In MIT's words: `PROGRAM: TEXT while initializing PROGRAM interface`.
pub fn open(
    io: &mut Io<'_>,
    program: &[u8],
    mode: Mode,
    config: Config,
    startup: &Startup,
) -> Result<Session, Failure> {
    let realm = match &startup.realm {
        Some(realm) => realm.as_bytes().to_vec(),
        None => match config.default_realm() {
            Ok(realm) => realm.bytes().to_vec(),
            Err(error) => {
                let text = format!("unable to get default realm ({})", error.message());
                return Err(Failure::com_err(program, "", text));
            }
        },
    };
    let actor = actor::name(io, &config, &realm, startup)
        .map_err(|(text, doing)| Failure::com_err(program, text, doing))?;
    if mode == Mode::Shell {
        announce(io, startup, &actor)?;
    }
    let doing = [b"while initializing ", program, b" interface"].concat();
    let failed = |text: String| Failure::com_err(program, text, &doing);

    let overrides = Overrides { supported_enctypes: startup.keysalts.clone(), ..Overrides::default() };
    let params = RealmParams::new(&config, &realm, &overrides)
        .and_then(RealmParams::check)
        .map_err(|error| failed(error.message()))?;
    let modules = modules_left_out(&config).map_err(|error| failed(error.to_string()))?;
    for notice in params.notices.iter().chain(&modules) {
        io.complain(&Message::com_err(program, "", notice.to_string()));
    }
    let actor = Principal::parse(&actor, &realm).map_err(|error| failed(error.to_string()))?;
    // The database is looked at before a password is asked for.
    let password = if startup.master_password {
        let asked = prompt::read_master_password(io, "Enter KDC database master key");
        Some(asked.map_err(|error| failed(error.to_string()))?)
    } else {
        None
    };
    let zone = LocalZone::from_environment(&io.env);
    let opening = Opening {
        arguments: &startup.db_arguments,
        master_key: match &password {
            Some(password) => MasterKeyFrom::Password(password),
            None => MasterKeyFrom::Stash(&params.key_stash_file, None),
        },
        actor,
        expiration: zone.configured(params.default_principal_expiration, io.now()),
        log_clock: k5_cli::since_epoch,
        only_reads: false,
        clock: Box::new(io.clock()),
        random: Box::new(SystemRandom),
    };
    let admin = Admin::open(&config, &params, opening).map_err(|error| failed(error.to_string()))?;
    Ok(Session { program: program.to_vec(), mode, admin, config, zone })
}

/// Says who is acting.
fn announce(io: &mut Io<'_>, startup: &Startup, actor: &[u8]) -> io::Result<()> {
    let how = actor::how(startup);
    io.out().write_all(&[b"Authenticating as principal ", actor, b" with ", &how, b".\n"].concat())
}

impl Session {
    /// Goes on in another principal's name, and (but for the one-shot form) says so.
    ///
    /// # Errors
    /// What writing says.
    pub fn act_as(&mut self, io: &mut Io<'_>, startup: &Startup, actor: &Principal) -> io::Result<()> {
        if self.mode == Mode::Shell {
            announce(io, startup, &actor.unparse())?;
        }
        self.admin.act_as(actor.clone());
        Ok(())
    }
}

/// The keysalt list of the start-up option `-e`.
///
/// # Errors
/// A word that names no keysalt.
pub fn startup_keysalts(program: &[u8], list: &OsStr) -> Result<Vec<KeySalt>, Failure> {
    crate::session::keysalts(program, list)
}
