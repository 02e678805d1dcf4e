//! The golden realm: files that MIT 1.22 made, put where the programs look.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::{BackEnd, Pair, Realm, Setup, workspace};

/// The content of a golden file.
pub fn golden(name: &str) -> Vec<u8> {
    let path = workspace().join("tests/golden").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The forms in which the realm's back end has the golden database: the directories of their files.
pub fn forms(backend: BackEnd) -> &'static [&'static str] {
    match backend {
        BackEnd::Db2 => &["db2", "big-endian"],
        BackEnd::Klmdb => &["klmdb"],
    }
}

/// Copies the golden database of that form and the stash to a realm.
pub fn place_form(realm: &Realm, form: &str) {
    for file in realm.backend().files() {
        realm.write(file, golden(&format!("{form}/{file}")));
        fs::set_permissions(realm.path(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    realm.write("stash", golden("stash-all"));
}

/// The same in the form that MIT makes of itself.
pub fn place(realm: &Realm) {
    place_form(realm, forms(realm.backend())[0]);
}

/// The golden realm on both sides.
pub fn golden_pair() -> Pair {
    let pair = Pair::with(golden_setup());
    pair.each(place);
    pair
}

/// The configuration of the golden realm.
pub fn golden_setup() -> Setup {
    Setup::new().realm("GOLDEN.TEST")
}

/// What a dump of the golden realm is, in the newest version. An LMDB database cannot hold the longest names.
pub fn golden_dump(backend: BackEnd) -> Vec<u8> {
    golden(match backend {
        BackEnd::Db2 => "dump/dump.txt",
        BackEnd::Klmdb => "dump/dump-klmdb.txt",
    })
}
