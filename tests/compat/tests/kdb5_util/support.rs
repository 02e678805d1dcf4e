//! What these tests share.

use harness::{Output, Realm};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The files of a database.
pub const DATABASE: [&str; 4] = ["principal", "principal.kadm5", "principal.kadm5.lock", "principal.ok"];

/// Name, rights and content of everything in a directory, but for MIT's log.
pub fn snapshot(directory: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_name() != "kadmind.log")
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode();
            let content = fs::read(entry.path()).unwrap_or_default();
            (entry.file_name().into_string().unwrap(), (mode, content))
        })
        .collect()
}

/// The names in a directory, but for MIT's log.
pub fn names(directory: &Path) -> Vec<String> {
    snapshot(directory).into_keys().collect()
}

/// Sets the rights of a file.
pub fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs our side, which must fail with one line on standard error that has all of `parts`, and leave every file
/// of the realm's directory as it was.
pub fn refused(realm: &Realm, run: harness::Run, parts: &[&str]) -> Output {
    let before = snapshot(realm.dir());
    let output = run.output();
    one_line(&output, parts);
    assert!(snapshot(realm.dir()) == before, "files have changed: {output}");
    output
}

/// The program must have failed, with one line on standard error that has all of `parts`.
pub fn one_line(output: &Output, parts: &[&str]) {
    assert_ne!(output.exit, 0, "{output}");
    assert_eq!(output.stderr.lines().count(), 1, "{output}");
    for part in parts {
        assert!(output.stderr.contains(part), "no {part:?} in {output}");
    }
}
