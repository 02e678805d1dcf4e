//! Which principals an acceptor takes.

use crate::candidates::EmptyRealm;
use crate::{HostNames, Result};
use k5_types::{NameType, Principal};

/// MIT's `krb5_sname_match`: whether a principal of a keytab or ticket is one that the acceptor `matching` means.
///
/// A host-based name (type [`NameType::SRV_HST`], two components) means its service; on its host, unless that is empty or
/// `ignore_acceptor_hostname` is set; in its realm, unless that is empty. Any other name means itself.
#[must_use]
pub fn sname_match(matching: &Principal, principal: &Principal, ignore_acceptor_hostname: bool) -> bool {
    let [service, host] = matching.components() else { return matching == principal };
    if matching.name_type() != NameType::SRV_HST {
        return matching == principal;
    }
    let [its_service, its_host] = principal.components() else { return false };
    (matching.realm().is_empty() || matching.realm() == principal.realm())
        && service == its_service
        && (host.is_empty() || ignore_acceptor_hostname || host == its_host)
}

/// Whether an acceptor's name fits every host: of host-based names that without a host, and all of them with
/// `ignore_acceptor_hostname`.
#[must_use]
pub fn matches_any_host(matching: &Principal, ignore_acceptor_hostname: bool) -> bool {
    match matching.components() {
        [_, host] if matching.name_type() == NameType::SRV_HST => ignore_acceptor_hostname || host.is_empty(),
        _ => false,
    }
}

impl HostNames<'_> {
    /// Which of these principals (those of a keytab) an acceptor that calls itself `matching` uses: what fits the first of
    /// its [candidates](HostNames::candidates) that anything fits. Their order stays.
    ///
    /// # Errors
    /// Those of the candidates.
    pub fn accepts<'p>(
        &self,
        matching: &Principal,
        principals: impl IntoIterator<Item = &'p Principal>,
    ) -> Result<Vec<&'p Principal>> {
        let ignore = self.settings.ignore_acceptor_hostname;
        let principals: Vec<&Principal> = principals.into_iter().collect();
        let fitting = |name: &Principal| -> Vec<&'p Principal> {
            principals.iter().copied().filter(|principal| sname_match(name, principal, ignore)).collect()
        };
        if matches_any_host(matching, ignore) {
            return Ok(fitting(matching));
        }
        for candidate in self.candidates(matching, EmptyRealm::Keep) {
            let found = fitting(&candidate?);
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }
}
