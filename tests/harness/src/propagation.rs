//! A primary and a replica: MIT's KDC, `kadmind` and `kpropd` on a machine of their own, and the databases of both.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::realm::Scratch;
use crate::run::text;
use crate::{Realm, Setup, Side};

/// The machine's name: both principals of the daemons have it.
const HOST: &str = "kdc.example.test";
/// After this a daemon hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// The port of `kpropd`, on a machine that nobody else has.
const KPROP_PORT: &str = "754";
const IPROP_PORT: &str = "2121";

/// A primary's and a replica's realm, and the daemons between them until this goes away.
#[derive(Debug)]
pub struct Propagation {
    primary: Realm,
    replica: Realm,
    /// Whose `kdb5_util` the daemons call for full copies.
    loader: Side,
    // Ended in this order: the daemons before their machine.
    _kadmind: Daemon,
    _kdc: Daemon,
    machine: Machine,
}

/// What one round of `kpropd` came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Whether the replica took a full copy.
    pub full: bool,
    /// How many updates it took one by one.
    pub updates: usize,
    /// What `kpropd` said.
    pub said: String,
}

impl Propagation {
    /// A realm that `side` makes, with a log of so many entries, and a replica that has the same database. The daemons call
    /// `loader`'s `kdb5_util`.
    ///
    /// # Panics
    /// Where a daemon does not start; only root can make the machine.
    pub fn start(side: Side, loader: Side, entries: u32) -> Propagation {
        let scratch = Scratch::new();
        let setup = Setup::new()
            .kdc_realm("iprop_enable = true")
            .kdc_realm(&format!("iprop_port = {IPROP_PORT}"))
            .kdc_realm(&format!("iprop_master_ulogsize = {entries}"));
        let make = |name: &str| {
            let realm = Realm::within(scratch.clone(), name, side, setup.clone());
            let conf = String::from_utf8(realm.read("krb5.conf")).expect("we wrote it");
            let with_server =
                conf.replace("        kdc = ", &format!("        admin_server = {HOST}\n        kdc = "));
            realm.write("krb5.conf", with_server);
            realm
        };
        let (primary, replica) = (make("primary"), make("replica"));
        // Tickets are the primary's for both.
        replica.write("krb5.conf", primary.read("krb5.conf"));
        primary.create("masterpw");
        let lines = format!(
            "addprinc -randkey host/{HOST}\naddprinc -randkey kiprop/{HOST}\n\
             ktadd -k {{DIR}}/default.keytab host/{HOST} kiprop/{HOST}\n"
        );
        let _ = primary.kadmin_local(Vec::<String>::new()).stdin(&lines).ok();
        replica.write("default.keytab", primary.read("default.keytab"));
        primary.write("kadm5.acl", format!("kiprop/{HOST}@{} p\n", primary.name()));
        replica.write("kpropd.acl", format!("host/{HOST}@{}\n", replica.name()));
        let _ = primary.kdb5_util(["dump", "first"]).ok();
        replica.write("first", primary.read("first"));
        replica.write("stash", primary.read("stash"));
        let _ = replica.mit("kdb5_util", ["load", "first"]).ok();

        let machine = Machine::new(primary.dir());
        let kdc = Daemon::start(
            machine.command(&primary, "krb5kdc").arg("-n"),
            &primary.path("kdc.out"),
            "kdc.log",
        );
        kdc.wait_for(&primary.path("kdc.log"), "commencing operation");
        let mut kadmind = machine.command(&primary, "kadmind");
        kadmind.arg("-nofork").arg("-p").arg(loader.program("kdb5_util"));
        kadmind
            .arg("-K")
            .arg(Side::Mit.program("kprop"))
            .args(["-k", KPROP_PORT, "-F"])
            .arg(primary.path("copy"));
        let kadmind = Daemon::start(&mut kadmind, &primary.path("kadmind.out"), "kadmind.log");
        kadmind.wait_for(&primary.path("kadmind.log"), "starting");
        Propagation { primary, replica, loader, _kadmind: kadmind, _kdc: kdc, machine }
    }

    /// The primary's realm.
    pub fn primary(&self) -> &Realm {
        &self.primary
    }

    /// The replica's realm.
    pub fn replica(&self) -> &Realm {
        &self.replica
    }

    /// Has the replica ask once, and take what there is. It gets the primary's stash file first, which no daemon brings.
    ///
    /// # Panics
    /// Where `kpropd` fails or hangs.
    pub fn round(&self) -> Round {
        self.replica.write("stash", self.primary.read("stash"));
        let said = self.replica.path("kpropd.out");
        let mut kpropd = self.machine.command(&self.replica, "kpropd");
        kpropd.args(["-d", "-t", "-P", KPROP_PORT, "-f"]).arg(self.replica.path("from_primary"));
        kpropd.arg("-p").arg(self.loader.program("kdb5_util")).arg("-a").arg(self.replica.path("kpropd.acl"));
        kpropd.arg("-s").arg(self.replica.path("default.keytab"));
        let mut daemon = Daemon::start(&mut kpropd, &said, "");
        let begun = Instant::now();
        let status = loop {
            match daemon.child.try_wait().expect("the child is ours to wait for") {
                Some(status) => break status,
                None if begun.elapsed() > PATIENCE => panic!("kpropd hangs; it said:\n{}", read(&said)),
                None => thread::sleep(Duration::from_millis(2)),
            }
        };
        let said = read(&said);
        assert!(
            status.success(),
            "kpropd: {status}; it said:\n{said}\nkadmind:\n{}",
            read(&self.primary.path("kadmind.log"))
        );
        let count =
            |line: &str| line.strip_prefix("Incremental updates: ")?.split(' ').next()?.parse::<usize>().ok();
        Round {
            full: said.contains("Full propagation transfer finished"),
            updates: said.lines().filter_map(count).sum(),
            said,
        }
    }

