//! A load of a database that has an update log.

use super::append::Event;
use super::changes::Change;
use super::layout::Last;
use super::log::UpdateLog;
use super::pending::with_events;
use crate::backend::{Load, LoadFrom, Loaded};
use crate::entry::Entry;
use crate::error::Result;
use crate::policy::Policy;
use k5_types::Principal;
use std::collections::HashSet;

/// The load, with a log: what comes from nothing begins it anew, what goes over the live database is added to it.
pub(crate) fn logged_load(load: Box<dyn Load>, log: &UpdateLog, from: LoadFrom) -> Box<dyn Load> {
    let (events, names) = match from {
        LoadFrom::Nothing => (vec![Event::Anew(log.now())], None),
        LoadFrom::Live => (Vec::new(), Some(HashSet::new())),
    };
    Box::new(LoggedLoad { load, log: log.clone(), events, names })
}

/// A load of a full copy of another database, which was at `last` in its log.
pub(crate) fn logged_copy(load: Box<dyn Load>, log: &UpdateLog, last: Last) -> Box<dyn Load> {
    Box::new(LoggedLoad { load, log: log.clone(), events: vec![Event::Copy(last)], names: None })
}

struct LoggedLoad {
    load: Box<dyn Load>,
    log: UpdateLog,
    /// What the log gets.
    events: Vec<Event>,
    /// Whose changes are among them; `None` where they are all that there will be.
    names: Option<HashSet<Vec<u8>>>,
}

impl Load for LoggedLoad {
    fn put_principal(&mut self, entry: &Entry) -> Result<()> {
        if let Some(names) = &mut self.names {
            let is_first = names.insert(entry.principal.unparse());
            if is_first && self.events.len() < self.log.entries() as usize {
                let before = self.load.live_principal(&entry.principal)?;
                self.events.push(Event::new(Change::put(before.as_ref(), entry), self.log.now()));
            } else {
                // More than the log holds, or two of one name, which the live database tells nothing about.
                self.events = vec![Event::Anew(self.log.now())];
                self.names = None;
            }
        }
        self.load.put_principal(entry)
    }

    fn put_policy(&mut self, policy: &Policy) -> Result<()> {
        if self.names.is_some() {
            // No update says anything of policies, and whoever takes a full copy needs none of those before.
            self.events = vec![Event::Anew(self.log.now())];
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
        let LoggedLoad { load, log, events, .. } = *self;
        if events.is_empty() {
            return load.finish_with(placing);
        }
        with_events(&log, &events, |begin| {
            load.finish_with(&mut || {
                placing()?;
                begin()
            })
        })
    }
}
