//! A load of a database that has an update log.

use super::append::Event;
use super::changes::Change;
use super::layout::Last;
use super::log::UpdateLog;
use super::pending::{Pending, beginning_anew};
use crate::backend::{Load, LoadFrom, Loaded};
use crate::entry::Entry;
use crate::error::Result;
use crate::policy::Policy;
use k5_types::Principal;
use std::collections::HashSet;

/// The load, with a log: what comes from nothing begins it anew, what goes over the live database is added to it.
pub(crate) fn logged_load(load: Box<dyn Load>, log: &UpdateLog, from: LoadFrom) -> Box<dyn Load> {
    let means = match from {
        LoadFrom::Nothing => Means::Anew,
        LoadFrom::Live => Means::Updates { events: Vec::new(), names: HashSet::new() },
    };
    Box::new(LoggedLoad { load, log: log.clone(), means })
}

/// A load of a full copy of another database, which was at `last` in its log.
pub(crate) fn logged_copy(load: Box<dyn Load>, log: &UpdateLog, last: Last) -> Box<dyn Load> {
    Box::new(LoggedLoad { load, log: log.clone(), means: Means::Copy(last) })
}

/// What becomes of the log.
enum Means {
    /// It is begun anew.
    Anew,
    /// It goes on from there.
    Copy(Last),
    /// These are added.
    Updates {
        events: Vec<Event>,
        /// Of whom.
        names: HashSet<Vec<u8>>,
    },
}

struct LoggedLoad {
    load: Box<dyn Load>,
    log: UpdateLog,
    means: Means,
}

impl Load for LoggedLoad {
    fn put_principal(&mut self, entry: &Entry) -> Result<()> {
        if let Means::Updates { events, names } = &mut self.means {
            let is_first = names.insert(entry.principal.unparse());
            if is_first && events.len() < self.log.entries() as usize {
                let before = self.load.live_principal(&entry.principal)?;
                events.push(Event::new(Change::put(before.as_ref(), entry), self.log.now()));
            } else {
                // More than the log holds, or two of one name, which the live database tells nothing about.
                self.means = Means::Anew;
            }
        }
        self.load.put_principal(entry)
    }

    fn put_policy(&mut self, policy: &Policy) -> Result<()> {
        if let Means::Updates { events, .. } = &mut self.means {
            events.clear();
            events.push(Event::Anew(self.log.now()));
        }
        self.load.put_policy(policy)
    }

    fn live_principal(&mut self, name: &Principal) -> Result<Option<Entry>> {
        self.load.live_principal(name)
    }

    fn complete(&mut self) -> Result<()> {
        self.load.complete()
    }

    fn finish_with(self: Box<Self>, placing: &mut dyn FnMut() -> Result<()>) -> Result<Loaded> {
        let LoggedLoad { load, log, means } = *self;
        match means {
            Means::Updates { events, .. } if events.is_empty() => load.finish_with(placing),
            Means::Updates { events, .. } => {
                let mut pending = None;
                let loaded = load.finish_with(&mut || {
                    placing()?;
                    pending = Some(Pending::begin(&log, &events)?);
                    Ok(())
                });
                if let Some(pending) = pending {
                    pending.settle(&loaded);
                }
                loaded
            }
            Means::Anew => beginning_anew(&log, |begin| {
                load.finish_with(&mut || {
                    placing()?;
                    begin()
                })
            }),
            Means::Copy(last) => {
                let mut pending = None;
                let loaded = load.finish_with(&mut || {
                    placing()?;
                    pending = Some(Pending::begin_anew(&log)?);
                    Ok(())
                });
                match (pending, &loaded) {
                    (Some(pending), Ok(_)) => pending.finish_at(last),
                    (Some(pending), Err(_)) => pending.settle(&loaded),
                    (None, _) => {}
                }
                loaded
            }
        }
    }
}
