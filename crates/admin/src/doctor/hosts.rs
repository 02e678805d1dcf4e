//! The names under which clients ask for the services of a host, and whether the keytab has them.

use super::code::Code;
use super::database::Database;
use super::entries::by_principal;
use super::finding::{Finding, Remedy, list, plain, shown};
use crate::error::Result;
use k5_config::CanonicalizeHostname;
use k5_hostname::{HostNames, Resolver};
use k5_keytab::Record;
use k5_types::{NameType, Principal};

/// Which host, and how its names are made.
pub struct Hosts<'a> {
    /// The rules for names, with the resolver.
    pub names: &'a HostNames<'a>,
    /// The resolver itself.
    pub resolver: &'a dyn Resolver,
    /// The realm that a client is of; where the configuration tells no realm of the host, its KDC is asked.
    pub client_realm: Option<Vec<u8>>,
    /// Another host than this one.
    pub host: Option<Vec<u8>>,
    /// Further names by which clients know the host.
    pub aliases: Vec<Vec<u8>>,
    /// The services; where none is named, those of which the keytab has host-based entries.
    pub services: Vec<Vec<u8>>,
}

/// What clients ask for when they want one service on a host of one name.
struct Asked {
    service: Vec<u8>,
    host: Vec<u8>,
    /// In the order in which they try them; never empty.
    names: Vec<Principal>,
}

/// Services whose second component is no host's name.
const NO_HOST: [&[u8]; 3] = [b"krbtgt", b"kadmin", b"K"];

