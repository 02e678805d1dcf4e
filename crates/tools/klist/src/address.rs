//! The addresses of a ticket.

use k5_ccache::Address;
use k5_hostname::Resolver;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const INET: u16 = 2;
const INET6: u16 = 24;

/// The address as a number, where its type and its length fit together.
pub(crate) fn ip(address: &Address) -> Option<IpAddr> {
    match address.kind {
        INET => <[u8; 4]>::try_from(&address.contents[..]).ok().map(|bytes| Ipv4Addr::from(bytes).into()),
        INET6 => <[u8; 16]>::try_from(&address.contents[..]).ok().map(|bytes| Ipv6Addr::from(bytes).into()),
        _ => None,
    }
}

/// The name of the host, or its number where it has none or none is wanted.
pub(crate) fn shown(address: &Address, resolver: Option<&dyn Resolver>) -> Vec<u8> {
    match (ip(address), address.kind) {
        (Some(ip), _) => {
            let name = resolver.and_then(|resolver| resolver.reverse(ip));
            name.unwrap_or_else(|| number(ip).into_bytes())
        }
        (None, INET | INET6) => {
            format!("broken address (type {} length {})", address.kind, address.contents.len()).into_bytes()
        }
        (None, kind) => format!("unknown addrtype {kind}").into_bytes(),
    }
}

/// As the C library writes it: an IPv6 address that ends with 32 bits of its own shows these as an IPv4 one.
pub(crate) fn number(ip: IpAddr) -> String {
    match ip {
        IpAddr::V6(v6) => match v6.segments() {
            [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                format!("::{a}.{b}.{c}.{d}")
            }
            _ => v6.to_string(),
        },
        IpAddr::V4(v4) => v4.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_the_c_library_writes_them() {
        let six = |segments: [u16; 8]| number(IpAddr::V6(segments.into()));
        assert_eq!(six([0, 0, 0, 0, 0, 0, 0, 1]), "::1");
        assert_eq!(six([0, 0, 0, 0, 0, 0, 0, 0]), "::");
        assert_eq!(six([0, 0, 0, 0, 0, 0, 0x102, 0x304]), "::1.2.3.4");
        assert_eq!(six([0, 0, 0, 0, 0, 0, 1, 0]), "::0.1.0.0");
        assert_eq!(six([0, 0, 0, 0, 0, 0xffff, 0x102, 0x304]), "::ffff:1.2.3.4");
        assert_eq!(six([0xfe80, 0, 0, 1, 0, 0, 0, 2]), "fe80:0:0:1::2");
        assert_eq!(six([1, 0, 3, 4, 5, 6, 7, 8]), "1:0:3:4:5:6:7:8");
    }
}
