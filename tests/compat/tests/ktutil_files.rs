//! ktutil's commands on files: what they do, beside what MIT's shell does where it can do the same (DIV-120).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::without_times;
use harness::{Entry, Output, Realm, Side, mit_keytab, workspace};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

const NO_WORDS: [&str; 0] = [];

fn realm() -> Realm {
    let realm = Realm::new(Side::Ours);
    realm.write("pw", "secret word\nnot this\n");
    realm
}

/// The words of a line, parted by blanks.
fn ktutil(realm: &Realm, line: &str) -> harness::Run {
    realm.run("ktutil", line.split_whitespace())
}

fn ok(realm: &Realm, line: &str) -> Output {
    let output = ktutil(realm, line).ok();
    assert_eq!(output.stderr, "", "{output}");
    output
}

fn json(realm: &Realm, line: &str) -> Value {
    serde_json::from_str(&ktutil(realm, line).output().stdout).unwrap()
}

fn mit_ktutil(realm: &Realm, script: &str) -> Output {
    let output = realm.mit("ktutil", NO_WORDS).stdin(script).ok();
    assert_eq!(output.stderr, "", "{output}");
    output
}

fn names(realm: &Realm, file: &str) -> Vec<String> {
    mit_keytab(&realm.path(file))
        .into_iter()
        .map(|entry| format!("{} {}", entry.kvno, entry.principal))
        .collect()
}

fn golden(realm: &Realm, name: &str) {
    realm.write(name, fs::read(workspace().join("tests/golden/keytab").join(name)).unwrap());
}

#[test]
fn add_gives_what_mit_gives() {
    let realm = realm();
    for enctype in ["aes128-cts", "aes256-cts", "aes256-sha2", "rc4-hmac", "camellia256-cts", "des3-cbc-sha1"]
    {
        for (salt, mit_salt) in [("", ""), ("-s pepper", "-s pepper")] {
            ok(&realm, &format!("add ours -p host/a -k 300 -e {enctype} --password-file pw {salt} -q"));
            mit_ktutil(
                &realm,
                &format!("addent -password -p host/a -k 300 -e {enctype} {mit_salt}\nsecret word\nwkt mit\n"),
            );
            assert!(
                without_times(&realm.path("ours")) == without_times(&realm.path("mit")),
                "{enctype} {salt}"
            );
            for file in ["ours", "mit"] {
                fs::remove_file(realm.path(file)).unwrap();
            }
        }
    }
    // Several types at once are several entries.
    ok(&realm, "add -p b@R -e aes256-cts,aes128-cts -k 1 -e rc4-hmac ours --password-file=pw");
    let types = ["aes256-cts", "aes128-cts", "rc4-hmac"];
    let adds = types.map(|e| format!("addent -password -p b@R -k 1 -e {e}\nsecret word\n")).concat();
    mit_ktutil(&realm, &format!("{adds}wkt mit\n"));
    assert!(without_times(&realm.path("ours")) == without_times(&realm.path("mit")));
    assert_eq!(fs::metadata(realm.path("ours")).unwrap().mode() & 0o777, 0o600);
}

/// A KDC honours what was made from a password, also where the salt is not the name's.
#[test]
fn a_kdc_honours_the_keys() {
    let realm = realm();
    realm.create("master");
    realm.write(
        "commands",
        "addprinc -pw \"secret word\" -kvno 4 -e aes256-sha2:normal,aes128-cts:special old\n",
    );
    let commands = String::from_utf8(realm.read("commands")).unwrap();
    realm.kadmin_local(NO_WORDS).stdin(&commands).ok();
    realm.kadmin_local(["addprinc", "-pw", "secret word", "-e", "aes256-cts:normal", "named"]).ok();
    realm.kadmin_local(["renprinc", "named", "renamed"]).ok();
    let _kdc = harness::Kdc::start(&realm);
    ok(&realm, "add old.kt -p old -k 4 -e aes256-sha2 --password-file pw");
    realm.kinit_keytab("old", "old.kt").ok();
    ok(&realm, "add new.kt -p renamed -k 1 -e aes256-cts -s EXAMPLE.COMnamed --password-file pw");
    realm.kinit_keytab("renamed", "new.kt").ok();
    ok(&realm, "add bad.kt -p renamed -k 1 -e aes256-cts --password-file pw");
    realm.kinit_keytab("renamed", "bad.kt").fails(1);
    // A principal renamed on both sides.
    ok(&realm, "add named.kt -p named -k 1 -e aes256-cts --password-file pw");
    ok(&realm, "rename named.kt named renamed");
    realm.kinit_keytab("renamed", "named.kt").ok();
}

