//! What is done with the journal of a commit that was cut short.

use super::super::journal::Journal;
use super::*;

/// Both files change: after the recovery both have changed or none has. In between the second may still be as before.
#[test]
fn both_files_change_or_none() {
    for (copies, full) in [(true, false), (false, false), (true, true), (false, true)] {
        for left in 0.. {
            let scratch = two_files();
            let (before_first, before_second) = (scratch.all(0), scratch.all(1));
            let (first, after_first) = plan(&scratch, 0, &[Do::Put(7, 3), Do::Put(1000, 80)]);
            let (second, after_second) = plan(&scratch, 1, &[Do::Put(7, 200), Do::Put(1000, 80)]);
            let storage = Cut { copies, full, ..Cut::after(left) };
            let done = scratch.files(&storage).commit([first, second]);
            assert!(!scratch.all_or_between(0).is_empty() && !scratch.all_or_between(1).is_empty());
            let what = format!("{copies}, {full}, {left}: {done:?}");
            scratch.files(&SystemStorage).recover().unwrap_or_else(|error| panic!("{what}: {error}"));
            scratch.files(&SystemStorage).remove_copies(&[0, 1]).unwrap();
            let now = (scratch.all(0), scratch.all(1));
            assert!(
                now == (after_first, after_second) || (done.is_err() && now == (before_first, before_second)),
                "{what}"
            );
            assert_eq!(scratch.names(), ["p", "p.kadm5"], "{what}");
            if !storage.was_reached() {
                assert!(done.is_ok() && left > 5, "{what}");
                break;
            }
        }
    }
}

impl Scratch {
    /// What a walk as MIT's finds, at whatever moment.
    fn all_or_between(&self, file: usize) -> Model {
        walk_as_mit(&self.tree(file, Access::ReadOnly))
    }

    /// Cuts a commit of a change to the second file at the last step that leaves a journal of pages and the files in between.
    fn cut_between(&self) -> Model {
        let (change, after) = plan(self, 0, &[Do::Put(101, 90), Do::Put(102, 90), Do::Put(103, 90)]);
        let storage = Cut { copies: false, ..Cut::after(10) };
        self.files(&storage).commit([change, Plan::default()]).unwrap_err();
        assert!(self.journal.exists());
        after
    }
}

/// What a killed program wrote may be in memory only. Without the journal nobody could make it whole after a loss of power.
#[test]
fn all_is_on_the_medium_before_the_journal_goes() {
    let mut seen = [0; 3];
    for (both, copies) in [(false, false), (true, false), (true, true)] {
        for left in 0.. {
            let scratch = two_files();
            let (first, _) = plan(&scratch, 0, &[Do::Put(7, 3), Do::Put(1000, 80)]);
            let (second, _) = plan(&scratch, 1, &[Do::Put(7, 200), Do::Put(1000, 80)]);
            let plans = [first, if both { second } else { Plan::default() }];
            let cut = Cut { copies, ..Cut::after(left) };
            let done = scratch.files(&cut).commit(plans);
            let journal = std::fs::read(&scratch.journal).unwrap_or_default();
            let journal = Journal::decode(&journal).ok();
            let storage = Cut::after(1000);
            let recovered = scratch.files(&storage).recover().unwrap();
            let noted = storage.done.lock().unwrap().clone();
            let place = |what: &str| noted.iter().position(|done| done == what);
            let wiped = place("write p.journal");
            let kind = match (&journal, recovered) {
                (Some(Journal::Pages { lengths, .. }), _) => {
                    for (name, length) in ["sync p", "sync p.kadm5"].into_iter().zip(lengths) {
                        let before = place(name).is_some_and(|at| Some(at) < wiped);
                        assert_eq!(before, length.is_some(), "{left}: {noted:?}");
                    }
                    usize::from(recovered == Recovered::After)
                }
                (Some(Journal::Exchange { .. }), Recovered::After) => {
                    let synced = place("sync directory of p.kadm5");
                    assert!(synced.is_some() && synced < wiped, "{left}: {noted:?}");
                    2
                }
                _ => usize::MAX,
            };
            seen.iter_mut().skip(kind).take(1).for_each(|times| *times += 1);
            if done.is_ok() {
                break;
            }
        }
    }
    assert!(seen.iter().all(|times| *times > 1), "{seen:?}");
}

