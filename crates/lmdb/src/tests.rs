//! Environments as a whole: what is written is read again, nobody waits who need not, and nothing that is damaged is gone through.

use crate::*;
use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

const TREES: &[&str] = &["one", "two"];

fn options() -> Options {
    Options { map_size: 8 << 20, max_readers: 0, sync: false, trees: TREES }
}

fn new() -> (tempfile::TempDir, PathBuf, Environment) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("e.mdb");
    let environment = Environment::open(&path, Mode::Create, &options()).unwrap();
    (directory, path, environment)
}

fn key(number: u32) -> Vec<u8> {
    format!("key{number:06}").into_bytes()
}

/// One value of a hundred goes to overflow pages.
fn value(number: u32) -> Vec<u8> {
    vec![number as u8; if number % 100 == 3 { 9000 } else { 100 }]
}

fn fill(environment: &Environment, numbers: std::ops::Range<u32>) {
    let mut writer = environment.write().unwrap();
    for number in numbers {
        writer.put("one", &key(number), &value(number)).unwrap();
    }
    writer.commit().unwrap();
}

fn keys(snapshot: &Snapshot, from: Option<&[u8]>, direction: Direction) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    snapshot
        .each_key::<Error>("one", from, direction, &mut |key| {
            keys.push(key.to_vec());
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    keys
}

fn on<T>(_: T) -> Result<ControlFlow<()>> {
    Ok(ControlFlow::Continue(()))
}

#[test]
fn what_is_written_is_read() {
    let (_directory, _, environment) = new();
    fill(&environment, 0..2000);
    let snapshot = environment.read().unwrap();
    assert_eq!(snapshot.records("one").unwrap(), 2000);
    for number in [0, 3, 999, 1999] {
        assert_eq!(snapshot.get("one", &key(number)).unwrap().unwrap(), value(number));
    }
    assert_eq!(snapshot.get("one", b"key").unwrap(), None);
    assert_eq!(snapshot.get("one", b"z").unwrap(), None);
    assert_eq!(snapshot.get("two", b"z").unwrap(), None);
    let all: Vec<_> = (0..2000).map(key).collect();
    assert_eq!(keys(&snapshot, None, Direction::Forward), all);
    for start in [0, 1, 77, 1000, 1999] {
        let at = key(start);
        assert_eq!(keys(&snapshot, Some(&at), Direction::Forward), all[start as usize..]);
        let mut below = all[..start as usize].to_vec();
        below.reverse();
        assert_eq!(keys(&snapshot, Some(&at), Direction::Backward), below);
    }
    let mut seen = 0;
    snapshot
        .each::<Error>("one", None, Direction::Forward, &mut |_, bytes| {
            assert_eq!(bytes, value(seen));
            seen += 1;
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    assert_eq!(seen, 2000);
    let report = snapshot.check::<Error>(&mut |_| on(())).unwrap();
    assert_eq!(report.problems, []);
}

#[test]
fn a_state_stays_while_others_write() {
    let (_directory, path, environment) = new();
    fill(&environment, 0..500);
    let snapshot = environment.read().unwrap();
    let again = Environment::open(&path, Mode::Existing, &options()).unwrap();
    for round in 0..5 {
        let mut writer = again.write().unwrap();
        for number in 0..500 {
            assert_eq!(writer.delete("one", &key(number)).unwrap(), round == 0);
        }
        writer.put("one", &key(round), b"new").unwrap();
        assert_eq!(writer.before().get("one", &key(round)).unwrap().is_some(), round == 0);
        assert_eq!(writer.get("one", &key(round)).unwrap().unwrap(), b"new");
        drop(writer);
        let mut writer = again.write().unwrap();
        for number in 0..500 {
            writer.delete("one", &key(number)).unwrap();
        }
        writer.commit().unwrap();
    }
    assert_eq!(keys(&snapshot, None, Direction::Forward).len(), 500);
    assert_eq!(snapshot.get("one", &key(3)).unwrap().unwrap(), value(3));
    assert_eq!(again.read().unwrap().records("one").unwrap(), 0);
}

#[test]
fn both_files_are_private() {
    let (_directory, path, _environment) = new();
    for file in [path.clone(), lock_file(&path)] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// liblmdb writes into it through a map, where a full disk would be SIGBUS.
#[test]
fn the_disk_keeps_room_for_the_lock_file() {
    let (_directory, path, _environment) = new();
    let data = fs::metadata(lock_file(&path)).unwrap();
    assert!(data.len() > 4096 && data.blocks() * 512 >= data.len(), "{data:?}");
}

/// What a commit writes finds the room that was kept, and the file is no longer for it.
#[test]
fn the_disk_keeps_room_for_a_commit() {
    let (_directory, path, environment) = new();
    let facts = || fs::metadata(&path).unwrap();
    for (from, count) in [(0, 1), (1, 40), (41, 3000), (100, 5)] {
        let mut writer = environment.write().unwrap();
        for number in from..from + count {
            writer.put("one", &key(number), &value(number + 1)).unwrap();
        }
        writer.delete("one", &key(from)).unwrap();
        let length = facts().len();
        writer.keep_room().unwrap();
        assert_eq!(facts().len(), length);
        let kept = facts().blocks() * 512;
        writer.commit().unwrap();
        let more = facts().len();
        assert!(more <= kept, "{count}: {more} bytes, kept {kept}");
        assert!(kept < 3 * more + (128 << 10), "{count}: {more} bytes, kept {kept}");
    }
    let too_much = environment.keep_room(1 << 60).unwrap_err();
    assert!(matches!(&too_much, Error::Io { path: of, .. } if *of == path), "{too_much}");
    // What is not needed is given back.
    // The file system counts some blocks of its own.
    let in_use = || facts().len().next_multiple_of(4096) / 512;
    let given_back = || assert!(facts().blocks() <= in_use() + 16, "{} of {}", facts().blocks(), in_use());
    drop(environment.keep_room(1 << 20).unwrap());
    given_back();
    let room = environment.keep_room(1 << 20).unwrap();
    assert!(facts().blocks() >= in_use() + 2048);
    fill(&environment, 5000..5100);
    drop(room);
    given_back();
    let mut writer = environment.write().unwrap();
    for number in 6000..9000 {
        writer.put("two", &key(number), &value(1)).unwrap();
    }
    writer.keep_room().unwrap();
    assert!(facts().blocks() > in_use() + 64);
    drop(writer);
    given_back();
    assert_eq!(keys(&environment.read().unwrap(), Some(&key(5000)), Direction::Forward).len(), 100);
}

#[test]
fn keys_have_their_limits() {
    let (_directory, _, environment) = new();
    let mut writer = environment.write().unwrap();
    writer.put("one", &[b'x'; KEY_LIMIT], b"1").unwrap();
    for length in [0, KEY_LIMIT + 1] {
        let refused = writer.put("one", &vec![b'x'; length], b"1");
        assert!(matches!(refused, Err(Error::KeyLength { length: found }) if found == length));
    }
    writer.commit().unwrap();
    assert_eq!(environment.read().unwrap().records("one").unwrap(), 1);
}

#[test]
fn a_full_map_says_what_would_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("e.mdb");
    let small = Options { map_size: 1 << 20, ..options() };
    let environment = Environment::open(&path, Mode::Create, &small).unwrap();
    fill(&environment, 0..10);
    let mut writer = environment.write().unwrap();
    let mut failed = None;
    for number in 10..20000 {
        match writer.put("one", &key(number), &value(number)) {
            Err(Error::MapFull { size, needed, .. }) => {
                assert_eq!(size, 1 << 20);
                failed.get_or_insert((number, needed));
                break;
            }
            other => other.unwrap(),
        }
    }
    drop(writer);
    let (number, needed) = failed.unwrap();
    assert_eq!(environment.read().unwrap().records("one").unwrap(), 10);
    drop(environment);
    let larger = Options { map_size: usize::try_from(needed).unwrap(), ..options() };
    let environment = Environment::open(&path, Mode::Existing, &larger).unwrap();
    fill(&environment, 10..number + 1);
}

/// What a damaged file gives: an error, from reading, checking and writing alike, or what stands beside the damage.
fn go_through(path: &Path) -> Vec<Error> {
    let mut errors = Vec::new();
    let environment = match Environment::open(path, Mode::Existing, &options()) {
        Ok(environment) => environment,
        Err(error) => return vec![error],
    };
    match environment.read() {
        Ok(snapshot) => {
            errors.extend(snapshot.each::<Error>("one", None, Direction::Forward, &mut |_, _| on(())).err());
            let report = snapshot.check::<Error>(&mut |_| on(())).unwrap();
            if report.problem_count > 0 {
                let Problem { page, what } = report.problems[0].clone();
                errors.push(Error::Damaged { path: path.to_path_buf(), page, what });
            }
        }
        Err(error) => errors.push(error),
    }
    match environment.write() {
        Ok(mut writer) => {
            for number in (0..600).step_by(7) {
                let put = match number % 3 {
                    0 => writer.put("one", &key(number), b"other"),
                    1 => writer.put("one", &key(number), &value(3)),
                    _ => writer.delete("one", &key(number)).map(|_| ()),
                };
                errors.extend(put.err());
            }
            drop(writer);
        }
        Err(error) => errors.push(error),
    }
    errors
}

#[test]
fn a_file_that_was_cut_is_told_and_kills_nobody() {
    let (directory, path, environment) = new();
    fill(&environment, 0..600);
    let length = fs::metadata(&path).unwrap().len();
    let whole = fs::read(&path).unwrap();
    for cut in [0, 1, 100, 4096, 5000, 8192, 12288, length / 2, length - 4096] {
        let copy = directory.path().join(format!("cut{cut}.mdb"));
        fs::write(&copy, &whole[..usize::try_from(cut).unwrap()]).unwrap();
        let errors = go_through(&copy);
        assert!(!errors.is_empty(), "cut at {cut}");
        if cut <= 4096 {
            assert!(matches!(errors[0], Error::NotLmdb { .. }), "cut at {cut}: {errors:?}");
        }
    }
}

#[test]
fn garbage_on_any_page_is_told_and_kills_nobody() {
    let (directory, path, environment) = new();
    fill(&environment, 0..600);
    let pages = fs::metadata(&path).unwrap().len() / 4096;
    let whole = fs::read(&path).unwrap();
    let copy = directory.path().join("damaged.mdb");
    let mut quiet = 0;
    for page in 0..pages {
        for (offset, damage) in
            [(0, vec![0xa5; 4096]), (8, vec![0xff; 8]), (12, vec![0; 4]), (16, vec![0xff; 40])]
        {
            fs::write(&copy, &whole).unwrap();
            fs::File::options()
                .write(true)
                .open(&copy)
                .unwrap()
                .write_all_at(&damage, page * 4096 + offset)
                .unwrap();
            if go_through(&copy).is_empty() {
                quiet += 1;
            }
            let _ = fs::remove_file(lock_file(&copy));
            fs::remove_file(&copy).unwrap();
        }
    }
    // Free pages, and the insides of values, are nobody's.
    assert!(quiet < pages * 2, "{quiet} of {}", pages * 4);
}

#[test]
fn what_is_left_is_found() {
    let (directory, path, environment) = new();
    fill(&environment, 0..600);
    let whole = fs::read(&path).unwrap();
    let copy = directory.path().join("damaged.mdb");
    let found = |damage: &[(u64, usize)]| {
        fs::write(&copy, &whole).unwrap();
        let file = fs::File::options().write(true).open(&copy).unwrap();
        for (page, length) in damage {
            file.write_all_at(&vec![0xa5; *length], page * 4096).unwrap();
        }
        let (mut of_trees, mut scanned) = (0, 0);
        let report = salvage::<Error>(&copy, &mut |record| {
            if record.value.is_some() {
                if record.tree == Some("one") { of_trees += 1 } else { scanned += 1 }
            }
            Ok(ControlFlow::Continue(()))
        });
        (of_trees, scanned, report.unwrap().problem_count)
    };
    assert_eq!(found(&[]), (600, 0, 0));
    // The tree is that of the first commit but one, or of the last.
    let (of_trees, _, problems) = found(&[(0, 4096)]);
    assert!(of_trees == 600 || of_trees == 0, "{of_trees}");
    assert_eq!(problems, 1);
    let (of_trees, scanned, _) = found(&[(0, 4096), (1, 4096)]);
    assert!(of_trees == 0 && scanned >= 600, "{scanned}");
}

#[test]
fn a_full_table_of_readers_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("e.mdb");
    let few = Options { max_readers: 3, ..options() };
    let environment = Environment::open(&path, Mode::Create, &few).unwrap();
    let snapshots: Vec<_> = (0..3).map(|_| environment.read().unwrap()).collect();
    assert!(matches!(environment.read(), Err(Error::ReadersFull { readers: 3, .. })));
    drop(snapshots);
    environment.read().unwrap();
}
