//! Each finding provoked: keytabs of a realm's keys, spoiled in one way each. What MIT's programs make of such keytabs is
//! shown in `tests/compat/tests/ktutil_check.rs`.

use super::*;
use crate::{
    Admin, AdminParts, Changes, Defaults, ExtractKeys, Guards, InitialKeys, NewPrincipal, NewRealm,
    OldKeysRule, Pace, Quality, create_realm,
};
use k5_config::{Config, Env, Profile, User};
use k5_crypto::{SystemRandom, make_random_key};
use k5_hostname::{HostNames, HostTable};
use k5_kdb::db2::Db2Files;
use k5_kdb::{MasterKey, MasterKeys};
use k5_keytab::{Entry, KeytabWriter};
use k5_types::{Attributes, Duration, EncType, KeySalt, Principal, Timestamp};
use std::net::IpAddr;
use std::path::PathBuf;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_800_000_000);
const AES256: EncType = EncType::AES256_CTS_HMAC_SHA1_96;
const AES128: EncType = EncType::AES128_CTS_HMAC_SHA1_96;

struct Bed {
    directory: TempDir,
    admin: Admin,
}

fn name(text: &str) -> Principal {
    Principal::parse(text.as_bytes(), b"R").unwrap()
}

fn keysalts(text: &str) -> Vec<KeySalt> {
    KeySalt::parse_list(text).map(|(_, keysalt)| keysalt.unwrap()).collect()
}

impl Bed {
    fn new() -> Bed {
        let directory = tempfile::tempdir().unwrap();
        let master_principal = name("K/M");
        let key = make_random_key(AES256, &mut SystemRandom).unwrap();
        let defaults = Defaults {
            max_life: Duration(3600),
            max_renewable_life: Duration(0),
            expiration: Timestamp::NEVER,
            attributes: Attributes::default(),
            keysalts: keysalts("aes256-cts:normal,aes128-cts:normal"),
            master_enctype: AES256,
        };
        let realm = NewRealm {
            master_principal: &master_principal,
            master: &MasterKey { kvno: 1, key: key.duplicate() },
            defaults: &defaults,
            actor: name("tester"),
            now: NOW,
        };
        let database = k5_kdb::Database::from(Db2Files::named(&directory.path().join("principal")));
        let backend = create_realm(&database, realm, Box::new(SystemRandom)).unwrap();
        let admin = Admin::new(AdminParts {
            backend,
            realm: b"R".to_vec(),
            defaults,
            master: MasterKeys::first(1, key),
            master_principal,
            actor: name("tester"),
            quality: Quality::default(),
            guards: Guards::default(),
            clock: Box::new(|| NOW),
            random: Box::new(SystemRandom),
        });
        Bed { directory, admin }
    }

    /// A realm with `host/a.test`, whose keys the keytab has.
    fn with_host() -> Bed {
        let bed = Bed::new();
        bed.add("host/a.test");
        bed.take("host/a.test", &ExtractKeys::Existing);
        bed
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("k")
    }

    fn add(&self, principal: &str) {
        let new = NewPrincipal::default();
        self.admin.create_principal(&name(principal), &new, &InitialKeys::Random).unwrap();
    }

    fn take(&self, principal: &str, keys: &ExtractKeys) {
        let pace = Pace { now: || std::time::Duration::ZERO, wait: |_| {} };
        let done = self.admin.extract(&[name(principal)], &self.path(), keys, pace).unwrap();
        assert!(done.stopped.is_none() && done.results.iter().all(Result::is_ok));
    }

    /// New keys in the database of which the keytab knows nothing.
    fn change(&self, principal: &str, old: OldKeysRule) {
        self.admin.randomize_keys(&name(principal), &[], old).unwrap();
    }

    fn entries(&self) -> Vec<Entry> {
        k5_keytab::entries(&self.path()).unwrap()
    }

    /// Writes the keytab anew.
    fn put(&self, entries: &[Entry]) {
        let _ = std::fs::remove_file(self.path());
        let room = entries.len() as u64 * KeytabWriter::room_for(100, 32);
        KeytabWriter::prepare(&self.path(), room).unwrap().commit(entries).unwrap();
    }

    /// Writes it anew with every entry changed.
    fn spoil(&self, change: impl Fn(&mut Entry)) {
        let mut entries = self.entries();
        entries.iter_mut().for_each(change);
        self.put(&entries);
    }

