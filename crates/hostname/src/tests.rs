//! The rules with a table of hosts. MIT's library is asked the same in `tests/compat/tests/hostnames.rs`.

use crate::{EmptyRealm, HostNameError, HostNames, HostTable};
use k5_config::{Config, Env, Profile, User};
use k5_types::{NameType, Principal};
use std::net::IpAddr;

fn config(libdefaults: &str) -> Config {
    let user = User { uid: 0, euid: 0, name: |_| None };
    let env = Env::new(std::iter::empty::<(&str, &str)>(), user);
    let text = format!("[libdefaults]\n{libdefaults}\n[domain_realm]\n.sub.test = SUB\n");
    Config::new(Profile::parse("k.conf", text.as_bytes()).unwrap(), vec!["k.conf".into()], &env).unwrap()
}

/// `alias` and `web.sub.test` are names of one host, whose address has a third.
fn hosts() -> HostTable {
    HostTable::new()
        .host(IpAddr::from([10, 0, 0, 1]), "Web.Sub.Test", &["alias", "alias.test"])
        .reverse(IpAddr::from([10, 0, 0, 1]), Some("ptr.sub.test."))
        .own_name("Alias")
        .search_domain("search.test")
}

fn service(libdefaults: &str, host: Option<&str>) -> String {
    let (config, hosts) = (config(libdefaults), hosts());
    let names = HostNames::new(&config, &hosts);
    names.service_principal(host.map(str::as_bytes), None, NameType::SRV_HST).unwrap().to_string()
}

fn asked(libdefaults: &str, host: &str) -> Vec<String> {
    let (config, hosts) = (config(libdefaults), hosts());
    let names = HostNames::new(&config, &hosts);
    let asked = names.client_names(b"HTTP", Some(host.as_bytes())).unwrap();
    asked.iter().map(Principal::to_string).collect()
}

#[test]
fn settings_decide_which_name_counts() {
    assert_eq!(service("", Some("alias")), "host/ptr.sub.test@SUB");
    assert_eq!(service("rdns = false", Some("alias")), "host/web.sub.test@SUB");
    assert_eq!(service("dns_canonicalize_hostname = false", Some("Alias")), "host/alias.search.test@");
    assert_eq!(service("", Some("Unknown")), "host/unknown.search.test@");
    assert_eq!(service("qualify_shortname = sub.test", Some("Unknown")), "host/unknown.sub.test@SUB");
    assert_eq!(service("qualify_shortname = \"\"", Some("unknown")), "host/unknown@");
    assert_eq!(service("", None), "host/ptr.sub.test@SUB");
    assert_eq!(service("dns_canonicalize_hostname = fallback", Some("Alias.")), "host/Alias.@");
}

#[test]
fn fallback_has_two_names() {
    let fallback = "dns_canonicalize_hostname = fallback";
    assert_eq!(asked(fallback, "Alias.test."), ["HTTP/alias.test@", "HTTP/ptr.sub.test@SUB"]);
    assert_eq!(asked(fallback, "alias:80"), ["HTTP/alias.search.test:80@", "HTTP/ptr.sub.test:80@SUB"]);
    assert_eq!(asked(fallback, "ptr.sub.test"), ["HTTP/ptr.sub.test@SUB"], "not the same twice");
    assert_eq!(asked("", "alias"), ["HTTP/ptr.sub.test@SUB"]);
}

#[test]
fn the_default_realm_where_it_is_wanted() {
    let hosts = hosts();
    let name = Principal::new("", ["host", "alias"]).with_name_type(NameType::SRV_HST);
    for (settings, wanted) in [
        ("default_realm = DEF", vec!["host/alias@DEF"]),
        (
            "default_realm = DEF\ndns_canonicalize_hostname = fallback",
            vec!["host/alias.search.test@DEF", "host/ptr.sub.test@SUB"],
        ),
    ] {
        let config = config(settings);
        let names = HostNames::new(&config, &hosts);
        let found: Vec<String> =
            names.candidates(&name, EmptyRealm::LookUpOrDefault).map(|n| n.unwrap().to_string()).collect();
        assert_eq!(found, wanted, "{settings}");
    }
    let config = config("");
    let names = HostNames::new(&config, &hosts);
    let mut found = names.candidates(&name, EmptyRealm::LookUpOrDefault);
    assert!(matches!(found.next(), Some(Err(HostNameError::Config(_)))));
    assert!(found.next().is_none());
}

