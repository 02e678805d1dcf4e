//! Records of policies.

use k5_kdb::dump::{Version, write_policy};
use k5_kdb::{Policy, verify_policy};

pub(super) fn run(data: &[u8]) {
    let Ok(policy) = Policy::decode(data) else { return };
    // As with MIT, the tagged data turn around with each reading.
    let mut turned = policy.clone();
    turned.tl_data.reverse();
    assert_eq!(Policy::decode(&policy.encode()), Ok(turned));
    let _ = verify_policy(&policy, data);
    for version in Version::ALL {
        write_policy(version, &policy, &mut Vec::new());
    }
}
