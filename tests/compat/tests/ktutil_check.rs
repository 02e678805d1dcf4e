//! `ktutil check`: what it says of a keytab is what MIT's programs make of it, and what it says mends it does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Hosts, Kdc, Output, Realm, Side, c_program, heimdal_ktutil, jdk_changes_keytab};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

const SERVICE: &str = "host/a.test";

/// A realm of MIT's with its KDC, the service host/a.test whose keys the keytab `k` has, and alice.
struct Bed {
    realm: Realm,
    _kdc: Kdc,
}

impl Bed {
    fn new() -> Bed {
        let realm = Realm::shared(Side::Ours);
        realm.by(Side::Mit).create("master");
        let lines =
            "addprinc -pw alicespw alice\naddprinc -randkey host/a.test\nktadd -k {DIR}/k host/a.test\n";
        realm.mit("kadmin.local", [""; 0]).stdin(lines).ok();
        let _kdc = Kdc::start(&realm);
        Bed { realm, _kdc }
    }

    fn kadmin(&self, line: &str) {
        let out = self.realm.mit("kadmin.local", ["-q", line]).ok();
        assert!(!out.stderr.contains("while"), "{out}");
    }

    /// The same where there is no stash file.
    fn kadmin_by_password(&self, line: &str) {
        let out = self.realm.mit("kadmin.local", ["-m", "-q", line]).stdin("master\n").ok();
        assert!(!out.stderr.contains("while"), "{out}");
    }

    fn check(&self, args: &[&str]) -> Report {
        let args = ["check", "k", "--host", "a.test", "--json"].iter().chain(args);
        Report::of(self.realm.run("ktutil", args.copied()).output())
    }

    /// Whether a new ticket for the service is one that the service accepts with the keytab.
    fn works(&self) -> Result<(), String> {
        self.realm.kinit("alice", "alicespw").ok();
        self.accepts()
    }

    /// The same with the ticket that the client has, or gets: MIT's library as a service that knows its own name.
    fn accepts(&self) -> Result<(), String> {
        let keytab = self.realm.path("k");
        let program = [acceptor().as_os_str(), keytab.as_os_str(), SERVICE.as_ref()];
        let out = self.realm.mit("env", program).output();
        if out.exit == 0 { Ok(()) } else { Err(out.stderr) }
    }

    /// The same with MIT's `kvno -k`, which tries every entry, whatever its name and version.
    fn decrypts(&self) -> bool {
        self.realm.mit("kvno", ["-k", "k", SERVICE]).output().exit == 0
    }

    /// Runs the lines as a person who copies them into a shell does.
    fn mend(&self, lines: &[String]) {
        self.mend_with(lines, "");
    }

    /// The same, and answers what each line asks.
    fn mend_with(&self, lines: &[String], answer: &str) {
        let ours = |name| Side::Ours.program(name).parent().unwrap().to_owned();
        let path = std::env::join_paths([ours("kadmin.local"), ours("ktutil"), "/usr/bin".into()]).unwrap();
        for line in lines {
            self.realm.mit("sh", ["-c", line]).env("PATH", &path).stdin(answer).ok();
        }
    }
}

/// `tests/harness/c/accept.c`, compiled once.
fn acceptor() -> &'static Path {
    static PROGRAM: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, program) = PROGRAM.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let program = c_program("accept", dir.path());
        (dir, program)
    });
    program
}

struct Report {
    document: Value,
    exit: i32,
}

impl Report {
    fn of(out: Output) -> Report {
        assert_eq!(out.stderr, "", "{out}");
        let document: Value = serde_json::from_str(&out.stdout).unwrap_or_else(|_| panic!("no JSON: {out}"));
        assert_eq!(document["schema"], "realmsmith/keytab-check");
        let levels = ["fine", "warnings", "broken"];
        let verdict = levels.iter().position(|level| document["verdict"] == *level);
        assert_eq!(verdict, usize::try_from(out.exit).ok(), "{out}");
        Report { document, exit: out.exit }
    }

