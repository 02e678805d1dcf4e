//! A resolver that knows what it was told.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::IpAddr;

use crate::{Forward, Resolver};

/// Names and addresses in memory, for tests and for questions about hosts that are not there: what `/etc/hosts` would
/// answer. Names are found whatever the case of their letters; those with a dot also with another at
/// their end.
#[derive(Debug, Clone, Default)]
pub struct HostTable {
    forward: HashMap<Vec<u8>, Forward>,
    reverse: HashMap<IpAddr, Vec<u8>>,
    own_name: Option<Vec<u8>>,
    search_domain: Option<Vec<u8>>,
    txt: HashMap<Vec<u8>, Vec<u8>>,
    realms: HashSet<Vec<u8>>,
}

impl HostTable {
    /// A resolver that knows nothing.
    #[must_use]
    pub fn new() -> Self {
        HostTable::default()
    }

    /// A line of `/etc/hosts`: an address, its name, which is also the canonical name of all, and aliases. The first line of
    /// a name or an address counts.
    #[must_use]
    pub fn host(mut self, address: IpAddr, name: &str, aliases: &[&str]) -> Self {
        let found = Forward { canonical: Some(name.into()), address };
        for known in std::iter::once(&name).chain(aliases) {
            self.forward.entry(key(known.as_bytes())).or_insert_with(|| found.clone());
        }
        self.reverse.entry(address).or_insert_with(|| name.into());
        self
    }

    /// The name of an address, in place of what [`HostTable::host`] said; `None` for none.
    #[must_use]
    pub fn reverse(mut self, address: IpAddr, name: Option<&str>) -> Self {
        match name {
            Some(name) => self.reverse.insert(address, name.into()),
            None => self.reverse.remove(&address),
        };
        self
    }

    /// This host's own name.
    #[must_use]
    pub fn own_name(mut self, name: &str) -> Self {
        self.own_name = Some(name.into());
        self
    }

    /// The first search domain.
    #[must_use]
    pub fn search_domain(mut self, domain: &str) -> Self {
        self.search_domain = Some(domain.into());
        self
    }

    /// A TXT record.
    #[must_use]
    pub fn txt(mut self, name: &str, text: &str) -> Self {
        self.txt.insert(key(name.as_bytes()), text.into());
        self
    }

    /// A realm of which the DNS names a KDC.
    #[must_use]
    pub fn kdc_of(mut self, realm: &str) -> Self {
        self.realms.insert(realm.into());
        self
    }
}

/// A short name with a dot at its end is a domain of the root, no host of the search domain.
fn key(name: &[u8]) -> Vec<u8> {
    let whole = name.strip_suffix(b".").filter(|whole| whole.contains(&b'.'));
    whole.unwrap_or(name).to_ascii_lowercase()
}

/// An address in text, which every resolver finds.
fn address(host: &[u8]) -> Option<Forward> {
    let address = str::from_utf8(host).ok()?.parse().ok()?;
    Some(Forward { canonical: Some(host.to_vec()), address })
}

impl Resolver for HostTable {
    fn forward(&self, host: &[u8]) -> Option<Forward> {
        address(host).or_else(|| self.forward.get(&key(host)).cloned())
    }

    fn reverse(&self, address: IpAddr) -> Option<Vec<u8>> {
        self.reverse.get(&address).cloned()
    }

    fn own_name(&self) -> io::Result<Vec<u8>> {
        self.own_name.clone().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn search_domain(&self) -> Option<Vec<u8>> {
        self.search_domain.clone()
    }

    fn txt(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.txt.get(&key(name)).cloned()
    }

    fn has_kdc(&self, realm: &[u8]) -> bool {
        self.realms.contains(realm)
    }
}
