//! Sequences of changes, at random from a seed that is printed: ktutil's shell beside MIT's, its commands on files beside what
//! MIT's programs do, and one file that all write in turn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

use compat::without_times;
use harness::{
    Entry, Mask, Pair, Realm, Side, heimdal_keytab, heimdal_ktutil, jdk_changes_keytab, jdk_keytab,
    mit_keytab,
};
use std::fs;

const NO_WORDS: [&str; 0] = [];
const ENCTYPES: [&str; 6] =
    ["aes128-cts", "aes256-cts", "aes128-sha2", "aes256-sha2", "arcfour-hmac", "camellia128-cts"];

/// The same each time, so that a change is judged by what it changes; `REALMSMITH_SEED` brings others.
struct Dice(u64);

impl Dice {
    fn new() -> Dice {
        let seed = std::env::var("REALMSMITH_SEED")
            .map_or(7, |seed| seed.parse().expect("REALMSMITH_SEED is a number"));
        println!("seed {seed}: REALMSMITH_SEED={seed} brings this back");
        Dice(seed)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn name(&mut self) -> String {
        let name = self.pick(&["a", "bb", "host/c", "host/longer.name", "HTTP/d", "e/f/g@OTHER"]);
        if name.contains('@') { name.to_owned() } else { format!("{name}{}", "x".repeat(self.below(9))) }
    }
}

/// A command of the shell.
fn command(dice: &mut Dice) -> String {
    let file = format!("f{}", dice.below(3));
    match dice.below(16) {
        0..=5 => {
            let (name, enctype) = (dice.name(), dice.pick(&ENCTYPES));
            let kvno = dice.pick(&["0", "1", "2", "255", "256", "70000"]);
            let password = dice.pick(&["pw", "another word", "p\u{e4}ss", ""]);
            format!("addent -password -p {name} -k {kvno} -e {enctype}\n{password}")
        }
        6..=7 => format!("delent {}", dice.below(9)),
        8..=9 => format!("rkt {file}"),
        10..=12 => format!("wkt {file}"),
        13 => "clear".to_owned(),
        14 => format!("l {}", dice.pick(&["", "-t", "-e", "-k -e"])),
        _ => dice.pick(&["delent", "rkt", "l -x", "nosuch", "addent -p a", "wst"]).to_owned(),
    }
}

#[test]
fn the_shell_beside_mits() {
    let mut dice = Dice::new();
    let pair = Pair::new();
    pair.create_by_mit("master");
    let mut holes = 0;
    for round in 0..20 {
        let commands: Vec<String> = (0..12).map(|_| command(&mut dice)).collect();
        let script = format!("{}\nl -e -k\n", commands.join("\n"));
        // Lists with times come and go; keys are compared.
        let _ = pair.run("ktutil", NO_WORDS).stdin(&script).run().same(Mask::TIMES).code(0);
        for file in ["f0", "f1", "f2"] {
            let (mit, ours) = (pair.mit().path(file), pair.ours().path(file));
            assert_eq!(mit.exists(), ours.exists(), "{file} in round {round}:\n{script}");
            if !mit.exists() {
                continue;
            }
            assert!(without_times(&mit) == without_times(&ours), "{file} in round {round}:\n{script}");
            // A hole here and there, of MIT's making on both sides.
            let entries = mit_keytab(&mit);
            if !entries.is_empty() && dice.below(2) == 0 {
                let Entry { principal, kvno, .. } = &entries[dice.below(entries.len())];
                pair.each(|realm| {
                    let words = ["ktremove", "-k", file, principal.as_str(), &kvno.to_string()];
                    realm.mit("kadmin.local", words).ok();
                });
                holes += 1;
            }
        }
    }
    assert!(holes > 10, "{holes} holes");
}

#[test]
fn commands_on_files_beside_mits_programs() {
    let mut dice = Dice::new();
    let realm = Realm::new(Side::Ours);
    realm.create("master");
    realm.write("pw", "secret\n");
    let ktutil = |line: &str| realm.run("ktutil", line.split_whitespace()).ok();
    let mit_ktutil = |script: &str| {
        let output = realm.mit("ktutil", NO_WORDS).stdin(script).ok();
        assert_eq!(output.stderr, "", "{output}");
        output
    };
    let entries = || {
        if realm.path("mit").exists() { mit_keytab(&realm.path("mit")) } else { Vec::new() }
    };
    let mut kvno = 0;
    let mut did = [0; 6];
    for step in 0..70 {
        let there = entries();
        let what = dice.below(10);
        let line = match what {
            0..=3 => {
                kvno += 1;
                let (name, enctype) = (dice.name(), dice.pick(&ENCTYPES));
                mit_ktutil(&format!("addent -password -p {name} -k {kvno} -e {enctype}\nsecret\nwkt mit\n"));
                did[0] += 1;
                format!("add ours -p {name} -k {kvno} -e {enctype} --password-file pw")
            }
            4..=6 if there.len() > 2 => {
                let Entry { principal, kvno, .. } = &there[dice.below(there.len())];
                realm.mit("kadmin.local", ["ktremove", "-k", "mit", principal, &kvno.to_string()]).ok();
                did[1] += 1;
                format!("remove ours -p {principal} -k {kvno}")
            }
            7 if there.len() > 2 => {
                let Entry { principal, .. } = &there[dice.below(there.len())];
                // Says on standard error if there is nothing old.
                realm.mit("kadmin.local", ["ktremove", "-k", "mit", principal, "old"]).ok();
                did[2] += 1;
                format!("purge ours -p {principal}")
            }
            8 => {
                kvno += 1;
                let source = format!("source{step}");
                for name in [dice.name(), dice.name() + "2"] {
                    ktutil(&format!("add {source} -p {name} -k {kvno} -e aes256-cts,arcfour-hmac -randkey"));
                }
                mit_ktutil(&format!("rkt {source}\nwkt mit\n"));
                did[3] += 1;
                if step % 2 == 0 { format!("copy {source} ours") } else { format!("merge ours {source}") }
            }
            9 if !there.is_empty() => {
                // MIT has nothing like it; what becomes of the file is read by all below.
                let Entry { principal, .. } = &there[dice.below(there.len())];
                ktutil(&format!("rename ours {principal} renamed{step}/x@R"));
                fs::copy(realm.path("ours"), realm.path("mit")).unwrap();
                did[4] += 1;
                continue;
            }
            _ => continue,
        };
        ktutil(&line);
        did[5] += 1;
        assert!(
            without_times(&realm.path("mit")) == without_times(&realm.path("ours")),
            "step {step}: {line}"
        );
    }
    assert!(did.iter().all(|&count| count > 2), "{did:?}");
    let mit = mit_ktutil("rkt mit\nlist -e\n").stdout;
    let (_, mit) = mit.split_once("list -e\n").unwrap();
    assert!(mit.starts_with(&ktutil("list ours -e").stdout), "{mit}");
}

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort();
    entries
}

