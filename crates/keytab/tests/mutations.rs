//! Keytabs cut off, with bytes turned, and changed at random: the entries before the damage are there to the last bit, the
//! damage is told with the file's name, and nothing is allocated that the file does not call for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use k5_keytab::{Entry, KeytabReader};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// All tests count allocations: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// What a reader needs for a file of no length: paths, the text of an error.
const FIXED: usize = 4096;

const MUTATIONS: u64 = 100_000;

struct Bench {
    _dir: tempfile::TempDir,
    path: PathBuf,
    good: Vec<u8>,
    /// Offset and entry of each record.
    whole: Vec<(usize, Entry)>,
}

impl Bench {
    fn new(name: &str) -> Bench {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/keytab").join(name);
        let good = fs::read(&golden).unwrap();
        // In memory where there is such a place: there are many files to come.
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let path = dir.path().join("keytab");
        let entries = KeytabReader::open(&golden).unwrap().map(Result::unwrap);
        let records = slots(&good).into_iter().filter(|(_, length)| *length > 0).map(|(offset, _)| offset);
        let whole: Vec<_> = records.zip(entries).collect();
        assert!(whole.len() > 40, "{name}");
        Bench { _dir: dir, path, good, whole }
    }

    /// Reads `bytes`, whose first difference from the good file is at `at`. Gives how many entries came, and whether they
    /// came without an error.
    fn read(&self, bytes: &[u8], at: usize) -> (usize, bool) {
        let _ = fs::remove_file(&self.path);
        fs::write(&self.path, bytes).unwrap();
        ALLOCATED.reset_peak_usage();
        let before = ALLOCATED.current_usage();
        // A record that ends before the difference; its slack too.
        let ends = self.whole.iter().skip(1).map(|(offset, _)| *offset).chain([self.good.len()]);
        let intact = ends.take_while(|end| *end <= at).count();
        let (mut count, mut error) = (0, None);
        match KeytabReader::open(&self.path) {
            Err(found) => error = Some(found),
            Ok(reader) => {
                for entry in reader {
                    match entry {
                        Ok(entry) => {
                            let expected = self.whole.get(count).filter(|_| count < intact);
                            if let Some((offset, expected)) = expected {
                                let same = entry.same_key(expected) && entry.timestamp == expected.timestamp;
                                assert!(same, "the record at {offset}, damage at {at}");
                            }
                            count += 1;
                        }
                        Err(found) => error = Some(found),
                    }
                }
            }
        }
        let used = ALLOCATED.peak_usage().saturating_sub(before);
        assert!(used <= 2 * bytes.len() + FIXED, "{used} bytes allocated for a file of {}", bytes.len());
        assert!(count >= intact || at < 2, "{count} entries, of which {intact} are before {at}");
        if let Some(error) = &error {
            let text = error.to_string();
            assert!(text.contains(&self.path.display().to_string()), "{text}");
        }
        (count, error.is_none())
    }
}

/// The offsets of records and holes, and their lengths, which are negative for holes.
fn slots(bytes: &[u8]) -> Vec<(usize, i32)> {
    let (mut at, mut found) = (2, Vec::new());
    while let Some(length) = bytes.get(at..at + 4) {
        let length = i32::from_be_bytes(length.try_into().unwrap());
        found.push((at, length));
        at += 4 + length.unsigned_abs() as usize;
    }
    found
}

#[test]
fn cut_off_at_each_byte() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for name in ["all.keytab", "holes.keytab", "reused.keytab"] {
        let bench = Bench::new(name);
        for end in 0..bench.good.len() {
            let (count, sound) = bench.read(&bench.good[..end], end);
            assert!(count < bench.whole.len() || name == "holes.keytab");
            assert!(!sound || end >= 2, "{name} cut at {end}");
        }
    }
}

#[test]
fn each_bit_turned() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for name in ["all.keytab", "reused.keytab"] {
        let bench = Bench::new(name);
        let (mut bytes, lengths) = (bench.good.clone(), slots(&bench.good));
        for at in 0..bytes.len() {
            // One bit, and all of them.
            for mask in (0..8).map(|bit| 1 << bit).chain([0xff]) {
                bytes[at] ^= mask;
                let (count, sound) = bench.read(&bytes, at);
                bytes[at] ^= mask;
                let in_length = lengths.iter().any(|(offset, _)| (*offset..offset + 4).contains(&at));
                if sound && !in_length && at >= 2 {
                    assert!(count >= bench.whole.len() - 1, "{name}, byte {at}: {count} entries are left");
                }
            }
        }
    }
}

#[test]
fn a_hundred_thousand_random_changes() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let benches = ["all.keytab", "holes.keytab", "reused.keytab"].map(Bench::new);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut unsound = 0_u64;
    for _ in 0..MUTATIONS {
        let bench = &benches[random(benches.len())];
        let mut bytes = bench.good.clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            let count = random(40).min(bytes.len() - at);
            let byte = u8::try_from(random(256)).unwrap();
            match random(8) {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => bytes[at..at + count].fill(0),
                3 => bytes[at..at + count].fill(0xff),
                4 => drop(bytes.drain(at..at + count)),
                5 => bytes.extend_from_within(at..at + count),
                6 => drop(bytes.splice(at..at, std::iter::repeat_n(byte, count))),
                // Numbers at which lengths go wrong.
                _ => {
                    let edge = [0_u32, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff, 0xffff_0000][random(6)];
                    bytes.iter_mut().skip(at).zip(edge.to_be_bytes()).for_each(|(old, new)| *old = new);
                }
            }
        }
        let same = bytes.iter().zip(&bench.good).take_while(|(new, old)| new == old).count();
        unsound += u64::from(!bench.read(&bytes, same).1);
    }
    assert!(
        unsound > MUTATIONS / 4 && unsound < MUTATIONS,
        "{unsound}: the changes are too strong or too weak"
    );
}
