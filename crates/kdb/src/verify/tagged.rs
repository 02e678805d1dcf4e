//! Tagged data: each is what its type says. Types that nobody knows may hold anything.

use super::Verdict;
use crate::entry::Entry;
use crate::kadm_data::KadmData;
use crate::tl_data::{self, TlType};
use k5_types::{ParseFlags, Principal, RealmRule};
use std::collections::HashSet;

/// Types that an entry has once.
const KNOWN: [TlType; 9] = [
    TlType::LAST_PWD_CHANGE,
    TlType::MOD_PRINC,
    TlType::KADM_DATA,
    TlType::MKVNO,
    TlType::ACTKVNO,
    TlType::MKEY_AUX,
    TlType::STRING_ATTRS,
    TlType::ALIAS_TARGET,
    TlType::LAST_ADMIN_UNLOCK,
];

/// Adds what is wrong with the tagged data of an entry, which is that of the master keys or another.
pub(super) fn all(entry: &Entry, is_master: bool, verdict: &mut Verdict) {
    let mut seen = HashSet::new();
    for tl in &entry.tl_data {
        let what = match tagged(tl.tag, &tl.contents) {
            _ if KNOWN.contains(&tl.tag) && !seen.insert(tl.tag) => "it is there twice".to_owned(),
            _ if !is_master && [TlType::ACTKVNO, TlType::MKEY_AUX].contains(&tl.tag) => {
                "only the entry of the master keys has such".to_owned()
            }
            Err(what) => what,
            Ok(()) => continue,
        };
        verdict.faults.push(format!("tagged data of type {}: {what}", tl.tag.0));
    }
    // Every writer says it, and without it MIT's getprinc fails.
    if entry.tl(TlType::MOD_PRINC).is_none() {
        verdict.faults.push("nothing says who changed it last".to_owned());
    }
}

pub(super) fn tagged(tag: TlType, contents: &[u8]) -> Result<(), String> {
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
        TlType::KADM_DATA if !contents.is_empty() => match KadmData::decode(contents) {
            Ok(data) => kadm_data(&data, contents),
            // That it cannot be read is told beside.
            Err(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

fn kadm_data(data: &KadmData, contents: &[u8]) -> Result<(), String> {
    if data.encode() != contents {
        return Err("lengths or padding that contradict the rest".to_owned());
    }
    if data.effective_policy().is_some() != data.policy.is_some() {
        return Err("a policy without the mark of one".to_owned());
    }
    if data.is_marked() && data.policy.is_none() {
        return Err("the mark of a policy without one".to_owned());
    }
    match data.old_key_next as usize > data.old_keys.len() {
        true => {
            Err(format!("the next slot of {} for old keys is {}", data.old_keys.len(), data.old_key_next))
        }
        false => Ok(()),
    }
}
