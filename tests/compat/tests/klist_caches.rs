//! `klist` on caches that MIT's KDC, `kinit`, `kvno` and `kswitch` made, beside MIT's own, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::Beside;
use harness::{Kdc, Realm, Setup, Side};
use std::ffi::OsString;

const PASSWORD: &str = "alicespw";

fn realm() -> (Realm, Kdc) {
    let setup = Setup::new()
        .supported_enctypes("aes256-cts:normal aes128-cts:normal aes256-sha2:normal arcfour-hmac:normal")
        .kdc_realm("max_renewable_life = 7d")
        .kdc_realm("max_life = 2d")
        .libdefault("allow_weak_crypto = true");
    let realm = Realm::with(Side::Mit, setup);
    realm.create("masterpw");
    for name in ["alice", "bob/admin", r"odd\@na\/me/x\ny/z", "sm\u{f6}rg\u{e5}s", &"long".repeat(30)] {
        realm.kadmin_local(["addprinc", "-pw", PASSWORD, "-maxrenewlife", "7d", name]).ok();
    }
    realm.kadmin_local(["modprinc", "-maxrenewlife", "7d", "krbtgt/EXAMPLE.COM"]).ok();
    for (name, enctype) in
        [("host/aes", "aes256-cts"), ("host/rc4", "arcfour-hmac"), ("host/sha2", "aes256-sha2")]
    {
        let enctype = format!("{enctype}:normal");
        realm.kadmin_local(["addprinc", "-randkey", "-e", &enctype, "+ok_as_delegate", name]).ok();
    }
    let kdc = Kdc::start(&realm);
    (realm, kdc)
}

/// `kinit` of MIT's, with options.
fn kinit(realm: &Realm, cache: &str, words: &[&str]) {
    realm.mit("kinit", words.iter().copied()).stdin(&format!("{PASSWORD}\n")).env("KRB5CCNAME", cache).ok();
}

fn kvno(realm: &Realm, cache: &str, services: &[&str]) {
    realm.mit("kvno", services.iter().copied()).env("KRB5CCNAME", cache).ok();
}

fn klist(realm: &Realm, words: &[&str]) -> Beside {
    Beside::run(realm, "klist", words.iter().map(OsString::from))
}

/// Every set of the options that show more of a ticket.
fn option_sets() -> Vec<Vec<&'static str>> {
    const OPTIONS: [&str; 5] = ["-e", "-f", "-C", "-d", "-a"];
    let sets = (0..1_u32 << OPTIONS.len()).map(|set| {
        let chosen = OPTIONS.iter().enumerate().filter(|(index, _)| set >> index & 1 == 1);
        let mut chosen: Vec<_> = chosen.map(|(_, option)| *option).collect();
        // Names of hosts are asked for in a test of their own.
        if chosen.contains(&"-a") {
            chosen.push("-n");
        }
        chosen
    });
    sets.collect()
}

#[test]
fn every_version_with_every_set_of_options() {
    let (realm, _kdc) = realm();
    let plain = String::from_utf8(realm.read("krb5.conf")).unwrap();
    for version in 1..=4_u8 {
        let setting = format!("[libdefaults]\n    ccache_type = {version}\n");
        realm.write("krb5.conf", plain.replacen("[libdefaults]\n", &setting, 1));
        let file = format!("cc{version}");
        let name = format!("FILE:{}", realm.path(&file).display());
        kinit(&realm, &name, &["-f", "-p", "-r", "5d", "-l", "9h", "alice"]);
        kvno(&realm, &name, &["host/aes", "host/rc4", "host/sha2"]);
        assert_eq!(realm.read(&file)[..2], [5, version], "kinit made another version");
        for options in option_sets() {
            let words: Vec<_> = options.iter().copied().chain([name.as_str()]).collect();
            let said = klist(&realm, &words).same().code(0).stdout;
            assert!(said.contains("  host/sha2@EXAMPLE.COM\n"), "{said}");
        }
        for words in [vec!["-l"], vec!["-A"], vec!["-s"], vec!["-A", "-s"], vec!["-A", "-efC"], vec!["-c"]] {
            klist(&realm, &words).env("KRB5CCNAME", &name).same().code(0);
        }
    }
    let said = klist(&realm, &["-ef", &format!("FILE:{}", realm.path("cc4").display())]).same().stdout;
    assert!(said.contains("Flags: FPRI") && said.contains("DEPRECATED:arcfour-hmac"), "{said}");
}

