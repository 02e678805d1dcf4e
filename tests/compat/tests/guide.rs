//! Pages that tell how to do something: their blocks run as they stand, in one shell, and print what the pages say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use compat::{follow, our_programs};
use harness::Side;

#[test]
fn guide_with_our_programs() {
    follow("guide.md", &our_programs());
}

#[test]
fn ci_with_our_programs() {
    follow("ci.md", &our_programs());
}

#[test]
fn keytabs_with_our_programs() {
    follow("keytabs.md", &our_programs());
}

/// The guide promises nothing that MIT does not do.
#[test]
fn guide_with_mits_programs() {
    let scratch = tempfile::tempdir().unwrap();
    let kadmin_local = Side::Mit.program("kadmin.local");
    let script = |name: &str, line: String| {
        let path = scratch.path().join(name);
        fs::write(&path, format!("#!/bin/bash\n{line}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    };
    // MIT has no such program; the command is the same.
    script("ktadd", format!("exec -a ktadd {} ktadd \"$@\"", kadmin_local.display()));
    // MIT's k5srvutil asks a server, which does what kadmin.local does.
    script("kadmin", format!("exec {} \"$@\"", kadmin_local.display()));
    follow("guide.md", &[scratch.path().to_owned()]);
}
