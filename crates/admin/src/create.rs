//! Making principals.

use crate::admin::Admin;
use crate::error::{AdminError, Result};
use crate::keys::{KeySource, OldKeysRule};
use crate::keysalts;
use k5_kdb::{Backend, Entry, KdbError, Policy, Scope, find_principal};
use k5_types::{Attributes, Duration, KeySalt, Principal, Secret, Timestamp};

/// Where the keys of a new principal come from.
#[derive(Debug)]
pub enum InitialKeys<'a> {
    /// A password.
    Password(&'a Secret<Vec<u8>>),
    /// Randomness.
    Random,
    /// It has none.
    None,
}

/// What is said of a new principal; what is not said is the realm's default.
#[derive(Debug, Clone, Default)]
pub struct NewPrincipal {
    /// Attribute flags.
    pub attributes: Option<Attributes>,
    /// Longest ticket life.
    pub max_life: Option<Duration>,
    /// Longest renewable life.
    pub max_renewable_life: Option<Duration>,
    /// When it expires.
    pub expiration: Option<Timestamp>,
    /// When its password expires; else the policy says.
    pub pw_expiration: Option<Timestamp>,
    /// Its policy, which need not exist.
    pub policy: Option<Vec<u8>>,
    /// Version number of its keys.
    pub kvno: Option<u16>,
    /// Which keys; else the policy or the realm says.
    pub keysalts: Vec<KeySalt>,
    /// Arguments for the back end.
    pub db_arguments: Vec<String>,
}

impl Admin {
    /// Makes a principal.
    ///
    /// # Errors
    /// [`AdminError::Duplicate`], what the rules for passwords and keysalts say, and the database's errors.
    pub fn create_principal(
        &self,
        principal: &Principal,
        new: &NewPrincipal,
        keys: &InitialKeys<'_>,
    ) -> Result<()> {
        if matches!(keys, InitialKeys::Password(_)) {
            self.may_set_passwords()?;
        }
        // A key from a password takes milliseconds: it is made before the lock that others wait for.
        let policy = self.read(Scope::Everything, |transaction| {
            if find_principal(transaction, principal)?.is_some() {
                return Err(AdminError::Duplicate);
            }
            match &new.policy {
                Some(name) if name.is_empty() => Err(AdminError::BadPolicyName),
                Some(name) => Ok(transaction.policy(name)?),
                None => Ok(None),
            }
        })?;
        let mut entry = self.with_keys(principal, new, keys, policy.as_ref())?;
        refuse_arguments(self.backend.as_ref(), &new.db_arguments)?;
        self.write(Scope::Everything, |transaction| {
            if find_principal(transaction, principal)?.is_some() {
                return Err(AdminError::Duplicate);
            }
            self.store(transaction, &mut entry)
        })
    }

    /// A new entry with its keys, checked against its policy.
    pub(crate) fn with_keys(
        &self,
        principal: &Principal,
        new: &NewPrincipal,
        keys: &InitialKeys<'_>,
        policy: Option<&Policy>,
    ) -> Result<Entry> {
        if let InitialKeys::Password(password) = keys {
            self.quality.check(password, policy, principal)?;
        }
        let mut entry = self.new_entry(principal, new, policy);
        let keysalts = keysalts::choose(policy, &new.keysalts, &self.defaults.keysalts)?;
        match keys {
            InitialKeys::Password(password) => {
                let kvno = new.kvno.unwrap_or(1);
                let derive = |enctype, salt: &[u8]| self.derived_key(enctype, password, salt);
                self.rekey(&mut entry, KeySource::Password(&derive), &keysalts, kvno, OldKeysRule::Discard)?;
            }
            InitialKeys::Random => {
                self.rekey(&mut entry, KeySource::Random, &keysalts, 1, OldKeysRule::Discard)?;
                if let Some(kvno) = new.kvno {
                    entry.key_data.iter_mut().for_each(|key| key.kvno = kvno);
                }
            }
            InitialKeys::None => entry.set_mkvno(self.master.active(self.now())?.kvno),
        }
        // Written before the stamp of the modification, so that the tagged data stand in MIT's order.
        let mut kadm_data = entry.kadm_data()?;
        kadm_data.set_policy(new.policy.clone());
        entry.set_modified(self.now(), &self.actor);
        entry.set_kadm_data(&kadm_data);
        Ok(entry)
    }

    /// An entry without keys: what was said, over the realm's defaults.
    pub(crate) fn new_entry(
        &self,
        principal: &Principal,
        new: &NewPrincipal,
        policy: Option<&Policy>,
    ) -> Entry {
        let now = self.now();
        let mut entry = Entry::new(principal.clone());
        entry.attributes = new.attributes.unwrap_or(self.defaults.attributes);
        entry.max_life = new.max_life.unwrap_or(self.defaults.max_life);
        entry.max_renewable_life = new.max_renewable_life.unwrap_or(self.defaults.max_renewable_life);
        entry.expiration = new.expiration.unwrap_or(self.defaults.expiration);
        entry.pw_expiration = new.pw_expiration.unwrap_or_else(|| password_expiration(policy, now));
        entry.set_last_pwd_change(now);
        entry
    }
}

/// No back end takes arguments for a principal.
pub(crate) fn refuse_arguments(backend: &dyn Backend, arguments: &[String]) -> Result<()> {
    // Of several, MIT names the last.
    match arguments.last() {
        None => Ok(()),
        Some(argument) => Err(KdbError::bad_argument(argument.as_bytes(), backend.name()).into()),
    }
}

/// When a password that was set at a time expires under a policy.
pub(crate) fn password_expiration(policy: Option<&Policy>, set: Timestamp) -> Timestamp {
    match policy.map(|policy| policy.max_life) {
        None | Some(0) => Timestamp::NEVER,
        Some(life) => Timestamp(set.0.wrapping_add(life)),
    }
}
