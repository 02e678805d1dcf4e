//! Stash files of both forms.

use k5_kdb::mkey::stash;
use k5_types::Principal;

use crate::scratch::with_file;

pub(super) fn run(data: &[u8]) {
    let master = Principal::new("GOLDEN.TEST", ["K", "M"]);
    with_file(data, |path| {
        for kvno in [None, Some(0), Some(1), Some(2), Some(u32::MAX)] {
            match stash::read(path, &master, kvno) {
                Ok(key) => assert!(key.contents.expose().len() <= data.len()),
                Err(error) => assert!(error.to_string().contains(&path.display().to_string()), "{error}"),
            }
        }
    });
}
