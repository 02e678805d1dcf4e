//! MIT's kinit makes caches of every kind; the default principal is the one that MIT's klist prints.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Kdc, Realm, Setup, Side};
use k5_ccache::{Ccache, CcacheName, System, default_principal};
use k5_config::{Config, Env, User};
use std::ffi::OsStr;
use std::fs;

const PASSWORD: &str = "alicespw";

/// Names with what must be quoted, and with a component or two more.
const NAMES: [&str; 3] = ["alice", "bob/admin", r"odd\@na\/me/x\ny/z"];

fn realm() -> (Realm, Kdc) {
    let realm = Realm::with(Side::Mit, Setup::new());
    realm.create("masterpw");
    for name in NAMES {
        realm.kadmin_local(["addprinc", "-pw", PASSWORD, name]).ok();
    }
    let kdc = Kdc::start(&realm);
    (realm, kdc)
}

/// The principal of the cache `name` in our eyes.
fn ours(realm: &Realm, name: &str) -> Option<String> {
    let variables = [("KRB5_CONFIG", realm.path("krb5.conf")), ("KRB5CCNAME", name.into())];
    let env = Env::new(variables, User { uid: 0, euid: 0, name: |_| None });
    let principal = default_principal(&Config::from_env(&env).unwrap()).unwrap();
    principal.map(|principal| String::from_utf8(principal.unparse()).unwrap())
}

/// In MIT's eyes.
fn mits(realm: &Realm, name: &str) -> String {
    let listing = realm.klist::<_, &str>([]).env("KRB5CCNAME", name).ok().stdout;
    let line = listing.lines().find_map(|line| line.strip_prefix("Default principal: "));
    line.unwrap_or_else(|| panic!("klist printed {listing}")).to_owned()
}

fn kinit(realm: &Realm, who: &str, cache: &str) {
    realm.kinit(who, PASSWORD).env("KRB5CCNAME", cache).ok();
}

#[test]
fn files_of_every_version() {
    let (realm, _kdc) = realm();
    let plain = String::from_utf8(realm.read("krb5.conf")).unwrap();
    for version in 1..=4 {
        let setting = format!("[libdefaults]\n    ccache_type = {version}\n");
        realm.write("krb5.conf", plain.replacen("[libdefaults]\n", &setting, 1));
        for (index, who) in NAMES.into_iter().enumerate() {
            let file = format!("cc{version}-{index}");
            let name = format!("FILE:{}", realm.path(&file).display());
            kinit(&realm, who, &name);
            assert_eq!(realm.read(&file)[..2], [5, version], "kinit made another version");
            assert_eq!(ours(&realm, &name).unwrap(), mits(&realm, &name), "version {version}");
            assert_eq!(ours(&realm, &name).unwrap(), format!("{who}@EXAMPLE.COM"));
        }
    }
}

#[test]
fn directories() {
    let (realm, _kdc) = realm();
    let dir = realm.path("collection");
    let primary = format!("DIR:{}", dir.display());
    assert_eq!(ours(&realm, &primary), None);
    assert!(!dir.exists(), "a look makes nothing");
    for who in NAMES {
        kinit(&realm, who, &primary);
        assert_eq!(ours(&realm, &primary).unwrap(), mits(&realm, &primary));
        assert_eq!(ours(&realm, &primary).unwrap(), format!("{who}@EXAMPLE.COM"));
    }
    let files = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let caches: Vec<_> = files.filter(|path| !path.ends_with("primary")).collect();
    assert_eq!(caches.len(), NAMES.len());
    for path in caches {
        let name = format!("DIR::{}", path.display());
        assert_eq!(ours(&realm, &name).unwrap(), mits(&realm, &name));
    }
}

#[test]
fn what_is_wrong_in_mits_words() {
    let realm = Realm::new(Side::Mit);
    let golden = harness::workspace().join("tests/golden/ccache/bob.ccache");
    let golden = fs::read(golden).unwrap();
    for cut in [1, 3, 6, 9, 0x10, 0x13, 0x17, 0x1c, 0x2d] {
        realm.write(&format!("cut{cut}"), &golden[..cut]);
    }
    realm.write("version", [5, 7]);
    realm.write("long", [&golden[..0x18], &[0, 0, 0xff, 0xff], &golden[0x1c..]].concat());
    fs::create_dir(realm.path("bad")).unwrap();
    realm.write("bad/primary", "nothing\n");
    let dir = realm.dir().display().to_string();
    let files =
        ["cut1", "cut3", "cut6", "cut9", "cut16", "cut19", "cut23", "cut28", "cut45", "version", "long"];
    let files = files.map(|file| format!("FILE:{dir}/{file}"));
    let others = ["DIR:{}/no/such", "DIR:{}/version", "DIR:{}/bad", "DIR::{}/x", "DIR::tkt", "FILE:{}"];
    let others = others.map(|name| name.replace("{}", &dir));
    let foreign = ["API:x", "MSLSA:x", "foo:x", "/a:b"].map(str::to_owned);
    let system = System { keyrings: &k5_ccache::keyring::SystemKeyrings, kcm_socket: "-".into(), euid: 0 };
    for name in files.into_iter().chain(others).chain(foreign) {
        let mits = realm.klist::<_, &str>([]).env("KRB5CCNAME", &name).fails(1).stderr;
        let read = CcacheName::parse(OsStr::new(&name))
            .and_then(|name| Ccache::resolve(&name, &system)?.open(&system).map(|_| ()));
        let error = read.expect_err(&name);
        let end = if error.stops_mit() { " while resolving ccache" } else { "" };
        assert_eq!(format!("klist: {}{end}\n", error.mit_text()), mits, "{name}");
    }
}
