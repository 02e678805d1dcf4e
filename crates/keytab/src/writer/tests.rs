use super::*;
use crate::record::{self, Version};
use crate::storage::tests::Failing;
use crate::{Damage, entries};
use k5_types::{EncType, Principal, Timestamp};
use std::os::unix::fs::PermissionsExt;

fn entry(name: &str, kvno: u32) -> Entry {
    let key = KeyBlock::new(EncType(18), vec![u8::try_from(kvno & 0xff).unwrap(); 32]);
    Entry { principal: Principal::new("R.TEST", ["host", name]), timestamp: Timestamp(kvno), kvno, key }
}

fn names(path: &Path) -> Vec<String> {
    entries(path).unwrap().iter().map(|e| format!("{} {}", e.kvno, e.principal)).collect()
}

fn add(path: &Path, list: &[Entry]) {
    KeytabWriter::prepare(path, 0).unwrap().commit(list).unwrap();
}

/// Three entries, the middle one removed.
fn with_a_hole() -> (tempfile::TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    add(&path, &[entry("a", 1), entry("middle", 2), entry("c", 3)]);
    let removed = KeytabWriter::prepare(&path, 0).unwrap().remove_if(|e| e.kvno == 2).unwrap();
    assert_eq!(removed, 1);
    (scratch, path)
}

#[test]
fn a_new_file_is_private_and_appears_with_its_entries() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    let writer = KeytabWriter::prepare(&path, 1000).unwrap();
    assert!(!path.exists());
    writer.commit(&[entry("a", 1), entry("b", 300)]).unwrap();
    assert_eq!(names(&path), ["1 host/a@R.TEST", "300 host/b@R.TEST"]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "nothing else is left behind");
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    drop(KeytabWriter::prepare(&path, 1 << 20).unwrap());
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);

    add(&path, &[entry("a", 1)]);
    let blocks = fs::metadata(&path).unwrap().blocks();
    let before = fs::read(&path).unwrap();
    drop(KeytabWriter::prepare(&path, 1 << 20).unwrap());
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(fs::metadata(&path).unwrap().blocks(), blocks, "the reserved room is given back");
}

#[test]
fn room_is_made_before_anything_is_changed() {
    let (_scratch, path) = with_a_hole();
    let before = fs::metadata(&path).unwrap();
    let writer = KeytabWriter::prepare(&path, 1 << 20).unwrap();
    let prepared = fs::metadata(&path).unwrap();
    assert!(prepared.blocks() * 512 >= 1 << 20, "{} blocks", prepared.blocks());
    assert_eq!(prepared.len(), before.len());
    writer.commit(&[entry("b", 1)]).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().blocks(), before.blocks(), "what was not used is given back");
    let (name, key) = ("R.TEST/host/a-name-with-many/c/o/m/p/o/n/e/n/t/s", 32);
    let parts = Principal::new("R.TEST", name.split('/').skip(1));
    let list = [Entry { principal: parts, ..entry("", 1) }];
    let old = fs::metadata(&path).unwrap().len();
    add(&path, &list);
    assert!(fs::metadata(&path).unwrap().len() - old <= KeytabWriter::room_for(name.len(), key));
}

#[test]
fn the_mode_of_an_existing_file_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    add(&path, &[entry("a", 1)]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(names(&path), ["1 host/a@R.TEST"]);
}

#[test]
fn a_removed_entry_is_a_hole_of_zeros_that_the_next_one_takes() {
    let (_scratch, path) = with_a_hole();
    let bytes = fs::read(&path).unwrap();
    let record = record::encode(Version::V2, &entry("a", 1)).unwrap().expose().len();
    let hole = 2 + 4 + record;
    let size = record::encode(Version::V2, &entry("middle", 2)).unwrap().expose().len();
    assert_eq!(bytes[hole..hole + 4], (-i32::try_from(size).unwrap()).to_be_bytes());
    assert!(bytes[hole + 4..hole + 4 + size].iter().all(|b| *b == 0));

    add(&path, &[entry("much-too-long-for-it", 4), entry("b", 5), entry("d", 6)]);
    let expected = ["1 host/a", "5 host/b", "3 host/c", "4 host/much-too-long-for-it", "6 host/d"];
    assert_eq!(names(&path), expected.map(|name| format!("{name}@R.TEST")));
}

#[test]
fn an_end_mark_moves_behind_what_is_added() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    add(&path, &[entry("a", 1)]);
    // What a writer leaves that died before it gave its record a length.
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend([0; 4]);
    bytes.extend(record::encode(Version::V2, &entry("half", 9)).unwrap().expose());
    fs::write(&path, &bytes).unwrap();
    assert_eq!(names(&path), ["1 host/a@R.TEST"]);
    add(&path, &[entry("b", 2), entry("c", 3)]);
    assert_eq!(names(&path), ["1 host/a@R.TEST", "2 host/b@R.TEST", "3 host/c@R.TEST"]);
    assert_eq!(fs::read(&path).unwrap()[fs::read(&path).unwrap().len() - 4..], [0; 4]);
}

