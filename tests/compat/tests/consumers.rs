//! Servers of others read the keytabs that our programs write, and take tickets of MIT's KDC on our database: gss-server
//! of MIT's samples, Cyrus SASL's, and one on the JDK's GSS-API. The host is known under an alias too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::net::TcpListener;
use std::sync::Arc;

use harness::{Hosts, Kdc, Output, Realm, Setup, Side, Terminal, workspace};

/// The host's own name, and the other one, of the same length.
const OWN: &str = "server.example.com";
const ALIAS: &str = "portal.example.com";

/// A realm with a KDC and a user who has a ticket, on a machine with names of its own.
struct Site {
    realm: Realm,
    hosts: Arc<Hosts>,
    _kdc: Kdc,
}

/// A realm with `alice` and the host's principal.
fn realm(setup: Setup) -> Realm {
    let realm = Realm::with(Side::Ours, setup);
    realm.create("master");
    realm.kadmin_local(["addprinc", "-pw", "alicespw", "alice"]).ok();
    realm.kadmin_local(["addprinc", "-randkey", &format!("host/{OWN}")]).ok();
    realm
}

fn start(realm: Realm) -> Site {
    // The alias is one by the DNS too.
    let records = [(OWN, "A", "127.0.0.1"), (ALIAS, "CNAME", OWN)];
    let hosts = Arc::new(Hosts::new(OWN, "", "", &records));
    let kdc = Kdc::start(&realm);
    realm.kinit("alice", "alicespw").ok();
    Site { realm, hosts, _kdc: kdc }
}

/// Servers take what is for any host of their keytab.
fn any_host() -> Setup {
    // Cyrus SASL names its own host when it asks for its key.
    Setup::new().libdefault("ignore_acceptor_hostname = true")
}

/// The alias has a principal of its own.
fn own_principal() -> Realm {
    let realm = realm(any_host());
    let alias = format!("host/{ALIAS}");
    realm.kadmin_local(["addprinc", "-randkey", &alias]).ok();
    realm.ktadd(["-k", "whole.keytab", &format!("host/{OWN}"), &alias]).ok();
    realm
}

/// The alias is one in the database. MIT's KDC follows aliases since 1.22; to the installed one we show the database as
/// that sees it: with the target's keys under both names.
fn stored_alias() -> Realm {
    let realm = realm(any_host());
    let (own, alias) = (format!("host/{OWN}"), format!("host/{ALIAS}"));
    realm.kadmin_local(["add_alias", &alias, &own]).ok();
    realm.ktadd(["-k", "whole.keytab", &own]).ok();
    realm.ktadd(["-k", "whole.keytab", "-norandkey", &alias]).ok();
    let kdc = Kdc::start(&realm);
    realm.kinit("alice", "alicespw").ok();
    realm.kvno(&own).ok();
    realm.kvno(&alias).fails(1);
    kdc.stop();
    let dump = realm.kdb5_util(["dump"]).ok().stdout;
    let followed = dump.lines().map(|line| match line.split('\t').nth(6) {
        Some(name) if name.starts_with(&alias) => {
            let is_target = |line: &&str| line.split('\t').nth(6).is_some_and(|name| name.starts_with(&own));
            let target = dump.lines().find(is_target).expect("the target is there");
            format!("{}\n", target.replace(OWN, ALIAS))
        }
        _ => format!("{line}\n"),
    });
    realm.write("followed", followed.collect::<String>());
    realm.kdb5_util(["load", "followed"]).ok();
    realm
}

impl Site {
    /// A keytab without the alias.
    fn without_alias(&self) -> &'static str {
        self.realm.ktadd(["-k", "own.keytab", "-norandkey", &format!("host/{OWN}")]).ok();
        "own.keytab"
    }

    /// gss-client asks the server for the host of this name; `server` runs with the connection.
    fn gss(&self, server: &str, args: &[String], keytab: &str) -> (Output, Output) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let service = format!("host@{ALIAS}");
        let client = self.realm.mit("gss-client", ["-port", &port, ALIAS, &service, "good morning"]);
        let client = client.among(&self.hosts).spawn();
        let (connection, _) = listener.accept().unwrap();
        let server = self.realm.mit(server, args).env("KRB5_KTNAME", format!("FILE:{{DIR}}/{keytab}"));
        let server = server.among(&self.hosts).serve(connection);
        (client.wait(), server.wait())
    }

    fn gss_server(&self, keytab: &str) -> (Output, String) {
        let args = ["-inetd", "-logfile", "server.log", "host"].map(String::from);
        let (client, server) = self.gss("gss-server", &args, keytab);
        assert_eq!(server.exit, 0, "{server}");
        let log = String::from_utf8_lossy(&self.realm.read("server.log")).into_owned();
        std::fs::remove_file(self.realm.path("server.log")).unwrap();
        (client, log)
    }

    fn jdk(&self, keytab: &str) -> (Output, Output) {
        let source = workspace().join("tests/harness/java/AcceptGss.java");
        let words = [
            "-Djava.security.krb5.conf={DIR}/krb5.conf".into(),
            "-Djava.io.tmpdir={DIR}".into(),
            source.display().to_string(),
            keytab.into(),
        ];
        self.gss("java", &words, keytab)
    }

    /// The conversation of Cyrus SASL's samples, whose lines somebody has to carry from one to the other. Gives what
    /// both said.
    fn sasl(&self, keytab: &str) -> (Output, Output) {
        let server = self.realm.mit("sasl-sample-server", ["-m", "GSSAPI", "-s", "host"]);
        let server = server.env("KRB5_KTNAME", format!("FILE:{{DIR}}/{keytab}")).among(&self.hosts);
        let client = ["-m", "GSSAPI", "-s", "host", "-n", ALIAS, "-u", "alice"];
        let client = self.realm.mit("sasl-sample-client", client).among(&self.hosts);
        let (mut server, mut client) = (Terminal::open(&server), Terminal::open(&client));
        carry(&mut server, "S: ", &mut client);
        carry(&mut client, "C: ", &mut server);
        // A server that refuses says so at once.
        if line_behind(&mut server, "got 'GSSAPI'").contains("Error") {
            return (ended(client), server.end());
        }
        carry(&mut server, "S: ", &mut client);
        carry(&mut client, "C: ", &mut server);
        carry(&mut server, "S: ", &mut client);
        carry(&mut client, "C: ", &mut server);
        client.wait_for("Negotiation complete");
        server.wait_for("Negotiation complete");
        server.wait_for("Username: alice");
        (ended(client), ended(server))
    }
}

