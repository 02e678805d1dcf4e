//! `klist` on caches that no KDC would fill today: each field with what is odd in it, beside MIT's own `klist`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use compat::Beside;
use harness::{CacheBytes, CacheEntry, CacheName, Realm, Side, der_ticket, workspace};
use std::ffi::OsString;
use std::time::{SystemTime, UNIX_EPOCH};

fn alice() -> CacheName {
    CacheName::new("EXAMPLE.COM", &[b"alice"])
}

fn service(part: &str) -> CacheName {
    CacheName::new("EXAMPLE.COM", &[b"host", part.as_bytes()])
}

fn tgt(of: &str, at: &str) -> CacheName {
    CacheName::new(at, &[b"krbtgt", of.as_bytes()])
}

fn setting(parts: &[&[u8]], value: &[u8]) -> CacheEntry {
    let parts: Vec<&[u8]> =
        [&b"krb5_ccache_conf_data"[..]].into_iter().chain(parts.iter().copied()).collect();
    let mut entry = CacheEntry::new(&alice(), &CacheName::new("X-CACHECONF:", &parts));
    entry.ticket = value.to_vec();
    entry.times = [0; 4];
    entry
}

fn cache(version: u8, entries: Vec<CacheEntry>) -> CacheBytes {
    CacheBytes { version, header: Vec::new(), principal: alice(), entries }
}

fn klist(realm: &Realm, words: &[&str]) -> Beside {
    Beside::run(realm, "klist", words.iter().map(OsString::from))
}

/// Writes the cache in every version and compares all that `klist` can show of it. (MIT's looks behind the end of a cache
/// name of one letter, and may or may not find it: these have two.)
fn same(realm: &Realm, entries: Vec<CacheEntry>) {
    for version in 1..=4 {
        realm.write("cc", cache(version, entries.clone()).bytes());
        for words in [
            &["cc"][..],
            &["-C", "cc"],
            &["-efdCan", "cc"],
            &["-ed", "cc"],
            &["-f", "cc"],
            &["-l", "cc"],
            &["-A", "cc"],
        ] {
            klist(realm, words).same().code(0);
        }
        klist(realm, &["-s", "cc"]).same();
    }
}

#[test]
fn the_listing_of_a_newer_mit() {
    let realm = Realm::new(Side::Mit);
    let golden = |name: &str| std::fs::read(workspace().join("tests/golden/ccache").join(name)).unwrap();
    realm.write("bob.ccache", golden("bob.ccache"));
    let said = klist(&realm, &["-e", "-f", "-C", "-d", "bob.ccache"]).same().code(0).stdout;
    assert_eq!(said.as_bytes(), golden("bob.ccache.klist"));
}

#[test]
fn names() {
    let realm = Realm::new(Side::Mit);
    let odd: [&[u8]; 6] =
        [b"a/b@c\\d", b"\0\t\n\x08", b"\xff\xfe", "sm\u{f6}r".as_bytes(), b"", &[b'x'; 3000]];
    let mut entries = Vec::new();
    for part in odd {
        let name = CacheName::new(part, &[part, part]);
        entries.push(CacheEntry::new(&alice(), &name));
        entries.push(CacheEntry::new(&name, &service("a")));
    }
    entries.push(CacheEntry::new(&alice(), &CacheName::new("R", &[])));
    // The KDC has named another service than the one that was asked for.
    let mut referred = CacheEntry::new(&alice(), &service("asked"));
    referred.ticket = der_ticket(b"OTHER", &[b"host".to_vec(), b"\xffgot".to_vec()], 17, None);
    entries.push(referred);
    same(&realm, entries);
    for part in odd {
        let principal = CacheName::new(part, &[part]);
        let made = CacheBytes { principal, ..cache(4, vec![CacheEntry::new(&alice(), &service("a"))]) };
        realm.write("cc", made.bytes());
        klist(&realm, &["-f", "cc"]).same().code(0);
        klist(&realm, &["-l", "cc"]).same().code(0);
    }
}

#[test]
fn flags_and_keys() {
    let realm = Realm::new(Side::Mit);
    let mut entries: Vec<_> = (0..32)
        .map(|bit| CacheEntry {
            flags: 1 << bit,
            ..CacheEntry::new(&alice(), &service(&format!("bit{bit}")))
        })
        .collect();
    entries.push(CacheEntry { flags: u32::MAX, ..entries[0].clone() });
    entries.push(CacheEntry { flags: 0, ..entries[0].clone() });
    for enctype in (-3..32).chain([99, 511, 32767, -32768]) {
        let mut entry = CacheEntry::new(&alice(), &service(&format!("e{enctype}")));
        entry.enctype = enctype;
        entry.ticket = der_ticket(b"EXAMPLE.COM", &entry.server.parts, i32::from(enctype), Some(-1));
        entry.key = vec![1; 5];
        entries.push(entry);
    }
    let mut entry = CacheEntry::new(&alice(), &service("far"));
    entry.ticket = der_ticket(b"EXAMPLE.COM", &entry.server.parts, 70_000, None);
    entry.is_skey = 1;
    entry.second_ticket = b"second".to_vec();
    entries.push(entry);
    same(&realm, entries);
}

