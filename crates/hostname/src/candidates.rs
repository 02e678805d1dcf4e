//! The names that a host-based principal stands for, one after another.

use crate::{HostNames, Result};
use k5_config::CanonicalizeHostname;
use k5_types::{NameType, Principal};

/// What becomes of an empty realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyRealm {
    /// As a client does that asks a KDC: with `fallback` the host's realm is looked up, and may stay empty.
    LookUp,
    /// As a program does that looks for a cache or keytab of its own name: likewise, but what would stay empty is the
    /// default realm.
    LookUpOrDefault,
    /// As an acceptor does: it stays empty, and fits every realm.
    Keep,
}

/// The names to try, in order; see [`HostNames::candidates`]. The resolver is asked only when the second name is.
pub struct Candidates<'n, 'a> {
    names: &'n HostNames<'a>,
    principal: &'n Principal,
    empty_realm: EmptyRealm,
    step: Step,
    last: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    First,
    WithDns,
    Done,
}

impl<'a> HostNames<'a> {
    /// The names that a principal of [`HostNames::service_principal`] stands for when it is used, in the order in
    /// which they are tried. Only with `dns_canonicalize_hostname = fallback`, a principal of type [`NameType::SRV_HST`]
    /// and two components has two: the host's name as given (lower case, with its domain), then the resolver's canonical
    /// name, unless that is the same. Anything else stands for itself.
    ///
    /// # Errors
    /// Each name may be an error in its stead: that there is no default realm.
    pub fn candidates<'n>(&'n self, principal: &'n Principal, empty_realm: EmptyRealm) -> Candidates<'n, 'a> {
        Candidates { names: self, principal, empty_realm, step: Step::First, last: None }
    }
}

impl Candidates<'_, '_> {
    /// The host component of a name that was made by [`HostNames::service_principal`].
    fn host(&self) -> Option<(&[u8], &[u8])> {
        match self.principal.components() {
            [service, host] if self.principal.name_type() == NameType::SRV_HST && !host.is_empty() => {
                Some((service, host))
            }
            _ => None,
        }
    }

    fn default_realm(&self) -> Result<Vec<u8>> {
        self.names.default_realm()
    }

    /// The principal itself, in the default realm if it has none and that is wanted.
    fn itself(&self) -> Result<Principal> {
        let whole = self.empty_realm != EmptyRealm::LookUpOrDefault || !self.principal.realm().is_empty();
        if whole || self.host().is_none() {
            return Ok(self.principal.clone());
        }
        let components = self.principal.components().to_vec();
        Ok(Principal::new(self.default_realm()?, components).with_name_type(NameType::SRV_HST))
    }

    /// The name with or without the resolver; `None` if it is the one before.
    fn expanded(&mut self, use_dns: bool) -> Option<Result<Principal>> {
        let (service, host) = self.host()?;
        let service = service.to_vec();
        let name = self.names.canonical(host, NameType::SRV_HST, use_dns);
        let component = name.with_trailer();
        if self.last.as_ref() == Some(&component) {
            return None;
        }
        self.last = Some(component.clone());
        let realm = match self.realm(&name.host) {
            Ok(realm) => realm,
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(Principal::new(realm, [service, component]).with_name_type(NameType::SRV_HST)))
    }

    fn realm(&self, host: &[u8]) -> Result<Vec<u8>> {
        if !self.principal.realm().is_empty() || self.empty_realm == EmptyRealm::Keep {
            return Ok(self.principal.realm().to_vec());
        }
        let realm = self.names.host_realm(host);
        if realm.is_empty() && self.empty_realm == EmptyRealm::LookUpOrDefault {
            return self.default_realm();
        }
        Ok(realm)
    }
}

impl Iterator for Candidates<'_, '_> {
    type Item = Result<Principal>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step;
        let fallback = self.names.settings.canonicalize == CanonicalizeHostname::Fallback;
        self.step = match step {
            Step::First if fallback && self.host().is_some() => Step::WithDns,
            _ => Step::Done,
        };
        match (step, self.step) {
            (Step::First, Step::Done) => Some(self.itself()),
            (Step::First, _) => self.expanded(false),
            (Step::WithDns, _) => self.expanded(true),
            (Step::Done, _) => None,
        }
    }
}
