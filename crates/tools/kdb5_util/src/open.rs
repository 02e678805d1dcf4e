//! Opening an existing database and its master keys, as every command but `create` and `load` begins.

use crate::session::{Session, Stop};
use k5_admin::AdminError;
use k5_admin::rollover::Rollover;
use k5_kdb::mkey::stash;
use k5_kdb::{Access, Backend, Entry, KdbError, MasterKeys, Scope};
use k5_types::{KeyBlock, Kvno, Principal, Secret, Timestamp};

/// A database with its master keys, if they could be had.
pub(crate) struct Opened {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) principal: Principal,
    /// The entry of that principal.
    pub(crate) entry: Entry,
    /// Its keys. Without them a failure has been counted, and commands that can do without go on.
    pub(crate) keys: Option<MasterKeys>,
    /// The version that `-kv` names, or that the stash file holds, its latest.
    pub(crate) kvno: Option<u16>,
}

impl Opened {
    /// For work on the master keys, or with them, if they could be had.
    pub(crate) fn with_keys(&self, now: Timestamp) -> Option<Rollover<'_>> {
        let keys = self.keys.as_ref()?;
        Some(Rollover { backend: self.backend.as_ref(), principal: &self.principal, keys, now })
    }

    /// The same for commands that cannot do without.
    pub(crate) fn rollover(&self, session: &Session<'_, '_>) -> Result<Rollover<'_>, Stop> {
        self.with_keys(session.io.now()).ok_or_else(|| session.error("", "master keylist not initialized"))
    }
}

/// Opens the realm's database, and its master keys by `password`, by the keyboard, or by the stash file.
///
/// # Errors
/// Where the database cannot be opened or has no master key principal. That the keys cannot be had is a warning.
pub(crate) fn open(session: &mut Session<'_, '_>, password: Option<Secret<Vec<u8>>>) -> Result<Opened, Stop> {
    let doing = "while initializing database";
    let arguments = &session.general.arguments;
    let database =
        session.realm_database(arguments).map_err(|error| session.error(error.to_string(), doing))?;
    let backend = database.open().map_err(|error| session.error(error.to_string(), doing))?;
    let principal = session.master_principal()?;
    let entry = entry(backend.as_ref(), &principal)
        .map_err(|error| session.error(error.to_string(), "while retrieving master entry"))?
        .ok_or_else(|| session.error("No such entry in the database", "while retrieving master entry"))?;
    let stashed = password.is_none() && !session.general.ask;
    let key = provided_key(session, &principal, password)?;
    let mut kvno = session.general.kvno;
    let keys = match key {
        Err(text) => {
            session.failed(text, "while reading master key");
            warn(session, "Warning: proceeding without master key");
            None
        }
        Ok(key) => match unlock(session, &entry, &key) {
            Ok(keys) => {
                if stashed && kvno.is_none() {
                    kvno = keys.keys().iter().find(|known| known.key == key).map(|known| known.kvno);
                }
                Some(keys)
            }
            Err(text) => {
                session.failed(text, "while getting master key list");
                warn(session, "Warning: proceeding without master key list");
                None
            }
        },
    };
    Ok(Opened { backend, principal, entry, keys, kvno })
}

/// The master key by `password`, by the keyboard, or by the stash file; inside, why it cannot be had.
///
/// # Errors
/// Where the realm's variables make no key of a password.
pub(crate) fn provided_key(
    session: &mut Session<'_, '_>,
    principal: &Principal,
    password: Option<Secret<Vec<u8>>>,
) -> Result<Result<KeyBlock, String>, Stop> {
    Ok(match password {
        Some(password) => Ok(session.key_of(principal, &password)?),
        None if session.general.ask => match session.ask() {
            Ok(password) => Ok(session.key_of(principal, &password)?),
            Err(error) => Err(error.to_string()),
        },
        None => {
            let kvno = session.general.kvno.map(Kvno::from);
            stash::read(&session.params.key_stash_file, principal, kvno).map_err(|error| error.to_string())
        }
    })
}

fn entry(backend: &dyn Backend, principal: &Principal) -> Result<Option<Entry>, AdminError> {
    let mut transaction = backend.begin(Scope::Everything, Access::Read)?;
    Ok(transaction.principal(principal)?)
}

/// The master keys, or why not, with the database named: a password may be the right one of another.
pub(crate) fn unlock(session: &Session<'_, '_>, entry: &Entry, key: &KeyBlock) -> Result<MasterKeys, String> {
    MasterKeys::unlock(entry, key).map_err(|error| match error {
        KdbError::BadMasterKey => format!("{error} ({})", session.params.database_name.display()),
        other => other.to_string(),
    })
}

fn warn(session: &mut Session<'_, '_>, text: &str) {
    session.io.complain(&k5_cli::Message::com_err(session.program, "", text));
}
