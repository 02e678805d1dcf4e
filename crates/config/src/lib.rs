//! `krb5.conf` and `kdc.conf` as MIT reads them.
//!
//! [`Profile`] is the syntax and the merging of files; [`Config`] adds the rules for which files are read and
//! the meaning of `[libdefaults]`, `[domain_realm]`, `[dbmodules]` and `[plugins]`; [`RealmParams`] are the
//! realm variables that the administration programs go by. The rules are written down in
//! `docs/formats/profile.md`.
//!
//! The environment, the user and local time come in as arguments. Nothing is printed: what a file asks for
//! and does not happen is collected as [`Notice`]s for the program to show.
#![forbid(unsafe_code)]

mod abstime;
mod config;
mod database;
mod enctypes;
mod env;
mod error;
mod host_realm;
mod kdc_conf;
mod keysalts;
mod krb5_conf;
mod notice;
mod paths;
mod plugins;
mod profile;
mod tokens;

pub use abstime::{CivilTime, PartialTime};
pub use config::Config;
pub use database::{DbLibrary, DbModule, LmdbSettings};
pub use enctypes::{EncTypeList, parse_enctype_list};
pub use env::{Env, User};
pub use error::{Error, MitFault, Origin, Result};
pub use host_realm::is_numeric_address;
pub use kdc_conf::{Iprop, Overrides, RealmParams};
pub use keysalts::{KeySaltList, parse_keysalt_list};
pub use krb5_conf::CanonicalizeHostname;
pub use notice::{Notice, SkipReason};
pub use plugins::{PluginInterface, PluginModule};
pub use profile::{Profile, SyntaxFault, Value};
pub use tokens::{TokenError, expand_tokens};

/// The file names compiled into MIT's programs as Debian builds them.
pub mod defaults {
    pub use crate::paths::*;
}
