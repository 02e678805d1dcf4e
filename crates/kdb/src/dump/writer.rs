//! Entries and policies as lines.

use super::{ANY_KEYSALTS, NO_OCTETS, Version};
use crate::entry::Entry;
use crate::policy::Policy;
use crate::tl_data::{TlData, TlType};

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
        length(line, size);
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
        length(line, policy.tl_data.len());
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
fn number(line: &mut Vec<u8>, value: impl Into<i64>) {
    /// Digits of the least number of 64 bits, and its sign.
    const LONGEST: usize = 20;
    let value = value.into();
    let mut digits = [0; LONGEST];
    let (mut left, mut start) = (value.unsigned_abs(), LONGEST);
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        // Less than ten.
        *digit = b'0' + (left % 10) as u8;
        (left, start) = (left / 10, at);
        if left == 0 {
            break;
        }
    }
    line.push(b'\t');
    if value < 0 {
        line.push(b'-');
    }
    line.extend_from_slice(digits.get(start..).unwrap_or_default());
}

/// The same with a length, none of which is over 63 bits.
fn length(line: &mut Vec<u8>, length: usize) {
    number(line, i64::try_from(length).unwrap_or(i64::MAX));
}

fn tagged(line: &mut Vec<u8>, tl: &TlData) {
    number(line, tl.tag.0.cast_signed());
    sized(line, &tl.contents);
}

/// A length and so many octets.
fn sized(line: &mut Vec<u8>, bytes: &[u8]) {
    length(line, bytes.len());
    line.push(b'\t');
    octets(line, bytes);
}

fn octets(line: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.is_empty() {
        line.extend_from_slice(NO_OCTETS.as_bytes());
    }
    line.extend(bytes.iter().flat_map(|byte| PAIRS.get(usize::from(*byte)).copied().unwrap_or_default()));
}

/// The two hexadecimal digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};
