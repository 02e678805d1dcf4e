//! Keys of entries and of password histories: each opens, and has the length that its type wants.

use super::{Verdict, Verifier};
use crate::entry::Entry;
use crate::kadm_data::KadmData;
use crate::key_data::KeyData;
use crate::mkey::open_key;
use k5_crypto::{encrypted_length, key_length};
use k5_types::{KeyBlock, Kvno};

/// No master key has it.
const NO_VERSION: u16 = 0;

/// Bytes before the ciphertext: the length of the plain key.
const LENGTH_LEN: usize = 2;

impl Verifier {
    pub(super) fn stored_keys(&self, entry: &Entry, verdict: &mut Verdict) {
        // Where there are no bytes there is nothing to decrypt.
        let stored = entry.key_data.iter().filter(|data| data.version > 0 && !data.key.is_empty());
        let Some(keys) = &self.keys else {
            verdict.keys_left += stored.count() as u64;
            return;
        };
        // A datum of another length is told as such.
        let Ok(mkvno) = keys.protecting(entry) else { return };
        if self.complete && keys.find(mkvno).is_none() {
            verdict.faults.push(format!("it names version {mkvno} of the master key, which is not there"));
        }
        let newest = entry.kvno();
        let named = keys.find(mkvno);
        for data in stored {
            verdict.keys_tried += 1;
            let what = match keys.open(mkvno, data) {
                Err(_) => Some("no master key decrypts it".to_owned()),
                // Older keys that were kept when the newest were made may be under the master key of their time.
                Ok((master, _))
                    if data.kvno == newest && named.is_some_and(|named| master.key != named.key) =>
                {
                    Some(format!("another version of the master key than {mkvno} decrypts it"))
                }
                Ok((master, key)) => misshapen(&master.key, data, &key),
            };
            if let Some(what) = what {
                verdict.faults.push(format!("key version {}, {}: {what}", data.kvno, data.enctype));
            }
        }
    }

    /// The keys of earlier passwords. Those under a key of `kadmin/history` that it had before cannot be tried any more.
    pub(super) fn history_keys(&self, data: &KadmData, verdict: &mut Verdict) {
        let stored = data.old_keys.iter().flatten().filter(|key| key.version > 0 && !key.key.is_empty());
        let Some(masters) = &self.keys else {
            verdict.keys_left += stored.count() as u64;
            return;
        };
        let newest = self.history.first().map(|(kvno, _)| Kvno::from(*kvno));
        for key_data in stored {
            let by_history = self
                .history
                .iter()
                .find_map(|(kvno, key)| Some((Some(Kvno::from(*kvno)), key, open_key(key, key_data).ok()?)));
            let by_master = || {
                let opened = masters.open(Kvno::from(NO_VERSION), key_data);
                opened.ok().map(|(master, key)| (None, &master.key, key))
            };
            let what = match by_history.or_else(by_master) {
                Some((Some(kvno), _, _)) if kvno != data.history_kvno => {
                    let named = data.history_kvno;
                    Some(format!("it names version {named} of kadmin/history's key, but {kvno} decrypts it"))
                }
                Some((_, key, old)) => misshapen(key, key_data, &old),
                None if newest == Some(data.history_kvno) => {
                    Some("the key of kadmin/history does not decrypt it".to_owned())
                }
                None => {
                    verdict.keys_stale += 1;
                    continue;
                }
            };
            verdict.keys_tried += 1;
            if let Some(what) = what {
                let (kvno, enctype) = (key_data.kvno, key_data.enctype);
                verdict.faults.push(format!("password history, key version {kvno}, {enctype}: {what}"));
            }
        }
    }
}

/// What is wrong with the lengths of a key that `master` has opened.
pub(super) fn misshapen(master: &KeyBlock, data: &KeyData, key: &KeyBlock) -> Option<String> {
    let length = key.contents.expose().len();
    if let Some(wanted) = key_length(data.enctype).filter(|wanted| *wanted != length) {
        return Some(format!("a key of {length} bytes in place of {wanted}"));
    }
    let sealed = data.key.len().saturating_sub(LENGTH_LEN);
    match encrypted_length(master.enctype, length) {
        Some(wanted) if wanted != sealed => {
            Some(format!("a ciphertext of {sealed} bytes in place of {wanted}"))
        }
        _ => None,
    }
}
