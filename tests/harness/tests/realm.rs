//! One realm with everything around it: KDC, tickets, witnesses of keytabs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use harness::{BackEnd, Entry, Kdc, Realm, Setup, Side, Terminal, heimdal_keytab, jdk_keytab, mit_keytab};

#[test]
fn a_kdc_serves_the_realm_and_is_gone_afterwards() {
    let realm = Realm::shared(Side::Mit);
    realm.create("masterpw");
    realm.kadmin_local(["addprinc", "-pw", "alicespw", "alice"]).ok();
    realm.kadmin_local(["addprinc", "-randkey", "host/a.example.com"]).ok();
    realm.kadmin_local(["ktadd", "-k", "out.keytab", "host/a.example.com"]).ok();
    let kdc = Kdc::start(&realm);
    realm.kinit("alice", "alicespw").ok();
    realm.kvno("host/a.example.com").ok().stdout_has("host/a.example.com@EXAMPLE.COM: kvno = 2");
    realm.mit("klist", Vec::<String>::new()).ok().stdout_has("Default principal: alice@EXAMPLE.COM");
    realm.kinit_keytab("host/a.example.com", "out.keytab").ok();
    realm.kinit("alice", "wrong").fails(1);
    assert!(kdc.log().contains("AS_REQ"), "{}", kdc.log());
    kdc.stop();
    realm.kinit("alice", "alicespw").fails(1).stderr_has("Cannot contact any KDC");
}

#[test]
fn a_kdc_that_cannot_start_says_why() {
    let realm = Realm::new(Side::Mit);
    let thrown = catch_unwind(AssertUnwindSafe(|| Kdc::start(&realm))).expect_err("there is no database");
    let text = thrown.downcast_ref::<String>().unwrap();
    assert!(text.contains("krb5kdc does not serve"), "{text}");
    let missing = match realm.backend() {
        BackEnd::Db2 => "No such file or directory",
        BackEnd::Klmdb => "principal.mdb does not exist",
    };
    assert!(text.contains(missing), "{text}");
}

#[test]
fn the_configuration_is_what_was_asked_for() {
    let setup = Setup::new()
        .realm("OTHER.ORG")
        .supported_enctypes("camellia256-cts:normal")
        .kdc_realm("max_life = 3h")
        .libdefault("ticket_lifetime = 1h")
        .krb5_text("[appdefaults]\n    here = {DIR}")
        .kdc_text("[dbmodules]\n    port = {PORT}");
    let realm = Realm::with(Side::Mit, setup);
    let text = |name| String::from_utf8(realm.read(name)).unwrap();
    assert!(text("krb5.conf").contains("    ticket_lifetime = 1h\n"));
    assert!(text("krb5.conf").contains(&format!("here = {}\n", realm.dir().display())));
    assert!(text("kdc.conf").contains(&format!("port = {}\n", realm.port())));
    realm.create("masterpw");
    realm.kadmin_local(["addprinc", "-randkey", "a"]).ok();
    let entry = realm.kadmin_local(["getprinc", "a"]).ok();
    entry
        .stdout_has("Principal: a@OTHER.ORG\n")
        .stdout_has("camellia256-cts-cmac\n")
        .stdout_has("0 days 03:00:00");
}

#[test]
fn all_witnesses_read_the_same_keytab() {
    let realm = Realm::new(Side::Mit);
    realm.create("masterpw");
    for name in ["host/a.example.com", "imap/mail.example.com"] {
        realm.kadmin_local(["addprinc", "-randkey", name]).ok();
        realm.kadmin_local(["ktadd", "-k", "out.keytab", name]).ok();
    }
    let keytab = realm.path("out.keytab");
    let sorted = |mut entries: Vec<Entry>| {
        entries.sort();
        entries
    };
    let mit = sorted(mit_keytab(&keytab));
    assert_eq!(mit.len(), 4, "{mit:?}");
    assert_eq!(mit, sorted(heimdal_keytab(&keytab)));
    assert_eq!(mit, sorted(jdk_keytab(&keytab)));
}

#[test]
fn a_program_that_hangs_is_ended() {
    let realm = Realm::new(Side::Mit);
    realm.create("masterpw");
    let run = realm.run("tail", ["-f", "/dev/null"]).patience(Duration::from_millis(200));
    let thrown = catch_unwind(AssertUnwindSafe(|| run.output())).expect_err("it never ends");
    let text = thrown.downcast_ref::<String>().unwrap();
    assert!(text.contains("hangs"), "{text}");
}

#[test]
fn a_terminal_has_the_size_it_is_given() {
    let realm = Realm::new(Side::Mit);
    let script = "stty size; read answer; stty size; echo \"$answer on $TERM\"; exit 3";
    let mut terminal = Terminal::open(&realm.run("sh", ["-c", script]));
    terminal.wait_for("24 80\r\n").resize(100, 30).line("seen").wait_for("30 100");
    let output = terminal.end().code(3);
    assert_eq!(output.stdout, "24 80\nseen\n30 100\nseen on dumb\n");
}

#[test]
fn nothing_of_the_surroundings_reaches_the_programs() {
    let realm = Realm::new(Side::Mit);
    let seen = realm.run("env", Vec::<String>::new()).ok().stdout;
    let names: Vec<&str> =
        seen.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(names.contains(&"KRB5_KDC_PROFILE") && !names.contains(&"CARGO_MANIFEST_DIR"), "{seen}");
    for line in seen.lines().filter(|line| line.starts_with("KRB5")) {
        assert!(line.contains(&realm.dir().display().to_string()), "{line}");
    }
}
