//! The database that the keytab is compared with: that of this host, where there is one.

use super::super::options::{Key, Words};
use k5_admin::Admin;
use k5_admin::doctor::{Compare, Database};
use k5_admin::open::{MasterKeyFrom, Opening, database_of};
use k5_cli::{Failure, Io, prompt};
use k5_config::{Config, Overrides, RealmParams};
use k5_crypto::SystemRandom;
use k5_types::{EncType, Principal, Secret};
use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// What became of it.
pub(super) enum Source {
    Open { admin: Box<Admin>, permitted: Vec<EncType> },
    Without(String),
    Unusable(String),
}

impl Source {
    pub(super) fn compare(&self) -> Compare<'_> {
        match self {
            Source::Open { admin, permitted } => Compare::With(Database { admin, permitted }),
            Source::Without(why) => Compare::Without(why),
            Source::Unusable(why) => Compare::Unusable(why),
        }
    }

    /// Its realm, if it is open.
    pub(super) fn realm(&self) -> Option<&[u8]> {
        match self {
            Source::Open { admin, .. } => Some(admin.realm()),
            _ => None,
        }
    }
}

/// Opens the database as `kadmin.local` does. A host without one, or a user who may not read it, is no fault, unless
/// an option asks for it.
///
/// # Errors
/// Usage, and where the master password cannot be asked for.
pub(super) fn open(words: &Words<'_>, config: &Config, io: &mut Io<'_>) -> Result<Source, Failure> {
    const ASKED: [Key; 6] =
        [Key::Realm, Key::Database, Key::DbArgument, Key::AskMaster, Key::StashFile, Key::MasterPassword];
    let given = words.given(&ASKED);
    if words.has(Key::NoDatabase) {
        return match given.first() {
            Some(option) => {
                Err(words.usage(&format!("{} and --no-database do not go together", option.name.display())))
            }
            None => Ok(Source::Without("--no-database".to_owned())),
        };
    }
    let wanted = !given.is_empty();
    let cannot = |why: String| Ok(if wanted { Source::Unusable(why) } else { Source::Without(why) });
    let realm = match (words.value(Key::Realm), config.default_realm()) {
        (Some(realm), _) => realm.as_bytes().to_vec(),
        (None, Ok(realm)) => realm.bytes().to_vec(),
        (None, Err(error)) => return cannot(error.message()),
    };
    let overrides =
        Overrides { key_stash_file: words.value(Key::StashFile).map(PathBuf::from), ..Overrides::default() };
    let params = match RealmParams::new(config, &realm, &overrides).and_then(RealmParams::check) {
        Ok(params) => params,
        Err(error) => return Ok(Source::Unusable(error.message())),
    };
    let arguments = arguments(words);
    let file = match database_of(config, &realm, &arguments) {
        Ok(database) => database.path().to_path_buf(),
        Err(error) => return Ok(Source::Unusable(error.to_string())),
    };
    if let Err(error) = File::open(&file) {
        let why = format!("{}: {}", file.display(), k5_cli::errno_text(&error));
        return match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => cannot(why),
            _ => Ok(Source::Unusable(why)),
        };
    }
    let permitted = match config.permitted_enctypes() {
        Ok(permitted) => permitted,
        Err(error) => return Ok(Source::Unusable(error.message())),
    };
    let password = password(words, io)?;
    let opening = Opening {
        arguments: &arguments,
        master_key: match &password {
            Some(password) => MasterKeyFrom::Password(password),
            None => MasterKeyFrom::Stash(&params.key_stash_file, None),
        },
        // Nothing is changed, so that nobody acts and nothing expires.
        actor: Principal::new(realm, ["ktutil"]),
        expiration: k5_types::Timestamp::NEVER,
        log_clock: k5_cli::since_epoch,
        only_reads: true,
        clock: Box::new(io.clock()),
        random: Box::new(SystemRandom),
    };
    Ok(match Admin::open(config, &params, opening) {
        Ok(admin) => Source::Open { admin: Box::new(admin), permitted },
        Err(error) => Source::Unusable(error.to_string()),
    })
}

fn arguments(words: &Words<'_>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = words.values(Key::DbArgument).map(OsString::from).collect();
    if let Some(file) = words.value(Key::Database) {
        let mut argument = OsString::from("dbname=");
        argument.push(file);
        arguments.push(argument);
    }
    arguments
}

fn password(words: &Words<'_>, io: &mut Io<'_>) -> Result<Option<Secret<Vec<u8>>>, Failure> {
    if let Some(given) = words.value(Key::MasterPassword) {
        return Ok(Some(Secret::new(given.as_bytes().to_vec())));
    }
    if !words.has(Key::AskMaster) {
        return Ok(None);
    }
    let asked = prompt::read_master_password(io, "Enter KDC database master key");
    asked.map(Some).map_err(|error| words.failure(error.to_string()))
}
