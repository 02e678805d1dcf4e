//! Dates in many zones, beside those of MIT's `kadmin.local` and `klist`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use k5_cli::{Environment, LocalZone};
use k5_types::Timestamp;

/// Zone files, rules, and what is neither. `None` is an unset `TZ`. Rules that break off half way are left out: what the C
/// library then shows depends on the date in ways that no program can rely on.
const ZONES: [Option<&str>; 32] = [
    None,
    Some(""),
    Some("UTC"),
    Some("Europe/Berlin"),
    Some(":Europe/Berlin"),
    Some("America/New_York"),
    Some("Asia/Kolkata"),
    Some("Australia/Lord_Howe"),
    Some("Europe/Dublin"),
    Some("/usr/share/zoneinfo/Asia/Tokyo"),
    Some("Foo/Bar"),
    Some(":Foo"),
    Some("Europe"),
    Some("../../../etc/hosts"),
    Some("X"),
    Some("xy"),
    Some(" UTC"),
    Some("AAA"),
    Some("AAA-"),
    Some("AAA3"),
    Some("AAA3BBB"),
    Some("AAA3BBB2"),
    Some("AAA3BBB,M3.5.0,M10.5.0/3"),
    Some("CET-1CEST"),
    Some("CET-1CEST,M3.5.0,M10.5.0/3"),
    Some("<+03>-3"),
    Some("<>3"),
    Some("A-3"),
    Some("ABC+25"),
    Some("ABC24:59:59"),
    Some("UTC0"),
    Some("UTC+3"),
];

/// Either side of a change of clocks, the epoch's first days, and the last day of 32 bits.
const TIMES: [u32; 8] =
    [1, 86_400, 1_774_745_999, 1_774_746_000, 1_782_864_000, 1_793_494_799, 2_147_483_648, 4_294_967_294];

struct Realm(tempfile::TempDir);

impl Realm {
    fn run(&self, program: &str, args: &[&str], tz: Option<&str>) -> String {
        assert!(
            Path::new(program).exists(),
            "{program} is missing: install krb5-kdc, krb5-admin-server and krb5-user"
        );
        let at = self.0.path().display();
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .env("KRB5_CONFIG", format!("{at}/krb5.conf"))
            .env("KRB5_KDC_PROFILE", format!("{at}/kdc.conf"))
            .env("KRB5CCNAME", format!("FILE:{at}/cc"))
            .env("KRB5_KTNAME", format!("FILE:{at}/keytab"))
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        if let Some(tz) = tz {
            command.env("TZ", tz);
        }
        let done = command.output().unwrap();
        assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn new() -> Realm {
        let realm = Realm(tempfile::tempdir().unwrap());
        let at = realm.0.path();
        fs::write(at.join("krb5.conf"), "[libdefaults]\n default_realm = R\n dns_lookup_realm = false\n")
            .unwrap();
        let kdc = format!(
            "[realms]\n R = {{\n  database_name = {0}/db\n  key_stash_file = {0}/stash\n }}\n",
            at.display()
        );
        fs::write(at.join("kdc.conf"), kdc).unwrap();
        realm.run("/usr/sbin/kdb5_util", &["create", "-s", "-P", "master"], Some("UTC"));
        realm
    }
}

/// A rule with two names and no dates of its own takes them from New York's zone file in the C library, which moves each
/// change by an hour in zones east of Greenwich, and shows New York itself beyond 2037. Ours keeps to the rule, so only times
/// in the midst of a season are compared.
fn times(tz: Option<&str>) -> impl Iterator<Item = (usize, u32)> {
    let undated = tz.is_some_and(|tz| {
        let names =
            tz.split(|c: char| !c.is_ascii_alphabetic()).filter(|name| name.len() == 3 || name.len() == 4);
        names.count() == 2 && !tz.contains(",M") && !tz.contains('/')
    });
    TIMES
        .into_iter()
        .enumerate()
        .filter(move |&(_, time)| !undated || [1, 86_400, 1_782_864_000].contains(&time))
}

fn zone(tz: Option<&str>) -> LocalZone {
    LocalZone::from_environment(&Environment::from_pairs(tz.map(|tz| ("TZ", tz))))
}

#[test]
fn listings_are_those_of_kadmin() {
    let realm = Realm::new();
    for (index, time) in TIMES.iter().enumerate() {
        let expire = format!("{time} seconds");
        // Relative to now unless the zero time is named: `never` is the grammar's word for it.
        let expire = ["addprinc", "-nokey", "-expire", &format!("never {expire}"), &format!("p{index}")]
            .map(str::to_owned);
        realm.run("/usr/sbin/kadmin.local", &expire.each_ref().map(String::as_str), Some("UTC"));
    }
    for tz in ZONES {
        let ours = zone(tz);
        for (index, time) in times(tz) {
            let shown = realm.run("/usr/sbin/kadmin.local", &["getprinc", &format!("p{index}")], tz);
            let line = shown.lines().find_map(|line| line.strip_prefix("Expiration date: ")).unwrap();
            assert_eq!(ours.listing(Timestamp(time)), line, "TZ={tz:?}, {time}");
        }
    }
}

#[test]
fn columns_are_those_of_klist() {
    let realm = Realm::new();
    let keytab = realm.0.path().join("keytab");
    // Version 5.2, then an entry: size; one component, realm R, name p; name type, time, kvno, enctype 17, 16 bytes of key.
    let entry = |time: u32| {
        let mut bytes = b"\0\x01\0\x01R\0\x01p\0\0\0\x01".to_vec();
        bytes.extend(time.to_be_bytes());
        bytes.extend(b"\x01\0\x11\0\x10");
        bytes.extend([7u8; 16]);
        let size = u32::try_from(bytes.len()).unwrap();
        [&size.to_be_bytes()[..], &bytes].concat()
    };
    let entries: Vec<u8> = TIMES.iter().flat_map(|&time| entry(time)).collect();
    fs::write(keytab, [&b"\x05\x02"[..], &entries].concat()).unwrap();
    for tz in ZONES {
        let ours = zone(tz);
        let shown = realm.run("/usr/bin/klist", &["-k", "-t"], tz);
        let theirs: Vec<&str> = shown.lines().skip(3).map(|line| &line[5..22]).collect();
        assert_eq!(theirs.len(), TIMES.len());
        for (index, time) in times(tz) {
            assert_eq!(ours.column(Timestamp(time)), theirs[index], "TZ={tz:?}, {time}");
        }
    }
}