#[test]
fn what_another_program_wrote_since_is_kept() {
    let scratch = two_files();
    scratch.cut_between();
    let journal = std::fs::read(&scratch.journal).unwrap();
    let mut file = std::fs::read(&scratch.paths[0]).unwrap();
    // Every page of the journal is touched in turn; the others do not matter.
    let Ok(Journal::Pages { changes, .. }) = Journal::decode(&journal) else { panic!("no journal of pages") };
    for change in &changes {
        let at = change.offset as usize;
        let Some(byte) = file.get_mut(at + 1) else { continue };
        *byte ^= 0xa5;
        std::fs::write(&scratch.paths[0], &file).unwrap();
        let refused = scratch.files(&SystemStorage).recover();
        assert!(matches!(refused, Err(Error::Foreign { .. })), "{at}: {refused:?}");
        assert!(matches!(scratch.files(&SystemStorage).can_recover(), Err(Error::Foreign { .. })));
        assert!(std::fs::read(&scratch.journal).unwrap() == journal, "the journal stays");
        assert!(std::fs::read(&scratch.paths[0]).unwrap() == file, "and so does the file");
        file[at + 1] ^= 0xa5;
    }
    assert!(changes.len() > 2);
    scratch.files(&SystemStorage).forget().unwrap();
    assert!(!scratch.journal.exists());
}

#[test]
fn a_torn_page_is_made_whole() {
    let scratch = Scratch::new();
    let options = Options { page_size: 4096, ..Options::default() };
    let path = &scratch.paths[0];
    let mut tree = BTree::create(SystemStorage.create(path).unwrap(), path, options).unwrap();
    for number in 0..200 {
        tree.put(&key(number), &[7; 100]).unwrap();
    }
    tree.commit().unwrap();
    scratch.make(1, &Model::new());
    let before = std::fs::read(path).unwrap();
    let (change, after) = plan(&scratch, 0, &[Do::Put(50, 80), Do::Delete(51), Do::Put(52, 99)]);
    assert_eq!(change.writes().count(), 1, "one page");
    scratch.files(&SystemStorage).commit([change.clone(), Plan::default()]).unwrap();
    let whole = std::fs::read(path).unwrap();
    // The journal as it was before the page was written.
    std::fs::write(path, &before).unwrap();
    let storage = Cut { copies: false, ..Cut::after(4) };
    scratch.files(&storage).commit([change, Plan::default()]).unwrap_err();
    let journal = std::fs::read(&scratch.journal).unwrap();
    for torn in 0..256_usize {
        let mut file = before.clone();
        for (sector, (old, new)) in file.chunks_mut(512).zip(whole.chunks(512)).enumerate() {
            if torn >> (sector % 8) & 1 == 1 {
                old.copy_from_slice(new);
            }
        }
        std::fs::write(path, &file).unwrap();
        std::fs::write(&scratch.journal, &journal).unwrap();
        scratch.files(&SystemStorage).recover().unwrap();
        let now = std::fs::read(path).unwrap();
        assert!(now == whole || (file == before && now == before), "{torn:x}");
    }
    assert_eq!(scratch.all(0), after);
}

#[test]
fn a_journal_that_was_never_whole_is_nothing() {
    let scratch = two_files();
    let before = std::fs::read(&scratch.paths[0]).unwrap();
    for bytes in [&b""[..], b"k5jrnl\r\n", &[0; 700]] {
        std::fs::write(&scratch.journal, bytes).unwrap();
        assert!(scratch.files(&SystemStorage).is_cut_short().unwrap());
        assert_eq!(scratch.files(&SystemStorage).recover().unwrap(), Recovered::Before);
        assert!(!scratch.files(&SystemStorage).is_cut_short().unwrap());
    }
    assert!(std::fs::read(&scratch.paths[0]).unwrap() == before);
    assert_eq!(scratch.files(&SystemStorage).recover().unwrap(), Recovered::Nothing);
}

/// Whoever may make names beside the files must not choose which ones we overwrite.
#[test]
fn what_others_put_in_our_places() {
    let scratch = two_files();
    let victim = scratch.directory.path().join("victim");
    std::fs::write(&victim, b"precious").unwrap();
    let untouched = || assert_eq!(std::fs::read(&victim).unwrap(), b"precious");
    let refused = |what: &str| {
        for result in
            [scratch.files(&SystemStorage).recover().map(drop), scratch.files(&SystemStorage).can_recover()]
        {
            assert!(matches!(&result, Err(Error::UnknownJournal { .. })), "{what}: {result:?}");
        }
        untouched();
    };
    let symlink = |to: &Path| std::os::unix::fs::symlink(&victim, to).unwrap();
    symlink(&scratch.journal);
    refused("a symbolic link");
    std::fs::remove_file(&scratch.journal).unwrap();
    std::fs::hard_link(&victim, &scratch.journal).unwrap();
    refused("a hard link");
    std::fs::remove_file(&scratch.journal).unwrap();
    std::fs::write(&scratch.journal, b"somebody's notes, much longer than a magic number").unwrap();
    refused("another file");
    std::fs::remove_file(&scratch.journal).unwrap();

    let mut model = scratch.all(0);
    for link in [true, false] {
        let copy = scratch.directory.path().join("p.commit");
        if link {
            symlink(&copy);
        } else {
            std::fs::hard_link(&victim, &copy).unwrap();
        }
        let mut tree = scratch.tree(0, Access::ReadWrite);
        let many: Vec<Do> = (0..40).map(|n| Do::Put(400 + 100 * u32::from(link) + n, 60)).collect();
        work(&mut tree, &mut model, &many);
        scratch.files(&SystemStorage).commit([tree.plan().unwrap(), Plan::default()]).unwrap();
        untouched();
        assert!(scratch.all(0) == model);
    }
    symlink(&scratch.directory.path().join("p.commit"));
    scratch.files(&SystemStorage).remove_copies(&[0, 1]).unwrap();
    untouched();
    assert_eq!(scratch.names(), ["p", "p.kadm5", "victim"]);
}

