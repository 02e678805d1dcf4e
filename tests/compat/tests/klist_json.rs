//! `klist --json` against what MIT's `klist` shows of the same caches and keytabs, and as `docs/json.md` tells it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::Beside;
use harness::{CacheBytes, CacheEntry, CacheName, Output, Realm, Side, der_ticket};
use serde_json::{Value, json};
use std::fs;

fn alice() -> CacheName {
    CacheName::new("EXAMPLE.COM", &[b"alice"])
}

fn setting() -> CacheEntry {
    let name = CacheName::new("X-CACHECONF:", &[b"krb5_ccache_conf_data", b"fast_avail", b"krbtgt/R@R"]);
    CacheEntry { ticket: b"ye\xffs\\".to_vec(), times: [0; 4], ..CacheEntry::new(&alice(), &name) }
}

fn full() -> CacheEntry {
    let mut entry =
        CacheEntry::new(&CacheName::new("R", &[b"a/b", b"\xe4"]), &CacheName::new("R", &[b"asked"]));
    entry.times = [1_782_864_000, 0, 4_102_444_800, u32::MAX];
    entry.flags = 0x40a1_8000;
    entry.is_skey = 1;
    entry.enctype = 23;
    entry.ticket = der_ticket("\u{d6}".as_bytes(), &[b"got".to_vec()], -5, None);
    entry.addresses = vec![(2, vec![127, 0, 0, 1]), (24, vec![0; 16]), (3, vec![1])];
    entry.authdata = vec![(-1, Vec::new()), (7, Vec::new())];
    entry
}

fn cache(entries: Vec<CacheEntry>) -> CacheBytes {
    CacheBytes { version: 4, header: vec![(1, vec![0xff; 8])], principal: alice(), entries }
}

fn klist(realm: &Realm, words: &[&str]) -> Output {
    realm.by(Side::Ours).klist(words.iter().copied()).output()
}

