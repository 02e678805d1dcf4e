//! File operations that go wrong, in the programs as they are.

use std::path::{Path, PathBuf};

use crate::hosts::shared_library;
use crate::{Realm, Run};

/// A library that programs are started with (`tests/harness/c/fault.c`): it counts what they do to the realm's files and has one operation
/// go wrong. It sees what goes through the C library; a system call made past it neither counts nor fails.
#[derive(Debug)]
pub struct Faults {
    library: PathBuf,
    // Held for its removal.
    _directory: tempfile::TempDir,
}

/// How an operation goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The program is killed (SIGKILL) when it comes to the operation.
    Kill,
    /// It is killed when it has done it, or half of the pages that it writes.
    Torn,
    /// The operation fails with this number of an error.
    Error(i32),
    /// The operation fails with this number of an error, and all that follow do too. With `ENOSPC` those that need no room succeed.
    ErrorForGood(i32),
}

impl Faults {
    /// Compiles the library.
    ///
    /// # Panics
    /// Where there is no compiler: `cargo xtask oracle` installs one.
    pub fn new() -> Faults {
        let directory = tempfile::tempdir().expect("cannot make a scratch directory");
        Faults { library: shared_library("fault", directory.path()), _directory: directory }
    }

    /// Has operation number `at` of the run, from 1 on, go wrong.
    pub fn strike(&self, run: Run, at: usize, fault: Fault) -> Run {
        let (how, stays) = match fault {
            Fault::Kill => ("kill".into(), false),
            Fault::Torn => ("torn".into(), false),
            Fault::Error(number) => (number.to_string(), false),
            Fault::ErrorForGood(number) => (number.to_string(), true),
        };
        let run = self.watch(run).env("FAULT_AT", at.to_string()).env("FAULT_HOW", how);
        if stays { run.env("FAULT_STAYS", "1") } else { run }
    }

    /// Only counts.
    pub fn watch(&self, run: Run) -> Run {
        let log = log(&run.realm);
        // What an earlier run has done does not count.
        let _ = std::fs::remove_file(&log);
        let under = run.realm.dir().to_path_buf();
        run.env("LD_PRELOAD", &self.library).env("FAULT_UNDER", under).env("FAULT_LOG", log)
    }

    /// The operations of the last run on the realm that was watched or struck, one a line.
    pub fn operations(&self, realm: &Realm) -> Vec<String> {
        let text = std::fs::read_to_string(log(realm)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::new()
    }
}

/// Beside the realm's directory, whose files are counted.
fn log(realm: &Realm) -> PathBuf {
    realm.dir().parent().unwrap_or(Path::new("/tmp")).join("operations")
}
