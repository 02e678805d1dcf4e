//! Looking at a database that may be damaged: what contradicts itself, and what can still be read.

use super::files::{KlmdbSettings, LOCKOUT, POLICIES, PRINCIPALS};
use super::record::{self, Lockout};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::inspect::{CutShort, Found, Inspect, Part, Problem, Seen, Structure, Way};
use crate::key_data::sort_key_data;
use crate::policy::Policy;
use k5_lmdb::{Environment, Mode, Options, Record, Report, Snapshot, VisitRecords};
use k5_types::Principal;
use std::ops::ControlFlow;
use std::path::Path;

/// A database, one state of each environment, if liblmdb opens it; else the files as they are.
pub(crate) struct KlmdbInspector {
    settings: KlmdbSettings,
    principals: Option<Snapshot>,
    lockout: Option<Snapshot>,
}

impl KlmdbInspector {
    /// Takes the states.
    ///
    /// # Errors
    /// Where the database is missing or may not be read.
    pub fn begin(settings: &KlmdbSettings) -> Result<Self> {
        if !settings.principals.exists() {
            return Err(KdbError::LmdbMissing { path: settings.principals.clone() });
        }
        let open = |path: &Path, trees| {
            let options = Options { map_size: 0, max_readers: 0, sync: true, trees };
            match Environment::open(path, Mode::Existing, &options).and_then(|opened| opened.read()) {
                Ok(snapshot) => Ok(Some(snapshot)),
                Err(k5_lmdb::Error::NotLmdb { .. } | k5_lmdb::Error::Damaged { .. }) => Ok(None),
                Err(error) => Err(settings.error(error)),
            }
        };
        let principals = open(&settings.principals, &[PRINCIPALS, POLICIES])?;
        let uses_lockout = settings.uses_lockout && settings.lockout.exists();
        let lockout = if uses_lockout { open(&settings.lockout, &[LOCKOUT])? } else { None };
        Ok(KlmdbInspector { settings: settings.clone(), principals, lockout })
    }

    fn check(&self, part: Part, visit: VisitRecords<'_, KdbError>) -> Result<Report> {
        let snapshot = if part == Part::Lockout { &self.lockout } else { &self.principals };
        match snapshot {
            Some(snapshot) => snapshot.check(visit),
            None => k5_lmdb::salvage(self.path(part), visit),
        }
    }

    /// Visits the records that a tree leads to, then those on pages that none leads to.
    fn records<T>(
        &self,
        tree: &str,
        visit: &mut dyn FnMut(Found<T>) -> ControlFlow<()>,
        decode: impl Fn(&[u8], &[u8]) -> Read<T>,
    ) -> Result<()> {
        let mut seen = Seen::default();
        let mut look = |record: Record<'_>| -> Result<ControlFlow<()>> {
            const ON: Result<ControlFlow<()>> = Ok(ControlFlow::Continue(()));
            let Some(value) = record.value else { return ON };
            let read = decode(record.key, value);
            let way = match record.tree {
                Some(name) if name == tree => Way::Tree,
                Some(_) => return ON,
                // What is no record of this kind, or not as one is written, is one of another.
                None if matches!(read, Ok((_, None))) => Way::Scan,
                None => return ON,
            };
            if seen.knows(record.key) {
                return ON;
            }
            let (what, doubt) = match read {
                Ok((what, doubt)) => {
                    seen.insert(record.key);
                    (Ok(what), doubt)
                }
                Err(what) => (Err(what), None),
            };
            Ok(visit(Found { page: page(record.page), way, name: Some(record.key.to_vec()), what, doubt }))
        };
        self.check(Part::Principals, &mut look).map(|_| ())
    }

    fn entry(&self, key: &[u8], value: &[u8]) -> Read<Entry> {
        let mut entry = record::decode("", key, value).map_err(what_is_wrong)?;
        if entry.principal.unparse() != key {
            return Err(format!("the record is that of {}", entry.principal));
        }
        let doubt = doubt(record::encode(&entry).ok(), value);
        sort_key_data(&mut entry.key_data);
        let lockout = self.lockout.as_ref().and_then(|lockout| lockout.get(LOCKOUT, key).ok().flatten());
        lockout.and_then(|record| Lockout::decode(&record)).unwrap_or_default().set(&mut entry);
        Ok((entry, doubt))
    }
}

