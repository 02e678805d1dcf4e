//! Files for readers that want a path.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Calls `use_it` with the path of a file that holds `data`. It lies in memory where the system has such a place: the
/// writers wait for the disk.
pub(crate) fn with_file<T>(data: &[u8], use_it: impl FnOnce(&Path) -> T) -> T {
    with_place("input", |path| {
        fs::write(path, data).expect("the scratch file can be written");
        use_it(path)
    })
}

/// Calls `use_it` with a path of that name where nothing is.
pub(crate) fn with_place<T>(name: &str, use_it: impl FnOnce(&Path) -> T) -> T {
    thread_local! {
        static PLACE: OnceCell<TempDir> = const { OnceCell::new() };
    }
    let path = PLACE.with(|place| place.get_or_init(directory).path().join(name));
    // A new one each time, so that nothing of the last one is left.
    let _ = fs::remove_file(&path);
    use_it(&path)
}

fn directory() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("realmsmith-fuzz-").tempdir_in(place).expect("a scratch directory")
}
