//! `klist -k` beside MIT's, byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use harness::{Mask, Pair, Setup, workspace};
use k5_keytab::{Entry, KeytabWriter};
use k5_types::{EncType, KeyBlock, NameType, Principal, Timestamp};

fn entry(principal: Principal, timestamp: u32, kvno: u32, enctype: i32) -> Entry {
    let key = KeyBlock::new(EncType(enctype), (0..16).collect());
    Entry { principal, timestamp: Timestamp(timestamp), kvno, key }
}

fn host(name: &str) -> Principal {
    Principal::new("EXAMPLE.COM", ["host", name]).with_name_type(NameType::SRV_HST)
}

/// Writes the same keytab into both realms.
fn keytab(pair: &Pair, name: &str, entries: &[Entry]) {
    pair.each(|realm| KeytabWriter::prepare(&realm.path(name), 0).unwrap().commit(entries).unwrap());
}

fn file(pair: &Pair, name: &str, bytes: &[u8]) {
    pair.each(|realm| realm.write(name, bytes));
}

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(workspace().join("tests/golden/keytab").join(name)).unwrap()
}

/// One record whose fields are given as they are to stand there.
fn record(fields: &[&[u8]]) -> Vec<u8> {
    let body = fields.concat();
    [&i32::try_from(body.len()).unwrap().to_be_bytes(), body.as_slice()].concat()
}

const END_OF_RECORD: &[u8] = b"\0\0\0\x01\0\0\0\x05\x01\0\x12\0\x01k\0\0\0\x01";

#[test]
fn the_listing_of_a_newer_mit() {
    let pair = Pair::new();
    file(&pair, "reused.keytab", &golden("reused.keytab"));
    let both = pair.klist(["-ektK", "reused.keytab"]).same_bytes().code(0);
    let expected = String::from_utf8(golden("reused.keytab.klist")).unwrap();
    assert_eq!(both.ours.stdout, expected);
}

#[test]
fn every_combination_of_columns() {
    let pair = Pair::new();
    file(&pair, "k", &golden("holes.keytab"));
    for columns in ["", "t", "e", "K", "te", "tK", "eK", "teK", "C", "i", "5"] {
        pair.klist([&format!("-k{columns}"), "k"]).same_bytes().code(0);
    }
    for words in
        [vec!["k", "-k", "-e"], vec!["-k", "--", "k"], vec!["-k", "FILE:{DIR}/k"], vec!["-k", "WRFILE:k"]]
    {
        pair.klist(words).same_bytes().code(0);
    }
}

#[test]
fn every_encryption_type() {
    let pair = Pair::new();
    let types = (-3..32).chain([99, 511, 32767, -32768]);
    let entries: Vec<Entry> = types.map(|e| entry(host(&format!("e{e}")), 1_700_000_000, 1, e)).collect();
    keytab(&pair, "k", &entries);
    let both = pair.klist(["-keK", "k"]).same_bytes().code(0);
    assert_eq!(both.ours.stdout.lines().count(), 3 + entries.len());
    let has = |line: &str| assert!(both.ours.stdout.contains(line), "{line}");
    has("   1 host/e23@EXAMPLE.COM (DEPRECATED:arcfour-hmac) ");
    has("   1 host/e-3@EXAMPLE.COM (DEPRECATED:etype -3) ");
    has("   1 host/e20@EXAMPLE.COM (aes256-cts-hmac-sha384-192)  (0x000102");
}

#[test]
fn odd_names_numbers_and_times() {
    let pair = Pair::new();
    let mut entries: Vec<Entry> = [0, 1, 9999, 10_000, 65_536, 0x8000_0000, u32::MAX]
        .into_iter()
        .map(|kvno| entry(host(&format!("k{kvno}")), 0x8000_0000, kvno, 18))
        .collect();
    for time in [0, 1, 951_782_400, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        entries.push(entry(host(&format!("t{time}")), time, 1, 18));
    }
    let bytes: &[u8] = b"a\xff\x80\0\n\t\x08/@\\b ";
    entries.push(entry(Principal::new(*b"R\xe9@/", [bytes]), 1, 1, 18));
    entries.push(entry(Principal::new("R", ["a", "b", "c", "d"]), 1, 1, 18));
    keytab(&pair, "k", &entries);
    for zone in ["UTC", "America/New_York", ":Asia/Kolkata", "XYZ5", "CET-1CEST,M3.5.0,M10.5.0/3", ""] {
        pair.klist(["-ekt", "k"]).env("TZ", zone).same_bytes().code(0);
    }
    pair.klist(["-ekt", "k"]).env_remove("TZ").same_bytes().code(0);
}

