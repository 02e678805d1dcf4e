//! The back end as a whole, on files of its own. What MIT makes of them is shown in `tests/compat`.

mod locks;

use super::*;
use crate::backend::{Load, LoadFrom, Order};
use crate::entry::Entry;
use crate::policy::Policy;
use k5_lock::LockMode;
use k5_types::Principal;
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

fn scratch() -> (tempfile::TempDir, Db2Files) {
    let dir = tempfile::tempdir().unwrap();
    let files = Db2Files::named(&dir.path().join("principal"));
    (dir, files)
}

fn entry(name: &str) -> Entry {
    Entry::new(Principal::new("R", [name]))
}

fn names(db: &Db2) -> Vec<String> {
    let mut transaction = db.begin(Scope::Everything, Access::Read).unwrap();
    let mut names = Vec::new();
    transaction
        .each_name(&mut |name| {
            names.push(String::from_utf8_lossy(name).into_owned());
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    names
}

#[test]
fn only_a_commit_changes_anything() {
    let (_dir, files) = scratch();
    let db = Db2::create(files, |t| t.put_principal(&entry("a"))).unwrap();
    {
        let mut dropped = db.begin(Scope::Everything, Access::Write).unwrap();
        dropped.put_principal(&entry("b")).unwrap();
    }
    assert_eq!(names(&db), ["a@R"]);
    let mut kept = db.begin(Scope::Everything, Access::Write).unwrap();
    kept.put_principal(&entry("b")).unwrap();
    let mark = kept.savepoint();
    kept.put_principal(&entry("c")).unwrap();
    kept.put_policy(&Policy { name: b"p".to_vec(), ..Policy::default() }).unwrap();
    kept.rollback_to(mark).unwrap();
    assert!(kept.delete_principal(&Principal::new("R", ["a"])).unwrap());
    assert!(!kept.delete_principal(&Principal::new("R", ["zz"])).unwrap());
    kept.commit().unwrap();
    assert_eq!(names(&db), ["b@R"]);
    let mut policies = db.begin(Scope::Policies, Access::Read).unwrap();
    assert_eq!(policies.policy(b"p").unwrap(), None);
}

#[test]
fn a_failed_creation_leaves_nothing() {
    let (dir, files) = scratch();
    let failed = Db2::create(files.clone(), |_| Err(KdbError::NoMasterKey));
    assert!(matches!(failed, Err(KdbError::NoMasterKey)));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);

    let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    let again = Db2::create(files, |_| Ok(()));
    assert!(matches!(again, Err(KdbError::Open { .. })));
    assert_eq!(names(&db), ["a@R"]);
}

#[test]
fn files_are_private_and_destroyed_whole() {
    let (dir, files) = scratch();
    Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    // A second link shows what destroy leaves on the disk.
    std::fs::hard_link(&files.principals, dir.path().join("link")).unwrap();
    files.destroy().unwrap();
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left, ["link"]);
    assert!(std::fs::read(dir.path().join("link")).unwrap().iter().all(|byte| *byte == 0));
}

#[test]
fn a_write_moves_the_age_and_a_policy_write_does_not() {
    let (_dir, files) = scratch();
    let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    let age = || files.lock.metadata().unwrap().modified().unwrap();
    let far = std::time::SystemTime::now() + std::time::Duration::from_secs(1000);
    std::fs::File::options().write(true).open(&files.lock).unwrap().set_modified(far).unwrap();
    let mut write = db.begin(Scope::Policies, Access::Write).unwrap();
    write.put_policy(&Policy { name: b"p".to_vec(), ..Policy::default() }).unwrap();
    write.commit().unwrap();
    assert_eq!(age(), far);
    let mut write = db.begin(Scope::Everything, Access::Write).unwrap();
    write.put_principal(&entry("b")).unwrap();
    write.commit().unwrap();
    assert_eq!(age(), far + std::time::Duration::from_secs(1));
}

