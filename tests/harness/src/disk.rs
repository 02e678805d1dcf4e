//! A disk that is soon full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of a few KiB in memory, until this goes away. Only root can mount one, and the tests that need it
/// fail for others.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Makes the directory and mounts the disk there.
    ///
    /// # Panics
    /// Where it cannot be mounted.
    pub fn mount(directory: &Path, kibibytes: usize) -> SmallDisk {
        std::fs::create_dir_all(directory).expect("cannot make the directory of the disk");
        let size = format!("size={kibibytes}k,mode=700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(directory).output();
        let mounted = mounted.expect("mount cannot be run");
        assert!(
            mounted.status.success(),
            "cannot mount a small disk, which needs root: {}",
            String::from_utf8_lossy(&mounted.stderr)
        );
        SmallDisk(directory.to_path_buf())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("cannot unmount {}", self.0.display());
        }
    }
}
