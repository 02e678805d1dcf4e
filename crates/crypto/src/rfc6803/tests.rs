//! Known answers: RFC 6803 section 10.

use super::*;
use crate::testing::*;
use crate::{CryptoError, prf, string_to_key};
use k5_types::EncType;

const BOTH: [EncType; 2] = [EncType::CAMELLIA128_CTS_CMAC, EncType::CAMELLIA256_CTS_CMAC];

fn scheme(enctype: EncType) -> &'static CamelliaCmac {
    if enctype == EncType::CAMELLIA128_CTS_CMAC { &CAMELLIA128.0 } else { &CAMELLIA256.0 }
}

#[test]
fn passwords() {
    let vectors: &[PasswordVector] = &[
        (
            EncType::CAMELLIA128_CTS_CMAC,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            1,
            "57d0297298ffd9d35de5a47fb4bde24b",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            1,
            "b9d6828b2056b7be656d88a123b1fac68214ac2b727ecf5f69afe0c4df2a6d2c",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            2,
            "73f1b53aa0f310f93b1de8ccaa0cb152",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            2,
            "83fc5866e5f8f4c6f38663c65c87549f342bc47ed394dc9d3cd4d163ade375e3",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            1200,
            "8e571145452855575fd916e7b04487aa",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            b"password",
            b"ATHENA.MIT.EDUraeburn",
            1200,
            "77f421a6f25e138395e837e5d85d385b4c1bfd772e112cd9208ce72a530b15e6",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            b"password",
            b"\x124VxxV4\x12",
            5,
            "00498fd916bfc1c2b1031c170801b381",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            b"password",
            b"\x124VxxV4\x12",
            5,
            "11083a00bdfe6a41b2f19716d6202f0afa94289afe8b27a049bd28b1d76c389a",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            &[b'X'; 64],
            b"pass phrase equals block size",
            1200,
            "8bf6c3ef709b981dbb585d086843be05",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            &[b'X'; 64],
            b"pass phrase equals block size",
            1200,
            "119fe2a1cb0b1be010b9067a73db63ed4665b4e53a98d178035dcfe843a6b9b0",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            &[b'X'; 65],
            b"pass phrase exceeds block size",
            1200,
            "5752ac8d6ad1ccfe8430b312871c2f74",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            &[b'X'; 65],
            b"pass phrase exceeds block size",
            1200,
            "614d5dfc0ba6d390b412b89ae4d5b088b612b316510994679ddb4383c7126ddf",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            b"\xf0\x9d\x84\x9e",
            b"EXAMPLE.COMpianist",
            50,
            "cc75c7fd260f1c1658011fcc0d560616",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            b"\xf0\x9d\x84\x9e",
            b"EXAMPLE.COMpianist",
            50,
            "163b768c6db148b4eec7163df5aed70e206b68cec078bc069ed68a7ed36b1ecc",
        ),
    ];
    for (enctype, password, salt, count, expected) in vectors {
        let key = scheme(*enctype).stretch(password, salt, *count).unwrap();
        assert_eq!(to_hex(key.expose()), *expected, "{enctype}, {count} iterations");
    }
}

#[test]
fn iteration_counts() {
    for enctype in BOTH {
        let with = |params: Option<&[u8]>| string_to_key(enctype, b"password", b"salt", params);
        assert_eq!(with(None), with(Some(&[0, 0, 0x80, 0])));
        assert_eq!(with(Some(&[0, 0, 0x7f, 0xff])), Err(CryptoError::BadParameters));
    }
}

#[test]
fn derived_keys() {
    let vectors: &[PrfVector] = &[
        (
            EncType::CAMELLIA128_CTS_CMAC,
            "57d0297298ffd9d35de5a47fb4bde24b",
            "0000000299",
            "d155775a209d05f02b38d42a389e5a56",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            "57d0297298ffd9d35de5a47fb4bde24b",
            "00000002aa",
            "64df83f85a532f17577d8c37035796ab",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            "57d0297298ffd9d35de5a47fb4bde24b",
            "0000000255",
            "3e4fbdf30fb8259c425cb6c96f1f4635",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            "b9d6828b2056b7be656d88a123b1fac68214ac2b727ecf5f69afe0c4df2a6d2c",
            "0000000299",
            "e467f9a9552bc7d3155a6220af9c19220eeed4ff78b0d1e6a1544991461a9e50",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            "b9d6828b2056b7be656d88a123b1fac68214ac2b727ecf5f69afe0c4df2a6d2c",
            "00000002aa",
            "412aefc362a7285fc3966c6a5181e7605ae675235b6d549fbfc9ab6630a4c604",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            "b9d6828b2056b7be656d88a123b1fac68214ac2b727ecf5f69afe0c4df2a6d2c",
            "0000000255",
            "fa624fa0e523993fa388aefdc67e67ebcd8c08e8a0246b1d73b0d1dd9fc582b0",
        ),
    ];
    for (enctype, base, constant, expected) in vectors {
        let key = scheme(*enctype).derive_key(&hex(base), &hex(constant)).unwrap();
        assert_eq!(to_hex(key.expose()), *expected, "{enctype}, {constant}");
    }
}

