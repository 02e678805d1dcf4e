//! Names of hosts: MIT's library and ours answer the same questions on a machine with hosts of its own, ours both with the
//! system's resolver there and with a table that says the same as that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use compat::names::answer;
use harness::{Hosts, Kdc, Pair, Realm, Side, announced_divergence, c_program};
use k5_config::{Config, Env, User};
use k5_hostname::{HostNames, HostTable};

const RECORDS: &[(&str, &str, &str)] = &[
    ("Web.Example.Test", "A", "10.1.0.1"),
    ("10.1.0.1", "PTR", "Web.Example.Test"),
    ("www.example.test", "CNAME", "Web.Example.Test"),
    // The address of a farm has the name of one of its machines.
    ("lb.example.test", "A", "10.1.0.2"),
    ("10.1.0.2", "PTR", "node7.sub.example.test"),
    ("node7.sub.example.test", "A", "10.1.0.2"),
    // No way back.
    ("nop.example.test", "A", "10.1.0.3"),
    ("also.example.test", "CNAME", "nop.example.test"),
    ("v6.example.test", "AAAA", "fd00::1"),
    ("fd00::1", "PTR", "six.example.test"),
    ("_kerberos.sub.example.test", "TXT", "TXT.REALM."),
    ("_kerberos._udp.EXAMPLE.TEST", "SRV", "web.example.test"),
    ("_kerberos._tcp.EXAMPLE.TEST", "SRV", "web.example.test"),
];

/// Forward and back by different lines.
const HOSTS: &str = "10.1.0.9 files.example.test files\n10.1.0.9 other.example.test second\n";

/// The same for the table. What the search list leads to are aliases here.
fn table() -> HostTable {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    HostTable::new()
        .host(ip("127.0.0.1"), "localhost", &[])
        .host(ip("10.1.0.1"), "Web.Example.Test", &["web", "www", "www.example.test"])
        .host(ip("10.1.0.2"), "lb.example.test", &["lb"])
        .host(ip("10.1.0.2"), "node7.sub.example.test", &["node7"])
        .reverse(ip("10.1.0.2"), Some("node7.sub.example.test"))
        .host(ip("10.1.0.3"), "nop.example.test", &["nop", "also", "also.example.test"])
        .reverse(ip("10.1.0.3"), None)
        .host(ip("fd00::1"), "v6.example.test", &["v6"])
        .reverse(ip("fd00::1"), Some("six.example.test"))
        .host(ip("10.1.0.9"), "files.example.test", &["files"])
        .host(ip("10.1.0.9"), "other.example.test", &["second"])
        .txt("_kerberos.sub.example.test", "TXT.REALM.")
        .kdc_of("EXAMPLE.TEST")
        .own_name("WWW")
        .search_domain("example.test")
}

fn machine() -> Hosts {
    Hosts::new("WWW", "search example.test sub.example.test", HOSTS, RECORDS)
}

/// MIT's answers come from here.
fn oracle() -> &'static Path {
    static PROGRAM: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, program) = PROGRAM.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let program = c_program("hostnames", dir.path());
        (dir, program)
    });
    program
}

struct Stand {
    dir: tempfile::TempDir,
    machine: Hosts,
    table: HostTable,
    local_domain: Option<&'static str>,
}

impl Stand {
    fn new(machine: Hosts, table: HostTable) -> Stand {
        Stand { dir: tempfile::tempdir().unwrap(), machine, table, local_domain: None }
    }

