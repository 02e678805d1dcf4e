//! Questions that every type must answer alike, and the functions over them.

use crate::testing::*;
use crate::*;
use k5_types::{EncType, KeyBlock};

#[test]
fn every_type_that_mit_can_use_is_there() {
    for enctype in EncType::all_valid() {
        let key = make_random_key(enctype, &mut Counting(3)).unwrap();
        assert_eq!(Some(key.contents.expose().len()), key_length(enctype));
        let from_password = string_to_key(enctype, b"password", b"EXAMPLE.COMuser", None).unwrap();
        assert_eq!(Some(from_password.contents.expose().len()), key_length(enctype));
        assert_ne!(key, from_password);
        let seed = vec![1; key_seed_length(enctype).unwrap()];
        assert!(random_to_key(enctype, &seed).is_ok());
    }
}

#[test]
fn unknown_types() {
    for enctype in [EncType(0), EncType(99), EncType(-1), EncType::DES_HMAC_SHA1, EncType::DES_CBC_RAW] {
        let none = CryptoError::UnsupportedEncType(enctype);
        let key = KeyBlock::new(enctype, vec![0; 8]);
        assert_eq!(key_length(enctype), None);
        assert_eq!(key_seed_length(enctype), None);
        assert_eq!(checksum_length(enctype), None);
        assert_eq!(prf_length(enctype), None);
        assert_eq!(encrypted_length(enctype, 1), None);
        assert_eq!(string_to_key(enctype, b"", b"", None), Err(none.clone()));
        assert_eq!(random_to_key(enctype, b""), Err(none.clone()));
        assert_eq!(make_random_key(enctype, &mut Counting(0)), Err(none.clone()));
        assert_eq!(encrypt(&key, 0, None, b"", &mut Counting(0)), Err(none.clone()));
        assert_eq!(decrypt(&key, 0, b"").err(), Some(none.clone()));
        assert_eq!(checksum(&key, 0, b""), Err(none.clone()));
        assert_eq!(prf(&key, b"").err(), Some(none.clone()));
        assert_eq!(derive_prf_plus(&key, b"", EncType::ARCFOUR_HMAC), Err(none));
    }
}

#[test]
fn keys_of_a_wrong_length() {
    for enctype in EncType::all_valid() {
        let expected = key_length(enctype).unwrap();
        for found in (0..expected).chain([expected + 1]) {
            let key = KeyBlock::new(enctype, vec![0; found]);
            let error = CryptoError::BadKeyLength { enctype, expected, found };
            assert_eq!(encrypt(&key, 0, None, b"", &mut Counting(0)), Err(error.clone()));
            assert_eq!(decrypt(&key, 0, &[0; 100]).err(), Some(error));
        }
    }
}

#[test]
fn bad_ciphertexts_of_all_lengths() {
    let read = [EncType::DES_CBC_CRC, EncType::DES_CBC_MD4, EncType::DES_CBC_MD5];
    for enctype in EncType::all_valid().chain(read) {
        let key = random_to_key(enctype, &vec![0x31; key_seed_length(enctype).unwrap()]).unwrap();
        let smallest = encrypted_length(enctype, 0).unwrap();
        for length in 0..130 {
            let error = decrypt(&key, 0, &vec![0x5a; length]).err();
            if length < smallest {
                assert_eq!(error, Some(CryptoError::BadMessageSize), "{enctype}, {length}");
            }
            assert!(error.is_some() || enctype == EncType::DES3_CBC_RAW, "{enctype}, {length}");
        }
        assert_eq!(encrypted_length(enctype, usize::MAX), None);
    }
}

#[test]
fn a_state_of_another_type() {
    let des = string_to_key(EncType::DES3_CBC_SHA1, b"", b"", None).unwrap();
    for enctype in EncType::all_valid() {
        let key = string_to_key(enctype, b"", b"", None).unwrap();
        let cipher = encrypt(&key, 0, None, b"data", &mut Counting(0)).unwrap();
        let mut state = CipherState::initial(&des).unwrap();
        let fits = matches!(enctype, EncType::DES3_CBC_SHA1 | EncType::DES3_CBC_RAW);
        let expected = (!fits).then_some(CryptoError::Internal);
        assert_eq!(encrypt(&key, 0, Some(&mut state), b"", &mut Counting(0)).err(), expected);
        let mut state = CipherState::initial(&des).unwrap();
        assert_eq!(decrypt_with_state(&key, 0, &mut state, &cipher).err(), expected);
    }
}