    fn allow(&self, attributes: u32) {
        let changes = Changes { attributes: Some(Attributes(attributes)), ..Changes::default() };
        self.admin.modify_principal(&name("host/a.test"), &changes).unwrap();
    }

    fn report_with(&self, hosts: Option<Hosts<'_>>, compared: bool) -> Report {
        let permitted = [AES256, AES128, EncType::ARCFOUR_HMAC];
        let database = Database { admin: &self.admin, permitted: &permitted };
        Doctor {
            keytab: &self.path(),
            rules: LibraryRules { permitted: permitted.to_vec(), clockskew: 300, now: NOW },
            user: None,
            database: if compared { Compare::With(database) } else { Compare::Without("none is here") },
            hosts,
        }
        .examine()
    }

    /// What is found, with the slots, but for names of hosts.
    fn found(&self) -> Vec<String> {
        let report = self.report_with(None, true);
        codes(&report).into_iter().filter(|found| found != "host-not-checked").collect()
    }
}

fn codes(report: &Report) -> Vec<String> {
    let slots = |finding: &Finding| {
        let slots: Vec<String> = finding.slots.iter().map(usize::to_string).collect();
        if slots.is_empty() { String::new() } else { format!(" {}", slots.join(",")) }
    };
    report.findings.iter().map(|finding| format!("{}{}", finding.code, slots(finding))).collect()
}

fn other_key(enctype: EncType) -> k5_types::KeyBlock {
    make_random_key(enctype, &mut SystemRandom).unwrap()
}

#[test]
fn a_keytab_that_works() {
    let bed = Bed::with_host();
    assert_eq!(bed.found(), [""; 0]);
    let report = bed.report_with(None, true);
    assert_eq!((report.entries, report.principals, report.level()), (2, 1, Level::Note));
    let alone = bed.report_with(None, false);
    assert_eq!(codes(&alone), ["database-not-checked", "host-not-checked"]);
    assert_eq!(alone.level(), Level::Note, "what was not checked is no fault");
}

#[test]
fn versions() {
    let bed = Bed::with_host();
    bed.change("host/a.test", OldKeysRule::Discard);
    assert_eq!(bed.found(), ["kvno-stale 1,2"]);
    bed.take("host/a.test", &ExtractKeys::Existing);
    assert_eq!(bed.found(), ["kvno-old 1,2"]);

    let bed = Bed::with_host();
    bed.change("host/a.test", OldKeysRule::Keep);
    assert_eq!(bed.found(), ["kvno-stale 1,2", "kvno-old-kept 1,2"]);
    bed.take("host/a.test", &ExtractKeys::Existing);
    assert_eq!(bed.found(), ["kvno-old-kept 1,2"]);
    bed.spoil(|entry| {
        if entry.kvno == 1 {
            entry.key = other_key(entry.key.enctype)
        }
    });
    assert_eq!(bed.found(), ["old-key-differs 1", "old-key-differs 2"]);

    let bed = Bed::with_host();
    bed.spoil(|entry| entry.kvno = 7);
    assert_eq!(bed.found(), ["kvno-wrong 1,2"]);
    bed.spoil(|entry| entry.key = other_key(entry.key.enctype));
    assert_eq!(bed.found(), ["kvno-ahead 1,2"]);
    bed.take("host/a.test", &ExtractKeys::Existing);
    assert_eq!(bed.found(), ["kvno-newer 1,2"]);
}

#[test]
fn keys() {
    let bed = Bed::with_host();
    bed.spoil(|entry| {
        if entry.key.enctype == AES256 {
            entry.key = other_key(AES256)
        }
    });
    let report = bed.report_with(None, true);
    let differs = report.findings.iter().find(|finding| finding.code == Code::KEY_DIFFERS).unwrap();
    assert_eq!(differs.slots, [1]);
    assert_eq!(differs.remedy.len(), 2);
    assert_eq!(report.level(), Level::Broken);
    // Behind the right key the wrong one is in nobody's way, but before it it is.
    let wrong = bed.entries().remove(0);
    bed.put(&[]);
    bed.take("host/a.test", &ExtractKeys::Existing);
    let mut entries = bed.entries();
    entries.push(wrong);
    bed.put(&entries);
    assert_eq!(bed.found(), ["duplicate-differs 3"]);
    entries.rotate_right(1);
    bed.put(&entries);
    assert_eq!(bed.found(), ["duplicate-differs 2", "key-differs 1"]);
}

