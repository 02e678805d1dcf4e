//! Heimdal's programs. Debian's `heimdal-clients` conflicts with `krb5-user`, so it is never installed, only
//! unpacked beside the build, with those of its libraries that the machine has not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::exec::{check, have, output, root};
use crate::oracle::apt_get;

/// Where it is unpacked, below the top of the source tree. The harness looks here as well.
const PLACE: &str = "target/oracles/heimdal";

/// Makes sure that Heimdal's `ktutil` is there.
pub fn ensure() -> Result<()> {
    let place = root().join(PLACE);
    if place.join("usr/bin/ktutil.heimdal").exists() {
        return Ok(());
    }
    for tool in ["apt-get", "apt-cache", "dpkg", "dpkg-query"] {
        if !have(tool) {
            bail!(
                "Heimdal's programs are missing in {PLACE}, and without {tool} I cannot fetch Debian's heimdal-clients"
            );
        }
    }
    println!("unpacking heimdal-clients into {PLACE}");
    unpack(&place).context("cannot unpack Debian's heimdal-clients, which the tests need")
}

fn unpack(place: &Path) -> Result<()> {
    let packages = match packages() {
        Ok(packages) => packages,
        // The package lists may be absent, as in a fresh container.
        Err(_) => {
            check(&mut apt_get(["update"]))?;
            packages()?
        }
    };
    let above = place.parent().context("no place to unpack in")?;
    fs::create_dir_all(above).with_context(|| format!("cannot make {}", above.display()))?;
    let scratch = tempfile::tempdir_in(above)?;
    let download = |packages: &BTreeSet<String>| {
        let words = ["download", "--quiet"].into_iter().chain(packages.iter().map(String::as_str));
        check(apt_get(words).current_dir(scratch.path()))
    };
    if download(&packages).is_err() {
        // Old lists name files that the archive no longer has.
        check(&mut apt_get(["update"]))?;
        download(&packages)?;
    }
    let unpacked = scratch.path().join("unpacked");
    for entry in fs::read_dir(scratch.path())? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "deb") {
            check(Command::new("dpkg").arg("-x").arg(&path).arg(&unpacked))?;
        }
    }
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    fs::rename(&unpacked, place).with_context(|| format!("cannot make {}", place.display()))?;
    Ok(())
}

/// `heimdal-clients` and the libraries below it that the machine has not.
fn packages() -> Result<BTreeSet<String>> {
    let mut ask = Command::new("apt-cache");
    ask.args(["depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks"]);
    ask.args(["--no-replaces", "--no-enhances", "--no-pre-depends", "heimdal-clients"]).env("LC_ALL", "C");
    let answer = output(&mut ask)?;
    // Packages stand at the margin, what they depend on is indented; a virtual one has pointed brackets.
    let mut wanted: BTreeSet<String> = answer
        .lines()
        .filter(|line| line.starts_with("lib") && !installed(line))
        .map(str::to_owned)
        .collect();
    if !wanted.iter().any(|name| name.ends_with("-heimdal")) {
        bail!("apt-cache knows no libraries of heimdal-clients");
    }
    wanted.insert("heimdal-clients".into());
    Ok(wanted)
}

fn installed(package: &str) -> bool {
    let status = Command::new("dpkg-query").args(["-W", "-f", "${db:Status-Abbrev}", package]).output();
    status.is_ok_and(|out| String::from_utf8_lossy(&out.stdout).contains("ii"))
}
