//! What Heimdal and the JDK make of our keytabs, and we of theirs: after each change everybody reads the same entries, and
//! those that the change did not mean are there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use harness::{
    Entry as Told, Realm, Side, heimdal_keytab, heimdal_ktutil, jdk_changes_keytab, jdk_keytab, mit_keytab,
};
use k5_keytab::{Entry, KeytabWriter, entries};
use k5_types::{EncType, KeyBlock, Principal, Timestamp};

/// The file, and what is in it.
struct Keytab {
    realm: Realm,
    path: PathBuf,
    there: BTreeSet<Told>,
}

/// What everybody reads, who must agree. The JDK, which takes a second for it, is asked where `by_the_jdk`.
fn read(path: &Path, by_the_jdk: bool) -> BTreeSet<Told> {
    let told = |entry: &Entry| {
        let key = entry.key.contents.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        Told { kvno: entry.kvno, principal: entry.principal.to_string(), key }
    };
    let ours: Vec<Told> = entries(path).unwrap().iter().map(told).collect();
    assert_eq!(mit_keytab(path), ours, "MIT reads other entries");
    assert_eq!(heimdal_keytab(path), ours, "Heimdal reads other entries");
    let count = ours.len();
    let set: BTreeSet<Told> = ours.into_iter().collect();
    assert_eq!(set.len(), count, "an entry is there twice");
    if by_the_jdk {
        let theirs: BTreeSet<Told> = jdk_keytab(path).into_iter().collect();
        assert_eq!(theirs, set, "the JDK reads other entries");
    }
    set
}

impl Keytab {
    /// Looks at the file after a change. `more` and `fewer` are the names and versions of what came and went, each of
    /// any number of keys.
    fn changed(&mut self, who: &str, more: &[(&str, u32)], fewer: &[(&str, u32)]) {
        // What MIT and Heimdal write is between them and the JDK.
        let now = read(&self.path, who == "ours" || who == "the JDK");
        let names = |set: BTreeSet<&Told>| {
            let name = |told: &Told| (told.principal.trim_end_matches("@EXAMPLE.COM").to_string(), told.kvno);
            set.into_iter().map(name).collect::<BTreeSet<_>>()
        };
        let wanted =
            |list: &[(&str, u32)]| list.iter().map(|(name, kvno)| (name.to_string(), *kvno)).collect();
        assert_eq!(names(now.difference(&self.there).collect()), wanted(more), "what {who} added");
        assert_eq!(names(self.there.difference(&now).collect()), wanted(fewer), "what {who} removed");
        self.there = now;
    }

    fn ours_adds(&mut self, name: &str, kvno: u32) {
        let entry = Entry {
            principal: Principal::new("EXAMPLE.COM", name.split('/')),
            // Long ago.
            timestamp: Timestamp(1_500_000_000),
            kvno,
            key: KeyBlock::new(EncType(18), (1..).take(32).collect()),
        };
        KeytabWriter::prepare(&self.path, 0).unwrap().commit(&[entry]).unwrap();
        self.changed("ours", &[(name, kvno)], &[]);
    }

    fn ours_removes(&mut self, name: &str, kvno: u32) {
        let wanted = Principal::new("EXAMPLE.COM", name.split('/'));
        let writer = KeytabWriter::prepare(&self.path, 0).unwrap();
        assert!(writer.remove_if(|entry| entry.principal == wanted && entry.kvno == kvno).unwrap() > 0);
        self.changed("ours", &[], &[(name, kvno)]);
    }
}

fn full(name: &str) -> String {
    format!("{name}@EXAMPLE.COM")
}

fn keytab() -> Keytab {
    let realm = Realm::new(Side::Mit);
    let path = realm.path("keytab");
    Keytab { realm, path, there: BTreeSet::new() }
}

/// The JDK writes all versions with eight bits, those of entries that it does not mean too; what it leaves is a keytab like
/// any other one.
#[test]
fn the_jdk_cuts_versions() {
    let mut keytab = keytab();
    keytab.ours_adds("host/low", 1);
    keytab.ours_adds("host/between", 2);
    keytab.ours_adds("host/high", 70_000);
    keytab.ours_removes("host/between", 2);
    jdk_changes_keytab(&keytab.path, &["add", &full("host/theirs"), "password", "11"]);
    let cut = ("host/high", 70_000 % 256);
    keytab.changed("the JDK", &[("host/theirs", 11), cut], &[("host/high", 70_000)]);
    keytab.ours_removes(cut.0, cut.1);
    keytab.ours_adds("host/high", 70_000);
}

/// Heimdal's copy, rename and purge, on a file that has our holes.
#[test]
fn heimdal_copies_renames_and_purges() {
    let mut keytab = keytab();
    for kvno in 1..=3 {
        keytab.ours_adds("host/old", kvno);
    }
    keytab.ours_adds("host/between", 1);
    keytab.ours_adds("host/last", 1);
    keytab.ours_removes("host/between", 1);
    heimdal_ktutil(&keytab.path, &["purge"]);
    keytab.changed("Heimdal", &[], &[("host/old", 1), ("host/old", 2)]);
    heimdal_ktutil(&keytab.path, &["rename", &full("host/last"), &full("host/new-name")]);
    keytab.changed("Heimdal", &[("host/new-name", 1)], &[("host/last", 1)]);
    keytab.ours_adds("host/ours", 5);
    let copy = keytab.realm.path("copy");
    let name = |path: &Path| format!("FILE:{}", path.display());
    heimdal_ktutil(&keytab.path, &["copy", &name(&keytab.path), &name(&copy)]);
    assert_eq!(read(&copy, false), keytab.there);
    keytab.path = copy;
    keytab.ours_adds("host/more", 6);
    keytab.ours_removes("host/new-name", 1);
    heimdal_ktutil(&keytab.path, &["rename", &full("host/more"), &full("host/still-more")]);
    keytab.changed("Heimdal", &[("host/still-more", 6)], &[("host/more", 6)]);
    assert!(fs::metadata(&keytab.path).unwrap().len() > 100);
}