#[test]
fn default_names() {
    let set = "default_keytab_name = FILE:{DIR}/%{null}configured";
    let client = "default_client_keytab_name = {DIR}/client_%{uid}";
    let pair = Pair::with(Setup::new().libdefault(set).libdefault(client));
    for name in ["default.keytab", "client.keytab", "configured"] {
        keytab(&pair, name, &[entry(host(name), 1, 1, 18)]);
    }
    let says = |run: harness::Both, name: &str| {
        let run = run.same(Mask::NONE).code(0);
        assert!(run.ours.stdout.contains(&format!("host/{name}@")), "{}", run.ours);
    };
    says(pair.klist(["-k"]).run(), "default.keytab");
    says(pair.klist(["-k", "-i"]).run(), "client.keytab");
    says(pair.klist(["-k"]).env_remove("KRB5_KTNAME").run(), "configured");
    pair.klist(["-k", "-i"]).env_remove("KRB5_CLIENT_KTNAME").same_bytes().code(1);
    // Tokens in the environment stay as they are; an empty name is a name.
    for name in ["%{uid}", "", "MEMORY:", "NONE:x", "{DIR}/a:b"] {
        let _ = pair.klist(["-k"]).env("KRB5_KTNAME", name).same_bytes();
        let _ = pair.klist(["-ki"]).env("KRB5_CLIENT_KTNAME", name).same_bytes();
    }
    // A path that cannot be made out, and the built-in names.
    let bad = Pair::with(Setup::new().libdefault("default_keytab_name = %{nobody}/x"));
    bad.klist(["-k"]).env_remove("KRB5_KTNAME").same_bytes().code(1);
    bad.klist(["-ki"]).env_remove("KRB5_CLIENT_KTNAME").same_bytes();
    let _ = Pair::new().klist(["-k"]).env_remove("KRB5_KTNAME").same_bytes();
}

#[test]
fn names_that_lead_nowhere() {
    let pair = Pair::new();
    file(&pair, "empty", b"");
    file(&pair, "half", b"\x05");
    file(&pair, "other", b"\x05\x03");
    file(&pair, "header", b"\x05\x02");
    pair.klist(["-k", "header"]).same_bytes().code(0);
    pair.klist(["-kt", "header"]).same_bytes().code(0);
    pair.klist(["-k", "MEMORY:x"]).same_bytes().code(0);
    for name in
        ["none", "/", "empty", "half", "other", "header/x", "", "FILE:", "FOO:x", ":", "a:b", "file:header"]
    {
        pair.klist(["-k", name]).same_bytes().code(1);
    }
}

#[test]
fn a_keytab_that_may_not_be_read() {
    let pair = Pair::new();
    keytab(&pair, "k", &[entry(host("a"), 1, 1, 18)]);
    pair.each(|realm| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(realm.path("k"), std::fs::Permissions::from_mode(0o000)).unwrap();
    });
    // Root may read everything, and then both list it.
    let _ = pair.klist(["-k", "k"]).same_bytes();
}

#[test]
fn usage() {
    let pair = Pair::new();
    for words in [
        "-z", "-k a b", "-t", "-K", "-kc", "-ck", "-kk", "-cc", "--foo", "-n", "-kn", "-lA", "-ls", "-kf",
        "-ks", "-ka", "-kA", "-kl", "a b c", "-ct", "-k -x -y", "-kz5", "-é",
    ] {
        pair.klist(words.split(' ')).same_bytes().code(1);
    }
    pair.klist(["-4"]).same_bytes().code(3);
    pair.klist(["-k", "-4"]).same_bytes().code(3);
    for words in [vec!["-V"], vec!["-kV"], vec!["-V", "name"], vec!["-5V"]] {
        pair.klist(words).same_bytes().code(0);
    }
    pair.klist(["name", "-k"]).env("POSIXLY_CORRECT", "1").same_bytes().code(1);
}

