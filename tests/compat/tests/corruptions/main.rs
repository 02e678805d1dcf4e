//! Single bytes of a database are changed at random. `kdb5_util verify` must find each change that breaks structure, decoding
//! or a key; of those that it lets pass, MIT and a reading of MIT's dumps ([`judge`]) say that they break none. The format has no
//! checksums: a changed time is a time. And `--recover` must save every principal that has no part on the damaged page.
//!
//! `REALMSMITH_SEED` brings a run back, `REALMSMITH_CORRUPTIONS` gives the number of changes that must be found in all files
//! together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod dice;
mod judge;
mod lines;
mod pages;
mod realms;

use dice::Dice;
use harness::Realm;
use judge::Judge;
use pages::Pages;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Changes that must be found, unless `REALMSMITH_CORRUPTIONS` says how many.
const WANTED: usize = 300;

/// Changes bytes of one of the realm's files until its share of the changes, in percent, was found.
fn corrupt(what: &str, realm: &Realm, file: &str, share: usize) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let seed = number("REALMSMITH_SEED").unwrap_or(20_261_121);
    let wanted = number("REALMSMITH_CORRUPTIONS").map_or(WANTED, |wanted| wanted as usize);
    let wanted = (wanted * share).div_ceil(100);
    let sound = realm.read(file);
    let judge = Judge::new(realm);
    let pages = Pages::of(&sound, file.ends_with(".kadm5"));
    let mut dice = Dice::new(seed, what);
    let (mut found, mut passed, mut wrong) = (0, BTreeMap::<String, usize>::new(), Vec::new());
    let mut drawn = 0;
    while found < wanted {
        let at = dice.below(sound.len());
        // Long stretches of one byte are unused for the most part: not all of them are worth a try.
        let around = &sound[at.saturating_sub(16)..(at + 16).min(sound.len())];
        if around.iter().all(|byte| *byte == around[0]) && dice.below(10) != 0 {
            continue;
        }
        drawn += 1;
        let mut bytes = sound.clone();
        bytes[at] ^= dice.flip();
        let change = format!(
            "byte {at} (page {}, byte {} of it): {:#04x} became {:#04x}",
            at / pages::SIZE,
            at % pages::SIZE,
            sound[at],
            bytes[at]
        );
        realm.write(file, &bytes);
        for name in ["rescued", "rescued.scanned"] {
            let _ = fs::remove_file(realm.path(name));
        }
        let output = realm.kdb5_util(["verify", "--recover", "rescued"]).output();
        let sane = output.stderr.is_empty() && realm.path("rescued").exists();
        match output.exit {
            1 if sane => found += 1,
            0 if sane => match judge.verdict() {
                Ok(class) => *passed.entry(class).or_default() += 1,
                Err(why) => wrong.push(format!("{change}: not found, though {why}")),
            },
            _ => wrong.push(format!("{change}: verify fails: {output}")),
        }
        if sane && let Err(why) = saved(realm, &judge, &pages, at / pages::SIZE) {
            wrong.push(format!("{change}: {why}\n{}", output.stdout));
        }
    }
    realm.write(file, &sound);
    println!("{what}: seed {seed}, {drawn} bytes changed, {found} found; by nature valid:");
    passed.iter().for_each(|(class, count)| println!("    {count:5} {class}"));
    assert!(wrong.is_empty(), "{what}, seed {seed}: {} of {drawn}\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether all that has no part on a page was saved, as it was, and nothing that had been deleted.
fn saved(realm: &Realm, judge: &Judge, pages: &Pages, damaged: usize) -> Result<(), String> {
    let read = |name: &str| match realm.path(name).exists() {
        true => lines::by_name(&realm.read(name)),
        false => BTreeMap::new(),
    };
    let (first, second) = (read("rescued"), read("rescued.scanned"));
    let mut lost = BTreeSet::new();
    for (name, line) in judge.lines() {
        let touched = pages.touch(name, damaged);
        let saved = first.get(name).or_else(|| second.get(name));
        if !touched && saved != Some(line) {
            lost.insert(String::from_utf8_lossy(&name.1).into_owned());
        }
    }
    if !lost.is_empty() {
        return Err(format!("not saved: {lost:?}"));
    }
    // A name on the damaged page may have become another; what was deleted has no business there.
    let deleted = |name: &&lines::Name| name.1.windows(8).any(|part| part == b"deleted-");
    match first.keys().chain(second.keys()).find(deleted) {
        None => Ok(()),
        Some(name) => Err(format!("deleted, but saved: {}", String::from_utf8_lossy(&name.1))),
    }
}

#[test]
fn golden_tree() {
    corrupt("golden tree", &realms::golden("db2"), "principal", 20);
}

#[test]
fn golden_tree_in_the_other_byte_order() {
    corrupt("golden tree, big-endian", &realms::golden("big-endian"), "principal", 15);
}

#[test]
fn golden_hash() {
    corrupt("golden hash", &realms::golden("hash"), "principal", 20);
}

#[test]
fn made_tree() {
    corrupt("made tree", &realms::made(false), "principal", 20);
}

#[test]
fn made_hash() {
    corrupt("made hash", &realms::made(true), "principal", 15);
}

#[test]
fn policies() {
    corrupt("golden policies", &realms::golden("db2"), "principal.kadm5", 3);
    corrupt("made policies", &realms::made(false), "principal.kadm5", 7);
}