/// Ours, MIT's, Heimdal's and the JDK's programs change one file in turn. After each they all read the same entries, and
/// those are the ones that should be there.
#[test]
fn everybody_in_turn() {
    let mut dice = Dice::new();
    let realm = Realm::new(Side::Ours);
    realm.create("master");
    realm.write("pw", "secret\n");
    let path = realm.path("k");
    let mut there: Vec<(String, u32)> = Vec::new();
    let mut by = [[0; 2]; 4];
    for step in 1..=12u32 {
        let who = step as usize % 4;
        let removes = (6..=9).contains(&step);
        by[who][usize::from(removes)] += 1;
        if removes {
            let (name, kvno) = there.swap_remove(dice.below(there.len()));
            let number = kvno.to_string();
            match who {
                0 => drop(realm.run("ktutil", ["remove", "k", "-p", &name, "-k", &number]).ok()),
                1 => drop(realm.mit("kadmin.local", ["ktremove", "-k", "k", &name, &number]).ok()),
                2 => drop(heimdal_ktutil(&path, &["remove", "-p", &name, "-V", &number])),
                _ => jdk_changes_keytab(&path, &["delete", &name, &number]),
            }
        } else {
            let name = format!("host/{}{step}@EXAMPLE.COM", "n".repeat(dice.below(12)));
            let number = step.to_string();
            let types = "aes256-cts-hmac-sha1-96,aes128-cts-hmac-sha1-96";
            match who {
                0 => {
                    let words =
                        ["add", "k", "-p", &name, "-k", &number, "-e", types, "--password-file", "pw"];
                    drop(realm.run("ktutil", words).ok());
                }
                1 => {
                    let adds = types
                        .split(',')
                        .map(|e| format!("addent -password -p {name} -k {step} -e {e}\nsecret\n"));
                    let script = adds.collect::<String>() + "wkt k\n";
                    assert_eq!(realm.mit("ktutil", NO_WORDS).stdin(&script).ok().stderr, "");
                }
                2 => {
                    for enctype in types.split(',') {
                        let words = ["add", "-p", &name, "-V", &number, "-e", enctype, "-w", "secret"];
                        drop(heimdal_ktutil(&path, &words));
                    }
                }
                _ => jdk_changes_keytab(&path, &["add", &name, "secret", &number]),
            }
            there.push((name, step));
        }
        let entries = sorted(mit_keytab(&path));
        assert!(sorted(heimdal_keytab(&path)) == entries, "Heimdal, step {step}");
        assert!(sorted(jdk_keytab(&path)) == entries, "the JDK, step {step}");
        let listing = realm.run("ktutil", ["list", "k"]).ok();
        assert_eq!(listing.stdout.lines().count(), entries.len() + 2, "step {step}: {listing}");
        let mut found: Vec<(String, u32)> = entries.iter().map(|e| (e.principal.clone(), e.kvno)).collect();
        found.dedup();
        let mut expected = there.clone();
        expected.sort_by_key(|(name, kvno)| (*kvno, name.clone()));
        assert_eq!(found, expected, "step {step}");
    }
    // Who made the keys does not show: they are those of the password.
    for (name, kvno) in &there {
        let number = kvno.to_string();
        let words = ["add", "k", "-p", name, "-k", &number, "-e", "aes256-cts", "--password-file", "pw"];
        assert_eq!(realm.run("ktutil", words).ok().stdout, "", "{name}");
    }
    println!("additions and removals by ours, MIT, Heimdal, JDK: {by:?}");
    assert!(by.iter().flatten().all(|&count| count > 0), "{by:?}");
}
