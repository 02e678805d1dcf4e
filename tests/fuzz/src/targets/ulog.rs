//! Update logs: what is no log stays as it is, what is one can be gone on with; an update that is read is written the same.

use std::fs;
use std::path::Path;
use std::time::Duration;

use k5_kdb::KdbError;
use k5_kdb::ulog::{Last, Logfile, Slot, Update, UpdateLog};

use crate::scratch::with_file;

/// Places of the log.
const ENTRIES: u32 = 3;

pub(super) fn run(data: &[u8]) {
    if let Ok(update) = Update::decode(data) {
        assert_eq!(Update::decode(&update.encode()).as_ref(), Ok(&update));
    }
    with_file(data, |path| {
        look(path);
        go_on(path, data);
    });
}

fn look(path: &Path) {
    let Ok(log) = Logfile::open(path) else { return };
    for serial in [0, 1, 2, log.header.first.serial, log.header.last.serial, u32::MAX] {
        let slot = log.entry(serial, ENTRIES).expect("a file in memory can be read");
        if let Slot::Update(header, update) = slot {
            assert!(header.size > 0 && update.encode().len() <= header.size as usize + 4096);
        }
    }
}

fn go_on(path: &Path, data: &[u8]) {
    let log = UpdateLog::new(path.to_path_buf(), ENTRIES, || Duration::from_secs(77));
    match log.prepare() {
        Err(KdbError::LogCorrupt { .. }) => {
            assert_eq!(fs::read(path).expect("it is there"), data, "a file that is no log was changed");
            return;
        }
        other => other.expect("there is room in memory"),
    }
    let last = log.last().expect("it was prepared");
    assert_eq!(log.last().expect("it stays so"), last);
    for serial in [0, 1, last.serial] {
        log.standing(Last { serial, time: last.time }).expect("any place can be asked for");
    }
    log.reset().expect("there is room in memory");
    let header = Logfile::open(path).expect("it is a log").header;
    assert_eq!((header.count, header.first, header.last.serial), (1, header.last, 1));
}
