//! The bytes of a keytab, but for what differs by itself.

use std::fs;
use std::path::Path;

/// The file with the timestamps of its records zeroed. The file must be sound and of version 2.
///
/// # Panics
/// Where it is not.
pub fn without_times(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let number = |bytes: &[u8], at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let mut at = 2;
    while at < bytes.len() {
        let length = i32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        if length > 0 {
            let mut field = at + 6;
            for _ in 0..=number(&bytes, at + 4) {
                field += 2 + number(&bytes, field);
            }
            bytes[field + 4..field + 8].fill(0);
        }
        at += 4 + usize::try_from(length.unsigned_abs()).unwrap();
    }
    bytes
}
