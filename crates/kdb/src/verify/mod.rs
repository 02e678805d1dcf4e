//! What an entry must keep to beyond being readable: its keys open, its tagged data are what their types say.

mod keys;
mod master;
mod policy;
mod tagged;
#[cfg(test)]
mod tests;

use crate::entry::Entry;
use crate::mkey::MasterKeys;
use k5_types::{KeyBlock, Principal};
pub use policy::verify_policy;

/// What became of an entry's verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong, a sentence each, without the name.
    pub faults: Vec<String>,
    /// Keys that were decrypted, or failed to be.
    pub keys_tried: u64,
    /// Keys that nobody could try, for want of a master key.
    pub keys_left: u64,
    /// Keys of earlier passwords that are encrypted in a key of `kadmin/history` which is gone. MIT forgets them at the
    /// next change.
    pub keys_stale: u64,
    /// The policy that it has, which need not exist.
    pub policy: Option<Vec<u8>>,
    /// The principal that it stands for.
    pub alias_target: Option<Principal>,
}

/// The keys that a realm's entries are tried with.
#[derive(Debug)]
pub struct Verifier {
    /// Whose entry has the master keys.
    master: Principal,
    keys: Option<MasterKeys>,
    /// `keys` are all that the realm has, so that an entry must be under one of them.
    complete: bool,
    /// The keys of `kadmin/history` with their versions, the newest first.
    history: Vec<(u16, KeyBlock)>,
}

impl Verifier {
    /// A verifier for the realm whose master keys `master` has. `keys` are those, if they could be had: all of them
    /// (`complete`), or some that the realm's own entry did not confirm. `history` is the entry of `kadmin/history`.
    #[must_use]
    pub fn new(
        master: Principal,
        keys: Option<MasterKeys>,
        complete: bool,
        history: Option<&Entry>,
    ) -> Verifier {
        let opened = |keys: &MasterKeys, entry: &Entry| {
            let mkvno = keys.protecting(entry).unwrap_or_else(|_| entry.mkvno());
            let open = |data| Some((data, keys.decrypt_key(mkvno, data).ok()?));
            entry.key_data.iter().filter_map(open).map(|(data, key)| (data.kvno, key)).collect()
        };
        let history = keys.as_ref().zip(history).map(|(keys, entry)| opened(keys, entry)).unwrap_or_default();
        Verifier { master, keys, complete, history }
    }

    /// Whether there are keys to try.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// Verifies an entry that could be read.
    #[must_use]
    pub fn entry(&self, entry: &Entry) -> Verdict {
        let mut verdict = Verdict::default();
        let is_master = entry.principal == self.master;
        tagged::all(entry, is_master, &mut verdict);
        match entry.kadm_data() {
            Ok(data) => {
                verdict.policy = data.effective_policy().map(<[u8]>::to_vec);
                self.history_keys(&data, &mut verdict);
            }
            Err(_) => verdict.faults.push("policy and password history cannot be read".to_owned()),
        }
        match entry.alias_target() {
            Ok(target) => verdict.alias_target = target,
            Err(_) => {
                let what = "the name of the principal that it stands for cannot be read";
                verdict.faults.push(what.to_owned());
            }
        }
        self.stored_keys(entry, &mut verdict);
        if is_master {
            self.master_entry(entry, &mut verdict);
        }
        verdict
    }
}