/// What has been read, and what is not as a writer leaves it.
type Read<T> = std::result::Result<(T, Option<String>), String>;

fn what_is_wrong(error: KdbError) -> String {
    match error {
        KdbError::Record { what, .. } => what,
        other => other.to_string(),
    }
}

fn doubt(again: Option<Vec<u8>>, value: &[u8]) -> Option<String> {
    let again = again?;
    let behind = value.len().saturating_sub(again.len());
    (again != value).then(|| match behind {
        0 => "it is not written as any writer does".to_owned(),
        behind => format!("{behind} bytes behind the record's end"),
    })
}

/// A page's number as it is shown.
fn page(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Inspect for KlmdbInspector {
    fn path(&self, part: Part) -> &Path {
        match part {
            Part::Principals | Part::Policies => &self.settings.principals,
            Part::Lockout => &self.settings.lockout,
        }
    }

    /// LMDB leaves no such thing.
    fn cut_short(&self) -> Result<Option<CutShort>> {
        Ok(None)
    }

    fn structure(&self, part: Part) -> Result<Structure> {
        let absent = part == Part::Lockout && !(self.settings.uses_lockout && self.settings.lockout.exists());
        if part == Part::Policies || absent {
            // The policies are in the same file as the principals.
            return Ok(Structure::default());
        }
        let mut odd = Vec::new();
        let report = self.check(part, &mut |record| {
            if record.tree == Some(LOCKOUT) && record.value.is_some_and(|value| value.len() != Lockout::SIZE)
            {
                let name = String::from_utf8_lossy(record.key).replace(|c: char| c.is_control(), "?");
                let what = format!("{name}: a lockout record that is not of {} bytes", Lockout::SIZE);
                odd.push(Problem { page: page(record.page), what });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let more = report.problem_count.saturating_sub(report.problems.len() as u64);
        let told = report.problems.into_iter();
        let mut problems: Vec<_> =
            told.map(|problem| Problem { page: page(problem.page), what: problem.what }).collect();
        problems.append(&mut odd);
        Ok(Structure { pages: page(report.pages), problems, more })
    }

    fn principals(&self, visit: &mut dyn FnMut(Found<Entry>) -> ControlFlow<()>) -> Result<()> {
        self.records(PRINCIPALS, visit, |key, value| self.entry(key, value))
    }

    fn policies(&self, visit: &mut dyn FnMut(Found<Policy>) -> ControlFlow<()>) -> Result<()> {
        self.records(POLICIES, visit, |key, value| {
            let policy = record::decode_policy("", key, value).map_err(what_is_wrong)?;
            let doubt = doubt(record::encode_policy(&policy).ok(), value);
            Ok((policy, doubt))
        })
    }

    fn principal(&self, name: &Principal) -> Result<Option<Entry>> {
        let key = name.unparse();
        let by_tree = self.principals.as_ref().map(|snapshot| snapshot.get(PRINCIPALS, &key));
        if let Some(Ok(Some(value))) = by_tree
            && let Ok((entry, _)) = self.entry(&key, &value)
        {
            return Ok(Some(entry));
        }
        let mut found_entry = None;
        self.principals(&mut |found| match found.what {
            Ok(this) if found.name.as_deref() == Some(&key) => {
                found_entry = Some(this);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        })?;
        Ok(found_entry)
    }

    fn may_have(&self, name: &Principal) -> bool {
        let found = self.principals.as_ref().map(|snapshot| snapshot.get(PRINCIPALS, &name.unparse()));
        !matches!(found, Some(Ok(None)))
    }
}
