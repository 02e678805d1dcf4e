//! `kdb5_util ark`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Kdc, Pair, Side};

fn pair() -> Pair {
    let pair = Pair::new();
    let lines = "addprinc -pw alicespw +needchange +requires_preauth alice\naddprinc -nokey none\n\
        addprinc -e aes256-cts:special,rc4-hmac:onlyrealm -pw bobspw bob\naddprinc -randkey host/a\n";
    let _ = pair.mit().create("first");
    let _ = pair.mit().kadmin_local(Vec::<String>::new()).stdin(lines).ok();
    pair.copy_database();
    pair
}

#[test]
fn lines_beside_mit() {
    let pair = pair();
    for (words, code) in [
        ("ark", 1),
        ("ark -e aes128-cts", 1),
        ("ark -e aes128-cts nobody", 1),
        ("ark -e aes128-cts a@b@c", 1),
        ("ark -e aes128-cts alice@OTHER", 1),
        ("ark -e aes128-cts alice", 0),
        ("ark -e aes128-cts:special,aes256-cts:norealm bob@EXAMPLE.COM word", 0),
        ("ark -e rc4-hmac -e aes256-cts,aes256-cts:norealm host/a", 0),
        ("ark -e des3-cbc-sha1,arcfour-hmac,camellia128-cts none", 0),
        ("ark -e aes128-sha2 krbtgt/EXAMPLE.COM", 0),
        ("ark -e aes128-sha2 krbtgt/EXAMPLE.COM", 0),
        ("ark -x", 1),
    ] {
        let both = pair.kdb5_util(words.split(' '));
        // MIT crashes on names that begin with a hyphen, as on all without -e.
        if words == "ark -x" {
            let _ = both.run().ours.code(1);
            continue;
        }
        let _ = both.same_bytes().code(code);
        pair.same_dump();
    }
    for name in ["alice", "bob", "host/a", "krbtgt/EXAMPLE.COM"] {
        pair.kadmin_local(["getprinc", name]).same();
    }
}

/// The new keys are in the master key of the old ones, and both sides open all of them.
#[test]
fn under_an_older_master_key() {
    let pair = pair();
    pair.kdb5_util(["add_mkey", "-s"]).stdin("a\na\n").same_bytes().code(0);
    pair.kdb5_util(["use_mkey", "2"]).same().code(0);
    pair.kdb5_util(["ark", "-e", "aes128-cts", "alice"]).same_bytes().code(0);
    pair.kdb5_util(["ark", "-e", "aes128-cts", "krbtgt/EXAMPLE.COM"]).same_bytes().code(0);
    pair.same_dump();
    pair.kdb5_util(["update_princ_encryption", "-f", "-v"]).same_bytes().code(0);
    pair.kdb5_util(["ark", "-e", "aes128-cts", "bob"]).same_bytes().code(0);
    pair.same_dump();
    let realm = pair.ours();
    let _ = realm.kadmin_local(["modprinc", "-needchange", "alice"]).ok();
    for side in [Side::Mit, Side::Ours] {
        let words = ["ktadd", "-k", "keytab", "-norandkey", "alice", "bob", "krbtgt/EXAMPLE.COM"];
        let _ = realm.by(side).kadmin_local(words).ok();
    }
    let _kdc = Kdc::start(realm);
    let _ = realm.kinit_keytab("alice", "keytab").ok();
    let _ = realm.kvno("host/a").ok();
}

/// DIV-97
#[test]
fn what_mit_gets_wrong() {
    let pair = pair();
    // Without -e it crashes; ours makes keys of the realm's types.
    let both = pair.kdb5_util(["ark", "alice"]).differs("DIV-97");
    assert_eq!((both.mit.exit, both.ours.exit), (-11, 0));
    assert_eq!(both.ours.stdout, "alice changed\n");
    let shown = pair.ours().mit("kadmin.local", ["getprinc", "alice"]).ok();
    let _ = shown.stdout_has("vno 2, aes256-cts-hmac-sha1-96").stdout_has("vno 1, aes256-cts-hmac-sha1-96");
    let _ = pair.ours().kdb5_util(["ark", "-e"]).fails(1).stderr_has("Usage: ");
    // A word that names no key.
    let before = pair.ours().dump_by_mit();
    let both = pair.kdb5_util(["ark", "-e", "aes128-cts,foo", "bob"]).differs("DIV-97");
    assert_eq!((both.mit.exit, both.ours.exit), (0, 1));
    assert!(both.ours.stderr.contains("\"foo\" while parsing keysalts aes128-cts,foo"), "{}", both.ours);
    let both = pair.kdb5_util(["ark", "-e", ",", "bob"]).differs("DIV-97");
    let _ = both.ours.code(1).stderr_has("while parsing keysalts ,");
    // The master keys' own principal, which MIT makes unopenable.
    let both = pair.kdb5_util(["ark", "-e", "aes128-cts", "K/M"]).differs("DIV-97");
    assert_eq!(both.mit.exit, 0);
    let _ = both.ours.code(1).stderr_has("Cannot change protected principal while randomizing principal K/M");
    assert_eq!(pair.ours().dump_by_mit(), before);
    let _ = pair.mit().kdb5_util(["list_mkeys"]).fails(2);
}
