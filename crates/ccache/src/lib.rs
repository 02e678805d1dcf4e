//! Credential caches: what holds a user's tickets, and the names by which programs refer to it.
//!
//! * [`CcacheName`] reads `FILE:`, `DIR:`, `KEYRING:`, `KCM:` and `MEMORY:` names and finds the default one.
//! * [`Ccache`] is the cache that a name leads to, [`Collection`] all the caches that it stands for.
//! * [`Ccache::open`] reads the head of a cache, [`OpenCcache::credentials`] the credentials one by one.
//! * [`Ticket`] is what a credential's ticket shows to everybody.
//! * [`CacheFile::parse`], [`parse_principal`], [`parse_credential`] and [`Ticket::decode`] read bytes in memory.
//!
//! Nothing is ever written. The bytes are told in `docs/formats/ccache.md`.
#![forbid(unsafe_code)]

mod cache;
mod collection;
mod credential;
mod dir;
mod error;
mod fields;
mod file;
mod kcm;
pub mod keyring;
mod mit;
mod name;
mod record;
mod system;
mod ticket;

pub use cache::{Ccache, Credentials, OpenCcache};
pub use collection::Collection;
pub use credential::{Address, AuthData, ClockOffset, Credential, TicketFlags};
pub use error::{CcacheError, Damage, Kind};
pub use file::{Buffered, CacheFile};
pub use name::{CcacheName, Foreign, Place};
pub use record::{Version, parse_credential, parse_principal};
pub use system::System;
pub use ticket::Ticket;

use k5_config::Config;
use k5_types::Principal;

/// The result of work on a credential cache.
pub type Result<T> = std::result::Result<T, CcacheError>;

/// The principal whose tickets the default cache holds; `None` where there is no cache.
///
/// # Errors
/// As [`CcacheName::default_of`] and [`CcacheName::principal`]. Where MIT's `kadmin.local` stops at the error and
/// where it goes on as if there were no cache, [`CcacheError::stops_mit`] says.
pub fn default_principal(config: &Config) -> Result<Option<Principal>> {
    CcacheName::default_of(config)?.principal(&System::of(config))
}
