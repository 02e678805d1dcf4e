//! A machine of another name, with its own hosts and its own name server, for the programs that run there.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::dns::NameServer;

/// What a program sees of the network's names: the host's own name, `/etc/hosts`, `/etc/resolv.conf` and the answers of a name
/// server. It runs in mount and host-name name spaces of its own for that, which only root can make.
#[derive(Debug)]
pub struct Hosts {
    dir: tempfile::TempDir,
    dns: NameServer,
    own_name: String,
}

impl Hosts {
    /// A machine called `own_name` that knows the lines of `/etc/hosts` and the records of the DNS, such as
    /// `("www.example.test", "CNAME", "web.example.test")`; of a PTR the name is an address. `search` is what
    /// `resolv.conf` says besides where the name server is.
    pub fn new(
        own_name: &str,
        search: &str,
        hosts: impl AsRef<[u8]>,
        records: &[(&str, &str, &str)],
    ) -> Hosts {
        let dns = NameServer::start(records);
        let dir = tempfile::tempdir().expect("cannot make a scratch directory");
        let write = |name: &str, text: &[u8]| {
            fs::write(dir.path().join(name), text).unwrap_or_else(|e| panic!("cannot write {name}: {e}"));
        };
        write("hosts", &[b"127.0.0.1 localhost\n", hosts.as_ref()].concat());
        write("resolv.conf", format!("nameserver {}\n{search}\n", dns.address).as_bytes());
        write("nsswitch.conf", b"hosts: files dns\n");
        Hosts { dir, dns, own_name: own_name.into() }
    }

    /// The name server's address.
    pub fn name_server(&self) -> std::net::Ipv4Addr {
        self.dns.address
    }

    /// A command that runs `program` there, found in `PATH` if it has no `/`.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        const ENTER: &str = "for file in hosts resolv.conf nsswitch.conf; do \
                             mount --bind \"$1/$file\" /etc/$file || exit 125; done; \
                             hostname \"$2\" || exit 125; shift 2; exec \"$@\"";
        let mut command = Command::new("/usr/bin/unshare");
        command.args(["--mount", "--uts", "/bin/sh", "-c", ENTER, "sh"]);
        command.arg(self.dir.path()).arg(&self.own_name).arg(program);
        command
    }
}

/// Compiles `tests/harness/c/NAME.c` against MIT's library, into `directory`; the program's path.
///
/// # Panics
/// Where there is no compiler or no library: `cargo xtask oracle` installs both.
pub fn c_program(name: &str, directory: &Path) -> PathBuf {
    compiled(name, directory.join(name), &["-lkrb5"])
}

/// Compiles `tests/harness/c/NAME.c` to be preloaded, into `directory`; the library's path.
pub(crate) fn shared_library(name: &str, directory: &Path) -> PathBuf {
    compiled(name, directory.join(format!("{name}.so")), &["-O", "-shared", "-fPIC", "-ldl"])
}

fn compiled(name: &str, to: PathBuf, words: &[&str]) -> PathBuf {
    let source = crate::workspace().join(format!("tests/harness/c/{name}.c"));
    let mut compiler = Command::new("cc");
    compiler.args(["-Wall", "-Werror", "-o"]).arg(&to).arg(&source).args(words);
    let out = compiler.output();
    let out = out.unwrap_or_else(|error| panic!("no compiler: {error}; `cargo xtask oracle` installs one"));
    assert!(
        out.status.success(),
        "{} does not compile; `cargo xtask oracle` installs MIT's library: {}",
        source.display(),
        crate::run::text(&out.stderr)
    );
    to
}
