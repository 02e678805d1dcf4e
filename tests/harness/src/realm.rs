//! One realm in a scratch directory.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::port::Port;
use crate::run::{Output, Run};
use crate::{BackEnd, Setup, Side};

/// A realm in a scratch directory of its own, and the side whose programs work on it.
///
/// Every program runs with the scratch directory as working and home directory and with a fresh environment:
/// `KRB5_CONFIG`, `KRB5_KDC_PROFILE`, `KRB5CCNAME`, `KRB5_KTNAME`, `KRB5_CLIENT_KTNAME`, `KRB5RCACHENAME`, `TMPDIR`,
/// `HOME` lie in it; `LC_ALL=C`, `TZ=UTC`, `TERM=dumb`, `USER=tester`; `PATH` begins with the side's programs. The directory goes away with the last handle;
/// with `REALMSMITH_KEEP` in the environment it stays, and its path is printed.
#[derive(Clone, Debug)]
pub struct Realm {
    place: Arc<Place>,
    side: Side,
}

#[derive(Debug)]
struct Place {
    // Held for its removal.
    _scratch: Arc<Scratch>,
    dir: PathBuf,
    port: Port,
    setup: Setup,
}

/// A scratch directory, with room for several realms.
#[derive(Debug)]
pub(crate) struct Scratch(Option<TempDir>);

impl Scratch {
    pub(crate) fn new() -> Arc<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("realmsmith-test-").permissions(Permissions::from_mode(0o700));
        Arc::new(Self(Some(builder.tempdir().expect("cannot make a scratch directory"))))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::env::var_os("REALMSMITH_KEEP").is_some()
            && let Some(dir) = self.0.take()
        {
            eprintln!("kept: {}", dir.keep().display());
        }
    }
}

impl Realm {
    /// A realm of MIT's defaults, without a database yet.
    pub fn new(side: Side) -> Self {
        Self::with(side, Setup::new())
    }

    /// A realm of this configuration, without a database yet.
    pub fn with(side: Side, setup: Setup) -> Self {
        Self::within(Scratch::new(), "realm", side, setup)
    }

    /// One realm that both sides work on: `side`'s programs by this handle, the other's by [`Realm::by`].
    pub fn shared(side: Side) -> Self {
        Self::new(side)
    }

    pub(crate) fn within(scratch: Arc<Scratch>, name: &str, side: Side, setup: Setup) -> Self {
        let top = scratch.0.as_ref().expect("present until dropped").path();
        // What a program prints of a path has no links in it.
        let dir = top.canonicalize().expect("the scratch directory is there").join(name);
        fs::create_dir(&dir).expect("cannot make the realm's directory");
        let port = Port::reserve();
        let realm = Self { place: Arc::new(Place { _scratch: scratch, dir, port, setup }), side };
        let (setup, number) = (&realm.place.setup, realm.port());
        realm.write("krb5.conf", setup.krb5_conf(realm.dir(), number));
        realm.write("kdc.conf", setup.kdc_conf(realm.dir(), number));
        realm
    }

    /// The same realm, worked on by `side`.
    pub fn by(&self, side: Side) -> Realm {
        Realm { place: Arc::clone(&self.place), side }
    }

    /// Whose programs this handle runs.
    pub fn side(&self) -> Side {
        self.side
    }

    /// The realm's directory.
    pub fn dir(&self) -> &Path {
        &self.place.dir
    }

    /// A path in the realm's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    /// The KDC's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.place.port.number
    }

    /// The realm's name.
    pub fn name(&self) -> &str {
        &self.place.setup.realm
    }

    /// Which back end holds the realm's database.
    pub fn backend(&self) -> BackEnd {
        self.place.setup.backend
    }

    /// Writes a file into the realm's directory.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
    }

    /// Reads a file of the realm's directory.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("cannot read {name}: {error}"))
    }

    /// The environment that every program gets, whole.
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let file = |name: &str| format!("FILE:{}", self.path(name).display()).into();
        let path = self.side.directories().into_iter();
        let path = path.chain(["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from));
        let values: Vec<(&str, OsString)> = vec![
            ("KRB5_CONFIG", self.path("krb5.conf").into()),
            ("KRB5_KDC_PROFILE", self.path("kdc.conf").into()),
            ("KRB5CCNAME", file("ccache")),
            ("KRB5_KTNAME", file("default.keytab")),
            ("KRB5_CLIENT_KTNAME", file("client.keytab")),
            ("KRB5RCACHENAME", format!("file2:{}", self.path("rcache").display()).into()),
            ("TMPDIR", self.dir().into()),
            ("HOME", self.dir().into()),
            ("USER", "tester".into()),
            ("LOGNAME", "tester".into()),
            ("LC_ALL", "C".into()),
            ("TZ", "UTC".into()),
            ("TERM", "dumb".into()),
            ("PATH", std::env::join_paths(path).expect("no colon in the paths")),
        ];
        values.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }

    /// A run of the side's program `name`, not started yet. In arguments and input `{DIR}` stands for the realm's
    /// directory.
    pub fn run<I, S>(&self, name: &str, args: I) -> Run
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        Run::new(self, name, args.into_iter().map(Into::into).collect())
    }

    /// A run of MIT's program `name` on this realm, whoever's handle this is.
    pub fn mit<I, S>(&self, name: &str, args: I) -> Run
    where
        I: IntoIterator<Item = S>,
        S: Into<OsString>,
    {
        self.by(Side::Mit).run(name, args)
    }

    /// A run of `kdb5_util`.
    pub fn kdb5_util<I: IntoIterator<Item = S>, S: Into<OsString>>(&self, args: I) -> Run {
        self.run("kdb5_util", args)
    }

    /// A run of `kadmin.local`.
    pub fn kadmin_local<I: IntoIterator<Item = S>, S: Into<OsString>>(&self, args: I) -> Run {
        self.run("kadmin.local", args)
    }

    /// A run of `klist`.
    pub fn klist<I: IntoIterator<Item = S>, S: Into<OsString>>(&self, args: I) -> Run {
        self.run("klist", args)
    }

    /// A run of the stand-alone `ktadd`. MIT has none; there `kadmin.local ktadd` runs under the name `ktadd`.
    pub fn ktadd<I: IntoIterator<Item = S>, S: Into<OsString>>(&self, args: I) -> Run {
        let args = args.into_iter().map(Into::into);
        match self.side {
            Side::Ours => self.run("ktadd", args),
            Side::Mit => {
                self.run("kadmin.local", std::iter::once(OsString::from("ktadd")).chain(args)).called("ktadd")
            }
        }
    }

    /// Makes the database with this master password and a stash file.
    pub fn create(&self, password: &str) -> Output {
        self.kdb5_util(["create", "-s", "-P", password]).ok()
    }

    /// MIT's `kinit` with a password.
    pub fn kinit(&self, principal: &str, password: &str) -> Run {
        self.mit("kinit", [principal]).stdin(&format!("{password}\n"))
    }

    /// MIT's `kinit` with a keytab, a path or name of one.
    pub fn kinit_keytab(&self, principal: &str, keytab: &str) -> Run {
        self.mit("kinit", ["-k", "-t", keytab, principal])
    }

    /// MIT's `kvno`: gets a service ticket from the KDC.
    pub fn kvno(&self, service: &str) -> Run {
        self.mit("kvno", [service])
    }

    /// What MIT's `kdb5_util dump` says of the database.
    pub fn dump_by_mit(&self) -> String {
        self.mit("kdb5_util", ["dump"]).ok().stdout
    }
}
