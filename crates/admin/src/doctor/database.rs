//! Each principal of the keytab beside the principal database: could the tickets that the KDC makes now be decrypted?
//!
//! The KDC encrypts a ticket in the first key of the service's current version whose type is permitted, whatever the
//! client can do. A program that takes its own name looks for that principal, that version and that type exactly.

use super::code::Code;
use super::entries::Numbered;
use super::finding::{Finding, Remedy, list, shown};
use super::stored::{Standing, StoredKeys};
use crate::admin::Admin;
use crate::error::Result;
use k5_crypto::KeyFingerprint;
use k5_kdb::{Entry, Scope, find_principal};
use k5_types::{Attributes, EncType, Principal, Timestamp};

/// The database, and the encryption types that its KDC may use.
#[derive(Clone, Copy)]
pub struct Database<'a> {
    /// The database.
    pub admin: &'a Admin,
    /// `permitted_enctypes` of its KDC.
    pub permitted: &'a [EncType],
}

impl Database<'_> {
    /// Whether names of that realm are looked up.
    pub(super) fn has_realm(&self, realm: &[u8]) -> bool {
        realm == self.admin.realm()
    }

    /// The entry that a name leads to, through aliases.
    pub(super) fn find(&self, principal: &Principal) -> Result<Option<Entry>> {
        self.admin.read(Scope::Everything, |transaction| Ok(find_principal(transaction, principal)?))
    }

    /// All that there is to say of one principal, whose entries these are.
    pub(super) fn check(
        &self,
        principal: &Principal,
        own: &[Numbered<'_>],
        now: Timestamp,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let name = shown(principal);
        let slots = || own.iter().map(|(slot, _)| *slot);
        if !self.has_realm(principal.realm()) {
            let text = format!("{name} is of another realm than the database: not compared");
            findings.push(Finding::new(Code::REALM_NOT_CHECKED, text).slots(slots()).of(principal));
            return Ok(());
        }
        let Some(entry) = self.find(principal)? else {
            let text = format!(
                "the database does not know {name}: if there should be such a principal, make it (addprinc -randkey) \
                 and fetch its keys (ktadd -norandkey) once its entries are removed"
            );
            let finding = Finding::new(Code::PRINCIPAL_MISSING, text).slots(slots()).of(principal);
            findings.push(finding.mend([Remedy::RemoveEntries(principal.clone(), None)]));
            return Ok(());
        };
        if entry.principal != *principal {
            let text = format!(
                "{name} is an alias of {} and has its keys; a KDC older than MIT's 1.22 does not know aliases",
                shown(&entry.principal)
            );
            findings.push(Finding::new(Code::PRINCIPAL_ALIAS, text).slots(slots()).of(principal));
        }
        standing(principal, &entry, now, findings);
        let stored = StoredKeys::open(&self.admin.master, &entry);
        for (kvno, enctype, why) in &stored.unopened {
            let text = format!("{name}: version {kvno}, {enctype}: {why}");
            findings.push(Finding::new(Code::KEY_UNOPENED, text).of(principal));
        }
        let comparison = Comparison { principal, name, own, stored: &stored, permitted: self.permitted };
        findings.extend(merged(comparison.run()));
        Ok(())
    }
}

