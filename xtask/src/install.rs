//! `cargo xtask install`: the programs under the names and in the directories that MIT gives them, their manual pages, and
//! completions where the shells look for them.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::docs::{self, Documents};
use crate::exec::{cargo, check, output, root};

/// Package and cargo's name of the program, directory under the prefix, installed name. Cargo cannot name a
/// program `kadmin.local`.
const PROGRAMS: [(&str, &str, &str); 7] = [
    ("klist", "bin", "klist"),
    ("ktadd", "bin", "ktadd"),
    ("k5srvutil", "bin", "k5srvutil"),
    ("ktutil", "bin", "ktutil"),
    ("kdb5_util", "sbin", "kdb5_util"),
    ("kproplog", "sbin", "kproplog"),
    ("kadmin_local", "sbin", "kadmin.local"),
];

pub fn run(args: &[&str]) -> Result<()> {
    let mut prefix = root().join("target/install");
    let mut profile = "release";
    let mut words = args.iter();
    while let Some(&word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let mut value =
            || value.or_else(|| words.next().copied()).with_context(|| format!("{name} needs a value"));
        match name {
            "--prefix" => prefix = std::path::absolute(value()?)?,
            "--profile" => profile = value()?,
            other => {
                bail!("install: I do not know \"{other}\"; use --prefix DIR and --profile dev or release")
            }
        }
    }
    for path in install(&prefix, profile)? {
        println!("{}", path.display());
    }
    print!("{}", docs::write(Documents::Man, &prefix.join("share/man"))?);
    print!("{}", docs::write(Documents::Completions, &prefix.join("share"))?);
    Ok(())
}

/// Builds the programs in `profile` and puts them under `prefix`; gives the paths of the installed programs.
pub fn install(prefix: &Path, profile: &str) -> Result<Vec<PathBuf>> {
    let built_in = match profile {
        "dev" => "debug",
        "release" => "release",
        other => bail!("no profile \"{other}\"; use dev or release"),
    };
    let mut build = cargo();
    build.args(["build", "--quiet", "--profile", profile]);
    for (package, _, _) in PROGRAMS {
        build.args(["--package", package]);
    }
    check(&mut build)?;

    let built_in = target_directory()?.join(built_in);
    let mut installed = Vec::new();
    for (package, directory, name) in PROGRAMS {
        let to = prefix.join(directory);
        fs::create_dir_all(&to).with_context(|| format!("cannot make {}", to.display()))?;
        put(&built_in.join(package), &to, name)?;
        installed.push(to.join(name));
    }
    Ok(installed)
}

/// Copies `program` to `directory/name` so that whoever starts it meanwhile gets the old or the new one, whole.
fn put(program: &Path, directory: &Path, name: &str) -> Result<()> {
    let mut from = File::open(program).with_context(|| format!("cargo built no {}", program.display()))?;
    let mut copy = tempfile::NamedTempFile::new_in(directory)
        .with_context(|| format!("cannot write in {}", directory.display()))?;
    std::io::copy(&mut from, &mut copy).with_context(|| format!("cannot copy {}", program.display()))?;
    copy.as_file().set_permissions(Permissions::from_mode(0o755))?;
    let to = directory.join(name);
    copy.persist(&to).with_context(|| format!("cannot put {} in its place", to.display()))?;
    Ok(())
}

fn target_directory() -> Result<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).context("cargo metadata gave no JSON")?;
    let directory =
        metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(directory.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_replaces_the_old_one_and_may_be_run() {
        let scratch = tempfile::tempdir().unwrap();
        let built = scratch.path().join("built");
        fs::write(&built, "new").unwrap();
        fs::write(scratch.path().join("kadmin.local"), "old").unwrap();
        put(&built, scratch.path(), "kadmin.local").unwrap();
        let installed = scratch.path().join("kadmin.local");
        assert_eq!(fs::read_to_string(&installed).unwrap(), "new");
        assert_eq!(fs::metadata(&installed).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2, "nothing else is left behind");
    }

    #[test]
    fn a_program_that_was_not_built_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        let error = put(&scratch.path().join("klist"), scratch.path(), "klist").unwrap_err();
        assert!(error.to_string().contains("klist"), "{error}");
    }
}
