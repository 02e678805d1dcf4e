//! What master keys there are.

use super::Rollover;
use crate::error::Result;
use k5_kdb::{Access, Scope};
use k5_types::{EncType, Timestamp};

/// A master key, as listings show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MasterKeyState {
    /// Its version.
    pub kvno: u16,
    /// Its type.
    pub enctype: EncType,
    /// Since when, or from when on, it may be the active one; `None`: it was never made active.
    pub active_from: Option<Timestamp>,
    /// Whether it is the active one now.
    pub active: bool,
}

impl Rollover<'_> {
    /// All master keys, latest first.
    ///
    /// # Errors
    /// The database's, and where the active key is not there.
    pub fn list(&self) -> Result<Vec<MasterKeyState>> {
        let mut transaction = self.backend.begin(Scope::Everything, Access::Read)?;
        let (_, keys) = self.master(transaction.as_mut())?;
        let active = keys.active(self.now)?.kvno;
        let state = |key: &k5_kdb::MasterKey| {
            let from = keys.active_from().iter().find(|from| from.kvno == key.kvno);
            MasterKeyState {
                kvno: key.kvno,
                enctype: key.key.enctype,
                active_from: from.map(|from| from.time),
                active: key.kvno == active,
            }
        };
        Ok(keys.keys().iter().map(state).collect())
    }
}