#[test]
fn encryption_types() {
    let bed = Bed::with_host();
    let all = bed.entries();
    let (aes256, aes128) = (&all[0], &all[1]);
    assert_eq!((aes256.key.enctype, aes128.key.enctype), (AES256, AES128));
    bed.put(std::slice::from_ref(aes256));
    assert_eq!(bed.found(), ["enctype-gap"]);
    bed.put(std::slice::from_ref(aes128));
    assert_eq!(bed.found(), ["enctype-missing 1"]);

    let with = |enctype: i32, length: usize| {
        let mut extra = aes256.duplicate();
        extra.key = k5_types::KeyBlock::new(EncType(enctype), vec![9; length]);
        bed.put(&[aes256.duplicate(), aes128.duplicate(), extra]);
        bed.found()
    };
    assert_eq!(with(23, 16), ["enctype-deprecated 3", "enctype-extra 3"]);
    assert_eq!(with(20, 32), ["enctype-not-permitted 3", "enctype-extra 3"]);
    assert_eq!(with(24, 16), ["enctype-weak 3", "enctype-extra 3"]);
    assert_eq!(with(1, 8), ["enctype-removed 3", "enctype-extra 3"]);
    assert_eq!(with(99, 8), ["enctype-unknown 3", "enctype-extra 3"]);
    assert_eq!(with(17, 31), ["key-length 3", "duplicate-differs 3"]);

    bed.spoil(|entry| entry.key = k5_types::KeyBlock::new(EncType(1), vec![1; 8]));
    let report = bed.report_with(None, false);
    assert!(codes(&report).contains(&"no-usable-key 1,2,3".to_owned()), "{:?}", codes(&report));
}

#[test]
fn what_the_kdc_may_not_use() {
    let bed = Bed::new();
    let new = NewPrincipal { keysalts: keysalts("aes128-sha2:normal"), ..NewPrincipal::default() };
    bed.admin.create_principal(&name("host/a.test"), &new, &InitialKeys::Random).unwrap();
    bed.take("host/a.test", &ExtractKeys::Existing);
    assert_eq!(bed.found(), ["enctype-not-permitted 1", "no-keys 1"]);
    bed.add("host/b.test");
    bed.admin.purge_keys(&name("host/b.test"), crate::KeptKeys::None).unwrap();
    bed.spoil(|entry| entry.principal = name("host/b.test"));
    assert_eq!(bed.found(), ["enctype-not-permitted 1", "no-keys 1"]);
}

#[test]
fn principals_of_the_database() {
    let bed = Bed::with_host();
    bed.spoil(|entry| entry.principal = name("host/b.test"));
    assert_eq!(bed.found(), ["principal-missing 1,2"]);
    bed.admin.create_alias(&name("host/b.test"), &name("host/a.test")).unwrap();
    assert_eq!(bed.found(), ["principal-alias 1,2"]);
    bed.spoil(|entry| entry.principal = name("host/b.test@OTHER"));
    assert_eq!(bed.found(), ["realm-not-checked 1,2"]);
}

#[test]
fn what_principals_may() {
    let bed = Bed::with_host();
    for (attribute, expected) in [
        (Attributes::DISALLOW_ALL_TIX, "tickets-disallowed"),
        (Attributes::DISALLOW_SVR, "service-disallowed"),
        (Attributes::DISALLOW_TGT_BASED, "tgt-disallowed"),
        (Attributes::LOCKDOWN_KEYS, "keys-locked"),
        (Attributes::REQUIRES_PWCHANGE, "password-expired"),
    ] {
        bed.allow(attribute);
        assert_eq!(bed.found(), [expected]);
    }
    bed.allow(0);
    let past = Some(Timestamp(NOW.0 - 1));
    let modify = |changes: Changes| bed.admin.modify_principal(&name("host/a.test"), &changes).unwrap();
    modify(Changes { pw_expiration: past, ..Changes::default() });
    assert_eq!(bed.found(), ["password-expired"]);
    modify(Changes { pw_expiration: Some(Timestamp::NEVER), expiration: past, ..Changes::default() });
    assert_eq!(bed.found(), ["principal-expired"]);

    let bed = Bed::new();
    bed.add("alice");
    bed.take("alice", &ExtractKeys::Existing);
    let changes = Changes { attributes: Some(Attributes(Attributes::DISALLOW_SVR)), ..Changes::default() };
    bed.admin.modify_principal(&name("alice"), &changes).unwrap();
    assert_eq!(bed.found(), ["client-only"]);
}

