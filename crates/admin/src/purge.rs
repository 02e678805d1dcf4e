//! Taking old keys away.

use crate::admin::{Admin, existing};
use crate::error::Result;
use k5_kdb::Scope;
use k5_types::Principal;

/// Which keys a purge leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptKeys {
    /// Those of the highest version number.
    Newest,
    /// Those of this number and above.
    From(u32),
    /// None.
    None,
}

impl Admin {
    /// Takes old keys of a principal away.
    ///
    /// # Errors
    /// [`crate::AdminError::Protected`] for K/M, whose old keys open what was not encrypted anew;
    /// [`crate::AdminError::UnknownPrincipal`]; the database's errors.
    pub fn purge_keys(&self, principal: &Principal, kept: KeptKeys) -> Result<()> {
        self.write(Scope::Everything, |transaction| {
            let mut entry = existing(transaction, principal)?;
            self.refuse_master(&entry.principal)?;
            let oldest = match kept {
                KeptKeys::Newest => u32::from(entry.kvno()),
                KeptKeys::From(kvno) => kvno,
                KeptKeys::None => u32::MAX,
            };
            entry.key_data.retain(|key| u32::from(key.kvno) >= oldest);
            self.store(transaction, &mut entry)
        })
    }
}
