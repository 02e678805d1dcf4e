//! MIT's KDC on a database that our programs made and change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Kdc, Realm, Setup, Side};

/// Those that a key can be made of, by MIT's name.
const ENCTYPES: [&str; 8] = [
    "aes256-cts-hmac-sha1-96",
    "aes128-cts-hmac-sha1-96",
    "aes256-cts-hmac-sha384-192",
    "aes128-cts-hmac-sha256-128",
    "camellia256-cts-cmac",
    "camellia128-cts-cmac",
    "arcfour-hmac",
    "des3-cbc-sha1",
];

/// Everything is permitted, old types too.
fn permissive() -> Setup {
    let all = ENCTYPES.join(" ");
    let setup = Setup::new()
        .libdefault("allow_weak_crypto = true")
        .libdefault("allow_des3 = true")
        .libdefault("allow_rc4 = true");
    ["permitted_enctypes", "default_tkt_enctypes", "default_tgs_enctypes"]
        .iter()
        .fold(setup, |setup, name| setup.libdefault(&format!("{name} = {all}")))
}

fn lines(realm: &Realm, lines: &str) {
    let said = realm.kadmin_local(Vec::<String>::new()).stdin(lines).ok();
    let bad = said.stderr.lines().find(|line| !line.starts_with("No policy specified"));
    assert_eq!(bad, None, "{said}");
}

#[test]
fn every_enctype_gets_tickets() {
    let realm = Realm::with(Side::Ours, permissive());
    realm.create("master");
    let mut commands = String::new();
    for (number, enctype) in ENCTYPES.iter().enumerate() {
        commands.push_str(&format!("addprinc -e {enctype}:normal -pw user{number}pw user{number}\n"));
        commands.push_str(&format!("addprinc -e {enctype}:special -pw salty salty{number}\n"));
        commands.push_str(&format!("addprinc -e {enctype} -randkey host/h{number}\n"));
        commands.push_str(&format!("ktadd -q -k h{number}.kt -e {enctype}:normal host/h{number}\n"));
    }
    lines(&realm, &commands);
    let _kdc = Kdc::start(&realm);
    for (number, enctype) in ENCTYPES.iter().enumerate() {
        let host = format!("host/h{number}");
        let keytab = format!("h{number}.kt");
        realm.kinit(&format!("user{number}"), "wrong").fails(1).stderr_has("Password incorrect");
        realm.kinit(&format!("user{number}"), &format!("user{number}pw")).ok();
        realm.kvno(&host).ok().stdout_has("kvno = 2");
        // What the ticket is in is what the service's key is.
        let tickets = realm.mit("klist", ["-e"]).ok();
        let shown = tickets.stdout.lines().last().unwrap_or_default();
        assert!(shown.trim_end().ends_with(enctype), "{enctype}: {tickets}");
        realm.mit("kvno", ["-k", &keytab, &host]).ok().stdout_has("keytab entry valid");
        realm.kinit_keytab(&host, &keytab).ok();
        realm.kinit(&format!("salty{number}"), "salty").ok();
    }
}

#[test]
fn attributes_and_dates_are_honoured() {
    let realm = Realm::new(Side::Ours);
    realm.create("master");
    lines(
        &realm,
        "addprinc -pw x -allow_tix barred\naddprinc -pw x -expire yesterday expired\n\
         addprinc -pw x +needchange changer\naddprinc -pw x -pwexpire yesterday stale\n\
         addprinc -pw x +requires_preauth careful\naddprinc -pw x -maxlife 1h short\n\
         addprinc -nokey keyless\naddprinc -randkey -allow_svr host/none\naddprinc -pw x plain\n",
    );
    let _kdc = Kdc::start(&realm);
    let refused = |name: &str, reason: &str| drop(realm.kinit(name, "x").fails(1).stderr_has(reason));
    refused("barred", "Client's credentials have been revoked");
    refused("expired", "Client's entry in database has expired");
    refused("keyless", "");
    refused("nosuch", "not found in Kerberos database");
    for name in ["changer", "stale"] {
        let asked = realm.kinit(name, "x").fails(1);
        assert!(asked.stdout.contains("Password expired.  You must change it now."), "{asked}");
    }
    realm.kinit("careful", "x").ok();
    realm.kinit("plain", "x").ok();
    realm.kvno("host/none").fails(1);
    // What is changed counts at once.
    realm.kadmin_local(["modprinc", "+allow_tix", "barred"]).ok();
    realm.kinit("barred", "x").ok();
    realm.kadmin_local(["modprinc", "-expire", "never", "expired"]).ok();
    realm.kinit("expired", "x").ok();
    realm.kadmin_local(["cpw", "-pw", "y", "changer"]).ok();
    realm.kinit("changer", "x").fails(1);
    realm.kinit("changer", "y").ok();
    realm.kadmin_local(["delprinc", "plain"]).ok();
    refused("plain", "not found in Kerberos database");
}

/// A database that MIT made: ours changes it, MIT's KDC and tools go on.
#[test]
fn a_realm_of_mits_goes_on() {
    let realm = Realm::with(Side::Mit, permissive());
    realm.create("master");
    lines(&realm, "addprinc -pw x alice\naddprinc -randkey host/a\nktadd -k a.kt host/a\n");
    let ours = realm.by(Side::Ours);
    let _kdc = Kdc::start(&realm);
    ours.kinit("alice", "x").ok();
    ours.kadmin_local(["cpw", "-pw", "y", "alice"]).ok();
    ours.kinit("alice", "x").fails(1);
    ours.kinit("alice", "y").ok();
    ours.kadmin_local(["addprinc", "-pw", "z", "carl"]).ok();
    ours.kinit("carl", "z").ok();
    ours.ktadd(["-k", "a.kt", "host/a"]).ok();
    ours.kinit_keytab("host/a", "a.kt").ok();
    ours.ktadd(["-norandkey", "-k", "copy.kt", "host/a"]).ok();
    ours.kinit_keytab("host/a", "copy.kt").ok();
    realm.kadmin_local(["cpw", "-pw", "w", "carl"]).ok();
    ours.kinit("carl", "w").ok();
    realm.kadmin_local(["modprinc", "-kvno", "300", "host/a"]).ok();
    ours.ktadd(["-norandkey", "-k", "high.kt", "host/a"]).ok();
    ours.kinit_keytab("host/a", "high.kt").ok();
    ours.kadmin_local(["cpw", "-randkey", "-keepold", "krbtgt/EXAMPLE.COM"]).ok();
    // A ticket that was got before the change of krbtgt's key is still good.
    ours.kvno("host/a").ok().stdout_has("kvno = 300");
    for command in [["dump", "a"].as_slice(), &["dump", "-rev", "b"], &["dump", "-recurse", "c"]] {
        realm.kdb5_util(command).ok();
    }
    let sorted = |name| {
        let mut lines: Vec<String> =
            String::from_utf8(realm.read(name)).unwrap().lines().map(String::from).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted("a"), sorted("b"));
    assert_eq!(sorted("a"), sorted("c"));
}
