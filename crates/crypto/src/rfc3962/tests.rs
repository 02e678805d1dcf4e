//! Known answers: RFC 3962 appendix B; messages, derived keys and PRF values as MIT's library gives them.

use super::*;
use crate::mode::{cts_decrypt, cts_encrypt};
use crate::testing::*;
use crate::{CryptoError, string_to_key as public_string_to_key};
use k5_types::EncType;

const BOTH: [EncType; 2] = [EncType::AES128_CTS_HMAC_SHA1_96, EncType::AES256_CTS_HMAC_SHA1_96];

fn cipher(enctype: EncType) -> &'static dyn Cipher {
    if enctype == EncType::AES128_CTS_HMAC_SHA1_96 { AES128.0.cipher } else { AES256.0.cipher }
}

#[test]
fn passwords() {
    let vectors: &[PasswordVector] = &[
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            1,
            "42263c6e89f4fc28b8df68ee09799f15",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            1,
            "fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            2,
            "c651bf29e2300ac27fa469d693bdda13",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            2,
            "a2e16d16b36069c135d5e9d2e25f896102685618b95914b467c67622225824ff",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            1200,
            "4c01cd46d632d01e6dbe230a01ed642a",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            1200,
            "55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            b"password",
            b"\x124VxxV4\x12",
            5,
            "e9b23d52273747dd5c35cb55be619d8e",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            b"password",
            b"\x124VxxV4\x12",
            5,
            "97a4e786be20d81a382d5ebc96d5909cabcdadc87ca48f574504159f16c36e31",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            &[b'X'; 64],
            b"pass phrase equals block size",
            1200,
            "59d1bb789a828b1aa54ef9c2883f69ed",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            &[b'X'; 64],
            b"pass phrase equals block size",
            1200,
            "89adee3608db8bc71f1bfbfe459486b05618b70cbae22092534e56c553ba4b34",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            &[b'X'; 65],
            b"pass phrase exceeds block size",
            1200,
            "cb8005dc5f90179a7f02104c0018751d",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            &[b'X'; 65],
            b"pass phrase exceeds block size",
            1200,
            "d78c5c9cb872a8c9dad4697f0bb5b2d21496c82beb2caeda2112fceea057401b",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            b"\xf0\x9d\x84\x9e",
            b"EXAMPLE.COMpianist",
            50,
            "f149c1f2e154a73452d43e7fe62a56e5",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            b"\xf0\x9d\x84\x9e",
            b"EXAMPLE.COMpianist",
            50,
            "4b6d9839f84406df1f09cc166db4b83c571848b784a3d6bdc346589a3e393f9e",
        ),
    ];
    for (enctype, password, salt, count, expected) in vectors {
        let key = stretch(cipher(*enctype), password, salt, *count).unwrap();
        assert_eq!(to_hex(key.expose()), *expected, "{enctype}, {count} iterations");
    }
}

#[test]
fn iteration_counts() {
    let with = |params: Option<&[u8]>| {
        public_string_to_key(EncType::AES256_CTS_HMAC_SHA1_96, b"password", b"salt", params)
    };
    assert_eq!(with(None), with(Some(&[0, 0, 0x10, 0])));
    assert_ne!(with(None), with(Some(&[0, 0, 0x10, 1])));
    for refused in [&[][..], &[0, 0, 0x10], &[0, 0, 0x0f, 0xff], &[0; 4], &[1, 0, 0, 0], &[0; 5]] {
        assert_eq!(with(Some(refused)), Err(CryptoError::BadParameters), "{refused:?}");
    }
}

#[test]
fn derived_keys() {
    let vectors: &[PrfVector] = &[
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            "42263c6e89f4fc28b8df68ee09799f15",
            "0000000299",
            "34280a382bc92769b2da2f9ef066854b",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            "42263c6e89f4fc28b8df68ee09799f15",
            "00000002aa",
            "5b14fc4e250e14ddf9dccf1af6674f53",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            "42263c6e89f4fc28b8df68ee09799f15",
            "0000000255",
            "4ed31063621684f09ae8d89991af3e8f",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            "fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161",
            "0000000299",
            "bfab388bdcb238e9f9c98d6a878304f04d30c82556375ac507a7a852790f4674",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            "fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161",
            "00000002aa",
            "c7cfd9cd75fe793a586a542d87e0d1396f1134a104bb1a9190b8c90ada3ddf37",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            "fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161",
            "0000000255",
            "97151b4c76945063e2eb0529dc067d97d7bba90776d8126d91f34f3101aea8ba",
        ),
    ];
    for (enctype, base, constant, expected) in vectors {
        let key = derive_key(cipher(*enctype), &hex(base), &hex(constant)).unwrap();
        assert_eq!(to_hex(key.expose()), *expected, "{enctype}, {constant}");
    }
}

