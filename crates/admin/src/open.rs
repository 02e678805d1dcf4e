//! From a realm's configuration to an administrator at work: which database, which master key, which rules.

use crate::admin::{Admin, AdminParts, Defaults, Guards};
use crate::error::{AdminError, Result};
use crate::quality::Quality;
use k5_config::{Config, DbLibrary, DbModule, Notice, PluginInterface, PluginModule, RealmParams};
use k5_crypto::{Random, string_to_key};
use k5_kdb::db2::{Db2Arguments, Db2Files, PrincipalFile};
use k5_kdb::klmdb::{KlmdbArguments, KlmdbSettings};
use k5_kdb::mkey::stash;
use k5_kdb::ulog::UpdateLog;
use k5_kdb::{Access, Backend, Database, Entry, KdbError, MasterKeys, Scope, master_principal};
use k5_types::{EncType, KeyBlock, Kvno, Principal, Secret, Timestamp};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The type of a master key where none is configured.
pub const DEFAULT_MASTER_ENCTYPE: EncType = EncType::AES256_CTS_HMAC_SHA1_96;

/// Where the master key comes from.
#[derive(Debug)]
pub enum MasterKeyFrom<'a> {
    /// A stash file, and the version wanted.
    Stash(&'a Path, Option<Kvno>),
    /// A password.
    Password(&'a Secret<Vec<u8>>),
}

/// A realm's database, `arguments` (`-x`) going before the configuration.
///
/// # Errors
/// Where the realm's back end is one that this program does not have, or an argument is unknown.
pub fn database_of(
    config: &Config,
    realm: &[u8],
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Result<Database> {
    let module = config.db_module(realm).map_err(configuration)?;
    module.require_known().map_err(configuration)?;
    if module.library == DbLibrary::Klmdb {
        return klmdb(module, arguments).map(Database::from);
    }
    let arguments = Db2Arguments::parse(arguments)?;
    let mut database = arguments.database.unwrap_or(module.database_name);
    if arguments.temporary {
        let mut name = database.into_os_string();
        name.push("~");
        database = PathBuf::from(name);
    }
    let mut files = Db2Files::named(&database);
    if arguments.hash {
        files.new_principals = PrincipalFile::Hash;
    }
    files.merge_nra = arguments.merge_nra;
    Ok(Database::from(files))
}

/// The same with the update log of a realm that replicas follow.
///
/// # Errors
/// As [`database_of`].
pub fn logged_database_of(
    config: &Config,
    params: &RealmParams,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    clock: fn() -> Duration,
) -> Result<Database> {
    let mut database = database_of(config, &params.realm, arguments)?;
    database.log = params.iprop.enabled.is_some().then(|| update_log_of(params, clock));
    Ok(database)
}

/// A realm's update log, whether replicas follow it or not.
#[must_use]
pub fn update_log_of(params: &RealmParams, clock: fn() -> Duration) -> UpdateLog {
    // The configuration takes no other than positive numbers.
    UpdateLog::new(params.iprop.logfile.clone(), params.iprop.ulogsize.unsigned_abs(), clock)
}

fn klmdb(module: DbModule, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<KlmdbSettings> {
    let arguments = KlmdbArguments::parse(arguments)?;
    let database = arguments.database.unwrap_or(module.database_name);
    Ok(KlmdbSettings {
        uses_lockout: !(module.disable_last_success && module.disable_lockout),
        map_size: module.lmdb.map_size,
        max_readers: module.lmdb.max_readers,
        nosync: module.lmdb.nosync,
        merge_nra: arguments.merge_nra,
        section: String::from_utf8_lossy(&module.section).into_owned(),
        ..KlmdbSettings::named(&database)
    })
}

/// The master key principal of a realm.
///
/// # Errors
/// Where `master_key_name` is no principal's name.
pub fn master_principal_of(params: &RealmParams) -> Result<Principal> {
    let parsed = master_principal(Some(&params.master_key_name), &params.realm);
    parsed.map_err(|error| AdminError::Blocked(error.to_string()))
}

/// The key that a password makes.
///
/// # Errors
/// Where the type is one that no key can be made of.
pub fn master_key_of_password(
    principal: &Principal,
    enctype: EncType,
    password: &Secret<Vec<u8>>,
) -> Result<KeyBlock> {
    Ok(string_to_key(enctype, password.expose(), &principal.salt(), None)?)
}

/// The entry that holds the master keys.
///
/// # Errors
/// [`KdbError::NoMasterKey`], and the database's errors.
pub fn master_entry(backend: &dyn Backend, principal: &Principal) -> Result<Entry> {
    let mut transaction = backend.begin(Scope::Everything, Access::Read)?;
    Ok(transaction.principal(principal)?.ok_or(KdbError::NoMasterKey)?)
}

/// The realm's master keys, opened with one of them.
///
/// # Errors
/// Where that key cannot be had or is none of the realm's.
pub fn master_keys(
    backend: &dyn Backend,
    principal: &Principal,
    enctype: EncType,
    from: &MasterKeyFrom<'_>,
) -> Result<MasterKeys> {
    let key = match from {
        MasterKeyFrom::Stash(path, kvno) => stash::read(path, principal, *kvno)?,
        MasterKeyFrom::Password(password) => master_key_of_password(principal, enctype, password)?,
    };
    Ok(MasterKeys::unlock(&master_entry(backend, principal)?, &key)?)
}

/// What a realm's configuration gives to new principals. The expiration is local time in the configuration, so
/// that whoever knows the zone brings it.
#[must_use]
pub fn defaults(params: &RealmParams, expiration: Timestamp) -> Defaults {
    Defaults {
        max_life: params.max_life,
        max_renewable_life: params.max_renewable_life,
        expiration,
        attributes: params.default_principal_flags,
        keysalts: params.supported_enctypes.clone(),
        master_enctype: params.master_key_type.unwrap_or(DEFAULT_MASTER_ENCTYPE),
    }
}

/// The rules for passwords in a realm, and what must not happen in it with this program: no password is set that a module
/// which we do not have would have to look at.
///
/// # Errors
/// Where the plugin section is malformed.
pub fn rules(config: &Config, params: &RealmParams) -> Result<(Quality, Guards)> {
    let enabled = |name| config.plugin_enabled(PluginInterface::Pwqual, name);
    let mut quality = Quality::with_dictionary(params.dict_file.clone());
    (quality.no_dict, quality.no_empty, quality.no_princ) =
        (!enabled("dict"), !enabled("empty"), !enabled("princ"));
    let modules = config.plugin_modules(PluginInterface::Pwqual).map_err(configuration)?;
    let guards = Guards { passwords: modules.first().map(|module| module.error().message()) };
    Ok((quality, guards))
}

/// The plugin modules that MIT would load here and this program does not have, other than those that stop password
/// changes (see [`rules`]): what they would do does not happen, and is to be said.
///
/// # Errors
/// Where the plugin section is malformed.
pub fn modules_left_out(config: &Config) -> Result<Vec<Notice>> {
    let mut notices = Vec::new();
    for interface in [PluginInterface::Kadm5Hook, PluginInterface::HostRealm] {
        let modules = config.plugin_modules(interface).map_err(configuration)?;
        notices.extend(modules.iter().map(PluginModule::notice));
    }
    Ok(notices)
}

/// What opening a realm needs beside its configuration.
pub struct Opening<'a> {
    /// Database arguments (`-x`).
    pub arguments: &'a [OsString],
    /// Where the master key comes from.
    pub master_key: MasterKeyFrom<'a>,
    /// Who is acting.
    pub actor: Principal,
    /// `default_principal_expiration`.
    pub expiration: Timestamp,
    /// The time since 1970-01-01 00:00:00 UTC for the update log.
    pub log_clock: fn() -> Duration,
    /// Whether nothing will be changed.
    pub only_reads: bool,
    /// The time.
    pub clock: Box<dyn Fn() -> Timestamp>,
    /// Where keys come from.
    pub random: Box<dyn Random>,
}

impl Admin {
    /// Opens a realm's database and puts an administrator to work on it.
    ///
    /// # Errors
    /// Where the database or the master key cannot be had.
    pub fn open(config: &Config, params: &RealmParams, opening: Opening<'_>) -> Result<Admin> {
        let database = logged_database_of(config, params, opening.arguments, opening.log_clock)?;
        let log_made_ready = database.log.is_some() && !opening.only_reads;
        // Without a log to be made ready the database is first seen where its master keys are read.
        let backend = if log_made_ready { database.open() } else { database.open_unseen() }?;
        let defaults = defaults(params, opening.expiration);
        let keys = || {
            let principal = master_principal_of(params)?;
            let from = &opening.master_key;
            let keys = master_keys(backend.as_ref(), &principal, defaults.master_enctype, from)
                .map_err(|error| with_places(error, from, database.path()))?;
            Ok((principal, keys))
        };
        let (master_principal, master) = match keys() {
            Err(error) if !log_made_ready => {
                // A database that cannot be opened comes before a key that cannot be had.
                database.open_to_read()?;
                return Err(error);
            }
            other => other?,
        };
        let (quality, guards) = rules(config, params)?;
        Ok(Admin::new(AdminParts {
            backend,
            realm: params.realm.clone(),
            defaults,
            master,
            master_principal,
            actor: opening.actor,
            quality,
            guards,
            clock: opening.clock,
            random: opening.random,
        }))
    }
}

/// A master key that does not fit, with the database, of which it is not, and the stash file that it is from.
fn with_places(error: AdminError, from: &MasterKeyFrom<'_>, database: &Path) -> AdminError {
    match (&error, from) {
        (AdminError::Database(KdbError::BadMasterKey), MasterKeyFrom::Stash(stash, _)) => {
            AdminError::Blocked(format!("{error} (of {} for {})", stash.display(), database.display()))
        }
        (AdminError::Database(KdbError::BadMasterKey), MasterKeyFrom::Password(_)) => {
            AdminError::Blocked(format!("{error} (for {})", database.display()))
        }
        _ => error,
    }
}

fn configuration(error: k5_config::Error) -> AdminError {
    AdminError::Blocked(error.message())
}