#[test]
fn a_missing_policy_lock_file_is_told() {
    let (_dir, files) = scratch();
    let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    std::fs::remove_file(&files.policy_lock).unwrap();
    assert!(matches!(Db2::open(files), Err(KdbError::NoPolicyLockFile { .. })));
    assert!(matches!(db.begin(Scope::Everything, Access::Read), Err(KdbError::NoPolicyLockFile { .. })));
}

fn hash_files() -> (tempfile::TempDir, Db2Files) {
    let (dir, mut files) = scratch();
    files.new_principals = PrincipalFile::Hash;
    (dir, files)
}

#[test]
fn a_hash_database_is_used_like_any_other() {
    let (_dir, files) = hash_files();
    let db = Db2::create(files.clone(), |t| {
        (0..300).try_for_each(|number| t.put_principal(&entry(&format!("p{number:03}"))))
    })
    .unwrap();
    let starts_as_hash = |path| k5_bdb::hash::is_hash(&std::fs::read(path).unwrap());
    assert!(starts_as_hash(&files.principals) && !starts_as_hash(&files.policies));
    // What exists says itself what it is.
    let db = Db2::open(Db2Files::named(&db.files().principals)).unwrap();
    let mut write = db.begin(Scope::Everything, Access::Write).unwrap();
    let mark = write.savepoint();
    assert!(write.delete_principal(&Principal::new("R", ["p007"])).unwrap());
    write.rollback_to(mark).unwrap();
    assert!(write.delete_principal(&Principal::new("R", ["p123"])).unwrap());
    assert!(!write.delete_principal(&Principal::new("R", ["p123"])).unwrap());
    write.put_policy(&Policy { name: b"p".to_vec(), ..Policy::default() }).unwrap();
    write.commit().unwrap();

    let mut found = names(&db);
    assert!(!found.is_sorted());
    found.sort();
    let expected = (0..300).filter(|number| *number != 123).map(|number| format!("p{number:03}@R"));
    assert!(found.into_iter().eq(expected));
    let mut read = db.begin(Scope::Everything, Access::Read).unwrap();
    assert!(read.principal(&Principal::new("R", ["p007"])).unwrap().is_some());
    assert!(read.principal(&Principal::new("R", ["p123"])).unwrap().is_none());
    assert!(read.policy(b"p").unwrap().is_some());
}

/// A record that could not be taken is not left out without a word.
#[test]
fn a_load_into_a_hash_table_ends_with_its_first_failure() {
    let (dir, files) = hash_files();
    let mut load = Box::new(Loader::begin(&files, LoadFrom::Nothing).unwrap());
    load.put_principal(&entry("a")).unwrap();
    assert!(load.principals.put(b"", b"a key without bytes").is_err());
    assert!(load.finish().is_err());
    assert_eq!(file_names(&dir), Vec::<String>::new());
}