#[test]
fn list_shows_what_mit_shows() {
    let realm = realm();
    for name in ["all.keytab", "holes.keytab", "reused.keytab"] {
        golden(&realm, name);
        for options in ["", "-t", "-e", "-t -e"] {
            let mit = mit_ktutil(&realm, &format!("rkt {name}\nlist {options}\n"));
            let (_, mit) = mit.stdout.split_once(&format!("list {options}\n")).unwrap();
            let ours = ok(&realm, &format!("list FILE:{name} {options}"));
            assert_eq!(
                ours.stdout,
                mit.strip_suffix("ktutil:  \n").or(mit.strip_suffix("ktutil:  ")).unwrap()
            );
        }
    }
}

#[test]
fn remove_and_purge_do_what_ktremove_does() {
    let realm = realm();
    realm.create("master");
    for kvno in 1..=4 {
        for name in ["host/a", "host/b"] {
            ok(&realm, &format!("add one -p {name} -k {kvno} -e aes256-cts,aes128-cts -randkey"));
        }
    }
    fs::copy(realm.path("one"), realm.path("two")).unwrap();
    let same = || assert!(realm.read("one") == realm.read("two"));
    for (ours, mit) in [
        ("remove one -p host/a -k 2", vec!["host/a", "2"]),
        ("purge one -p host/a", vec!["host/a", "old"]),
        ("remove one -p host/b@EXAMPLE.COM", vec!["host/b", "all"]),
    ] {
        ok(&realm, ours);
        realm.mit("kadmin.local", [vec!["ktremove", "-k", "two"], mit].concat()).ok();
        same();
    }
    assert_eq!(names(&realm, "one"), ["4 host/a@EXAMPLE.COM", "4 host/a@EXAMPLE.COM"]);
    // The holes are filled as MIT fills them.
    golden(&realm, "reused.keytab");
    ok(&realm, "copy reused.keytab one");
    mit_ktutil(&realm, "rkt reused.keytab\nwkt two\n");
    assert!(without_times(&realm.path("one")) == without_times(&realm.path("two")));
}

#[test]
fn copy_and_merge_do_what_reading_and_writing_does() {
    let realm = realm();
    golden(&realm, "all.keytab");
    ok(&realm, "copy all.keytab ours");
    mit_ktutil(&realm, "rkt all.keytab\nwkt mit\n");
    assert!(without_times(&realm.path("ours")) == without_times(&realm.path("mit")));
    assert_ne!(realm.read("ours"), realm.read("mit"), "the times of the entries stay");
    for name in ["x", "long.name.example.com", "y"] {
        ok(&realm, &format!("add more -p {name} -k 1 -e aes256-cts,rc4-hmac -randkey -q"));
    }
    ok(&realm, "merge merged more all.keytab more");
    mit_ktutil(&realm, "rkt more\nrkt all.keytab\nwkt both\n");
    assert!(without_times(&realm.path("merged")) == without_times(&realm.path("both")));
    assert_eq!(ok(&realm, "merge merged more all.keytab").stdout, "", "nothing new");
    ok(&realm, "diff merged both");
}

#[test]
fn entries_are_selected() {
    let realm = realm();
    for (name, kvno) in [("host/a", 1), ("host/a", 2), ("HTTP/a", 1), ("host/a@OTHER", 1), ("we\\/ird", 300)]
    {
        ok(&realm, &format!("add all -p {name} -k {kvno} -e aes256-cts,aes128-cts,rc4-hmac -randkey -q"));
    }
    for (selectors, count) in [
        ("-p host/a", 9),
        ("-p host/*", 9),
        ("-p *@OTHER", 3),
        ("-p host/a@EXAMPLE.COM", 6),
        ("-p HTTP/a -p host/a@OTHER", 6),
        ("-k 1", 9),
        ("-k 1,2", 12),
        ("-k 2 -k 300", 6),
        ("-e aes256-cts", 5),
        ("-e 18,23", 10),
        ("-e arcfour-hmac -k 1 -p host/*", 2),
        ("--slot 1", 1),
        ("--slot=2,15", 2),
        ("--slot 2,15 -k 300", 1),
        ("-p we\\/ird@EXAMPLE.COM", 3),
        ("-p we?/ird", 3),
        ("", 15),
    ] {
        let copied = json(&realm, &format!("copy all new --json --dry-run {selectors}"));
        assert_eq!(copied["added"].as_array().unwrap().len(), count, "{selectors}");
        assert!(!realm.path("new").exists());
        if selectors.is_empty() {
            continue;
        }
        let removed = json(&realm, &format!("remove all -n --json {selectors}"));
        assert_eq!(removed["removed"].as_array().unwrap().len(), count, "{selectors}");
    }
    assert_eq!(names(&realm, "all").len(), 15);
    for nothing in ["-p nobody", "-k 3", "-e des3-cbc-sha1", "--slot 16", "--slot 0", "-k 1 -p we*"] {
        ktutil(&realm, &format!("copy all new {nothing}")).fails(1);
        ktutil(&realm, &format!("remove all {nothing}")).fails(1);
    }
    assert!(!realm.path("new").exists());
    assert_eq!(names(&realm, "all").len(), 15);
    ok(&realm, "delent all 1 15").stdout_has("host/a@EXAMPLE.COM with kvno 1, encryption type aes256-cts");
    assert_eq!(names(&realm, "all").len(), 13);
}

