use super::testing::Fake;
use super::*;

const ALICE: &[u8] = b"\0\0\0\x01\0\0\0\x01\0\0\0\x01R\0\0\0\x05alice";

/// A collection with two caches, the second of which is the primary one, and the principal's key of that.
fn collected(anchor: Anchor) -> (Fake, KeySerial) {
    let mut fake = Fake::default();
    let ring = fake.anchored(anchor, "_krb_col");
    fake.add(ring, "keyring", "one", b"");
    let two = fake.add(ring, "keyring", "two", b"");
    fake.add(ring, "user", "krb_ccache:primary", b"\0\0\0\x01\0\0\0\x03two");
    fake.add(two, "user", "__krb5_princ__", ALICE);
    (fake, two)
}

fn at(fake: &Fake, name: &str) -> Result<KeyringCache> {
    resolve(OsStr::new(name), fake, 7)
}

fn shown(cache: &KeyringCache) -> String {
    String::from_utf8(cache.residual.clone()).unwrap()
}

#[test]
fn the_primary_cache_of_a_collection() {
    for (anchor, name) in [
        (Anchor::Session, "session"),
        (Anchor::Session, "legacy"),
        (Anchor::User, "user"),
        (Anchor::Process, "process"),
        (Anchor::Thread, "thread"),
    ] {
        let (fake, two) = collected(anchor);
        let cache = at(&fake, &format!("{name}:col")).unwrap();
        assert_eq!((shown(&cache), cache.ring), (format!("{name}:col:two"), Some(two)));
        let reader = cache.open(&fake).unwrap();
        assert_eq!(reader.principal, Principal::new("R", ["alice"]));
        assert_eq!(reader.credentials().unwrap().count(), 0);
        let one = at(&fake, &format!("{name}:col:one")).unwrap();
        assert!(matches!(one.open(&fake), Err(CcacheError::NotFound { .. })), "it has no principal");
        let all = collection(OsStr::new(&format!("{name}:col")), &fake, 7).unwrap();
        let names: Vec<_> = all.iter().map(shown).collect();
        assert_eq!(names, [format!("{name}:col:two"), format!("{name}:col:one")]);
        let single = collection(OsStr::new(&format!("{name}:col:one")), &fake, 7).unwrap();
        assert_eq!(single.iter().map(shown).collect::<Vec<_>>(), [format!("{name}:col:one")]);
    }
}

#[test]
fn what_is_not_there() {
    let fake = Fake::default();
    for (name, meant) in [
        ("x", "legacy:x:x"),
        ("session:", "session::tkt"),
        ("user:a:b", "user:a:b"),
        ("process:p", "process:p:p"),
    ] {
        let cache = at(&fake, name).unwrap();
        assert_eq!((shown(&cache), cache.ring), (meant.to_owned(), None));
        assert!(collection(OsStr::new(name), &fake, 7).unwrap().is_empty());
    }
    assert!(matches!(at(&fake, "nobody:x"), Err(CcacheError::KeyringAnchor { .. })));
    assert!(matches!(at(&fake, "persistent:12x"), Err(CcacheError::KeyringUid { .. })));
    assert!(matches!(at(&fake, "persistent:8"), Err(CcacheError::KeyringUid { .. })), "another user's");
}

#[test]
fn persistent_collections() {
    let mut fake = Fake::default();
    let mine = fake.persist(7);
    let ring = fake.add(mine, "keyring", "_krb", b"");
    let tkt = fake.add(ring, "keyring", "tkt", b"");
    let cache = at(&fake, "persistent:").unwrap();
    assert_eq!((shown(&cache), cache.ring), ("persistent::tkt".to_owned(), Some(tkt)));
    assert_eq!(shown(&at(&fake, "persistent:7").unwrap()), "persistent:7:7");
    // A kernel without persistent keyrings: the user's own takes their place.
    let mut fake = Fake::default();
    let ring = fake.anchored(Anchor::User, "_krb");
    let tkt = fake.add(ring, "keyring", "tkt", b"");
    assert_eq!(at(&fake, "persistent:").unwrap().ring, Some(tkt));
}

#[test]
fn caches_of_old_programs() {
    let mut fake = Fake::default();
    let old = fake.anchored(Anchor::Session, "tkt");
    fake.add(old, "user", "__krb5_princ__", ALICE);
    let cache = at(&fake, "tkt").unwrap();
    assert_eq!(cache.ring, Some(old));
    assert!(cache.open(&fake).is_ok());
    assert_eq!(at(&fake, "session:tkt").unwrap().ring, None, "only without an anchor");
}

#[test]
fn keys_that_cannot_be_read() {
    let (mut fake, two) = collected(Anchor::Session);
    let offsets = fake.add(two, "user", "__krb5_time_offsets__", &[0, 0, 0, 5, 0, 0, 0, 6]);
    let bad = fake.add(two, "user", "garbage", b"x");
    for gone in [EACCES, ENOKEY, EKEYEXPIRED, EKEYREVOKED] {
        let key = fake.add(two, "user", "gone", b"");
        fake.fail(key, gone);
    }
    let reader = at(&fake, "session:col").unwrap().open(&fake).unwrap();
    assert_eq!(reader.clock_offset, Some(ClockOffset { seconds: 5, microseconds: 6 }));
    let read: Vec<_> = reader.credentials().unwrap().collect();
    assert_eq!(read.len(), 1, "{read:?}");
    assert!(matches!(read[0], Err(CcacheError::Damaged { .. })));
    fake.fail(bad, 5);
    let reader = at(&fake, "session:col").unwrap().open(&fake).unwrap();
    assert!(matches!(reader.credentials().unwrap().next(), Some(Err(CcacheError::Io { .. }))));
    fake.fail(offsets, 5);
    assert_eq!(at(&fake, "session:col").unwrap().open(&fake).unwrap().clock_offset, None);
}

#[test]
fn a_key_that_names_no_primary_cache() {
    let of = |payload: &[u8]| {
        let mut fake = Fake::default();
        let ring = fake.anchored(Anchor::Session, "_krb_col");
        fake.add(ring, "user", "krb_ccache:primary", payload);
        at(&fake, "session:col").map(|cache| shown(&cache))
    };
    assert_eq!(of(b"\0\0\0\x01\0\0\0\x03twomore").unwrap(), "session:col:two");
    assert!(matches!(of(b"\0\0\0\x02\0\0\0\x03two"), Err(CcacheError::KeyringVersion { version: 2, .. })));
    for bad in [&b""[..], b"\0\0\0\x01", b"\0\0\0\x01\0\0\0\x04two", b"\0\0\0\x01\xff\xff\xff\xfftwo"] {
        assert!(matches!(of(bad), Err(CcacheError::Keyring { .. })), "{bad:?}");
    }
}