#[test]
fn eight_bits_of_a_version() {
    let bed = Bed::with_host();
    let changes = Changes { kvno: Some(258), ..Changes::default() };
    bed.admin.modify_principal(&name("host/a.test"), &changes).unwrap();
    assert_eq!(bed.found(), ["kvno-wrong 1,2"]);
    bed.spoil(|entry| entry.kvno = 2);
    assert_eq!(bed.found(), [""; 0], "2 is what 8 bits keep of 258");
    bed.spoil(|entry| entry.kvno = 258);
    assert_eq!(bed.found(), ["kvno-over-255 1", "kvno-over-255 2"]);
}

/// 0 stands for any version.
#[test]
fn entries_without_a_version() {
    let bed = Bed::with_host();
    bed.change("host/a.test", OldKeysRule::Discard);
    bed.spoil(|entry| entry.kvno = 0);
    assert_eq!(bed.found(), ["key-differs 1", "other-key-differs 2"]);
    std::fs::remove_file(bed.path()).unwrap();
    bed.take("host/a.test", &ExtractKeys::Existing);
    bed.spoil(|entry| entry.kvno = 0);
    assert_eq!(bed.found(), [""; 0]);
}

#[test]
fn names_that_would_reach_the_terminal() {
    let bed = Bed::with_host();
    bed.spoil(|entry| entry.principal = Principal::new("R", [&b"host\x1b[2J"[..], b"\xc2\x9b"]));
    let report = bed.report_with(None, true);
    assert_eq!(report.findings[0].code, Code::PRINCIPAL_MISSING);
    assert!(report.findings.iter().all(|finding| !finding.text.contains(char::is_control)));
}

#[test]
fn entries_alone() {
    let bed = Bed::with_host();
    bed.spoil(|entry| entry.timestamp = Timestamp(NOW.0 + 301));
    assert_eq!(bed.found(), ["timestamp-future 1", "timestamp-future 2"]);
    bed.spoil(|entry| entry.timestamp = Timestamp(NOW.0 + 300));
    assert_eq!(bed.found(), [""; 0]);
    let mut entries = bed.entries();
    entries.push(entries[0].duplicate());
    bed.put(&entries);
    assert_eq!(bed.found(), ["duplicate 3"]);
}

#[test]
fn the_file() {
    let bed = Bed::with_host();
    let keytab = bed.path();
    let whole = std::fs::read(&keytab).unwrap();
    std::fs::write(&keytab, &whole[..whole.len() - 1]).unwrap();
    let report = bed.report_with(None, true);
    let damage = &report.findings[0];
    assert_eq!((damage.code, damage.offset.is_some(), report.entries), (Code::DAMAGED, true, 1));
    std::fs::write(&keytab, b"\x05\x02").unwrap();
    assert_eq!(bed.found(), ["empty"]);
    std::fs::write(&keytab, b"PK").unwrap();
    assert_eq!(codes(&bed.report_with(None, true)), ["not-a-keytab"]);
    std::fs::remove_file(&keytab).unwrap();
    assert_eq!(codes(&bed.report_with(None, true)), ["unreadable"]);

    bed.take("host/a.test", &ExtractKeys::Existing);
    let writer = KeytabWriter::prepare(&keytab, 0).unwrap();
    writer.remove_if(|entry| entry.key.enctype == AES128).unwrap();
    assert_eq!(bed.found(), ["holes", "enctype-gap"]);
}

fn config(libdefaults: &str) -> Config {
    let user = User { uid: 0, euid: 0, name: |_| None };
    let env = Env::new(std::iter::empty::<(&str, &str)>(), user);
    let text = format!("[libdefaults]\n{libdefaults}\n");
    Config::new(Profile::parse("k.conf", text.as_bytes()).unwrap(), vec!["k.conf".into()], &env).unwrap()
}

