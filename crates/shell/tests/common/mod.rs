//! A scratch realm made by MIT, and programs run in it.
#![allow(dead_code)]

pub mod pty;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

pub const KADMIN: &str = "/usr/sbin/kadmin.local";
const KDB5_UTIL: &str = "/usr/sbin/kdb5_util";

/// What a program did.
#[derive(PartialEq, Eq)]
pub struct Ran {
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// The part of its input that it left to others.
    pub left: Vec<u8>,
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\n", "\n    ");
        write!(
            f,
            "status {}\n  stdout\n    {}\n  stderr\n    {}\n  left\n    {}\n",
            self.status,
            text(&self.stdout),
            text(&self.stderr),
            text(&self.left)
        )
    }
}

pub struct Realm {
    directory: tempfile::TempDir,
}

/// The demonstration shell, which `cargo test` builds beside the tests.
pub fn demo() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let demo = exe.ancestors().nth(2).unwrap().join("examples/demo");
    assert!(demo.exists(), "{} is not built: run `cargo test -p k5-shell` without --test", demo.display());
    demo
}

impl Realm {
    pub fn new() -> Realm {
        for program in [KADMIN, KDB5_UTIL] {
            assert!(
                Path::new(program).exists(),
                "{program} is missing: install krb5-kdc and krb5-admin-server"
            );
        }
        let realm = Realm { directory: tempfile::tempdir().unwrap() };
        let at = realm.directory.path();
        fs::write(
            at.join("krb5.conf"),
            "[libdefaults]\n default_realm = EXAMPLE.COM\n dns_lookup_kdc = false\n dns_lookup_realm = false\n",
        )
        .unwrap();
        let kdc = format!(
            "[realms]\n EXAMPLE.COM = {{\n  database_name = {0}/principal\n  key_stash_file = {0}/stash\n  acl_file = {0}/acl\n }}\n",
            at.display()
        );
        fs::write(at.join("kdc.conf"), kdc).unwrap();
        let made = realm.run(Path::new(KDB5_UTIL), &["create", "-s", "-P", "master"], b"");
        assert_eq!(made.status, 0, "{made:?}");
        let added = realm.mit(&["addprinc", "-pw", "x", "bob"], b"");
        assert_eq!(added.status, 0, "{added:?}");
        realm
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A command with nothing of this process's environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let at = self.directory.path().display();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("KRB5_CONFIG", format!("{at}/krb5.conf"))
            .env("KRB5_KDC_PROFILE", format!("{at}/kdc.conf"))
            .env("KRB5CCNAME", format!("FILE:{at}/cc"))
            .env("KRB5_KTNAME", format!("FILE:{at}/keytab"))
            .env("HOME", self.directory.path())
            .env("USER", "root")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("TERM", "dumb")
            .current_dir(self.directory.path());
        command
    }

    /// Standard input is a file, so that what is left of it can be told from where the program stopped.
    pub fn run(&self, program: &Path, args: &[&str], input: &[u8]) -> Ran {
        let mut file: File = tempfile::tempfile_in(self.directory.path()).unwrap();
        file.write_all(input).unwrap();
        file.rewind().unwrap();
        let done = self.command(program).args(args).stdin(file.try_clone().unwrap()).output().unwrap();
        let mut left = Vec::new();
        file.read_to_end(&mut left).unwrap();
        Ran { status: done.status.code().unwrap_or(-1), stdout: done.stdout, stderr: done.stderr, left }
    }

    pub fn mit(&self, args: &[&str], input: &[u8]) -> Ran {
        self.run(Path::new(KADMIN), args, input)
    }
}