#[test]
fn an_end_mark_before_records_is_damage() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    add(&path, &[entry("a", 1)]);
    let mut bytes = fs::read(&path).unwrap();
    let records = bytes.split_off(2);
    bytes.extend(&records);
    bytes.extend([0; 4]);
    bytes.extend(&records);
    fs::write(&path, &bytes).unwrap();
    let error = KeytabWriter::prepare(&path, 0).unwrap_err();
    assert!(matches!(error, KeytabError::Damaged { damage: Damage::EarlyEnd, .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_garbled_file_is_refused_before_anything_is_done() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    add(&path, &[entry("a", 1), entry("b", 2)]);
    let mut bytes = fs::read(&path).unwrap();
    bytes.pop();
    fs::write(&path, &bytes).unwrap();
    let error = KeytabWriter::prepare(&path, 0).unwrap_err().to_string();
    let second = 2 + (bytes.len() + 1 - 2) / 2;
    assert!(error.contains(&format!("keytab' at offset {second}: a record of")), "{error}");
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn an_entry_that_cannot_be_stored_keeps_the_others_out() {
    let (_scratch, path) = with_a_hole();
    let before = fs::read(&path).unwrap();
    let mut bad = entry("x", 1);
    bad.principal = Principal::new("R.TEST", ["a", "", "b"]);
    let error = KeytabWriter::prepare(&path, 0).unwrap().commit(&[entry("y", 1), bad]).unwrap_err();
    assert!(matches!(error, KeytabError::Unstorable { .. }));
    assert_eq!(
        error.to_string(),
        "a//b@R.TEST cannot be stored in a keytab: its component is empty, which ends the keytab for its readers"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn the_same_key_is_not_added_twice() {
    let (_scratch, path) = with_a_hole();
    let mut again = entry("a", 1);
    again.timestamp = Timestamp(99);
    let mut other_key = entry("a", 1);
    other_key.key = KeyBlock::new(EncType(18), vec![7; 32]);
    let list = [again, other_key, entry("z", 9), entry("z", 9)];
    let added = KeytabWriter::prepare(&path, 0).unwrap().commit_new(&list).unwrap();
    assert_eq!(added, 2);
    assert_eq!(entries(&path).unwrap().len(), 4);
}

/// Whatever operation fails, the file has the bytes that it had.
#[test]
fn a_change_is_made_wholly_or_not_at_all() {
    let list =
        [entry("b", 5), entry("long-enough-for-the-end", 6), entry("another-and-longer-one-for-the-end", 7)];
    type Make<'a> = dyn Fn(&Existing, &Path, &Failing<'_>) -> Result<Made> + 'a;
    let add = |count: usize| {
        let list = &list;
        move |existing: &Existing, path: &Path, disk: &Failing<'_>| {
            existing.add(path, disk, &list[..count].iter().collect::<Vec<_>>())
        }
    };
    let remove = |existing: &Existing, path: &Path, disk: &Failing<'_>| {
        existing.apply(path, disk, &existing.removing(path, |_| true)?)
    };
    let rename = |existing: &Existing, path: &Path, disk: &Failing<'_>| {
        let (change, _) = existing.replacing(path, |old| {
            Some(Entry { principal: Principal::new("NEW.TEST", ["longer-than-before"]), ..old.duplicate() })
        })?;
        existing.apply(path, disk, &change)
    };
    let changes: [(usize, &Make<'_>); 4] = [(3, &add(1)), (5, &add(3)), (0, &remove), (2, &rename)];
    for (count, change) in changes {
        for fail_at in 1.. {
            let (_scratch, path) = with_a_hole();
            let before = fs::read(&path).unwrap();
            let existing = Existing::open(&path, 0).unwrap().unwrap();
            let result = change(&existing, &path, &Failing::new(&existing.file, fail_at));
            drop(existing);
            if result.is_ok() {
                assert!(fail_at > 3, "the failures were tried");
                assert_eq!(names(&path).len(), count);
                break;
            }
            assert!(matches!(result, Err(KeytabError::Io { doing: "writing", .. })));
            assert!(fs::read(&path).unwrap() == before, "{count} entries, operation {fail_at}");
        }
    }
}

/// What has to be in the file twice must fit in below 2 GiB; nothing is written otherwise.
#[test]
fn a_file_that_is_too_long_for_a_change_of_many_entries() {
    let (_scratch, path) = with_a_hole();
    // A hole that takes no room on the disk.
    let mut bytes = fs::read(&path).unwrap();
    let size: i32 = 1 << 30;
    bytes.extend((-size).to_be_bytes());
    fs::write(&path, &bytes).unwrap();
    let len = bytes.len() as u64 + u64::from(size.unsigned_abs());
    File::options().write(true).open(&path).unwrap().set_len(len).unwrap();
    let error = KeytabWriter::prepare(&path, 0).unwrap().remove_if(|_| true).unwrap_err();
    let told = "is too long for a change of several entries at once: twice its length is past 2 GiB";
    assert!(error.to_string().ends_with(told), "{error}");
    assert_eq!(names(&path).len(), 2);
    assert_eq!(fs::metadata(&path).unwrap().len(), len);
    assert_eq!(KeytabWriter::prepare(&path, 0).unwrap().remove_if(|e| e.kvno == 1).unwrap(), 1);
    assert_eq!(names(&path), ["3 host/c@R.TEST"]);
}

#[test]
fn a_second_writer_waits_for_the_first() {
    let (_scratch, path) = with_a_hole();
    let first = KeytabWriter::prepare(&path, 0).unwrap();
    let second = std::thread::spawn({
        let path = path.clone();
        move || add(&path, &[entry("second", 2)])
    });
    // Whether or not the other thread stands at the lock already, it must find this entry.
    first.commit(&[entry("the-first", 1)]).unwrap();
    second.join().unwrap();
    assert_eq!(names(&path).len(), 4);
}

#[test]
fn writers_of_a_new_file_all_get_in() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    let writers: Vec<_> = (0..8).map(|_| KeytabWriter::prepare(&path, 0).unwrap()).collect();
    let threads: Vec<_> = writers
        .into_iter()
        .enumerate()
        .map(|(n, writer)| std::thread::spawn(move || writer.commit(&[entry(&format!("n{n}"), 1)]).unwrap()))
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(names(&path).len(), 8);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
}

#[test]
fn a_replaced_file_is_opened_anew() {
    let (_scratch, path) = with_a_hole();
    let first = KeytabWriter::prepare(&path, 0).unwrap();
    let second = std::thread::spawn({
        let path = path.clone();
        move || add(&path, &[entry("second", 2)])
    });
    let other = path.with_extension("new");
    add(&other, &[entry("other", 1)]);
    fs::rename(&other, &path).unwrap();
    drop(first);
    second.join().unwrap();
    assert_eq!(names(&path), ["1 host/other@R.TEST", "2 host/second@R.TEST"]);
}

#[test]
fn version_1_files_are_read_and_changed() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("keytab");
    let mut bytes = Version::V1.header().to_vec();
    for e in [entry("a", 1), entry("b", 300)] {
        let body = record::encode(Version::V1, &e).unwrap();
        bytes.extend(Version::V1.length_bytes(i32::try_from(body.expose().len()).unwrap()));
        bytes.extend(body.expose());
    }
    // MIT leaves the last record four bytes short.
    bytes.truncate(bytes.len() - 4);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(names(&path), ["1 host/a@R.TEST", "300 host/b@R.TEST"]);
    add(&path, &[entry("c", 3)]);
    assert_eq!(names(&path), ["1 host/a@R.TEST", "300 host/b@R.TEST", "3 host/c@R.TEST"]);
    KeytabWriter::prepare(&path, 0).unwrap().remove_if(|e| e.kvno == 300).unwrap();
    assert_eq!(names(&path), ["1 host/a@R.TEST", "3 host/c@R.TEST"]);
    bytes.truncate(bytes.len() - 1);
    fs::write(&path, &bytes).unwrap();
    assert!(entries(&path).is_err(), "five bytes short is damage");
}

#[test]
fn what_is_no_file_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let text = |path: &Path| KeytabWriter::prepare(path, 0).unwrap_err().mit_text();
    assert_eq!(text(scratch.path()), "Is a directory");
    assert_eq!(entries(scratch.path()).unwrap_err().mit_text(), "Is a directory");
    let missing = scratch.path().join("no/keytab");
    assert_eq!(text(&missing), format!("Key table file '{}' not found", missing.display()));
    assert_eq!(text(Path::new("")), "Key table file '' not found");
    assert_eq!(text(Path::new("/dev/null")), "Key table '/dev/null' is not a regular file");
    let link = scratch.path().join("link");
    std::os::unix::fs::symlink(scratch.path().join("nowhere"), &link).unwrap();
    assert_eq!(text(&link), format!("Key table file '{}' not found", link.display()));
    let other = scratch.path().join("other");
    fs::write(&other, "neither").unwrap();
    assert_eq!(text(&other), "Unsupported key table format version number");
    assert_eq!(fs::read(&other).unwrap(), b"neither");
}

#[test]
fn what_was_stored_can_be_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("k");
    KeytabWriter::prepare(&path, 0).unwrap().commit_held(&[entry("new", 1)]).unwrap().undo().unwrap();
    assert!(!path.exists());
    KeytabWriter::prepare(&path, 0)
        .unwrap()
        .commit(&[entry("a", 1), entry("hole", 1), entry("b", 1)])
        .unwrap();
    let hole = entry("hole", 1).principal;
    KeytabWriter::prepare(&path, 0).unwrap().remove_if(|entry| entry.principal == hole).unwrap();
    let before = fs::read(&path).unwrap();
    let stored =
        KeytabWriter::prepare(&path, 0).unwrap().commit_held(&[entry("c", 1), entry("longer", 2)]).unwrap();
    assert_ne!(fs::read(&path).unwrap(), before);
    stored.undo().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before);
}
