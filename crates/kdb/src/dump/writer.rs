//! Entries and policies as lines.

use super::{ANY_KEYSALTS, NO_OCTETS, Version};
use crate::entry::Entry;
use crate::policy::Policy;
use crate::tl_data::{TlData, TlType};
use std::io::Write;

/// Length of the base of a principal's record, which the line begins with.
const BASE_LENGTH: usize = 38;

/// Appends the line of an entry, whose keys are written in the order that they have.
pub fn write_principal(version: Version, entry: &Entry, line: &mut Vec<u8>) {
    let left_out = |tl: &&TlData| version != Version::Beta7 || tl.tag != TlType::KADM_DATA;
    let tl_data: Vec<&TlData> = entry.tl_data.iter().filter(left_out).collect();
    let name = entry.principal.unparse();
    line.extend_from_slice(b"princ");
    let base_length = BASE_LENGTH.saturating_add(entry.extra.len());
    for size in [base_length, name.len(), tl_data.len(), entry.key_data.len(), entry.extra.len()] {
        number(line, size);
    }
    line.push(b'\t');
    line.extend_from_slice(&name);
    number(line, signed(entry.attributes.0));
    number(line, entry.max_life.0);
    number(line, entry.max_renewable_life.0);
    for time in [entry.expiration, entry.pw_expiration, entry.last_success, entry.last_failed] {
        number(line, time.0);
    }
    number(line, signed(entry.fail_auth_count));
    for tl in tl_data {
        tagged(line, tl);
    }
    for key in &entry.key_data {
        number(line, key.version);
        number(line, key.kvno);
        if key.version >= 1 {
            number(line, key.enctype.0);
            sized(line, &key.key);
        }
        if key.version >= 2 {
            number(line, key.salt_type.0);
            sized(line, &key.salt);
        }
    }
    line.push(b'\t');
    octets(line, &entry.extra);
    line.extend_from_slice(b";\n");
}

/// Appends the line of a policy.
pub fn write_policy(version: Version, policy: &Policy, line: &mut Vec<u8>) {
    const REFERENCE_COUNT: u32 = 0;
    line.extend_from_slice(b"policy\t");
    line.extend_from_slice(&policy.name);
    let mut numbers = vec![policy.min_life, policy.max_life, policy.min_length, policy.min_classes];
    numbers.extend([policy.history_num, REFERENCE_COUNT]);
    if version.has_lockout() {
        numbers.extend([policy.max_fail, policy.failure_interval, policy.lockout_duration]);
    }
    if version == Version::Current {
        numbers.extend([policy.attributes, policy.ticket_max_life, policy.ticket_max_renewable_life]);
    }
    for value in numbers {
        number(line, signed(value));
    }
    if version == Version::Current {
        line.push(b'\t');
        line.extend_from_slice(policy.allowed_keysalts.as_deref().unwrap_or(ANY_KEYSALTS));
        number(line, policy.tl_data.len());
        for tl in &policy.tl_data {
            tagged(line, tl);
        }
    }
    line.push(b'\n');
}

/// MIT prints most numbers of 32 bits with a sign.
fn signed(value: u32) -> i32 {
    value.cast_signed()
}

/// A tab and a number.
fn number(line: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Nothing can fail on the way into a vector.
    let _ = write!(line, "\t{value}");
}

fn tagged(line: &mut Vec<u8>, tl: &TlData) {
    number(line, tl.tag.0.cast_signed());
    sized(line, &tl.contents);
}

/// A length and so many octets.
fn sized(line: &mut Vec<u8>, bytes: &[u8]) {
    number(line, bytes.len());
    line.push(b'\t');
    octets(line, bytes);
}

fn octets(line: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.is_empty() {
        line.extend_from_slice(NO_OCTETS.as_bytes());
    }
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + (value - 10) };
    line.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}
