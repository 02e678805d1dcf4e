//! MIT's `klmdb` module, which Debian's packages leave out. It is compiled from Debian's source of the very version that is
//! installed, so that MIT's programs, the KDC among them, can work on LMDB databases too. Nothing of that source stays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::exec::{check, have, output, root};
use crate::oracle::apt_get;

/// Where it stands, below the top of the source tree. The harness looks here as well.
const PLACE: &str = "target/oracles/mit-klmdb";
const MODULE: &str = "klmdb.so";
/// The release that it was made for.
const STAMP: &str = "release";

/// The files of which the module is made, below `src` of MIT's source.
const SOURCES: [&str; 3] = ["kdb_lmdb", "lockout", "marshal"];
/// Headers that MIT's own build copies to where they are looked for.
const COPIED: [(&str, &str); 3] = [
    ("include/osconf.hin", "osconf.h"),
    ("lib/kadm5/server_internal.h", "kadm5/server_internal.h"),
    ("lib/kadm5/admin_internal.h", "kadm5/admin_internal.h"),
];
/// The libraries that it needs, by the names that a linker knows.
const LIBRARIES: [&str; 8] =
    ["kadm5srv_mit", "kdb5", "gssrpc", "krb5", "com_err", "k5crypto", ":libkrb5support.so.0", "lmdb"];
/// What MIT's `configure` would find out about Debian's C library, as far as the module asks.
const FOUND_OUT: [&str; 20] = [
    "CONSTRUCTOR_ATTR_WORKS 1",
    "DESTRUCTOR_ATTR_WORKS 1",
    "ENABLE_THREADS 1",
    "HAVE_BYTESWAP_H 1",
    "HAVE_ENDIAN_H 1",
    "HAVE_NETINET_IN_H 1",
    "HAVE_PTHREAD 1",
    "HAVE_SOCKLEN_T 1",
    "HAVE_STDLIB_H 1",
    "HAVE_STRING_H 1",
    "HAVE_STRUCT_SOCKADDR_STORAGE 1",
    "HAVE_SYS_SOCKET_H 1",
    "HAVE_SYS_TIME_H 1",
    "HAVE_SYS_TYPES_H 1",
    "HAVE_UNISTD_H 1",
    "HAVE_VASPRINTF 1",
    "HAVE_VSNPRINTF 1",
    "SIZEOF_SIZE_T 8",
    "SIZEOF_TIME_T 8",
    "TIME_WITH_SYS_TIME 1",
];

/// Makes sure that the module is there and is of the release that is installed.
pub fn ensure() -> Result<()> {
    let place = root().join(PLACE);
    let release = installed_release()?;
    let made_for = fs::read_to_string(place.join(STAMP)).unwrap_or_default();
    if place.join(MODULE).exists() && made_for == release {
        return Ok(());
    }
    for tool in ["apt-get", "tar", "cc", "compile_et"] {
        if !have(tool) {
            bail!("MIT's LMDB module is missing in {PLACE}, and without {tool} I cannot make it");
        }
    }
    println!("compiling MIT's LMDB module of krb5 {release} into {PLACE}");
    make(&place, &release).context("cannot make MIT's LMDB module, which the tests need")
}

/// The version of Debian's source package krb5 that is installed.
fn installed_release() -> Result<String> {
    let mut ask = Command::new("dpkg-query");
    output(ask.args(["-W", "-f", "${source:Version}", "krb5-kdc"]))
}

fn make(place: &Path, release: &str) -> Result<()> {
    let above = place.parent().context("no place to work in")?;
    fs::create_dir_all(above).with_context(|| format!("cannot make {}", above.display()))?;
    let scratch = tempfile::tempdir_in(above)?;
    let source = fetch(scratch.path(), release)?;
    let headers = scratch.path().join("headers");
    fs::create_dir_all(headers.join("kadm5"))?;
    for (from, to) in COPIED {
        fs::copy(source.join(from), headers.join(to)).with_context(|| format!("{from} is missing"))?;
    }
    let lines: String = FOUND_OUT.iter().map(|line| format!("#define {line}\n")).collect();
    fs::write(headers.join("autoconf.h"), lines)?;
    check(Command::new("compile_et").arg(source.join("lib/kdb/adb_err.et")).current_dir(&headers))?;
    let module = scratch.path().join("module");
    fs::create_dir(&module)?;
    let mut cc = Command::new("cc");
    cc.args(["-D_GNU_SOURCE", "-O1", "-w", "-fPIC", "-shared", "-o"]).arg(module.join(MODULE));
    for directory in [&headers, &source.join("include"), &source.join("lib/kdb")] {
        cc.arg("-I").arg(directory);
    }
    cc.arg("-I/usr/include/mit-krb5");
    cc.args(SOURCES.map(|name| source.join("plugins/kdb/lmdb").join(format!("{name}.c"))));
    cc.args(LIBRARIES.map(|library| format!("-l{library}")));
    check(&mut cc)?;
    fs::write(module.join(STAMP), release)?;
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    fs::rename(&module, place).with_context(|| format!("cannot make {}", place.display()))
}

