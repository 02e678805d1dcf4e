//! The `klmdb` back end: MIT's LMDB environments (`docs/formats/klmdb.md`).
//!
//! Two environments: one with the principals and the policies, one with what the KDC writes of failures and successes, which is
//! never waited for. There are no locks but LMDB's own: who reads sees one state and waits for nobody; who writes
//! waits for who writes.

mod changes;
mod files;
mod inspect;
mod load;
pub mod record;
#[cfg(test)]
mod tests;
mod transaction;

pub use files::{Klmdb, KlmdbArguments, KlmdbSettings};
pub(crate) use inspect::KlmdbInspector;
pub use load::KlmdbLoader;
