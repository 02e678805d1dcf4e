//! What these tests share.

use harness::{BackEnd, Output, Realm, Setup};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A realm in Berkeley DB files, whichever back end the run is about: for what only those have.
pub fn db2() -> Setup {
    Setup::new().backend(BackEnd::Db2)
}

/// The file of the database that holds the principals.
pub fn principals(realm: &Realm) -> &'static str {
    realm.backend().files()[0]
}

/// What is said where that file is missing.
pub fn no_such_database(name: &str) -> String {
    match BackEnd::of_this_run() {
        BackEnd::Db2 => format!("/{name}': No such file or directory"),
        BackEnd::Klmdb => format!("/{name}.mdb does not exist"),
    }
}

/// Name, rights and content of everything in a directory, but for MIT's log. What LMDB has in its lock file is a table of who reads.
pub fn snapshot(directory: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_name() != "kadmind.log")
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode();
            let name = entry.file_name().into_string().unwrap();
            let content = if name.ends_with(".mdb-lock") { Ok(Vec::new()) } else { fs::read(entry.path()) };
            (name, (mode, content.unwrap_or_default()))
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
/// of the realm's directory as it was. LMDB's lock file comes with the first who reads.
pub fn refused(realm: &Realm, run: harness::Run, parts: &[&str]) -> Output {
    let files = || {
        let mut files = snapshot(realm.dir());
        files.retain(|name, _| !name.ends_with(".mdb-lock"));
        files
    };
    let before = files();
    let output = run.output();
    one_line(&output, parts);
    assert!(files() == before, "files have changed: {output}");
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