#[test]
fn a_hash_database_has_one_order_but_for_names() {
    let (_dir, files) = hash_files();
    let db = Db2::create(files, |t| {
        (0..60).try_for_each(|number| t.put_principal(&entry(&format!("p{number:02}"))))
    })
    .unwrap();
    let mut read = db.begin(Scope::Everything, Access::Read).unwrap();
    let refused = [Order::Reverse, Order::Recurse, Order::RecurseReverse].map(|order| {
        read.each_principal(order, &mut |_| Ok(ControlFlow::Continue(()))).unwrap_err().to_string()
    });
    let recursive = "Recursive iteration is not supported for hash databases";
    assert_eq!(refused, ["Invalid argument", recursive, recursive]);

    drop(read);
    let mut write = db.begin(Scope::Everything, Access::Write).unwrap();
    let mut from = |text: &str, order, count: usize| {
        let mut names = Vec::new();
        let visited = write.each_name_from(text.as_bytes(), order, &mut |name| {
            names.push(String::from_utf8_lossy(name).into_owned());
            Ok(if names.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        visited.unwrap();
        names
    };
    assert_eq!(from("p10", Order::Forward, 3), ["p10@R", "p11@R", "p12@R"]);
    assert_eq!(from("p10", Order::Reverse, 2), ["p09@R", "p08@R"]);
    assert_eq!(from("p58x", Order::Forward, 9), ["p59@R"]);
    write.put_principal(&entry("p100")).unwrap();
    let mut first = Vec::new();
    let visited = write.each_name_from(b"p10", Order::Forward, &mut |name| {
        first = name.to_vec();
        Ok(ControlFlow::Break(()))
    });
    visited.unwrap();
    assert_eq!(first, b"p100@R");
}

#[test]
fn arguments() {
    let parsed = Db2Arguments::parse(["dbname=/x", "merge_nra", "lockiter", "hash=true"]).unwrap();
    assert_eq!(
        parsed,
        Db2Arguments { database: Some("/x".into()), hash: true, temporary: false, merge_nra: true }
    );
    assert!(
        matches!(Db2Arguments::parse(["foo=1"]), Err(KdbError::BadArgument { argument, .. }) if argument == "foo")
    );
    assert!(matches!(Db2Arguments::parse(["hash"]), Err(KdbError::BadArgument { .. })));
}

#[test]
fn of_many_creations_one_wins_and_keeps_its_files() {
    for _ in 0..40 {
        let (_dir, files) = scratch();
        let made = std::thread::scope(|scope| {
            let each = || Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).is_ok();
            let all: Vec<_> = (0..6).map(|_| scope.spawn(each)).collect();
            all.into_iter().map(|one| one.join().unwrap()).filter(|made| *made).count()
        });
        assert_eq!(made, 1);
        assert_eq!(names(&Db2::open(files).unwrap()), ["a@R"]);
    }
}

#[test]
fn a_pipe_is_no_database_and_nobody_waits_for_it() {
    let (_dir, files) = scratch();
    let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    std::fs::remove_file(&files.policies).unwrap();
    nix::unistd::mkfifo(&files.policies, nix::sys::stat::Mode::S_IRUSR).unwrap();
    let mut transaction = db.begin(Scope::Policies, Access::Read).unwrap();
    let refused = transaction.policy(b"p").unwrap_err().to_string();
    assert!(refused.contains("principal.kadm5") && refused.contains("Not a regular file"), "{refused}");
    drop(transaction);
    std::fs::remove_file(&files.principals).unwrap();
    nix::unistd::mkfifo(&files.principals, nix::sys::stat::Mode::S_IRUSR).unwrap();
    assert!(matches!(Db2::open(files), Err(KdbError::Open { .. })));
}

#[test]
fn names_of_databases_are_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"dbname=/x/\xff=y");
    let parsed = Db2Arguments::parse([odd]).unwrap();
    assert_eq!(parsed.database.unwrap().as_os_str().as_bytes(), b"/x/\xff=y");
}

/// Whether a lock was free, each time that somebody looked.
type Noted = Arc<Mutex<Vec<bool>>>;

/// The system's files, where a rename to a name that ends so fails, and one file is watched.
#[derive(Debug)]
struct Altered {
    refused: &'static str,
    /// A file, the lock of its database, and what is to be noted.
    watched: Option<(PathBuf, PathBuf, Noted)>,
}

impl k5_bdb::Storage for Altered {
    fn find(&self, path: &std::path::Path) -> std::io::Result<Option<k5_bdb::Facts>> {
        k5_bdb::SystemStorage.find(path)
    }
    fn resolve(&self, path: &std::path::Path) -> std::io::Result<PathBuf> {
        k5_bdb::SystemStorage.resolve(path)
    }
    fn open(&self, path: &std::path::Path, access: k5_bdb::Access) -> std::io::Result<k5_bdb::StoredFile> {
        let file = k5_bdb::SystemStorage.open(path, access)?;
        Ok(match &self.watched {
            Some((watched, lock, was_free)) if watched == path => {
                Box::new(Watched { file, lock: lock.clone(), was_free: was_free.clone() })
            }
            _ => file,
        })
    }
    fn create(&self, path: &std::path::Path) -> std::io::Result<k5_bdb::StoredFile> {
        k5_bdb::SystemStorage.create(path)
    }
    fn copy(
        &self,
        from: &std::path::Path,
        to: &std::path::Path,
        copying: k5_bdb::Copying,
    ) -> std::io::Result<Option<k5_bdb::StoredFile>> {
        k5_bdb::SystemStorage.copy(from, to, copying)
    }
    fn rename(&self, from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
        match to.to_string_lossy().ends_with(self.refused) {
            true => Err(std::io::Error::other("refused")),
            false => k5_bdb::SystemStorage.rename(from, to),
        }
    }
    fn remove(&self, path: &std::path::Path) -> std::io::Result<()> {
        k5_bdb::SystemStorage.remove(path)
    }
    fn sync_directory(&self, of: &std::path::Path) -> std::io::Result<()> {
        k5_bdb::SystemStorage.sync_directory(of)
    }
}

