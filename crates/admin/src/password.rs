//! New keys for a principal that is there: from a password, under all the rules of its policy, or random.

use crate::admin::{Admin, existing, policy_of};
use crate::create::password_expiration;
use crate::derive::{PasswordWork, PolicyOf};
use crate::error::{AdminError, Result};
use crate::history;
use crate::keys::{KeySource, OldKeysRule};
use crate::keysalts;
use k5_kdb::{Entry, Policy, Scope, Transaction};
use k5_types::{Attributes, KeySalt, Principal, Secret};

impl Admin {
    /// Sets a password.
    ///
    /// # Errors
    /// [`AdminError::Protected`] for K/M and kadmin/history; [`AdminError::UnknownPrincipal`]; what the rules for
    /// passwords, keysalts and history say; the database's errors.
    pub fn change_password(
        &self,
        principal: &Principal,
        password: &Secret<Vec<u8>>,
        keysalts: &[KeySalt],
        old: OldKeysRule,
    ) -> Result<()> {
        self.may_set_passwords()?;
        self.refuse_protected(principal)?;
        if !self.is_in_transaction() {
            // A key from a password takes milliseconds: it is made before the lock that others wait for. What is wrong is
            // told below.
            let _ = self.derive_missing(
                &[PasswordWork { principal, password, keysalts, policy: PolicyOf::Principal }],
                1,
            );
        }
        let mut wants_history = false;
        let changed = self.write(Scope::Everything, |transaction| {
            let mut entry = existing(transaction, principal)?;
            self.refuse_protected(&entry.principal)?;
            let policy = policy_of(transaction, &entry)?;
            let keysalts = keysalts::choose(policy.as_ref(), keysalts, &self.defaults.keysalts)?;
            let before = match &policy {
                Some(_) => {
                    wants_history = true;
                    let history = self.history_keys(transaction)?;
                    Some((self.as_old_keys(&entry, &history)?, history))
                }
                None => None,
            };
            self.quality.check(password, policy.as_ref(), principal)?;
            let derive = |enctype, salt: &[u8]| self.derived_key(enctype, password, salt);
            self.rekey(&mut entry, KeySource::Password(&derive), &keysalts, 0, old)?;
            let mut kadm_data = entry.kadm_data()?;
            if let (Some(policy), Some((current, history))) = (&policy, before) {
                self.refuse_reuse(&entry, &history, std::slice::from_ref(&current))?;
                if policy.history_num > 1 && history::is_current(&kadm_data, &history) {
                    self.refuse_reuse(&entry, &history, &kadm_data.old_keys)?;
                }
                history::remember(&mut kadm_data, policy, &history, current);
            }
            self.finish(&mut entry, policy.as_ref());
            entry.set_modified(self.now(), &self.actor);
            entry.set_kadm_data(&kadm_data);
            Ok(transaction.put_principal(&entry)?)
        });
        let refused = matches!(&changed, Err(error) if !matches!(error, AdminError::Database(_)));
        if refused && wants_history {
            // MIT makes kadmin/history before it looks at the password, and it stays. After a failure of the database
            // nothing more is written.
            self.write(Scope::Everything, |transaction| self.history_keys(transaction).map(|_| ()))?;
        }
        if !self.is_gathering() {
            self.forget_derived();
        }
        changed
    }

    /// Gives a principal random keys.
    ///
    /// # Errors
    /// [`AdminError::Protected`] for K/M, whose new keys would make the database unopenable, and for
    /// kadmin/history if its old keys are to stay; [`AdminError::UnknownPrincipal`]; the database's errors.
    pub fn randomize_keys(
        &self,
        principal: &Principal,
        keysalts: &[KeySalt],
        old: OldKeysRule,
    ) -> Result<()> {
        self.write(Scope::Everything, |transaction| {
            self.randomize_in(transaction, principal, keysalts, old).map(|_| ())
        })
    }

    /// The same within a transaction; answers the entry as it is stored.
    pub(crate) fn randomize_in(
        &self,
        transaction: &mut dyn Transaction,
        principal: &Principal,
        keysalts: &[KeySalt],
        old: OldKeysRule,
    ) -> Result<Entry> {
        let mut entry = existing(transaction, principal)?;
        self.refuse_master(&entry.principal)?;
        let policy = policy_of(transaction, &entry)?;
        let mut keysalts = keysalts::choose(policy.as_ref(), keysalts, &self.defaults.keysalts)?;
        if entry.principal == self.history_principal {
            // History is encrypted in one key.
            if old == OldKeysRule::Keep {
                return Err(AdminError::Protected);
            }
            keysalts.truncate(1);
        }
        self.rekey(&mut entry, KeySource::Random, &keysalts, 0, old)?;
        self.finish(&mut entry, policy.as_ref());
        self.store(transaction, &mut entry)?;
        Ok(entry)
    }

    /// Refuses a password for what must have random keys.
    fn refuse_protected(&self, principal: &Principal) -> Result<()> {
        if *principal == self.history_principal {
            return Err(AdminError::Protected);
        }
        self.refuse_master(principal)
    }

    /// What every change of keys does besides: no change is asked for any more, the expiration starts anew, and
    /// failures are forgotten.
    fn finish(&self, entry: &mut Entry, policy: Option<&Policy>) {
        let now = self.now();
        entry.attributes = Attributes(entry.attributes.0 & !Attributes::REQUIRES_PWCHANGE);
        entry.pw_expiration = password_expiration(policy, now);
        entry.set_last_pwd_change(now);
        entry.fail_auth_count = 0;
    }
}