    fn ask(&self, program: impl AsRef<std::ffi::OsStr>, conf: &Path, questions: &[String]) -> Vec<String> {
        let mut command: Command = self.machine.command(program);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C");
        command.env("KRB5_CONFIG", conf).env("KRB5_KTNAME", self.dir.path().join("keytab"));
        command.env("KRB5CCNAME", self.dir.path().join("ccache"));
        command.envs(self.local_domain.map(|domain| ("LOCALDOMAIN", domain)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = questions.join("\n") + "\n";
        let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let out = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{:?}: {} {said}", command.get_program(), out.status);
        writer.join().unwrap().unwrap();
        let answers: Vec<String> = String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect();
        assert_eq!(answers.len(), questions.len(), "{answers:?} {said}");
        answers
    }

    /// Three answers to each question must be one; their number.
    fn same(&self, conf: &str, questions: &[String]) -> usize {
        let path = self.dir.path().join("krb5.conf");
        std::fs::write(&path, conf).unwrap();
        let mit = self.ask(oracle(), &path, questions);
        let system = self.ask(env!("CARGO_BIN_EXE_hostnames"), &path, questions);
        let user = User { uid: 0, euid: 0, name: |_| None };
        let config = Config::from_env(&Env::new([("KRB5_CONFIG", &path)], user)).unwrap();
        let names = HostNames::new(&config, &self.table);
        let mut wrong = Vec::new();
        for ((question, mit), system) in questions.iter().zip(&mit).zip(&system) {
            let table = answer(&names, question);
            // Our programs do not ask the DNS for realms.
            let by_dns = ["dns_lookup_realm = true", "realm_try_domains"].iter().any(|s| conf.contains(s));
            let announced = by_dns && question.starts_with("fallback");
            if table != *mit || (system != mit && !announced) {
                wrong.push(format!("{question:?}: MIT {mit:?}, with a table {table:?}, here {system:?}"));
            }
        }
        assert!(wrong.is_empty(), "{conf}\n{}", wrong.join("\n"));
        questions.len()
    }
}

const NAMES: &[&str] = &[
    "web",
    "WEB",
    "web.example.test",
    "WWW.Example.Test",
    "www.example.test.",
    "web.",
    "lb.example.test",
    "node7",
    "nop.example.test",
    "also.example.test",
    "v6",
    "files",
    "FILES",
    "second",
    "localhost",
    "gone",
    "Gone.Example.Test.",
    "gone..",
    "a.gone.sub.example.test",
    "10.1.0.1",
    "10.1.0.3",
    "10.9.9.9",
    "999.1.1.1",
    "fd00::1",
    "web:1433",
    "WWW.example.test:INST",
    "www.example.test:",
    "a:b:c",
    ":80",
    ".",
    ".example.test",
];

fn questions() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in NAMES {
        all.push(format!("service\t3\tHTTP\t{name}"));
        all.push(format!("service\t0\tHTTP\t{name}"));
        all.push(format!("expand\t{name}"));
        all.push(format!("realm\t{name}"));
        all.push(format!("fallback\t{name}"));
    }
    for name in ["-", "(empty)"] {
        all.extend([format!("service\t3\t-\t{name}"), format!("service\t0\t-\t{name}")]);
    }
    all.push("service\t1\thost\tweb".into());
    for name in ["web", "WWW.example.test", "node7:80", "gone", "lb.example.test", "10.1.0.3"] {
        for realm in ["", "DEF.TEST", "OTHER"] {
            for host in [
                "web",
                "web.example.test",
                "www.example.test",
                "node7.sub.example.test:80",
                "node7.example.test:80",
                "gone.example.test",
                "lb.example.test",
                "nop.example.test",
                name,
            ] {
                for wanted in ["DEF.TEST", "SUB", "OTHER"] {
                    all.push(format!("stands\tHTTP/{name}@{realm}\tHTTP/{host}@{wanted}"));
                }
            }
        }
    }
    all
}

/// One host of the realm of the test, with these settings.
fn conf(libdefaults: &str, domain_realm: &str) -> String {
    format!("[libdefaults]\ndefault_realm = DEF.TEST\n{libdefaults}\n[domain_realm]\n{domain_realm}\n")
}

const REALMS: &str =
    ".sub.example.test = SUB\nweb.example.test = WEB\nWWW.EXAMPLE.TEST = NEVER\n10.1.0.3 = NEVER";

#[test]
fn canonicalization() {
    let stand = Stand::new(machine(), table());
    let mut cases = 0;
    for settings in [
        "",
        "rdns = false",
        "rdns = maybe",
        "dns_canonicalize_hostname = false",
        "dns_canonicalize_hostname = fallback",
        "dns_canonicalize_hostname = FallBack\nrdns = false",
        "qualify_shortname = sub.example.test",
        "dns_canonicalize_hostname = false\nqualify_shortname = Sub.Example.Test.",
        "dns_canonicalize_hostname = false\nqualify_shortname = \"\"",
        "dns_canonicalize_hostname = fallback\nqualify_shortname = \"\"",
    ] {
        cases += stand.same(&conf(settings, REALMS), &questions());
    }
    assert!(cases > 60, "{cases}");
}

#[test]
fn realms_of_hosts() {
    let stand = Stand::new(machine(), table());
    let settings = "dns_canonicalize_hostname = false\nqualify_shortname = example.test";
    for realms in [
        "",
        "example.test = PLAIN",
        ".example.test = DOT",
        ".example.test = DOT\nexample.test = PLAIN\nwww.example.test = HOST",
        "test = TOP\n.test = DOTTOP",
        ".test = DOTTOP",
        "web.example.test = \"\"\n.example.test = DOT",
        "web.example.test = FIRST\nweb.example.test = SECOND",
        "localhost = LOCAL\ngone = GONE\n. = ROOT",
    ] {
        stand.same(&conf(settings, realms), &questions());
        stand.same(&conf("dns_canonicalize_hostname = fallback", realms), &questions());
    }
    // Without a default realm.
    stand.same("[libdefaults]\nrdns = false\n", &questions_of(&["fallback"]));
}

fn questions_of(kinds: &[&str]) -> Vec<String> {
    questions().into_iter().filter(|question| kinds.iter().any(|kind| question.starts_with(kind))).collect()
}

#[test]
fn realms_that_are_guessed() {
    announced_divergence("DIV-130");
    let stand = Stand::new(machine(), table());
    let mut asked = questions_of(&["fallback"]);
    for host in ["x.y.sub.example.test", "sub.example.test", "SUB.example.test.", "y.example.test", "test"] {
        asked.push(format!("fallback\t{host}"));
    }
    for settings in [
        "dns_lookup_realm = true",
        "dns_lookup_realm = no idea",
        "dns_fallback = true\ndns_lookup_realm = false",
        "realm_try_domains = -1",
        "realm_try_domains = 0",
        "realm_try_domains = 1",
        "realm_try_domains = 7",
        "realm_try_domains = 7\ndns_lookup_kdc = false",
        "realm_try_domains = seven",
        "dns_lookup_realm = true\nrealm_try_domains = 7",
    ] {
        let realms = "[realms]\nSUB.EXAMPLE.TEST = {\nkdc = 127.0.0.1\n}\n";
        stand.same(&format!("{}{realms}", conf(settings, REALMS)), &asked);
        stand.same(&conf(settings, REALMS), &asked);
    }
}

#[test]
fn the_search_domain() {
    let questions: Vec<String> = ["service\t3\thost\t-", "service\t3\thost\tshort"].map(Into::into).into();
    let text = conf("dns_canonicalize_hostname = false", "");
    for (own, lines, domain) in [
        ("short", "search a.test b.test", Some("a.test")),
        ("short", "search a.test\ndomain b.test", Some("b.test")),
        ("short", "domain b.test c.test\nsearch a.test", Some("a.test")),
        ("short", "search\t A.test.", Some("A.test.")),
        ("short", "search a.test\nsearch", Some("a.test")),
        ("short", "# search a.test\n; search a.test\n search a.test", None),
        ("short", "searcha.test", None),
        ("short", "search .", Some(".")),
        ("short", "", None),
        ("own.Dom.test", "", Some("Dom.test")),
        ("own.dom.test", "search a.test", Some("a.test")),
    ] {
        let mut table = HostTable::new().own_name(own);
        if let Some(domain) = domain {
            table = table.search_domain(domain);
        }
        let mut stand = Stand::new(Hosts::new(own, lines, "", &[]), table.clone());
        stand.same(&text, &questions);
        stand.local_domain = Some("env.test more.test");
        stand.table = table.clone().search_domain("env.test");
        stand.same(&text, &questions);
    }
}

#[test]
fn what_an_acceptor_takes() {
    let stand = Stand::new(Hosts::new("here", "", "", &[]), HostTable::new());
    let names = [
        "host/a.test@",
        "host/a.test@R",
        "host/A.test@R",
        "host/@R",
        "host/@",
        "HTTP/a.test@R",
        "host@R",
        "/a.test@R",
        "host/a.test/x@R",
        "host/a.test@S",
        "krbtgt/R@R",
    ];
    let mut questions = Vec::new();
    for name_type in [0, 1, 3] {
        for matching in names {
            questions.extend(names.iter().map(|name| format!("match\t{name_type}\t{matching}\t{name}")));
        }
    }
    for settings in ["", "ignore_acceptor_hostname = true", "dns_canonicalize_hostname = fallback"] {
        stand.same(&conf(settings, ""), &questions);
    }
}

/// A line of `/etc/hosts` that is no UTF-8 costs the canonical names, not the program.
#[test]
fn hosts_that_are_no_text() {
    announced_divergence("DIV-136");
    let hosts: &[u8] = b"10.1.0.8 b\xfcro.test desk\n";
    let stand = Stand::new(Hosts::new("here", "", hosts, &[]), HostTable::new());
    let path = stand.dir.path().join("krb5.conf");
    std::fs::write(&path, conf("", "")).unwrap();
    let asked = ["expand\tdesk".to_owned()];
    assert_eq!(stand.ask(env!("CARGO_BIN_EXE_hostnames"), &path, &asked), ["desk"]);
    assert_ne!(stand.ask(oracle(), &path, &asked), ["desk"], "DIV-136 is gone");
}

/// MIT's client asks its KDC for the names that we list, in that order.
#[test]
fn what_a_client_asks_for() {
    let realm = Realm::new(Side::Mit);
    realm.create("master");
    realm.kadmin_local(["addprinc", "-pw", "alicepw", "alice"]).ok();
    let machine = Arc::new(machine());
    let table = table();
    let user = User { uid: 0, euid: 0, name: |_| None };
    for (settings, host, found) in [
        ("dns_canonicalize_hostname = true", "www", "web.example.test"),
        ("dns_canonicalize_hostname = false", "www", "www.example.test"),
        ("dns_canonicalize_hostname = fallback", "www", "web.example.test"),
        ("dns_canonicalize_hostname = fallback", "lb.example.test", "node7.sub.example.test"),
        ("dns_canonicalize_hostname = fallback\nrdns = false", "lb.example.test", "lb.example.test"),
        ("dns_canonicalize_hostname = fallback", "files:80", "files.example.test:80"),
    ] {
        let text = format!(
            "[libdefaults]\ndefault_realm = EXAMPLE.COM\ndns_lookup_kdc = false\n{settings}\n[realms]\n\
             EXAMPLE.COM = {{\nkdc = 127.0.0.1:{}\n}}\n[domain_realm]\n.example.test = EXAMPLE.COM\n",
            realm.port()
        );
        realm.write("krb5.conf", &text);
        // Only the last name has a key, so that all of them are asked for.
        realm.kadmin_local(["addprinc", "-randkey", &format!("HTTP/{found}")]).output();
        let kdc = Kdc::start(&realm);
        let before = kdc.log().len();
        realm.kinit("alice", "alicepw").ok();
        realm.mit("kvno", ["-S", "HTTP", host]).among(&machine).ok();
        let log = kdc.log();
        let mut asked: Vec<String> = Vec::new();
        for line in log[before..].lines().filter(|line| line.contains("TGS_REQ")) {
            let (_, name) = line.split_once(" for ").unwrap();
            let name = name.split(',').next().unwrap().to_owned();
            if asked.last() != Some(&name) {
                asked.push(name);
            }
        }
        let path = realm.path("krb5.conf");
        let config = Config::from_env(&Env::new([("KRB5_CONFIG", &path)], user)).unwrap();
        let names = HostNames::new(&config, &table).client_names(b"HTTP", Some(host.as_bytes())).unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(names, asked, "{settings}, {host}: {log}");
        realm.kadmin_local(["delprinc", &format!("HTTP/{found}")]).ok();
    }
}

/// `kadmin.local -k` without a name is the host's own principal.
#[test]
fn who_acts_with_a_keytab() {
    let settings = [
        ("", "host/web.example.test@EXAMPLE.COM"),
        ("rdns = false\n[domain_realm]\nweb.example.test = OTHER", "host/web.example.test@OTHER"),
        ("dns_canonicalize_hostname = false\nqualify_shortname = x.test", "host/www.x.test@"),
        ("dns_canonicalize_hostname = fallback", "host/WWW@"),
    ];
    let machine = Arc::new(machine());
    for (settings, actor) in settings {
        let pair = Pair::new();
        let domain = if settings.is_empty() { "[domain_realm]\nexample.test = EXAMPLE.COM" } else { "" };
        pair.each(|realm| {
            let text = format!("[libdefaults]\ndefault_realm = EXAMPLE.COM\n{settings}\n{domain}\n");
            realm.write("krb5.conf", text);
        });
        pair.create_by_mit("master");
        let commands = "addprinc -randkey new\ngetprinc new\n";
        let both = pair.kadmin_local(["-k"]).among(&machine).stdin(commands).same();
        let banner = format!("Authenticating as principal {actor} with default keytab.\n");
        let _ = both.ours.stdout_has(&banner).stdout_has(&format!("({actor})\n"));
        pair.kadmin_local(["-k", "-p", "who", "getprinc", "new"]).among(&machine).same();
    }
}