fn file_names(dir: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

const FOUR: [&str; 4] = ["principal", "principal.kadm5", "principal.kadm5.lock", "principal.ok"];

fn refusing(files: &Db2Files, end: &'static str) -> Db2Files {
    Db2Files { storage: Arc::new(Altered { refused: end, watched: None }), ..files.clone() }
}

/// A load, a creation and a change of both files that stop between the two files are finished by whoever comes next, be it to
/// read, or for the policies alone.
#[test]
fn an_exchange_that_stopped_in_the_middle_is_finished() {
    let policy = |name: &str| Policy { name: name.as_bytes().to_vec(), ..Policy::default() };
    for scope in [Scope::Everything, Scope::Policies] {
        let (dir, files) = scratch();
        let stopped = Db2::create(refusing(&files, ".kadm5"), |t| {
            t.put_principal(&entry("a"))?;
            t.put_policy(&policy("p"))
        });
        assert!(matches!(stopped, Err(KdbError::Pages(k5_bdb::Error::Undecided { .. }))));
        let db = Db2::open(files.clone()).unwrap();
        assert!(db.begin(scope, Access::Read).unwrap().policy(b"p").unwrap().is_some());
        assert_eq!(file_names(&dir), FOUR);

        let broken = Db2::open(refusing(&files, ".kadm5")).unwrap();
        let mut write = broken.begin(Scope::Everything, Access::Write).unwrap();
        write.put_principal(&entry("b")).unwrap();
        write.put_policy(&policy("q")).unwrap();
        assert!(matches!(write.commit(), Err(KdbError::Pages(k5_bdb::Error::Undecided { .. }))));
        assert!(db.begin(scope, Access::Write).unwrap().policy(b"q").unwrap().is_some());
        assert_eq!(names(&db), ["a@R", "b@R"]);
        assert_eq!(file_names(&dir), FOUR);

        let mut load = Box::new(Loader::begin(&refusing(&files, ".kadm5"), LoadFrom::Nothing).unwrap());
        load.put_principal(&entry("c")).unwrap();
        load.put_policy(&policy("r")).unwrap();
        assert!(matches!(load.finish(), Err(KdbError::Pages(k5_bdb::Error::Undecided { .. }))));
        assert!(db.begin(scope, Access::Read).unwrap().policy(b"r").unwrap().is_some());
        assert_eq!(names(&db), ["c@R"]);
        assert_eq!(file_names(&dir), FOUR);
    }
}

/// What somebody else has put in the second file's place stays, and whoever asks is told so before anything is tried.
#[test]
fn an_exchange_that_found_another_file_is_refused() {
    let (dir, files) = scratch();
    let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    let broken = Db2::open(refusing(&files, ".kadm5")).unwrap();
    let mut write = broken.begin(Scope::Everything, Access::Write).unwrap();
    write.put_principal(&entry("b")).unwrap();
    write.put_policy(&Policy { name: b"q".to_vec(), ..Policy::default() }).unwrap();
    assert!(matches!(write.commit(), Err(KdbError::Pages(k5_bdb::Error::Undecided { .. }))));
    assert!(files.pair().can_recover().is_ok());
    let mut other = std::fs::read(&files.policies).unwrap();
    other[100] ^= 1;
    std::fs::write(&files.policies, &other).unwrap();
    let foreign = |result| matches!(result, Err(k5_bdb::Error::Foreign { .. }));
    assert!(foreign(files.pair().can_recover()));
    assert!(foreign(files.pair().recover().map(drop)));
    assert!(db.begin(Scope::Everything, Access::Read).is_err());
    assert_eq!(std::fs::read(&files.policies).unwrap(), other);
    // A load replaces all of it, and the journal goes.
    let mut load = Box::new(Loader::begin(&files, LoadFrom::Nothing).unwrap());
    load.put_principal(&entry("c")).unwrap();
    load.finish().unwrap();
    assert_eq!(names(&db), ["c@R"]);
    assert_eq!(file_names(&dir), FOUR);
}

/// A copy of the database holds its keys.
#[test]
fn a_load_that_is_given_up_overwrites_its_copy() {
    use std::os::unix::fs::FileExt;
    let (dir, files) = scratch();
    Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    let load = Loader::begin(&files, LoadFrom::Live).unwrap();
    let copy = std::fs::File::open(dir.path().join("principal~")).unwrap();
    let mut bytes = vec![1; copy.metadata().unwrap().len() as usize];
    drop(load);
    assert_eq!(file_names(&dir), FOUR);
    copy.read_exact_at(&mut bytes, 0).unwrap();
    assert!(bytes.len() > 4096 && bytes.iter().all(|byte| *byte == 0));
}

/// A file that notes, when it is closed, whether somebody could have a database's lock.
#[derive(Debug)]
struct Watched {
    file: k5_bdb::StoredFile,
    lock: PathBuf,
    was_free: Noted,
}

impl k5_bdb::PageFile for Watched {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        self.file.read_at(offset, buffer)
    }
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_at(offset, bytes)
    }
    fn len(&self) -> std::io::Result<u64> {
        self.file.len()
    }
    fn set_len(&mut self, length: u64) -> std::io::Result<()> {
        self.file.set_len(length)
    }
    fn sync(&mut self) -> std::io::Result<()> {
        self.file.sync()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let lock = std::fs::File::open(&self.lock).unwrap();
        self.was_free.lock().unwrap().push(k5_lock::try_lock(&lock, LockMode::Shared).unwrap());
    }
}

