//! Damaged caches: what is whole before the damage is read, the damage is told, nothing panics, and nothing that a
//! file says makes much room for itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{CacheBytes, CacheEntry, CacheName};
use k5_ccache::{CacheFile, CcacheError, Credential, Ticket, parse_credential, parse_principal};
use k5_types::Principal;
use peak_alloc::PeakAlloc;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

/// One test at a time, since the allocator counts for all.
static ALONE: Mutex<()> = Mutex::new(());

const GOLDEN: &[u8] = include_bytes!("../../../tests/golden/ccache/bob.ccache");

/// Caches with every field, one for each version, and one that MIT made.
fn samples() -> Vec<Vec<u8>> {
    let client = CacheName::new("EXAMPLE.COM", &[b"alice", b"admin"]);
    let tgt = CacheName::new("EXAMPLE.COM", &[b"krbtgt", b"EXAMPLE.COM"]);
    let mut full = CacheEntry::new(&client, &tgt);
    full.addresses = vec![(2, vec![127, 0, 0, 1]), (24, vec![1; 16])];
    full.authdata = vec![(1, b"one".to_vec()), (-5, Vec::new())];
    full.second_ticket = b"second".to_vec();
    let removed = CacheEntry { times: [u32::MAX, 0, 0, 0], ..CacheEntry::new(&client, &tgt) };
    let last = CacheEntry::new(&client, &CacheName::new("R", &[b"last", b""]));
    let made = (1..=4).map(|version| CacheBytes {
        version,
        header: vec![(1, vec![0, 0, 0, 9, 0, 0, 0, 7]), (77, b"odd".to_vec())],
        principal: client.clone(),
        entries: vec![full.clone(), removed.clone(), last.clone()],
    });
    made.map(|cache| cache.bytes()).chain([GOLDEN.to_vec()]).collect()
}

/// What was read before the first error, and that.
struct Read {
    principal: Option<Principal>,
    credentials: Vec<Credential>,
    error: Option<CcacheError>,
}

fn read(bytes: &[u8]) -> Read {
    let mut read = Read { principal: None, credentials: Vec::new(), error: None };
    let cache = match CacheFile::parse(bytes, Path::new("c")) {
        Ok(cache) => cache,
        Err(error) => {
            read.error = Some(error);
            return read;
        }
    };
    read.principal = Some(cache.principal().clone());
    for credential in cache {
        match credential {
            Ok(credential) => read.credentials.push(credential),
            Err(error) => {
                assert!(read.error.is_none(), "nothing comes after an error");
                read.error = Some(error);
            }
        }
    }
    read
}

fn same(a: &Credential, b: &Credential) -> bool {
    a.client == b.client
        && a.server == b.server
        && a.session_key == b.session_key
        && [a.auth_time, a.start_time, a.end_time, a.renew_till]
            == [b.auth_time, b.start_time, b.end_time, b.renew_till]
        && (a.is_skey, a.flags) == (b.is_skey, b.flags)
        && a.addresses == b.addresses
        && a.authdata == b.authdata
        && a.ticket == b.ticket
        && a.second_ticket == b.second_ticket
}

#[test]
fn every_version_is_read_whole() {
    let _alone = ALONE.lock();
    for (index, bytes) in samples().iter().take(4).enumerate() {
        let cache = CacheFile::parse(bytes, Path::new("c")).unwrap();
        assert_eq!(usize::from(cache.version().number()), index + 1);
        let offset = cache.clock_offset().map(|offset| (offset.seconds, offset.microseconds));
        assert_eq!(offset, (index == 3).then_some((9, 7)));
        let read = read(bytes);
        assert!(read.error.is_none(), "{:?}", read.error);
        assert_eq!(read.principal.unwrap(), Principal::new("EXAMPLE.COM", ["alice", "admin"]));
        let [full, last] = read.credentials.as_slice() else {
            panic!("{} credentials", read.credentials.len())
        };
        assert_eq!(full.server, Principal::new("EXAMPLE.COM", ["krbtgt", "EXAMPLE.COM"]));
        assert!(full.is_local_tgt(b"EXAMPLE.COM") && !last.is_local_tgt(b"R"));
        assert_eq!(full.session_key.contents.expose(), &[0x5a; 32]);
        assert_eq!(full.addresses[1].contents, [1; 16]);
        assert_eq!(full.authdata[1].kind, -5);
        assert_eq!(full.second_ticket.expose(), b"second");
        assert_eq!(last.server, Principal::new("R", ["last", ""]));
        assert_eq!(Ticket::decode(last.ticket.expose()).unwrap().server, last.server);
    }
}

