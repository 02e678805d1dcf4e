//! The one name of a host that goes into principals.

use crate::HostNames;
use k5_config::CanonicalizeHostname;

impl HostNames<'_> {
    /// The name of a host as MIT's `krb5_expand_hostname` makes it: with `dns_canonicalize_hostname = true` the name
    /// of its address (`rdns`), else its canonical name; where neither is asked for or found, the name as given, with
    /// a domain behind it if it has no dot (`qualify_shortname`). In lower case, without one dot at its end.
    #[must_use]
    pub fn expand(&self, host: &[u8]) -> Vec<u8> {
        self.expand_with(host, self.settings.canonicalize == CanonicalizeHostname::Yes)
    }

    pub(crate) fn expand_with(&self, host: &[u8], use_dns: bool) -> Vec<u8> {
        let found = if use_dns { self.looked_up(host) } else { None };
        let mut name = found.unwrap_or_else(|| self.qualified(host));
        name.make_ascii_lowercase();
        without_last_dot(&mut name);
        name
    }

    fn looked_up(&self, host: &[u8]) -> Option<Vec<u8>> {
        let forward = self.resolver.forward(host)?;
        let reverse = if self.settings.rdns { self.resolver.reverse(forward.address) } else { None };
        reverse.or(forward.canonical)
    }

    fn qualified(&self, host: &[u8]) -> Vec<u8> {
        if host.contains(&b'.') {
            return host.to_vec();
        }
        let domain = match &self.settings.qualify_shortname {
            Some(domain) => Some(domain.clone()),
            None => self.resolver.search_domain(),
        };
        match domain {
            Some(domain) if !domain.is_empty() => [host, b".", &domain[..]].concat(),
            _ => host.to_vec(),
        }
    }
}

/// A dot at the end says that a name is whole; principals go without it. MIT takes one dot off.
pub(crate) fn without_last_dot(name: &mut Vec<u8>) {
    if name.last() == Some(&b'.') {
        name.pop();
    }
}
