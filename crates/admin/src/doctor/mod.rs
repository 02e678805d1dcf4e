//! The keytab doctor: why a keytab does not work, or will not for long.
//!
//! It looks at the file ([`k5_keytab::survey`]), at its entries alone, at each principal beside the database, and at the
//! names under which clients ask for the services of a host. What it can find stands in one table, [`TABLE`], with a
//! level for each; the worst level is the report's. Keys are compared here and shown as fingerprints only.

mod code;
mod database;
mod entries;
mod file;
mod finding;
mod hosts;
mod stored;

pub use code::{Code, Level, Row, TABLE};
pub use database::Database;
pub use entries::LibraryRules;
pub use file::ServiceUser;
pub use finding::{Finding, Remedy};
pub use hosts::Hosts;

use entries::by_principal;
use k5_keytab::{Ownership, Survey, survey};
use std::path::Path;

/// What is known of a database.
#[derive(Clone, Copy)]
pub enum Compare<'a> {
    /// It is open.
    With(Database<'a>),
    /// There is none, or it is not to be looked at; why.
    Without(&'a str),
    /// It should be there, but cannot be used; why.
    Unusable(&'a str),
}

/// What to examine, and by what.
pub struct Doctor<'a> {
    /// The keytab's file.
    pub keytab: &'a Path,
    /// What this host's programs go by.
    pub rules: LibraryRules,
    /// Who must be able to read it.
    pub user: Option<ServiceUser>,
    /// The database.
    pub database: Compare<'a>,
    /// The host; `None` leaves names of hosts out.
    pub hosts: Option<Hosts<'a>>,
}

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// Entries that could be read.
    pub entries: usize,
    /// Principals that they are of.
    pub principals: usize,
    /// Owner, group and mode, where the file could be opened.
    pub ownership: Option<Ownership>,
    /// Everything that was found: the file's own, the entries', the database's, the host's.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst level; [`Level::Note`] where nothing is wrong.
    #[must_use]
    pub fn level(&self) -> Level {
        self.findings.iter().map(Finding::level).max().unwrap_or(Level::Note)
    }

    /// How many findings are of a level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level() == level).count()
    }
}

impl Doctor<'_> {
    /// Looks at everything. Nothing is changed; what cannot be looked at is a finding.
    #[must_use]
    pub fn examine(&self) -> Report {
        let survey = match survey(self.keytab) {
            Ok(survey) => survey,
            Err(error) => {
                let findings = vec![file::closed(&error)];
                return Report { entries: 0, principals: 0, ownership: None, findings };
            }
        };
        let mut findings = Vec::new();
        file::contents(&survey, &mut findings);
        file::permissions(self.keytab, survey.ownership, self.user.as_ref(), &mut findings);
        entries::check(&survey.records, &self.rules, &mut findings);
        self.compare(&survey, &mut findings);
        self.names(&survey, &mut findings);
        Report {
            entries: survey.records.len(),
            principals: by_principal(&survey.records).len(),
            ownership: Some(survey.ownership),
            findings,
        }
    }

    fn compare(&self, survey: &Survey, findings: &mut Vec<Finding>) {
        let database = match self.database {
            Compare::With(database) => database,
            Compare::Without(why) => {
                let text = format!(
                    "not compared with a principal database ({why}): whether principals exist and keys and versions \
                     are the KDC's is not known"
                );
                findings.push(Finding::new(Code::DATABASE_NOT_CHECKED, text));
                return;
            }
            Compare::Unusable(why) => {
                let text = format!("the principal database cannot be used: {why}");
                findings.push(Finding::new(Code::DATABASE_UNUSABLE, text));
                return;
            }
        };
        for (principal, own) in by_principal(&survey.records) {
            if let Err(error) = database.check(principal, &own, self.rules.now, findings) {
                let text = format!("the principal database cannot be read: {error}");
                findings.push(Finding::new(Code::DATABASE_UNUSABLE, text).of(principal));
                return;
            }
        }
    }

    fn names(&self, survey: &Survey, findings: &mut Vec<Finding>) {
        let Some(hosts) = &self.hosts else {
            findings.push(Finding::new(Code::HOST_NOT_CHECKED, "names of hosts were left out"));
            return;
        };
        let database = match self.database {
            Compare::With(database) => Some(database),
            _ => None,
        };
        if let Err(error) = hosts.check(&survey.records, database, findings) {
            let text = format!("the principal database cannot be read: {error}");
            findings.push(Finding::new(Code::DATABASE_UNUSABLE, text));
        }
    }
}

#[cfg(test)]
mod tests;
