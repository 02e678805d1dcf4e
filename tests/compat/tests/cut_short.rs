//! Changes to a database that are cut short: MIT's programs are the first to look, then ours.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use harness::{Pair, Realm, Side, announced_divergence};
use k5_bdb::{Copying, Facts, PageFile, Storage, StoredFile, SystemStorage};
use k5_kdb::db2::{Db2, Db2Files};
use k5_kdb::{Access, Backend, Scope};
use k5_types::Principal;
use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::{fs, io};

/// The system's files until so many changes were made, and none after that, as if the program had been killed. Files cannot be
/// copied, as where the disk is nearly full or they are large.
#[derive(Debug, Clone)]
struct Killed(Arc<AtomicI64>);

#[derive(Debug)]
struct KilledFile(StoredFile, Killed);

impl Killed {
    fn step(&self) -> io::Result<()> {
        match self.0.fetch_sub(1, Ordering::Relaxed) > 0 {
            true => Ok(()),
            false => Err(io::Error::other("killed")),
        }
    }

    fn file(&self, file: io::Result<StoredFile>) -> io::Result<StoredFile> {
        Ok(Box::new(KilledFile(file?, self.clone())))
    }
}

impl PageFile for KilledFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, buffer)
    }
    /// Page by page: a kill may come between two.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        for (page, offset) in bytes.chunks(PAGE).zip((offset..).step_by(PAGE)) {
            self.1.step()?;
            self.0.write_at(offset, page)?;
        }
        Ok(())
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn set_len(&mut self, length: u64) -> io::Result<()> {
        self.1.step()?;
        self.0.set_len(length)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.1.step()
    }
}

impl Storage for Killed {
    fn find(&self, path: &Path) -> io::Result<Option<Facts>> {
        SystemStorage.find(path)
    }
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        SystemStorage.resolve(path)
    }
    fn open(&self, path: &Path, access: k5_bdb::Access) -> io::Result<StoredFile> {
        self.file(SystemStorage.open(path, access))
    }
    fn create(&self, path: &Path) -> io::Result<StoredFile> {
        self.step()?;
        self.file(SystemStorage.create(path))
    }
    fn copy(&self, _: &Path, _: &Path, _: Copying) -> io::Result<Option<StoredFile>> {
        Err(io::ErrorKind::StorageFull.into())
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        SystemStorage.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        SystemStorage.remove(path)
    }
    fn sync_directory(&self, _: &Path) -> io::Result<()> {
        self.step()
    }
}

const PAGE: usize = 4096;
const USERS: usize = 150;

fn user(number: usize) -> String {
    format!("user{number:04}")
}

/// A database that MIT's programs made, with its files as they are.
struct Scene {
    realm: Realm,
    files: Vec<(&'static str, Vec<u8>)>,
}

impl Scene {
    fn new() -> Self {
        let realm = Realm::shared(Side::Mit);
        realm.create("master");
        let script: String = (0..USERS).map(|n| format!("addprinc -randkey {}\n", user(n))).collect();
        realm.mit("kadmin.local", Vec::<&str>::new()).stdin(&script).ok();
        let files = ["principal", "principal.kadm5"].map(|name| (name, realm.read(name))).to_vec();
        Scene { realm, files }
    }

    fn restore(&self) {
        let _ = fs::remove_file(self.realm.path("principal.journal"));
        for (name, content) in &self.files {
            self.realm.write(name, content);
        }
    }

    /// Stores forty more principals beside one, and deletes a few, as one change that is cut after so many steps.
    fn cut(&self, left: i64) -> bool {
        let storage = Killed(Arc::new(AtomicI64::new(left)));
        let files = Db2Files { storage: Arc::new(storage), ..Db2Files::named(&self.realm.path("principal")) };
        let db = Db2::open(files).unwrap();
        let mut change = db.begin(Scope::Everything, Access::Write).unwrap();
        let name = |name: &str| Principal::new(self.realm.name(), [name]);
        let like = change.principal(&name(&user(70))).unwrap().unwrap();
        for number in 0..40 {
            let mut entry = like.clone();
            entry.principal = name(&format!("user0070new{number:02}"));
            change.put_principal(&entry).unwrap();
        }
        for number in 71..90 {
            assert!(change.delete_principal(&name(&user(number))).unwrap());
        }
        change.commit().is_ok()
    }