/// To free a large file may take long: nobody waits for it.
#[test]
fn a_load_closes_the_file_that_it_replaced_when_others_have_the_locks() {
    let (_dir, files) = scratch();
    Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    let was_free = Noted::default();
    let watched = (files.principals.clone(), files.lock.clone(), was_free.clone());
    let storage = Arc::new(Altered { refused: "/", watched: Some(watched) });
    let mut load =
        Box::new(Loader::begin(&Db2Files { storage, ..files.clone() }, LoadFrom::Nothing).unwrap());
    load.put_principal(&entry("b")).unwrap();
    load.finish().unwrap();
    assert_eq!(*was_free.lock().unwrap(), [true]);
}

/// The next loader finishes what the one before it began before it takes the names for itself.
#[test]
fn a_loader_finishes_the_exchange_of_the_one_before() {
    let (dir, files) = scratch();
    let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    let mut load = Box::new(Loader::begin(&refusing(&files, ".kadm5"), LoadFrom::Nothing).unwrap());
    load.put_principal(&entry("b")).unwrap();
    assert!(load.finish().is_err());
    drop(Loader::begin(&files, LoadFrom::Nothing).unwrap());
    assert_eq!(names(&db), ["b@R"]);
    assert_eq!(file_names(&dir), FOUR);
}