impl Hosts<'_> {
    pub(super) fn check(
        &self,
        records: &[Record],
        database: Option<Database<'_>>,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let here = match &self.host {
            Some(host) => host.clone(),
            None => match self.resolver.own_name() {
                Ok(own) => own,
                Err(error) => {
                    let text = format!("this host does not tell its name: {error}");
                    findings.push(Finding::new(Code::HOST_NOT_CHECKED, text));
                    return Ok(());
                }
            },
        };
        let there: Vec<&Principal> =
            by_principal(records).into_iter().map(|(principal, _)| principal).collect();
        let services =
            if self.services.is_empty() { self.services_of(&there, &here) } else { self.services.clone() };
        if services.is_empty() {
            let text = "no entry is for a service on a host, and no service is named: no names were compared";
            findings.push(Finding::new(Code::HOST_NOT_CHECKED, text));
            return Ok(());
        }
        let hosts: Vec<&[u8]> = std::iter::once(&here).chain(&self.aliases).map(Vec::as_slice).collect();
        self.look_up(&hosts, findings);
        let asked = match self.asked(&services, &hosts) {
            Ok(asked) => asked,
            Err(error) => {
                findings.push(Finding::new(Code::HOST_NOT_CHECKED, error.to_string()));
                return Ok(());
            }
        };
        let mut missing = Vec::new();
        for one in &asked {
            missing.extend(self.verdict(one, &there, database)?);
        }
        let named = self.host.is_some() || !self.aliases.is_empty() || !self.services.is_empty();
        if !named && missing.len() == asked.len() {
            missing = vec![another_host(&here, missing)];
        }
        findings.extend(missing);
        self.acceptors(&asked, &there, &here, findings);
        Ok(())
    }

    fn services_of(&self, there: &[&Principal], here: &[u8]) -> Vec<Vec<u8>> {
        let mut services: Vec<Vec<u8>> = Vec::new();
        for principal in there {
            let [service, host] = principal.components() else { continue };
            let is_host = service == b"host" || host.contains(&b'.') || host.eq_ignore_ascii_case(here);
            if is_host && !NO_HOST.contains(&service.as_slice()) && !services.contains(service) {
                services.push(service.clone());
            }
        }
        services
    }

    fn look_up(&self, hosts: &[&[u8]], findings: &mut Vec<Finding>) {
        if self.names.settings().canonicalize == CanonicalizeHostname::No {
            return;
        }
        for host in hosts {
            if self.resolver.forward(host).is_none() {
                let text = format!("the resolver does not find {}: the name counts as given", plain(host));
                findings.push(Finding::new(Code::HOST_UNKNOWN, text));
            }
        }
    }

    /// What clients ask for; hosts that come to the same names once only.
    fn asked(&self, services: &[Vec<u8>], hosts: &[&[u8]]) -> k5_hostname::Result<Vec<Asked>> {
        let mut asked: Vec<Asked> = Vec::new();
        for service in services {
            for host in hosts {
                let names = self.names.client_names(service, Some(host))?;
                let names: Vec<Principal> = names.into_iter().map(|name| self.in_realm(name)).collect();
                if !names.is_empty() && asked.iter().all(|known| known.names != names) {
                    asked.push(Asked { service: service.clone(), host: host.to_vec(), names });
                }
            }
        }
        Ok(asked)
    }

    fn in_realm(&self, name: Principal) -> Principal {
        match &self.client_realm {
            Some(realm) if name.realm().is_empty() => {
                let name_type = name.name_type();
                Principal::new(realm.clone(), name.components().to_vec()).with_name_type(name_type)
            }
            _ => name,
        }
    }

    /// What is missing for clients that ask so.
    fn verdict(
        &self,
        asked: &Asked,
        there: &[&Principal],
        database: Option<Database<'_>>,
    ) -> Result<Option<Finding>> {
        let has = |name: &Principal| there.contains(&name);
        let who = format!("clients that want {} on {}", plain(&asked.service), plain(&asked.host));
        let all: Vec<String> = asked.names.iter().map(shown).collect();
        let mut compared = false;
        for name in &asked.names {
            let Some(database) = database.filter(|database| database.has_realm(name.realm())) else {
                continue;
            };
            compared = true;
            if database.find(name)?.is_none() {
                continue;
            }
            // The KDC knows this name, so that clients try no further.
            if has(name) {
                return Ok(None);
            }
            let text = format!("{who} ask for {}, which has no entry", shown(name));
            let remedy = [Remedy::FetchKeys(name.clone())];
            return Ok(Some(Finding::new(Code::NAME_MISSING, text).of(name).mend(remedy)));
        }
        if asked.names.iter().any(has) {
            return Ok(None);
        }
        let Some(first) = asked.names.first() else { return Ok(None) };
        let fetch = Remedy::FetchKeys(first.clone());
        Ok(Some(if compared {
            let text = format!("{who} ask for {}, which the database does not know", list(&all));
            let remedy = [Remedy::AddPrincipal(first.clone()), fetch];
            Finding::new(Code::NAME_UNKNOWN, text).of(first).mend(remedy)
        } else {
            let text = format!(
                "{who} ask for {}, which has no entry; its keys are to be fetched on the KDC's host, with -norandkey: \
                 kadmin, which cannot do that before release 1.22, would change them",
                list(&all)
            );
            Finding::new(Code::NAME_MISSING, text).of(first).mend([fetch])
        }))
    }

    /// Entries that clients ask for and a service passes over that calls itself by the host's name.
    fn acceptors(&self, asked: &[Asked], there: &[&Principal], here: &[u8], findings: &mut Vec<Finding>) {
        for one in asked {
            let acceptor = self.names.service_principal(Some(here), Some(&one.service), NameType::SRV_HST);
            let accepted = acceptor.and_then(|acceptor| self.names.accepts(&acceptor, there.iter().copied()));
            let Ok(accepted) = accepted else { continue };
            for name in one.names.iter().filter(|name| there.contains(name) && !accepted.contains(name)) {
                let text = format!(
                    "a service that calls itself {} on {} passes over {}: `ignore_acceptor_hostname = true` in \
                     krb5.conf lets it have any host's name, and so does a service that takes any name",
                    plain(&one.service),
                    plain(here),
                    shown(name)
                );
                findings.push(Finding::new(Code::ACCEPTOR_REFUSES, text).of(name));
            }
        }
    }
}

/// Nothing fits this host: probably the keytab is of another one.
fn another_host(here: &[u8], missing: Vec<Finding>) -> Finding {
    let names: Vec<String> =
        missing.iter().filter_map(|finding| finding.principal.as_ref().map(shown)).collect();
    let text = format!(
        "no entry is for this host, {}, of which clients ask for {}; if the keytab is for another host, name that",
        plain(here),
        list(&names)
    );
    let unknown = missing.iter().all(|finding| finding.code == Code::NAME_UNKNOWN);
    let code = if unknown { Code::NAME_UNKNOWN } else { Code::NAME_MISSING };
    Finding::new(code, text).mend(missing.into_iter().flat_map(|finding| finding.remedy))
}