#[test]
fn messages() {
    decrypts(&[
        (
            EncType::CAMELLIA128_CTS_CMAC,
            0,
            "",
            "1dc46a8d763f4f93742bcba3387576c3",
            "c466f1871069921edb7c6fde244a52db0ba10edc197bdb8006658ca3ccce6eb8",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            1,
            "31",
            "5027bc231d0f3a9d23333f1ca6fdbe7c",
            "842d21fd950311c0dd464a3f4be8d6da88a56d559c9b47d3f9a85067af661559b8",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            2,
            "392062797465737373",
            "a1bb61e805f9ba6dde8fdbddc05cdea0",
            "619ff072e36286ff0a28deb3a352ec0d0edf5c5160d663c901758ccf9d1ed33d71db8f23aabf8348a0",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            3,
            "31332062797465732062797465",
            "2ca27a5faf5532244506434e1cef6676",
            "b8eca3167ae6315512e59f98a7c500205e5f63ff3bb389af1c41a21d640d8615c9ed3fbeb05ab6acb67689b5ea",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "7824f8c16f83ff354c6bf7515b973f43",
            "a26a3905a4ffd5816b7b1e27380d08090c8ec1f304496e1abdcd2bdcd1dffc660989e117a713ddbb57a4146c1587cba4356665591d2240282f5842b105a5",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            0,
            "",
            "b61c86cc4e5d2757545ad423399fb7031ecab913cbb900bd7a3c6dd8bf92015b",
            "03886d03310b47a6d8f06d7b94d1dd837ecce315ef652aff620859d94a259266",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            1,
            "31",
            "1b97fe0a190e2021eb30753e1b6e1e77b0754b1d684610355864104963463833",
            "2c9c1570133c99bf6a34bc1b0212002fd194338749db4135497a347cfcd9d18a12",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            2,
            "392062797465737373",
            "32164c5b434d1d1538e4cfd9be8040fe8c4ac7acc4b93d3314d2133668147a05",
            "9c6de75f812de7ed0d28b2963557a115640998275b0af5152709913ff52a2a9c8e63b872f92e64c839",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            3,
            "31332062797465732062797465",
            "b038b132cd8e06612267fab7170066d88aeccba0b744bfc60dc89bca182d0715",
            "eeec85a9813cdc536772ab9b42defc5706f726e975dde05a87eb5406ea324ca185c9986b42aabe794b84821bee",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            4,
            "333020627974657320627974657320627974657320627974657320627974",
            "ccfcd349bf4c6677e86e4b02b8eab924a546ac731cf9bf6989b996e7d6bfbba7",
            "0e44680985855f2d1f1812529ca83bfd8e349de6fd9ada0baaa048d68e265febf34ad1255a344999ad37146887a6c6845731ac7f46376a0504cd06571474",
        ),
    ]);
}

#[test]
fn checksum_values() {
    checksums(&[
        (
            EncType::CAMELLIA128_CTS_CMAC,
            7,
            "6162636465666768696a6b",
            "1dc46a8d763f4f93742bcba3387576c3",
            "1178e6c5c47a8c1ae0c4b9c7d4eb7b6b",
        ),
        (
            EncType::CAMELLIA128_CTS_CMAC,
            8,
            "4142434445464748494a4b4c4d4e4f505152535455565758595a",
            "5027bc231d0f3a9d23333f1ca6fdbe7c",
            "d1b34f7004a731f23a0c00bf6c3f753a",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            9,
            "313233343536373839",
            "b61c86cc4e5d2757545ad423399fb7031ecab913cbb900bd7a3c6dd8bf92015b",
            "87a12cfd2b96214810f01c826e7744b1",
        ),
        (
            EncType::CAMELLIA256_CTS_CMAC,
            10,
            "21402324255e262a282921402324255e262a282921402324255e262a2829",
            "32164c5b434d1d1538e4cfd9be8040fe8c4ac7acc4b93d3314d2133668147a05",
            "3fa0b42355e52b189187294aa252ab64",
        ),
    ]);
}

/// The RFC has no value for the function: it is CMAC under the derived key.
#[test]
fn prf_is_cmac() {
    for enctype in BOTH {
        let key = string_to_key(enctype, b"password", b"salt", None).unwrap();
        let derived = scheme(enctype).derive_key(key.contents.expose(), b"prf").unwrap();
        let expected = scheme(enctype).tag(derived.expose(), b"input").unwrap();
        assert_eq!(prf(&key, b"input").unwrap().expose(), &expected);
    }
}

#[test]
fn all_lengths_and_changes() {
    for enctype in BOTH {
        round_trips(enctype);
        tampering_is_seen(enctype);
        chains(enctype);
    }
}
