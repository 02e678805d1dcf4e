//! A new realm: its database, and the principals that it starts with.

use crate::admin::{Admin, AdminParts, Defaults, Guards};
use crate::create::{InitialKeys, NewPrincipal};
use crate::error::{AdminError, Result};
use crate::quality::Quality;
use k5_crypto::{Random, make_random_key};
use k5_kdb::tl_data::{ActiveFrom, encode_actkvno};
use k5_kdb::{
    Access, Backend, Database, Entry, KdbError, MasterKey, MasterKeys, Scope, TlType, Transaction, seal_key,
};
use k5_types::{Attributes, Duration, EncType, Principal, Timestamp};

/// kadmin/admin's tickets live for three hours.
const ADMIN_LIFE: Duration = Duration(3 * 3600);
/// kadmin/changepw's for five minutes.
const CHANGEPW_LIFE: Duration = Duration(300);
/// The first version of a krbtgt key.
const FIRST_KVNO: u16 = 1;

/// A realm to be made.
#[derive(Debug)]
pub struct NewRealm<'a> {
    /// The principal that will hold the master keys. Its realm is the new one.
    pub master_principal: &'a Principal,
    /// The master key.
    pub master: &'a MasterKey,
    /// What its principals get.
    pub defaults: &'a Defaults,
    /// Who is recorded as the maker of kadmin's principals.
    pub actor: Principal,
    /// The time.
    pub now: Timestamp,
}

/// Makes a realm's database with K/M, krbtgt, kadmin/admin and kadmin/changepw, in one transaction: if anything
/// fails, nothing of it is left.
///
/// # Errors
/// Where the database exists or cannot be written, or keys cannot be made.
pub fn create_realm(
    database: &Database,
    realm: NewRealm<'_>,
    mut random: Box<dyn Random>,
) -> Result<Box<dyn Backend>> {
    let mut failure = None;
    let made = database.create(|transaction| {
        put_root_principals(transaction, &realm, random.as_mut())
            .and_then(|()| realm.administrator(random).put_service_principals(transaction))
            .map_err(|error| match error {
                AdminError::Database(error) => error,
                other => {
                    let text = other.to_string();
                    failure = Some(other);
                    KdbError::Unstorable(text)
                }
            })
    });
    made.map_err(|error| failure.unwrap_or(AdminError::Database(error)))
}

impl NewRealm<'_> {
    /// The administrator who makes the first principals.
    fn administrator(self, random: Box<dyn Random>) -> Admin {
        let now = self.now;
        Admin::new(AdminParts {
            backend: Box::new(BeingMade),
            realm: self.master_principal.realm().to_vec(),
            defaults: self.defaults.clone(),
            master: MasterKeys::first(self.master.kvno, self.master.key.duplicate()),
            master_principal: self.master_principal.clone(),
            actor: self.actor,
            quality: Quality::default(),
            guards: Guards::default(),
            clock: Box::new(move || now),
            random,
        })
    }
}

/// The database of a realm that is being made: there is no other transaction than the one that makes it.
struct BeingMade;

impl Backend for BeingMade {
    fn begin(&self, _: Scope, _: Access) -> k5_kdb::Result<Box<dyn Transaction>> {
        Err(being_made())
    }

    fn name(&self) -> &'static str {
        "new"
    }

    fn take_apart(&self, _: &[u8], _: &[u8]) -> k5_kdb::Result<Entry> {
        Err(being_made())
    }

    fn put_together(&self, _: &Entry) -> k5_kdb::Result<Vec<u8>> {
        Err(being_made())
    }
}

fn being_made() -> KdbError {
    KdbError::Unstorable("the database is being made".to_owned())
}

/// K/M and krbtgt, made by `db_creation`.
fn put_root_principals(
    transaction: &mut dyn Transaction,
    realm: &NewRealm<'_>,
    random: &mut dyn Random,
) -> Result<()> {
    let NewRealm { master_principal, master, defaults, now, .. } = realm;
    let realm = master_principal.realm().to_vec();
    let creator = Principal::new(realm.clone(), ["db_creation"]);
    let start = |principal: Principal| {
        let mut entry = Entry::new(principal);
        entry.attributes = Attributes(defaults.attributes.0 | Attributes::LOCKDOWN_KEYS);
        entry.max_life = defaults.max_life;
        entry.max_renewable_life = defaults.max_renewable_life;
        entry.expiration = defaults.expiration;
        entry.set_modified(*now, &creator);
        entry
    };
    let mut root = start((*master_principal).clone());
    root.attributes.0 |= Attributes::DISALLOW_ALL_TIX;
    root.key_data.push(seal_key(&master.key, &master.key, master.kvno, None, random)?);
    // Active since the beginning of time, should the clock be set back.
    let active = [ActiveFrom { kvno: master.kvno, time: Timestamp(0) }];
    root.set_tl(TlType::ACTKVNO, encode_actkvno(&active));
    root.set_mkvno(master.kvno);
    transaction.put_principal(&root)?;

    let mut tgs = start(Principal::new(realm.clone(), [b"krbtgt".to_vec(), realm]));
    let mut seen: Vec<EncType> = Vec::new();
    for enctype in defaults.keysalts.iter().map(|keysalt| keysalt.enctype) {
        if seen.contains(&enctype) {
            continue;
        }
        seen.push(enctype);
        let key = make_random_key(enctype, random)?;
        tgs.key_data.push(seal_key(&master.key, &key, FIRST_KVNO, None, random)?);
    }
    Ok(transaction.put_principal(&tgs)?)
}

