//! Keytabs: files that hold keys of principals, and the names by which programs refer to them.
//!
//! * [`KeytabReader`] opens a file under a shared lock and gives its entries one by one.
//! * [`KeytabWriter`] opens a file under an exclusive lock, looks through it and makes room, so that a caller
//!   knows that the keys can be stored *before* it changes them in the database; then it stores all or none.
//! * [`survey`] looks a file over: entries and holes with their places, owner and mode, and what is damaged.
//! * [`MemoryKeytab`] is a keytab that ends with the process.
//! * [`KeytabName`] reads `FILE:`, `WRFILE:` and `MEMORY:` names and finds the default ones.
//!
//! The bytes are told in `docs/formats/keytab.md`.
#![forbid(unsafe_code)]

mod change;
mod detour;
mod entry;
mod error;
mod layout;
mod memory;
mod name;
mod reader;
pub mod record;
mod storage;
mod survey;
mod window;
mod writer;

pub use entry::{Entry, Select};
pub use error::{Damage, KeytabError, Unstorable};
pub use memory::MemoryKeytab;
pub use name::{KeytabName, Place};
pub use reader::{KeytabReader, entries};
pub use survey::{Hole, Ownership, Record, Survey, survey};
pub use writer::{KeytabWriter, Stored};

/// The result of work on a keytab.
pub type Result<T> = std::result::Result<T, KeytabError>;
