use super::*;

const BOB: &[u8] = include_bytes!("../../../../tests/golden/ccache/bob.ccache");

fn head(bytes: &[u8]) -> Result<Principal> {
    Fields::new(bytes, Path::new("c"), bytes.len() as u64).head().map(|head| head.principal)
}

fn damage(bytes: &[u8]) -> (u64, Damage) {
    match head(bytes) {
        Err(CcacheError::Damaged { offset, damage, .. }) => (offset, damage),
        other => panic!("{other:?}"),
    }
}

fn with_header(header: &[u8]) -> Vec<u8> {
    let len = u16::try_from(header.len()).unwrap().to_be_bytes();
    [&[5, 4], &len[..], header, &principal(ByteOrder::Big, true)].concat()
}

/// `a/bc@R`.
fn principal(order: ByteOrder, typed: bool) -> Vec<u8> {
    let number = |n: u32| match order {
        ByteOrder::Big => n.to_be_bytes(),
        ByteOrder::Little => n.to_le_bytes(),
    };
    let mut bytes = Vec::new();
    if typed {
        bytes.extend(number(2));
    }
    bytes.extend(number(if typed { 2 } else { 3 }));
    for part in ["R", "a", "bc"] {
        bytes.extend(number(u32::try_from(part.len()).unwrap()));
        bytes.extend(part.bytes());
    }
    bytes
}

#[test]
fn what_mit_wrote() {
    let principal = head(BOB).unwrap();
    assert_eq!(principal, Principal::new("GOLDEN.TEST", ["bob"]));
    assert_eq!(principal.name_type(), NameType::PRINCIPAL);
}

#[test]
fn four_versions() {
    let expected = Principal::new("R", ["a", "bc"]);
    let (native, big) = (ByteOrder::NATIVE, ByteOrder::Big);
    for (version, body, name_type) in [
        (1, principal(native, false), NameType::UNKNOWN),
        (2, principal(native, true), NameType::SRV_INST),
        (3, principal(big, true), NameType::SRV_INST),
        (4, [vec![0, 0], principal(big, true)].concat(), NameType::SRV_INST),
    ] {
        let read = head(&[vec![5, version], body].concat()).unwrap();
        assert_eq!((&read, read.name_type()), (&expected, name_type), "version {version}");
    }
    for bad in [[5, 0], [5, 5], [4, 4], [0x40, 1]] {
        assert!(matches!(head(&bad), Err(CcacheError::BadVersion { .. })), "{bad:?}");
    }
}

#[test]
fn header_fields() {
    assert!(head(&with_header(&[0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2])).is_ok());
    assert!(head(&with_header(&[0, 9, 0, 1, 7, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2])).is_ok(), "unknown");
    assert_eq!(damage(&with_header(&[0, 1, 0])), (4, Damage::HeaderOverrun));
    assert_eq!(damage(&with_header(&[0, 9, 0, 2, 1])), (4, Damage::HeaderOverrun));
    assert_eq!(damage(&with_header(&[0, 1, 0, 2, 0, 0])), (4, Damage::ClockOffset(2)));
}

#[test]
fn numbers_that_cannot_be() {
    let bytes = [&[5, 3, 0, 0, 0, 1][..], &u32::MAX.to_be_bytes(), &[0; 8]].concat();
    assert_eq!(damage(&bytes), (18, Damage::PastEnd { field: "component", wanted: 4, left: 0 }));
    let bytes = [&[5, 1][..], &[0; 8]].concat();
    assert_eq!(damage(&bytes), (2, Damage::NoRealm));
    let bytes = [&[5, 3, 0, 0, 0, 1, 0, 0, 0, 1][..], &u32::MAX.to_be_bytes(), b"abcd"].concat();
    let wanted = u64::from(u32::MAX);
    assert_eq!(damage(&bytes), (14, Damage::PastEnd { field: "realm", wanted, left: 4 }));
}

#[test]
fn cut_at_each_byte() {
    let whole = 0x2e;
    assert!(head(&BOB[..whole]).is_ok(), "the default principal ends there");
    for len in 0..whole {
        let (offset, Damage::PastEnd { wanted, left, .. }) = damage(&BOB[..len]) else {
            panic!("cut after {len} bytes")
        };
        assert_eq!(offset + left, len as u64);
        assert!(wanted > left);
    }
}

#[test]
fn a_file_that_shrinks_in_spite_of_its_lock() {
    let error = Fields::new(&BOB[..40], Path::new("c"), BOB.len() as u64).head().unwrap_err();
    assert!(matches!(error, CcacheError::Io { doing: "reading", .. }), "{error}");
}
