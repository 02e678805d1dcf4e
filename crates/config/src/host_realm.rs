//! `[domain_realm]`: which realm a host is in.

use std::net::IpAddr;

use crate::{Config, Value};

impl Config {
    /// The realm of a host by `[domain_realm]`: the entry of its name, else of the longest suffix, where
    /// `.example.com` stands before `example.com`. The name is taken in lower case and without a dot at its end.
    /// `None` for an address and for a host that nothing fits.
    pub fn domain_realm(&self, host: &str) -> Option<Value<'_>> {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        if host.parse::<IpAddr>().is_ok() {
            return None;
        }
        let mut name = host.as_str();
        loop {
            if let Some(realm) = self.profile().value(&["domain_realm", name]) {
                return Some(realm);
            }
            name = match name.strip_prefix('.') {
                Some(parent) => parent,
                None => name.get(name.find('.')?..)?,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn the_longest_suffix_counts() {
        let config = Config::of_text(
            "[domain_realm]\n.a.test = DOT.A\na.test = A\nh.a.test = HOST\ntest = TEST\n1.2.3.4 = NO\n",
        );
        let realm = |host| config.domain_realm(host).map(|v| v.text().into_owned());
        assert_eq!(realm("H.A.test.").as_deref(), Some("HOST"));
        assert_eq!(realm("x.a.test").as_deref(), Some("DOT.A"));
        assert_eq!(realm("a.test").as_deref(), Some("A"));
        assert_eq!(realm("b.test").as_deref(), Some("TEST"));
        assert_eq!(realm("example"), None);
        assert_eq!(realm("1.2.3.4"), None);
        assert_eq!(realm(""), None);
    }
}