#[test]
fn randomness_that_fails() {
    struct Empty;
    impl Random for Empty {
        fn fill(&mut self, _: &mut [u8]) -> Result<()> {
            Err(CryptoError::Random("empty".into()))
        }
    }
    let failed = CryptoError::Random("empty".into());
    assert_eq!(make_random_key(EncType::ARCFOUR_HMAC, &mut Empty), Err(failed.clone()));
    let key = make_random_key(EncType::ARCFOUR_HMAC, &mut SystemRandom).unwrap();
    assert_eq!(encrypt(&key, 0, None, b"", &mut Empty), Err(failed));
}

/// RFC 6113 appendix A; the values for the types of RFC 8009 are MIT's.
#[test]
fn combined_keys() {
    let vectors = [
        (EncType::AES128_CTS_HMAC_SHA1_96, "97df97e4b798b29eb31ed7280287a92a"),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            "4d6ca4e629785c1f01baf55e2e548566b9617ae3a96868c337cb93b5e72b1c7b",
        ),
        (EncType::DES3_CBC_SHA1, "e58f9eb643862c13ad38e529313462a7f73e62834fe54a01"),
        (EncType::ARCFOUR_HMAC, "24d7f6b6bae4e5c00d2082c5ebab3672"),
        (EncType::AES128_CTS_HMAC_SHA256_128, "edd02a39d2dbde31611c16e610be062c"),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            "67f6ea530aea85a37dcbb23349ea52dcc61ca8493ff557252327fd8304341584",
        ),
    ];
    for (enctype, expected) in vectors {
        let first = string_to_key(enctype, b"key1", b"key1", None).unwrap();
        let second = string_to_key(enctype, b"key2", b"key2", None).unwrap();
        let combined = combine_keys(&first, b"a", &second, b"b").unwrap();
        assert_eq!(to_hex(combined.contents.expose()), expected, "{enctype}");
        assert_eq!(combined.enctype, enctype);
    }
}

#[test]
fn prf_plus_has_an_end() {
    let key = string_to_key(EncType::ARCFOUR_HMAC, b"key", b"", None).unwrap();
    let step = prf_length(key.enctype).unwrap();
    assert_eq!(prf_plus(&key, b"input", 255 * step).unwrap().expose().len(), 255 * step);
    assert_eq!(prf_plus(&key, b"input", 255 * step + 1).err(), Some(CryptoError::Internal));
    assert_eq!(prf_plus(&key, b"input", 0).unwrap().expose().len(), 0);
    let short = prf_plus(&key, b"input", 30).unwrap();
    assert_eq!(short.expose()[..step], prf(&key, b"\x01input").unwrap().expose()[..]);
    assert_eq!(short.expose()[step..], prf(&key, b"\x02input").unwrap().expose()[..30 - step]);
}

#[test]
fn texts_are_those_of_mit() {
    let text = |error: CryptoError| error.to_string();
    assert_eq!(text(CryptoError::IntegrityCheckFailed), "Decrypt integrity check failed");
    assert_eq!(text(CryptoError::BadMessageSize), "Message size is incompatible with encryption type");
    assert_eq!(text(CryptoError::UnsupportedEncType(EncType(99))), "Bad encryption type");
}

/// A key made ready says message for message what the key itself says, as often as it is asked.
#[test]
fn a_key_made_ready_for_a_usage() {
    for enctype in EncType::all_valid() {
        let key = make_random_key(enctype, &mut SystemRandom).unwrap();
        let ready = UsageKey::new(&key, 7).unwrap();
        for plain in [&b""[..], b"data", &[7; 100]] {
            let cipher = ready.encrypt(plain, &mut Counting(1)).unwrap();
            assert_eq!(cipher, encrypt(&key, 7, None, plain, &mut Counting(1)).unwrap(), "{enctype}");
            let back = ready.decrypt(&cipher).unwrap();
            assert_eq!(back, decrypt(&key, 7, &cipher).unwrap());
            assert_eq!(&back.expose()[..plain.len()], plain);
            let other = UsageKey::new(&key, 8).unwrap().decrypt(&cipher).err();
            let protected = enctype != EncType::DES3_CBC_RAW;
            assert_eq!(other, protected.then_some(CryptoError::IntegrityCheckFailed), "{enctype}");
        }
    }
    let single = KeyBlock::new(EncType::DES_CBC_CRC, vec![1; 8]);
    let none = CryptoError::UnsupportedEncType(EncType::DES_CBC_CRC);
    let ready = UsageKey::new(&single, 0).unwrap();
    assert_eq!(ready.encrypt(b"", &mut Counting(0)).err(), Some(none));
    assert!(!format!("{ready:?}").contains("01, 01"));
}
