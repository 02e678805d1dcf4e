//! What an entry must keep to beyond being readable: its keys open, its tagged data are what their types say.

use crate::entry::Entry;
use crate::mkey::MasterKeys;
use crate::tl_data::{self, TlType};
use k5_types::{ParseFlags, Principal, RealmRule};

/// What became of an entry's verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong, a sentence each, without the name.
    pub faults: Vec<String>,
    /// Keys that were decrypted, or failed to be.
    pub keys_tried: u64,
    /// Keys that nobody could try, for want of a master key.
    pub keys_left: u64,
    /// The policy that it has, which need not exist.
    pub policy: Option<Vec<u8>>,
    /// The principal that it stands for.
    pub alias_target: Option<Principal>,
}

/// Verifies an entry that could be read; `keys` are the realm's master keys, if they could be had.
#[must_use]
pub fn verify_entry(entry: &Entry, keys: Option<&MasterKeys>) -> Verdict {
    let mut verdict = Verdict::default();
    for tl in &entry.tl_data {
        if let Err(what) = tagged(tl.tag, &tl.contents) {
            verdict.faults.push(format!("tagged data of type {}: {what}", tl.tag.0));
        }
    }
    match entry.kadm_data() {
        Ok(data) => verdict.policy = data.effective_policy().map(<[u8]>::to_vec),
        Err(_) => verdict.faults.push("policy and password history cannot be read".to_owned()),
    }
    match entry.alias_target() {
        Ok(target) => verdict.alias_target = target,
        Err(_) => {
            verdict.faults.push("the name of the principal that it stands for cannot be read".to_owned())
        }
    }
    let stored = entry.key_data.iter().filter(|data| data.version > 0);
    let Some(keys) = keys else {
        verdict.keys_left = stored.count() as u64;
        return verdict;
    };
    let Ok(mkvno) = keys.protecting(entry) else { return verdict };
    if keys.find(mkvno).is_none() {
        verdict.faults.push(format!("it names version {mkvno} of the master key, which is not there"));
    }
    for data in stored {
        verdict.keys_tried += 1;
        if keys.decrypt_key(mkvno, data).is_err() {
            let text = format!("key version {}, {}: no master key decrypts it", data.kvno, data.enctype);
            verdict.faults.push(text);
        }
    }
    verdict
}

/// Whether a tagged datum is what its type says. Types that nobody knows may hold anything.
fn tagged(tag: TlType, contents: &[u8]) -> Result<(), String> {
    let is_name = |name: &[u8]| {
        let flags = ParseFlags { realm: RealmRule::Required, enterprise: false };
        !name.contains(&0) && Principal::parse_with(name, flags).is_ok()
    };
    let length = |wanted: usize| match contents.len() {
        found if found == wanted => Ok(()),
        found => Err(format!("{found} bytes in place of {wanted}")),
    };
    let whole = |good: bool, what: &str| if good { Ok(()) } else { Err(what.to_owned()) };
    match tag {
        TlType::LAST_PWD_CHANGE | TlType::LAST_ADMIN_UNLOCK => length(4),
        TlType::MKVNO if !contents.is_empty() => length(2),
        TlType::MOD_PRINC => {
            let name = contents.get(4..).and_then(|name| name.strip_suffix(&[0]));
            whole(name.is_some_and(is_name), "no time with a principal's name behind it")
        }
        TlType::STRING_ATTRS => {
            let whole_pairs = contents.iter().filter(|byte| **byte == 0).count() % 2 == 0;
            whole(whole_pairs && contents.last().is_none_or(|last| *last == 0), "not pairs of texts")
        }
        TlType::ACTKVNO => tl_data::actkvno(contents).map(|_| ()).map_err(|error| error.to_string()),
        TlType::MKEY_AUX => tl_data::mkey_aux(contents).map(|_| ()).map_err(|error| error.to_string()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mkey::{MasterKeys, seal_key};
    use k5_crypto::{SystemRandom, make_random_key};
    use k5_types::EncType;

    #[test]
    fn sound_and_not() {
        let mut random = SystemRandom;
        let enctype = EncType(18);
        let master = make_random_key(enctype, &mut random).unwrap();
        let other = make_random_key(enctype, &mut random).unwrap();
        let key = make_random_key(enctype, &mut random).unwrap();
        let mut entry = Entry::new(Principal::new("R", ["a"]));
        entry.key_data = vec![seal_key(&master, &key, 3, None, &mut random).unwrap()];
        let keys = MasterKeys::first(1, master);
        entry.set_mkvno(1);
        let verdict = verify_entry(&entry, Some(&keys));
        assert_eq!((verdict.faults.len(), verdict.keys_tried), (0, 1), "{verdict:?}");
        let verdict = verify_entry(&entry, None);
        assert_eq!((verdict.faults.len(), verdict.keys_left), (0, 1));
        let wrong = MasterKeys::first(1, other);
        assert_eq!(verify_entry(&entry, Some(&wrong)).faults.len(), 1);
        entry.set_mkvno(9);
        assert!(verify_entry(&entry, Some(&keys)).faults[0].contains("version 9"));
    }

    #[test]
    fn tagged_data() {
        for (tag, good, bad) in [
            (TlType::LAST_PWD_CHANGE, &b"1234"[..], &b"123"[..]),
            (TlType::MOD_PRINC, b"1234a@R\0", b"1234a@R"),
            (TlType::MOD_PRINC, b"1234a/b@R\0", b"1234a\0@R\0"),
            (TlType::MKVNO, b"\x01\0", b"\x01"),
            (TlType::STRING_ATTRS, b"a\0b\0", b"a\0b"),
            (TlType::STRING_ATTRS, b"", b"a\0"),
            (TlType::ACTKVNO, b"\x01\0\x01\0\0\0\0\0", b"\x01"),
        ] {
            assert_eq!(tagged(tag, good), Ok(()), "{tag:?}");
            assert!(tagged(tag, bad).is_err(), "{tag:?}");
        }
        assert_eq!(tagged(TlType(500), b"anything"), Ok(()));
    }
}
