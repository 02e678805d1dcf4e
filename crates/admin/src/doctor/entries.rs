//! What can be seen in the entries alone: encryption types, duplicates, version numbers, times.

use super::code::Code;
use super::finding::{Finding, Remedy, shown};
use k5_crypto::{KeyFingerprint, key_length};
use k5_keytab::Record;
use k5_types::{EncType, EncTypeStatus, Principal, Timestamp};
use std::collections::HashMap;

/// What this host's programs go by.
#[derive(Debug, Clone)]
pub struct LibraryRules {
    /// `permitted_enctypes`, or its default.
    pub permitted: Vec<EncType>,
    /// `clockskew` in seconds.
    pub clockskew: i64,
    /// The time.
    pub now: Timestamp,
}

/// An entry with its number, from 1.
pub(super) type Numbered<'a> = (usize, &'a Record);

/// The entries with their numbers.
pub(super) fn numbered(records: &[Record]) -> Vec<Numbered<'_>> {
    records.iter().enumerate().map(|(index, record)| (index + 1, record)).collect()
}

/// The principals in the order in which they first stand in the file, each with its entries.
pub(super) fn by_principal(records: &[Record]) -> Vec<(&Principal, Vec<Numbered<'_>>)> {
    let mut groups: Vec<(&Principal, Vec<Numbered<'_>>)> = Vec::new();
    let mut places = HashMap::new();
    for (slot, record) in numbered(records) {
        let principal = &record.entry.principal;
        let place = *places.entry(principal).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, own)) => own.push((slot, record)),
            None => groups.push((principal, vec![(slot, record)])),
        }
    }
    groups
}

pub(super) fn check(records: &[Record], rules: &LibraryRules, findings: &mut Vec<Finding>) {
    let all = numbered(records);
    lengths(&all, findings);
    usable(records, findings);
    enctypes(&all, rules, findings);
    duplicates(&all, findings);
    versions(&all, findings);
    times(&all, rules, findings);
}

fn lengths(all: &[Numbered<'_>], findings: &mut Vec<Finding>) {
    for (slot, record) in all {
        let key = &record.entry.key;
        let length = key.contents.expose().len();
        if let Some(right) = key_length(key.enctype).filter(|right| *right != length) {
            let text = format!("a key of {length} bytes, but {} has {right}", key.enctype);
            findings.push(about(Code::KEY_LENGTH, *slot, record, text));
        }
    }
}

fn about(code: Code, slot: usize, record: &Record, text: String) -> Finding {
    Finding::new(code, text).slots([slot]).at(record.offset).of(&record.entry.principal)
}

fn usable(records: &[Record], findings: &mut Vec<Finding>) {
    for (principal, own) in by_principal(records) {
        if own.iter().all(|(_, record)| !record.entry.key.enctype.is_valid()) {
            let text =
                format!("no entry of {} has an encryption type that libraries still have", shown(principal));
            let slots = own.iter().map(|(slot, _)| *slot);
            findings.push(Finding::new(Code::NO_USABLE_KEY, text).slots(slots).of(principal));
        }
    }
}

fn enctypes(all: &[Numbered<'_>], rules: &LibraryRules, findings: &mut Vec<Finding>) {
    let mut types: Vec<EncType> = Vec::new();
    for (_, record) in all {
        if !types.contains(&record.entry.key.enctype) {
            types.push(record.entry.key.enctype);
        }
    }
    for enctype in types {
        let slots = all.iter().filter(|(_, r)| r.entry.key.enctype == enctype).map(|(slot, _)| *slot);
        let permitted = rules.permitted.contains(&enctype);
        let found = match enctype.status() {
            EncTypeStatus::Removed => Some((
                Code::ENCTYPE_REMOVED,
                format!("{enctype}: libraries have not known it since MIT 1.18"),
            )),
            EncTypeStatus::Unknown => Some((Code::ENCTYPE_UNKNOWN, format!("{enctype}: nobody knows it"))),
            EncTypeStatus::Weak => {
                let text = format!("{enctype}: broken; libraries use it with allow_weak_crypto only");
                Some((Code::ENCTYPE_WEAK, text))
            }
            _ if !permitted => {
                let text = format!(
                    "{enctype}: not in permitted_enctypes of this host, so that `kinit -k` does not use it, nor would a \
                     KDC with this configuration"
                );
                Some((Code::ENCTYPE_NOT_PERMITTED, text))
            }
            EncTypeStatus::Deprecated => {
                let text =
                    format!("{enctype}: deprecated; better keys are made with aes256-cts and the like");
                Some((Code::ENCTYPE_DEPRECATED, text))
            }
            EncTypeStatus::Current => None,
        };
        if let Some((code, text)) = found {
            findings.push(Finding::new(code, text).slots(slots));
        }
    }
}

fn duplicates(all: &[Numbered<'_>], findings: &mut Vec<Finding>) {
    let mut seen: HashMap<_, Vec<Numbered<'_>>> = HashMap::new();
    for &(slot, record) in all {
        let entry = &record.entry;
        let earlier = seen.entry((&entry.principal, entry.kvno, entry.key.enctype)).or_default();
        if let Some((first, _)) = earlier.iter().find(|(_, one)| one.entry.same_key(entry)) {
            let text = format!("the same as slot {first}");
            findings.push(about(Code::DUPLICATE, slot, record, text).mend([Remedy::Dedup]));
        } else if let Some((first, one)) = earlier.first() {
            let text = format!(
                "the same principal, version and encryption type as slot {first}, but another key ({} there, {} \
                 here): most programs try the first only",
                KeyFingerprint::of(&one.entry.key),
                KeyFingerprint::of(&entry.key)
            );
            findings.push(about(Code::DUPLICATE_DIFFERS, slot, record, text));
        }
        earlier.push((slot, record));
    }
}

fn versions(all: &[Numbered<'_>], findings: &mut Vec<Finding>) {
    for &(slot, record) in all {
        let (kvno, low) = (record.entry.kvno, record.kvno.low);
        if !record.kvno.agree() {
            let text = format!(
                "version {kvno} in the new field, but {low} in the old one, which older programs read"
            );
            findings.push(about(Code::KVNO_FIELDS_DIFFER, slot, record, text));
        } else if kvno > 255 {
            let text = format!("version {kvno}, which programs that know the old field only take for {low}");
            findings.push(about(Code::KVNO_OVER_255, slot, record, text));
        }
    }
}

fn times(all: &[Numbered<'_>], rules: &LibraryRules, findings: &mut Vec<Finding>) {
    for &(slot, record) in all {
        let ahead = record.entry.timestamp.seconds() - rules.now.seconds();
        if ahead > rules.clockskew {
            let text = format!("written {ahead} seconds from now, if the clocks are right");
            findings.push(about(Code::TIMESTAMP_FUTURE, slot, record, text));
        }
    }
}
