//! Commands that wait on standard input are one transaction.

use crate::ahead;
use crate::session::Session;
use k5_admin::{AdminError, Pace};
use k5_shell::{Batch, Written};
use std::ffi::OsString;

pub(crate) const PACE: Pace = Pace { now: k5_cli::monotonic, wait: std::thread::sleep };

/// An error is told by the command that then runs into it alone.
impl Batch for Session {
    fn begin(&mut self) -> bool {
        self.admin.begin_batch(PACE).unwrap_or(false)
    }

    fn look_ahead(&mut self, lines: &[Vec<OsString>]) -> usize {
        ahead::derive(self, lines)
    }

    fn mark(&mut self) -> bool {
        self.admin.mark_in_batch().is_ok()
    }

    fn wants_to_be_alone(&self) -> bool {
        self.admin.is_to_be_alone()
    }

    fn undo(&mut self) -> bool {
        self.admin.undo_in_batch().is_ok()
    }

    fn is_due(&self) -> bool {
        self.admin.is_batch_due()
    }

    fn commit(&mut self) -> Written {
        match self.admin.commit_batch() {
            Ok(()) => Written::Whole,
            Err(AdminError::Database(error)) if error.is_undecided() => Written::InDoubt(error.to_string()),
            Err(_) => Written::Not,
        }
    }

    fn end(&mut self) {
        self.admin.end_batch();
    }
}
