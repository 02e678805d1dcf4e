//! What the tests compare with: MIT's programs, a JDK, Heimdal's programs, and the tools that measure.
//! With the rights to do so it is installed; without, what is missing is named and the chore fails.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::exec::{self, check};
use crate::{heimdal, mit_klmdb};

/// Debian's package and the programs and libraries of it that the tests use.
const NEEDED: [(&str, &[&str]); 25] = [
    ("krb5-kdc", &["krb5kdc", "kdb5_util"]),
    ("krb5-admin-server", &["kadmin.local", "kadmind", "kproplog"]),
    ("krb5-kpropd", &["kpropd"]),
    ("krb5-user", &["kinit", "klist", "kvno", "kdestroy", "kswitch", "ktutil"]),
    ("libkrb5-dev", &["krb5-config"]),
    ("gcc", &["cc"]),
    ("hyperfine", &["hyperfine"]),
    ("man-db", &["man"]),
    ("mandoc", &["mandoc"]),
    ("zsh", &["zsh"]),
    ("fish", &["fish"]),
    ("util-linux", &["setsid", "unshare", "nsenter"]),
    // Brings up the network of a machine that a test makes.
    ("iproute2", &["ip"]),
    ("keyutils", &["keyctl"]),
    // Its sources of locales are what localedef works on.
    ("locales", &["locale-gen"]),
    ("heimdal-kcm", &["kcm"]),
    ("time", &["time"]),
    // Kills and stops programs at a system call.
    ("strace", &["strace"]),
    ("default-jdk-headless", &["java", "javac"]),
    ("krb5-gss-samples", &["gss-server", "gss-client"]),
    ("sasl2-bin", &["sasl-sample-server", "sasl-sample-client"]),
    ("libsasl2-modules-gssapi-mit", &["sasl2/libgssapiv2.so"]),
    ("lmdb-utils", &["mdb_dump", "mdb_load", "mdb_stat"]),
    // For MIT's LMDB module, which has to be compiled.
    ("liblmdb-dev", &["liblmdb.so"]),
    ("comerr-dev", &["compile_et"]),
];

/// Whether a program is there, or a library, which ends in `.so`.
fn have(name: &str) -> bool {
    if !name.ends_with(".so") {
        return exec::have(name);
    }
    // Debian has libraries in a directory for the kind of machine.
    let below = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    below.chain([Path::new("/usr/lib").to_path_buf()]).any(|directory| directory.join(name).exists())
}

/// Makes sure that everything is there, or says what is not.
pub fn ensure() -> Result<()> {
    let missing = missing(have);
    if !missing.is_empty() {
        if !may_install() {
            bail!(refusal(&missing, have));
        }
        install(&missing)?;
        let still = self::missing(have);
        if !still.is_empty() {
            bail!("apt-get installed its packages, and yet these are missing: {}", described(&still, have));
        }
    }
    heimdal::ensure()?;
    mit_klmdb::ensure()
}

/// Names what is missing, for somebody who may install it.
fn refusal(missing: &[&str], have: impl Fn(&str) -> bool) -> String {
    format!(
        "the tests need what is not installed, and I may not install it (only root may, with apt-get).\n\
         Missing: {}\n\
         On Debian: sudo apt-get install --no-install-recommends {}",
        described(missing, have),
        missing.join(" ")
    )
}

/// The packages of which a program is missing.
fn missing(have: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let absent = |programs: &[&str]| !programs.iter().all(|program| have(program));
    NEEDED.iter().filter(|(_, programs)| absent(programs)).map(|(package, _)| *package).collect()
}

fn described(packages: &[&str], have: impl Fn(&str) -> bool) -> String {
    let of = |package: &&str| {
        let programs =
            NEEDED.iter().find(|(name, _)| name == package).map_or(&[][..], |(_, programs)| programs);
        let gone: Vec<&str> = programs.iter().copied().filter(|program| !have(program)).collect();
        format!("{package} ({})", gone.join(", "))
    };
    packages.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn may_install() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0) && have("apt-get")
}

/// apt-get, asking nothing.
pub fn apt_get<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(words: I) -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C").stdin(Stdio::null()).args(words);
    command
}

fn install(packages: &[&str]) -> Result<()> {
    println!("installing {}", packages.join(" "));
    let _no_daemons = NoDaemons::new()?;
    let words = ["install", "--yes", "--no-install-recommends"].iter().chain(packages);
    if check(&mut apt_get(words.clone())).is_ok() {
        return Ok(());
    }
    // The package lists may be absent, as in a fresh container, or too old.
    check(&mut apt_get(["update"]))?;
    check(&mut apt_get(words))
}

/// As long as this lives, Debian's packages start no daemon when they are installed: a script that they all ask
/// says no. A script that stands there already is the administrator's, and stays.
struct NoDaemons {
    ours: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl NoDaemons {
    fn new() -> Result<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self { ours: false });
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(POLICY)
            .with_context(|| format!("cannot write {POLICY}"))?;
        file.write_all(b"#!/bin/sh\nexit 101\n")?;
        Ok(Self { ours: true })
    }
}

impl Drop for NoDaemons {
    fn drop(&mut self) {
        if self.ours
            && let Err(error) = fs::remove_file(POLICY)
        {
            eprintln!("warning: cannot remove {POLICY}, without which no package starts its daemon: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_programs() {
        assert!(described(&["krb5-kdc"], have).starts_with("krb5-kdc ("));
    }

    #[test]
    fn libraries_are_found_where_debian_has_them() {
        // Everything that the tests use is there by the time that they run.
        assert!(have("sasl2/libgssapiv2.so"));
        assert!(!have("libnothing_of_the_kind.so"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let without = |program: &str| !matches!(program, "kvno" | "fish");
        let missing = missing(without);
        assert_eq!(missing, ["krb5-user", "fish"]);
        let said = refusal(&missing, without);
        assert!(said.contains("Missing: krb5-user (kvno), fish (fish)\n"), "{said}");
        assert!(said.ends_with("--no-install-recommends krb5-user fish"), "{said}");
    }
}
