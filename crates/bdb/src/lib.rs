//! Berkeley DB 1.85 files, as MIT's `db2` back end keeps them: bytes and pages, nothing of Kerberos.
//!
//! [`btree`] is the B-tree (`docs/formats/btree.md`), [`hash`] the hash table (`docs/formats/hash.md`). They work
//! over a [`PageFile`], which the system's files and [`MemFile`] are, so that a test can fill the disk or cut a
//! write wherever it likes. [`Storage`] is the directory that such files are in.
#![forbid(unsafe_code)]

pub mod btree;
mod cache;
mod changes;
pub mod commit;
mod error;
mod file;
mod flaw;
pub mod hash;
mod memory;
mod sort;
mod storage;
mod types;
mod write;

pub use error::{Error, Result};
pub use file::{PageFile, overwrite_with_zeros};
pub use memory::{Fault, MemFile};
pub use sort::{Sorted, Sorter};
pub use storage::{Copying, Facts, Storage, StoredFile, SystemStorage};
pub use types::Access;
