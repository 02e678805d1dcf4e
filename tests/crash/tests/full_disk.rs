//! A disk that is really full, with less and less missing: the error says so, nothing is lost, and with room all goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use crash::state::State;
use crash::template::{Shape, Template, template};
use harness::{BackEnd, Output, Realm, Run, Setup, Side, SmallDisk};

const FULL: &str = "No space left on device";

/// A realm whose database and stash file are on a small disk.
struct Small {
    realm: Realm,
    template: Arc<Template>,
    _disk: SmallDisk,
}

impl Small {
    fn new(shape: Shape, kibibytes: usize) -> Small {
        let backend = BackEnd::of_this_run();
        let template = template(backend, shape);
        let section =
            "[dbmodules]\n    EXAMPLE.COM = {\n        database_name = {DIR}/disk/principal\n    }\n";
        let realm = Realm::with(Side::Ours, Setup::new().backend(backend).kdc_text(section));
        let disk = SmallDisk::mount(&realm.path("disk"), kibibytes);
        Small { realm, template, _disk: disk }
    }

    /// The template's files, and so much room beside them.
    fn renew(&self, free: u64) {
        for name in self.names() {
            fs::remove_file(self.realm.path(&name)).unwrap();
        }
        for (name, content) in &self.template.files {
            self.realm.write(&format!("disk/{name}"), content);
        }
        fs::copy(self.realm.path("disk/stash"), self.realm.path("stash")).unwrap();
        // LMDB's lock files are there from then on, with all of their blocks.
        let _ = self.realm.kdb5_util(["dump"]).ok();
        let mut ballast = File::create(self.ballast()).unwrap();
        while ballast.write_all(&[0; 4096]).is_ok() {}
        let length = ballast.metadata().unwrap().len();
        OpenOptions::new()
            .write(true)
            .open(self.ballast())
            .unwrap()
            .set_len(length.saturating_sub(free * 1024))
            .unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.realm.path("disk/ballast")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.realm.path("disk")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| format!("disk/{}", entry.unwrap().file_name().to_str().unwrap())).collect();
        names.sort();
        names
    }

    /// The database as MIT finds it on the full disk.
    fn state(&self) -> State {
        State::from_dump(&self.realm.dump_by_mit()).unwrap()
    }

    /// With room there is nothing left to complain of.
    fn goes_on(&self, again: Run) {
        fs::remove_file(self.ballast()).unwrap();
        let _ = again.ok();
        let _ = self.realm.kdb5_util(["verify"]).ok();
        let _ = self.realm.kadmin_local(["addprinc", "-randkey", "afterwards"]).ok();
        let state = self.state();
        assert!(state.principals.contains_key("afterwards"));
        let files: &[&str] = match self.realm.backend() {
            BackEnd::Db2 => {
                &["principal", "principal.kadm5", "principal.kadm5.lock", "principal.ok", "stash"]
            }
            BackEnd::Klmdb => &[
                "principal.lockout.mdb",
                "principal.lockout.mdb-lock",
                "principal.mdb",
                "principal.mdb-lock",
                "stash",
            ],
        };
        assert_eq!(self.names(), files.iter().map(|name| format!("disk/{name}")).collect::<Vec<_>>());
    }
}

fn full(output: &Output) {
    assert_eq!(output.exit, 1, "{output}");
    let _ = output.clone().stderr_has(FULL);
}

/// Work that happens whole or not at all: with so much more room each time, until it succeeds.
fn whole_or_not(small: &Small, step: u64, prepare: impl Fn(&Realm), run: impl Fn(&Realm) -> Run) {
    let before = &small.template.state;
    for (failures, free) in (0..).step_by(usize::try_from(step).unwrap()).enumerate() {
        small.renew(free);
        prepare(&small.realm);
        let stash = small.realm.read("disk/stash");
        let output = run(&small.realm).output();
        if output.exit == 0 {
            assert!(failures > 0, "it needs room: {output}");
            let _ = small.realm.kdb5_util(["verify"]).ok();
            return;
        }
        full(&output);
        let difference = before.difference(&small.state());
        assert!(difference.is_empty(), "{free} KiB free: {difference:?}");
        assert!(small.realm.read("disk/stash") == stash);
        small.goes_on(run(&small.realm));
    }
}

