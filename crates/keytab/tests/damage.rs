//! Damaged keytabs: what is whole before the damage is read, the damage is told, nothing panics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use k5_keytab::{Damage, Entry, KeytabError, KeytabReader, KeytabWriter};
use k5_types::{EncType, KeyBlock, Principal, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};

const GOLDEN: [&str; 3] = ["all.keytab", "holes.keytab", "reused.keytab"];

fn golden(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/keytab").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

struct Scratch {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

impl Scratch {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keytab");
        Scratch { _dir: dir, path }
    }

    /// The entries before the first error, and that.
    fn read(&self, bytes: &[u8]) -> (Vec<Entry>, Option<KeytabError>) {
        // Anew each time: some file systems flush a file that is emptied and written again.
        let _ = fs::remove_file(&self.path);
        fs::write(&self.path, bytes).unwrap();
        read(&self.path)
    }
}

fn read(path: &Path) -> (Vec<Entry>, Option<KeytabError>) {
    let reader = match KeytabReader::open(path) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut entries = Vec::new();
    for entry in reader {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(error) => return (entries, Some(error)),
        }
    }
    (entries, None)
}

fn same(a: &Entry, b: &Entry) -> bool {
    a.same_key(b) && a.timestamp == b.timestamp
}

/// The offsets at which slots begin, and that of the end.
fn slots(bytes: &[u8]) -> Vec<usize> {
    let mut at = vec![2];
    while let Some(length) = bytes.get(at[at.len() - 1]..at[at.len() - 1] + 4) {
        let length = i32::from_be_bytes(length.try_into().unwrap()).unsigned_abs() as usize;
        at.push(at[at.len() - 1] + 4 + length);
    }
    at
}

#[test]
fn the_golden_keytabs_are_whole() {
    let scratch = Scratch::new();
    for (name, count) in GOLDEN.into_iter().zip([44, 41, 42]) {
        let (entries, error) = scratch.read(&golden(name));
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!(entries.len(), count, "{name}");
    }
}

#[test]
fn cut_off_anywhere() {
    let scratch = Scratch::new();
    for name in GOLDEN {
        let bytes = golden(name);
        let (whole, _) = scratch.read(&bytes);
        let slots = slots(&bytes);
        for end in 0..bytes.len() {
            let (entries, error) = scratch.read(&bytes[..end]);
            assert!(entries.iter().zip(&whole).all(|(a, b)| same(a, b)), "{name} cut at {end}");
            match error {
                None => assert!(slots.contains(&end), "{name} cut at {end}"),
                Some(KeytabError::BadVersion { .. }) => assert!(end < 2),
                Some(KeytabError::Damaged { offset, .. }) => {
                    let start = slots.iter().rev().find(|slot| **slot < end).copied();
                    assert_eq!(usize::try_from(offset).ok(), start, "{name} cut at {end}");
                }
                Some(other) => panic!("{name} cut at {end}: {other}"),
            }
        }
    }
}

#[test]
fn every_byte_turned() {
    let scratch = Scratch::new();
    let bytes = golden("reused.keytab");
    let (whole, _) = scratch.read(&bytes);
    for at in 0..bytes.len() {
        for mask in [0x01, 0x80] {
            let mut turned = bytes.clone();
            turned[at] ^= mask;
            let (entries, error) = scratch.read(&turned);
            assert!(entries.len() <= whole.len(), "no entry comes from nothing");
            let before = slots(&bytes).iter().filter(|slot| **slot <= at).count().saturating_sub(1);
            assert!(
                at < 2 || entries.iter().zip(&whole).take(before.saturating_sub(4)).all(|(a, b)| same(a, b)),
                "what stands before byte {at} is read"
            );
            if let Some(error) = error {
                let text = error.to_string();
                assert!(text.contains(&scratch.path.display().to_string()), "{text}");
            }
        }
    }
}