#[test]
fn realms_that_a_client_guesses() {
    let realm = |settings: &str, hosts: &HostTable, host: &str| {
        let config = config(&format!("default_realm = DEF\n{settings}"));
        HostNames::new(&config, hosts).fallback_realm(host.as_bytes()).map(|r| String::from_utf8(r).unwrap())
    };
    let dns = hosts().txt("_kerberos.sub.test", "TXT.REALM.").kdc_of("SUB.TEST");
    assert_eq!(realm("", &dns, "a.sub.test.").unwrap(), "SUB.TEST");
    assert_eq!(realm("", &dns, "short").unwrap(), "DEF");
    assert_eq!(realm("", &dns, "10.0.0.1").unwrap(), "DEF");
    assert_eq!(realm("dns_lookup_realm = true", &dns, "a.Sub.test").unwrap(), "TXT.REALM");
    assert_eq!(realm("dns_lookup_realm = maybe", &dns, "a.sub.test").unwrap(), "SUB.TEST");
    assert_eq!(realm("realm_try_domains = 2", &dns, "x.y.sub.test").unwrap(), "SUB.TEST");
    assert_eq!(realm("realm_try_domains = 1", &dns, "x.y.sub.test").unwrap(), "Y.SUB.TEST");
    assert_eq!(
        realm("realm_try_domains = 2\ndns_lookup_kdc = false", &dns, "x.y.sub.test").unwrap(),
        "Y.SUB.TEST"
    );
    let no_number = realm("realm_try_domains = two", &dns, "a.b").unwrap_err();
    assert_eq!(no_number.mit_text(), "Invalid integer value");
}

#[test]
fn what_an_acceptor_takes() {
    let hosts = hosts();
    let keytab = [
        Principal::new("R1", ["host", "alias.test"]),
        Principal::new("SUB", ["host", "ptr.sub.test"]),
        Principal::new("SUB", ["HTTP", "ptr.sub.test"]),
    ];
    let accepted = |settings: &str, host: &str| {
        let config = config(settings);
        let names = HostNames::new(&config, &hosts);
        let acceptor = names.service_principal(Some(host.as_bytes()), None, NameType::SRV_HST).unwrap();
        let found = names.accepts(&acceptor, &keytab).unwrap();
        found.iter().map(|p| p.to_string()).collect::<Vec<_>>()
    };
    let fallback = "dns_canonicalize_hostname = fallback";
    assert_eq!(accepted("", "alias.test"), ["host/ptr.sub.test@SUB"]);
    assert_eq!(accepted(fallback, "alias.test"), ["host/alias.test@R1"]);
    assert_eq!(accepted(fallback, "alias"), ["host/ptr.sub.test@SUB"]);
    assert_eq!(accepted(fallback, "gone"), [""; 0]);
    assert_eq!(accepted("domain = x", "gone.sub.test"), [""; 0]);
    assert_eq!(
        accepted("ignore_acceptor_hostname = true\ndns_canonicalize_hostname = fallback", "gone"),
        ["host/alias.test@R1", "host/ptr.sub.test@SUB"]
    );
}

#[test]
fn other_types_are_no_host_based_names() {
    let (config, hosts) = (config(""), hosts());
    let names = HostNames::new(&config, &hosts);
    let unknown = names.service_principal(Some(b"A.sub.test."), None, NameType::UNKNOWN).unwrap();
    assert_eq!(unknown.to_string(), "host/A.sub.test.@SUB");
    assert_eq!(unknown.name_type(), NameType::UNKNOWN);
    let error = names.service_principal(Some(b"a"), None, NameType::PRINCIPAL).unwrap_err();
    assert_eq!(error.to_string(), "Conversion to service principal undefined for name type");
}
