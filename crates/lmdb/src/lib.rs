//! LMDB environments, as MIT's `klmdb` back end keeps them: bytes and pages, nothing of Kerberos.
//!
//! liblmdb locks, begins transactions and writes. It trusts what is on the disk: a file that was cut short ends the process with
//! SIGBUS, a damaged page with anything. So everything is read through the file, page by page with every offset checked,
//! while a transaction of liblmdb's keeps the pages of its state from being used again; and what liblmdb is about to go through
//! for a change is looked at first. The layout is told in `docs/formats/klmdb.md`.
#![deny(unsafe_code)]

mod check;
mod environment;
mod error;
mod layout;
mod pages;
mod snapshot;
#[cfg(test)]
mod tests;
mod walk;
mod writer;

pub use check::{Problem, Record, Report, Visit as VisitRecords, salvage};
pub use environment::{Environment, Mode, Options, Room, lock_file};
pub use error::{Error, Flow, Result};
pub use snapshot::{Direction, Snapshot, VisitRecord};
pub use writer::Writer;

/// Longest key, in bytes, that liblmdb takes (`MDB_MAXKEYSIZE`); a key is never empty.
pub const KEY_LIMIT: usize = 511;
