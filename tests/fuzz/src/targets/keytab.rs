//! Keytabs: what is whole is read; what is written stands there with everything that was.

use std::fs;
use std::path::Path;

use k5_keytab::record::{Version, decode, encode};
use k5_keytab::{Entry, KeytabReader, KeytabWriter};
use k5_types::{EncType, KeyBlock, Principal, Timestamp};

use crate::scratch::with_file;

pub(super) fn run(data: &[u8]) {
    with_file(data, |path| {
        let (before, whole) = read(path);
        let cost: usize = before.iter().map(|entry| entry.key.contents.expose().len()).sum();
        assert!(cost <= data.len(), "keys of {cost} bytes in a file of {}", data.len());
        before.iter().for_each(same_when_written);
        add(path, data, &before, whole);
    });
}

/// The entries before the first error, and whether there is none.
fn read(path: &Path) -> (Vec<Entry>, bool) {
    let Ok(reader) = KeytabReader::open(path) else { return (Vec::new(), false) };
    let mut entries = Vec::new();
    for entry in reader {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                assert!(error.to_string().contains(&path.display().to_string()), "{error}");
                return (entries, false);
            }
        }
    }
    (entries, true)
}

fn same(a: &Entry, b: &Entry) -> bool {
    a.same_key(b) && a.timestamp == b.timestamp
}

fn same_when_written(entry: &Entry) {
    for version in [Version::V1, Version::V2] {
        if let Ok(bytes) = encode(version, entry) {
            let back = decode(version, bytes.expose()).expect("what we write can be read");
            assert!(same(&back, entry), "{entry:?} came back as {back:?}");
        }
    }
}

/// A writer takes a file that a reader takes, an empty one too, and no other one.
fn add(path: &Path, data: &[u8], before: &[Entry], whole: bool) {
    let new = Entry {
        principal: Principal::new("NEW.TEST", ["new"]),
        timestamp: Timestamp(5),
        kvno: 77,
        key: KeyBlock::new(EncType(17), vec![5; 16]),
    };
    let Ok(writer) = KeytabWriter::prepare(path, 64) else {
        assert!(!whole, "a reader takes what a writer does not");
        assert_eq!(fs::read(path).expect("it is there"), data, "a refused file was changed");
        return;
    };
    assert!(whole || data.is_empty(), "a writer takes what a reader does not");
    writer.commit(std::slice::from_ref(&new)).expect("there is room in memory");
    let (after, whole) = read(path);
    assert!(whole && after.len() == before.len() + 1);
    assert!(after.iter().any(|entry| same(entry, &new)));
    assert!(before.iter().all(|b| after.iter().any(|a| same(a, b))), "an entry is gone");
    let writer = KeytabWriter::prepare(path, 0).expect("it was just written");
    writer.remove_if(|entry| same(entry, &new)).expect("entries can be removed");
    let (after, whole) = read(path);
    assert!(whole && after.iter().all(|entry| !same(entry, &new)));
}