/// Types the next line that begins so to the other one.
fn carry(from: &mut Terminal, begins: &str, to: &mut Terminal) {
    from.wait_for(begins).wait_for("\n");
    let screen = from.screen();
    let line = screen.lines().rfind(|line| line.starts_with(begins)).expect("it was waited for");
    to.line(line);
}

/// Waits for the line behind the one that begins so.
fn line_behind(of: &mut Terminal, begins: &str) -> String {
    of.wait_for(begins).wait_for("\n").wait_for("\n");
    let screen = of.screen();
    screen.lines().skip_while(|line| !line.starts_with(begins)).nth(1).unwrap_or_default().to_string()
}

/// Types the end of the input, and waits for that of the program.
fn ended(mut program: Terminal) -> Output {
    program.keys("\x04").end()
}

fn ticket(site: &Site, host: &str) {
    let listed = site.realm.mit("klist", ["-f"]).ok();
    assert!(listed.stdout.contains(&format!("host/{host}@")), "no ticket for {host}: {listed}");
}

#[test]
fn gss_server() {
    for realm in [own_principal(), stored_alias()] {
        let site = start(realm);
        let (client, log) = site.gss_server("whole.keytab");
        let client = client.code(0).stdout_has("Signature verified.");
        assert!(log.contains("Received message: \"good morning\""), "{log}\n{client}");
        ticket(&site, ALIAS);
    }
    let site = start(own_principal());
    let keytab = site.without_alias();
    let (client, log) = site.gss_server(keytab);
    client.code(1).stdout_has("The ticket isn't for us");
    assert!(log.contains(&missing()), "{log}");
}

/// What MIT's library says of a keytab that has neither the name nor the key.
fn missing() -> String {
    format!("Request ticket server host/{ALIAS}@EXAMPLE.COM not found in keytab (ticket kvno 2)")
}

#[test]
fn an_alias_that_the_client_resolves_needs_no_entry() {
    let realm = realm(Setup::new());
    let text = String::from_utf8(realm.read("krb5.conf")).unwrap();
    let (no, yes) = ("dns_canonicalize_hostname = false", "dns_canonicalize_hostname = true");
    assert!(text.contains(no));
    realm.write("krb5.conf", text.replace(no, yes));
    realm.ktadd(["-k", "whole.keytab", &format!("host/{OWN}")]).ok();
    let site = start(realm);
    let (client, log) = site.gss_server("whole.keytab");
    client.code(0).stdout_has("Signature verified.");
    assert!(log.contains("Received message: \"good morning\""), "{log}");
    ticket(&site, OWN);
    site.jdk("whole.keytab").0.code(0).stdout_has("Signature verified.");
    site.sasl("whole.keytab").1.stdout_has("Negotiation complete");
}

#[test]
fn cyrus_sasl() {
    for realm in [own_principal(), stored_alias()] {
        let site = start(realm);
        let (client, server) = site.sasl("whole.keytab");
        client.stdout_has("SSF: 256");
        server.stdout_has("Negotiation complete");
        ticket(&site, ALIAS);
    }
    let site = start(own_principal());
    let keytab = site.without_alias();
    let refused = site.sasl(keytab).1.code(1);
    assert!(refused.stdout.contains(&missing()), "{refused}");
}

/// Cyrus SASL asks for its own host's key: by another name its clients are refused, unless the library is told otherwise.
#[test]
fn cyrus_sasl_by_its_own_name_only() {
    let realm = realm(Setup::new());
    let alias = format!("host/{ALIAS}");
    realm.kadmin_local(["addprinc", "-randkey", &alias]).ok();
    realm.ktadd(["-k", "whole.keytab", &format!("host/{OWN}"), &alias]).ok();
    let site = start(realm);
    let refused = site.sasl("whole.keytab").1.code(1);
    assert!(refused.stdout.contains("GSSAPI Error: Unspecified GSS failure."), "{refused}");
}

#[test]
fn the_jdk() {
    for realm in [own_principal(), stored_alias()] {
        let site = start(realm);
        let (client, server) = site.jdk("whole.keytab");
        client.code(0).stdout_has("Signature verified.");
        server.code(0).stderr_has("Received message: \"good morning\"");
        ticket(&site, ALIAS);
    }
    // The JDK tries the key of any entry of that type, so a keytab without the alias fails where its key is another one.
    let site = start(own_principal());
    let keytab = site.without_alias();
    let (client, server) = site.jdk(keytab);
    client.code(1);
    server.code(1).stderr_has("Checksum failed");
}