/// What is found of names of hosts: `a.test`, which is this host, and `www.test` are names of one host.
fn named(bed: &Bed, libdefaults: &str, compared: bool, change: impl Fn(&mut Hosts<'_>)) -> Vec<String> {
    let config = config(libdefaults);
    let table =
        HostTable::new().host(IpAddr::from([10, 0, 0, 1]), "a.test", &["www.test", "a"]).own_name("a");
    let names = HostNames::new(&config, &table);
    let mut hosts = Hosts {
        names: &names,
        resolver: &table,
        client_realm: Some(b"R".to_vec()),
        host: None,
        aliases: Vec::new(),
        services: Vec::new(),
    };
    change(&mut hosts);
    let report = bed.report_with(Some(hosts), compared);
    let findings = report.findings.iter().filter(|finding| finding.code != Code::DATABASE_NOT_CHECKED);
    let of = |finding: &Finding| finding.principal.as_ref().map(Principal::to_string).unwrap_or_default();
    findings.map(|finding| format!("{} {}", finding.code, of(finding)).trim_end().to_owned()).collect()
}

#[test]
fn names_that_clients_ask_for() {
    let bed = Bed::with_host();
    let www = |hosts: &mut Hosts<'_>| hosts.aliases.push(b"www.test".to_vec());
    let plain = |_: &mut Hosts<'_>| {};
    for compared in [true, false] {
        assert_eq!(named(&bed, "", compared, plain), [""; 0]);
        assert_eq!(named(&bed, "", compared, www), [""; 0], "the resolver makes it a.test");
    }
    // Without look-ups the alias is a name of its own.
    let alone = "dns_canonicalize_hostname = false\nqualify_shortname = test";
    assert_eq!(named(&bed, alone, false, www), ["name-missing host/www.test@R"]);
    assert_eq!(named(&bed, alone, true, www), ["name-unknown host/www.test@R"]);
    bed.add("host/www.test");
    assert_eq!(named(&bed, alone, true, www), ["name-missing host/www.test@R"]);
    // With fallback, clients try the given name first, and it is there.
    let fallback = "dns_canonicalize_hostname = fallback";
    assert_eq!(named(&bed, fallback, true, www), ["name-missing host/www.test@R"]);
    assert_eq!(named(&bed, fallback, false, www), [""; 0], "whether the first is known is not");
    bed.take("host/www.test", &ExtractKeys::Existing);
    assert_eq!(named(&bed, alone, true, www), ["acceptor-refuses host/www.test@R"]);
    let ignoring =
        "dns_canonicalize_hostname = false\nqualify_shortname = test\nignore_acceptor_hostname = true";
    assert_eq!(named(&bed, ignoring, true, www), [""; 0]);
}

#[test]
fn other_hosts_and_services() {
    let bed = Bed::with_host();
    let service = |hosts: &mut Hosts<'_>| hosts.services.push(b"HTTP".to_vec());
    assert_eq!(named(&bed, "", true, service), ["name-unknown HTTP/a.test@R"]);
    assert_eq!(named(&bed, "", false, service), ["name-missing HTTP/a.test@R"]);
    let other = |hosts: &mut Hosts<'_>| hosts.host = Some(b"b.test".to_vec());
    assert_eq!(named(&bed, "", true, other), ["host-unknown", "name-unknown host/b.test@R"]);
    bed.add("nfs/b.test");
    bed.add("host/b.test");
    bed.put(&[]);
    bed.take("nfs/b.test", &ExtractKeys::Existing);
    bed.take("host/b.test", &ExtractKeys::Existing);
    assert_eq!(named(&bed, "", false, |_| {}), ["name-missing"], "one finding for a keytab of another host");
    assert_eq!(named(&bed, "", true, other), ["host-unknown"]);
    bed.put(&[]);
    bed.add("alice/admin");
    bed.take("alice/admin", &ExtractKeys::Existing);
    assert_eq!(named(&bed, "", true, |_| {}), ["host-not-checked"]);
}

#[test]
fn no_key_is_shown() {
    let bed = Bed::with_host();
    bed.spoil(|entry| entry.key = k5_types::KeyBlock::new(entry.key.enctype, vec![0xab; 32]));
    let report = bed.report_with(None, true);
    assert!(!report.findings.is_empty());
    let said = format!("{report:?}").to_lowercase();
    assert!(!said.contains("abab") && !said.contains("171, 171"), "{said}");
}
