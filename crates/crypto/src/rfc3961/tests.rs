//! Known answers for triple DES: RFC 3961 appendices A.3 and A.4; messages and derived keys as MIT's library
//! gives them.

use super::*;
use crate::testing::*;
use crate::{CipherState, decrypt, encrypt, make_random_key, random_to_key, string_to_key};
use k5_types::{EncType, KeyBlock};

#[test]
fn passwords() {
    let vectors: &[PasswordVector] = &[
        (
            EncType::DES3_CBC_SHA1,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            0,
            "850bb51358548cd05e86768c313e3bfef7511937dcf72c3e",
        ),
        (
            EncType::DES3_CBC_SHA1,
            b"potatoe",
            b"WHITEHOUSE.GOVdanny",
            0,
            "dfcd233dd0a43204ea6dc437fb15e061b02979c1f74f377a",
        ),
        (
            EncType::DES3_CBC_SHA1,
            b"penny",
            b"EXAMPLE.COMbuckaroo",
            0,
            "6d2fcdf2d6fbbc3ddcadb5da5710a23489b0d3b69d5d9d4a",
        ),
        (
            EncType::DES3_CBC_SHA1,
            b"\xc3\x9f",
            b"ATHENA.MIT.EDUJuri\xc5\xa1i\xc4\x87",
            0,
            "16d5a40e1ce3bacb61b9dce00470324c831973a7b952feb0",
        ),
        (
            EncType::DES3_CBC_SHA1,
            b"\xf0\x9d\x84\x9e",
            b"EXAMPLE.COMpianist",
            0,
            "85763726585dbc1cce6ec43e1f751f07f1c4cbb098f40b19",
        ),
    ];
    for (enctype, password, salt, _, expected) in vectors {
        let key = string_to_key(*enctype, password, salt, None).unwrap();
        assert_eq!(to_hex(key.contents.expose()), *expected);
        let raw = string_to_key(EncType::DES3_CBC_RAW, password, salt, Some(b"")).unwrap();
        assert_eq!(raw.contents, key.contents);
    }
    let params = string_to_key(EncType::DES3_CBC_SHA1, b"password", b"salt", Some(&[0, 0, 16, 0]));
    assert_eq!(params, Err(CryptoError::BadParameters));
    assert!(string_to_key(EncType::DES3_CBC_SHA1, b"", b"", None).is_ok());
}

#[test]
fn derived_keys() {
    let vectors: &[PrfVector] = &[
        // RFC 3961 appendix A.3.
        (
            EncType::DES3_CBC_SHA1,
            "dce06b1f64c857a11c3db57c51899b2cc1791008ce973b92",
            "0000000155",
            "925179d04591a79b5d3192c4a7e9c289b049c71f6ee604cd",
        ),
        (
            EncType::DES3_CBC_SHA1,
            "5e13d31c70ef765746578531cb51c15bf11ca82c97cee9f2",
            "00000001aa",
            "9e58e5a146d9942a101c469845d67a20e3c4259ed913f207",
        ),
        (
            EncType::DES3_CBC_SHA1,
            "d3f8298ccb166438dcb9b93ee5a7629286a491f838f802fb",
            "6b65726265726f73",
            "2370da575d2a3da864cebfdc5204d56df779a7df43d9da43",
        ),
        (
            EncType::DES3_CBC_SHA1,
            "850bb51358548cd05e86768c313e3bfef7511937dcf72c3e",
            "0000000299",
            "f78c496d16e6c2dae0e0b6c24057a84c0426aeef26fd6dce",
        ),
        (
            EncType::DES3_CBC_SHA1,
            "850bb51358548cd05e86768c313e3bfef7511937dcf72c3e",
            "00000002aa",
            "5b5723d0b634cb684c3eba5264e9a70d52e683231ad3c4ce",
        ),
        (
            EncType::DES3_CBC_SHA1,
            "850bb51358548cd05e86768c313e3bfef7511937dcf72c3e",
            "0000000255",
            "a77c94980e9b7345a81525c423a737ce67f4cd91b6b3da45",
        ),
    ];
    for (_, base, constant, expected) in vectors {
        let key = DES3_CBC_SHA1.0.derive_key(&hex(base), &hex(constant)).unwrap();
        assert_eq!(to_hex(key.expose()), *expected, "{constant}");
    }
}

