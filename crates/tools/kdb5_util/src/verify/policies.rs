//! Policies that principals have and that do not exist: no fault, since MIT makes such principals too, but worth a note.

use k5_kdb::Seen;
use std::collections::BTreeMap;

/// So many of them are named; a damaged or a strange database may have any number.
const NAMED: usize = 1000;

/// The policies that exist, and those that are missed. Memory does not grow with the principals: of a policy that exists
/// its hash is kept.
#[derive(Default)]
pub(super) struct Policies {
    exist: Seen,
    /// How many principals have it, and the first of them.
    missing: BTreeMap<Vec<u8>, (u64, Vec<u8>)>,
    /// Principals with others that do not exist.
    more: u64,
}

impl Policies {
    /// There is one of this name.
    pub(super) fn exists(&mut self, policy: &[u8]) {
        self.exist.insert(policy);
    }

    /// A principal has it. All that exist have been told before.
    pub(super) fn had_by(&mut self, policy: Vec<u8>, principal: &[u8]) {
        if self.exist.knows(&policy) {
            return;
        }
        if self.missing.len() >= NAMED && !self.missing.contains_key(&policy) {
            self.more += 1;
            return;
        }
        self.missing.entry(policy).or_insert_with(|| (0, principal.to_vec())).0 += 1;
    }

    /// A line for each that is missed.
    pub(super) fn notes(&self, text: &mut Vec<u8>) {
        for (policy, (count, first)) in &self.missing {
            text.extend_from_slice(b"note: policy ");
            text.extend_from_slice(policy);
            text.extend_from_slice(b" does not exist: ");
            text.extend_from_slice(first);
            text.extend_from_slice(
                match count {
                    1 => " has it\n".to_owned(),
                    count => format!(" and {} more have it\n", count - 1),
                }
                .as_bytes(),
            );
        }
        if self.more > 0 {
            let what = "principals have policies that do not exist either";
            text.extend_from_slice(format!("note: {} more {what}\n", self.more).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_ones_are_named_up_to_a_number() {
        let mut policies = Policies::default();
        policies.exists(b"there");
        for (policy, principal) in [("there", "a"), ("gone", "b"), ("gone", "c"), ("lost", "d")] {
            policies.had_by(policy.into(), principal.as_bytes());
        }
        let notes = |policies: &Policies| {
            let mut text = Vec::new();
            policies.notes(&mut text);
            String::from_utf8(text).unwrap()
        };
        let named = "note: policy gone does not exist: b and 1 more have it\n\
            note: policy lost does not exist: d has it\n";
        assert_eq!(notes(&policies), named);
        for number in 0..2 * NAMED {
            policies.had_by(format!("p{number}").into(), b"e");
        }
        policies.had_by(b"gone".to_vec(), b"f");
        let notes = notes(&policies);
        assert_eq!(notes.lines().count(), NAMED + 1);
        assert!(notes.contains("b and 2 more have it\n"));
        let more = "note: 1002 more principals have policies that do not exist either\n";
        assert!(notes.ends_with(more), "{notes}");
    }
}
