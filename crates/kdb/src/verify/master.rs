//! The entry of the master keys: its lists name keys that are there, and each older key opens the latest.

use super::keys::misshapen;
use super::{Verdict, Verifier};
use crate::entry::Entry;
use crate::key_data::KeyData;
use crate::mkey::open_key;
use crate::tl_data::{self, TlType};
use k5_types::Kvno;

impl Verifier {
    pub(super) fn master_entry(&self, entry: &Entry, verdict: &mut Verdict) {
        let versions: Vec<u16> = entry.key_data.iter().map(|data| data.kvno).collect();
        let faults = &mut verdict.faults;
        if versions.is_empty() {
            faults.push("it has no master key".to_owned());
        }
        let mut twice = versions.clone();
        twice.sort_unstable();
        twice.dedup();
        if twice.len() < versions.len() {
            faults.push("two master keys with one version".to_owned());
        }
        active(entry, &versions, faults);
        self.older(entry, &versions, faults);
    }

    /// The latest key encrypted in each of the others.
    fn older(&self, entry: &Entry, versions: &[u16], faults: &mut Vec<String>) {
        let latest = entry.kvno();
        let Ok(list) = entry.tl(TlType::MKEY_AUX).map(tl_data::mkey_aux).transpose() else { return };
        let list = list.unwrap_or_default();
        for kvno in versions.iter().filter(|kvno| **kvno != latest) {
            if !list.iter().any(|aux| aux.kvno == *kvno) {
                faults.push(format!("the latest master key is not there under version {kvno}"));
            }
        }
        for aux in list {
            let what = match self.keys.as_ref().filter(|_| self.complete) {
                _ if aux.latest_kvno != latest => Some(format!("version {}, not {latest}", aux.latest_kvno)),
                _ if aux.kvno == latest || !versions.contains(&aux.kvno) => {
                    Some("there is no such older version".to_owned())
                }
                None => None,
                Some(keys) => {
                    let newest = keys.find(Kvno::from(latest)).map(|key| &key.key);
                    let older = keys.find(Kvno::from(aux.kvno)).map(|key| &key.key);
                    let data = KeyData::new(aux.latest_kvno, aux.latest_enctype, aux.latest_key);
                    older.zip(newest).and_then(|(older, newest)| match open_key(older, &data) {
                        Ok(key) if key == *newest => misshapen(older, &data, &key),
                        Ok(_) => Some("it is another key".to_owned()),
                        Err(_) => Some("it does not open".to_owned()),
                    })
                }
            };
            if let Some(what) = what {
                faults.push(format!("the latest master key under version {}: {what}", aux.kvno));
            }
        }
    }
}

/// When which key becomes active.
fn active(entry: &Entry, versions: &[u16], faults: &mut Vec<String>) {
    let Some(contents) = entry.tl(TlType::ACTKVNO) else {
        if versions.len() > 1 {
            faults.push("nothing says which of the master keys is active".to_owned());
        }
        return;
    };
    let Ok(list) = tl_data::actkvno(contents) else { return };
    if list.is_empty() {
        faults.push("no master key is ever active".to_owned());
    }
    for from in &list {
        if !versions.contains(&from.kvno) {
            faults.push(format!("version {} of the master key becomes active, but is not there", from.kvno));
        }
    }
    if !list.is_sorted_by_key(|from| from.time) {
        faults.push("the times at which master keys become active are out of order".to_owned());
    }
}