/// DIV-116. Under LC_ALL=C both are the same to the byte, and ours is that everywhere.
#[test]
fn times_in_other_locales() {
    let pair = Pair::new();
    keytab(&pair, "k", &[entry(host("a"), 1_782_864_000, 1, 18)]);
    file(&pair, "cc", &std::fs::read(workspace().join("tests/golden/ccache/bob.ccache")).unwrap());
    pair.each(|realm| {
        // Locales of the machine are not needed; this one is made of glibc's sources.
        realm.mit("localedef", ["-i", "de_DE", "-f", "UTF-8", "./de_DE.UTF-8"]).ok();
    });
    for words in [["-kt", "k"], ["-c", "cc"]] {
        let plain = pair.klist(words).same_bytes().code(0).ours.stdout;
        let german = pair.klist(words).env("LC_ALL", "de_DE.UTF-8").env("LOCPATH", "{DIR}");
        let both = german.differs("DIV-116").code(0);
        assert_eq!(both.ours.stdout, plain);
        assert_ne!(both.mit.stdout, plain);
    }
    let german = pair.klist(["-kt", "k"]).env("LC_ALL", "de_DE.UTF-8").env("LOCPATH", "{DIR}");
    let both = german.differs("DIV-116");
    let _ = both.mit.stdout_has("01.07.2026 00:00:00 host/a");
    let _ = both.ours.stdout_has("07/01/26 00:00:00 host/a");
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let pair = Pair::new();
    keytab(&pair, "k", &[entry(host("a"), 1, 1, 18)]);
    file(&pair, "bad.conf", b"[libdefaults\n");
    let both = pair.klist(["-k", "k"]).env("KRB5_CONFIG", "{DIR}/bad.conf").differs("DIV-42").code(1);
    let place = pair.ours().path("bad.conf").display().to_string();
    let said = format!(
        "klist: Improper format of Kerberos configuration file ({place}:1: Syntax error in profile section header) \
         while initializing krb5\n"
    );
    assert_eq!((both.ours.stderr, both.ours.stdout), (said, String::new()));
    pair.each(|realm| fs::set_permissions(realm.path("bad.conf"), Permissions::from_mode(0o000)).unwrap());
    let run = pair.klist(["-k", "k"]).env("KRB5_CONFIG", "{DIR}/bad.conf").bound_by_rights();
    let both = run.differs("DIV-42").code(1);
    let _ =
        both.ours.stderr_has(&format!("klist: Permission denied ({place}: cannot open: Permission denied)"));
    pair.klist(["-k", "k"]).env("KRB5_CONFIG", "{DIR}/none.conf").same_bytes().code(0);
    file(&pair, "flag.conf", b"[libdefaults]\nallow_weak_crypto = perhaps\n");
    let both = pair.klist(["-k", "k"]).env("KRB5_CONFIG", "{DIR}/flag.conf").differs("DIV-42").code(1);
    let _ = both.ours.stderr_has("/flag.conf:2: ");
}

#[test]
fn errors_in_the_form_that_the_configuration_asks_for() {
    for format in ["%M (%C)", "[%C] %%%M%x%", "plain", "%C"] {
        let pair = Pair::with(Setup::new().libdefault(&format!("err_fmt = {format}")));
        file(&pair, "other", b"\x05\x03");
        for name in ["none", "/", "other", "other/x", "FOO:x"] {
            pair.klist(["-k", name]).same_bytes().code(1);
        }
        pair.klist(["-k"]).env("KRB5_KTNAME", "FOO:x").same_bytes().code(1);
    }
    let bad = Setup::new().libdefault("err_fmt = %C %M").libdefault("default_keytab_name = %{nobody}");
    Pair::with(bad).klist(["-k"]).env_remove("KRB5_KTNAME").same_bytes().code(1);
}