fn document(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

#[test]
fn a_cache_to_the_last_member() {
    let realm = Realm::new(Side::Mit);
    let bare = CacheEntry {
        times: [1, 2, 3, 0],
        ticket: b"none".to_vec(),
        flags: 0,
        ..CacheEntry::new(&alice(), &alice())
    };
    realm.write("c", cache(vec![setting(), full(), bare]).bytes());
    let name = |principal: &str, realm: &str, components: &[&str]| json!({"principal": principal, "realm": realm, "components": components, "name_type": 1});
    let expected = json!({
        "schema": "realmsmith/ccache", "version": 1,
        "cache": "FILE:c", "type": "FILE",
        "principal": "alice@EXAMPLE.COM", "realm": "EXAMPLE.COM", "components": ["alice"], "name_type": 1,
        "file_version": 4,
        "clock_offset": {"seconds": -1, "microseconds": -1},
        "valid": true,
        "config": [{"name": "fast_avail", "principal": "krbtgt/R@R", "value": r"ye\xffs\\"}],
        "tickets": [
            {
                "client": name(r"a\/b/\xe4@R", "R", &["a/b", r"\xe4"]),
                "server": name("asked@R", "R", &["asked"]),
                "auth_time": "2026-07-01T00:00:00Z", "start_time": null,
                "end_time": "2100-01-01T00:00:00Z", "renew_till": "2106-02-07T06:28:15Z",
                "expired": false,
                "flags": ["forwardable", "renewable", "pre-authent", "enc-pa-rep", "anonymous"],
                "flags_number": 0x40a1_8000_u32,
                "session_enctype": {"number": 23, "name": "arcfour-hmac", "status": "deprecated"},
                "ticket_enctype": {"number": -5, "name": null, "status": "unknown"},
                "ticket_kvno": null,
                "ticket_server": name("got@\u{d6}", "\u{d6}", &["got"]),
                "user_to_user": true,
                "addresses": [
                    {"type": 2, "address": "127.0.0.1"}, {"type": 24, "address": "::"}, {"type": 3, "address": null}
                ],
                "authdata_types": [-1, 7],
            },
            {
                "client": name("alice@EXAMPLE.COM", "EXAMPLE.COM", &["alice"]),
                "server": name("alice@EXAMPLE.COM", "EXAMPLE.COM", &["alice"]),
                "auth_time": "1970-01-01T00:00:01Z", "start_time": "1970-01-01T00:00:02Z",
                "end_time": "1970-01-01T00:00:03Z", "renew_till": null,
                "expired": true, "flags": [], "flags_number": 0,
                "session_enctype": {"number": 18, "name": "aes256-cts-hmac-sha1-96", "status": "current"},
                "ticket_enctype": null, "ticket_kvno": null, "ticket_server": null,
                "user_to_user": false, "addresses": [], "authdata_types": [],
            },
        ],
    });
    let said = klist(&realm, &["--json", "c"]).code(0);
    assert_eq!(document(&said), expected);
    // The options that show more change nothing, since everything is there.
    assert_eq!(klist(&realm, &["-efdCa", "--json", "c"]).code(0).stdout, said.stdout);
    assert!(!said.stdout.contains("5a5a"), "no key");
}

#[test]
fn collections() {
    let realm = Realm::new(Side::Mit);
    fs::create_dir(realm.path("d")).unwrap();
    realm.write("d/primary", "tkt2\n");
    realm.write("d/tkt1", cache(vec![full()]).bytes());
    realm.write("d/tkt2", cache(vec![setting()]).bytes());
    realm.write("d/tktbad", "nonsense");
    let dir = realm.dir().display().to_string();
    let said = klist(&realm, &["-l", "--json", "DIR:{DIR}/d"]).code(0);
    let entry = |number: u8, valid: bool| {
        json!({"cache": format!("DIR::{dir}/d/tkt{number}"), "type": "DIR", "principal": "alice@EXAMPLE.COM",
               "realm": "EXAMPLE.COM", "components": ["alice"], "name_type": 1, "valid": valid})
    };
    assert_eq!(
        document(&said),
        json!({"schema": "realmsmith/ccache-list", "version": 1, "caches": [entry(2, false), entry(1, true)]})
    );
    let said = klist(&realm, &["-A", "--json", "DIR:{DIR}/d"])
        .code(0)
        .stderr_has("Unsupported credentials cache format");
    let all = document(&said);
    assert_eq!(all["schema"], "realmsmith/ccache-collection");
    let names: Vec<_> =
        all["caches"].as_array().unwrap().iter().map(|cache| cache["cache"].as_str().unwrap()).collect();
    assert_eq!(names, [format!("DIR::{dir}/d/tkt2"), format!("DIR::{dir}/d/tkt1")]);
    let empty = klist(&realm, &["-l", "--json", "DIR:{DIR}/none"]).code(1);
    assert_eq!(document(&empty)["caches"], json!([]));
}

#[test]
fn keytabs_and_versions() {
    let realm = Realm::new(Side::Mit);
    fs::copy(harness::workspace().join("tests/golden/keytab/reused.keytab"), realm.path("k")).unwrap();
    let said = klist(&realm, &["-k", "-K", "--json", "k"]).code(0);
    let keytab = document(&said);
    assert_eq!((&keytab["schema"], &keytab["keytab"]), (&json!("realmsmith/keytab"), &json!("FILE:k")));
    let listed = realm.mit("klist", ["-k", "-t", "-K", "k"]).ok().stdout;
    let lines: Vec<_> = listed.lines().skip(3).collect();
    let entries = keytab["entries"].as_array().unwrap();
    assert_eq!(entries.len(), lines.len());
    for (entry, line) in entries.iter().zip(lines) {
        assert!(line.contains(&format!(" {} ", entry["principal"].as_str().unwrap())), "{entry} {line}");
        assert!(line.trim_start().starts_with(&format!("{} ", entry["kvno"])), "{entry} {line}");
        let key = &line[line.find("(0x").unwrap() + 3..line.len() - 1];
        assert!(!said.stdout.contains(key), "a key is shown");
    }
    assert_eq!(document(&klist(&realm, &["-V", "--json"]).code(0))["kerberos"], "1.20.1");
    let mit = realm.mit("klist", ["-V"]).ok().stdout;
    assert_eq!(mit, "Kerberos 5 version 1.20.1\n");
}

#[test]
fn errors() {
    let realm = Realm::new(Side::Mit);
    for words in
        [&["--json", "none"][..], &["--json", "foo:x"], &["-k", "--json", "none"], &["-l", "--json", "foo:x"]]
    {
        let said = klist(&realm, words).code(1);
        let without: Vec<_> = words.iter().copied().filter(|word| *word != "--json").collect();
        assert_eq!((said.stdout.as_str(), &said.stderr), ("", &klist(&realm, &without).code(1).stderr));
    }
    let whole = cache(vec![full(), setting()]).bytes();
    realm.write("c", &whole[..whole.len() - 1]);
    let said = klist(&realm, &["--json", "c"]).code(1);
    let damaged = document(&said);
    assert_eq!(damaged["tickets"].as_array().unwrap().len(), 1, "what is whole is there");
    assert_eq!(damaged["error"]["offset"], whole.len() - 4);
    assert_eq!(damaged["valid"], false);
    let message = damaged["error"]["message"].as_str().unwrap();
    assert_eq!(said.stderr, format!("klist: {message} while retrieving a ticket\n"));
    // -s says nothing, in JSON too.
    realm.write("c", cache(vec![full()]).bytes());
    assert_eq!(klist(&realm, &["-s", "--json", "c"]).code(0).stdout, "");
}

/// DIV-115.
#[test]
fn mit_has_no_json() {
    let realm = Realm::new(Side::Mit);
    realm.write("c", cache(vec![full()]).bytes());
    let (mit, ours) = Beside::run(&realm, "klist", ["--json", "c"]).differs("DIV-115");
    assert!(mit.stderr.starts_with("klist: invalid option -- '-'\nUsage: klist "), "{mit}");
    assert_eq!((mit.exit, ours.exit), (1, 0));
}
