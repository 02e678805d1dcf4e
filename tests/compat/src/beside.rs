//! One command by MIT's program and by ours, on the very same files.

use harness::{Output, Realm, Run, Side, announced_divergence};
use std::ffi::OsString;

/// The same command for both sides on one realm, for what is only read. Not started yet.
#[must_use = "compare with .same() or .differs()"]
#[derive(Debug, Clone)]
pub struct Beside {
    mit: Run,
    ours: Run,
}

impl Beside {
    /// A program and its arguments.
    pub fn run<I: IntoIterator<Item = S>, S: Into<OsString>>(
        realm: &Realm,
        program: &str,
        args: I,
    ) -> Beside {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let of = |side| realm.by(side).run(program, args.clone());
        Beside { mit: of(Side::Mit), ours: of(Side::Ours) }
    }

    /// Sets a variable of the environment.
    pub fn env(self, name: &str, value: impl Into<OsString>) -> Beside {
        let value = value.into();
        Beside { mit: self.mit.env(name, value.clone()), ours: self.ours.env(name, value) }
    }

    /// Runs both: every byte that they say and the exit codes must be the same. Gives what was said.
    ///
    /// # Panics
    /// Where they differ.
    pub fn same(self) -> Output {
        let (mit, ours) = self.outputs();
        let said = |output: &Output| (output.stdout.clone(), output.stderr.clone(), output.exit);
        assert!(said(&mit) == said(&ours), "the sides differ\n{mit}\n{ours}");
        ours
    }

    /// Runs both: they must differ, as `docs/divergences.md` tells under this number. Gives what MIT's and ours said.
    ///
    /// # Panics
    /// Where they agree, or nothing is told.
    pub fn differs(self, divergence: &str) -> (Output, Output) {
        announced_divergence(divergence);
        let (mit, ours) = self.outputs();
        let said = |output: &Output| (output.stdout.clone(), output.stderr.clone(), output.exit);
        assert!(said(&mit) != said(&ours), "{divergence} is told, but the sides agree\n{ours}");
        (mit, ours)
    }

    /// What both say, not compared.
    pub fn outputs(self) -> (Output, Output) {
        (self.mit.output(), self.ours.output())
    }
}
