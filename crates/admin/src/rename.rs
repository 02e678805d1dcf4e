//! Renaming principals, and names that stand for others.

use crate::admin::Admin;
use crate::error::{AdminError, Result};
use k5_kdb::{Entry, KadmData, Scope, find_principal};
use k5_types::{Attributes, Principal, SaltType};

impl Admin {
    /// Gives a principal another name. Its keys stay: the salts of those that came from a password are written down,
    /// since the new name would make others.
    ///
    /// # Errors
    /// [`AdminError::Protected`] for K/M; [`AdminError::Duplicate`]; [`AdminError::NoEntry`];
    /// [`AdminError::IsAlias`]; [`AdminError::BadSaltType`]; the database's errors.
    pub fn rename_principal(&self, from: &Principal, to: &Principal) -> Result<()> {
        self.refuse_master(from)?;
        self.write(Scope::Everything, |transaction| {
            if find_principal(transaction, to)?.is_some() {
                return Err(AdminError::Duplicate);
            }
            let mut entry = find_principal(transaction, from)?.ok_or(AdminError::NoEntry)?;
            if entry.principal != *from {
                return Err(AdminError::IsAlias);
            }
            write_salts_down(&mut entry)?;
            entry.principal = to.clone();
            // Three steps, which the update log then has as MIT's programs have them.
            transaction.put_principal(&entry)?;
            transaction.delete_principal(from)?;
            self.store(transaction, &mut entry)
        })
    }

    /// Makes a name stand for another principal, which need not exist and may be an alias itself. A name that leads
    /// nowhere may be taken.
    ///
    /// # Errors
    /// [`AdminError::AliasRealm`]; [`AdminError::Duplicate`]; the database's errors.
    pub fn create_alias(&self, alias: &Principal, target: &Principal) -> Result<()> {
        if alias.realm() != target.realm() {
            return Err(AdminError::AliasRealm);
        }
        self.write(Scope::Everything, |transaction| {
            if find_principal(transaction, alias)?.is_some() {
                return Err(AdminError::Duplicate);
            }
            let mut entry = Entry::new(alias.clone());
            // What does not know aliases must not take it for a principal that may log in.
            entry.attributes = Attributes(Attributes::DISALLOW_ALL_TIX);
            entry.set_alias_target(target);
            entry.set_modified(self.now(), &self.actor);
            entry.set_kadm_data(&KadmData { history_kvno: 0, ..KadmData::default() });
            Ok(transaction.put_principal(&entry)?)
        })
    }
}

/// Makes every salt one that is stored with its key, random keys included, as MIT does.
fn write_salts_down(entry: &mut Entry) -> Result<()> {
    for key in &mut entry.key_data {
        let salt_type = if key.version < 2 { SaltType::NORMAL } else { key.salt_type };
        key.salt = match salt_type {
            SaltType::NORMAL => entry.principal.salt(),
            SaltType::NOREALM => entry.principal.salt_no_realm(),
            SaltType::ONLYREALM => entry.principal.realm().to_vec(),
            SaltType::SPECIAL => continue,
            _ => return Err(AdminError::BadSaltType),
        };
        (key.version, key.salt_type) = (2, SaltType::SPECIAL);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_kdb::KeyData;
    use k5_types::EncType;

    #[test]
    fn salts_are_written_down() {
        let key = |salt_type| KeyData::new(1, EncType(18), vec![1]).with_salt(salt_type, b"old".to_vec());
        let mut entry = Entry::new(Principal::new("R", ["a", "b"]));
        entry.key_data = vec![
            KeyData::new(1, EncType(18), vec![1]),
            key(SaltType::NORMAL),
            key(SaltType::NOREALM),
            key(SaltType::ONLYREALM),
            key(SaltType::SPECIAL),
        ];
        write_salts_down(&mut entry).unwrap();
        let salts: Vec<_> = entry.key_data.iter().map(|key| key.salt.as_slice()).collect();
        assert_eq!(salts, [&b"Rab"[..], b"Rab", b"ab", b"R", b"old"]);
        assert!(entry.key_data.iter().all(|key| key.version == 2 && key.salt_type == SaltType::SPECIAL));
        entry.key_data = vec![key(SaltType::AFS3)];
        assert!(matches!(write_salts_down(&mut entry), Err(AdminError::BadSaltType)));
    }
}