#[test]
fn what_kdcs_and_clients_put_into_tickets() {
    let (realm, _kdc) = realm();
    let name = format!("FILE:{}", realm.path("cc").display());
    for words in [
        vec!["-s", "1h", "-l", "2h", "alice"],
        vec!["-a", "alice"],
        vec!["-A", "alice"],
        vec!["-S", "host/aes", "alice"],
        vec!["-C", "alice"],
        vec![r"odd\@na\/me/x\ny/z"],
        vec!["sm\u{f6}rg\u{e5}s"],
        vec!["bob/admin"],
        vec![&*"long".repeat(30)],
    ] {
        kinit(&realm, &name, &words);
        klist(&realm, &["-efdCan", &name]).same().code(0);
        klist(&realm, &["-l", &name]).same().code(0);
        klist(&realm, &["-s", &name]).same();
    }
    // Forwarded and renewed tickets; one that is invalid yet.
    kinit(&realm, &name, &["-f", "-r", "3d", "alice"]);
    realm.mit("kinit", ["-R"]).env("KRB5CCNAME", &name).ok();
    klist(&realm, &["-f", &name]).same().code(0);
    kinit(&realm, &name, &["-s", "1h", "alice"]);
    let said = klist(&realm, &["-f", &name]).same().stdout;
    assert!(said.contains("Flags: ") && said.contains('i'), "{said}");
}

#[test]
fn collections_in_directories() {
    let (realm, _kdc) = realm();
    std::fs::create_dir(realm.path("many")).unwrap();
    let name = format!("DIR:{}", realm.path("many").display());
    for who in ["alice", "bob/admin", r"odd\@na\/me/x\ny/z", "sm\u{f6}rg\u{e5}s", &*"long".repeat(30)] {
        kinit(&realm, &name, &[who]);
        for words in [vec![], vec!["-l"], vec!["-A"], vec!["-A", "-efC"], vec!["-s"], vec!["-A", "-s"]] {
            klist(&realm, &words).env("KRB5CCNAME", &name).same().code(0);
        }
    }
    realm.mit("kswitch", ["-p", "bob/admin"]).env("KRB5CCNAME", &name).ok();
    let listed = klist(&realm, &["-l"]).env("KRB5CCNAME", &name).same().code(0).stdout;
    assert!(
        listed.lines().nth(2).unwrap().starts_with("bob/admin@EXAMPLE.COM "),
        "the primary one is first: {listed}"
    );
    assert_eq!(listed.lines().count(), 7);
    // Each by its own name.
    for line in listed.lines().skip(2) {
        let cache = &line[line.find("DIR::").unwrap()..];
        klist(&realm, &[cache]).same().code(0);
        klist(&realm, &["-l", cache]).same().code(0);
        klist(&realm, &["-A", cache]).same().code(0);
    }
    // Things that are no caches, and caches that are none yet.
    realm.write("many/tktempty", "");
    realm.write("many/tktbad", "nonsense");
    realm.write("many/other", "nonsense");
    klist(&realm, &["-l"]).env("KRB5CCNAME", &name).same().code(0);
    klist(&realm, &["-A", "-s"]).env("KRB5CCNAME", &name).same().code(0);
    klist(&realm, &["-l", "DIR:{DIR}/many/"]).same().code(0);
    // Where the primary one is not there, or nothing says which it is.
    for primary in ["tktnone\n", "tktempty\n", "nothing\n", ""] {
        realm.write("many/primary", primary);
        klist(&realm, &["-l"]).env("KRB5CCNAME", &name).same().code(0);
    }
    realm.write("many/primary", "nothing\n");
    klist(&realm, &[]).env("KRB5CCNAME", &name).same().code(1);
    for bad in [
        "DIR::{DIR}/many/other",
        "DIR::tkt",
        "DIR::{DIR}/none/tkt",
        "DIR:{DIR}/many/other",
        "DIR:{DIR}/no/such",
    ] {
        klist(&realm, &[bad]).same().code(1);
        klist(&realm, &["-s", bad]).same().code(1);
    }
}

