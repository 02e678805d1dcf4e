//! Host-based principals from a service and a host.

use crate::candidates::EmptyRealm;
use crate::{HostNameError, HostNames, Result};
use k5_config::CanonicalizeHostname;
use k5_types::{NameType, Principal};

/// The service where none is named.
const HOST: &[u8] = b"host";

impl HostNames<'_> {
    /// MIT's `krb5_sname_to_principal`: the principal of a service (`host` where none is named) on a host (this one
    /// where none is named).
    ///
    /// Of the type [`NameType::SRV_HST`] the host's name is made by [`HostNames::expand`]; with
    /// `dns_canonicalize_hostname = fallback` it stays as it is and the realm empty until the name is used: see
    /// [`HostNames::candidates`]. Of the type [`NameType::UNKNOWN`] it always stays as it is. A `:port` or
    /// `:instance` behind the name is kept and has no part in this; a name with two colons is an IPv6 address.
    ///
    /// The realm is that of `[domain_realm]`; where nothing fits, the empty one, the "referral realm", by which the
    /// KDC is asked.
    ///
    /// # Errors
    /// [`HostNameError::NameType`] for any other type; [`HostNameError::OwnName`].
    pub fn service_principal(
        &self,
        host: Option<&[u8]>,
        service: Option<&[u8]>,
        name_type: NameType,
    ) -> Result<Principal> {
        if name_type != NameType::SRV_HST && name_type != NameType::UNKNOWN {
            return Err(HostNameError::NameType(name_type));
        }
        let host = match host {
            Some(host) => host.to_vec(),
            None => self.resolver.own_name().map_err(HostNameError::OwnName)?,
        };
        let service = service.unwrap_or(HOST);
        if name_type == NameType::SRV_HST && self.settings.canonicalize == CanonicalizeHostname::Fallback {
            return Ok(Principal::new("", [service, &host]).with_name_type(name_type));
        }
        let name = self.canonical(&host, name_type, self.settings.canonicalize == CanonicalizeHostname::Yes);
        let realm = self.host_realm(&name.host);
        Ok(Principal::new(realm, [service, &name.with_trailer()]).with_name_type(name_type))
    }

    /// The principals that a client asks its KDC for when it wants a service on a host, in the order in which it
    /// tries them: one, or with `dns_canonicalize_hostname = fallback` first the name as given, with its domain, and then the
    /// canonical one if that is another. An empty realm is left to the KDC: the client asks that of its own realm.
    ///
    /// # Errors
    /// As [`HostNames::service_principal`] and [`HostNames::candidates`].
    pub fn client_names(&self, service: &[u8], host: Option<&[u8]>) -> Result<Vec<Principal>> {
        let principal = self.service_principal(host, Some(service), NameType::SRV_HST)?;
        self.candidates(&principal, EmptyRealm::LookUp).collect()
    }

    /// A host component, expanded where its type says so. The trailer has no part in look-ups.
    pub(crate) fn canonical(&self, component: &[u8], name_type: NameType, use_dns: bool) -> CanonicalHost {
        let (host, trailer) = split_trailer(component);
        let host = match name_type {
            NameType::SRV_HST => self.expand_with(host, use_dns),
            _ => host.to_vec(),
        };
        CanonicalHost { host, trailer: trailer.to_vec() }
    }
}

/// A host's name and the `:port` behind it.
pub(crate) struct CanonicalHost {
    pub host: Vec<u8>,
    trailer: Vec<u8>,
}

impl CanonicalHost {
    pub fn with_trailer(&self) -> Vec<u8> {
        [&self.host[..], &self.trailer].concat()
    }
}

/// `host` and `:port` or `:instance`, as in `MSSQLSvc/host:1433`. A single colon with something behind it makes a
/// trailer: two colons are an IPv6 address.
fn split_trailer(component: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = component.iter().position(|&byte| byte == b':') else { return (component, b"") };
    let (host, trailer) = component.split_at(colon);
    match trailer {
        [_] => (component, b""),
        [_, rest @ ..] if rest.contains(&b':') => (component, b""),
        _ => (host, trailer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers() {
        let split = |text: &'static str| {
            let (host, trailer) = split_trailer(text.as_bytes());
            (String::from_utf8_lossy(host).into_owned(), String::from_utf8_lossy(trailer).into_owned())
        };
        let parts = |host: &str, trailer: &str| (host.to_owned(), trailer.to_owned());
        assert_eq!(split("h.test:1433"), parts("h.test", ":1433"));
        assert_eq!(split("h.test:INST"), parts("h.test", ":INST"));
        assert_eq!(split(":1"), parts("", ":1"));
        assert_eq!(split("h.test:"), parts("h.test:", ""));
        assert_eq!(split("::1"), parts("::1", ""));
        assert_eq!(split("h:1:2"), parts("h:1:2", ""));
        assert_eq!(split("h"), parts("h", ""));
        assert_eq!(split(""), parts("", ""));
    }
}
