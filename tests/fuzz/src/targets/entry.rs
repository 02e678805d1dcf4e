//! Records of principals, and everything that is asked of one.

use k5_kdb::db2::record::{decode, encode};
use k5_kdb::dump::{Version, write_principal};
use k5_kdb::{Entry, Verifier};
use k5_types::Principal;

pub(super) fn run(data: &[u8]) {
    let entry = match decode("principal", b"someone@GOLDEN.TEST\0", data) {
        Ok(entry) => entry,
        Err(error) => {
            assert!(error.to_string().contains("someone@GOLDEN.TEST"), "{error}");
            return;
        }
    };
    let octets: usize = entry.tl_data.iter().map(|datum| datum.contents.len()).sum();
    assert!(octets <= data.len());
    if let Ok(record) = encode(&entry) {
        assert_eq!(decode("principal", b"x", &record).expect("our record"), entry);
        assert!(
            record.len() <= data.len() + 64,
            "a record of {} bytes became one of {}",
            data.len(),
            record.len()
        );
    }
    let _ = (entry.strings(), entry.kadm_data(), entry.alias_target(), entry.kvno(), entry.mkvno());
    let _ = (entry.last_pwd_change(), entry.modified());
    verified(&entry);
    for version in Version::ALL {
        write_principal(version, &entry, &mut Vec::new());
    }
}

/// What `kdb5_util verify` looks at, as a principal like others and as the one that has the master keys.
pub(super) fn verified(entry: &Entry) {
    for master in [Principal::new("GOLDEN.TEST", ["K", "M"]), entry.principal.clone()] {
        let _ = Verifier::new(master, None, false, None).entry(entry);
    }
}
