//! Checks on the text of the source files: none too long, no test switched off, no crate with room for unsafe code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::exec::root;

/// No file that people read may be longer, in lines.
const LONGEST: usize = 1_000;

/// The crates that have unsafe code, in places that they name.
const UNSAFE: [&str; 2] = ["crates/lmdb/src/lib.rs", "crates/cli/src/lib.rs"];

/// What people write; data that programs made may be of any length.
const WRITTEN: [&str; 6] = ["rs", "md", "toml", "sh", "java", "conf"];

pub fn check() -> Result<()> {
    let root = root();
    let mut wrong = Vec::new();
    for path in written(&root)? {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let rust = path.extension().is_some_and(|e| e == "rs");
        let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        wrong.extend(faults(&name, &text, rust));
    }
    if !wrong.is_empty() {
        bail!("the source files break the rules of docs/design.md:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

fn faults(name: &str, text: &str, rust: bool) -> Vec<String> {
    let mut wrong = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST {
        wrong.push(format!("{name}: {lines} lines, and {LONGEST} is the limit"));
    }
    let begins_a_crate = name.ends_with("src/lib.rs") || name.ends_with("src/main.rs");
    // `k5_cli::main!` allows itself what it needs.
    let program = name.starts_with("crates/tools/") && name.ends_with("src/main.rs");
    let denies = UNSAFE.contains(&name) || program;
    let rule = if denies { "#![deny(unsafe_code)]" } else { "#![forbid(unsafe_code)]" };
    if program && text.contains("allow(unsafe_code)") {
        wrong.push(format!("{name}: only a library may have room for unsafe code"));
    }
    if begins_a_crate && !text.lines().any(|line| line == rule) {
        wrong.push(format!("{name}: {rule} is missing"));
    }
    let off = |line: &str| {
        let attribute = line.trim_start().strip_prefix("#[").map(str::trim_start);
        attribute
            .is_some_and(|a| a.starts_with("ignore") || (a.starts_with("cfg_attr") && a.contains("ignore")))
    };
    for (number, _) in text.lines().enumerate().filter(|(_, line)| rust && off(line)) {
        wrong.push(format!("{name}:{}: a test is switched off; make it pass or take it out", number + 1));
    }
    wrong
}

/// The written files below `top`, without build output and hidden directories but `.ci` and `.cargo`.
fn written(top: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![top.to_path_buf()];
    while let Some(directory) = open.pop() {
        for entry in
            fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?
        {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
            let kind = entry.file_type()?;
            if kind.is_dir() && !hidden && name != "target" {
                open.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|e| WRITTEN.iter().any(|w| e == *w)) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_named() {
        assert!(faults("a.rs", &"x\n".repeat(LONGEST), true).is_empty());
        assert_eq!(faults("a.rs", &"x\n".repeat(LONGEST + 1), true).len(), 1);
    }

    #[test]
    fn a_test_that_is_switched_off_is_named() {
        let plain = concat!("#[test]\n", "  #[", "ignore]\nfn a() {}\n");
        assert_eq!(faults("a.rs", plain, true).len(), 1);
        assert!(faults("a.rs", plain, true)[0].starts_with("a.rs:2:"));
        assert_eq!(faults("a.rs", concat!("#[", "ignore = \"slow\"]"), true).len(), 1);
        assert_eq!(faults("a.rs", concat!("#[", "cfg_attr(not(unix), ignore)]"), true).len(), 1);
        assert!(faults("a.md", plain, false).is_empty());
    }

    #[test]
    fn a_crate_that_allows_unsafe_code_is_named() {
        let denied = [UNSAFE[0], UNSAFE[1], "crates/tools/b/src/main.rs"];
        for (names, rule) in
            [(&["crates/a/src/lib.rs", "xtask/src/main.rs"][..], "forbid"), (&denied, "deny")]
        {
            for name in names {
                assert_eq!(faults(name, &format!("//! #![{rule}(unsafe_code)]\n"), true).len(), 1, "{name}");
                assert!(
                    faults(name, &format!("//! A crate.\n#![{rule}(unsafe_code)]\n"), true).is_empty(),
                    "{name}"
                );
            }
        }
        assert!(faults("crates/a/src/other.rs", "", true).is_empty());
        let room = concat!("#![deny(unsafe_code)]\n#[allow(", "unsafe_code)]\nfn main() {}\n");
        assert_eq!(faults(denied[2], room, true).len(), 1);
        assert!(faults(UNSAFE[0], room, true).is_empty());
    }

    #[test]
    fn this_file_is_among_those_that_are_read() {
        let files = written(&root()).unwrap();
        assert!(files.iter().any(|path| path.ends_with("xtask/src/files.rs")));
        assert!(!files.iter().any(|path| path.starts_with(root().join("target"))));
    }
}
