//! Keytabs as others read them: MIT, Heimdal, the JDK.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Realm, Side, workspace};

/// An entry of a keytab as all the witnesses tell it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The key's version.
    pub kvno: u32,
    /// The principal, as the witness writes it.
    pub principal: String,
    /// The key in hexadecimal.
    pub key: String,
}

/// The entries as MIT's `klist -k -K` lists them, in the order of the file.
pub fn mit_keytab(keytab: &Path) -> Vec<Entry> {
    let realm = Realm::new(Side::Mit);
    let listing = realm.run("klist", ["-k".into(), "-K".into(), keytab.as_os_str().to_owned()]).ok();
    let lines = listing.stdout.lines().skip(3);
    lines.map(|line| mit_entry(line).unwrap_or_else(|| panic!("klist wrote {line:?}"))).collect()
}

fn mit_entry(line: &str) -> Option<Entry> {
    let (head, key) = line.strip_suffix(')')?.rsplit_once(" (0x")?;
    let (kvno, principal) = head.trim_start().split_once(' ')?;
    Some(Entry { kvno: kvno.parse().ok()?, principal: principal.trim_end().into(), key: key.into() })
}

/// The entries as Heimdal's `ktutil list --keys` lists them, in the order of the file.
///
/// # Panics
/// Where Heimdal is not there: `cargo xtask oracle` unpacks it.
pub fn heimdal_keytab(keytab: &Path) -> Vec<Entry> {
    let listing = heimdal_ktutil(keytab, &["list", "--keys"]);
    // Two lines of headings and blanks come first; the columns are version, enctype, principal, key.
    let rows = listing
        .lines()
        .skip_while(|line| !line.starts_with("Vno"))
        .skip(1)
        .filter(|line| !line.trim().is_empty());
    rows.map(|row| heimdal_entry(row).unwrap_or_else(|| panic!("ktutil wrote {row:?}"))).collect()
}

/// Runs Heimdal's `ktutil` on a keytab and gives what it says. Its `copy` ends with 1 even where it has copied everything.
///
/// # Panics
/// Where Heimdal is not there: `cargo xtask oracle` unpacks it; or where the command fails.
pub fn heimdal_ktutil(keytab: &Path, words: &[&str]) -> String {
    let heimdal = workspace().join("target/oracles/heimdal/usr");
    let program = heimdal.join("bin/ktutil.heimdal");
    assert!(program.is_file(), "no {}: `cargo xtask oracle` unpacks it", program.display());
    let libraries = library_directories(&heimdal.join("lib"));
    let name = format!("FILE:{}", keytab.display());
    let realm = Realm::new(Side::Mit);
    let mut command = Command::new(&program);
    command.args(["-k", &name]).args(words);
    command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries).expect("no colon in the paths"));
    let exit = if words.first() == Some(&"copy") { 1 } else { 0 };
    said_with(exit, command.env("KRB5_CONFIG", realm.path("krb5.conf")).env("LC_ALL", "C"))
}

fn heimdal_entry(row: &str) -> Option<Entry> {
    let mut columns = row.split_whitespace();
    let kvno = columns.next()?.parse().ok()?;
    let _enctype = columns.next()?;
    Some(Entry { kvno, principal: columns.next()?.into(), key: columns.next()?.into() })
}

fn library_directories(lib: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(lib).unwrap_or_else(|error| panic!("cannot list {}: {error}", lib.display()));
    let directories =
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(|path| path.is_dir());
    directories.chain([lib.to_path_buf()]).collect()
}

/// The entries as the JDK reads them, in its own order.
///
/// # Panics
/// Where no JDK is there: `cargo xtask oracle` installs one.
pub fn jdk_keytab(keytab: &Path) -> Vec<Entry> {
    let listing = java("ListKeytab.java", keytab, &[]);
    listing.lines().map(|line| jdk_entry(line).unwrap_or_else(|| panic!("the JDK wrote {line:?}"))).collect()
}

/// Changes a keytab with the JDK: `add PRINCIPAL PASSWORD VERSION` or `delete PRINCIPAL VERSION`.
///
/// # Panics
/// Where no JDK is there: `cargo xtask oracle` installs one; or where it fails.
pub fn jdk_changes_keytab(keytab: &Path, words: &[&str]) {
    let _ = java("ChangeKeytab.java", keytab, words);
}

/// Runs a program of `tests/harness/java` on a keytab and gives what it says.
fn java(program: &str, keytab: &Path, words: &[&str]) -> String {
    let source = workspace().join("tests/harness/java").join(program);
    let mut command = Command::new("java");
    for package in ["sun.security.krb5", "sun.security.krb5.internal.ktab"] {
        command.arg("--add-exports").arg(format!("java.security.jgss/{package}=ALL-UNNAMED"));
    }
    let realm = Realm::new(Side::Mit);
    command.arg(format!("-Djava.security.krb5.conf={}", realm.path("krb5.conf").display()));
    said(command.arg(source).arg(keytab).args(words))
}

fn jdk_entry(line: &str) -> Option<Entry> {
    let mut columns = line.split('\t');
    let kvno = columns.next()?.parse().ok()?;
    let principal = columns.next()?.into();
    let _enctype = columns.next()?;
    Some(Entry { kvno, principal, key: columns.next()?.into() })
}

fn said(command: &mut Command) -> String {
    said_with(0, command)
}

fn said_with(exit: i32, command: &mut Command) -> String {
    let out = command.stdin(Stdio::null()).output();
    let out = out.unwrap_or_else(|error| panic!("cannot run {:?}: {error}", command.get_program()));
    assert!(
        out.status.code() == Some(exit),
        "{command:?}: {}\n{}",
        out.status,
        crate::run::text(&out.stderr)
    );
    crate::run::text(&out.stdout)
}
