//! The settings of `[libdefaults]` that names of hosts go by.

use k5_config::{CanonicalizeHostname, Config};

/// Settings of `[libdefaults]`, with MIT's defaults in parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSettings {
    /// `dns_canonicalize_hostname` (true): whether and when the resolver's canonical name counts.
    pub canonicalize: CanonicalizeHostname,
    /// `rdns` (true): whether the name of a host's address then counts before its canonical name.
    pub rdns: bool,
    /// `qualify_shortname`: the domain for names without a dot that no look-up has made longer. `None` for the first
    /// search domain of the system, an empty one for none.
    pub qualify_shortname: Option<Vec<u8>>,
    /// `ignore_acceptor_hostname` (false): whether an acceptor takes its service under any host's name.
    pub ignore_acceptor_hostname: bool,
    /// `dns_lookup_realm`, or else `dns_fallback` (false): whether TXT records tell realms.
    pub dns_lookup_realm: bool,
    /// `dns_lookup_kdc`, or else `dns_fallback` (true): whether the DNS tells KDCs.
    pub dns_lookup_kdc: bool,
}

impl HostSettings {
    /// The settings of a configuration. A word that is no boolean counts as MIT counts it: for `rdns` as if it were
    /// not there, for `dns_lookup_realm` and `dns_lookup_kdc` as false.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let use_dns = |name, default| {
            let value = config.libdefault(name).or_else(|| config.libdefault("dns_fallback"));
            value.map_or(default, |value| value.boolean() == Some(true))
        };
        HostSettings {
            canonicalize: config.canonicalize_hostname(),
            rdns: config.libdefault("rdns").and_then(|value| value.boolean()).unwrap_or(true),
            qualify_shortname: config.libdefault("qualify_shortname").map(|value| value.bytes().to_vec()),
            ignore_acceptor_hostname: config.ignore_acceptor_hostname(),
            dns_lookup_realm: use_dns("dns_lookup_realm", false),
            dns_lookup_kdc: use_dns("dns_lookup_kdc", true),
        }
    }
}
