//! Every scripted case: MIT's kadmin.local and ours, in each of its forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use diff::{Case, Stands};

fn directory() -> PathBuf {
    harness::workspace().join("tests/diff/cases")
}

fn cases(file: &str) -> Vec<Case> {
    let text = fs::read_to_string(directory().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    diff::case::parse(file, &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs the cases of a file. `REALMSMITH_CASE` picks those with a text in their name.
fn check(file: &str) {
    let wanted = std::env::var("REALMSMITH_CASE").unwrap_or_default();
    let mut stands = Stands::default();
    let mut wrong = Vec::new();
    for case in cases(file).iter().filter(|case| case.name.contains(&wanted)) {
        for expected in &case.expected {
            harness::announced_divergence(&expected.divergence);
        }
        // What differs twice: the clock may strike between the two sides, but it does not do so each time.
        let mut once = || stands.for_case(case).check(case);
        if let Err(report) = once().or_else(|_| once()) {
            wrong.push(report);
        }
    }
    assert!(wrong.is_empty(), "{} cases differ\n{}", wrong.len(), wrong.join("\n\n"));
}

macro_rules! files {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(concat!(stringify!($name), ".txt"));
            }
        )*

        const FILES: &[&str] = &[$(concat!(stringify!($name), ".txt")),*];
    };
}

files! {
    add_alias add_policy add_principal change_password dates delete_policy delete_principal
    flags get_policy get_principal intervals ktadd ktremove list_principals
    modify_policy modify_principal others password_rules purgekeys quoting rename_principal
    startup strings
}

#[test]
fn no_file_is_left_out() {
    let mut there: Vec<String> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let mut run: Vec<&str> = FILES.to_vec();
    run.sort_unstable();
    assert_eq!(there, run);
}

#[test]
fn no_name_stands_twice() {
    let all: Vec<Case> = FILES.iter().flat_map(|file| cases(file)).collect();
    let mut seen = HashMap::new();
    for case in &all {
        if let Some(first) = seen.insert(case.name.as_str(), &case.place) {
            panic!("{} and {first} have one name: {}", case.place, case.name);
        }
    }
}
