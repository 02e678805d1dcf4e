//! Random keys beside those that a principal has.

use crate::admin::existing;
use crate::error::{AdminError, Result};
use crate::keys::{KeySource, make_keys, next_kvno, under};
use crate::rollover::Rollover;
use k5_crypto::Random;
use k5_kdb::{Access, Scope};
use k5_types::{Attributes, KeySalt, Principal};

impl Rollover<'_> {
    /// Gives a principal new random keys under the next version number and keeps those of the version before, as MIT does it.
    /// All are encrypted in the master key that the old ones are encrypted in, active or not. The password need not be
    /// changed any more.
    ///
    /// # Errors
    /// [`AdminError::UnknownPrincipal`]; [`AdminError::Protected`] for the master keys' principal;
    /// [`AdminError::NoSuchMasterKey`] where the entry's master key is not there; the database's errors.
    pub fn add_random_keys(
        &self,
        principal: &Principal,
        keysalts: &[KeySalt],
        random: &mut dyn Random,
    ) -> Result<()> {
        let mut transaction = self.backend.begin(Scope::Everything, Access::Write)?;
        let mut entry = existing(transaction.as_mut(), principal)?;
        if entry.principal == *self.principal {
            return Err(AdminError::Protected);
        }
        let (_, all) = self.master(transaction.as_mut())?;
        let mkvno = all.protecting(&entry)?;
        let master = all.find(mkvno).ok_or(AdminError::NoSuchMasterKey)?;
        let last = entry.kvno();
        let kvno = next_kvno(last, 1);
        let sealing = all.storage_key(mkvno)?;
        let mut keys =
            make_keys(&entry.principal, KeySource::Random, keysalts, sealing, kvno, random, &|_| None)?;
        for key in entry.key_data.iter().filter(|key| key.kvno == last) {
            keys.push(under(&all, master, mkvno, key, random)?);
        }
        entry.key_data = keys;
        entry.attributes.0 &= !Attributes::REQUIRES_PWCHANGE;
        entry.set_last_pwd_change(self.now);
        transaction.put_principal(&entry)?;
        Ok(transaction.commit()?)
    }
}