/// What the principal's entry allows.
fn standing(principal: &Principal, entry: &Entry, now: Timestamp, findings: &mut Vec<Finding>) {
    let name = shown(principal);
    let owner = &entry.principal;
    let mut say = |code, text: String, remedy: &'static [&'static str]| {
        let finding = Finding::new(code, text).of(principal);
        let mend = (!remedy.is_empty()).then(|| Remedy::Modify(owner.clone(), remedy));
        findings.push(finding.mend(mend));
    };
    let past = |time: Timestamp| time != Timestamp::NEVER && time < now;
    let attributes = entry.attributes;
    if attributes.has(Attributes::DISALLOW_ALL_TIX) {
        let text = format!("{name} is locked: the KDC gives no tickets for it");
        say(Code::TICKETS_DISALLOWED, text, &["+allow_tix"]);
    }
    if attributes.has(Attributes::DISALLOW_SVR) {
        if principal.components().len() > 1 {
            let text = format!("the KDC gives no tickets for {name}, since it may be no service");
            say(Code::SERVICE_DISALLOWED, text, &["+allow_svr"]);
        } else {
            say(Code::CLIENT_ONLY, format!("the KDC gives {name} tickets, but none for it"), &[]);
        }
    }
    if attributes.has(Attributes::DISALLOW_TGT_BASED) {
        let text = format!("the KDC gives no tickets for {name} on a ticket-granting ticket");
        say(Code::TGT_DISALLOWED, text, &["+allow_tgs_req"]);
    }
    if past(entry.expiration) {
        say(Code::PRINCIPAL_EXPIRED, format!("{name} has expired"), &["-expire", "never"]);
    }
    if past(entry.pw_expiration) || attributes.has(Attributes::REQUIRES_PWCHANGE) {
        let text =
            format!("the password of {name} has expired: tickets for it are given, `kinit -k` as it fails");
        say(Code::PASSWORD_EXPIRED, text, &[]);
    }
    if attributes.has(Attributes::LOCKDOWN_KEYS) {
        let text =
            format!("the keys of {name} are locked: only on the KDC's host can they be put into a keytab");
        say(Code::KEYS_LOCKED, text, &[]);
    }
}

/// One principal's entries beside its keys in the database.
struct Comparison<'a> {
    principal: &'a Principal,
    name: String,
    own: &'a [Numbered<'a>],
    stored: &'a StoredKeys,
    permitted: &'a [EncType],
}

