//! Records of LMDB databases. The first byte says whose: a principal's or a policy's.

use k5_kdb::klmdb::record::{decode, decode_policy, encode, encode_policy};

use crate::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input(data);
    if input.byte().is_multiple_of(2) {
        let name = b"someone@GOLDEN.TEST";
        let Ok(entry) = decode("principal.mdb", name, input.0) else { return };
        let octets: usize = entry.tl_data.iter().map(|datum| datum.contents.len()).sum();
        assert!(octets <= input.0.len());
        let record = encode(&entry).expect("what was read fits");
        assert_eq!(decode("principal.mdb", name, &record).expect("our record"), entry);
        let _ = (entry.strings(), entry.kadm_data());
        super::entry::verified(&entry);
    } else {
        let Ok(policy) = decode_policy("principal.mdb", b"rules", input.0) else { return };
        let record = encode_policy(&policy).expect("what was read fits");
        assert_eq!(decode_policy("principal.mdb", b"rules", &record).expect("our record"), policy);
    }
}
