//! The realm of a host.

use crate::expand::without_last_dot;
use crate::{HostNameError, HostNames, Result};
use k5_config::is_numeric_address;

/// How many domains `realm_try_domains` tries where it is not set: none.
const TRY_NO_DOMAINS: i32 = -1;

impl HostNames<'_> {
    /// MIT's `krb5_get_host_realm`: the realm of a host by `[domain_realm]`, its own entry or that of the longest
    /// suffix, with `.example.com` before `example.com`. Empty, the "referral realm", for an address and where nothing
    /// fits: the KDC is left to know.
    #[must_use]
    pub fn host_realm(&self, host: &[u8]) -> Vec<u8> {
        self.config.domain_realm(host).map(|value| value.bytes().to_vec()).unwrap_or_default()
    }

    /// MIT's `krb5_get_fallback_host_realm`: the realm that a client guesses where the KDC knows no better. By
    /// `dns_lookup_realm`, the TXT record `_kerberos.` of the host or of a domain above it; by `realm_try_domains`, the
    /// first of so many domains that has a KDC; else the domain behind the host's first dot, in upper case; of an address and
    /// of a name without a dot, the default realm.
    ///
    /// # Errors
    /// [`HostNameError::Config`]: `realm_try_domains` is no number, or there is no default realm.
    pub fn fallback_realm(&self, host: &[u8]) -> Result<Vec<u8>> {
        let mut host = host.to_ascii_lowercase();
        without_last_dot(&mut host);
        if is_numeric_address(&host) {
            return self.default_realm();
        }
        if self.settings.dns_lookup_realm
            && let Some(realm) = self.txt_realm(&host)
        {
            return Ok(realm);
        }
        host.make_ascii_uppercase();
        if let Some(realm) = self.domain_with_kdc(&host)? {
            return Ok(realm);
        }
        match host.iter().position(|&byte| byte == b'.').and_then(|dot| host.get(dot + 1..)) {
            Some(domain) => Ok(domain.to_vec()),
            None => self.default_realm(),
        }
    }

    /// `default_realm`; else, with `dns_lookup_realm`, the TXT record `_kerberos.` of this host, of a domain above it, or
    /// of the search domain.
    ///
    /// # Errors
    /// [`HostNameError::Config`] where there is none; [`HostNameError::OwnName`] and [`HostNameError::OwnAddress`] where
    /// this host's name is needed and there is none.
    pub fn default_realm(&self) -> Result<Vec<u8>> {
        let missing = match self.config.default_realm() {
            Ok(value) => return Ok(value.bytes().to_vec()),
            Err(missing) => missing,
        };
        if self.settings.dns_lookup_realm {
            let own = self.whole_own_name()?;
            let global = || {
                let domain = self.resolver.search_domain().filter(|domain| !domain.is_empty())?;
                self.txt_of(&domain)
            };
            if let Some(realm) = self.txt_realm(&own).or_else(global) {
                return Ok(realm);
            }
        }
        Err(missing.into())
    }

    /// The canonical name of this host, by forward look-up alone.
    fn whole_own_name(&self) -> Result<Vec<u8>> {
        let own = self.resolver.own_name().map_err(HostNameError::OwnName)?;
        match self.resolver.forward(&own).and_then(|found| found.canonical) {
            Some(name) => Ok(name),
            None => Err(HostNameError::OwnAddress(own)),
        }
    }

    /// The TXT record of a host or of the nearest domain above it.
    fn txt_realm(&self, host: &[u8]) -> Option<Vec<u8>> {
        suffixes(host).take_while(|name| !name.is_empty()).find_map(|name| self.txt_of(name))
    }

    fn txt_of(&self, name: &[u8]) -> Option<Vec<u8>> {
        let mut realm = self.resolver.txt(&[b"_kerberos.", name].concat())?;
        without_last_dot(&mut realm);
        Some(realm)
    }

    /// The first of the names `HOST`, its domain, the domain above... that has a KDC, as far as `realm_try_domains` goes and
    /// a name has a dot.
    fn domain_with_kdc(&self, host: &[u8]) -> Result<Option<Vec<u8>>> {
        let limit = self.config.libdefault_integer("realm_try_domains")?.unwrap_or(TRY_NO_DOMAINS);
        let count = usize::try_from(i64::from(limit) + 1).unwrap_or(0);
        let with_dots = suffixes(host).take_while(|name| name.contains(&b'.'));
        Ok(with_dots.take(count).find(|realm| self.has_kdc(realm)).map(<[u8]>::to_vec))
    }

    fn has_kdc(&self, realm: &[u8]) -> bool {
        !self.config.realm_values(realm, "kdc").is_empty()
            || (self.settings.dns_lookup_kdc && self.resolver.has_kdc(realm))
    }
}

/// A name, what stands behind its first dot, and so on.
fn suffixes(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(name), |name| {
        let dot = name.iter().position(|&byte| byte == b'.')?;
        name.get(dot + 1..)
    })
}
