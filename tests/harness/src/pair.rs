//! Two realms of one configuration, one for each side.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use crate::mask::{Mask, Masked};
use crate::realm::Scratch;
use crate::run::{Output, Run, words};
use crate::terminal::Terminal;
use crate::{Hosts, Realm, Setup, Side, divergences, dump};

/// Two realms of one configuration, in paths of one length: MIT's programs work on the first, ours on the second.
#[derive(Clone, Debug)]
pub struct Pair {
    reference: Realm,
    candidate: Realm,
}

impl Default for Pair {
    fn default() -> Self {
        Self::new()
    }
}

impl Pair {
    /// Two realms of MIT's defaults, without databases yet.
    pub fn new() -> Self {
        Self::with(Setup::new())
    }

    /// Two realms of this configuration, without databases yet.
    pub fn with(setup: Setup) -> Self {
        Self::of(Side::Mit, Side::Ours, setup)
    }

    /// Two realms for other sides: the harness tests itself with MIT against MIT.
    pub fn of(reference: Side, candidate: Side, setup: Setup) -> Self {
        let scratch = Scratch::new();
        Self {
            reference: Realm::within(scratch.clone(), "one", reference, setup.clone()),
            candidate: Realm::within(scratch, "two", candidate, setup),
        }
    }

    /// MIT's realm.
    pub fn mit(&self) -> &Realm {
        &self.reference
    }

    /// Our realm.
    pub fn ours(&self) -> &Realm {
        &self.candidate
    }

    /// Does the same with both realms.
    pub fn each(&self, mut act: impl FnMut(&Realm)) {
        act(&self.reference);
        act(&self.candidate);
    }

    /// Makes both databases with this master password, each by its own side, and compares what is said.
    pub fn create(&self, password: &str) {
        let _ = self.kdb5_util(["create", "-s", "-P", password]).same().code(0);
    }

    /// Makes both databases by MIT's programs, for tests that are not about making them. MIT's is made and our realm
    /// gets a copy of its files, so that even the keys are the same.
    pub fn create_by_mit(&self, password: &str) {
        let _ = self.reference.by(Side::Mit).create(password);
        self.copy_database();
    }

    /// Copies MIT's database and stash over ours, whatever was there.
    pub fn copy_database(&self) {
        let backend = self.reference.backend();
        for file in backend.files().iter().chain(&["stash"]) {
            fs::copy(self.reference.path(file), self.candidate.path(file))
                .unwrap_or_else(|error| panic!("cannot copy {file}: {error}"));
        }
    }

    /// The same command on both sides, not started yet. In arguments and input `{DIR}` stands for the directory of each.
    pub fn run<I, S>(&self, program: &str, args: I) -> PairRun
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let args = words(args);
        self.both(|realm| realm.run(program, args.clone()))
    }

    fn both(&self, make: impl Fn(&Realm) -> Run) -> PairRun {
        PairRun { pair: self.clone(), reference: make(&self.reference), candidate: make(&self.candidate) }
    }

    /// `kadmin.local` on both sides.
    pub fn kadmin_local<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> PairRun {
        self.run("kadmin.local", args)
    }

    /// `kdb5_util` on both sides.
    pub fn kdb5_util<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> PairRun {
        self.run("kdb5_util", args)
    }

    /// `klist` on both sides.
    pub fn klist<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> PairRun {
        self.run("klist", args)
    }

    /// Our `ktadd` against MIT's `kadmin.local ktadd`, which believes that its name is `ktadd`.
    pub fn ktadd<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, args: I) -> PairRun {
        let args = words(args);
        self.both(|realm| realm.ktadd(args.clone()))
    }

    /// The same program on two pseudo-terminals, typed to by `person`.
    pub fn terminal<I, S>(&self, program: &str, args: I, person: impl Fn(&mut Terminal)) -> PairTerminal
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let args = words(args);
        let show = |realm: &Realm| {
            let mut terminal = Terminal::open(&realm.run(program, args.clone()));
            person(&mut terminal);
            terminal.end()
        };
        PairTerminal(Both { mit: show(&self.reference), ours: show(&self.candidate), pair: self.clone() })
    }

    /// Both databases must mean the same to MIT: its dumps of them, times and keys masked, are equal.
    pub fn same_dump(&self) {
        let dumped = |realm: &Realm| dump::normalized(&realm.dump_by_mit(), Mask::KEYS_AND_TIMES);
        if let Some(difference) = dumped(&self.reference).difference(&dumped(&self.candidate)) {
            panic!("the databases differ (-MIT's, +ours):\n{difference}");
        }
    }
}

