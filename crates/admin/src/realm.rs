//! The principals that a new realm starts with.

use crate::create::{InitialKeys, NewPrincipal};
use crate::error::Result;
use crate::{Admin, Defaults};
use k5_crypto::{Random, make_random_key};
use k5_kdb::tl_data::{ActiveFrom, encode_actkvno};
use k5_kdb::{Entry, MasterKey, TlType, Transaction, seal_key};
use k5_types::{Attributes, Duration, EncType, Principal, Timestamp};

/// kadmin/admin's tickets live for three hours.
const ADMIN_LIFE: Duration = Duration(3 * 3600);
/// kadmin/changepw's for five minutes.
const CHANGEPW_LIFE: Duration = Duration(300);
/// The first version of a krbtgt key.
const FIRST_KVNO: u16 = 1;

/// K/M and krbtgt of a new realm, made by `db_creation`.
///
/// # Errors
/// Where keys cannot be made, or the database cannot take the entries.
pub fn put_root_principals(
    transaction: &mut dyn Transaction,
    master_principal: &Principal,
    master: &MasterKey,
    defaults: &Defaults,
    now: Timestamp,
    random: &mut dyn Random,
) -> Result<()> {
    let realm = master_principal.realm().to_vec();
    let creator = Principal::new(realm.clone(), ["db_creation"]);
    let start = |principal: Principal| {
        let mut entry = Entry::new(principal);
        entry.attributes = Attributes(defaults.attributes.0 | Attributes::LOCKDOWN_KEYS);
        entry.max_life = defaults.max_life;
        entry.max_renewable_life = defaults.max_renewable_life;
        entry.expiration = defaults.expiration;
        entry.set_modified(now, &creator);
        entry
    };
    let mut root = start(master_principal.clone());
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
    /// kadmin/admin and kadmin/changepw of a new realm.
    ///
    /// # Errors
    /// As [`put_root_principals`].
    pub fn put_service_principals(&self, transaction: &mut dyn Transaction) -> Result<()> {
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