impl Comparison<'_> {
    fn run(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let Some(ticket) = self.stored.ticket_enctype(self.permitted) else {
            let text = match self.stored.types_at_current().is_empty() {
                true => format!("{} has no keys in the database", self.name),
                false => {
                    format!("{} has keys in the database of types only that the KDC may not use", self.name)
                }
            };
            let slots = self.own.iter().map(|(slot, _)| *slot);
            return vec![Finding::new(Code::NO_KEYS, text).slots(slots).of(self.principal)];
        };
        let standings: Vec<(Numbered<'_>, Standing)> =
            self.own.iter().map(|numbered| (*numbered, self.stored.standing(&numbered.1.entry))).collect();
        let picked = self.picked(&standings, ticket);
        let works = matches!(picked, Some(Standing::Same { kvno }) if kvno == self.stored.kvno);
        if !works && picked != Some(Standing::Unopened) {
            findings.push(self.failure(&standings, ticket));
        }
        for (numbered, standing) in &standings {
            findings.extend(self.of_entry(numbered, *standing, ticket, works));
        }
        if works {
            findings.extend(self.gaps(&standings));
        }
        findings
    }

    /// Where the entry stands that a program takes for a ticket. It is picked as [`k5_keytab::Select::pick`] does it: the
    /// first with the version; else one with the version 0, which stands for any, or the first that has the low 8 bits.
    fn picked(&self, standings: &[(Numbered<'_>, Standing)], ticket: EncType) -> Option<Standing> {
        let current = self.stored.kvno;
        let mut best: Option<&(Numbered<'_>, Standing)> = None;
        for candidate in standings {
            let entry = &candidate.0.1.entry;
            if entry.key.enctype != ticket {
                continue;
            }
            let better = match entry.kvno {
                kvno if kvno == current => return Some(candidate.1),
                0 => best.is_none_or(|((_, best), _)| entry.more_recent_than(&best.entry)),
                kvno => kvno == current & 0xff && best.is_none(),
            };
            if better {
                best = Some(candidate);
            }
        }
        best.map(|(_, standing)| *standing)
    }

    /// Why it fails.
    fn failure(&self, standings: &[(Numbered<'_>, Standing)], ticket: EncType) -> Finding {
        let (name, current) = (&self.name, self.stored.kvno);
        let of = |wanted: &dyn Fn(&Numbered<'_>, Standing) -> bool| -> Vec<Numbered<'_>> {
            standings.iter().filter(|(n, standing)| wanted(n, *standing)).map(|(n, _)| *n).collect()
        };
        let fetch = Remedy::FetchKeys(self.principal.clone());
        let remove = |kvno| Remedy::RemoveEntries(self.principal.clone(), Some(kvno));
        let differing = of(&|n, standing| {
            standing == Standing::Differs { kvno: current } && n.1.entry.key.enctype == ticket
        });
        if let Some((_, record)) = differing.first() {
            let there = self.stored.fingerprint(current, ticket);
            let text = format!(
                "{name}: the key of version {}, {ticket} ({}) is not that of the database ({there})",
                record.entry.kvno,
                KeyFingerprint::of(&record.entry.key)
            );
            return self
                .finding(Code::KEY_DIFFERS, &differing, text)
                .mend([remove(record.entry.kvno), fetch]);
        }
        let renumbered = of(&|_, standing| standing == Standing::Elsewhere { kvno: current });
        if let Some((_, record)) = renumbered.iter().find(|(_, record)| record.entry.key.enctype == ticket) {
            let kvno = record.entry.kvno;
            let text = format!(
                "{name}: the key is that of the database, but has version {kvno} here and {current} there: programs \
                 that look for their own name do not find it"
            );
            return self.finding(Code::KVNO_WRONG, &renumbered, text).mend([remove(kvno), fetch]);
        }
        let at_current = of(&|n, _| self.stored.is_version(n.1.entry.kvno, current));
        if !at_current.is_empty() {
            let text = format!(
                "{name}: the KDC encrypts tickets in {ticket}, version {current}, which is not there"
            );
            return self.finding(Code::ENCTYPE_MISSING, &at_current, text).mend([fetch]);
        }
        let all: Vec<Numbered<'_>> = self.own.to_vec();
        let newest = self.own.iter().map(|(_, record)| record.entry.kvno).max().unwrap_or(0);
        if newest < current {
            let text =
                format!("{name}: version {newest} is the newest here, but the database is at {current}");
            self.finding(Code::KVNO_STALE, &all, text).mend([fetch])
        } else {
            let text = format!("{name}: version {newest} is here, but the database is at {current} only");
            let newer = self.versions_above(current).into_iter().map(remove);
            self.finding(Code::KVNO_AHEAD, &all, text).mend(newer).mend([fetch])
        }
    }

    fn versions_above(&self, current: u32) -> Vec<u32> {
        let mut versions: Vec<u32> =
            self.own.iter().map(|(_, record)| record.entry.kvno).filter(|kvno| *kvno > current).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }

    fn finding(&self, code: Code, entries: &[Numbered<'_>], text: String) -> Finding {
        let finding =
            Finding::new(code, text).slots(entries.iter().map(|(slot, _)| *slot)).of(self.principal);
        match entries {
            [(_, record)] => finding.at(record.offset),
            _ => finding,
        }
    }

    /// What is to be said of an entry beside whether the principal works.
    fn of_entry(
        &self,
        numbered: &Numbered<'_>,
        standing: Standing,
        ticket: EncType,
        works: bool,
    ) -> Option<Finding> {
        let (name, current) = (&self.name, self.stored.kvno);
        let entry = &numbered.1.entry;
        let (kvno, enctype) = (entry.kvno, entry.key.enctype);
        let print = || KeyFingerprint::of(&entry.key);
        let (code, text, remedy) = match standing {
            Standing::Same { kvno: at } if at == current => return None,
            Standing::Same { .. } => (
                Code::KVNO_OLD_KEPT,
                format!("{name}: version {kvno} is old; the database keeps it as well"),
                None,
            ),
            // Told already: as the reason of the failure, or as the second of two.
            Standing::Differs { kvno: at } if at == current && enctype == ticket && !works => return None,
            Standing::Differs { kvno: at } if at == current && self.is_second(numbered) => return None,
            Standing::Differs { kvno: at } if at == current => {
                let there = self.stored.fingerprint(at, enctype);
                let text = format!(
                    "{name}: the key of version {kvno}, {enctype} ({}) is not that of the database ({there}), but no \
                     ticket needs it today",
                    print()
                );
                let remedy = Remedy::RemoveEntries(self.principal.clone(), Some(kvno));
                (Code::OTHER_KEY_DIFFERS, text, Some([remedy, Remedy::FetchKeys(self.principal.clone())]))
            }
            Standing::Differs { kvno: at } => {
                let there = self.stored.fingerprint(at, enctype);
                let text = format!(
                    "{name}: the old key of version {kvno}, {enctype} ({}) is not the one that the database keeps \
                     ({there}): older tickets fail",
                    print()
                );
                (Code::OLD_KEY_DIFFERS, text, None)
            }
            Standing::NoSuchType { kvno: at } if at == current => {
                let text =
                    format!("{name}: the database has no {enctype} at version {kvno}: no ticket needs it");
                (Code::ENCTYPE_EXTRA, text, None)
            }
            Standing::Unopened => return None,
            _ if !works => return None,
            _ if kvno < current => {
                let text = format!(
                    "{name}: version {kvno} is old (the database is at {current}): for tickets from before the change only"
                );
                (Code::KVNO_OLD, text, None)
            }
            _ => {
                let text =
                    format!("{name}: version {kvno} is newer than the database, which is at {current}");
                (Code::KVNO_NEWER, text, None)
            }
        };
        let finding = self.finding(code, std::slice::from_ref(numbered), text);
        Some(finding.mend(remedy.into_iter().flatten()))
    }

    /// Whether an entry before it has the same version and type, so that programs take that one.
    fn is_second(&self, numbered: &Numbered<'_>) -> bool {
        let entry = &numbered.1.entry;
        let mut before = self.own.iter().take_while(|(slot, _)| *slot < numbered.0);
        before.any(|(_, record)| {
            record.entry.kvno == entry.kvno && record.entry.key.enctype == entry.key.enctype
        })
    }

    /// Current keys of the database that are not there, though no ticket needs them today.
    fn gaps(&self, standings: &[(Numbered<'_>, Standing)]) -> Option<Finding> {
        let current = self.stored.kvno;
        let there = |enctype: EncType| {
            standings.iter().any(|((_, record), _)| {
                record.entry.key.enctype == enctype && self.stored.is_version(record.entry.kvno, current)
            })
        };
        let missing: Vec<String> = self
            .stored
            .types_at_current()
            .into_iter()
            .filter(|enctype| enctype.is_valid() && !there(*enctype))
            .map(|enctype| enctype.to_string())
            .collect();
        if missing.is_empty() {
            return None;
        }
        let text = format!(
            "{}: of version {current} the database has {} as well, in which a KDC with other settings would encrypt tickets",
            self.name,
            list(&missing)
        );
        let finding = Finding::new(Code::ENCTYPE_GAP, text).of(self.principal);
        Some(finding.mend([Remedy::FetchKeys(self.principal.clone())]))
    }
}

/// Findings of several entries that say the same, put into one.
fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        let same = |known: &&mut Finding| known.code == finding.code && known.text == finding.text;
        match merged.iter_mut().find(same) {
            None => merged.push(finding),
            Some(known) => {
                known.slots.extend(finding.slots);
                known.slots.sort_unstable();
                known.slots.dedup();
                if known.slots.len() > 1 {
                    known.offset = None;
                }
            }
        }
    }
    merged
}
