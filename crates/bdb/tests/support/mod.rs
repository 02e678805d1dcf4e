//! A scratch realm that MIT's programs keep, and principal records just good enough for them.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use k5_bdb::btree::{Access, BTree};
use tempfile::TempDir;

pub const REALM: &str = "BDB.TEST";

/// A realm in a directory of its own.
pub struct Realm {
    dir: TempDir,
}

impl Realm {
    /// A realm made by MIT's `kdb5_util create`.
    pub fn new() -> Self {
        let realm = Realm { dir: tempfile::tempdir().unwrap() };
        let dir = realm.dir.path().display();
        let krb5_conf = format!("[libdefaults]\n default_realm = {REALM}\n[realms]\n {REALM} = {{\n }}\n");
        let kdc_conf = format!(
            "[realms]\n {REALM} = {{\n  database_name = {dir}/principal\n  key_stash_file = {dir}/stash\n }}\n"
        );
        std::fs::write(realm.file("krb5.conf"), krb5_conf).unwrap();
        std::fs::write(realm.file("kdc.conf"), kdc_conf).unwrap();
        realm.kdb5_util(["create", "-s", "-P", "scratch"]);
        realm
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a program of MIT's on this realm.
    pub fn output<S: AsRef<OsStr>>(
        &self,
        program: &str,
        args: impl IntoIterator<Item = S>,
        input: &str,
    ) -> Output {
        let child = Command::new(program)
            .args(args)
            .env("KRB5_CONFIG", self.file("krb5.conf"))
            .env("KRB5_KDC_PROFILE", self.file("kdc.conf"))
            .env("KRB5CCNAME", self.file("ccache"))
            .env("KRB5_KTNAME", self.file("keytab"))
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("MIT's {program} is needed (Debian: krb5-kdc, krb5-admin-server): {error}")
        });
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let output = child.wait_with_output().unwrap();
        let _ = writer.join().unwrap();
        output
    }

    /// Runs MIT's `kdb5_util`, which must succeed without a word on standard error.
    pub fn kdb5_util<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) {
        let output = self.output("kdb5_util", args, "");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && stderr.is_empty(), "kdb5_util: {stderr}");
    }

    /// Runs MIT's `kadmin.local` on these lines and returns its standard error, which holds what failed.
    pub fn kadmin(&self, lines: &[String]) -> String {
        let output = self.output::<&str>("kadmin.local", [], &(lines.join("\n") + "\n"));
        assert!(output.status.success(), "kadmin.local: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The `princ` lines of MIT's `kdb5_util dump`, with these further options.
    pub fn dump(&self, options: &[&str]) -> Vec<String> {
        let to = self.file("dump");
        let mut args = vec![OsStr::new("dump")];
        args.extend(options.iter().map(OsStr::new));
        args.push(to.as_os_str());
        self.kdb5_util(args);
        let text = std::fs::read_to_string(to).unwrap();
        text.lines().filter(|line| line.starts_with("princ\t")).map(str::to_owned).collect()
    }

    /// Puts these `princ` lines in the place of all principals but those of a new realm.
    pub fn load(&self, lines: &[String]) {
        self.load_with(&[], lines);
    }

    /// The same, with these options of `kdb5_util load`.
    pub fn load_with(&self, options: &[&str], lines: &[String]) {
        let mut text = "kdb5_util load_dump version 7\n".to_owned();
        for line in self.dump(&[]).iter().chain(lines) {
            text.push_str(line);
            text.push('\n');
        }
        std::fs::write(self.file("in"), text).unwrap();
        let mut args = vec![OsStr::new("load")];
        args.extend(options.iter().map(OsStr::new));
        let from = self.file("in");
        args.push(from.as_os_str());
        self.kdb5_util(args);
    }

    pub fn open(&self, access: Access) -> BTree<std::fs::File> {
        let path = self.file("principal");
        let file =
            std::fs::File::options().read(true).write(access == Access::ReadWrite).open(&path).unwrap();
        BTree::open(file, &path, access).unwrap()
    }

    /// Asserts that MIT reads the same `princ` lines in all three directions, and returns them.
    pub fn dump_three_ways(&self) -> Vec<String> {
        let forward = self.dump(&[]);
        let mut backward = self.dump(&["-rev"]);
        backward.reverse();
        assert!(forward == backward, "dump and dump -rev differ");
        assert!(forward == self.dump(&["-recurse"]), "dump and dump -recurse differ");
        forward
    }
}

/// The name in a `princ` line.
pub fn name(line: &str) -> &str {
    line.split('\t').nth(6).unwrap()
}

/// A principal without keys: the record and the line that MIT dumps for it.
pub struct Principal {
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    pub line: String,
}

/// A principal of that name, with tl_data of an unknown type of so many bytes.
pub fn principal(name: &str, tl_data: usize) -> Principal {
    let key = [name.as_bytes(), &[0]].concat();
    let modified = [&[0x10, 0x20, 0x30, 0x40], b"x@BDB.TEST\0".as_slice()].concat();
    let filler: Vec<u8> = (0..tl_data).map(|at| (at * 7 + name.len()) as u8).collect();
    let mut value = 38_u16.to_le_bytes().to_vec();
    value.extend([0; 32]);
    value.extend(2_u16.to_le_bytes());
    value.extend(0_u16.to_le_bytes());
    value.extend((key.len() as u16).to_le_bytes());
    value.extend(&key);
    let mut line = format!("princ\t38\t{}\t2\t0\t0\t{name}", name.len()) + &"\t0".repeat(8);
    for (kind, bytes) in [(2_u16, modified), (300, filler)] {
        value.extend(kind.to_le_bytes());
        value.extend((bytes.len() as u16).to_le_bytes());
        value.extend(&bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = if hex.is_empty() { "-1".to_owned() } else { hex };
        line += &format!("\t{kind}\t{}\t{hex}", bytes.len());
    }
    line += "\t-1;";
    Principal { key, value, line }
}