#[test]
fn cut_off_anywhere() {
    let _alone = ALONE.lock();
    for bytes in samples() {
        let whole = read(&bytes);
        let mut clean = 0;
        for len in 0..bytes.len() {
            let cut = read(&bytes[..len]);
            let before = whole.credentials.iter().zip(&cut.credentials).filter(|(a, b)| same(a, b)).count();
            assert_eq!(before, cut.credentials.len(), "cut after {len} bytes");
            match cut.error {
                // Between two entries nobody can tell.
                None => clean += 1,
                Some(CcacheError::Damaged { offset, .. }) => assert!(offset <= len as u64),
                Some(other) => panic!("{other}"),
            }
        }
        let removed = if bytes == GOLDEN { 0 } else { 1 };
        assert_eq!(clean, whole.credentials.len() + removed, "an entry's end for each entry but the last");
    }
}

/// Reads the bytes in every way that there is. Whatever they are, no more room is made than a small multiple of their
/// number: an entry of a list takes four bytes at least, and some forty in memory, twice where a list grows.
fn survives(bytes: &[u8], what: &dyn Fn() -> String) {
    PEAK.reset_peak_usage();
    let before = PEAK.current_usage();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let read = read(bytes);
        for credential in &read.credentials {
            let _ = Ticket::decode(credential.ticket.expose());
        }
        let _ = read.error.map(|error| (error.to_string(), error.shown(), error.mit_code()));
        let _ = parse_principal(bytes, Path::new("c"));
        let _ = parse_credential(bytes, Path::new("c"));
        let _ = Ticket::decode(bytes);
    }));
    assert!(result.is_ok(), "{}", what());
    let peak = PEAK.peak_usage().saturating_sub(before);
    assert!(peak < 64 * bytes.len() + 65_536, "{peak} bytes for {}: {}", bytes.len(), what());
}

#[test]
fn each_byte_flipped() {
    let _alone = ALONE.lock();
    for bytes in samples() {
        for at in 0..bytes.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= mask;
                survives(&damaged, &|| format!("byte {at} changed by {mask:#x}"));
            }
        }
    }
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

#[test]
fn a_hundred_thousand_mutations() {
    let _alone = ALONE.lock();
    let samples = samples();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for round in 0..100_000 {
        let mut bytes = samples[dice.below(samples.len())].clone();
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len());
            match dice.below(5) {
                0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, u8::try_from(dice.below(256)).unwrap()),
                // Lengths and counts out of all proportion.
                3 => bytes.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xff),
                _ => {
                    let end = (at + dice.below(64)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.extend(piece);
                }
            }
        }
        survives(&bytes, &|| format!("round {round}"));
    }
}

#[test]
fn lists_that_cannot_be() {
    let _alone = ALONE.lock();
    let client = CacheName::new("R", &[b"a"]);
    let entry = CacheEntry { ticket: Vec::new(), ..CacheEntry::new(&client, &client) };
    let cache =
        CacheBytes { version: 3, header: Vec::new(), principal: client, entries: vec![entry] }.bytes();
    // The two empty lists and the two empty tickets are the last sixteen bytes.
    for back in [16, 12, 8, 4] {
        let mut bytes = cache.clone();
        let at = bytes.len() - back;
        bytes[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        survives(&bytes, &|| format!("{back} from the end"));
        let error = read(&bytes).error.unwrap();
        assert!(matches!(error, CcacheError::Damaged { .. }), "{error}");
    }
}
