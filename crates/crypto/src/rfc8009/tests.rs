//! Known answers: RFC 8009 appendix A.

use super::*;
use crate::testing::*;
use crate::{encrypt, string_to_key};
use k5_types::EncType;

const BOTH: [EncType; 2] = [EncType::AES128_CTS_HMAC_SHA256_128, EncType::AES256_CTS_HMAC_SHA384_192];

#[test]
fn passwords() {
    let vectors: &[PasswordVector] = &[
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            b"password",
            b"\x10\xdf\x9d\xd7\x83\xe5\xbc\x8a\xce\xa1s\x0et5_aATHENA.MIT.EDUraeburn",
            32768,
            "089bca48b105ea6ea77ca5d2f39dc5e7",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            b"password",
            b"\x10\xdf\x9d\xd7\x83\xe5\xbc\x8a\xce\xa1s\x0et5_aATHENA.MIT.EDUraeburn",
            32768,
            "45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467",
        ),
    ];
    for (enctype, password, salt, count, expected) in vectors {
        for params in [None, Some(&count.to_be_bytes()[..])] {
            let key = string_to_key(*enctype, password, salt, params).unwrap();
            assert_eq!(to_hex(key.contents.expose()), *expected, "{enctype}");
        }
        let few = string_to_key(*enctype, password, salt, Some(&[0, 0, 0x7f, 0xff]));
        assert_eq!(few, Err(CryptoError::BadParameters));
    }
}

#[test]
fn derived_keys() {
    let vectors: &[PrfVector] = &[
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            "3705d96080c17728a0e800eab6e0d23c",
            "0000000299",
            "b31a018a48f54776f403e9a396325dc3",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            "3705d96080c17728a0e800eab6e0d23c",
            "00000002aa",
            "9b197dd1e8c5609d6e67c3e37c62c72e",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            "3705d96080c17728a0e800eab6e0d23c",
            "0000000255",
            "9fda0e56ab2d85e1569a688696c26a6c",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "0000000299",
            "ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "00000002aa",
            "56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "0000000255",
            "69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f",
        ),
    ];
    for (enctype, base, constant, expected) in vectors {
        let profile = if *enctype == BOTH[0] { &AES128 } else { &AES256 };
        let purpose = match &constant[8..] {
            "99" => Purpose::Checksum,
            "aa" => Purpose::Encryption,
            _ => Purpose::Integrity,
        };
        let key = profile.usage_key(&hex(base), 2, purpose).unwrap();
        assert_eq!(to_hex(key.expose()), *expected, "{enctype}, {constant}");
    }
}

#[test]
fn messages() {
    decrypts(&[
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            2,
            "",
            "3705d96080c17728a0e800eab6e0d23c",
            "ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            2,
            "000102030405",
            "3705d96080c17728a0e800eab6e0d23c",
            "84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            2,
            "000102030405060708090a0b0c0d0e0f",
            "3705d96080c17728a0e800eab6e0d23c",
            "3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc295fb4852e7d83e1e7c48c37eebe6b0d3",
        ),
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            2,
            "000102030405060708090a0b0c0d0e0f1011121314",
            "3705d96080c17728a0e800eab6e0d23c",
            "720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c186b39a413c2f92ca9b8334a287ffcbfc",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            2,
            "",
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            2,
            "000102030405",
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b6092237526ea0d1f61cb20d69d10f2",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            2,
            "000102030405060708090a0b0c0d0e0f",
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f68cf51f14d798c2273f35df574d1f932e40c4ff255b36a266",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            2,
            "000102030405060708090a0b0c0d0e0f1011121314",
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62",
        ),
    ]);
}

/// The same messages encrypted with the confounders that the RFC gives.
#[test]
fn encryption() {
    struct Fixed(&'static str);
    impl crate::Random for Fixed {
        fn fill(&mut self, buf: &mut [u8]) -> Result<()> {
            buf.copy_from_slice(&hex(self.0));
            Ok(())
        }
    }
    let vectors: &[(MessageVector, &str)] = &[
        (
            (
                EncType::AES128_CTS_HMAC_SHA256_128,
                2,
                "",
                "3705d96080c17728a0e800eab6e0d23c",
                "ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718",
            ),
            "7e5895eaf2672435bad817f545a37148",
        ),
        (
            (
                EncType::AES128_CTS_HMAC_SHA256_128,
                2,
                "000102030405",
                "3705d96080c17728a0e800eab6e0d23c",
                "84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c",
            ),
            "7bca285e2fd4130fb55b1a5c83bc5b24",
        ),
        (
            (
                EncType::AES256_CTS_HMAC_SHA384_192,
                2,
                "",
                "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
                "41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c",
            ),
            "f764e9fa15c276478b2c7d0c4e5f58e4",
        ),
        (
            (
                EncType::AES256_CTS_HMAC_SHA384_192,
                2,
                "000102030405",
                "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
                "4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b6092237526ea0d1f61cb20d69d10f2",
            ),
            "b80d3251c1f6471494256ffe712d0b9a",
        ),
    ];
    for ((enctype, usage, plain, base, expected), confounder) in vectors {
        let cipher =
            encrypt(&key(*enctype, base), *usage, None, &hex(plain), &mut Fixed(confounder)).unwrap();
        assert_eq!(to_hex(&cipher), *expected, "{enctype}");
    }
}

#[test]
fn checksum_values() {
    checksums(&[
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            2,
            "000102030405060708090a0b0c0d0e0f1011121314",
            "3705d96080c17728a0e800eab6e0d23c",
            "d78367186643d67b411cba9139fc1dee",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            2,
            "000102030405060708090a0b0c0d0e0f1011121314",
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a",
        ),
    ]);
}

#[test]
fn prf_values() {
    prfs(&[
        (
            EncType::AES128_CTS_HMAC_SHA256_128,
            "3705d96080c17728a0e800eab6e0d23c",
            "74657374",
            "9d188616f63852fe86915bb840b4a886ff3e6bb0f819b49b893393d393854295",
        ),
        (
            EncType::AES256_CTS_HMAC_SHA384_192,
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "74657374",
            "9801f69a368c2bf675e59521e177d9a07f67efe1cfde8d3c8d6f6a0256e3b17db3c1b62ad1b8553360d17367eb1514d2",
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