/// A loader of MIT's has taken the names: the load is refused, and what is the other one's stays.
#[test]
fn a_loader_leaves_alone_what_another_has_made() {
    for replaced in [0, 1] {
        let (dir, files) = scratch();
        let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
        let mut load = Box::new(Loader::begin(&files, LoadFrom::Nothing).unwrap());
        load.put_principal(&entry("b")).unwrap();
        let path = dir.path().join(["principal~", "principal~.kadm5"][replaced]);
        std::fs::write(dir.path().join("other"), b"what another program writes").unwrap();
        std::fs::rename(dir.path().join("other"), &path).unwrap();
        let refused = load.finish().unwrap_err().to_string();
        assert!(refused.contains("another program has replaced it"), "{refused}");
        assert_eq!(names(&db), ["a@R"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"what another program writes");
    }
}

#[test]
fn what_a_killed_writer_left_goes_away() {
    let (dir, files) = scratch();
    let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    let left = ["principal.commit", "principal.kadm5.commit"];
    for name in left {
        std::fs::write(dir.path().join(name), b"a copy").unwrap();
    }
    std::fs::write(&files.journal, b"k5jrnl\r\nnever whole").unwrap();
    assert_eq!(names(&db), ["a@R"]);
    assert!(!files.journal.exists());
    drop(db.begin(Scope::Everything, Access::Write).unwrap());
    assert_eq!(file_names(&dir), FOUR);
    for name in left {
        std::fs::write(dir.path().join(name), b"a copy").unwrap();
    }
    std::fs::write(&files.journal, b"k5jrnl\r\nnever whole").unwrap();
    files.destroy().unwrap();
    assert_eq!(file_names(&dir), [""; 0]);
}

#[test]
fn a_creation_that_was_killed_is_begun_again() {
    let (dir, files) = scratch();
    for name in ["principal.ok", "principal.kadm5.lock", "principal.commit", "principal.kadm5.commit"] {
        std::fs::write(dir.path().join(name), b"").unwrap();
    }
    Db2::create(files, |t| t.put_principal(&entry("a"))).unwrap();
    assert_eq!(file_names(&dir), FOUR);
}

#[test]
fn a_copied_file_keeps_its_mode() {
    let (_dir, files) = scratch();
    let db = Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    std::fs::set_permissions(&files.principals, std::fs::Permissions::from_mode(0o640)).unwrap();
    let number = || std::os::unix::fs::MetadataExt::ino(&files.principals.metadata().unwrap());
    let before = number();
    let mut write = db.begin(Scope::Everything, Access::Write).unwrap();
    assert!(write.delete_principal(&entry("a").principal).unwrap());
    write.put_principal(&entry("bigger")).unwrap();
    write.commit().unwrap();
    let copied = number();
    assert_ne!(copied, before);
    assert_eq!(files.principals.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(names(&db), ["bigger@R"]);
    // A record that only comes needs no copy.
    let mut write = db.begin(Scope::Everything, Access::Write).unwrap();
    write.put_principal(&entry("c")).unwrap();
    write.commit().unwrap();
    assert_eq!(number(), copied);
    assert_eq!(names(&db), ["bigger@R", "c@R"]);
}

/// In either kind of file, in the order of that file.
#[test]
fn names_that_begin_with_a_text() {
    for kind in [PrincipalFile::BTree, PrincipalFile::Hash] {
        let (_dir, files) = scratch();
        let files = Db2Files { new_principals: kind, ..files };
        let db = Db2::create(files, |transaction| {
            ["b1", "a", "b", "ba", "c", "b0/x"].into_iter().try_for_each(|name| {
                transaction.put_principal(&Entry::new(Principal::parse(name.as_bytes(), b"R").unwrap()))
            })
        })
        .unwrap();
        let all = names(&db);
        let mut transaction = db.begin(Scope::Everything, Access::Read).unwrap();
        for prefix in ["b", "b1", "b@", "", "bb", "c@R", "c@R@"] {
            let mut found = Vec::new();
            let mut visit = |name: &[u8]| {
                found.push(String::from_utf8(name.to_vec()).unwrap());
                Ok(ControlFlow::Continue(()))
            };
            transaction.each_name_with(prefix.as_bytes(), &mut visit).unwrap();
            let expected: Vec<_> = all.iter().filter(|name| name.starts_with(prefix)).cloned().collect();
            assert_eq!(found, expected, "{prefix} in {kind:?}");
        }
    }
}