    /// Whether both databases hold the same, as [`Propagation::same`] has it.
    pub fn are_same(&self) -> bool {
        let [primary, replica] = [&self.primary, &self.replica].map(|realm| content(&realm.dump_by_mit()));
        primary == replica
    }

    /// Fails unless both databases hold the same: principals with all that replicas get, and policies. The order of tagged data is
    /// no part of it: `kpropd` puts new ones first.
    ///
    /// # Panics
    /// Where they differ.
    pub fn same(&self, after: &str) {
        let [primary, replica] = [&self.primary, &self.replica].map(|realm| content(&realm.dump_by_mit()));
        if primary == replica {
            return;
        }
        let only = |one: &[String], other: &[String]| {
            one.iter().filter(|line| !other.contains(line)).cloned().collect::<Vec<_>>().join("\n")
        };
        panic!(
            "after {after}, only the primary has\n{}\nonly the replica has\n{}",
            only(&primary, &replica),
            only(&replica, &primary)
        );
    }
}

/// The lines of a dump, tagged data in order of their types, without what each database has of its own.
fn content(dump: &str) -> Vec<String> {
    dump.lines().map(|line| principal(line).unwrap_or_else(|| line.to_owned())).collect()
}

fn principal(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split('\t').collect();
    if fields.first() != Some(&"princ") {
        return None;
    }
    let count: usize = fields.get(3)?.parse().ok()?;
    let (head, rest) = fields.split_at_checked(15)?;
    let (tagged, keys) = rest.split_at_checked(3 * count)?;
    let mut tagged: Vec<String> = tagged.chunks(3).map(|tl| tl.join(" ")).collect();
    // MIT's log has this of K/M, which has no time of its password.
    tagged.retain(|tl| tl != "1 4 00000000" || !head.iter().any(|field| field.starts_with("K/M@")));
    tagged.sort();
    // Without the number of tagged data.
    let (sizes, values) = (head.get(..3)?.join("\t"), head.get(4..12)?.join("\t"));
    Some(format!("{sizes}\t{values}\t{}\t{}", tagged.join("\t"), keys.join("\t")))
}

fn read(path: &Path) -> String {
    fs::read(path).map(|bytes| text(&bytes)).unwrap_or_default()
}

/// A machine with a name and a network of its own, on which nobody but its programs is. It lives as long as a process in its
/// name spaces, and that as long as its standard input.
#[derive(Debug)]
struct Machine {
    holder: Child,
    hosts: PathBuf,
}

impl Machine {
    fn new(directory: &Path) -> Machine {
        // The second address is one that is not the loopback's: without any, getaddrinfo(3) finds none for a server.
        const MAKE: &str = "mount --bind \"$1\" /etc/hosts && hostname \"$2\" && ip link set lo up && \
                            ip address add 192.0.2.1/32 dev lo && echo ready && exec cat";
        let hosts = directory.join("hosts");
        fs::write(&hosts, format!("127.0.0.1 {HOST} localhost\n")).expect("cannot write hosts");
        let mut holder = Command::new("/usr/bin/unshare")
            .args(["--net", "--mount", "--uts", "/bin/sh", "-c", MAKE, "sh"])
            .arg(&hosts)
            .arg(HOST)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cannot run unshare");
        let mut line = String::new();
        let said = holder.stdout.take().expect("it is a pipe");
        BufReader::new(said).read_line(&mut line).expect("cannot read what it says");
        assert_eq!(line, "ready\n", "cannot make name spaces, which needs root");
        Machine { holder, hosts }
    }

    /// MIT's program there, on the realm.
    fn command(&self, realm: &Realm, program: &str) -> Command {
        let mut command = Command::new("/usr/bin/nsenter");
        command.args(["--net", "--mount", "--uts", "--target"]).arg(self.holder.id().to_string());
        command.arg(Side::Mit.program(program));
        command.env_clear().envs(realm.by(Side::Mit).environment()).current_dir(realm.dir());
        command
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
        let _ = fs::remove_file(&self.hosts);
    }
}

/// A daemon that does not go into the background, until this goes away.
#[derive(Debug)]
struct Daemon {
    child: Child,
    said: PathBuf,
}

impl Daemon {
    fn start(command: &mut Command, said: &Path, log: impl AsRef<OsStr>) -> Daemon {
        let log = said.with_file_name(log.as_ref());
        if log.is_file() {
            fs::remove_file(&log).expect("an older log goes");
        }
        let file = fs::File::create(said).expect("cannot make the daemon's output");
        let child = command
            // kpropd leaves a child behind that waits for connections.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("cannot share it"))
            .stderr(file)
            .spawn()
            .expect("cannot start the daemon");
        Daemon { child, said: said.to_path_buf() }
    }

    fn wait_for(&self, log: &Path, word: &str) {
        let begun = Instant::now();
        while !read(log).contains(word) {
            assert!(begun.elapsed() < PATIENCE, "no {word:?}; it said:\n{}\n{}", read(&self.said), read(log));
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}