#[test]
fn principals_are_added_until_it_is_full() {
    let small = Small::new(Shape::Tree, 2048);
    for free in [0, 4, 12, 40, 100, 400, 700] {
        small.renew(free);
        let names: Vec<String> =
            (0..120).map(|number| format!("{}{number}", char::from(b'a' + number % 26))).collect();
        let lines: String = names
            .iter()
            .map(|name| format!("addprinc -randkey {name}\nsetstr {name} note {}\n", "v".repeat(1500)))
            .collect();
        let output = small.realm.kadmin_local(Vec::<String>::new()).stdin(&lines).ok();
        if free <= 100 {
            let _ = output.clone().stderr_has(FULL);
        }
        for line in output.stderr.lines().filter(|line| line.contains(".journal")) {
            assert!(line.contains("cannot write the journal, and nothing was changed: No space"), "{line}");
        }
        let state = small.state();
        let mut wanted = small.template.state.clone();
        for name in &names {
            if output.stdout.contains(&format!("Principal \"{name}@EXAMPLE.COM\" created.")) {
                let mut facts =
                    crash::state::Facts { max_life: 86400, kvno: 1, keys: 2, ..Default::default() };
                if output.stdout.contains(&format!("Attribute set for principal \"{name}@EXAMPLE.COM\".")) {
                    facts.strings = 1506;
                }
                wanted.principals.insert(name.clone(), facts);
            }
        }
        let difference = wanted.difference(&state);
        assert!(difference.is_empty(), "{free} KiB free: {difference:?}");
        small.goes_on(small.realm.kadmin_local(["addprinc", "-randkey", "with-room"]));
    }
}

#[test]
fn a_load() {
    let small = Small::new(Shape::Tree, 2048);
    let dump = small.template.dump.clone();
    whole_or_not(
        &small,
        100,
        |realm| realm.write("other", &dump),
        |realm| realm.kdb5_util(["load", "{DIR}/other"]),
    );
    let update = |realm: &Realm| realm.kdb5_util(["load", "-update", "{DIR}/other"]);
    whole_or_not(&small, 100, |realm| realm.write("other", &dump), update);
}

/// More than a load keeps in memory, so that it goes to a file beside the database before it is in order.
#[test]
fn a_load_that_has_to_sort() {
    let small = Small::new(Shape::Small, 65536);
    let dump = template(BackEnd::of_this_run(), Shape::Large).dump.clone();
    let pattern = dump.lines().find(|line| line.contains("\tuser00001@")).unwrap();
    // Each with 4,000 bytes of a type that nobody knows, backwards.
    let long = pattern.replacen("\t4\t2\t0\t", "\t5\t2\t0\t", 1);
    assert_ne!(long, pattern, "it has four tagged data and two keys");
    let data = format!("\t0\t0\t1\t4000\t{}", "ab".repeat(4000)).replacen("\t0\t0\t1\t", "\t4242\t", 1);
    let at = long.match_indices('\t').nth(14).unwrap().0;
    let long = format!("{}{data}{}", &long[..at], &long[at..]);
    let lines =
        (0..16_000).rev().map(|number| long.replacen("user00001", &format!("user{number:05}"), 1) + "\n");
    let text = format!("{}{}", small.template.dump, lines.collect::<String>());
    for free in [0, 20, 2_000, 30_000] {
        small.renew(free);
        small.realm.write("other", &text);
        full(&small.realm.kdb5_util(["load", "{DIR}/other"]).output());
        assert_eq!(small.template.state.difference(&small.state()), Vec::<String>::new());
        small.realm.write("other", &small.template.dump);
        small.goes_on(small.realm.kdb5_util(["load", "{DIR}/other"]));
    }
}

#[test]
fn work_with_master_keys() {
    let small = Small::new(Shape::Tree, 2048);
    let add = |realm: &Realm| realm.kdb5_util(["add_mkey"]).stdin("third\nthird\n");
    tolerant(&small, add);
    let small = Small::new(Shape::TwoMasters, 2048);
    tolerant(&small, |realm| realm.kdb5_util(["update_princ_encryption", "-f"]));
    tolerant(&small, |realm| realm.kdb5_util(["use_mkey", "1"]));
    // MIT's module, which reads while it writes, leaves 12 MiB of LMDB behind.
    let small = Small::new(Shape::Converted, 16384);
    tolerant(&small, |realm| realm.kdb5_util(["purge_mkeys", "-f"]));
}

/// Work that may find the room that it needs in the files that are there.
fn tolerant(small: &Small, run: impl Fn(&Realm) -> Run) {
    for free in [0, 4, 8, 100, 200, 400] {
        small.renew(free);
        let output = run(&small.realm).output();
        if output.exit == 0 {
            let _ = small.realm.kdb5_util(["verify"]).ok();
            let _ = small.realm.dump_by_mit();
            continue;
        }
        full(&output);
        let difference = small.template.state.difference(&small.state());
        assert!(difference.is_empty(), "{free} KiB free: {difference:?}");
        let _ = small.realm.kdb5_util(["verify"]).ok();
        small.goes_on(run(&small.realm));
    }
}

#[test]
fn a_stash_file() {
    let small = Small::new(Shape::TwoMasters, 2048);
    small.renew(0);
    let stash = small.realm.read("disk/stash");
    // Without the time at which they were written.
    let keys = || small.realm.mit("klist", ["-k", "-e", "-K", "disk/stash"]).ok().stdout;
    let before = keys();
    let words = ["stash", "-f", "{DIR}/disk/stash"];
    full(&small.realm.kdb5_util(words).output());
    assert!(small.realm.read("disk/stash") == stash);
    small.goes_on(small.realm.kdb5_util(words));
    assert!(keys() == before, "the same keys");
}
