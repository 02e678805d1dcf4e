//! The look-ups that names of hosts rest on.

use std::io;
use std::net::IpAddr;

/// What a resolver says of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forward {
    /// The canonical name, where the resolver gives one.
    pub canonical: Option<Vec<u8>>,
    /// The first address, in the order in which a program would try them.
    pub address: IpAddr,
}

/// Where names and addresses are looked up. A failure and an unknown name are the same: MIT makes no difference.
pub trait Resolver {
    /// The canonical name and first address of a host, an alias, or an address in text: `getaddrinfo` with
    /// `AI_CANONNAME`, of which an address in text is its own canonical name.
    fn forward(&self, host: &[u8]) -> Option<Forward>;

    /// The name of an address: `getnameinfo` with `NI_NAMEREQD`. `None` where it has none.
    fn reverse(&self, address: IpAddr) -> Option<Vec<u8>>;

    /// The name of this host as the system has it: `gethostname`, which may be short.
    ///
    /// # Errors
    /// The system's.
    fn own_name(&self) -> io::Result<Vec<u8>>;

    /// The domain that short names are searched in first: of `search` or `domain` in `resolv.conf`, else what stands
    /// behind the first dot of this host's name.
    fn search_domain(&self) -> Option<Vec<u8>>;

    /// The first string of the first TXT record of a domain; `name` is whole but has no dot at its end. Asked for only
    /// with `dns_lookup_realm = true`. A resolver without DNS finds nothing.
    fn txt(&self, name: &[u8]) -> Option<Vec<u8>> {
        let _ = name;
        None
    }

    /// Whether the DNS names a KDC of a realm (URI or SRV records). Asked for only where `realm_try_domains` is set and
    /// the configuration has no `kdc` for the realm. A resolver without DNS knows none.
    fn has_kdc(&self, realm: &[u8]) -> bool {
        let _ = realm;
        false
    }
}
