//! Our answers to the questions about names of hosts that `tests/harness/c/hostnames.c` asks MIT's library.

use k5_hostname::{EmptyRealm, HostNames, Result, sname_match};
use k5_types::{NameType, ParseFlags, Principal, RealmRule};

/// The answer to one question, whose words are parted by tabs.
///
/// # Panics
/// Where it is no question.
pub fn answer(names: &HostNames<'_>, question: &str) -> String {
    let words: Vec<&str> = question.split('\t').collect();
    match *words.as_slice() {
        ["service", name_type, service, host] => {
            let (host, service) = (given(host), given(service));
            let principal = names.service_principal(host, service, number(name_type));
            shown(principal.map(|principal| format!("{principal} {}", principal.name_type().0)))
        }
        ["expand", host] => text(&names.expand(host.as_bytes())),
        ["realm", host] => format!("({})", text(&names.host_realm(host.as_bytes()))),
        ["fallback", host] => {
            shown(names.fallback_realm(host.as_bytes()).map(|realm| format!("({})", text(&realm))))
        }
        ["match", name_type, matching, principal] => {
            let matching = named(names, matching).with_name_type(number(name_type));
            let ignore = names.settings().ignore_acceptor_hostname;
            yes(sname_match(&matching, &named(names, principal), ignore))
        }
        ["stands", name, principal] => {
            let (name, principal) =
                (named(names, name).with_name_type(NameType::SRV_HST), named(names, principal));
            let mut found = names.candidates(&name, EmptyRealm::LookUpOrDefault);
            yes(found.any(|candidate| candidate.is_ok_and(|candidate| candidate == principal)))
        }
        _ => panic!("no question: {question}"),
    }
}

fn given(word: &str) -> Option<&[u8]> {
    match word {
        "-" => None,
        "(empty)" => Some(b""),
        word => Some(word.as_bytes()),
    }
}

fn number(word: &str) -> NameType {
    NameType(word.parse().expect("a number"))
}

/// As MIT's library parses: without a realm it is the default one.
fn named(names: &HostNames<'_>, text: &str) -> Principal {
    let realm = names.default_realm().unwrap_or_default();
    let flags = ParseFlags { realm: RealmRule::Default(&realm), enterprise: false };
    Principal::parse_with(text.as_bytes(), flags).expect("a principal")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.into()
}

fn shown(answer: Result<String>) -> String {
    answer.unwrap_or_else(|error| format!("error: {}", error.mit_text()))
}