#[test]
fn a_key_is_there_once() {
    let realm = realm();
    let add = "add k -p host/a -k 1 -e aes256-cts --password-file pw";
    ok(&realm, add).stdout_has("Entry for principal host/a@EXAMPLE.COM with kvno 1, encryption type aes256-cts-hmac-sha1-96 added to keytab FILE:k.\n");
    let before = realm.read("k");
    assert_eq!(ok(&realm, add).stdout, "");
    let told = ktutil(&realm, "add k -p host/a -k 1 -e rc4-hmac,aes256-cts -randkey").fails(1);
    let line = "ktutil: FILE:k has another key for host/a@EXAMPLE.COM with kvno 1, encryption type aes256-cts-hmac-sha1-96; nothing was changed\n";
    assert_eq!(told.stderr, line);
    assert_eq!(realm.read("k"), before);
    ok(&realm, "add other -p host/a -k 1 -e aes256-cts --random");
    for command in ["copy other k", "merge k other", "merge new k other", "rename k host/a host/a"] {
        let run = ktutil(&realm, command).output();
        assert_eq!(run.exit, i32::from(!command.starts_with("rename")), "{run}");
    }
    assert!(!realm.path("new").exists());
    // MIT's way of writing a list twice.
    mit_ktutil(&realm, "rkt k\nwkt twice\nwkt twice\nrkt other\nwkt twice\n");
    assert_eq!(names(&realm, "twice").len(), 4);
    ok(&realm, "dedup twice").stdout_has("removed from keytab FILE:twice.");
    assert_eq!(names(&realm, "twice").len(), 2, "two different keys are two keys");
    assert_eq!(ok(&realm, "dedup twice").stdout, "");
}

#[test]
fn renaming() {
    let realm = realm();
    for name in ["host/a", "host/b", "host/a@OTHER"] {
        ok(&realm, &format!("add k -p {name} -k 3 -e aes256-cts,rc4-hmac -randkey -q"));
    }
    let keys = |realm: &Realm| {
        let mut keys: Vec<String> = mit_keytab(&realm.path("k")).into_iter().map(|e: Entry| e.key).collect();
        keys.sort();
        keys
    };
    let before = keys(&realm);
    ok(&realm, "rename k host/a host/a-much-longer-name.example.com");
    ok(&realm, "rename k @OTHER @EXAMPLE.COM");
    assert_eq!(keys(&realm), before);
    let mut there = names(&realm, "k");
    there.dedup();
    there.sort();
    let expected =
        ["3 host/a-much-longer-name.example.com@EXAMPLE.COM", "3 host/a@EXAMPLE.COM", "3 host/b@EXAMPLE.COM"];
    assert_eq!(there, expected);
    let bytes = realm.read("k");
    assert!(!bytes.windows(5).any(|part| part == b"OTHER"), "what was is overwritten");
    for (line, told) in [
        ("rename k nobody somebody", "ktutil: No entry of nobody in keytab FILE:k\n"),
        ("rename k host/a host/b", "ktutil: FILE:k has another key for host/b@EXAMPLE.COM with kvno 3"),
        ("rename k @EXAMPLE.COM host/b", "ktutil: rename: OLD and NEW are both principals"),
    ] {
        let output = ktutil(&realm, line).fails(1);
        assert!(output.stderr.starts_with(told), "{output}");
    }
    assert_eq!(realm.read("k"), bytes);
    ok(&realm, "rename k -n @EXAMPLE.COM @E")
        .stdout_has("would be removed from")
        .stdout_has("would be added to");
    assert_eq!(realm.read("k"), bytes);
}

