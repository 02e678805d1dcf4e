//! Every spelling of an encryption type and a salt type that MIT takes, and the keys that come of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::script;
use harness::{Mask, Pair, Setup};

/// All names and aliases that a key can be made of.
const SPELLINGS: [&str; 27] = [
    "aes256-cts-hmac-sha1-96",
    "aes256-cts",
    "aes256-sha1",
    "aes128-cts-hmac-sha1-96",
    "aes128-cts",
    "aes128-sha1",
    "aes256-cts-hmac-sha384-192",
    "aes256-sha2",
    "aes128-cts-hmac-sha256-128",
    "aes128-sha2",
    "camellia256-cts-cmac",
    "camellia256-cts",
    "camellia128-cts-cmac",
    "camellia128-cts",
    "arcfour-hmac",
    "rc4-hmac",
    "arcfour-hmac-md5",
    "arcfour-hmac-exp",
    "rc4-hmac-exp",
    "arcfour-hmac-md5-exp",
    "des3-cbc-sha1",
    "des3-hmac-sha1",
    "des3-cbc-sha1-kd",
    "des3-cbc-raw",
    "AES256-CTS",
    "Camellia128-Cts",
    "RC4-HMAC",
];

#[test]
fn every_spelling() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    let mut lines = String::new();
    for (number, spelling) in SPELLINGS.iter().enumerate() {
        lines.push_str(&format!("K addprinc -e {spelling}:normal -pw x p{number}\nK getprinc p{number}\n"));
        lines
            .push_str(&format!("K addprinc -e {spelling} -randkey r{number}\nK getprinc -terse r{number}\n"));
        lines.push_str(&format!("K ktadd -k out{number}.kt -e {spelling} r{number}\n"));
        lines.push_str(&format!("klist -k -e out{number}.kt\n"));
    }
    script(&pair, &lines);
    pair.same_dump();
}

#[test]
fn every_salt() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    let mut lines = String::new();
    for (number, salt) in
        ["normal", "norealm", "onlyrealm", "special", "NORMAL", "Special"].iter().enumerate()
    {
        for (other, enctype) in
            ["aes256-cts", "arcfour-hmac", "camellia128-cts", "aes128-sha2"].iter().enumerate()
        {
            lines.push_str(&format!(
                "K addprinc -e {enctype}:{salt} -pw x p{number}-{other}\nK getprinc p{number}-{other}\n"
            ));
        }
    }
    script(&pair, &lines);
    pair.same_dump();
}

/// The same password and salt make the same key: MIT's and ours are compared to the last byte.
#[test]
fn keys_of_a_password_are_mits() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    let list = "aes256-cts,aes128-cts,aes256-sha2,aes128-sha2,camellia256-cts,camellia128-cts,arcfour-hmac,des3-cbc-sha1";
    let mut lines = String::new();
    let passwords = ["x", "a longer password, grüße"];
    for (number, password) in passwords.iter().enumerate() {
        let quoted = format!("\"{password}\"");
        for salt in ["normal", "norealm", "onlyrealm"] {
            let list =
                list.split(',').map(|enctype| format!("{enctype}:{salt}")).collect::<Vec<_>>().join(",");
            lines.push_str(&format!("K addprinc -e {list} -pw {quoted} {salt}{number}\n"));
            lines.push_str(&format!("K -q \"ktadd -norandkey -k keys.kt {salt}{number}\"\n"));
        }
    }
    script(&pair, &lines);
    // Times alone are masked.
    let _ = pair.klist(["-V"]).run().same_file("keys.kt", Mask::TIMES);
    pair.same_dump();
}

#[test]
fn lists_of_the_configuration() {
    for (list, divergence) in [
        ("aes256-cts:normal aes128-cts:normal", None),
        ("aes256-cts:normal,aes128-cts:special", None),
        ("aes256-cts\taes128-cts", None),
        ("aes256-sha2 camellia256-cts:norealm arcfour-hmac:normal", None),
        ("aes256-cts:normal aes256-cts:normal aes256-cts:special", None),
        ("nonsense:normal aes256-cts:normal", Some("DIV-43")),
        ("des-cbc-crc:normal des-cbc-crc:v4 aes128-cts:normal", Some("DIV-43")),
    ] {
        let pair = Pair::with(Setup::new().supported_enctypes(list));
        pair.mit().create("master");
        pair.copy_database();
        for command in [["addprinc", "-pw", "x", "bob"].as_slice(), &["addprinc", "-randkey", "host/a"]] {
            let both = pair.kadmin_local(command);
            let both = match divergence {
                None => both.same(),
                Some(divergence) => both.differs(divergence),
            };
            assert_eq!((&both.mit.stdout, both.mit.exit), (&both.ours.stdout, both.ours.exit), "{list}");
        }
        pair.same_dump();
    }
}
