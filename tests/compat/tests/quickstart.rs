//! README's first command, and the realm that it leaves to the reader.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::HashMap;
use std::process::Command;

use harness::{mit_keytab, workspace};

#[test]
fn the_realm_is_there_to_go_on_with() {
    let scratch = tempfile::tempdir().unwrap();
    let out = Command::new(env!("CARGO"))
        .args(["xtask", "quickstart", "--profile", "dev"])
        .current_dir(workspace())
        .env("TMPDIR", scratch.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{said}\n{}", String::from_utf8_lossy(&out.stderr));
    for command in ["kdb5_util create -s", "kadmin.local addprinc -randkey", "ktadd -k", "klist -k -t -e"] {
        assert!(
            said.lines().any(|line| line.starts_with("$ ") && line.contains(command)),
            "no {command}:\n{said}"
        );
    }
    let entries = said.lines().filter(|line| line.contains("imap/mail.example.com@EXAMPLE.COM (aes")).count();
    assert_eq!(entries, 2, "{said}");

    let last: Vec<&str> = said.lines().rev().take(2).collect();
    let exported: HashMap<&str, &str> =
        last.iter().map(|line| line.strip_prefix("export ").unwrap().split_once('=').unwrap()).collect();
    let dir = std::path::Path::new(exported["KRB5_CONFIG"]).parent().unwrap();
    assert!(dir.starts_with(scratch.path().canonicalize().unwrap()), "{dir:?}");
    assert_eq!(mit_keytab(&dir.join("out.keytab")).len(), 2);
    // MIT takes the realm over by the exported lines alone.
    let mit = Command::new("/usr/sbin/kadmin.local").arg("listprincs").envs(exported).output().unwrap();
    let names = String::from_utf8_lossy(&mit.stdout);
    assert!(
        names.contains("user1@EXAMPLE.COM\n") && names.contains("imap/mail.example.com@EXAMPLE.COM\n"),
        "{names}"
    );
}