#[test]
fn purging() {
    let realm = realm();
    for kvno in [1, 2, 3] {
        ok(&realm, &format!("add k -p host/a -k {kvno} -e aes256-cts -randkey -q"));
    }
    ok(&realm, "add k -p host/b -k 1 -e aes256-cts -randkey -q");
    assert_eq!(ok(&realm, "purge k --older-than 1h").stdout, "", "the successors have just come");
    assert_eq!(ok(&realm, "purge k --keep 3").stdout, "");
    let removed = json(&realm, "purge k --keep=2 --json");
    assert_eq!(removed["removed"][0]["slot"], 1);
    assert_eq!(removed["removed"][0]["kvno"], 1);
    ok(&realm, "purge k");
    assert_eq!(names(&realm, "k"), ["3 host/a@EXAMPLE.COM", "1 host/b@EXAMPLE.COM"]);
    // Old ones with old successors go.
    golden(&realm, "all.keytab");
    let before = names(&realm, "all.keytab").len();
    ok(&realm, "purge all.keytab --older-than 1s");
    assert!(names(&realm, "all.keytab").len() <= before);
}

#[test]
fn comparing() {
    let realm = realm();
    ok(&realm, "add a -p x -k 1 -e aes256-cts,aes128-cts --password-file pw -q");
    ok(&realm, "add b -p x -k 1 -e aes128-cts,aes256-cts --password-file pw -q");
    assert_eq!(ok(&realm, "diff a b").stdout, "", "the order does not count");
    ok(&realm, "add b -p y@R -k 7 -e rc4-hmac --password-file pw -q");
    ok(&realm, "remove a -e aes128-cts -q");
    let told = ktutil(&realm, "diff a b").fails(1);
    assert_eq!(told.stderr, "");
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(
        lines[0].starts_with("+ x@EXAMPLE.COM with kvno 1, encryption type aes128-cts-hmac-sha1-96 ("),
        "{told}"
    );
    assert!(lines[1].starts_with("+ y@R with kvno 7, encryption type arcfour-hmac ("), "{told}");
    let told = ktutil(&realm, "diff b a").fails(1);
    assert!(told.stdout.lines().all(|line| line.starts_with("- ")), "{told}");
    let document = json(&realm, "diff a b --json");
    assert_eq!(document["schema"], "realmsmith/keytab-diff");
    assert_eq!(document["same"], false);
    assert_eq!(document["only_in_first"].as_array().unwrap().len(), 0);
    assert_eq!(document["only_in_second"][1]["principal"], "y@R");
    assert_eq!(json(&realm, "diff a a --json")["same"], true);
    for line in
        ["diff a", "diff a b c", "diff a nosuch", "diff nosuch a", "diff --what a b", "diff a MEMORY:x"]
    {
        ktutil(&realm, line).fails(2);
    }
}

#[test]
fn documents() {
    let realm = realm();
    ok(&realm, "add k -p host/a -k 3 -e aes256-cts,des3-cbc-sha1 --password-file pw -q");
    let list = json(&realm, "list k --json");
    assert_eq!(list["schema"], "realmsmith/keytab");
    assert_eq!(list["version"], 1);
    assert_eq!(list["keytab"], "FILE:k");
    assert!(list.get("error").is_none());
    let entry = &list["entries"][1];
    assert_eq!(entry["slot"], 2);
    assert_eq!(entry["principal"], "host/a@EXAMPLE.COM");
    assert_eq!(entry["components"], serde_json::json!(["host", "a"]));
    assert_eq!(
        entry["enctype"],
        serde_json::json!({"number": 16, "name": "des3-cbc-sha1", "status": "deprecated"})
    );
    assert_eq!(entry["kvno"], 3);
    let shown = ok(&realm, "list k -k").stdout;
    for entry in list["entries"].as_array().unwrap() {
        let fingerprint = entry["fingerprint"].as_str().unwrap();
        assert!(fingerprint.len() == 8 && shown.contains(&format!(" ({fingerprint})\n")), "{shown}");
    }
    let added = json(&realm, "add k -p host/b -k 1 -e aes256-cts --password-file pw --json");
    assert_eq!(added["schema"], "realmsmith/keytab-change");
    assert_eq!((&added["command"], &added["dry_run"]), (&"add".into(), &false.into()));
    assert!(added["added"][0].get("slot").is_none());
    let renamed = json(&realm, "rename k host/b host/c --json");
    assert_eq!(renamed["removed"][0]["principal"], "host/b@EXAMPLE.COM");
    assert_eq!(renamed["removed"][0]["slot"], 3);
    assert_eq!(renamed["added"][0]["principal"], "host/c@EXAMPLE.COM");
    for (line, command) in
        [("purge k --json", "purge"), ("dedup k --json", "dedup"), ("merge k k --json", "merge")]
    {
        assert_eq!(json(&realm, line)["command"], command);
    }
    // A damaged file: what there is, and where it ends.
    let bytes = realm.read("k");
    realm.write("cut", &bytes[..bytes.len() - 3]);
    let cut =
        ktutil(&realm, "list cut --json").fails(1).stderr_has("ktutil: Bad format in keytab 'cut' at offset");
    let cut: Value = serde_json::from_str(&cut.stdout).unwrap();
    assert!(!cut["entries"].as_array().unwrap().is_empty());
    assert!(cut["error"]["offset"].as_u64().unwrap() > 2, "{cut}");
}