/// Fetches and unpacks the source; answers its directory `src`. What is unpacked is MIT's own archive, which is the same for
/// all of Debian's revisions of a version; archives of packages keep the newest revision alone, which may not be the installed one.
fn fetch(scratch: &Path, release: &str) -> Result<PathBuf> {
    let download = |options: &[String], version: &str| {
        let wanted = format!("krb5={version}");
        let words = ["source", "--quiet", "--download-only", "--only-source", &wanted].map(str::to_owned);
        check(apt_get(options.iter().cloned().chain(words)).current_dir(scratch))
    };
    if download(&[], release).is_err() {
        // Most machines list no sources. Lists of our own, of the same archives, leave the machine's as they are.
        let options = own_lists(scratch)?;
        check(&mut apt_get(options.iter().cloned().chain(["update".to_owned()])))?;
        let known = output(Command::new("apt-cache").args(&options).args(["showsrc", "krb5"]))?;
        download(&options, same_upstream(release, &known).unwrap_or(release))?;
    }
    let archive = fs::read_dir(scratch)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with(".orig.tar.gz"))
        .context("apt-get fetched no source archive")?;
    check(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(scratch))?;
    let unpacked = fs::read_dir(scratch)?.filter_map(Result::ok).map(|entry| entry.path().join("src"));
    unpacked
        .into_iter()
        .find(|path| path.join("plugins/kdb/lmdb").is_dir())
        .context("the archive has no klmdb")
}

/// The installed release among those that `apt-cache showsrc` tells, or else another revision of the same version of MIT's.
fn same_upstream<'a>(release: &str, known: &'a str) -> Option<&'a str> {
    let upstream = |version: &str| version.rsplit_once('-').map(|(upstream, _)| upstream.to_owned());
    let versions = || known.lines().filter_map(|line| line.strip_prefix("Version: "));
    versions()
        .find(|version| *version == release)
        .or_else(|| versions().find(|version| upstream(version) == upstream(release)))
}

/// apt-get's options for lists of sources in `scratch`, of the archives that the machine has packages from.
fn own_lists(scratch: &Path) -> Result<Vec<String>> {
    let mut ask =
        apt_get(["indextargets", "--format", "$(REPO_URI) $(SUITE) $(COMPONENT)", "Created-By: Packages"]);
    ask.stdin(std::process::Stdio::null());
    let mut lines: Vec<String> = output(&mut ask)?.lines().map(|line| format!("deb-src {line}\n")).collect();
    lines.sort();
    lines.dedup();
    let list = scratch.join("sources.list");
    fs::write(&list, lines.concat())?;
    let state = scratch.join("lists");
    fs::create_dir_all(state.join("partial"))?;
    Ok(vec![
        "-o".into(),
        format!("Dir::Etc::SourceList={}", list.display()),
        "-o".into(),
        "Dir::Etc::SourceParts=/dev/null".into(),
        "-o".into(),
        format!("Dir::State::Lists={}", state.display()),
    ])
}

#[cfg(test)]
mod tests {
    use super::same_upstream;

    #[test]
    fn another_revision_of_the_same_version_serves() {
        let known =
            "Package: krb5\nVersion: 1.20.1-2+deb12u5\nFormat: 3\n\nPackage: krb5\nVersion: 1.21.3-5\n";
        assert_eq!(same_upstream("1.20.1-2+deb12u4", known), Some("1.20.1-2+deb12u5"));
        assert_eq!(same_upstream("1.21.3-5", known), Some("1.21.3-5"));
        assert_eq!(same_upstream("1.22.1-2", known), None);
    }
}
