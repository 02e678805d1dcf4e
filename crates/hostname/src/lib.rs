//! Host-based principals as MIT's library makes them: which name of a host goes into `host/NAME@REALM`, in which
//! realm that is, which further names are tried, and which principals of its keytab an acceptor takes.
//!
//! * [`HostNames`] holds the settings and the resolver; [`HostNames::service_principal`] is MIT's
//!   `krb5_sname_to_principal`, [`HostNames::expand`] its `krb5_expand_hostname`.
//! * [`HostNames::client_names`] lists what a client asks a KDC for, in order; [`HostNames::candidates`] does the
//!   same for a principal that is there already.
//! * [`HostNames::host_realm`] and [`HostNames::fallback_realm`] tell a host's realm.
//! * [`sname_match`] is the acceptor's rule, [`HostNames::accepts`] the rule with the names tried one after another.
//!
//! Look-ups go through [`Resolver`]: the system's in programs, a [`HostTable`] in tests. Names of hosts are bytes.
//! The rules are told in `docs/hostnames.md`.
#![forbid(unsafe_code)]

mod accept;
mod candidates;
mod error;
mod expand;
mod realm;
mod resolver;
mod service;
mod settings;
mod table;

pub use accept::{matches_any_host, sname_match};
pub use candidates::{Candidates, EmptyRealm};
pub use error::HostNameError;
pub use resolver::{Forward, Resolver};
pub use settings::HostSettings;
pub use table::HostTable;

use k5_config::Config;

/// The result of work on names of hosts.
pub type Result<T> = std::result::Result<T, HostNameError>;

/// What names of hosts are made from: the configuration and a resolver.
#[derive(Clone)]
pub struct HostNames<'a> {
    config: &'a Config,
    settings: HostSettings,
    resolver: &'a dyn Resolver,
}

impl<'a> HostNames<'a> {
    /// The rules of this configuration, with look-ups by this resolver.
    #[must_use]
    pub fn new(config: &'a Config, resolver: &'a dyn Resolver) -> Self {
        HostNames { config, settings: HostSettings::of(config), resolver }
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &HostSettings {
        &self.settings
    }
}

#[cfg(test)]
mod tests;
