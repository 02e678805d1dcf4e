//! `[domain_realm]`: which realm a host is in.

use crate::{Config, Value};

/// Whether MIT takes the name of a host for an address, which is in no realm: digits and exactly three dots, or a
/// colon anywhere.
pub fn is_numeric_address(host: &[u8]) -> bool {
    let numeric = host.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    host.contains(&b':') || (numeric && host.iter().filter(|&&byte| byte == b'.').count() == 3)
}

impl Config {
    /// The realm of a host by `[domain_realm]`: the entry of its name, else of the longest suffix, where
    /// `.example.com` stands before `example.com`. The name is taken in lower case and without a dot at its end.
    /// `None` for an address and for a host that nothing fits.
    pub fn domain_realm(&self, host: impl AsRef<[u8]>) -> Option<Value<'_>> {
        let host = host.as_ref();
        let host = host.strip_suffix(b".").unwrap_or(host).to_ascii_lowercase();
        if is_numeric_address(&host) {
            return None;
        }
        let mut name = host.as_slice();
        loop {
            if let Some(realm) = self.profile().value(&[b"domain_realm", name]) {
                return Some(realm);
            }
            name = match name.strip_prefix(b".") {
                Some(parent) => parent,
                None => name.get(name.iter().position(|&byte| byte == b'.')?..)?,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_numeric_address;
    use crate::Config;

    #[test]
    fn the_longest_suffix_counts() {
        let config = Config::of_text(
            "[domain_realm]\n.a.test = DOT.A\na.test = A\nh.a.test = HOST\ntest = TEST\n1.2.3.4 = NO\n",
        );
        let realm = |host: &str| config.domain_realm(host).map(|v| v.text().into_owned());
        assert_eq!(realm("H.A.test.").as_deref(), Some("HOST"));
        assert_eq!(realm("x.a.test").as_deref(), Some("DOT.A"));
        assert_eq!(realm("a.test").as_deref(), Some("A"));
        assert_eq!(realm("b.test").as_deref(), Some("TEST"));
        assert_eq!(realm("example"), None);
        assert_eq!(realm("1.2.3.4"), None);
        assert_eq!(realm(""), None);
    }

    #[test]
    fn what_is_taken_for_an_address() {
        for address in ["1.2.3.4", "999.999.999.999", "1...", "::1", "host:80"] {
            assert!(is_numeric_address(address.as_bytes()), "{address}");
        }
        for name in ["1.2.3", "1.2.3.4.5", "1.2.3.x", "host", ""] {
            assert!(!is_numeric_address(name.as_bytes()), "{name}");
        }
    }
}
