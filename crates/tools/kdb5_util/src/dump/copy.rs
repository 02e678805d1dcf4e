//! A full copy for replicas: `dump -i1 [-c]`, which `kadmind` calls.

use k5_kdb::dump::CopyHeader;
use k5_kdb::ulog::{Standing, UpdateLog};
use k5_kdb::{Entry, Result};
use k5_types::Timestamp;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What fails where the log cannot be had.
pub(super) const READING: &str = "while reading update log header";

/// Longest first line of a copy.
const LONGEST: u64 = 100;

/// What `-i` and a number says: the extensible format, for all numbers but 0 and for none. Anything behind the digits is passed
/// over, as C's atoi(3) does.
pub(super) fn wants_extensible(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-i").unwrap_or_default();
    digits.iter().take_while(|byte| byte.is_ascii_digit()).any(|digit| *digit != b'0')
}

/// Whether a copy is there from which a replica can go on by the log alone.
pub(super) fn is_good(path: &Path, log: &UpdateLog) -> Result<bool> {
    let mut start = Vec::new();
    // One that cannot be read is none: a new one is made.
    if File::open(path).and_then(|file| file.take(LONGEST).read_to_end(&mut start)).is_err() {
        return Ok(false);
    }
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    match CopyHeader::parse(line) {
        Some(header) => Ok(log.standing(header.last)? != Standing::Lost),
        None => Ok(false),
    }
}

/// Each database has its own of these.
pub(super) fn leave_out_its_own(entry: &mut Entry) {
    entry.last_success = Timestamp::NEVER;
    entry.last_failed = Timestamp::NEVER;
    entry.fail_auth_count = 0;
}

#[cfg(test)]
mod tests {
    use super::wants_extensible;

    #[test]
    fn formats() {
        for (word, extensible) in
            [("-i", false), ("-i0", false), ("-i1", true), ("-i2x", true), ("-ix", false)]
        {
            assert_eq!(wants_extensible(word.as_bytes()), extensible, "{word}");
        }
    }
}