/// RFC 3962 appendix B: lengths around one and two block boundaries, and the state that each leaves.
#[test]
fn ciphertext_stealing() {
    const TEXT: &[u8] = b"I would like the General Gau's Chicken, please, and wonton soup.";
    let vectors = [
        (17, "c6353568f2bf8cb4d8a580362da7ff7f97", "c6353568f2bf8cb4d8a580362da7ff7f"),
        (
            31,
            "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
            "fc00783e0efdb2c1d445d4c8eff7ed22",
        ),
        (
            32,
            "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584",
            "39312523a78662d5be7fcbcc98ebf5a8",
        ),
        (
            47,
            "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5",
            "b3fffd940c16a18c1b5549d2f838029e",
        ),
        (
            48,
            "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8",
            "9dad8bbb96c4cdc03bc103e1a194bbd8",
        ),
        (
            64,
            "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8",
            "4807efe836ee89a526730dbc2f7bc840",
        ),
    ];
    for (length, expected, state) in vectors {
        let mut iv = [0; 16];
        let mut buf = TEXT[..length].to_vec();
        cts_encrypt::<Aes128>(b"chicken teriyaki", &mut iv, &mut buf).unwrap();
        assert_eq!((to_hex(&buf).as_str(), to_hex(&iv).as_str()), (expected, state));
        let mut iv = [0; 16];
        cts_decrypt::<Aes128>(b"chicken teriyaki", &mut iv, &mut buf).unwrap();
        assert_eq!((buf.as_slice(), to_hex(&iv).as_str()), (&TEXT[..length], state));
    }
    for length in 0..16 {
        let short = cts_encrypt::<Aes128>(b"chicken teriyaki", &mut [0; 16], &mut vec![0; length]);
        assert_eq!(short, Err(CryptoError::BadMessageSize));
    }
}

#[test]
fn messages() {
    decrypts(&[
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            0,
            "",
            "5a5c0f0ba54f3828b2195e66ca24a289",
            "49ff8e11c173d9583a3254fbe7b1f1df36c538e8416784a1672e6676",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            1,
            "31",
            "98450e3f3baa13f5c99beb936981b06f",
            "f86742f537b35dc2174a4dbaa920faf9042090b065e1ebb1cad9a65394",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            2,
            "392062797465737373",
            "9062430c8cda3388922e6d6a509f5b7a",
            "68fb9679601f45c78857b2bf820fd6e53eca8d42fd4b1d7024a09205abb7cd2ec26c355d2f",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            3,
            "31332062797465732062797465",
            "033ee6502c54fd23e27791e987983827",
            "ec366d0327a933bf49330e650e49bc6b974637fe80bf532fe51795b4809718e6194724db948d1fd637",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "dceeb70b3de76562e689226c76429148",
            "c96081032d5d8eeb7e32b4089f789d0faa481dea74c0f97cbf3146ddfcf8e800156ecb532fc203e30ff600b63b350939fece510f02d7ff1e7bac",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            0,
            "",
            "17f275f2954f2ed1f90c377ba7f4d6a369aa0136e0bf0c927ad6133c693759a9",
            "e5094c55ee7b38262e2b044280b069379a95bf95bd8376fb3281b435",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            1,
            "31",
            "b9477e1ff0329c0050e20ce6c72d2dff27e8fe541ab0954429a9cb5b4f7b1e2a",
            "406150b97aeb76d43b36b62cc1ecdfbe6f40e95755e0beb5c27825f3a4",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            2,
            "392062797465737373",
            "b1ae4cd8462aff1677053cc9279aac30b796fb81ce21474dd3ddbcfea4ec76d7",
            "09957aa25fcaf88f7b39e4406e633012d5fea21853f6478da7065caef41fd454a40824eec5",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            3,
            "31332062797465732062797465",
            "e5a72be9b7926c1225bafef9c1872e7ba4cdb2b17893d84abd90acdd8764d966",
            "d8f1aafeec84587cc3e700a774e56651a6d693e174ec4473b5e6d96f80297a653fb818ad893e719f96",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "f1c795e9248a09338d82c3f8d5b567040b0110736845041347235b1404231398",
            "d1137a4d634cfece924dbc3bf6790648bd5cff7de0e7b99460211d0daef3d79a295c688858f3b34b9cbd6eebae81daf6b734d4d498b6714f1c1d",
        ),
    ]);
}

#[test]
fn checksum_values() {
    checksums(&[
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            3,
            "6569676874206e696e652074656e20656c6576656e207477656c766520746869727465656e",
            "9062430c8cda3388922e6d6a509f5b7a",
            "01a4b088d45628f6946614e3",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            4,
            "666f75727465656e",
            "b1ae4cd8462aff1677053cc9279aac30b796fb81ce21474dd3ddbcfea4ec76d7",
            "e08739e3279e2903ec8e3836",
        ),
    ]);
}

#[test]
fn prf_values() {
    prfs(&[
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            "ae272e7cdec86ac5138cdb196d8e297d",
            "0161",
            "77b39a37a868920f2a51f9dd150c5717",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA1_96,
            "67ab1cfef35e4c27ffdeac60385a3e9c",
            "0162",
            "e06c0dd31ff02091994f2ef5178bfe3d",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            "c01f157211f7b77eaaf457c3e156690127ee127d810ba6392e97baa243eb0616",
            "0161",
            "b2628c788e2e9c4a9bb4644678c29f2f",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            "c01f157211f7b77eaaf457c3e156690127ee127d810ba6392e97baa243eb0616",
            "0261",
            "b406373350cee8a6126f4a9b65a0cd21",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            "9d520d2d980aa7cb6b693682b62da258b333867951642ce647ae62b1e5e0b5e9",
            "0162",
            "ff0e289ea756c0559a0e911856961a49",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA1_96,
            "9d520d2d980aa7cb6b693682b62da258b333867951642ce647ae62b1e5e0b5e9",
            "0262",
            "0d674dd0f9a6806525a4d92e828bd15a",
        ),
    ]);
}

#[test]
fn all_lengths_and_changes() {
    for enctype in BOTH {
        round_trips(enctype);
        tampering_is_seen(enctype);
        chains(enctype);
    }
}
