//! Manual pages and completions for bash, zsh and fish, made from the tables that the programs parse their command lines with
//! and from the texts that stand beside those tables ([`k5_cli::manual`]). Run by `cargo xtask man` and `cargo xtask completions`.
#![forbid(unsafe_code)]

mod bash;
mod fish;
mod line;
mod page;
mod roff;
mod zsh;

use k5_cli::manual::Manual;

/// The manuals of all programs.
#[must_use]
pub fn manuals() -> Vec<Manual> {
    vec![
        klist::manual(),
        ktadd::manual(),
        ktutil::manual(),
        k5srvutil::manual(),
        kdb5_util::manual(),
        kproplog::manual(),
        kadmin_local::manual(),
    ]
}

/// A file, by its path below the directory that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative, with slashes.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The manual pages, in the layout of `share/man`.
#[must_use]
pub fn pages() -> Vec<File> {
    let file = |manual: &Manual| {
        let (program, section) = (manual.program, manual.section);
        File { path: format!("man{section}/{program}.{section}"), text: page::page(manual) }
    };
    manuals().iter().map(file).collect()
}

/// The completions, in the layout of `share`.
#[must_use]
pub fn completions() -> Vec<File> {
    let files = |manual: &Manual| {
        let program = manual.program;
        [
            File { path: format!("bash-completion/completions/{program}"), text: bash::completion(manual) },
            File { path: format!("zsh/site-functions/_{program}"), text: zsh::completion(manual) },
            File {
                path: format!("fish/vendor_completions.d/{program}.fish"),
                text: fish::completion(manual),
            },
        ]
    };
    manuals().iter().flat_map(files).collect()
}
