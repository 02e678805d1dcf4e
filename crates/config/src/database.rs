//! `[dbmodules]`: which back end holds a realm's database, and its settings.

use std::path::PathBuf;

use crate::error::MitFault;
use crate::profile::setting_name;
use crate::{Config, Error, Origin, Result, paths};

/// `db_library`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DbLibrary {
    /// Berkeley DB files: the default.
    Db2,
    /// LMDB.
    Klmdb,
    /// An LDAP directory.
    Kldap,
    /// Any other name.
    Other(String),
}

/// Where a realm's database is.
#[derive(Clone, Debug)]
pub struct DbModule {
    /// The name of the `[dbmodules]` section: the realm's `database_module`, or the realm itself.
    pub section: Vec<u8>,
    /// The back end.
    pub library: DbLibrary,
    /// Where `db_library` stands; `None` if it is the default.
    pub library_origin: Option<Origin>,
    /// `database_name` of the section, else of the realm, else the built-in path. A back end's `dbname=`
    /// argument goes before it.
    pub database_name: PathBuf,
    /// `unlockiter` (false): iterate without a lock. A back end's argument goes before it.
    pub unlockiter: bool,
    /// `disable_last_success` (false): the KDC does not record successes.
    pub disable_last_success: bool,
    /// `disable_lockout` (false): the KDC does not record failures.
    pub disable_lockout: bool,
    /// What only LMDB goes by.
    pub lmdb: LmdbSettings,
}

/// The settings of an LMDB database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LmdbSettings {
    /// `mapsize` (128): the largest size of each of its files, in MiB; 0 for LMDB's own default.
    pub map_size: u32,
    /// `max_readers` (0): places in the table of readers; 0 for LMDB's own default, 126.
    pub max_readers: u32,
    /// `nosync` (false): a commit does not wait for the disk.
    pub nosync: bool,
}

impl Default for LmdbSettings {
    fn default() -> Self {
        LmdbSettings { map_size: 128, max_readers: 0, nosync: false }
    }
}

impl DbModule {
    /// Whether this is a back end that these programs have.
    ///
    /// # Errors
    /// [`Error::DbLibrary`] with the line that asks for another one.
    pub fn require_known(&self) -> Result<()> {
        let (library, known) = match &self.library {
            DbLibrary::Db2 | DbLibrary::Klmdb => return Ok(()),
            DbLibrary::Kldap => ("kldap", true),
            DbLibrary::Other(name) => (name.as_str(), false),
        };
        Err(Error::DbLibrary {
            origin: self.library_origin.clone().unwrap_or(Origin { file: PathBuf::new(), line: 0 }),
            setting: setting_name(&[b"dbmodules".as_slice(), &self.section, b"db_library"]),
            library: library.to_owned(),
            known,
        })
    }
}

impl Config {
    /// A count of `[dbmodules]` that is not negative.
    fn count(&self, names: &[&[u8]; 3], default: u32) -> Result<u32> {
        let Some(value) = self.profile().value(names) else { return Ok(default) };
        let bad = || Error::BadValue {
            origin: value.origin(),
            setting: setting_name(names),
            value: value.text().into_owned(),
            reason: "a number from 0 to 2147483647 is wanted".into(),
            mit: MitFault::BadInteger,
        };
        value.integer().and_then(|number| u32::try_from(number).ok()).ok_or_else(bad)
    }

    /// The database module of a realm. MIT takes the first value of each setting here, not the last as it
    /// does for most of `[realms]`.
    ///
    /// # Errors
    /// [`Error::BadBoolean`] and, for the sizes of an LMDB database, [`Error::BadValue`].
    pub fn db_module(&self, realm: &[u8]) -> Result<DbModule> {
        let profile = self.profile();
        let section =
            profile.value(&[b"realms".as_slice(), realm, b"database_module"]).map_or(realm, |v| v.bytes());
        let setting = |name: &'static str| [b"dbmodules".as_slice(), section, name.as_bytes()];
        let flag = |name| Ok::<_, Error>(profile.boolean(&setting(name))?.unwrap_or(false));

        let library = profile.value(&setting("db_library"));
        let lmdb = match library.map(|v| v.bytes()) {
            Some(b"klmdb") => LmdbSettings {
                map_size: self.count(&setting("mapsize"), LmdbSettings::default().map_size)?,
                max_readers: self.count(&setting("max_readers"), 0)?,
                nosync: flag("nosync")?,
            },
            _ => LmdbSettings::default(),
        };
        let database_name = profile
            .value(&setting("database_name"))
            .or_else(|| profile.value(&[b"realms".as_slice(), realm, b"database_name"]));
        Ok(DbModule {
            library: match library.map(|v| v.bytes()) {
                None | Some(b"db2") => DbLibrary::Db2,
                Some(b"klmdb") => DbLibrary::Klmdb,
                Some(b"kldap") => DbLibrary::Kldap,
                Some(other) => DbLibrary::Other(String::from_utf8_lossy(other).into_owned()),
            },
            library_origin: library.map(|v| v.origin()),
            database_name: database_name.map_or_else(|| paths::DATABASE.into(), |v| v.path().to_path_buf()),
            unlockiter: flag("unlockiter")?,
            disable_last_success: flag("disable_last_success")?,
            disable_lockout: flag("disable_lockout")?,
            lmdb,
            section: section.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_back_ends_are_refused_with_their_line() {
        for (name, library, known) in [
            ("kldap", DbLibrary::Kldap, "this database module is not supported yet"),
            ("DB2", DbLibrary::Other("DB2".into()), "no such database module"),
        ] {
            let text = format!(
                "[realms]\nR = {{\ndatabase_module = m\n}}\n[dbmodules]\nm = {{\ndb_library = {name}\n}}\n"
            );
            let module = Config::of_text(&text).db_module(b"R").unwrap();
            assert_eq!(module.library, library);
            assert_eq!(
                module.require_known().unwrap_err().to_string(),
                format!(
                    "k.conf:7: [dbmodules] m db_library = {name}: {known}; only db2 and klmdb can be used"
                )
            );
        }
        let module = Config::of_text("").db_module(b"R").unwrap();
        assert_eq!((module.section.as_slice(), module.library.clone()), (b"R".as_slice(), DbLibrary::Db2));
        assert!(module.require_known().is_ok());
    }

    #[test]
    fn settings_of_lmdb() {
        let of = |text: &str| {
            let text = format!("[dbmodules]\nR = {{\ndb_library = klmdb\n{text}}}\n");
            Config::of_text(&text).db_module(b"R").map(|module| module.lmdb)
        };
        assert_eq!(of("").unwrap(), LmdbSettings { map_size: 128, max_readers: 0, nosync: false });
        let set = of("mapsize = 512\nmax_readers = 7\nnosync = yes\n").unwrap();
        assert_eq!(set, LmdbSettings { map_size: 512, max_readers: 7, nosync: true });
        for wrong in ["mapsize = 1G", "mapsize = -1", "mapsize = 4000000000", "max_readers = many"] {
            let error = of(&format!("{wrong}\n")).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
            assert!(error.contains("from 0 to 2147483647"), "{error}");
        }
        let db2 = Config::of_text("[dbmodules]\nR = {\nmapsize = x\n}\n").db_module(b"R");
        assert_eq!(db2.unwrap().lmdb, LmdbSettings::default(), "db2 does not look at it");
    }
}