#[test]
fn which_cache_is_meant() {
    let (realm, _kdc) = realm();
    let plain = String::from_utf8(realm.read("krb5.conf")).unwrap();
    let configured = |value: &str| {
        let setting = format!("[libdefaults]\n    default_ccache_name = {value}\n");
        realm.write("krb5.conf", plain.replacen("[libdefaults]\n", &setting, 1));
    };
    kinit(&realm, &format!("FILE:{}", realm.path("here").display()), &["alice"]);
    let dir = realm.dir().display().to_string();
    configured(&format!("FILE:{dir}/%{{null}}here"));
    for words in [vec![], vec!["-c"], vec!["-l"], vec!["-A"], vec!["-s"]] {
        let run = || {
            let beside = klist(&realm, &words);
            beside.env("KRB5CCNAME", "FILE:{DIR}/none")
        };
        run().same().code(1);
    }
    let without = |words: &[&str]| {
        // The harness gives every program a KRB5CCNAME; here the configuration is to count.
        let of =
            |side: Side| realm.by(side).run("klist", words.iter().copied()).env_remove("KRB5CCNAME").output();
        let (mit, ours) = (of(Side::Mit), of(Side::Ours));
        assert_eq!(
            (&mit.stdout, &mit.stderr, mit.exit),
            (&ours.stdout, &ours.stderr, ours.exit),
            "{words:?}"
        );
        ours
    };
    assert!(without(&[]).code(0).stdout.contains(&format!("Ticket cache: FILE:{dir}/here\n")));
    let _ = without(&["-l"]).code(0);
    configured(&format!("{dir}/krb5cc_%{{uid}}_%{{euid}}_%{{username}}"));
    let _ = without(&[]).code(1);
    let _ = without(&["-l"]).code(1);
    configured("FILE:/x/%{nobody}");
    let _ = without(&[]).code(1);
    let _ = without(&["-s"]).code(1);
    configured("MEMORY:m");
    let _ = without(&[]).code(1);
    let _ = without(&["-l"]).code(1);
    realm.write("krb5.conf", &plain);
    // Relative paths, paths with colons, drive letters.
    std::fs::copy(realm.path("here"), realm.path("c:d")).unwrap();
    for name in
        ["here", "c:d", "FILE:here", "FILE:c:d", "./here", "MEMORY:x", "FILE:none", "none", "/dev/null/x"]
    {
        klist(&realm, &[name]).same();
        klist(&realm, &["-l", name]).same();
        klist(&realm, &["-s", name]).same();
    }
    for name in ["foo:x", ":x", "/a:b"] {
        klist(&realm, &[name]).same().code(1);
        klist(&realm, &["-s", name]).same().code(1);
    }
}

#[test]
fn errors_in_the_form_that_the_configuration_asks_for() {
    for format in ["%M (%C)", "[%C] %%%M%x%", "plain", "%C"] {
        let realm = Realm::with(
            Side::Mit,
            Setup::new().libdefault("kcm_socket = {DIR}/no-kcm").libdefault(&format!("err_fmt = {format}")),
        );
        realm.write("other", b"\x05\x07");
        for name in [
            "FILE:{DIR}/none",
            "FILE:{DIR}/other",
            "foo:x",
            "DIR::tkt",
            "DIR::/tmp/x",
            "DIR:{DIR}/no/such",
            "DIR:{DIR}/other",
            "KEYRING:bad:x",
            "KEYRING:persistent:x",
            "KCM:x",
            "FILE:{DIR}",
            "MEMORY:x",
        ] {
            klist(&realm, &[name]).same().code(1);
        }
    }
}