/// Keys that are deleted stay in no file that there was meanwhile.
#[test]
fn what_is_deleted_is_nowhere() {
    let secret = |bytes: &[u8]| bytes.windows(6).any(|window| window == b"SECRET");
    for copies in [true, false] {
        for delete in [true, false] {
            let scratch = two_files();
            let mut tree = scratch.tree(0, Access::ReadWrite);
            tree.put(&key(77), &b"SECRET".repeat(10)).unwrap();
            scratch.files(&SystemStorage).commit([tree.plan().unwrap(), Plan::default()]).unwrap();
            drop(tree);
            let mut old = std::fs::File::open(&scratch.paths[0]).unwrap();
            let mut tree = scratch.tree(0, Access::ReadWrite);
            if delete {
                tree.delete(&key(77)).unwrap();
            } else {
                tree.put(&key(77), b"other").unwrap();
            }
            let storage = Cut { copies, ..Cut::after(1000) };
            let plan = tree.plan().unwrap();
            drop(tree);
            // A second name for the journal would show what is left of it.
            scratch.files(&storage).commit([plan, Plan::default()]).unwrap();
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut old, &mut bytes).unwrap();
            assert!(!secret(&bytes), "the file as it was, copied: {copies}");
            assert!(!secret(&std::fs::read(&scratch.paths[0]).unwrap()));
        }
    }
}

/// A commit that is taken back after another program has added pages behind its new ones: those stay, and of the commit's
/// nothing is left to be found.
#[test]
fn new_pages_that_are_taken_back() {
    for others in [0, 1, 3] {
        let scratch = two_files();
        let before = std::fs::read(&scratch.paths[0]).unwrap();
        let many: Vec<Do> = (400..440).map(|number| Do::Put(number, 60)).collect();
        let (plan, _) = plan(&scratch, 0, &many);
        let new: u64 = plan.writes().map(|write| write.offset + write.bytes.len() as u64).max().unwrap();
        // As soon as there are new pages.
        let mut file = before.clone();
        for left in 4.. {
            let _ = scratch
                .files(&Cut { copies: false, ..Cut::after(left) })
                .commit([plan.clone(), Plan::default()]);
            file = std::fs::read(&scratch.paths[0]).unwrap();
            if file.len() > before.len() {
                break;
            }
            scratch.files(&SystemStorage).recover().unwrap();
        }
        assert!(file.len() > before.len() + PAGE && file.starts_with(&before), "new pages and nothing else");
        file.resize(new as usize, 0);
        file.extend(vec![0xa5; others * PAGE]);
        std::fs::write(&scratch.paths[0], &file).unwrap();
        assert_eq!(scratch.files(&SystemStorage).recover().unwrap(), Recovered::Before);
        let now = std::fs::read(&scratch.paths[0]).unwrap();
        assert!(now.starts_with(&before));
        let (ours, theirs) = now[before.len()..].split_at(now.len() - before.len() - others * PAGE);
        assert!(theirs.iter().all(|byte| *byte == 0xa5));
        match others {
            0 => assert!(ours.is_empty()),
            _ => assert!(ours.len() > PAGE && ours.iter().all(|byte| *byte == 0)),
        }
        assert_eq!(scratch.names(), ["p", "p.kadm5"]);
    }
}

/// Who brings new files takes them away again where they were not put in their places and the error says so.
#[test]
fn new_files_that_a_full_disk_keeps_out() {
    for left in 0.. {
        let scratch = two_files();
        let before = (scratch.all(0), scratch.all(1));
        let loaded = Scratch::new();
        for (file, path) in scratch.loaded.iter().enumerate() {
            loaded.make(file, &model(10..30 + file as u32));
            std::fs::copy(&loaded.paths[file], path).unwrap();
        }
        let storage = Cut { full: true, ..Cut::after(left) };
        let done = scratch.files(&storage).put_in_place(Names::Load);
        if matches!(done, Err(Error::Io { .. })) {
            scratch.loaded.iter().for_each(|path| std::fs::remove_file(path).unwrap());
        }
        let recovered = scratch.files(&SystemStorage).recover();
        assert!(recovered.is_ok(), "{left}: {done:?}: {recovered:?}");
        let now = (scratch.all(0), scratch.all(1));
        assert!(now == before || now == (loaded.all(0), loaded.all(1)), "{left}: {done:?}");
        if done.is_ok() {
            assert!(now != before && left >= 4, "{left}");
            break;
        }
    }
}
