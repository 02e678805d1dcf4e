//! Policies: a record is what a writer makes of what it says.

use crate::policy::Policy;

/// What is wrong with the record of a policy that could be read.
///
/// # Errors
/// A sentence.
pub fn verify_policy(policy: &Policy, record: &[u8]) -> Result<(), &'static str> {
    if policy.name.is_empty() {
        return Err("a policy without a name");
    }
    match policy.is_record(record) {
        true => Ok(()),
        false => Err("lengths, counts or padding that contradict the rest"),
    }
}
