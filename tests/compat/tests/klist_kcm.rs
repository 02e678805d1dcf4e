//! `klist` on caches in KCM daemons, which MIT's `kinit`, `kvno` and `kswitch` filled, beside MIT's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::{Beside, HeimdalKcm, OwnKcm};
use harness::{Kdc, Realm, Setup, Side};
use std::ffi::OsString;

const PASSWORD: &str = "alicespw";

fn realm(socket: &str) -> (Realm, Kdc) {
    let realm = Realm::with(Side::Mit, Setup::new().libdefault(&format!("kcm_socket = {{DIR}}/{socket}")));
    realm.create("masterpw");
    for name in ["alice", "bob", "carol"] {
        realm.kadmin_local(["addprinc", "-pw", PASSWORD, name]).ok();
    }
    realm.kadmin_local(["addprinc", "-randkey", "host/a"]).ok();
    let kdc = Kdc::start(&realm);
    (realm, kdc)
}

fn klist(realm: &Realm, words: &[&str]) -> Beside {
    Beside::run(realm, "klist", words.iter().map(OsString::from)).env("KRB5CCNAME", "KCM:")
}

fn with_all_options(realm: &Realm) {
    for words in
        [vec![], vec!["-efdCan"], vec!["-l"], vec!["-A"], vec!["-A", "-e"], vec!["-s"], vec!["-A", "-s"]]
    {
        klist(realm, &words).same();
    }
}

/// What is done with both daemons.
fn a_collection(realm: &Realm) {
    with_all_options(realm);
    for name in ["alice", "bob", "carol"] {
        realm.kinit(name, PASSWORD).env("KRB5CCNAME", "KCM:").ok();
        realm.kvno("host/a").env("KRB5CCNAME", "KCM:").ok();
        with_all_options(realm);
    }
    realm.mit("kswitch", ["-p", "alice"]).env("KRB5CCNAME", "KCM:").ok();
    with_all_options(realm);
    let listed = klist(realm, &["-l"]).same().code(0).stdout;
    assert!(listed.lines().nth(2).unwrap().starts_with("alice@"), "the default one is first: {listed}");
    assert_eq!(listed.lines().count(), 5);
    for line in listed.lines().skip(2) {
        let cache = &line[line.find("KCM:").unwrap()..];
        for words in [&[cache][..], &["-l", cache], &["-A", cache], &["-s", cache]] {
            klist(realm, words).same().code(0);
        }
    }
    klist(realm, &["KCM:none"]).same().code(1);
    klist(realm, &["-l", "KCM:none"]).same().code(1);
    klist(realm, &["-A", "KCM:none"]).same().code(1);
    realm.mit("kdestroy", Vec::<&str>::new()).env("KRB5CCNAME", "KCM:").ok();
    with_all_options(realm);
    realm.mit("kdestroy", ["-A"]).env("KRB5CCNAME", "KCM:").ok();
    with_all_options(realm);
}

#[test]
fn a_daemon_of_heimdals() {
    let (realm, _kdc) = realm("run/.heim_org.h5l.kcm-socket");
    let kcm = HeimdalKcm::start(&realm);
    assert!(kcm.socket.exists());
    a_collection(&realm);
}

#[test]
fn a_daemon_that_knows_mits_requests() {
    let (realm, _kdc) = realm("own-kcm");
    let kcm = OwnKcm::start(&realm);
    a_collection(&realm);
    realm.kinit("alice", PASSWORD).env("KRB5CCNAME", "KCM:").ok();
    let _ = kcm.asked();
    let said = realm.by(Side::Ours).klist::<_, &str>([]).env("KRB5CCNAME", "KCM:").ok();
    assert!(said.stdout.contains("krbtgt/EXAMPLE.COM@EXAMPLE.COM"), "{said}");
    let asked = kcm.asked();
    assert!(asked.contains(&13_001) && !asked.contains(&9), "the credentials come in one reply: {asked:?}");
    // As long as the daemon does not know that request, they come one by one, in the same listing.
    for code in [-1_765_328_188_i32, -1_765_328_191, -1_765_328_137] {
        kcm.lie(13_001, &code.to_be_bytes());
        let again = klist(&realm, &["-efC"]).same().code(0).stdout;
        assert!(again.contains("krbtgt/EXAMPLE.COM@EXAMPLE.COM"), "{again}");
        assert!(kcm.asked().contains(&9));
    }
    kcm.lie(13_001, &13_i32.to_be_bytes());
    klist(&realm, &[]).same().code(1);
}

#[test]
fn answers_that_are_none() {
    let (realm, _kdc) = realm("own-kcm");
    for request in [8_u16, 13_001, 18, 19, 20] {
        let _ = std::fs::remove_file(realm.path("own-kcm"));
        let kcm = OwnKcm::start(&realm);
        realm.kinit("alice", PASSWORD).env("KRB5CCNAME", "KCM:").ok();
        let no_cache = (-1_765_328_189_i32).to_be_bytes();
        for lie in [
            &b""[..],
            b"\0\0",
            b"\0\0\0\0",
            b"\0\0\0\0x",
            b"\0\0\0\0\0\0\0\x01\0\0\0\x09x",
            b"\0\0\0\x05",
            &no_cache,
        ] {
            kcm.lie(request, lie);
            for words in [&[][..], &["-s"]] {
                klist(&realm, words).same();
            }
            // Where MIT says nothing of what has gone wrong with a collection ours does (DIV-112).
            for words in [&["-l"][..], &["-A"]] {
                let (mit, ours) = klist(&realm, words).outputs();
                assert_eq!(mit.exit, ours.exit, "{request}, {lie:?}: {mit}\n{ours}");
                let told = ours.stderr.contains("while listing ccache collection");
                assert!(
                    ours.stdout == mit.stdout || (told && ours.exit == 1),
                    "{request}, {lie:?}: {mit}\n{ours}"
                );
            }
        }
    }
}

#[test]
fn no_daemon() {
    let realm = Realm::with(Side::Mit, Setup::new().libdefault("kcm_socket = {DIR}/none"));
    let long =
        Realm::with(Side::Mit, Setup::new().libdefault(&format!("kcm_socket = {{DIR}}/{}", "x".repeat(200))));
    let off = Realm::with(Side::Mit, Setup::new().libdefault("kcm_socket = -"));
    for realm in [&realm, &long, &off] {
        for cache in ["KCM:", "KCM:0", "KCM:a:b"] {
            for words in [&[cache][..], &["-l", cache], &["-A", cache], &["-s", cache]] {
                let said = klist(realm, words).same().code(1);
                assert!(
                    words[0] == "-s" || said.stderr.starts_with("klist: No KCM server found while "),
                    "{said}"
                );
            }
        }
    }
    // A file in the place of the socket, and a socket on which nobody listens.
    realm.write("none", "");
    klist(&realm, &[]).same().code(1);
    std::fs::remove_file(realm.path("none")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(realm.path("none")).unwrap());
    klist(&realm, &[]).same().code(1);
}
