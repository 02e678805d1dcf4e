//! The principal database: entries, policies, tagged data, master keys, and the back ends that store them.
//!
//! Whoever administers goes through [`Backend`] and [`Transaction`] and knows nothing of files. The formats are
//! described in `docs/formats/`.
#![forbid(unsafe_code)]

mod alias;
mod backend;
mod database;
pub mod db2;
pub mod dump;
mod entry;
mod error;
mod exchange;
mod inspect;
mod kadm_data;
mod key_data;
pub mod klmdb;
pub mod mkey;
mod packed;
mod policy;
mod steps;
mod strings;
pub mod tl_data;
pub mod ulog;
mod verify;

pub use alias::{MAX_ALIAS_STEPS, find_principal};
pub use backend::{Access, Backend, Load, LoadFrom, Loaded, Order, Savepoint, Scope, Transaction, Visit};
pub use database::{Database, Place};
pub use entry::Entry;
pub use error::{KdbError, Result};
pub use exchange::{Exchange, Stored};
pub use inspect::{CutShort, Found, Inspect, Leftover, Part, Problem, Seen, Structure, Way};
pub use kadm_data::{INITIAL_HISTORY_KVNO, KadmData, OldKeys};
pub use key_data::{KeyData, sort_key_data};
pub use mkey::{MasterKey, MasterKeys, StorageKey, master_principal, open_key, seal_key};
pub use policy::Policy;
pub use steps::Reached;
pub use strings::StringAttribute;
pub use tl_data::{TlData, TlType};
pub use verify::{Verdict, Verifier, verify_policy};
