//! Hosts as this system knows them.

use std::ffi::OsString;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use dns_lookup::{AddrInfoHints, getaddrinfo, getnameinfo};
use k5_hostname::{Forward, Resolver};
use nix::libc::{AI_CANONNAME, NI_NAMEREQD, NI_NUMERICSERV};

/// The C library's resolver, which goes by `/etc/nsswitch.conf`, `/etc/hosts`, the DNS and whatever else the system has.
///
/// It asks for no TXT, SRV or URI records, for which the C library has no call without `unsafe`.
#[derive(Debug, Clone)]
pub struct SystemResolver {
    local_domain: Option<OsString>,
    resolv_conf: PathBuf,
    hosts: PathBuf,
}

impl SystemResolver {
    /// The resolver of this process: `LOCALDOMAIN` and `/etc/resolv.conf` say what is searched.
    #[must_use]
    pub fn from_process() -> Self {
        SystemResolver {
            local_domain: std::env::var_os("LOCALDOMAIN"),
            resolv_conf: "/etc/resolv.conf".into(),
            hosts: "/etc/hosts".into(),
        }
    }
}

impl Resolver for SystemResolver {
    fn forward(&self, host: &[u8]) -> Option<Forward> {
        // `dns-lookup` panics at a canonical name that is no UTF-8. The C library lets none through from the DNS, only
        // from the file.
        let flags = if is_text(&std::fs::read(&self.hosts).unwrap_or_default()) { AI_CANONNAME } else { 0 };
        let hints = AddrInfoHints { flags, ..AddrInfoHints::default() };
        let first = getaddrinfo(Some(str::from_utf8(host).ok()?), None, Some(hints)).ok()?.next()?.ok()?;
        Some(Forward { canonical: first.canonname.map(String::into_bytes), address: first.sockaddr.ip() })
    }

    fn reverse(&self, address: IpAddr) -> Option<Vec<u8>> {
        let (name, _) = getnameinfo(&SocketAddr::new(address, 0), NI_NAMEREQD | NI_NUMERICSERV).ok()?;
        Some(name.into_bytes())
    }

    fn own_name(&self) -> io::Result<Vec<u8>> {
        Ok(nix::unistd::gethostname()?.into_vec())
    }

    fn search_domain(&self) -> Option<Vec<u8>> {
        if let Some(domains) = &self.local_domain {
            return first_word(domains.as_bytes());
        }
        let configured = std::fs::read(&self.resolv_conf).ok().and_then(|text| searched(&text));
        configured.or_else(|| {
            let own = self.own_name().ok()?;
            let dot = own.iter().position(|&byte| byte == b'.')?;
            own.get(dot + 1..).map(<[u8]>::to_vec)
        })
    }
}

/// Whether `/etc/hosts` is UTF-8, comments aside.
fn is_text(hosts: &[u8]) -> bool {
    hosts.split(|&byte| byte == b'\n').all(|line| {
        let names = line.split(|&byte| byte == b'#').next().unwrap_or_default();
        str::from_utf8(names).is_ok()
    })
}

/// The first domain of the last `search` or `domain` line of `resolv.conf` that has one.
fn searched(text: &[u8]) -> Option<Vec<u8>> {
    let lines = text.split(|&byte| byte == b'\n');
    let domains = |line: &[u8]| {
        let rest = line.strip_prefix(b"search").or_else(|| line.strip_prefix(b"domain"))?;
        first_word(rest).filter(|_| rest.first().is_some_and(is_blank))
    };
    lines.filter_map(domains).next_back()
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn first_word(text: &[u8]) -> Option<Vec<u8>> {
    let word = text.split(is_blank).find(|word| !word.is_empty())?;
    Some(word.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_names_a_domain_counts() {
        let of = |text: &str| searched(text.as_bytes()).map(|domain| String::from_utf8(domain).unwrap());
        assert_eq!(of("nameserver 127.0.0.1\nsearch a.test b.test\n").as_deref(), Some("a.test"));
        assert_eq!(of("search a.test\ndomain\tc.test\n").as_deref(), Some("c.test"));
        assert_eq!(of("domain c.test\nsearch a.test").as_deref(), Some("a.test"));
        assert_eq!(of("search a.test\nsearch\n").as_deref(), Some("a.test"));
        assert_eq!(of("#search a.test\n search b.test\nsearchc.test\n"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn comments_may_be_anything() {
        assert!(is_text(b"10.0.0.1 a.test # B\xfcro\n#\xff\n"));
        assert!(!is_text(b"10.0.0.1 a.test\n10.0.0.2 b\xfcro.test\n"));
    }

    #[test]
    fn an_address_in_text_is_its_own_name() {
        let found = SystemResolver::from_process().forward(b"127.0.0.1").unwrap();
        assert_eq!(found.canonical.as_deref(), Some(&b"127.0.0.1"[..]));
        assert_eq!(found.address, IpAddr::from([127, 0, 0, 1]));
        assert_eq!(SystemResolver::from_process().forward(b""), None);
        assert_eq!(SystemResolver::from_process().forward(b"a\0b"), None);
    }
}
