//! Changing principals, their keys aside.

use crate::admin::{Admin, existing};
use crate::create::{password_expiration, refuse_arguments};
use crate::error::{AdminError, Result};
use k5_kdb::{Scope, TlType};
use k5_types::{Attributes, Duration, Principal, Timestamp};

/// What becomes of a principal's policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PolicyChange {
    /// Nothing.
    #[default]
    Keep,
    /// It gets this one, which need not exist.
    Set(Vec<u8>),
    /// It has none any more, and its password does not expire.
    Clear,
}

/// What is to change; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Attribute flags.
    pub attributes: Option<Attributes>,
    /// Longest ticket life.
    pub max_life: Option<Duration>,
    /// Longest renewable life.
    pub max_renewable_life: Option<Duration>,
    /// When it expires.
    pub expiration: Option<Timestamp>,
    /// When its password expires.
    pub pw_expiration: Option<Timestamp>,
    /// Its policy.
    pub policy: PolicyChange,
    /// Version number of all its keys.
    pub kvno: Option<u16>,
    /// Lift a lockout: no failures are counted, and the KDC is told when.
    pub unlock: bool,
    /// Arguments for the back end.
    pub db_arguments: Vec<String>,
}

impl Changes {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }
}

impl Admin {
    /// Changes a principal.
    ///
    /// # Errors
    /// [`AdminError::UnknownPrincipal`]; [`AdminError::Protected`] for another version number of K/M; the database's
    /// errors.
    pub fn modify_principal(&self, principal: &Principal, changes: &Changes) -> Result<()> {
        self.write(Scope::Everything, |transaction| {
            let mut entry = existing(transaction, principal)?;
            let mut kadm_data = entry.kadm_data()?;
            let mut new_expiration = changes.pw_expiration;
            match &changes.policy {
                PolicyChange::Keep => {}
                PolicyChange::Set(name) if name.is_empty() => return Err(AdminError::BadPolicyName),
                PolicyChange::Set(name) => {
                    if let Some(policy) = transaction.policy(name)? {
                        entry.pw_expiration = password_expiration(Some(&policy), entry.last_pwd_change());
                    }
                    kadm_data.set_policy(Some(name.clone()));
                }
                PolicyChange::Clear => {
                    if kadm_data.effective_policy().is_some() {
                        kadm_data.set_policy(None);
                        // Without a policy no password expires, whatever else was said.
                        new_expiration = Some(Timestamp::NEVER);
                    }
                }
            }
            entry.pw_expiration = new_expiration.unwrap_or(entry.pw_expiration);
            entry.attributes = changes.attributes.unwrap_or(entry.attributes);
            entry.max_life = changes.max_life.unwrap_or(entry.max_life);
            entry.max_renewable_life = changes.max_renewable_life.unwrap_or(entry.max_renewable_life);
            entry.expiration = changes.expiration.unwrap_or(entry.expiration);
            if let Some(kvno) = changes.kvno {
                // Every entry says by number which master key opens it.
                self.refuse_master(&entry.principal)?;
                entry.key_data.iter_mut().for_each(|key| key.kvno = kvno);
            }
            if changes.unlock {
                entry.set_tl(TlType::LAST_ADMIN_UNLOCK, self.now().0.to_le_bytes().to_vec());
                entry.fail_auth_count = 0;
            }
            refuse_arguments(self.backend.as_ref(), &changes.db_arguments)?;
            entry.set_modified(self.now(), &self.actor);
            entry.set_kadm_data(&kadm_data);
            Ok(transaction.put_principal(&entry)?)
        })
    }

    /// Deletes a principal. Of an alias, the alias goes and what it stands for stays.
    ///
    /// # Errors
    /// [`AdminError::Protected`] for K/M, without which nothing can be decrypted any more;
    /// [`AdminError::UnknownPrincipal`]; the database's errors.
    pub fn delete_principal(&self, principal: &Principal) -> Result<()> {
        self.refuse_master(principal)?;
        self.write(Scope::Everything, |transaction| match transaction.delete_principal(principal)? {
            true => Ok(()),
            false => Err(AdminError::UnknownPrincipal),
        })
    }
}