#[test]
fn messages() {
    decrypts(&[
        (
            EncType::DES3_CBC_SHA1,
            0,
            "",
            "7a25df8992296dceda0e135bc4046e2375b3c14c98fbc162",
            "548af4d504f7d723303f12175fe8386b7b5335a967bad61f3bf0b143",
        ),
        (
            EncType::DES3_CBC_SHA1,
            1,
            "31",
            "bc0783891513d5ce57bc138fd3c11ae640452385322962b6",
            "9c3c1dba4747d85af2916e4745f2dce38046796e5104bccdfb669a91d44bc356660945c7",
        ),
        (
            EncType::DES3_CBC_SHA1,
            2,
            "392062797465737373",
            "2fd0f725ce04100d2fc8a18098831f850b45d9ef850bd920",
            "cf9144ebc8697981075a8bad8d74e5d7d591eb7d9770c7ada25ee8c5b3d69444dfec79a5b7a01482d9af74e6",
        ),
        (
            EncType::DES3_CBC_SHA1,
            3,
            "31332062797465732062797465",
            "0dd52094e0f41ceccb5be510a764b35176e3981332f1e598",
            "839a17081ecbafbcdc91b88c6955dd3c4514023cf177b77bf0d0177a16f705e849cb7781d76a316b193f8d30",
        ),
        (
            EncType::DES3_CBC_SHA1,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "f11686cbbc9e23ea54fecd2a3dcdfb20b6fe98bf2645c4c4",
            "89433e83fd0ea3666cffcd18d8deebc53b9a34edbeb159d9f667c6c2b9a964401d55e7e9c68d648d65c3aa84ffa3790c14a864da8073a9a95c4ba2bc",
        ),
    ]);
}

#[test]
fn checksum_values() {
    checksums(&[(
        EncType::DES3_CBC_SHA1,
        2,
        "73697820736576656e",
        "7a25df8992296dceda0e135bc4046e2375b3c14c98fbc162",
        "0eefc9c3e049aabc1ba5c401677d9ab699082bb4",
    )]);
}

#[test]
fn all_lengths_and_changes() {
    round_trips(EncType::DES3_CBC_SHA1);
    tampering_is_seen(EncType::DES3_CBC_SHA1);
    chains(EncType::DES3_CBC_SHA1);
}

#[test]
fn the_bare_cipher() {
    round_trips(EncType::DES3_CBC_RAW);
    chains_bare();
    let key = make_random_key(EncType::DES3_CBC_RAW, &mut Counting(9)).unwrap();
    // NIST SP 800-67's first block, by the cipher alone.
    let nist = KeyBlock::new(EncType::DES3_CBC_RAW, hex("0123456789abcdef23456789abcdef01456789abcdef0123"));
    let cipher = encrypt(&nist, 0, None, b"The qufc", &mut Counting(0)).unwrap();
    assert_eq!(to_hex(&cipher), "a826fd8ce53b855f");
    assert_eq!(decrypt(&key, 0, &[0; 7]).err(), Some(CryptoError::BadMessageSize));
    assert_eq!(decrypt(&key, 0, &[]).unwrap().expose().len(), 0);
    let none = CryptoError::UnsupportedEncType(EncType::DES3_CBC_RAW);
    assert_eq!(crate::checksum(&key, 0, b"data"), Err(none.clone()));
    assert_eq!(crate::prf(&key, b"data").err(), Some(none));
}

/// Without a checksum a chain shows only in the plaintext.
fn chains_bare() {
    let key = make_random_key(EncType::DES3_CBC_RAW, &mut Counting(9)).unwrap();
    let mut state = CipherState::initial(&key).unwrap();
    let first = encrypt(&key, 0, Some(&mut state), b"one bloc", &mut Counting(0)).unwrap();
    let second = encrypt(&key, 0, Some(&mut state), b"two bloc", &mut Counting(0)).unwrap();
    let both = [first, second].concat();
    assert_eq!(decrypt(&key, 0, &both).unwrap().expose(), b"one bloctwo bloc");
}

#[test]
fn seeds_of_a_wrong_length() {
    for length in [0, 20, 22, 24] {
        let expected =
            CryptoError::BadKeyLength { enctype: EncType::DES3_CBC_SHA1, expected: 21, found: length };
        assert_eq!(random_to_key(EncType::DES3_CBC_SHA1, &vec![0; length]), Err(expected));
    }
}
