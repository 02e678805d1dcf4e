//! The reference is there, runs, and is what the tests were written against.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Kdc, Realm, Side};

#[test]
fn mit_is_installed_and_serves_a_realm() {
    let realm = Realm::new(Side::Mit);
    realm.run("klist", ["-V"]).ok().stdout_has("Kerberos 5 version 1.");
    realm.create("masterpw");
    realm.kadmin_local(["addprinc", "-pw", "alicespw", "alice"]).ok();
    let dump = realm.dump_by_mit();
    assert!(dump.starts_with("kdb5_util load_dump version 7\n"), "{dump}");
    assert!(dump.contains("\talice@EXAMPLE.COM\t"), "{dump}");
    let _kdc = Kdc::start(&realm);
    realm.kinit("alice", "alicespw").ok();
}
