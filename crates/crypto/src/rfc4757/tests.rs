//! Known answers for RC4: the NT hashes that everyone knows; messages and checksums as MIT's library gives them.

use crate::testing::*;
use crate::{CryptoError, checksum, decrypt, encrypt, string_to_key, verify_checksum};
use k5_types::EncType;

const BOTH: [EncType; 2] = [EncType::ARCFOUR_HMAC, EncType::ARCFOUR_HMAC_EXP];

#[test]
fn passwords() {
    let vectors: [(&[u8], &str); 3] = [
        (b"", "31d6cfe0d16ae931b73c59d7e0c089c0"),
        (b"password", "8846f7eaee8fb117ad06bdd830b7586c"),
        // RFC 4757 section 2.
        (b"foo", "ac8e657f83df82beea5d43bdaf7800cc"),
    ];
    for enctype in BOTH {
        for (password, expected) in vectors {
            let key = string_to_key(enctype, password, b"any salt", None).unwrap();
            assert_eq!(to_hex(key.contents.expose()), expected);
        }
        assert_eq!(string_to_key(enctype, b"\xff", b"", None), Err(CryptoError::PasswordNotUtf8));
        assert_eq!(string_to_key(enctype, b"x", b"", Some(&[])), Err(CryptoError::BadParameters));
    }
}

#[test]
fn messages() {
    decrypts(&[
        (
            EncType::ARCFOUR_HMAC,
            0,
            "",
            "f81fec39255f5784e850c4377c88bd85",
            "02c1eb15586144122ec717763dd348bf00434ddc6585954c",
        ),
        (
            EncType::ARCFOUR_HMAC,
            1,
            "31",
            "67d1300d281223867f9647ff48721273",
            "6156e0cc04e0a0874f9fda008f498a7adbbc80b70b14dddbc0",
        ),
        (
            EncType::ARCFOUR_HMAC,
            2,
            "392062797465737373",
            "3e40ab6093695281b3ac1a9304224d98",
            "0f9ad121d99d4a09448e4f1f718c4f5cbe6096262c66f29df232a87c9f98755d55",
        ),
        (
            EncType::ARCFOUR_HMAC,
            3,
            "31332062797465732062797465",
            "4ba2fbf0379faed87a254d3b353d5a7e",
            "612c57568b17a70352bae8cf26fb9459a6f3353cd35fd439db3107cbec765d326dfc04c1dd",
        ),
        (
            EncType::ARCFOUR_HMAC,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "68f263db3fce15d031c9eab02d67107a",
            "95f9047c3ad75891c2e9b04b16566dc8b6eb9ce4231afb2542ef87a7b5a0f260a99f0460508de0cecc632d07c354124e46c5d2234eb8",
        ),
        (
            EncType::ARCFOUR_HMAC_EXP,
            0,
            "",
            "f7d3a155af5e238a0b7a871a96ba2ab2",
            "2827f0e90f62e7460c4e2fb39f9657ba8bfaa991d7fdadff",
        ),
        (
            EncType::ARCFOUR_HMAC_EXP,
            1,
            "31",
            "deeaa0607db799e2fdd6db2986bb8d65",
            "3dda392e2e275a4d75183fa6328a0a4e6b752df6cd2a25fa4e",
        ),
        (
            EncType::ARCFOUR_HMAC_EXP,
            2,
            "392062797465737373",
            "33ad7fc2678615569b2b09836e0a3ab6",
            "09d136ac485d92644ec6701d6a0d03e8982d7a3ca7efd0f8f4f83660ef4277bb81",
        ),
        (
            EncType::ARCFOUR_HMAC_EXP,
            3,
            "31332062797465732062797465",
            "39f25cd4f0d41b2b2d9d300fcb2981cb",
            "912388d7c07612819e3b640ff5cecdaf72e5a59df10f1091a6bec39caad748af9bd2d8d546",
        ),
        (
            EncType::ARCFOUR_HMAC_EXP,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "9f725542d9f72aa1f386cbe7896984fc",
            "78b35a08b08be265aeb4145f076513b6b56efed3f7526574af74f7d2f9bae96eabb76f2d87386d2e93e3a77b99919f1d976490e2bd45",
        ),
    ]);
}

#[test]
fn checksum_values() {
    checksums(&[(
        EncType::ARCFOUR_HMAC,
        6,
        "736576656e7465656e20656967687465656e206e696e657465656e207477656e7479",
        "f7d3a155af5e238a0b7a871a96ba2ab2",
        "eb38cc97e2230f59da4117dc5859d7ec",
    )]);
}

/// Usages that Microsoft numbers otherwise: 3 is its 8, 23 its 13, and 9 is read as 8 too.
#[test]
fn usages_of_another_number() {
    let key = string_to_key(EncType::ARCFOUR_HMAC, b"password", b"", None).unwrap();
    for (written, read) in [(3, 8), (8, 3), (23, 13), (13, 23), (8, 9), (9, 9)] {
        let cipher = encrypt(&key, written, None, b"data", &mut Counting(0)).unwrap();
        assert_eq!(decrypt(&key, read, &cipher).unwrap().expose(), b"data", "{written}, {read}");
    }
    let cipher = encrypt(&key, 9, None, b"data", &mut Counting(0)).unwrap();
    assert_eq!(decrypt(&key, 8, &cipher).err(), Some(CryptoError::IntegrityCheckFailed));
    let sum = checksum(&key, 23, b"data").unwrap();
    assert_eq!(verify_checksum(&key, 13, b"data", &sum), Ok(()));
}

#[test]
fn all_lengths_and_changes() {
    for enctype in BOTH {
        round_trips(enctype);
        tampering_is_seen(enctype);
    }
}
