//! A new master key.

use super::Rollover;
use crate::error::Result;
use k5_crypto::Random;
use k5_kdb::MasterKey;
use k5_kdb::mkey::convert::{add_master_key, next_kvno};
use k5_types::KeyBlock;

impl Rollover<'_> {
    /// Adds a master key under the next version. It encrypts nothing until it is made active; whoever has an older one,
    /// from a stash file for example, still opens all of them.
    ///
    /// # Errors
    /// Where the versions have come to their end, a key cannot encrypt, or the database cannot be written.
    pub fn add(&self, key: KeyBlock, random: &mut dyn Random) -> Result<MasterKey> {
        self.change(|entry, keys| {
            let new = MasterKey { kvno: next_kvno(entry)?, key };
            add_master_key(entry, keys, &new, random)?;
            Ok(new)
        })
    }
}
