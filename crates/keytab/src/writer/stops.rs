//! Every change, stopped by a kill or a power cut at every point: the old entries or the new ones are there.

use super::*;
use crate::entries;
use crate::record::{self, Version};
use crate::storage::recorded::Recorded;
use k5_types::{EncType, Principal, Timestamp};

fn entry(name: &str, kvno: u32) -> Entry {
    let key = KeyBlock::new(EncType(18), vec![u8::try_from(kvno).unwrap(); 32]);
    Entry { principal: Principal::new("R.TEST", ["host", name]), timestamp: Timestamp(kvno), kvno, key }
}

fn file(version: Version, list: &[Entry]) -> Vec<u8> {
    let mut bytes = version.header().to_vec();
    for entry in list {
        let body = record::encode(version, entry).unwrap();
        bytes.extend(version.length_bytes(i32::try_from(body.expose().len()).unwrap()));
        bytes.extend(body.expose());
    }
    bytes
}

/// The numbers and names of the entries, each with the first byte of its key.
fn told(list: &[Entry]) -> Vec<String> {
    list.iter().map(|e| format!("{} {} {}", e.kvno, e.principal, e.key.contents.expose()[0])).collect()
}

/// What another writer that died has left behind the end.
const DEAD: &[u8] = &[7; 20];

struct Try {
    scratch: tempfile::TempDir,
    state: u64,
}

impl Try {
    fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let scratch = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Try { scratch: scratch.unwrap(), state: 88_172_645_463_325_252 }
    }

    fn random(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap() % below
    }

    fn path(&self) -> PathBuf {
        self.scratch.path().join("keytab")
    }

    fn read(&self, bytes: &[u8]) -> Vec<String> {
        fs::write(self.path(), bytes).unwrap();
        // Without a header nothing is there yet.
        if bytes.is_empty() { Vec::new() } else { told(&entries(&self.path()).unwrap()) }
    }

    /// The file once a writer has opened it.
    fn opened(&self) -> Vec<u8> {
        drop(KeytabWriter::prepare(&self.path(), 0).unwrap());
        fs::read(self.path()).unwrap()
    }

    /// Makes a change of the file, and looks at every state in which it can stop. Gives the file after it.
    fn stops(
        &mut self,
        before: &[u8],
        change: impl Fn(&Existing, &Path, &Recorded) -> Result<Made>,
    ) -> Vec<u8> {
        fs::write(self.path(), before).unwrap();
        let existing = Existing::open(&self.path(), 0).unwrap().unwrap();
        let forth = Recorded::new(before.to_vec());
        let made = change(&existing, &self.path(), &forth).unwrap();
        let back = forth.again();
        made.take_back(&back).unwrap();
        drop(existing);
        assert_eq!(back.bytes(), before, "taken back");
        let after = forth.bytes();
        self.states(before, &forth, &after);
        self.states(&after, &back, before);
        after
    }

    fn states(&mut self, before: &[u8], disk: &Recorded, after: &[u8]) {
        let (old, new) = (self.read(before), self.read(after));
        assert_ne!(old, new);
        let mut seen = [false; 2];
        let killed = disk.killed();
        let cut = disk.power_cut(|below| self.random(below));
        assert!(killed.len() >= 3 && cut.len() >= 3, "{} and {} states", killed.len(), cut.len());
        for (index, bytes) in killed.iter().chain(&cut).enumerate() {
            let what = if index < killed.len() { "killed" } else { "power cut" };
            let there = self.read(bytes);
            seen[0] |= there == old;
            seen[1] |= there == new;
            assert!(there == old || there == new, "{what}, {index}: {} entries", there.len());
            // Putting it in order changes nothing for readers, and another writer can go on.
            let opened = self.opened();
            assert!(self.read(&opened) == there, "{what}, {index}: put in order");
            // Behind what another writer has left, nobody can be sure.
            let sure = what == "killed" && !before.ends_with(DEAD) && !after.ends_with(DEAD);
            assert!(
                !(sure && opened.windows(8).any(|part| part == b"KtDetour")),
                "{what}, {index}: the copy stays"
            );
            let more = entry("one-more-that-is-longer-than-any-hole", 255);
            KeytabWriter::prepare(&self.path(), 0).unwrap().commit(&[more]).unwrap();
            let mut now = told(&entries(&self.path()).unwrap());
            now.retain(|line| !line.starts_with("255 "));
            assert!(now == there, "{what}, {index}: after one more");
        }
        assert_eq!(seen, [true; 2], "both were seen");
    }
}

fn add<'a>(list: &'a [Entry]) -> impl Fn(&Existing, &Path, &Recorded) -> Result<Made> + 'a {
    move |existing, path, disk| existing.add(path, disk, &list.iter().collect::<Vec<_>>())
}

fn remove(unwanted: impl Fn(&Entry) -> bool) -> impl Fn(&Existing, &Path, &Recorded) -> Result<Made> {
    move |existing, path, disk| existing.apply(path, disk, &existing.removing(path, &unwanted)?)
}

/// As [`add`], where that leaves the file alone but for its last slots.
fn add_at_the_end<'a>(
    list: &'a [Entry],
    before: &'a [u8],
) -> impl Fn(&Existing, &Path, &Recorded) -> Result<Made> + 'a {
    move |existing, path, disk| {
        let made = add(list)(existing, path, disk)?;
        let least = disk.least_written().unwrap();
        assert!(least + 150 > before.len(), "from {least} on in a file of {}", before.len());
        Ok(made)
    }
}

