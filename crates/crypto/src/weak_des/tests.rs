//! Known answers for single DES: RFC 3961 appendices A.2 and A.5; messages as MIT's library gave them while it
//! had these types.

use super::*;
use crate::testing::*;
use crate::{checksum, decrypt, encrypt, make_random_key, prf, string_to_key};
use k5_types::EncType;

const ALL: [EncType; 3] = [EncType::DES_CBC_CRC, EncType::DES_CBC_MD4, EncType::DES_CBC_MD5];

#[test]
fn crc_values() {
    let vectors: [(&[u8], &str); 10] = [
        (b"foo", "33bc3273"),
        (b"test0123456789", "d6883eb8"),
        (b"MASSACHVSETTS INSTITVTE OF TECHNOLOGY", "f78041e3"),
        (&[0x80, 0x00], "4b98833b"),
        (&[0x00, 0x08], "3288db0e"),
        (&[0x00, 0x80], "2083b8ed"),
        (&[0x80], "2083b8ed"),
        (&[0x80, 0, 0, 0], "3bb659ed"),
        (&[0, 0, 0, 1], "96300777"),
        // The catalogue's check string, as the algorithm's parameters say.
        (b"123456789", "882dfd2d"),
    ];
    for (data, expected) in vectors {
        assert_eq!(to_hex(&crc(data)), expected);
    }
}

#[test]
fn passwords() {
    let vectors: [(&[u8], &[u8], &str); 6] = [
        (b"password", b"ATHENA.MIT.EDUraeburn", "cbc22fae235298e3"),
        (b"potatoe", b"WHITEHOUSE.GOVdanny", "df3d32a74fd92a01"),
        (b"\xf0\x9d\x84\x9e", b"EXAMPLE.COMpianist", "4ffb26bab0cd9413"),
        (b"\xc3\x9f", b"ATHENA.MIT.EDUJuri\xc5\xa1i\xc4\x87", "62c81a5232b5e69d"),
        (b"11119999", b"AAAAAAAA", "984054d0f1a73e31"),
        (b"NNNN6666", b"FFFFAAAA", "c4bf6b25adf7a4f8"),
    ];
    for enctype in ALL {
        for (password, salt, expected) in vectors {
            let key = string_to_key(enctype, password, salt, None).unwrap();
            assert_eq!(to_hex(key.contents.expose()), expected);
        }
        assert_eq!(string_to_key(enctype, b"x", b"", Some(&[1])), Err(CryptoError::BadParameters));
        assert!(string_to_key(enctype, b"", b"", Some(&[0])).is_ok());
    }
}

/// The usage plays no part with single DES.
#[test]
fn messages() {
    let vectors: &[MessageVector] = &[
        (EncType::DES_CBC_CRC, 0, "", "45e6087cdf138fb5", "28f6b09a012bccf72fb05122b2839e6e"),
        (EncType::DES_CBC_CRC, 1, "31", "92a7155810586b2f", "b4c871c2f3e7bf7605efd62f2eeec205"),
        (
            EncType::DES_CBC_CRC,
            2,
            "392062797465737373",
            "a4b9514a61646423",
            "5f14c35178d33d7cde0ec169c623cc8321b7b8bd34ea7efe",
        ),
        (
            EncType::DES_CBC_CRC,
            3,
            "31332062797465732062797465",
            "2f16a2a7fdb05768",
            "0b588e38d971433c9d86d8baebf63e4c1a01666e76d8a54a3293f72679ed88c9",
        ),
        (
            EncType::DES_CBC_CRC,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "bc8f70fd2097d67c",
            "38d632d2c20a7c2ea250fc8ece42938e92a9f5d302502665c1a33729c1050dc2056298fbfb1682ceeb65e59204fda7df",
        ),
        (EncType::DES_CBC_MD4, 0, "", "13ef45d0d6d9a15d", "1fb202bf07af3047fb7801e588568686ba63d78be3e87dc7"),
        (
            EncType::DES_CBC_MD4,
            1,
            "31",
            "64688654dc269e67",
            "1f6cb9cecb73f755abfdb3d565bd31d5a2e64bfe44c491e20eebe5bd20e4d2a9",
        ),
        (
            EncType::DES_CBC_MD4,
            2,
            "392062797465737373",
            "6804fb26df8a4c32",
            "08a53d62fec3338ad1d218e60dbdd3b212940679d125e0621b3bab4680ce03676a2c420e9be784eb",
        ),
        (
            EncType::DES_CBC_MD4,
            3,
            "31332062797465732062797465",
            "234a436ec72fa80b",
            "17cd45e14ff06b2840a6036e9aa7a4144e29768144a0c1827d8c4bc7c9906e72cd4dc328f6648c99",
        ),
        (
            EncType::DES_CBC_MD4,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "1fd5f74334c4fb8c",
            "51134cd8951e9d57c0a36053e04ce03ecb8422488fddc5c074c4d85e60a2ae423c3c701201314f362cb07448091679c6a496c11d7b93c71b",
        ),
        (EncType::DES_CBC_MD5, 0, "", "4a545e0bf7a22631", "784cd81591a034be82556f56dca3224b62d9956fa90b1b93"),
        (
            EncType::DES_CBC_MD5,
            1,
            "31",
            "d5804a269dc4e645",
            "ffa25c7be287596bfe58126e90aaa0f12d9a82a0d86df6d5f9074b6b399e7ff1",
        ),
        (
            EncType::DES_CBC_MD5,
            2,
            "392062797465737373",
            "c8312f7f83ea4640",
            "e7850337f2cc5e3f35ce3d69e2c3298638a7aa44b878031e39851e47c15b5d0ee7e7ac54de111d80",
        ),
        (
            EncType::DES_CBC_MD5,
            3,
            "31332062797465732062797465",
            "7fda3e62ad8af18c",
            "d7a8032e19994c928777506595fbda9883158a8514548e296e911c29f465c672366000558bfc2e88",
        ),
        (
            EncType::DES_CBC_MD5,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "d3d6832970a73752",
            "8a48166a4c6feae607a8cf68b381c0755e402b19dbc0f81a7d7ca19a25e05223f6064409bf5a4f50acd826639ffa7673fd324ec19e429502",
        ),
    ];
    for (enctype, usage, plain, bytes, cipher) in vectors {
        let key = key(*enctype, bytes);
        let mut found = to_hex(decrypt(&key, *usage, &hex(cipher)).unwrap().expose());
        let padding = found.split_off(plain.len());
        assert_eq!(&found, plain, "{enctype}");
        assert!(padding.len() < 16);
        sees_every_change(*enctype, &key, 0, &hex(cipher));
    }
}

#[test]
fn nothing_new_is_made() {
    for enctype in ALL {
        let none = CryptoError::UnsupportedEncType(enctype);
        let key = string_to_key(enctype, b"password", b"salt", None).unwrap();
        assert_eq!(make_random_key(enctype, &mut Counting(0)), Err(none.clone()));
        assert_eq!(encrypt(&key, 0, None, b"data", &mut Counting(0)), Err(none.clone()));
        assert_eq!(checksum(&key, 0, b"data"), Err(none.clone()));
        assert_eq!(prf(&key, b"data").err(), Some(none));
    }
}
