//! The installed MIT as the judge: keys from passwords, and stored keys that one side encrypts and the other
//! reads, for every encryption type.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[allow(dead_code, reason = "each test uses a part")]
mod support;

use harness::{Realm, Setup, Side};
use k5_crypto::{make_random_key, string_to_key};
use k5_types::{EncType, KeyBlock, KeySalt, SaltType};
use support::{hex, seal, stored_keys};

/// Enough letters to fill a hash's block, and characters of one to four bytes, one outside the basic plane.
const PASSWORDS: [&str; 4] = [
    "x",
    "correct horse, battery staple",
    "p\u{e4}ssw\u{f6}rd \u{20ac}\u{1d11e}",
    "A password that is longer than the block of every hash: 0123456789 0123456789 0123456789 0123456789 0123456789 01",
];

fn realm(setup: Setup) -> Realm {
    // MIT 1.20 must be told that the weak types, the deprecated triple DES and RC4 may be used.
    let list = EncType::all_valid().filter_map(EncType::name).collect::<Vec<_>>().join(" ");
    let setup =
        setup.libdefault("allow_weak_crypto = true").libdefault(&format!("permitted_enctypes = {list}"));
    Realm::with(Side::Mit, setup)
}

/// The keys that `ktadd -norandkey` exports, in the keytab's order.
fn exported(realm: &Realm, principal: &str) -> Vec<KeyBlock> {
    realm.kadmin_local(["ktadd", "-norandkey", "-k", "{DIR}/out.keytab", principal]).ok();
    let listing = realm.klist(["-k", "-K", "-e", "{DIR}/out.keytab"]).ok().stdout;
    std::fs::remove_file(realm.path("out.keytab")).unwrap();
    let entries = listing.lines().filter(|line| line.contains("(0x"));
    entries
        .map(|line| {
            let (rest, key) = line.trim_end().trim_end_matches(')').rsplit_once("(0x").unwrap();
            let (_, name) = rest.trim_end().trim_end_matches(')').rsplit_once('(').unwrap();
            let enctype = EncType::from_name(name.trim_start_matches("DEPRECATED:")).expect(name);
            KeyBlock::new(enctype, hex(key.as_bytes()))
        })
        .collect()
}

/// MIT keeps one key of those that a cipher and a string-to-key have in common, so these get principals of
/// their own.
const TWINS: [EncType; 2] = [EncType::DES3_CBC_RAW, EncType::ARCFOUR_HMAC_EXP];

#[test]
fn passwords_make_mits_keys() {
    let realm = realm(Setup::new());
    realm.create("masterpw");
    let (twins, others): (Vec<_>, Vec<_>) = EncType::all_valid().partition(|one| TWINS.contains(one));
    let mut users = Vec::new();
    for salt in [SaltType::NORMAL, SaltType::NOREALM, SaltType::ONLYREALM, SaltType::SPECIAL] {
        for (set, types) in [("main", &others), ("twins", &twins)] {
            let list: Vec<String> =
                types.iter().map(|enctype| KeySalt { enctype: *enctype, salt }.to_string()).collect();
            for (number, password) in PASSWORDS.iter().enumerate() {
                let instance = format!("{set}-{salt}-{number}");
                let user = format!("user/{instance}");
                realm.kadmin_local(["addprinc", "-pw", password, "-e", &list.join(","), &user]).ok();
                users.push((instance, *password, types));
            }
        }
    }
    let stored = stored_keys(realm.dump_by_mit().as_bytes());
    for (instance, password, types) in users {
        let of_user: Vec<_> = stored
            .iter()
            .filter(|key| key.principal.components() == [b"user", instance.as_bytes()])
            .collect();
        let keys = exported(&realm, &format!("user/{instance}"));
        let found: Vec<EncType> = keys.iter().map(|key| key.enctype).collect();
        assert_eq!(found, *types, "{instance}");
        assert_eq!(of_user.len(), types.len(), "{instance}");
        for (key, stored) in keys.iter().zip(of_user) {
            let made = string_to_key(key.enctype, password.as_bytes(), &stored.salt(), None).unwrap();
            assert_eq!(*key, made, "{instance}, {}", key.enctype);
        }
    }
}

/// The master key has each type in turn. MIT's stored keys open under it, and MIT exports a key that we encrypted
/// in one of its dumps.
#[test]
fn stored_keys_go_both_ways() {
    for enctype in EncType::all_valid() {
        let realm = realm(Setup::new().kdc_realm(&format!("master_key_type = {enctype}")));
        realm.create("masterpw");
        realm.kadmin_local(["addprinc", "-pw", "alicespw", "-e", "aes256-cts:normal", "alice"]).ok();
        let master = string_to_key(enctype, b"masterpw", b"EXAMPLE.COMKM", None).unwrap();
        let dump = realm.dump_by_mit();
        let keys = stored_keys(dump.as_bytes());
        for key in &keys {
            key.open(&master);
        }
        let alice = keys.iter().find(|key| key.principal.components() == [b"alice"]).unwrap();
        let old = string_to_key(alice.enctype, b"alicespw", &alice.salt(), None).unwrap();
        assert_eq!(alice.open(&master), old, "{enctype}");

        let new = make_random_key(alice.enctype, &mut k5_crypto::SystemRandom).unwrap();
        let sealed = seal(&master, new.contents.expose());
        assert_eq!(sealed.len(), alice.sealed.len(), "{enctype}");
        let changed = dump.replace(&to_hex(&alice.sealed), &to_hex(&sealed));
        assert_ne!(changed, dump);
        realm.write("changed", changed);
        realm.kdb5_util(["load", "{DIR}/changed"]).ok();
        assert_eq!(exported(&realm, "alice"), [new], "{enctype}");
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
