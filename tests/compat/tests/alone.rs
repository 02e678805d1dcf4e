//! On a machine that has nothing of MIT's, and hardly anything else: a directory with our programs, the C library and a
//! configuration becomes the root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use harness::Side;

const PROGRAMS: [&str; 7] =
    ["kdb5_util", "kadmin.local", "ktadd", "ktutil", "k5srvutil", "klist", "kproplog"];

/// The libraries that a program is linked with, the loader among them.
fn libraries(program: &Path) -> BTreeSet<PathBuf> {
    let output = Command::new("ldd").arg(program).env("LC_ALL", "C").output().expect("no ldd");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect()
}

/// Runs a program of the directory with that directory as the root and nothing in the environment.
fn run(root: &Path, words: &[&str]) -> Output {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    // Who is not root becomes so in a name space of their own.
    let (first, more): (&str, &[&str]) =
        if is_root { ("/usr/sbin/chroot", &[]) } else { ("/usr/bin/unshare", &["-r", "/usr/sbin/chroot"]) };
    let mut command = Command::new(first);
    command.args(more).arg(root).arg(format!("/bin/{}", words[0])).args(&words[1..]);
    let output = command.env_clear().output().unwrap_or_else(|error| panic!("no {first}: {error}"));
    assert!(output.status.success(), "{words:?}: {output:?}");
    output
}

#[test]
fn a_realm_where_nothing_else_is() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    for directory in ["bin", "etc/krb5kdc", "var/lib/krb5kdc"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    for name in PROGRAMS {
        let program = Side::Ours.program(name);
        for library in libraries(&program) {
            let file = library.file_name().unwrap().to_str().unwrap();
            let known = ["libc.so", "libgcc_s.so", "libm.so", "ld-linux"];
            assert!(known.iter().any(|known| file.starts_with(known)), "{name} is linked with {file}");
            let inside = root.join(library.strip_prefix("/").unwrap());
            fs::create_dir_all(inside.parent().unwrap()).unwrap();
            fs::copy(&library, inside).unwrap();
        }
        fs::copy(&program, root.join("bin").join(name)).unwrap();
    }
    fs::write(root.join("etc/passwd"), "root:x:0:0::/:\n").unwrap();
    fs::write(root.join("etc/krb5.conf"), "[libdefaults]\ndefault_realm = EXAMPLE.COM\n").unwrap();

    run(root, &["kdb5_util", "create", "-s", "-P", "master"]);
    run(root, &["kadmin.local", "addprinc", "-randkey", "host/a.example.com"]);
    run(root, &["ktadd", "host/a.example.com"]);
    let shown = run(root, &["kadmin.local", "getprinc", "host/a.example.com"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("(root/admin@EXAMPLE.COM)") && shown.contains("Key: vno 2, aes256"), "{shown}");
    let listed = String::from_utf8(run(root, &["klist", "-k", "-t"]).stdout).unwrap();
    assert!(listed.starts_with("Keytab name: FILE:/etc/krb5.keytab\n"), "{listed}");
    assert_eq!(listed.matches(" host/a.example.com@EXAMPLE.COM\n").count(), 2, "{listed}");
    run(root, &["kproplog", "-R"]);
    run(root, &["k5srvutil", "change"]);
    run(root, &["k5srvutil", "delold"]);
    let listed = String::from_utf8(run(root, &["k5srvutil", "list"]).stdout).unwrap();
    assert_eq!(listed.matches("   3 host/a.example.com@EXAMPLE.COM\n").count(), 2, "{listed}");
    let copied =
        String::from_utf8(run(root, &["ktutil", "copy", "/etc/krb5.keytab", "/copy"]).stdout).unwrap();
    assert_eq!(copied.lines().count(), 2, "{copied}");
    run(root, &["kdb5_util", "destroy", "-f"]);
    assert!(!root.join("var/lib/krb5kdc/principal").exists());
}