    /// The lines of MIT's dump by the names of their principals.
    fn dump(&self) -> BTreeMap<String, String> {
        principals(&self.realm.dump_by_mit())
    }
}

fn principals(dump: &str) -> BTreeMap<String, String> {
    let lines = dump.lines().filter(|line| line.starts_with("princ\t"));
    lines.map(|line| (line.split('\t').nth(6).unwrap().to_owned(), line.to_owned())).collect()
}

fn ours_dumps(scene: &Scene) -> BTreeMap<String, String> {
    principals(&scene.realm.by(Side::Ours).kdb5_util(["dump"]).ok().stdout)
}

/// Pages are written in their places, cut after each step. MIT's dump and look-ups find everything that the change leaves alone,
/// at once; and when ours has looked, all of the change is there or nothing.
#[test]
fn mit_finds_a_whole_database_at_every_step() {
    let scene = Scene::new();
    let before = scene.dump();
    scene.restore();
    assert!(scene.cut(i64::MAX));
    let after = scene.dump();
    assert_eq!(after.len(), before.len() + 40 - 19);
    let lookups: String = (0..USERS).map(|n| format!("getprinc -terse {}\n", user(n))).collect();
    let mut halves = 0;
    for left in 0.. {
        scene.restore();
        let done = scene.cut(left);
        let seen = scene.dump();
        let said = scene.realm.mit("kadmin.local", Vec::<&str>::new()).stdin(&lookups).ok();
        for (name, line) in &before {
            let stays = after.get(name) == Some(line);
            assert!(!stays || seen.get(name) == Some(line), "{left}: {name} is not in the dump");
            let found = said.stdout.contains(&format!("\"{name}\""));
            assert!(!stays || !name.starts_with("user") || found, "{left}: {name} is not found");
        }
        assert!(
            seen.iter().all(|(name, line)| [&before, &after].iter().any(|all| all.get(name) == Some(line)))
        );
        halves += usize::from(seen != before && seen != after);
        let recovered = ours_dumps(&scene);
        assert!(recovered == after || (!done && recovered == before), "{left}");
        assert!(scene.dump() == recovered, "{left}");
        assert!(!scene.realm.path("principal.journal").exists());
        if done {
            assert!(left > 15 && halves > 0, "{left} steps, {halves} in between");
            break;
        }
    }
}

/// What a change that the next writer ends leaves in between is told once, with the command that helps; what can be read is saved all the same.
#[test]
fn verify_tells_of_a_change_that_the_next_writer_ends() {
    let scene = Scene::new();
    let before = scene.dump();
    assert!(scene.cut(i64::MAX));
    let after = scene.dump();
    let left = between(&scene, &before, &after);
    let ours = scene.realm.by(Side::Ours);
    // Some pages are faulty in between at one step at least.
    let mut faulty = 0;
    for left in left - 3..left + 4 {
        scene.restore();
        assert!(!scene.cut(left));
        if !scene.realm.path("principal.journal").exists() {
            continue;
        }
        for name in ["saved", "saved.scanned"] {
            let _ = fs::remove_file(scene.realm.path(name));
        }
        let told = ours.kdb5_util(["verify", "--recover", "saved"]).fails(1);
        assert!(!told.stdout.is_empty(), "{told}");
        let lines: Vec<&str> = told.stdout.lines().collect();
        let journal = scene.realm.path("principal.journal");
        assert!(lines[0].starts_with(&format!("{}: a change", journal.display())), "{told}");
        assert!(lines[0].contains("run kadmin.local listpols, which finishes it"), "{told}");
        assert!(!told.stdout.contains(": page "), "{told}");
        let unlisted = lines.iter().any(|line| line.starts_with("note: ") && line.contains("are not listed"));
        let faults = lines.last().unwrap().rsplit(": ").next().unwrap();
        assert_eq!(unlisted, faults != "1 fault", "{told}");
        faulty += usize::from(unlisted);
        let saved = principals(&String::from_utf8(scene.realm.read("saved")).unwrap());
        for (name, line) in before.iter().filter(|(name, line)| after.get(*name) == Some(line)) {
            assert!(saved.get(name) == Some(line), "{name}");
        }
        ours.kadmin_local(["listpols"]).ok();
        let _ = ours.kdb5_util(["verify"]).ok().stdout_has(": sound");
    }
    assert!(faulty > 0);
}

/// A creation that was killed left no database: that is one failure.
#[test]
fn verify_of_no_database() {
    let realm = Realm::new(Side::Ours);
    for name in ["principal", "principal.ok", "principal.kadm5", "principal.kadm5.lock"] {
        realm.write(name, "");
    }
    realm.kdb5_util(["verify"]).fails(1);
}

/// Steps after which the journal stands and some pages are written.
fn between(scene: &Scene, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> i64 {
    let mut left = 5;
    loop {
        scene.restore();
        assert!(!scene.cut(left), "no step is in between");
        let seen = scene.dump();
        if seen != *before && seen != *after {
            return left;
        }
        left += 1;
    }
}

#[test]
fn what_mit_writes_in_between() {
    announced_divergence("DIV-171");
    let scene = Scene::new();
    let before = scene.dump();
    assert!(scene.cut(i64::MAX));
    let after = scene.dump();
    let left = between(&scene, &before, &after);
    let ours = scene.realm.by(Side::Ours);

    // A write elsewhere stays.
    scene.restore();
    assert!(!scene.cut(left));
    scene.realm.mit("kadmin.local", ["modprinc", "-maxlife", "3 hours", "user0010"]).ok();
    let recovered = ours_dumps(&scene);
    assert_eq!(recovered.len(), after.len());
    let mit = ours.kadmin_local(["getprinc", "user0010"]).ok();
    let _ = mit.stdout_has("Maximum ticket life: 0 days 03:00:00");
    let _ = ours.kdb5_util(["verify"]).ok();

    // A write to one of the pages: ours does nothing any more, but to look and to save.
    scene.restore();
    assert!(!scene.cut(left));
    scene.realm.mit("kadmin.local", ["modprinc", "-maxlife", "3 hours", "user0070"]).ok();
    let files = || ["principal", "principal.kadm5", "principal.journal"].map(|name| scene.realm.read(name));
    let kept = files();
    for command in [["getprinc", "user0010"], ["delprinc", "user0010"], ["listpols", "*"]] {
        let refused = ours.kadmin_local(command).output();
        assert!(
            refused.stderr.contains("principal.journal: a change to the database was cut short"),
            "{}",
            refused.stderr
        );
        assert!(
            refused.stderr.contains("kdb5_util verify --recover FILE, then kdb5_util load"),
            "{}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("remove the journal"), "{}", refused.stderr);
    }
    assert!(files() == kept);
    let told = ours.kdb5_util(["verify", "--recover", "saved"]).fails(1);
    let journal = format!(
        "{}: a change to the database was cut short",
        scene.realm.path("principal.journal").display()
    );
    assert!(told.stdout.starts_with(&journal), "{told}");
    assert!(files() == kept);
    // What cannot be opened any more can be destroyed, by ours with the journal too.
    scene.realm.write("kept", scene.realm.read("principal.journal"));
    for side in [Side::Mit, Side::Ours] {
        let mut journal = fs::File::open(scene.realm.path("principal.journal")).unwrap();
        let output = scene.realm.by(side).kdb5_util(["destroy", "-f"]).ok();
        assert!(output.stdout.ends_with("destroyed.\n") && output.stderr.is_empty(), "{output}");
        assert_eq!(scene.realm.path("principal.journal").exists(), side == Side::Mit);
        let mut bytes = Vec::new();
        journal.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.iter().all(|byte| *byte == 0), side == Side::Ours);
        for (name, content) in ["principal", "principal.kadm5"].iter().zip(&kept) {
            scene.realm.write(name, content);
        }
        for lock in ["principal.ok", "principal.kadm5.lock"] {
            scene.realm.write(lock, "");
        }
    }
    scene.realm.write("principal.journal", scene.realm.read("kept"));
    assert!(files() == kept);
    ours.kdb5_util(["load", "saved"]).ok();
    assert!(!scene.realm.path("principal.journal").exists());
    let _ = ours.kdb5_util(["verify"]).ok();
    let saved = scene.dump();
    for (name, line) in before.iter().filter(|(name, line)| after.get(*name) == Some(line)) {
        assert!(name.contains("user0070@") || saved.get(name) == Some(line), "{name}");
    }
}

#[test]
fn hard_links() {
    let pair = Pair::new();
    pair.create_by_mit("master");
    pair.each(|realm| fs::hard_link(realm.path("principal"), realm.path("twin")).unwrap());
    let both = pair.kadmin_local(["addprinc", "-randkey", "alice"]).differs("DIV-170");
    let _ = both;
    let refused = pair.ours().kadmin_local(["addprinc", "-randkey", "bob"]).output();
    assert!(refused.stderr.contains("2 names (hard links)"), "{}", refused.stderr);
    let _ = pair.mit().kadmin_local(["getprinc", "alice"]).ok();
    let _ = pair.ours().kdb5_util(["dump", "out"]).ok();
    let before = pair.ours().read("principal");
    let refused = pair.ours().kdb5_util(["load", "-update", "out"]).fails(1);
    let _ = refused.stderr_has("2 names (hard links)");
    assert!(pair.ours().read("principal") == before && pair.ours().read("twin") == before);
    pair.each(|realm| fs::remove_file(realm.path("twin")).unwrap());
    let _ = pair.ours().kadmin_local(["addprinc", "-randkey", "alice"]).ok();
    pair.same_dump();
}

/// DIV-236: who may not make names in the directory changes nothing, and nothing is half done.
#[test]
fn a_directory_in_which_no_name_can_be_made() {
    let pair = Pair::with(harness::Setup::new().backend(harness::BackEnd::Db2));
    pair.create_by_mit("master");
    let rights = |mode| {
        pair.each(|realm| fs::set_permissions(realm.dir(), fs::Permissions::from_mode(mode)).unwrap());
    };
    let before = pair.ours().read("principal");
    rights(0o555);
    announced_divergence("DIV-236");
    let by_mit =
        pair.mit().kadmin_local(["setstr", "kadmin/admin", "note", "text"]).bound_by_rights().output();
    let by_ours =
        pair.ours().kadmin_local(["setstr", "kadmin/admin", "note", "text"]).bound_by_rights().output();
    rights(0o755);
    assert_eq!((by_mit.exit, by_ours.exit), (0, 1), "{by_ours}");
    assert!(by_ours.stderr.contains("nothing was changed: Permission denied"), "{by_ours}");
    assert!(pair.ours().read("principal") == before);
    pair.ours().kadmin_local(["setstr", "kadmin/admin", "note", "text"]).ok();
    pair.same_dump();
}

/// A symbolic link stays one, and a KDC that runs sees what is renamed under it.
#[test]
fn symbolic_links_and_a_running_kdc() {
    let realm = Realm::shared(Side::Mit);
    realm.create("master");
    fs::create_dir(realm.path("elsewhere")).unwrap();
    fs::rename(realm.path("principal"), realm.path("elsewhere/real")).unwrap();
    std::os::unix::fs::symlink("elsewhere/real", realm.path("principal")).unwrap();
    let kdc = harness::Kdc::start(&realm);
    for number in 0..12 {
        let (name, password) = (format!("user{number}"), format!("password{number}"));
        realm.by(Side::Ours).kadmin_local(["addprinc", "-pw", &password, &name]).ok();
        realm.kinit(&name, &password).ok();
        realm.mit("kadmin.local", ["modprinc", "-maxlife", "3 hours", &name]).ok();
        let shown = realm.by(Side::Ours).kadmin_local(["getprinc", &name]).ok();
        let _ = shown.stdout_has("Maximum ticket life: 0 days 03:00:00");
    }
    kdc.stop();
    assert!(realm.path("principal").symlink_metadata().unwrap().is_symlink());
    let left = fs::read_dir(realm.path("elsewhere")).unwrap().count();
    assert_eq!(left, 1);
}

/// What a creation that was killed leaves is no obstacle to the next one, unless it is a database.
#[test]
fn a_creation_after_one_that_was_killed() {
    let pair = Pair::new();
    pair.each(|realm| {
        realm.write("principal.ok", "");
        realm.write("principal.kadm5.lock", "");
    });
    let create = ["create", "-s", "-P", "master"];
    let _ = pair.kdb5_util(create).differs("DIV-172");
    let _ = pair.ours().kdb5_util(["verify"]).ok();
}