    fn findings(&self) -> &[Value] {
        self.document["findings"].as_array().unwrap()
    }

    fn codes(&self) -> Vec<&str> {
        self.findings().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
    }

    /// What is more than a note.
    fn faults(&self) -> Vec<&str> {
        let faults = self.findings().iter().filter(|finding| finding["level"] != "note");
        faults.map(|finding| finding["code"].as_str().unwrap()).collect()
    }

    /// The lines that mend the faults, in their order, each once.
    fn mend(&self) -> Vec<String> {
        let faults = self.findings().iter().filter(|finding| finding["level"] != "note");
        let mut lines = Vec::new();
        for line in faults.flat_map(|finding| finding["mend"].as_array().unwrap()) {
            let line = line.as_str().unwrap().to_owned();
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    }
}

/// A keytab spoiled in one way: the check names it; it is broken exactly if MIT's library cannot decrypt the tickets of MIT's
/// KDC with it, and then it `says` so; and the lines that mend it do.
fn spoiled(spoil: impl FnOnce(&Bed), faults: &[&str], says: &str) -> Bed {
    let bed = Bed::new();
    let before = bed.check(&[]);
    assert_eq!((before.exit, before.codes()), (0, vec![]));
    bed.works().unwrap_or_else(|out| panic!("{out}"));
    spoil(&bed);
    let report = bed.check(&[]);
    assert_eq!(report.faults(), faults, "{}", report.document);
    let works = bed.works();
    assert_eq!(report.exit == 2, works.is_err(), "{faults:?}: {works:?}");
    let said = works.as_ref().err().map_or("", String::as_str);
    assert!(said.contains(says) && says.is_empty() == said.is_empty(), "{faults:?}: {said}");
    let strict_only = ["kvno-wrong", "duplicate-differs"].contains(&faults[0]);
    assert_eq!(bed.decrypts(), works.is_ok() || strict_only, "{faults:?}");
    let lines = report.mend();
    assert!(!lines.is_empty(), "{faults:?}");
    bed.mend(&lines);
    let after = bed.check(&[]);
    assert_eq!((after.exit, after.faults()), (0, vec![]), "after {lines:?}: {}", after.document);
    bed.works().unwrap_or_else(|out| panic!("after {lines:?}: {out}"));
    bed
}

#[test]
fn keys_changed_behind_its_back() {
    let bed = spoiled(
        |bed| bed.kadmin("cpw -randkey host/a.test"),
        &["kvno-stale"],
        "Cannot find key for host/a.test@EXAMPLE.COM kvno 3 in keytab",
    );
    assert_eq!(bed.check(&[]).codes(), ["kvno-old"], "the old keys are left for old tickets");
}

#[test]
fn keys_changed_and_the_old_ones_kept() {
    let spoil = |bed: &Bed| {
        bed.kadmin("cpw -randkey -keepold host/a.test");
        assert_eq!(bed.accepts(), Ok(()), "the ticket from before is still good");
    };
    let bed = spoiled(spoil, &["kvno-stale"], "Cannot find key for host/a.test@EXAMPLE.COM kvno 3 in keytab");
    assert_eq!(bed.check(&[]).codes(), ["kvno-old-kept"]);
}

#[test]
fn a_principal_made_anew() {
    spoiled(
        |bed| {
            bed.kadmin("delprinc -force host/a.test");
            bed.kadmin("addprinc -randkey host/a.test");
        },
        &["kvno-ahead"],
        "Cannot find key for host/a.test@EXAMPLE.COM kvno 1 in keytab",
    );
}

#[test]
fn another_key_of_the_same_version() {
    spoiled(
        |bed| {
            fs::remove_file(bed.realm.path("k")).unwrap();
            bed.kadmin("delprinc -force host/a.test");
            bed.kadmin("addprinc -randkey host/a.test");
            bed.kadmin("ktadd -norandkey -k {DIR}/k host/a.test");
            bed.kadmin("delprinc -force host/a.test");
            bed.kadmin("addprinc -randkey host/a.test");
        },
        &["key-differs", "other-key-differs"],
        "Cannot decrypt ticket for host/a.test@EXAMPLE.COM using keytab key for host/a.test@EXAMPLE.COM",
    );
}

/// Of two keys with one version, a service that knows its name tries the first only; `kvno -k` tries both.
#[test]
fn a_wrong_key_before_the_right_one() {
    let remade = |bed: &Bed| {
        bed.kadmin("delprinc -force host/a.test");
        bed.kadmin("addprinc -randkey host/a.test");
        bed.kadmin("ktadd -norandkey -k {DIR}/k host/a.test");
    };
    let spoil = |bed: &Bed| {
        fs::remove_file(bed.realm.path("k")).unwrap();
        remade(bed);
        remade(bed);
    };
    spoiled(
        spoil,
        &["duplicate-differs", "duplicate-differs", "key-differs", "other-key-differs"],
        "Cannot decrypt ticket for host/a.test@EXAMPLE.COM using keytab key for host/a.test@EXAMPLE.COM",
    );
}

/// Behind the right key, or where the KDC makes no tickets of it, a wrong key is in nobody's way.
#[test]
fn wrong_keys_that_nobody_takes() {
    let bed = Bed::new();
    // ktutil itself brings no two keys of one version into a keytab.
    let add = |enctype: &str| {
        let words = ["add", "-q", "w", "-p", SERVICE, "-k", "2", "-e", enctype, "-randkey"];
        bed.realm.run("ktutil", words).ok();
        bed.realm.write("k", [&bed.realm.read("k")[..], &bed.realm.read("w")[2..]].concat());
        fs::remove_file(bed.realm.path("w")).unwrap();
    };
    add("aes256-cts");
    assert_eq!(bed.check(&[]).faults(), ["duplicate-differs"]);
    bed.works().unwrap_or_else(|said| panic!("{said}"));
    bed.realm.run("ktutil", ["remove", "k", "--slot", "2,3"]).ok();
    assert_eq!(bed.check(&[]).faults(), ["enctype-gap"]);
    add("aes128-cts");
    assert_eq!(bed.check(&[]).faults(), ["other-key-differs"]);
    bed.works().unwrap_or_else(|said| panic!("{said}"));
    bed.mend(&bed.check(&[]).mend());
    assert_eq!(bed.check(&[]).exit, 0);
}

/// Whether it should be there nobody can tell: the line takes its entries out, the text tells of the other way.
#[test]
fn a_principal_that_is_gone() {
    let bed = Bed::new();
    bed.kadmin("addprinc -randkey HTTP/a.test");
    bed.kadmin("ktadd -k {DIR}/k HTTP/a.test");
    bed.kadmin("delprinc -force host/a.test");
    let report = bed.check(&[]);
    assert_eq!((report.exit, report.faults()), (2, vec!["principal-missing"]));
    let text = report.findings()[0]["message"].as_str().unwrap();
    assert!(text.contains("addprinc -randkey") && text.contains("ktadd -norandkey"), "{text}");
    let said = bed.works().unwrap_err();
    assert!(said.contains("Server host/a.test@EXAMPLE.COM not found in Kerberos database"), "{said}");
    assert_eq!(report.mend(), ["ktutil remove k -p host/a.test@EXAMPLE.COM"]);
    bed.mend(&report.mend());
    let after = bed.check(&[]);
    assert_eq!((after.exit, after.faults()), (0, vec![]), "{}", after.document);
    bed.kadmin("addprinc -randkey host/a.test");
    bed.mend(&["ktadd -k k -norandkey host/a.test".to_owned()]);
    assert_eq!(bed.check(&[]).exit, 0);
    bed.works().unwrap_or_else(|said| panic!("{said}"));
}

/// A service that knows its name looks for the version too; `kvno -k` does not.
#[test]
fn the_right_key_under_another_version() {
    spoiled(
        |bed| bed.kadmin("modprinc -kvno 7 host/a.test"),
        &["kvno-wrong"],
        "Cannot find key for host/a.test@EXAMPLE.COM kvno 7 in keytab",
    );
    spoiled(
        |bed| bed.kadmin("modprinc -kvno 1 host/a.test"),
        &["kvno-wrong"],
        "Cannot find key for host/a.test@EXAMPLE.COM kvno 1 in keytab",
    );
}

/// Both keys are in the database; of the one the KDC makes tickets, of the other it does not.
#[test]
fn encryption_types_left_out() {
    let without = |bed: &Bed, enctype: &str| {
        bed.realm.run("ktutil", ["remove", "k", "-e", enctype]).ok();
    };
    spoiled(
        |bed| without(bed, "aes256-cts-hmac-sha1-96"),
        &["enctype-missing"],
        "No key table entry found for host/a.test@EXAMPLE.COM",
    );
    spoiled(|bed| without(bed, "aes128-cts-hmac-sha1-96"), &["enctype-gap"], "");
}

#[test]
fn what_the_kdc_refuses() {
    for (line, fault, says) in [
        (
            "modprinc -allow_tix host/a.test",
            "tickets-disallowed",
            "Server host/a.test@EXAMPLE.COM not found in Kerberos database",
        ),
        (
            "modprinc -allow_svr host/a.test",
            "service-disallowed",
            "Server principal valid for user2user only",
        ),
        (
            "modprinc -expire yesterday host/a.test",
            "principal-expired",
            "Server's entry in database has expired",
        ),
    ] {
        spoiled(|bed| bed.kadmin(line), &[fault], says);
    }
}

#[test]
fn a_password_that_has_expired_does_not_matter() {
    let bed = Bed::new();
    bed.kadmin("modprinc -pwexpire yesterday +needchange host/a.test");
    let report = bed.check(&[]);
    assert_eq!((report.exit, report.codes()), (0, vec!["password-expired"]));
    bed.works().unwrap_or_else(|out| panic!("{out}"));
    bed.realm.kinit_keytab(SERVICE, "k").fails(1);
}

#[test]
fn a_file_that_everybody_may_read() {
    let open = |bed: &Bed| fs::set_permissions(bed.realm.path("k"), Permissions::from_mode(0o644)).unwrap();
    let bed = spoiled(open, &["readable-by-others"], "");
    let mode = fs::metadata(bed.realm.path("k")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640, "no more was taken away than asked");
}

#[test]
fn who_must_be_able_to_read() {
    let bed = Bed::new();
    for user in ["nobody", "root"] {
        let report = bed.check(&["--user", user]);
        let owner =
            fs::metadata(bed.realm.path("k")).map(|file| std::os::unix::fs::MetadataExt::uid(&file)).unwrap();
        let expected = if user == "root" { 0 } else { 2 };
        assert_eq!(report.exit, expected, "{user}, owner {owner}: {}", report.document);
        let reads = bed.realm.mit("setpriv", ["--reuid", user, "--clear-groups", "cat", "k"]).output();
        assert_eq!(reads.exit == 0, report.exit == 0, "{reads}");
    }
    // Where the file is open to everybody, the directory may be closed.
    fs::set_permissions(bed.realm.path("k"), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(bed.realm.dir(), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(bed.check(&["--user", "nobody"]).faults()[0], "readable-by-others");
    assert!(bed.check(&["--user", "nobody"]).faults().contains(&"unreadable-by-user"));
    let out = bed.realm.run("ktutil", ["check", "k", "--user", "no-such-user"]).fails(2);
    assert_eq!(out.stderr, "ktutil: no such user: no-such-user\n");
}

/// The ticket that MIT's `kvno` has decrypts as long as the entry before the damage is its key.
#[test]
fn damage() {
    let bed = Bed::new();
    let whole = bed.realm.read("k");
    bed.realm.write("k", &whole[..whole.len() - 1]);
    let report = bed.check(&[]);
    let damage = &report.findings()[0];
    assert_eq!((report.exit, damage["code"].as_str()), (2, Some("damaged")));
    let offset = damage["offset"].as_u64().unwrap();
    assert!(offset > 2 && offset < whole.len() as u64);
    let out = bed.realm.run("ktutil", ["list", "k"]).output();
    assert!(out.stderr.contains(&format!("at offset {offset}")), "{out}");

    bed.realm.write("k", &whole[..40]);
    assert_eq!(bed.check(&[]).codes()[..2], ["damaged", "empty"]);
    assert!(bed.works().is_err());
    bed.realm.write("k", "PK\x03\x04");
    assert_eq!(bed.check(&[]).codes(), ["not-a-keytab"]);
    fs::remove_file(bed.realm.path("k")).unwrap();
    assert_eq!(bed.check(&[]).codes(), ["unreadable"]);
}

/// MIT's `ktadd -norandkey` adds what is there already.
#[test]
fn entries_twice() {
    let bed = Bed::new();
    bed.kadmin("ktadd -norandkey -k {DIR}/k host/a.test");
    let report = bed.check(&[]);
    assert_eq!((report.exit, report.codes()), (0, vec!["duplicate", "duplicate"]));
    let line = report.findings()[0]["mend"][0].as_str().unwrap().to_owned();
    bed.mend(&[line]);
    assert_eq!(bed.check(&[]).codes(), ["holes"]);
    bed.works().unwrap_or_else(|out| panic!("{out}"));
}

/// 258 is 2 in 8 bits. MIT's library finds the key by either.
#[test]
fn versions_over_255() {
    let bed = Bed::new();
    bed.kadmin("modprinc -kvno 258 host/a.test");
    let report = bed.check(&[]);
    assert_eq!((report.exit, report.codes()), (0, vec![]), "{}", report.document);
    bed.kadmin("modprinc -kvno 257 host/a.test");
    assert_eq!(bed.check(&[]).faults(), ["kvno-wrong"]);
    bed.mend(&bed.check(&[]).mend());
    assert_eq!(bed.check(&[]).codes(), ["kvno-over-255", "kvno-over-255"]);
    bed.works().unwrap_or_else(|out| panic!("{out}"));
}

#[test]
fn weak_keys() {
    let bed = Bed::new();
    bed.kadmin("ktadd -e arcfour-hmac:normal,aes256-cts:normal -k {DIR}/k host/a.test");
    assert_eq!(bed.check(&[]).faults(), ["enctype-deprecated"]);
    bed.kadmin("ktadd -e arcfour-hmac:normal -k {DIR}/k host/a.test");
    bed.works().unwrap_or_else(|out| panic!("MIT's programs still take it: {out}"));
    bed.realm.write(
        "strict.conf",
        [
            bed.realm.read("krb5.conf"),
            b"[libdefaults]\n    permitted_enctypes = aes256-cts aes128-cts\n".to_vec(),
        ]
        .concat(),
    );
    let args = ["check", "k", "--host", "a.test", "--json"];
    let strict = bed.realm.run("ktutil", args).env("KRB5_CONFIG", "{DIR}/strict.conf").output();
    assert_eq!(Report::of(strict).faults(), ["enctype-not-permitted", "no-keys"]);
}

/// A host of services has no database: what was not checked is told, and is no fault.
#[test]
fn a_host_without_a_database() {
    let bed = Bed::new();
    let here = ["check", "k", "--host", "a.test"];
    let none = bed.realm.run("ktutil", here).env("KRB5_KDC_PROFILE", "{DIR}/nosuch.conf").ok();
    assert!(none.stdout.starts_with("note: not compared with a principal database ("), "{none}");
    let said = "the KDC's is not known [database-not-checked]\n\
                FILE:k: fine; 2 entries of 1 principal; 0 broken, 0 warnings, 1 note\n";
    assert!(none.stdout.ends_with(said), "{none}");
    bed.kadmin("cpw -randkey host/a.test");
    bed.realm.run("ktutil", here.iter().copied().chain(["--no-database"])).ok();
    bed.realm.run("ktutil", here).fails(2);
    // Whoever may not read the database is not told a tale.
    fs::set_permissions(bed.realm.dir(), Permissions::from_mode(0o755)).unwrap();
    let principals = bed.realm.backend().files()[0];
    fs::set_permissions(bed.realm.path(principals), Permissions::from_mode(0o000)).unwrap();
    let told = format!("{principals}: Permission denied)");
    bed.realm.run("ktutil", here).bound_by_rights().ok().stdout_has(&told);
}

#[test]
fn the_database_that_is_named() {
    let bed = Bed::new();
    let with = |args: &[&str]| {
        bed.realm.run("ktutil", ["check", "k", "--host", "a.test"].iter().chain(args).copied())
    };
    fs::rename(bed.realm.path("stash"), bed.realm.path("elsewhere")).unwrap();
    with(&[]).fails(1).stdout_has("[database-unusable]");
    with(&["-sf", "elsewhere"]).ok();
    // The lines work without the stash file, too.
    bed.kadmin_by_password("cpw -randkey host/a.test");
    let report = bed.check(&["-sf", "elsewhere"]);
    assert_eq!(report.mend(), ["ktadd -m -k k -norandkey host/a.test"]);
    bed.mend_with(&report.mend(), "master\n");
    assert_eq!(bed.check(&["-sf", "elsewhere"]).faults(), [""; 0]);
    with(&["-P", "master"]).ok();
    with(&["-m"]).stdin("master\n").ok();
    with(&["-P", "wrong"]).fails(1).stdout_has("[database-unusable]");
    for file in bed.realm.backend().files() {
        fs::rename(bed.realm.path(file), bed.realm.path(&file.replacen("principal", "moved", 1))).unwrap();
    }
    with(&["-sf", "elsewhere"]).fails(1).stdout_has("[database-unusable]");
    with(&["-sf", "elsewhere", "-d", "{DIR}/moved"]).ok();
    with(&["-sf", "elsewhere", "-x", "dbname={DIR}/moved"]).ok();
    with(&["-sf", "elsewhere", "-d", "{DIR}/moved", "-r", "OTHER"]).fails(1);
    let nowhere = with(&["-r", "EXAMPLE.COM"]).env("KRB5_KDC_PROFILE", "{DIR}/nosuch.conf").fails(1);
    nowhere.stdout_has("[database-unusable]");
    with(&["--no-database", "-r", "R"]).fails(2).stderr_has("-r and --no-database do not go together");
    with(&["--no-database", "-d", "x"]).fails(2).stderr_has("-d and --no-database do not go together");
    with(&["--nonsense"]).fails(2).stderr_has("unrecognized option --nonsense");
    with(&["k", "k"]).fails(2);
}

/// Nothing is changed, the update log of a realm with replicas neither.
#[test]
fn a_log_is_not_made_ready() {
    let bed = Bed::new();
    let profile = String::from_utf8(bed.realm.read("kdc.conf")).unwrap();
    let with_log = profile.replacen(
        "EXAMPLE.COM = {",
        "EXAMPLE.COM = {\n        iprop_enable = true\n        iprop_port = 2121",
        1,
    );
    assert_ne!(profile, with_log);
    bed.realm.write("kdc.conf", with_log);
    let log = bed.realm.path("principal.ulog");
    bed.realm.run("ktutil", ["check", "k", "--host", "a.test"]).ok();
    assert!(!log.exists());
    bed.realm.kadmin_local(["getprinc", "K/M"]).ok();
    assert!(log.exists(), "kadmin.local, which may change something, does");
}

/// A keytab is not told to be fine for a name that a script left empty.
#[test]
fn names_that_are_none() {
    let realm = Realm::shared(Side::Ours);
    let check = |args: [&str; 4]| realm.run("ktutil", ["check"].iter().chain(&args).copied()).fails(2);
    for option in ["--host", "--alias", "--service"] {
        for name in ["", "a b;c", "host/a", "a@B", "--json"] {
            let out = check(["k", "--no-database", option, name]);
            let said = format!("ktutil: check: \"{name}\" is no name for {option}\nUsage: ktutil check ");
            assert!(out.stderr.starts_with(&said) && out.stdout.is_empty(), "{out}");
        }
        let out = check(["k", "--no-host", option, "a"]);
        let said = format!("ktutil: check: {option} and --no-host do not go together\n");
        assert!(out.stderr.starts_with(&said), "{out}");
    }
}

/// kadmin's ktadd would change the keys of a service that runs: the line is for the KDC's host, and it does not.
#[test]
fn what_a_host_without_a_database_lacks() {
    let bed = Bed::new();
    bed.kadmin("addprinc -randkey HTTP/a.test");
    let report = bed.check(&["--no-database", "--service", "HTTP"]);
    assert_eq!((report.exit, report.faults()), (1, vec!["name-missing"]));
    assert!(report.document.to_string().contains("on the KDC's host, with -norandkey"));
    assert_eq!(report.mend(), ["ktadd -k k -norandkey HTTP/a.test"]);
    let keys = || bed.realm.mit("kadmin.local", ["-q", "getprinc HTTP/a.test"]).ok().stdout;
    let before = keys();
    bed.mend(&report.mend());
    assert_eq!(keys(), before);
    assert_eq!(bed.check(&["--no-database", "--service", "HTTP"]).faults(), [""; 0]);
}

/// On a machine of that name, by its resolver: MIT's `kvno -S` asks for the name whose key is missing, and finds it
/// when the line was run.
#[test]
fn names_on_a_machine() {
    let bed = Bed::new();
    let records = [
        ("web.example.test", "A", "10.1.0.1"),
        ("10.1.0.1", "PTR", "web.example.test"),
        ("www.example.test", "CNAME", "web.example.test"),
        ("shop.example.test", "A", "10.1.0.2"),
        ("10.1.0.2", "PTR", "shop.example.test"),
    ];
    let machine = Arc::new(Hosts::new("web", "search example.test", "", &records));
    let conf = String::from_utf8(bed.realm.read("krb5.conf")).unwrap();
    let looked_up = conf.replace("dns_canonicalize_hostname = false", "").replace("rdns = false", "");
    assert_ne!(conf, looked_up);
    bed.realm.write("dns.conf", looked_up);
    let among = |args: &[&str]| {
        let args = ["check", "k", "--json", "--service", "HTTP"].iter().chain(args).copied();
        let run = bed.realm.run("ktutil", args).env("KRB5_CONFIG", "{DIR}/dns.conf").among(&machine);
        Report::of(run.output())
    };
    let asked = |host: &str| {
        let args = ["-k", "k", "-S", "HTTP", host];
        let run = bed.realm.mit("kvno", args).env("KRB5_CONFIG", "{DIR}/dns.conf");
        bed.realm.kinit("alice", "alicespw").ok();
        // In a name space of its own the loop-back of the KDC is the same one.
        run.among(&machine).output()
    };
    // The database does not know the service.
    let report = among(&[]);
    assert_eq!(report.faults(), ["name-unknown"]);
    let unknown = "not found in Kerberos database while getting credentials for HTTP/web.example.test@";
    assert!(asked("web").stderr.contains(unknown));
    bed.mend(&report.mend());
    assert_eq!(among(&[]).faults(), [""; 0]);
    assert_eq!(among(&["--alias", "www.example.test"]).faults(), [""; 0], "a CNAME is resolved");
    for host in ["web", "www", "web.example.test"] {
        let out = asked(host).code(0);
        assert_eq!(out.stdout, "HTTP/web.example.test@: kvno = 1, keytab entry valid\n");
    }
    // Another address with a name of its own: the service is known, its key is not here.
    bed.kadmin("addprinc -randkey HTTP/shop.example.test");
    let report = among(&["--alias", "shop"]);
    assert_eq!(report.faults(), ["name-missing"]);
    assert!(asked("shop").stderr.contains("keytab entry invalid"));
    bed.mend(&report.mend());
    let after = among(&["--alias", "shop"]);
    assert_eq!((after.faults(), after.codes()), (vec![], vec!["acceptor-refuses"]));
    assert!(asked("shop").stdout.contains("keytab entry valid"));
}

/// Keys stay in the file: nothing of what is said has one.
#[test]
fn no_key_is_shown() {
    let bed = Bed::new();
    bed.kadmin("delprinc -force host/a.test");
    bed.kadmin("addprinc -randkey host/a.test");
    bed.kadmin("modprinc -kvno 2 host/a.test");
    let text =
        bed.realm.run("ktutil", ["check", "k", "--host", "a.test"]).fails(2).stdout_has("[key-differs]");
    let json = bed.check(&[]).document.to_string();
    for entry in harness::mit_keytab(&bed.realm.path("k")) {
        for said in [&text.stdout, &json] {
            assert!(!said.to_lowercase().contains(&entry.key[..12]), "a key in: {said}");
        }
    }
}

/// What Heimdal and the JDK make of the service's password is what MIT's `kadmin.local` makes of it, under the right
/// version only.
#[test]
fn keytabs_of_others() {
    let bed = Bed::new();
    bed.kadmin("cpw -pw secret host/a.test");
    let keytab = bed.realm.path("k");
    let principal = "host/a.test@EXAMPLE.COM";
    let heimdal = |kvno: &str| {
        for enctype in ["aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96"] {
            heimdal_ktutil(&keytab, &["add", "-p", principal, "-V", kvno, "-e", enctype, "-w", "secret"]);
        }
    };
    let jdk = |kvno: &str| jdk_changes_keytab(&keytab, &["add", principal, "secret", kvno]);
    let verdict = |expected: &[&str]| {
        let report = bed.check(&[]);
        assert_eq!(report.faults(), expected, "{}", report.document);
        assert_eq!(report.exit == 0, bed.works().is_ok());
    };
    verdict(&["kvno-stale"]);
    fs::remove_file(&keytab).unwrap();
    heimdal("3");
    verdict(&[]);
    fs::remove_file(&keytab).unwrap();
    jdk("3");
    // It makes keys of types that are not permitted here.
    let faults = bed.check(&[]).faults().join(" ");
    assert!(!faults.contains("kvno") && !faults.contains("key-differs"), "{faults}");
    bed.works().unwrap_or_else(|said| panic!("{said}"));
    for kvno in [2, 4] {
        fs::remove_file(&keytab).unwrap();
        if kvno == 2 {
            heimdal("2")
        } else {
            jdk("4")
        }
        assert!(bed.check(&[]).faults().contains(&"kvno-wrong"), "{}", bed.check(&[]).document);
        assert!(bed.works().is_err());
    }
}

/// The version 0 stands for any, in MIT's library as here.
#[test]
fn entries_without_a_version() {
    let bed = Bed::new();
    bed.kadmin("cpw -pw secret host/a.test");
    for (password, faults) in [("secret", &[][..]), ("other", &["key-differs"])] {
        fs::remove_file(bed.realm.path("k")).unwrap();
        let words = ["add", "k", "-p", SERVICE, "-k", "0", "-e", "aes256-cts", "--password-fd", "0"];
        bed.realm.run("ktutil", words).stdin(password).ok();
        let report = bed.check(&[]);
        let found: Vec<&str> = report.faults().into_iter().filter(|code| *code != "enctype-gap").collect();
        assert_eq!(found, faults, "{}", report.document);
        assert_eq!(report.exit == 2, bed.works().is_err());
    }
}
