//! A scratch directory with configuration files, MIT's programs run on it, and this crate's view of it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use k5_config::{Config, Env, Result, User};

pub struct Scratch {
    dir: tempfile::TempDir,
    variables: Vec<(&'static str, OsString)>,
}

impl Scratch {
    /// A directory with these files in it; `DIR` in their text and names is the directory's path.
    pub fn new(files: &[(&str, &str)]) -> Scratch {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).into_os_string();
        let variables = vec![
            ("KRB5_CONFIG", at("krb5.conf")),
            ("KRB5_KDC_PROFILE", at("kdc.conf")),
            ("KRB5CCNAME", at("cc")),
            ("KRB5_KTNAME", at("kt")),
            ("HOME", dir.path().into()),
        ];
        let scratch = Scratch { dir, variables };
        for (name, text) in files {
            scratch.write(name, text.as_bytes());
        }
        scratch
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let dir = self.dir.path().to_str().unwrap();
        match std::str::from_utf8(text) {
            Ok(text) => fs::write(path, text.replace("DIR", dir)).unwrap(),
            Err(_) => fs::write(path, text).unwrap(),
        }
    }

    /// Sets a variable for both sides; `DIR` is the directory.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.unset(name);
        self.variables.push((name, value.replace("DIR", self.dir.path().to_str().unwrap()).into()));
    }

    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(known, _)| *known != name);
    }

    pub fn env(&self) -> Env {
        Env::new(self.variables.clone(), user())
    }

    pub fn client(&self) -> Result<Config> {
        Config::from_env(&self.env())
    }

    pub fn kdc(&self) -> Result<Config> {
        Config::for_kdc(&self.env())
    }

    /// One of MIT's programs with the scratch environment and no other.
    pub fn command(&self, program: &str) -> Command {
        let found =
            ["/usr/bin", "/usr/sbin"].iter().map(|dir| Path::new(dir).join(program)).find(|p| p.exists());
        let mut command = Command::new(found.unwrap_or_else(|| panic!("MIT's {program} is not installed")));
        command.env_clear().current_dir(self.dir.path());
        command.envs([("LC_ALL", "C"), ("TZ", "UTC")]);
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command
    }

    pub fn run(&self, program: &str, args: &[&str]) -> Ran {
        let output = self.command(program).args(args).output().unwrap();
        Ran::new(&output)
    }

    /// The default keytab's name as `klist -k` has it, or what it says before ` while initializing krb5`.
    pub fn mit_keytab(&self) -> String {
        let ran = self.run("klist", &["-k"]);
        let shown = ran.stdout.split_once("Keytab name: ").and_then(|(_, rest)| rest.strip_suffix('\n'));
        match shown {
            Some(name) => name.to_owned(),
            None => ran.reason("klist"),
        }
    }

    /// The same by this crate.
    pub fn our_keytab(&self) -> String {
        match self.client().and_then(|config| config.default_keytab_name()) {
            Ok(name) => {
                let name = name.to_string_lossy().into_owned();
                if name.starts_with("FILE:") { name } else { format!("FILE:{name}") }
            }
            Err(error) => error.mit_text(),
        }
    }

    /// The database that `kdb5_util` looks for, or what it says is wrong.
    pub fn mit_database(&self, realm: &str) -> String {
        let ran = self.run("kdb5_util", &["-r", realm, "list_mkeys"]);
        let path = ran.stderr.split_once("DB2 database '").and_then(|(_, rest)| rest.split_once("': "));
        match path {
            Some((path, _)) => path.to_owned(),
            None => ran.reason("kdb5_util"),
        }
    }

    /// The same by this crate.
    pub fn our_database(&self, realm: &str) -> String {
        let module = self.kdc().and_then(|config| {
            k5_config::RealmParams::new(&config, realm.as_bytes(), &k5_config::Overrides::default())?;
            let module = config.db_module(realm.as_bytes())?;
            module.require_known()?;
            Ok(module)
        });
        match module {
            Ok(module) => module.database_name.to_string_lossy().into_owned(),
            Err(error) => error.mit_text(),
        }
    }
}

fn user() -> User {
    let id = |option| {
        let output = Command::new("id").arg(option).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    };
    let name = |_| {
        let output = Command::new("id").arg("-un").output().unwrap();
        Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    User { uid: id("-ru"), euid: id("-u"), name }
}

/// What a program wrote. Bytes that are not UTF-8 become U+FFFD.
#[derive(Debug)]
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn new(output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// `TEXT` of `prog: TEXT while DOING`.
    pub fn reason(&self, program: &str) -> String {
        let text = self.stderr.strip_prefix(&format!("{program}: "));
        let text = text.and_then(|t| t.rsplit_once(" while "));
        text.unwrap_or_else(|| panic!("{program} said neither a value nor an error: {self:?}")).0.to_owned()
    }

    /// What stands behind `label` on the first line that starts with it.
    pub fn field(&self, label: &str) -> &str {
        let line = self.stdout.lines().find_map(|line| line.strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label:?} in {self:?}"))
    }
}