#[test]
fn a_version_1_keytab() {
    let pair = Pair::new();
    let mut bytes = vec![5, 1];
    for (name, kvno) in [("a", 1), ("b", 300)] {
        let body =
            k5_keytab::record::encode(k5_keytab::record::Version::V1, &entry(host(name), 99, kvno, 18))
                .unwrap();
        bytes.extend(u32::try_from(body.expose().len()).unwrap().to_ne_bytes());
        bytes.extend(body.expose());
    }
    file(&pair, "k", &bytes);
    pair.klist(["-ketK", "k"]).same_bytes().code(0);
    // MIT's own version 1 files end four bytes early.
    file(&pair, "short", &bytes[..bytes.len() - 4]);
    let both = pair.klist(["-ketK", "short"]).same_bytes().code(0);
    assert!(both.ours.stdout.contains("\n 300 01/01/70 00:01:39 host/b@EXAMPLE.COM "), "{}", both.ours);
}

/// DIV-31: what is whole is listed as by MIT, then the damage is told and the exit code is 1.
#[test]
fn a_damaged_keytab_says_so() {
    let pair = Pair::new();
    let tail = record(&[b"\0\x01\0\x01R\0\x04tail", END_OF_RECORD]);
    let head = record(&[b"\0\x01\0\x01R\0\x04head", END_OF_RECORD]);
    let start = [b"\x05\x02", head.as_slice()].concat();
    let offset = start.len();
    let cases: [(&str, &[&[u8]], &str); 10] = [
        ("no name", &[b"\0\0\0\x01R", END_OF_RECORD], "the principal name is empty"),
        ("no realm", &[b"\0\x01\0\0\0\x01a", END_OF_RECORD], "the realm is empty"),
        ("no component", &[b"\0\x02\0\x01R\0\x01a\0\0", END_OF_RECORD], "the component is empty"),
        ("negative", &[b"\0\x01\xff\xff"], "the length of the realm is negative"),
        ("no key", &[b"\0\x01\0\x01R\0\x01a\0\0\0\x01\0\0\0\x05\x01\0\x12\0\0"], "the key is empty"),
        ("short", &[b"\0\x01\0\x01R"], "the component runs past the end of its record"),
        ("stray", &[], "2 stray bytes at the end of the file"),
        ("cut", &[], "a record of 29 bytes, but the file ends after 10"),
        ("hole", &[], "a hole of 100 bytes, but the file ends after 0"),
        ("size", &[], "a hole of impossible size"),
    ];
    for (name, fields, what) in cases {
        let more = match name {
            "stray" => vec![0, 0],
            "cut" => tail[..14].to_vec(),
            "hole" => (-100i32).to_be_bytes().to_vec(),
            "size" => i32::MIN.to_be_bytes().to_vec(),
            _ => [record(fields), tail.clone()].concat(),
        };
        file(&pair, "k", &[start.as_slice(), &more].concat());
        let both = pair.klist(["-k", "k"]).differs("DIV-31");
        let expected =
            format!("klist: Bad format in keytab 'k' at offset {offset}: {what} while scanning keytab\n");
        assert_eq!(both.ours.stderr, expected, "{name}");
        assert_eq!(both.ours.exit, 1, "{name}");
        if !["short", "cut"].contains(&name) {
            assert_eq!(both.ours.stdout, both.mit.stdout, "{name}: MIT stops at the same place");
        }
        assert!(both.ours.stdout.ends_with("   1 head@R\n"), "{}", both.ours);
    }
    // Entries behind an end mark, which MIT never shows.
    file(&pair, "k", &[start.as_slice(), &[0; 4], &tail].concat());
    let both = pair.klist(["-k", "k"]).differs("DIV-31");
    assert!(
        both.ours.stderr.contains(&format!("at offset {offset}: an end mark stands before further entries"))
    );
    // What a writer leaves behind that died half way is no damage: the next one overwrites it.
    file(&pair, "k", &[start.as_slice(), &[0; 4], &tail[4..]].concat());
    pair.klist(["-k", "k"]).same_bytes().code(0);
    let both = pair.klist(["-k", "/dev/null"]).differs("DIV-31");
    assert_eq!(
        both.ours.stderr,
        "klist: Key table '/dev/null' is not a regular file while starting keytab scan\n"
    );
}
