//! Whose programs run, and where they are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Whose programs run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Those that Debian's packages of MIT krb5 install: the reference.
    Mit,
    /// Those of this project.
    Ours,
}

impl Side {
    /// The directories of the side's programs, in the order in which they are searched.
    pub(crate) fn directories(self) -> Vec<PathBuf> {
        match self {
            Side::Mit => ["/usr/sbin", "/usr/bin"].map(PathBuf::from).into(),
            Side::Ours => ["sbin", "bin"].map(|directory| our_prefix().join(directory)).into(),
        }
    }

    /// The path of the side's program `name`.
    ///
    /// # Panics
    /// Where it is missing: a test without its oracle fails, it is never passed over.
    pub fn program(self, name: &str) -> PathBuf {
        let directories = self.directories();
        match directories.iter().map(|directory| directory.join(name)).find(|path| path.is_file()) {
            Some(path) => path,
            None => {
                let hint = match self {
                    Side::Mit => "MIT's programs are missing: `cargo xtask oracle` installs them",
                    Side::Ours => "this project has no such program",
                };
                panic!("no program {name} in {directories:?}; {hint}")
            }
        }
    }

    /// What to call the side in a report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Side::Mit => "MIT",
            Side::Ours => "ours",
        }
    }
}

/// The top of the source tree.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the harness lives two levels below the top").to_path_buf()
}

/// Where our programs are installed: `REALMSMITH_TEST_PREFIX`, or else they are built and installed now, once for
/// each test program, so that what is tested is never older than the source.
fn our_prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        if let Some(prefix) = std::env::var_os("REALMSMITH_TEST_PREFIX") {
            return prefix.into();
        }
        let prefix = workspace().join("target/test-install");
        let out = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(["xtask", "install", "--profile", "dev", "--prefix"])
            .arg(&prefix)
            .current_dir(workspace())
            .output()
            .expect("cargo cannot be run");
        if !out.status.success() {
            panic!("cannot build our programs: {}", String::from_utf8_lossy(&out.stderr));
        }
        prefix
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "MIT's programs are missing")]
    fn a_missing_oracle_fails() {
        let _ = Side::Mit.program("no-such-program");
    }
}
