//! `klist` on names of caches that lead nowhere, and on what cannot be read, beside MIT's own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::Beside;
use harness::{Pair, Realm, Setup, Side};
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

fn realm() -> Realm {
    Realm::with(Side::Mit, Setup::new().libdefault("kcm_socket = {DIR}/no-kcm"))
}

fn klist(realm: &Realm, words: &[&str]) -> Beside {
    Beside::run(realm, "klist", words.iter().map(OsString::from))
}

#[test]
fn paths_that_lead_nowhere() {
    let realm = realm();
    fs::create_dir(realm.path("dir")).unwrap();
    std::os::unix::fs::symlink("loop", realm.path("loop")).unwrap();
    std::os::unix::fs::symlink("none", realm.path("dangling")).unwrap();
    let long = "x".repeat(300);
    for name in ["none", "dir", "loop", "loop/x", "dangling", "/dev/null", long.as_str(), "FILE:", "dir/none"]
    {
        for words in [&[name][..], &["-s", name], &["-l", name], &["-A", name], &["-sA", name]] {
            klist(&realm, words).same().code(1);
        }
    }
}

#[test]
fn a_cache_that_may_not_be_read() {
    let pair = Pair::new();
    pair.each(|realm| {
        fs::copy(harness::workspace().join("tests/golden/ccache/bob.ccache"), realm.path("cc")).unwrap();
        fs::set_permissions(realm.path("cc"), Permissions::from_mode(0o000)).unwrap();
    });
    for words in [&["cc"][..], &["-s", "cc"], &["-l", "cc"], &["-A", "cc"]] {
        pair.klist(words).bound_by_rights().same_bytes().code(1);
    }
}

/// DIV-111: MIT's makes the directory and its `primary`.
#[test]
fn a_look_makes_nothing() {
    let realm = realm();
    harness::announced_divergence("DIV-111");
    let ours = realm.by(Side::Ours).klist(["DIR:{DIR}/new"]).fails(1);
    assert!(!realm.path("new").exists());
    let mit = realm.by(Side::Mit).klist(["DIR:{DIR}/new"]).fails(1);
    assert!(realm.path("new/primary").exists(), "MIT's has made it");
    assert_eq!(ours.stderr, mit.stderr, "and both say that there is no cache");
    klist(&realm, &["DIR:{DIR}/new"]).same().code(1);
}

/// DIV-112.
#[test]
fn collections_that_cannot_be_listed() {
    let realm = realm();
    for (name, text) in [
        ("foo:x", "Unknown credential cache type"),
        ("KEYRING:nobody:x", "Invalid keyring anchor name"),
        ("KEYRING:persistent:x", "Invalid UID in persistent keyring name"),
    ] {
        for option in ["-l", "-A"] {
            let (mit, ours) = klist(&realm, &[option, name]).differs("DIV-112");
            assert_eq!((mit.exit, mit.stderr.as_str()), (1, ""), "{mit}");
            assert_eq!((ours.exit, ours.stdout.as_str()), (1, ""), "{ours}");
            assert_eq!(ours.stderr, format!("klist: {text} while listing ccache collection\n"));
        }
        klist(&realm, &["-sA", name]).same().code(1);
    }
    // Nothing there is nothing to complain of.
    for name in ["DIR:{DIR}/none", "none", "MEMORY:x", "DIR::{DIR}/tktnone"] {
        klist(&realm, &["-l", name]).same().code(1);
        klist(&realm, &["-A", name]).same().code(1);
    }
}

/// DIV-114.
#[test]
fn types_of_other_systems() {
    let realm = realm();
    for kind in ["API", "MSLSA"] {
        let name = format!("{kind}:x");
        let (mit, ours) = klist(&realm, &[&name]).differs("DIV-114");
        assert_eq!(mit.stderr, "klist: Unknown credential cache type while resolving ccache\n");
        let said = format!(
            "klist: Credential caches of the type {kind} are not supported here; use FILE:, DIR:, KEYRING: or KCM: \
             while resolving ccache\n"
        );
        assert_eq!((ours.stderr, ours.exit, mit.exit), (said, 1, 1));
        klist(&realm, &["-s", &name]).same().code(1);
    }
}