/// One command for both sides, not started yet.
#[must_use = "compare with .same() or .differs()"]
#[derive(Debug)]
pub struct PairRun {
    pair: Pair,
    reference: Run,
    candidate: Run,
}

impl PairRun {
    fn change(self, change: impl Fn(Run) -> Run) -> Self {
        Self { pair: self.pair, reference: change(self.reference), candidate: change(self.candidate) }
    }

    /// What both read from standard input; nothing by default.
    pub fn stdin(self, text: &str) -> Self {
        self.change(|run| run.stdin(text))
    }

    /// Sets a variable of the environment.
    pub fn env(self, name: &str, value: impl Into<OsString>) -> Self {
        let value = value.into();
        self.change(|run| run.env(name, value.clone()))
    }

    /// Takes a variable out of the environment.
    pub fn env_remove(self, name: &str) -> Self {
        self.change(|run| run.env_remove(name))
    }

    /// How long each may take.
    pub fn patience(self, patience: Duration) -> Self {
        self.change(|run| run.patience(patience))
    }

    /// Runs both on a machine with these names.
    pub fn among(self, hosts: &Arc<Hosts>) -> Self {
        self.change(|run| run.among(hosts))
    }

    /// Runs both with no power over the rights of files.
    pub fn bound_by_rights(self) -> Self {
        self.change(Run::bound_by_rights)
    }

    /// Runs both without comparing.
    pub fn run(self) -> Both {
        Both { mit: self.reference.output(), ours: self.candidate.output(), pair: self.pair }
    }

    /// Runs both: standard output, standard error and exit code must be the same, times and keys masked.
    pub fn same(self) -> Both {
        self.run().same(Mask::KEYS_AND_TIMES)
    }

    /// Runs both: they must be the same to the last byte, but for the scratch directory.
    pub fn same_bytes(self) -> Both {
        self.run().same(Mask::NONE)
    }

    /// Runs both, compares as [`PairRun::same`], then compares the file `name` that they wrote.
    pub fn same_file(self, name: &str, mask: Mask) -> Both {
        self.same().same_file(name, mask)
    }

    /// Runs both: they must differ, as `docs/divergences.md` tells under this number (`DIV-7`).
    pub fn differs(self, divergence: &str) -> Both {
        self.run().differs(divergence)
    }
}

/// Two screens.
#[must_use = "compare with .same() or .differs()"]
#[derive(Debug)]
pub struct PairTerminal(Both);

impl PairTerminal {
    /// Both screens and exit codes must be the same, times and keys masked.
    pub fn same(self) -> Both {
        self.0.same(Mask::KEYS_AND_TIMES)
    }

    /// The screens must differ, as `docs/divergences.md` tells under this number.
    pub fn differs(self, divergence: &str) -> Both {
        self.0.differs(divergence)
    }

    /// The screens, not compared.
    pub fn run(self) -> Both {
        self.0
    }
}

/// What both sides said. A screen stands in `stdout`.
#[derive(Debug)]
pub struct Both {
    /// What MIT's program said.
    pub mit: Output,
    /// What ours said.
    pub ours: Output,
    pair: Pair,
}