#[test]
fn where_secrets_come_from() {
    let realm = realm();
    let key = "00112233445566778899aabbccddeeff";
    realm.write("key", format!("{key}\n"));
    realm.write("hexkey", format!("0x{}", key.to_uppercase()));
    let runs = [
        ("-key", format!("{key}\n"), "Key for x@EXAMPLE.COM (hex): "),
        ("--key-file key", String::new(), ""),
        ("--key-file hexkey", String::new(), ""),
        ("--key-fd 0", format!("{key}\nmore\n"), ""),
    ];
    for (number, (source, input, prompt)) in runs.iter().enumerate() {
        let line = format!("add k{number} -p x -k 1 -e aes128-cts -q {source}");
        let output = ktutil(&realm, &line).stdin(input).ok();
        assert_eq!(&output.stdout, prompt, "{output}");
        assert_eq!(mit_keytab(&realm.path(&format!("k{number}")))[0].key, key);
    }
    let runs = [
        ("-password", "secret word\n", "Password for x@EXAMPLE.COM: \n"),
        ("--password-file pw", "", ""),
        ("--password-fd 0", "secret word\n", ""),
    ];
    for (number, (source, input, prompt)) in runs.iter().enumerate() {
        let line = format!("add p{number} -p x -k 1 -e aes128-cts -q {source}");
        let output = ktutil(&realm, &line).stdin(input).ok();
        assert_eq!(&output.stdout, prompt, "{output}");
        ok(&realm, &format!("diff p0 p{number}"));
    }
    // A descriptor that a shell has opened.
    let words = "exec 7< pw; exec \"$0\" add p9 -p x -k 1 -e aes128-cts -q --password-fd 7";
    let program = Side::Ours.program("ktutil");
    let environment = ktutil(&realm, "list p0").ok();
    let status = std::process::Command::new("sh")
        .args(["-c", words])
        .arg(program)
        .current_dir(&environment.dir)
        .env("KRB5_CONFIG", realm.path("krb5.conf"))
        .status()
        .unwrap();
    assert!(status.success());
    ok(&realm, "diff p0 p9");
    for kvno in 1..=2 {
        ok(&realm, &format!("add r -p x -k {kvno} -e aes256-cts,aes256-sha2 -randkey"));
    }
    let mut keys: Vec<String> = mit_keytab(&realm.path("r")).into_iter().map(|entry| entry.key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 4);
}

/// Owner, mode and other names of a file stay, and a symbolic link stays one.
#[test]
fn files_stay_what_they_are() {
    let realm = realm();
    ok(&realm, "add k -p host/a -k 1 -e aes256-cts -randkey -q");
    let path = realm.path("k");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    std::os::unix::fs::chown(&path, Some(1234), Some(2345)).expect("needs root");
    fs::hard_link(&path, realm.path("hard")).unwrap();
    symlink("k", realm.path("soft")).unwrap();
    let before = fs::metadata(&path).unwrap();
    for line in [
        "add soft -p host/b -k 1 -e aes256-cts -randkey -q",
        "rename soft host/b host/c-longer -q",
        "remove soft -p host/c-longer -q",
        "add soft -p host/a -k 2 -e aes256-cts -randkey -q",
        "purge soft -q",
        "merge soft k -q",
        "dedup soft -q",
    ] {
        ok(&realm, line);
        let after = fs::metadata(&path).unwrap();
        assert_eq!(
            (after.ino(), after.mode(), after.uid(), after.gid()),
            (before.ino(), before.mode(), 1234, 2345)
        );
        assert!(fs::symlink_metadata(realm.path("soft")).unwrap().is_symlink(), "{line}");
        assert_eq!(realm.read("hard"), realm.read("k"), "{line}");
    }
    assert_eq!(names(&realm, "k"), ["2 host/a@EXAMPLE.COM"]);
}