/// Four entries, of which the second and the third are holes.
fn with_holes(run: &mut Try) -> Vec<u8> {
    let list = [entry("a", 1), entry("second", 2), entry("third-and-longer", 3), entry("d", 4)];
    run.stops(&file(Version::V2, &list), remove(|e| e.kvno == 2 || e.kvno == 3))
}

#[test]
fn one_entry() {
    let mut run = Try::new();
    run.stops(b"", add(&[entry("a", 1)]));
    run.stops(b"\x05\x02", add(&[entry("a", 1), entry("b", 2)]));
    let two = file(Version::V2, &[entry("a", 1), entry("b", 2)]);
    run.stops(&two, add(&[entry("c", 3), entry("d", 4)]));
    run.stops(&two, remove(|e| e.kvno == 1));
    run.stops(&two, remove(|e| e.kvno == 2));
    let holes = with_holes(&mut run);
    run.stops(&holes, add(&[entry("in-a-hole", 5)]));
}

#[test]
fn several_entries() {
    let mut run = Try::new();
    let holes = with_holes(&mut run);
    run.stops(&holes, add(&[entry("x", 5), entry("y", 6)]));
    run.stops(
        &holes,
        add(&[entry("x", 5), entry("long-enough-for-the-end", 6), entry("z", 7), entry("e", 8)]),
    );
    run.stops(&holes, remove(|_| true));
    let marked = [&holes[..], &[0; 4]].concat();
    run.stops(&marked, add(&[entry("x", 5), entry("long-enough-for-the-end", 6)]));
    let dead = [&marked[..], &[5; 80], DEAD].concat();
    run.stops(&dead, add(&[entry("x", 5), entry("long-enough-for-the-end", 6)]));
    run.stops(&dead, remove(|e| e.kvno < 99));
}

#[test]
fn names_that_change() {
    let mut run = Try::new();
    let holes = with_holes(&mut run);
    let renamed = |old: &Entry| {
        let principal = Principal::new("LONGER.TEST", old.principal.components().to_vec());
        (old.kvno != 2).then(|| Entry { principal, ..old.duplicate() })
    };
    let rename = |existing: &Existing, path: &Path, disk: &Recorded| {
        let (change, count) = existing.replacing(path, renamed)?;
        assert_eq!(count, 2);
        existing.apply(path, disk, &change)
    };
    let after = run.stops(&holes, rename);
    assert!(!after.windows(8).any(|part| part == b"\0\x06R.TEST"), "the old names are gone");
}

/// Lengths that lie in two sectors of the disk are never what shows a change.
#[test]
fn lengths_across_sectors() {
    let mut run = Try::new();
    let mut tried = 0;
    for name in 1..90 {
        let mut list: Vec<Entry> = (1..=8).map(|kvno| entry("some", kvno)).collect();
        list[0] = entry(&"x".repeat(name), 1);
        for index in 1..list.len() {
            let bytes = file(Version::V2, &list[..index]);
            if bytes.len() % 512 > 508 {
                tried += 1;
                run.stops(&bytes, add_at_the_end(&list[index..], &bytes));
                let hole = run.stops(&bytes, remove(|e| e.kvno == 1));
                run.stops(&hole, add(&[entry("x", 50), list[index].duplicate()]));
                let all = file(Version::V2, &list);
                run.stops(&all, remove(|e| e.kvno as usize == index + 1));
                run.stops(&all, remove(|e| e.kvno as usize > index));
            }
        }
    }
    assert!(tried >= 3, "{tried} places");
}

/// The last slot's length and that of the one behind it: the place to lead readers round is before both.
#[test]
fn two_lengths_across_sectors() {
    let mut run = Try::new();
    let mut tried = 0;
    for name in 1..560 {
        // The last slot has 512 bytes.
        let names = ["a", "b", &"x".repeat(name), &"q".repeat(441)];
        let list: Vec<Entry> = names.iter().zip(1..).map(|(name, kvno)| entry(name, kvno)).collect();
        let bytes = file(Version::V2, &list);
        if bytes.len() % 512 > 508 {
            assert!(file(Version::V2, &list[..3]).len() % 512 > 508);
            tried += 1;
            run.stops(&bytes, add(&[entry("y", 5)]));
            run.stops(&bytes, add(&[entry("y", 5), entry("z", 6)]));
            run.stops(&bytes, remove(|e| e.kvno == 4));
        }
    }
    assert!(tried >= 3, "{tried} places");
}

#[test]
fn a_last_record_of_version_1_that_is_short() {
    let mut run = Try::new();
    let mut bytes = file(Version::V1, &[entry("a", 1), entry("b", 2), entry("c", 3)]);
    bytes.truncate(bytes.len() - 4);
    run.stops(&bytes, remove(|e| e.kvno == 3));
    run.stops(&bytes, remove(|e| e.kvno != 2));
    run.stops(&bytes, remove(|e| e.kvno < 3));
    run.stops(&bytes, add(&[entry("d", 4)]));
    let holes = run.stops(&bytes, remove(|e| e.kvno == 1));
    run.stops(&holes, add(&[entry("x", 5), entry("long-enough-for-the-end", 6)]));
}

#[test]
fn a_file_of_many_pages() {
    let mut run = Try::new();
    let list: Vec<Entry> = (1..=250).map(|n| entry(&format!("node{n}"), n)).collect();
    let bytes = file(Version::V2, &list);
    assert!(bytes.len() > 4 * 4096);
    let holes = run.stops(&bytes, remove(|e| e.kvno % 50 == 9));
    run.stops(&holes, add(&[entry("x", 5), entry("y", 6), entry(&"long".repeat(30), 7)]));
}