impl Both {
    fn difference(&self, mask: Mask) -> Option<String> {
        let mut parts = Vec::new();
        let streams = [
            ("stdout", &self.mit.stdout, &self.ours.stdout),
            ("stderr", &self.mit.stderr, &self.ours.stderr),
        ];
        for (name, mit, ours) in streams {
            let mit = Masked::new(mit, &self.mit.dir, mask);
            if let Some(difference) = mit.difference(&Masked::new(ours, &self.ours.dir, mask)) {
                parts.push(format!("{name} (-MIT's, +ours):\n{difference}"));
            }
        }
        if self.mit.exit != self.ours.exit {
            parts.push(format!("exit code: MIT's {}, ours {}", self.mit.exit, self.ours.exit));
        }
        (!parts.is_empty()).then(|| parts.join("\n"))
    }

    /// Both must have said the same.
    pub fn same(self, mask: Mask) -> Self {
        if let Some(difference) = self.difference(mask) {
            panic!("the sides differ\n{}\n{}\n{difference}", self.mit.command, self.ours.command);
        }
        self
    }

    /// They must have said different things, and `docs/divergences.md` must tell so under this number.
    pub fn differs(self, divergence: &str) -> Self {
        self.differs_as(divergence, &divergences::document())
    }

    fn differs_as(self, divergence: &str, document: &str) -> Self {
        divergences::must_be_announced(divergence, document);
        if self.difference(Mask::KEYS_AND_TIMES).is_none() {
            panic!("{divergence} is told in docs/divergences.md, but the sides agree\n{}", self.ours);
        }
        self
    }

    /// Both must have ended with this exit code.
    pub fn code(self, code: i32) -> Self {
        Self { mit: self.mit.code(code), ours: self.ours.code(code), pair: self.pair }
    }

    /// The file `name` that each wrote must be the same. A dump and a keytab are compared by what they say, with `mask`;
    /// other text with `mask`; everything else to the last byte.
    pub fn same_file(self, name: &str, mask: Mask) -> Self {
        let masked = |realm: &Realm| file(realm, name, mask);
        if let Some(difference) = masked(&self.pair.reference).difference(&masked(&self.pair.candidate)) {
            panic!("the files {name} differ (-MIT's, +ours) after\n{}\n{difference}", self.mit.command);
        }
        self
    }
}

/// A file as masked text.
fn file(realm: &Realm, name: &str, mask: Mask) -> Masked {
    let bytes = realm.read(name);
    if bytes.starts_with(b"\x05\x01") || bytes.starts_with(b"\x05\x02") {
        let listing = realm.mit("klist", ["-k", "-e", "-t", "-K", name]).ok();
        let size = format!("{}{} bytes\n", listing.stdout, bytes.len());
        return Masked::new(&size, realm.dir(), mask);
    }
    let text = crate::run::text(&bytes);
    if text.starts_with("kdb5_util load_dump version") {
        return dump::normalized(&text, mask);
    }
    Masked::new(&text, realm.dir(), mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(mit: &str, ours: &str) -> Both {
        let pair = Pair::of(Side::Mit, Side::Mit, Setup::new());
        let output = |realm: &Realm, said: &str| Output {
            command: "x".into(),
            dir: realm.dir().into(),
            stdout: said.into(),
            stderr: String::new(),
            exit: 0,
        };
        Both { mit: output(pair.mit(), mit), ours: output(pair.ours(), ours), pair }
    }

    #[test]
    fn an_announced_difference_passes() {
        let _ = both("a", "b").differs_as("DIV-7", "## DIV-7 b is better");
    }

    #[test]
    #[should_panic(expected = "but the sides agree")]
    fn an_announced_difference_that_is_gone_fails() {
        let _ = both("a", "a").differs_as("DIV-7", "## DIV-7 b is better");
    }

    #[test]
    #[should_panic(expected = "has no heading")]
    fn a_difference_that_nobody_announced_fails() {
        let _ = both("a", "b").differs_as("DIV-8", "## DIV-7 b is better");
    }
}
