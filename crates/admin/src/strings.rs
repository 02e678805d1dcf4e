//! String attributes of principals.

use crate::admin::{Admin, existing};
use crate::error::Result;
use k5_kdb::{Scope, StringAttribute};
use k5_types::Principal;

impl Admin {
    /// The string attributes of a principal, in their order.
    ///
    /// # Errors
    /// [`crate::AdminError::UnknownPrincipal`], and the database's errors.
    pub fn strings(&self, principal: &Principal) -> Result<Vec<StringAttribute>> {
        Ok(self.principal(principal)?.strings())
    }

    /// Sets a string attribute, or removes it (`None`); that there is none is no error.
    ///
    /// # Errors
    /// [`crate::AdminError::UnknownPrincipal`], [`k5_kdb::KdbError::StringsTooLong`], and the database's errors.
    pub fn set_string(&self, principal: &Principal, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        self.write(Scope::Everything, |transaction| {
            let mut entry = existing(transaction, principal)?;
            entry.set_string(key, value)?;
            self.store(transaction, &mut entry)
        })
    }
}