impl Admin {
    /// kadmin/admin and kadmin/changepw.
    fn put_service_principals(&self, transaction: &mut dyn Transaction) -> Result<()> {
        const COMMON: u32 = Attributes::DISALLOW_TGT_BASED | Attributes::LOCKDOWN_KEYS;
        let services = [
            ("admin", COMMON, ADMIN_LIFE),
            ("changepw", COMMON | Attributes::PWCHANGE_SERVICE, CHANGEPW_LIFE),
        ];
        for (name, attributes, life) in services {
            let principal = Principal::new(self.realm.clone(), ["kadmin", name]);
            let new = NewPrincipal {
                attributes: Some(Attributes(attributes)),
                max_life: Some(life),
                ..NewPrincipal::default()
            };
            let entry = self.with_keys(&principal, &new, &InitialKeys::Random, None)?;
            transaction.put_principal(&entry)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_crypto::{SystemRandom, string_to_key};
    use k5_kdb::db2::Db2Files;
    use k5_types::KeySalt;
    use std::path::Path;

    fn make(directory: &Path, random: Box<dyn Random>) -> Result<Box<dyn Backend>> {
        let principal = Principal::new("R", ["K", "M"]);
        let enctype = EncType::AES256_CTS_HMAC_SHA1_96;
        let key = string_to_key(enctype, b"pw", &principal.salt(), None)?;
        let defaults = Defaults {
            max_life: Duration(86400),
            max_renewable_life: Duration(0),
            expiration: Timestamp::NEVER,
            attributes: Attributes::default(),
            keysalts: ["aes256-cts:normal", "aes128-cts:normal"]
                .map(|word| KeySalt::parse(word).unwrap())
                .into(),
            master_enctype: enctype,
        };
        let realm = NewRealm {
            master_principal: &principal,
            master: &MasterKey { kvno: 3, key },
            defaults: &defaults,
            actor: Principal::new("R", ["maker"]),
            now: Timestamp(1_700_000_000),
        };
        let database = Database::from(Db2Files::named(&directory.join("principal")));
        create_realm(&database, realm, random)
    }

    /// Randomness for so many calls.
    struct Scarce(usize);

    impl Random for Scarce {
        fn fill(&mut self, buf: &mut [u8]) -> std::result::Result<(), k5_crypto::CryptoError> {
            self.0 = self.0.checked_sub(1).ok_or(k5_crypto::CryptoError::Random("none".to_owned()))?;
            SystemRandom.fill(buf)
        }
    }

    #[test]
    fn a_realm_begins_with_four_principals() {
        let directory = tempfile::tempdir().unwrap();
        let backend = make(directory.path(), Box::new(SystemRandom)).unwrap();
        let mut transaction = backend.begin(Scope::Everything, Access::Read).unwrap();
        let mut seen = Vec::new();
        transaction
            .each_principal(k5_kdb::Order::Forward, &mut |entry| {
                let name = String::from_utf8(entry.principal.unparse_no_realm()).unwrap();
                seen.push((name, entry.key_data.len(), entry.max_life.0, entry.mkvno()));
                Ok(std::ops::ControlFlow::Continue(()))
            })
            .unwrap();
        let expected = [
            ("K/M", 1, 86400, 3),
            ("kadmin/admin", 2, 10800, 3),
            ("kadmin/changepw", 2, 300, 3),
            // No master key is named in it.
            ("krbtgt/R", 2, 86400, 1),
        ];
        let expected = expected.map(|(name, keys, life, mkvno)| (name.to_owned(), keys, life, mkvno));
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_failure_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let error = make(directory.path(), Box::new(Scarce(8))).err().unwrap();
        assert_eq!(error.to_string(), "Cannot obtain random bytes: none");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
