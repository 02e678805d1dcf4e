//! Credential caches: files and directories that hold a user's tickets, and the names by which programs refer to
//! them.
//!
//! * [`CcacheName`] reads `FILE:`, `DIR:` and `MEMORY:` names and finds the default one.
//! * [`default_principal`] tells whose tickets the default cache holds.
//!
//! Of a cache only the head is read so far: version, header and default principal. Nothing is ever written. The
//! bytes are told in `docs/formats/ccache.md`.
#![forbid(unsafe_code)]

mod dir;
mod error;
mod file;
mod name;
mod record;

pub use error::{CcacheError, Damage};
pub use name::{CcacheName, Foreign, Place};

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
    CcacheName::default_of(config)?.principal()
}
