//! What a realm's configuration says.

use std::path::Path;

use crate::side::workspace;

/// The configuration of a realm, to be changed line by line before the realm is made.
///
/// In every line `{DIR}` stands for the realm's scratch directory and `{PORT}` for its KDC's port.
#[derive(Clone, Debug)]
pub struct Setup {
    pub(crate) realm: String,
    supported_enctypes: Option<String>,
    libdefaults: Vec<String>,
    kdc_realm: Vec<String>,
    krb5_text: Vec<String>,
    kdc_text: Vec<String>,
    pub(crate) backend: BackEnd,
}

/// Which back end holds a realm's database, on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackEnd {
    /// Berkeley DB files: MIT's default.
    Db2,
    /// LMDB environments; MIT's programs get the module that `cargo xtask oracle` compiles.
    Klmdb,
}

impl BackEnd {
    /// What the whole run of tests is about: `REALMSMITH_TEST_BACKEND`, `db2` where it is not set.
    ///
    /// # Panics
    /// Where it names something else.
    pub fn of_this_run() -> Self {
        match std::env::var("REALMSMITH_TEST_BACKEND").as_deref() {
            Err(_) | Ok("db2") => BackEnd::Db2,
            Ok("klmdb") => BackEnd::Klmdb,
            Ok(other) => panic!("REALMSMITH_TEST_BACKEND={other}: db2 or klmdb"),
        }
    }

    /// Its name, which is that of the directory of its golden files too.
    pub fn name(self) -> &'static str {
        match self {
            BackEnd::Db2 => "db2",
            BackEnd::Klmdb => "klmdb",
        }
    }

    /// The files that make a database, less those that its programs make where they are missing.
    pub fn files(self) -> &'static [&'static str] {
        match self {
            BackEnd::Db2 => &["principal", "principal.kadm5", "principal.kadm5.lock", "principal.ok"],
            BackEnd::Klmdb => &["principal.mdb", "principal.lockout.mdb"],
        }
    }

    /// Its sections for the end of kdc.conf.
    fn kdc_text(self, realm: &str) -> String {
        match self {
            BackEnd::Db2 => String::new(),
            BackEnd::Klmdb => {
                let modules = workspace().join("target/oracles/mit-klmdb");
                assert!(
                    modules.join("klmdb.so").is_file(),
                    "MIT's LMDB module is missing: `cargo xtask oracle` makes it"
                );
                format!(
                    "[dbmodules]\n    db_module_dir = {}\n    {realm} = {{\n        db_library = klmdb\n    }}\n",
                    modules.display()
                )
            }
        }
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self::new()
    }
}

impl Setup {
    /// `EXAMPLE.COM` with every default that MIT has.
    pub fn new() -> Self {
        Self {
            realm: "EXAMPLE.COM".into(),
            supported_enctypes: None,
            libdefaults: Vec::new(),
            kdc_realm: Vec::new(),
            krb5_text: Vec::new(),
            kdc_text: Vec::new(),
            backend: BackEnd::of_this_run(),
        }
    }

    /// Another back end than the run's.
    pub fn backend(mut self, backend: BackEnd) -> Self {
        self.backend = backend;
        self
    }

    /// Another realm name.
    pub fn realm(mut self, name: &str) -> Self {
        self.realm = name.into();
        self
    }

    /// `supported_enctypes` of kdc.conf, such as `aes256-cts:normal arcfour-hmac:normal`.
    pub fn supported_enctypes(mut self, list: &str) -> Self {
        self.supported_enctypes = Some(list.into());
        self
    }

    /// One more line for `[libdefaults]` of krb5.conf.
    pub fn libdefault(mut self, line: &str) -> Self {
        self.libdefaults.push(line.into());
        self
    }

    /// One more line for the realm in `[realms]` of kdc.conf.
    pub fn kdc_realm(mut self, line: &str) -> Self {
        self.kdc_realm.push(line.into());
        self
    }

    /// Whole sections for the end of krb5.conf.
    pub fn krb5_text(mut self, text: &str) -> Self {
        self.krb5_text.push(text.into());
        self
    }

    /// Whole sections for the end of kdc.conf.
    pub fn kdc_text(mut self, text: &str) -> Self {
        self.kdc_text.push(text.into());
        self
    }

    pub(crate) fn krb5_conf(&self, dir: &Path, port: u16) -> String {
        let text = format!(
            "[libdefaults]\n    default_realm = {realm}\n    dns_lookup_kdc = false\n    dns_lookup_realm = false\n    \
             dns_canonicalize_hostname = false\n    rdns = false\n{libdefaults}\n\
             [realms]\n    {realm} = {{\n        kdc = 127.0.0.1:{{PORT}}\n    }}\n{more}",
            realm = self.realm,
            libdefaults = indented(&self.libdefaults, 4),
            more = indented(&self.krb5_text, 0),
        );
        filled(&text, dir, port)
    }

    pub(crate) fn kdc_conf(&self, dir: &Path, port: u16) -> String {
        let enctypes = self.supported_enctypes.iter().map(|list| format!("supported_enctypes = {list}"));
        let lines: Vec<String> = enctypes.chain(self.kdc_realm.iter().cloned()).collect();
        let text = format!(
            "[kdcdefaults]\n    kdc_listen = 127.0.0.1:{{PORT}}\n    kdc_tcp_listen = 127.0.0.1:{{PORT}}\n\n\
             [realms]\n    {realm} = {{\n        database_name = {{DIR}}/principal\n        \
             key_stash_file = {{DIR}}/stash\n        acl_file = {{DIR}}/kadm5.acl\n{lines}    }}\n\n\
             [logging]\n    kdc = FILE:{{DIR}}/kdc.log\n    admin_server = FILE:{{DIR}}/kadmind.log\n    \
             default = FILE:{{DIR}}/krb5.log\n{backend}{more}",
            realm = self.realm,
            lines = indented(&lines, 8),
            backend = self.backend.kdc_text(&self.realm),
            more = indented(&self.kdc_text, 0),
        );
        filled(&text, dir, port)
    }
}

fn indented(lines: &[String], by: usize) -> String {
    lines.iter().map(|line| format!("{:by$}{line}\n", "")).collect()
}

fn filled(text: &str, dir: &Path, port: u16) -> String {
    text.replace("{DIR}", &dir.display().to_string()).replace("{PORT}", &port.to_string())
}
