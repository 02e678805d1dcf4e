//! The files that a script leaves beside the database: keytabs, told by MIT's `klist`.

use std::collections::HashSet;
use std::fs;
use std::sync::LazyLock;

use harness::Realm;
use regex::{Captures, Regex};

use crate::mask;

/// Those that every realm has, and logs, which only MIT's programs write.
fn of_every_realm(name: &str) -> bool {
    matches!(name, "krb5.conf" | "kdc.conf" | "stash")
        || name.starts_with("principal")
        || name.ends_with(".log")
}

/// The names of the other files, sorted.
fn others(realm: &Realm) -> Vec<String> {
    let entries = fs::read_dir(realm.dir()).expect("the realm's directory is there");
    let names = entries.map(|entry| entry.expect("can be read").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !of_every_realm(name)).collect();
    names.sort();
    names
}

/// All other files as text; a keytab's keys by their length and whether the database has them.
pub fn told(realm: &Realm, keys: &HashSet<&[u8]>) -> harness::Masked {
    let mut text = String::new();
    for name in others(realm) {
        let bytes = fs::read(realm.path(&name)).unwrap_or_default();
        text.push_str(&format!("--- {name}, {} bytes\n", bytes.len()));
        if bytes.starts_with(b"\x05\x02") {
            let listing = realm.mit("klist", ["-k", "-e", "-t", "-K", &name]).output();
            text.push_str(&known(&listing.stdout, keys));
            text.push_str(&format!("{}exit code {}\n", listing.stderr, listing.exit));
        } else {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    mask::masked(&text, realm.dir())
}

/// Says of each key in a listing whether it is one of the database's.
fn known(listing: &str, keys: &HashSet<&[u8]>) -> String {
    static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\(0x([0-9a-f]+)\)").unwrap());
    let told = KEY.replace_all(listing, |found: &Captures<'_>| {
        let hex = |at| u8::from_str_radix(&found[1][at..at + 2], 16).unwrap_or(0);
        let key: Vec<u8> = (0..found[1].len() - 1).step_by(2).map(hex).collect();
        let known = if keys.contains(&key[..]) { "in the database" } else { "not in the database" };
        format!("{} {known}", &found[0])
    });
    told.into_owned()
}

/// Takes away all files but the configuration.
pub fn clear(realm: &Realm) {
    for entry in fs::read_dir(realm.dir()).expect("the realm's directory is there") {
        let path = entry.expect("can be read").path();
        let keep = path.file_name().is_some_and(|name| name == "krb5.conf" || name == "kdc.conf");
        let removed = match (keep, path.is_dir()) {
            (true, _) => Ok(()),
            (_, true) => fs::remove_dir_all(&path),
            _ => fs::remove_file(&path),
        };
        removed.unwrap_or_else(|error| panic!("cannot remove {}: {error}", path.display()));
    }
}
