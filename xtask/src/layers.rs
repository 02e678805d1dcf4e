//! Imports go down only, and a tool never imports a tool. The rules are told in `docs/design.md`.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::exec::{cargo, output};

/// The rooms from the lowest to the highest: a room may import only from lines above its own.
const LAYERS: [&[&str]; 10] = [
    &["k5-types"],
    &["k5-wire", "k5-lock"],
    &["k5-crypto", "k5-config", "k5-bdb", "k5-lmdb"],
    &["k5-keytab", "k5-ccache", "k5-hostname"],
    &["k5-kdb"],
    &["k5-admin"],
    &["k5-cli"],
    &["k5-shell"],
    &["k5-kadmin"],
    &["kdb5_util", "kadmin_local", "ktadd", "ktutil", "k5srvutil", "klist", "kproplog"],
];

/// What stands beside the suite and never ships. Nothing may import them, but tests may use the harness; the
/// compatibility tests, the differential runner and the crash tests may look into every room.
const BESIDE: [&str; 7] = ["xtask", "docsgen", "harness", "compat", "diff", "crash", "fuzz"];

/// One import: who, whom, and whether only the tests need it.
#[derive(Debug, PartialEq)]
struct Import {
    from: String,
    to: String,
    dev: bool,
}

pub fn check() -> Result<()> {
    let text = output(cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"]))?;
    let metadata: Value = serde_json::from_str(&text).context("cargo metadata gave no JSON")?;
    let wrong = faults(&packages(&metadata)?, &imports(&metadata)?);
    if !wrong.is_empty() {
        bail!("the layers of docs/design.md are broken:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a [Value]> {
    value[name]
        .as_array()
        .map(Vec::as_slice)
        .with_context(|| format!("cargo metadata has no list \"{name}\""))
}

fn text(value: &Value, name: &str) -> Result<String> {
    value[name].as_str().map(str::to_owned).with_context(|| format!("cargo metadata has no \"{name}\""))
}

fn packages(metadata: &Value) -> Result<Vec<String>> {
    list(metadata, "packages")?.iter().map(|package| text(package, "name")).collect()
}

/// The imports between the rooms of the workspace; those have a path, which crates from outside have not.
fn imports(metadata: &Value) -> Result<Vec<Import>> {
    let mut found = Vec::new();
    for package in list(metadata, "packages")? {
        for dependency in list(package, "dependencies")?.iter().filter(|d| d["path"].is_string()) {
            found.push(Import {
                from: text(package, "name")?,
                to: text(dependency, "name")?,
                dev: dependency["kind"] == "dev",
            });
        }
    }
    Ok(found)
}

fn rank(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

fn faults(packages: &[String], imports: &[Import]) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in packages {
        if rank(name).is_none() && !BESIDE.contains(&name.as_str()) {
            wrong.push(format!("{name} has no place: give it one in xtask/src/layers.rs and docs/design.md"));
        }
    }
    for Import { from, to, dev } in imports {
        let fine = match (from.as_str(), rank(from), rank(to)) {
            ("compat" | "diff" | "crash" | "docsgen" | "fuzz", _, _) => true,
            (_, _, None) => *dev && to == "harness",
            (_, Some(from), Some(to)) => to < from,
            (_, None, Some(_)) => false,
        };
        if !fine {
            wrong.push(format!("{from} imports {to}, which does not stand below it"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(from: &str, to: &str, dev: bool) -> Vec<String> {
        faults(&[], &[Import { from: from.into(), to: to.into(), dev }])
    }

    #[test]
    fn imports_go_down_only() {
        assert!(faults_of("k5-kdb", "k5-bdb", false).is_empty());
        assert!(faults_of("klist", "k5-cli", false).is_empty());
        assert_eq!(faults_of("k5-bdb", "k5-kdb", false).len(), 1);
        assert_eq!(faults_of("k5-crypto", "k5-config", false).len(), 1);
        assert_eq!(faults_of("k5-bdb", "k5-kdb", true).len(), 1, "in tests neither");
    }

    #[test]
    fn a_tool_never_imports_a_tool() {
        assert_eq!(faults_of("ktadd", "kadmin_local", false).len(), 1);
        assert_eq!(faults_of("ktadd", "kadmin_local", true).len(), 1);
    }

    #[test]
    fn what_stands_beside_is_for_tests_only() {
        assert!(faults_of("k5-keytab", "harness", true).is_empty());
        assert!(faults_of("compat", "harness", false).is_empty());
        assert!(faults_of("docsgen", "klist", false).is_empty());
        assert_eq!(faults_of("k5-keytab", "harness", false).len(), 1);
        assert_eq!(
            faults_of("harness", "k5-keytab", false).len(),
            1,
            "the witness must not trust the accused"
        );
    }

    #[test]
    fn a_new_room_needs_a_place() {
        assert_eq!(faults(&["k5-attic".into()], &[]).len(), 1);
    }

    #[test]
    fn the_workspace_is_read() {
        let text =
            output(cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"])).unwrap();
        let metadata: Value = serde_json::from_str(&text).unwrap();
        let imports = imports(&metadata).unwrap();
        assert!(imports.contains(&Import { from: "k5-kdb".into(), to: "k5-bdb".into(), dev: false }));
        assert_eq!(faults(&packages(&metadata).unwrap(), &[]), [""; 0]);
    }
}
