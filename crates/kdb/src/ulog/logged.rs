//! A back end whose changes go into the update log as well.

use super::append::Event;
use super::changes::Change;
use super::log::UpdateLog;
use super::pending::with_events;
use crate::backend::{Access, Backend, Order, Savepoint, Scope, Transaction, Visit};
use crate::entry::Entry;
use crate::error::Result;
use crate::exchange::Exchange;
use crate::policy::Policy;
use crate::steps::Reached;
use k5_types::Principal;

/// The back end, with a log.
pub(crate) fn logged(backend: Box<dyn Backend>, log: &UpdateLog) -> Box<dyn Backend> {
    Box::new(Logged { backend, log: log.clone() })
}

/// A back end and its log.
struct Logged {
    backend: Box<dyn Backend>,
    log: UpdateLog,
}

impl Backend for Logged {
    fn begin(&self, scope: Scope, access: Access) -> Result<Box<dyn Transaction>> {
        let inner = self.backend.begin(scope, access)?;
        Ok(match access {
            Access::Read => inner,
            Access::Write => Box::new(LoggedTransaction {
                inner,
                log: self.log.clone(),
                events: Vec::new(),
                marks: Vec::new(),
            }),
        })
    }

    fn name(&self) -> &'static str {
        self.backend.name()
    }

    fn take_apart(&self, name: &[u8], record: &[u8]) -> Result<Entry> {
        self.backend.take_apart(name, record)
    }

    fn put_together(&self, entry: &Entry) -> Result<Vec<u8>> {
        self.backend.put_together(entry)
    }

    fn can_be_held(&self) -> bool {
        self.backend.can_be_held()
    }
}

struct LoggedTransaction {
    inner: Box<dyn Transaction>,
    log: UpdateLog,
    events: Vec<Event>,
    /// How many events there were at each savepoint.
    marks: Vec<(Savepoint, usize)>,
}

impl LoggedTransaction {
    /// Something has changed, which an update says or nothing.
    fn changed(&mut self, change: Option<Change>) {
        self.events.push(Event::new(change, self.log.now()));
    }

    fn mark(&self, savepoint: Savepoint) -> Option<usize> {
        self.marks.iter().position(|(known, _)| *known == savepoint)
    }
}

impl Transaction for LoggedTransaction {
    fn principal(&mut self, name: &Principal) -> Result<Option<Entry>> {
        self.inner.principal(name)
    }

    fn put_principal(&mut self, entry: &Entry) -> Result<()> {
        let before = self.inner.principal(&entry.principal)?;
        self.inner.put_principal(entry)?;
        self.changed(Change::put(before.as_ref(), entry));
        Ok(())
    }

    fn record(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>> {
        self.inner.record(name)
    }

    fn exchange(&mut self, exchange: &Exchange) -> Result<bool> {
        let exchanged = self.inner.exchange(exchange)?;
        if exchanged {
            self.changed(Change::put(Some(&exchange.before().entry), &exchange.after().entry));
        }
        Ok(exchanged)
    }

    fn delete_principal(&mut self, name: &Principal) -> Result<bool> {
        let deleted = self.inner.delete_principal(name)?;
        if deleted {
            self.changed(Some(Change::delete(name)));
        }
        Ok(deleted)
    }

    fn each_principal(&mut self, order: Order, visit: &mut dyn FnMut(Entry) -> Visit) -> Result<()> {
        self.inner.each_principal(order, visit)
    }

    fn each_name(&mut self, visit: &mut dyn FnMut(&[u8]) -> Visit) -> Result<()> {
        self.inner.each_name(visit)
    }

    fn each_name_with(&mut self, prefix: &[u8], visit: &mut dyn FnMut(&[u8]) -> Visit) -> Result<()> {
        self.inner.each_name_with(prefix, visit)
    }

    fn is_ordered(&self) -> bool {
        self.inner.is_ordered()
    }

    fn changed_pages(&self) -> usize {
        self.inner.changed_pages()
    }

    fn each_name_from(
        &mut self,
        from: &[u8],
        order: Order,
        visit: &mut dyn FnMut(&[u8]) -> Visit,
    ) -> Result<()> {
        self.inner.each_name_from(from, order, visit)
    }

    fn each_name_by_steps(
        &mut self,
        reached: Option<Reached>,
        visit: &mut dyn FnMut(&[u8]) -> Visit,
    ) -> Result<Option<Reached>> {
        self.inner.each_name_by_steps(reached, visit)
    }

    fn policy(&mut self, name: &[u8]) -> Result<Option<Policy>> {
        self.inner.policy(name)
    }

    fn put_policy(&mut self, policy: &Policy) -> Result<()> {
        self.inner.put_policy(policy)?;
        // No update says anything of policies.
        self.changed(None);
        Ok(())
    }

    fn delete_policy(&mut self, name: &[u8]) -> Result<bool> {
        let deleted = self.inner.delete_policy(name)?;
        if deleted {
            self.changed(None);
        }
        Ok(deleted)
    }

    fn each_policy(&mut self, visit: &mut dyn FnMut(Policy) -> Visit) -> Result<()> {
        self.inner.each_policy(visit)
    }

    fn savepoint(&mut self) -> Savepoint {
        let savepoint = self.inner.savepoint();
        self.marks.push((savepoint, self.events.len()));
        savepoint
    }

    fn rollback_to(&mut self, savepoint: Savepoint) -> Result<()> {
        self.inner.rollback_to(savepoint)?;
        if let Some(at) = self.mark(savepoint) {
            if let Some((_, count)) = self.marks.get(at) {
                self.events.truncate(*count);
            }
            self.marks.truncate(at + 1);
        }
        Ok(())
    }

    fn release(&mut self, savepoint: Savepoint) -> Result<()> {
        self.inner.release(savepoint)?;
        if let Some(at) = self.mark(savepoint) {
            self.marks.truncate(at);
        }
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<()> {
        let LoggedTransaction { inner, log, events, .. } = *self;
        if events.is_empty() {
            return inner.commit();
        }
        with_events(&log, &events, |begin| {
            begin()?;
            inner.commit()
        })
    }
}
