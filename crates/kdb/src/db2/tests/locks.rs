//! The lock files, as others leave them while we work.

use super::*;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

/// Whoever takes the database for itself for good (`kadmin.local`'s `lock`) removes the policies' lock file while others wait for it.
#[test]
fn a_policy_lock_file_that_goes_while_we_wait_for_it_is_told() {
    let (_dir, files) = scratch();
    Db2::create(files.clone(), |t| t.put_principal(&entry("a"))).unwrap();
    let held = std::fs::File::options().read(true).write(true).open(&files.policy_lock).unwrap();
    k5_lock::lock(&held, LockMode::Exclusive).unwrap();
    let inode = format!(":{} ", held.metadata().unwrap().ino());
    let waits = || {
        let all = std::fs::read_to_string("/proc/locks").unwrap();
        all.lines().any(|lock| lock.contains("->") && lock.contains(&inode))
    };
    std::thread::scope(|threads| {
        let waiting = threads.spawn(|| {
            Db2Transaction::begin(&files, Scope::Everything, Access::Read).map(|_| ()).unwrap_err()
        });
        let begun = Instant::now();
        while !waits() {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody waits for the lock");
            std::thread::yield_now();
        }
        std::fs::remove_file(&files.policy_lock).unwrap();
        drop(held);
        assert!(matches!(waiting.join().unwrap(), KdbError::NoPolicyLockFile { .. }));
    });
}

/// A load where there is no database makes lock files: they stay if it finishes, and only then.
#[test]
fn lock_files_of_a_new_database_come_with_it() {
    let (dir, files) = scratch();
    let load = || {
        let mut load = Box::new(Loader::begin(&files, LoadFrom::Nothing).unwrap());
        load.put_principal(&entry("a")).unwrap();
        load
    };
    let failed = load().finish_with(&mut || Err(KdbError::NoMasterKey));
    assert!(matches!(failed, Err(KdbError::NoMasterKey)));
    assert_eq!(file_names(&dir), Vec::<String>::new());
    load().finish().unwrap();
    assert_eq!(file_names(&dir), FOUR);
    assert_eq!(names(&Db2::open(files).unwrap()), ["a@R"]);
}
