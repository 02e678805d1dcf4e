//! What is fuzzed: a function for each parser of the suite, and for the storage engine beside a model. Each takes any
//! bytes and panics where something is wrong. `tests/corpus.rs` runs them over the corpus and over mutations that are the
//! same in every run; `libfuzzer/` lets cargo-fuzz look for more. `README.md` tells how.
#![forbid(unsafe_code)]
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a panic is how a target tells what is wrong"
)]

mod input;
mod mutate;
mod scratch;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use peak_alloc::PeakAlloc;

pub use input::Input;
pub use mutate::Mutator;
pub use targets::TARGETS;

/// Counts what every program that uses this crate allocates.
#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Something to fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called; its corpus is the directory of this name.
    pub name: &'static str,
    /// Reads the bytes; panics where something is wrong.
    pub run: fn(&[u8]),
    /// What it may allocate at once.
    pub room: Room,
}

/// How much memory may be in use at once, for an input of a certain length: `fixed` bytes, and `each` for every byte.
/// A length or a count that is read from the input and believed shows as more.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Bytes for an input of no length.
    pub fixed: usize,
    /// Bytes more for each byte of the input.
    pub each: usize,
}

impl Target {
    /// The target of this name.
    pub fn find(name: &str) -> Option<Target> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// Runs the target, which must keep within its room. What other threads allocate meanwhile counts too, so a program
    /// runs one target at a time.
    ///
    /// # Panics
    /// Where the target does, or takes more room.
    pub fn check(&self, data: &[u8]) {
        ALLOCATED.reset_peak_usage();
        let before = ALLOCATED.current_usage();
        (self.run)(data);
        let used = ALLOCATED.peak_usage().saturating_sub(before);
        let room = self.room.fixed + self.room.each * data.len();
        assert!(
            used <= room,
            "{} bytes made {} allocate {used} bytes; {room} should do",
            data.len(),
            self.name
        );
    }

    /// Where its corpus is.
    pub fn corpus(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(self.name)
    }

    /// Its corpus, by the names of the files.
    ///
    /// # Panics
    /// Where it cannot be read or is empty.
    pub fn inputs(&self) -> Vec<(String, Vec<u8>)> {
        let directory = self.corpus();
        let entries = fs::read_dir(&directory);
        let entries = entries.unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        let mut inputs: Vec<(String, Vec<u8>)> = entries
            .map(|entry| {
                let entry = entry.expect("the directory can be read");
                let bytes = fs::read(entry.path()).expect("the corpus can be read");
                (entry.file_name().to_string_lossy().into_owned(), bytes)
            })
            .collect();
        assert!(!inputs.is_empty(), "{} is empty", directory.display());
        inputs.sort();
        inputs
    }
}

/// What the programs under `libfuzzer/` call.
///
/// # Panics
/// As [`Target::check`], and where there is no target of this name.
pub fn run(name: &str, data: &[u8]) {
    Target::find(name).unwrap_or_else(|| panic!("no target {name}")).check(data);
}