#[test]
fn tickets_that_are_none() {
    let realm = Realm::new(Side::Mit);
    let good = der_ticket(b"EXAMPLE.COM", &[b"host".to_vec(), b"a".to_vec()], 18, Some(1));
    let mut tickets = vec![Vec::new(), b"nonsense".to_vec(), [&good[..], b"more"].concat()];
    tickets.extend((0..good.len()).map(|len| good[..len].to_vec()));
    for at in 0..good.len() {
        for mask in [1, 0x20, 0x80] {
            let mut damaged = good.clone();
            damaged[at] ^= mask;
            tickets.push(damaged);
        }
    }
    let mut different = Vec::new();
    for ticket in tickets {
        let entry = CacheEntry { ticket: ticket.clone(), ..CacheEntry::new(&alice(), &service("a")) };
        realm.write("cc", cache(4, vec![entry]).bytes());
        let (mit, ours) = klist(&realm, &["-e", "cc"]).outputs();
        if (&mit.stdout, mit.exit) != (&ours.stdout, ours.exit) {
            different.push(format!("{ticket:02x?}\n{mit}\n{ours}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
}

#[test]
fn times() {
    let realm = Realm::new(Side::Mit);
    let mut entries = Vec::new();
    for time in [0, 1, 951_782_400, 0x7fff_ffff, 0x8000_0000, 4_294_967_294, u32::MAX] {
        for times in [[time, 0, 1, 0], [1, time, 1, 0], [1, 1, time, 0], [1, 1, 1, time]] {
            // This one is the mark of a removed entry.
            let times = if times[0] == u32::MAX { [u32::MAX, 0, 1, 5] } else { times };
            entries.push(CacheEntry { times, flags: 0, ..CacheEntry::new(&alice(), &service("t")) });
        }
    }
    realm.write("cc", cache(4, entries).bytes());
    for zone in
        ["UTC", "America/New_York", ":Asia/Kolkata", "XYZ5", "CET-1CEST,M3.5.0,M10.5.0/3", "", "Foo/Bar"]
    {
        for words in [&["cc"][..], &["-f", "cc"], &["-efdan", "cc"]] {
            klist(&realm, words).env("TZ", zone).same().code(0);
        }
    }
}

#[test]
fn entries_that_were_removed() {
    let realm = Realm::new(Side::Mit);
    let removed = CacheEntry { times: [u32::MAX, 5, 0, 9], ..CacheEntry::new(&alice(), &service("gone")) };
    let nearly = [[u32::MAX, 5, 1, 9], [u32::MAX - 1, 5, 0, 9], [1, 0, 0, 0]];
    let mut entries = vec![removed.clone()];
    entries.extend(nearly.map(|times| CacheEntry { times, ..CacheEntry::new(&alice(), &service("there")) }));
    entries.push(removed);
    same(&realm, entries);
    realm.write("cc", cache(4, Vec::new()).bytes());
    klist(&realm, &["cc"]).same().code(0);
    klist(&realm, &["-l", "cc"]).same().code(0);
    klist(&realm, &["-s", "cc"]).same().code(1);
}

#[test]
fn settings() {
    let realm = Realm::new(Side::Mit);
    let all: Vec<u8> = (0..=255).collect();
    let long = [b'v'; 300];
    let mut entries = vec![
        setting(&[b"fast_avail", b"krbtgt/EXAMPLE.COM@EXAMPLE.COM"], b"yes"),
        setting(&[b"plain"], b"value"),
        setting(&[b"empty"], b""),
        setting(&[b"all"], &all),
        setting(&[b"long"], &long),
        setting(&[], b"no name"),
        setting(&[b"a\0b", b"\xffodd", b"third"], b"x"),
        setting(&[&[b'n'; 100]], b"wide"),
        setting(&[b"spaces and more"], b"a b  c"),
        CacheEntry { times: [1, 2, 3, 4], flags: 0x4080_0000, ..setting(&[b"timed"], b"x") },
        CacheEntry { client: service("other"), ..setting(&[b"others"], &long) },
        CacheEntry { addresses: vec![(2, vec![1, 2, 3, 4])], ..setting(&[b"addressed"], b"x") },
    ];
    for len in 50..80 {
        entries.push(setting(&[b"edge"], &long[..len]));
    }
    // Nearly settings.
    entries
        .push(CacheEntry::new(&alice(), &CacheName::new("X-CACHECONF:", &[b"krb5_ccache_conf_dat", b"a"])));
    entries.push(CacheEntry::new(&alice(), &CacheName::new("X-CACHECONF:", &[])));
    entries
        .push(CacheEntry::new(&alice(), &CacheName::new("X-RMED-CONF:", &[b"krb5_ccache_conf_data", b"a"])));
    same(&realm, entries);
}

#[test]
fn addresses_and_authorization_data() {
    let realm = Realm::new(Side::Mit);
    let v6 = |segments: [u16; 8]| (24, segments.into_iter().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    let lists = vec![
        vec![(2, vec![127, 0, 0, 1])],
        vec![(2, vec![192, 0, 2, 1]), (2, vec![0, 0, 0, 0]), (2, vec![255, 255, 255, 255])],
        vec![
            (2, vec![1, 2, 3]),
            (2, Vec::new()),
            (24, vec![1; 15]),
            (3, vec![1]),
            (0, Vec::new()),
            (65535, vec![1]),
        ],
        vec![
            v6([0, 0, 0, 0, 0, 0, 0, 1]),
            v6([0; 8]),
            v6([0, 0, 0, 0, 0, 0, 0x102, 0x304]),
            v6([0, 0, 0, 0, 0, 0, 0, 0x304]),
            v6([0, 0, 0, 0, 0, 0xffff, 0x102, 0x304]),
            v6([0x2001, 0xdb8, 0, 0, 1, 0, 0, 2]),
            v6([0x2001, 0xdb8, 0, 1, 2, 3, 4, 0]),
            v6([0xfe80, 0, 0, 0, 0, 0, 0, 1]),
        ],
    ];
    let mut entries: Vec<_> = lists
        .into_iter()
        .map(|addresses| CacheEntry { addresses, ..CacheEntry::new(&alice(), &service("a")) })
        .collect();
    for authdata in
        [vec![(1, b"x".to_vec())], vec![(-1, Vec::new()), (32767, b"y".to_vec()), (-32768, Vec::new())]]
    {
        entries.push(CacheEntry { authdata, ..CacheEntry::new(&alice(), &service("b")) });
    }
    same(&realm, entries);
    // Names of hosts, as far as every machine knows them.
    let addresses = vec![(2, vec![127, 0, 0, 1]), (24, vec![0; 3]), (2, vec![127, 0, 0, 1])];
    let local = CacheEntry { addresses, ..CacheEntry::new(&alice(), &service("a")) };
    realm.write("cc", cache(4, vec![local]).bytes());
    let said = klist(&realm, &["-a", "cc"]).same().code(0).stdout;
    assert!(said.contains("Addresses: localhost"), "{said}");
}

fn now() -> u32 {
    u32::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

#[test]
fn whether_there_is_a_ticket_that_is_good() {
    let realm = Realm::new(Side::Mit);
    let ends = |server: CacheName, end: u32| CacheEntry {
        times: [1, 1, end, 0],
        ..CacheEntry::new(&alice(), &server)
    };
    let (past, future) = (now() - 10, now() + 10_000);
    let own = || tgt("EXAMPLE.COM", "EXAMPLE.COM");
    let table = [
        (vec![], 1),
        (vec![ends(own(), future)], 0),
        (vec![ends(own(), past)], 1),
        (vec![ends(own(), u32::MAX)], 0),
        (vec![ends(own(), 0x8000_0000)], 0),
        (vec![ends(own(), 0)], 1),
        (vec![ends(own(), past), ends(service("a"), future)], 1),
        (vec![ends(own(), past), ends(own(), future)], 0),
        (vec![ends(service("a"), future)], 0),
        (vec![ends(service("a"), past)], 1),
        (vec![ends(tgt("OTHER", "EXAMPLE.COM"), future)], 0),
        (vec![ends(tgt("OTHER", "EXAMPLE.COM"), past)], 1),
        (vec![ends(tgt("EXAMPLE.COM", "OTHER"), past), ends(service("a"), future)], 0),
        (vec![setting(&[b"a"], b"b")], 1),
        (vec![CacheEntry { times: [1, 1, future, 0], ..setting(&[b"a"], b"b") }], 1),
        (
            vec![
                ends(CacheName::new("EXAMPLE.COM", &[b"krbtgt", b"EXAMPLE.COM", b"x"]), past),
                ends(service("a"), future),
            ],
            0,
        ),
    ];
    for (entries, code) in table {
        realm.write("cc", cache(4, entries.clone()).bytes());
        for words in [&["-s", "cc"][..], &["-sA", "cc"], &["-s", "-e", "-f", "cc"]] {
            let said = klist(&realm, words).same().code(code);
            assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""), "{entries:?}");
        }
        // An expired cache is marked in the list.
        let said = klist(&realm, &["-l", "cc"]).same().code(0).stdout;
        assert_eq!(said.contains("(Expired)"), code == 1, "{said}");
    }
}

/// DIV-110: MIT takes a file that ends within an entry for one that ends before it, and elsewhere does not say where.
#[test]
fn damaged_caches() {
    let realm = Realm::new(Side::Mit);
    let entries =
        vec![CacheEntry::new(&alice(), &service("first")), CacheEntry::new(&alice(), &service("last"))];
    let bytes = cache(4, entries).bytes();
    realm.write("cc", &bytes[..bytes.len() - 3]);
    let (mit, ours) = klist(&realm, &["cc"]).differs("DIV-110");
    assert_eq!((mit.exit, ours.exit), (0, 1));
    assert_eq!(mit.stdout, ours.stdout, "what is whole is shown");
    assert!(ours.stdout.ends_with("  host/first@EXAMPLE.COM\n"), "{ours}");
    let at = bytes.len() - 4;
    let said = format!(
        "klist: Bad format in credentials cache 'cc' at offset {at}: the second ticket takes 4 bytes, but the file \
         ends after 1 while retrieving a ticket\n"
    );
    assert_eq!(ours.stderr, said);
    // Nobody can rely on it: MIT says that it is good.
    let (mit, ours) = klist(&realm, &["-s", "cc"]).differs("DIV-110");
    assert_eq!((mit.exit, ours.exit), (0, 1));
    // A length of more than there is.
    let mut long = bytes.clone();
    long[at..].copy_from_slice(&[0x7f, 0, 0, 0]);
    realm.write("cc", &long);
    let (mit, ours) = klist(&realm, &["cc"]).differs("DIV-110");
    assert_eq!(
        mit.stderr,
        "klist: Bad format in credentials cache (filename: cc) while retrieving a ticket\n"
    );
    assert!(
        ours.stderr.contains(&format!("at offset {}: the second ticket takes 2130706432 bytes", at + 4)),
        "{ours}"
    );
    assert_eq!((mit.exit, ours.exit), (1, 1));
    // In the head.
    for len in [0, 1, 3, 6, 12] {
        realm.write("cc", &bytes[..len]);
        let (mit, ours) = klist(&realm, &["cc"]).differs("DIV-110");
        assert_eq!((mit.exit, ours.exit, &mit.stdout), (1, 1, &ours.stdout));
        assert!(ours.stderr.starts_with("klist: Bad format in credentials cache 'cc' at offset "), "{ours}");
        klist(&realm, &["-s", "cc"]).same().code(1);
    }
    // Other bytes altogether.
    realm.write("cc", "nonsense");
    klist(&realm, &["cc"]).same().code(1);
}

/// A generator of numbers that look random (xorshift), so that a failure can be had again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

/// Whatever bytes a cache is changed in: where ours finds it whole, both show the same.
#[test]
fn random_changes() {
    let realm = Realm::new(Side::Mit);
    let mut full = CacheEntry::new(&alice(), &tgt("EXAMPLE.COM", "EXAMPLE.COM"));
    full.addresses = vec![(2, vec![127, 0, 0, 1])];
    full.authdata = vec![(1, b"x".to_vec())];
    let entries = vec![setting(&[b"a", b"b"], b"value"), full, CacheEntry::new(&service("b"), &service("a"))];
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut whole = 0;
    for round in 0..300 {
        let version = u8::try_from(1 + dice.below(4)).unwrap();
        let mut bytes = cache(version, entries.clone()).bytes();
        for _ in 0..=dice.below(2) {
            let at = dice.below(bytes.len());
            bytes[at] = u8::try_from(dice.below(256)).unwrap();
        }
        realm.write("cc", &bytes);
        let (mit, ours) = klist(&realm, &["-efdCan", "cc"]).outputs();
        assert!(ours.exit == 0 || ours.exit == 1, "round {round}: {ours}");
        assert_eq!(mit.stdout, ours.stdout, "round {round}, {bytes:02x?}");
        if ours.exit == 0 {
            whole += 1;
            assert_eq!((mit.stderr.as_str(), mit.exit), ("", 0), "round {round}");
        }
    }
    assert!(whole > 100, "most changes leave a cache readable: {whole}");
}
