//! `cargo xtask quickstart`: a realm from nothing in a scratch directory, every step shown. It needs none of MIT's
//! programs.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::exec::{quoted, root};
use crate::install;

const REALM: &str = "EXAMPLE.COM";
const SERVICE: &str = "imap/mail.example.com";
const USER: &str = "user1@EXAMPLE.COM";

pub fn run(args: &[&str]) -> Result<()> {
    let (prefix, profile) = match args {
        [] => ("target/install", "release"),
        // What the tests have built already.
        ["--profile", "dev"] => ("target/test-install", "dev"),
        _ => bail!("quickstart takes nothing but --profile dev"),
    };
    let prefix = root().join(prefix);
    println!("Building the programs ({profile}; the first time takes a few minutes) ...");
    install::install(&prefix, profile)?;

    let scratch = tempfile::Builder::new()
        .prefix("realmsmith-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .context("cannot make a scratch directory")?;
    let realm = Quickstart::new(prefix, scratch.path())?;
    realm.steps()?;
    // What stands now is the reader's to go on with.
    let _kept = scratch.keep();
    realm.farewell();
    Ok(())
}

struct Quickstart {
    prefix: PathBuf,
    dir: PathBuf,
}

impl Quickstart {
    /// Writes the configuration of a realm that lives in `dir` alone.
    fn new(prefix: PathBuf, dir: &Path) -> Result<Self> {
        let shown = dir.display();
        let krb5_conf = format!(
            "[libdefaults]\n    default_realm = {REALM}\n    dns_lookup_kdc = false\n    rdns = false\n    \
             default_keytab_name = FILE:{shown}/krb5.keytab\n    default_ccache_name = FILE:{shown}/ccache\n\n\
             [realms]\n    {REALM} = {{\n        kdc = 127.0.0.1:8888\n    }}\n"
        );
        let kdc_conf = format!(
            "[kdcdefaults]\n    kdc_listen = 127.0.0.1:8888\n    kdc_tcp_listen = 127.0.0.1:8888\n\n\
             [realms]\n    {REALM} = {{\n        database_name = {shown}/principal\n        \
             key_stash_file = {shown}/stash\n        acl_file = {shown}/kadm5.acl\n        \
             max_life = 10h 0m 0s\n        max_renewable_life = 7d 0h 0m 0s\n    }}\n"
        );
        for (name, text) in [("krb5.conf", krb5_conf), ("kdc.conf", kdc_conf)] {
            println!("\n$ cat {shown}/{name}\n{}", text.trim_end());
            fs::write(dir.join(name), text).with_context(|| format!("cannot write {shown}/{name}"))?;
        }
        Ok(Self { prefix, dir: dir.to_path_buf() })
    }

    fn steps(&self) -> Result<()> {
        let master = word()?;
        let password = word()?;
        let keytab = self.dir.join("out.keytab").display().to_string();
        self.show("sbin/kdb5_util", &["create", "-s", "-P", &master], "")?;
        self.show("sbin/kadmin.local", &["addprinc", "-randkey", SERVICE], "")?;
        self.show("sbin/kadmin.local", &["addprinc", USER], &format!("{password}\n{password}\n"))?;
        self.show("sbin/kadmin.local", &["listprincs"], "")?;
        self.show("sbin/kadmin.local", &["getprinc", USER], "")?;
        self.show("bin/ktadd", &["-k", &keytab, SERVICE], "")?;
        self.show("bin/klist", &["-k", "-t", "-e", &keytab], "")?;
        Ok(())
    }

    /// Prints the command as one would type it, runs it with `input` for its questions, and prints what it says.
    fn show(&self, program: &str, args: &[&str], input: &str) -> Result<()> {
        let name = program.rsplit('/').next().unwrap_or(program);
        let typed: Vec<String> = args.iter().map(|word| quoted(word.as_ref())).collect();
        let asked = match input {
            "" => String::new(),
            _ => format!("printf '{}' | ", input.replace('\n', "\\n")),
        };
        println!("\n$ {asked}{name} {}", typed.join(" "));
        // One stream for both of the command's, so that its lines come out in the order in which it wrote them.
        let (mut said, write) = std::io::pipe()?;
        let mut command = Command::new(self.prefix.join(program));
        command
            .args(args)
            .current_dir(&self.dir)
            .env("KRB5_CONFIG", self.dir.join("krb5.conf"))
            .env("KRB5_KDC_PROFILE", self.dir.join("kdc.conf"))
            .env_remove("KRB5_KTNAME")
            .env_remove("KRB5CCNAME")
            .stdin(Stdio::piped())
            .stdout(write.try_clone()?)
            .stderr(write);
        let mut child = command.spawn().with_context(|| format!("cannot run {program}"))?;
        drop(command);
        if let Some(mut stdin) = child.stdin.take() {
            // A command that asks nothing may be gone already.
            let _ = stdin.write_all(input.as_bytes());
        }
        let mut text = Vec::new();
        said.read_to_end(&mut text)?;
        std::io::stdout().write_all(&text)?;
        let status = child.wait()?;
        if !status.success() {
            bail!("{name}: {status}; the files are in {}", self.dir.display());
        }
        Ok(())
    }

    fn farewell(&self) {
        let (dir, prefix) = (self.dir.display(), self.prefix.display());
        println!("\nThe programs are in {prefix}/bin and {prefix}/sbin.");
        println!("The realm is in {dir}; remove the directory when you are done.");
        println!("To go on by hand:\n");
        println!("export KRB5_CONFIG={dir}/krb5.conf");
        println!("export KRB5_KDC_PROFILE={dir}/kdc.conf");
    }
}

/// A random word of 20 letters and digits, some 100 bits, to be thrown away with the realm.
fn word() -> Result<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz2345678";
    let mut random = [0u8; 20];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut random))
        .context("cannot read /dev/urandom")?;
    Ok(random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ() {
        let (one, other) = (word().unwrap(), word().unwrap());
        assert_eq!(one.len(), 20);
        assert_ne!(one, other);
    }
}
