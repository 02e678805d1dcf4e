//! `cargo xtask man` and `cargo xtask completions`: documents that the package docsgen makes from the programs' own option
//! tables. It is a package of its own so that a chore that needs no program does not wait for all of them.

use std::path::Path;

use anyhow::{Result, bail};

use crate::exec::{cargo, output, root};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub enum Documents {
    /// Manual pages, in the layout of `share/man`.
    Man,
    /// Completions, in the layout of `share`.
    Completions,
}

impl Documents {
    fn name(self) -> &'static str {
        match self {
            Documents::Man => "man",
            Documents::Completions => "completions",
        }
    }
}

pub fn run(documents: Documents, args: &[&str]) -> Result<()> {
    let directory = match args {
        [] => root().join("target").join(documents.name()),
        ["--out", directory] => std::path::absolute(directory)?,
        _ => bail!("{} takes nothing but --out DIR", documents.name()),
    };
    print!("{}", write(documents, &directory)?);
    Ok(())
}

/// Writes documents below `directory` and names them, a line each. They are built in one profile whatever the programs are built in:
/// they say the same.
pub fn write(documents: Documents, directory: &Path) -> Result<String> {
    let mut docsgen = cargo();
    docsgen.args(["run", "--quiet", "--package", "docsgen", "--", documents.name()]).arg(directory);
    output(&mut docsgen)
}
