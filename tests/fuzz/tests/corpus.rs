//! Each target over its corpus and over mutations of it that are the same in every run, on any toolchain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fuzz::{Mutator, TARGETS, Target};

/// Mutations for each target; a sequence of operations takes a hundred times as long as a record.
fn mutations(target: Target) -> u64 {
    if target.name.starts_with("engine_") { 100 } else { 2_000 }
}

/// Runs the target; what it stumbles over is kept in a file, for the next look.
fn check(target: Target, what: &str, data: &[u8]) -> Result<(), String> {
    let thrown = match catch_unwind(AssertUnwindSafe(|| target.check(data))) {
        Ok(()) => return Ok(()),
        Err(thrown) => thrown,
    };
    let told = thrown.downcast_ref::<String>().map(String::as_str);
    let told = told.or_else(|| thrown.downcast_ref::<&str>().copied()).unwrap_or("no text");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{what}", target.name));
    fs::write(&place, data).expect("the target directory can be written");
    Err(format!("{}, {what}: {told}\n  the input is in {}", target.name, place.display()))
}

/// One test, since the targets measure what the program allocates.
#[test]
fn every_target_bears_its_corpus_and_mutations() {
    let mut wrong = Vec::new();
    for target in TARGETS {
        let inputs = target.inputs();
        let seeds = inputs.iter().map(|(name, data)| check(target, name, data));
        let seeds: Vec<_> = seeds.filter_map(Result::err).collect();
        let mutations = (0..mutations(target)).map(|number| {
            let mut mutator = Mutator::new(number);
            let (chosen, other) = (mutator.below(inputs.len()), mutator.below(inputs.len()));
            let data = mutator.mutate(&inputs[chosen].1, &inputs[other].1);
            check(target, &format!("mutation-{number}"), &data)
        });
        // The first few tell enough.
        wrong.extend(seeds.into_iter().chain(mutations.filter_map(Result::err)).take(3));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A target that cargo-fuzz does not know, or the other way about, is never run.
#[test]
fn every_target_has_its_program_and_its_corpus() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |directory: PathBuf| {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<String> =
            entries.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let targets: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names(here.join("libfuzzer/fuzz_targets")), targets);
    assert_eq!(names(here.join("corpus")), targets);
    let manifest = fs::read_to_string(here.join("libfuzzer/Cargo.toml")).unwrap();
    for target in targets {
        assert!(manifest.contains(&format!("name = \"{target}\"\n")), "{target} has no [[bin]]");
        let program = fs::read_to_string(here.join(format!("libfuzzer/fuzz_targets/{target}.rs"))).unwrap();
        assert!(program.contains(&format!("fuzz::run(\"{target}\", data)")), "{target}: {program}");
    }
}