/// Some thousand random changes; where a writer still takes the file for whole, what it adds is found with
/// everything that was there.
#[test]
fn random_changes() {
    let scratch = Scratch::new();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let new = Entry {
        principal: Principal::new("NEW.TEST", ["new"]),
        timestamp: Timestamp(5),
        kvno: 77,
        key: KeyBlock::new(EncType(17), vec![5; 16]),
    };
    let mut taken = 0;
    for round in 0..1000 {
        let mut bytes = golden(GOLDEN[round % 3]);
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            let count = random(12).min(bytes.len() - at);
            match random(5) {
                0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                1 => bytes[at..at + count].fill(0),
                2 => bytes[at..at + count].fill(0xff),
                3 => drop(bytes.drain(at..at + count)),
                _ => bytes.extend_from_within(at..at + count),
            }
        }
        let (before, error) = scratch.read(&bytes);
        match KeytabWriter::prepare(&scratch.path, 64) {
            Ok(writer) => {
                taken += 1;
                assert!(error.is_none(), "round {round}: a writer takes what a reader does not");
                writer.commit(std::slice::from_ref(&new)).unwrap();
                let (after, error) = read(&scratch.path);
                assert!(error.is_none(), "round {round}: {error:?}");
                assert_eq!(after.len(), before.len() + 1, "round {round}");
                assert!(after.iter().any(|e| same(e, &new)));
                assert!(before.iter().all(|b| after.iter().any(|a| same(a, b))), "round {round}");
            }
            Err(_) => {
                assert!(error.is_some(), "round {round}: a reader takes what a writer does not");
                assert_eq!(fs::read(&scratch.path).unwrap(), bytes, "round {round}");
            }
        }
    }
    assert!((50..950).contains(&taken), "{taken}: the changes are too strong or too weak");
}

/// A writer that died has left records behind the end mark; those that the next writer does not overwrite are gone.
#[test]
fn what_a_dead_writer_left_does_not_come_back() {
    let scratch = Scratch::new();
    let entry = |name: &str| Entry {
        principal: Principal::new("R.TEST", [name]),
        timestamp: Timestamp(5),
        kvno: 1,
        key: KeyBlock::new(EncType(17), vec![5; 16]),
    };
    let _ = fs::remove_file(&scratch.path);
    let dead = [entry("four-longer"), entry("second"), entry("third")];
    KeytabWriter::prepare(&scratch.path, 0).unwrap().commit(&dead).unwrap();
    let mut bytes = fs::read(&scratch.path).unwrap();
    bytes[2..6].fill(0);
    let (entries, error) = scratch.read(&bytes);
    assert!(entries.is_empty() && error.is_none(), "{error:?}");
    // Its mark ends where the second record begins.
    KeytabWriter::prepare(&scratch.path, 0).unwrap().commit(&[entry("shorter")]).unwrap();
    let (entries, error) = read(&scratch.path);
    assert!(error.is_none(), "{error:?}");
    assert!(entries.len() == 1 && same(&entries[0], &entry("shorter")));
    let after = fs::read(&scratch.path).unwrap();
    let end = slots(&after)[1];
    assert_eq!(after.len(), bytes.len());
    assert!(after[end..].iter().all(|byte| *byte == 0), "keys are left behind the end");
}

#[test]
fn lengths_that_the_file_has_not() {
    let scratch = Scratch::new();
    let damage = |bytes: &[u8]| match scratch.read(bytes) {
        (entries, Some(KeytabError::Damaged { offset: 2, damage, .. })) if entries.is_empty() => damage,
        other => panic!("{other:?}"),
    };
    let past = |what, size, left| Damage::PastEnd { what, size, left };
    assert_eq!(damage(b"\x05\x02\x7f\xff\xff\xff\0\x01"), past("record", 0x7fff_ffff, 2));
    assert_eq!(damage(b"\x05\x02\x80\0\0\x01"), past("hole", 0x7fff_ffff, 0));
    assert_eq!(damage(b"\x05\x02\x80\0\0\0"), Damage::HoleSize);
    assert_eq!(damage(b"\x05\x02\0\0\0"), Damage::Stray { left: 3 });
    let field = |field| Damage::FieldPastEnd { field };
    assert_eq!(damage(b"\x05\x02\0\0\0\x04\x7f\xff\x7f\xff"), field("realm"));
    assert_eq!(damage(b"\x05\x02\0\0\0\x05\x7f\xff\0\x01R"), field("component"));
}
