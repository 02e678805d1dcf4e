//! What a crash leaves of a disk.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use harness::Dice;

use super::disk::{Image, Operation};

/// What a medium writes as a whole.
pub const SECTOR: usize = 512;
/// What a kernel writes as a whole when the program is killed.
pub const PAGE: usize = 4096;

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The program is killed between two operations: what was done stays.
    Kill,
    /// It is killed in the middle of a write: some pages of it are done.
    KillInside,
    /// The power goes: what was synced stays, and of what came after nothing.
    PowerNothing,
    /// The power goes: what was synced stays, of bytes that came after any units of so many, of names any changes.
    PowerSome(usize),
    /// The power goes: what was synced stays, of bytes that came after nothing, of names everything.
    PowerNames,
    /// The power goes: what was synced stays, of bytes that came after everything, of names nothing.
    PowerBytes,
}

/// The files that are left when the disk began with `base` and all operations before number `cut` were done.
pub fn image(base: &Image, log: &[Operation], cut: usize, end: End, dice: &mut Dice) -> Image {
    let (done, next) = (&log[..cut], log.get(cut));
    let mut files: Vec<Vec<u8>> = base.values().cloned().collect();
    let mut names: BTreeMap<PathBuf, usize> =
        base.keys().cloned().enumerate().map(|(file, path)| (path, file)).collect();
    let kill = matches!(end, End::Kill | End::KillInside);
    // Up to where a file's bytes last, and the names.
    let mut synced: HashMap<usize, usize> = HashMap::new();
    let mut names_synced = 0;
    for (at, operation) in done.iter().enumerate() {
        match operation {
            Operation::Sync { file } => drop(synced.insert(*file, at)),
            Operation::SyncNames => names_synced = at,
            _ => {}
        }
    }
    // A file is known by its number, whatever becomes of its name.
    let mut known = names.clone();
    for (at, operation) in done.iter().enumerate() {
        let lasts = |file: &usize| kill || synced.get(file).is_some_and(|&last| at < last);
        let named = kill || at < names_synced;
        match operation {
            Operation::Create { path, file } => {
                files.resize(files.len().max(file + 1), Vec::new());
                known.insert(path.clone(), *file);
                if named || names_survive(end, dice) {
                    names.insert(path.clone(), *file);
                }
            }
            Operation::Write { file, offset, bytes } => {
                if lasts(file) {
                    write(&mut files[*file], *offset, bytes);
                } else {
                    write_some(&mut files[*file], *offset, bytes, end, dice);
                }
            }
            Operation::SetLength { file, length } => {
                if lasts(file) || bytes_survive(end, dice) {
                    files[*file].resize(*length, 0);
                }
            }
            Operation::Rename { from, to } => {
                if let Some(file) = known.remove(from) {
                    known.insert(to.clone(), file);
                    if named || names_survive(end, dice) {
                        names.remove(from);
                        names.insert(to.clone(), file);
                    }
                }
            }
            Operation::Remove { path } => {
                known.remove(path);
                if named || names_survive(end, dice) {
                    names.remove(path);
                }
            }
            Operation::Sync { .. } | Operation::SyncNames => {}
        }
    }
    if let (End::KillInside, Some(Operation::Write { file, offset, bytes })) = (end, next) {
        let mut pages = pieces(*offset, bytes, PAGE);
        let count = dice.place(pages.len() + 1);
        pages.truncate(count);
        pages.into_iter().for_each(|(offset, bytes)| write(&mut files[*file], offset, bytes));
    }
    names.into_iter().map(|(path, file)| (path, files[file].clone())).collect()
}

fn names_survive(end: End, dice: &mut Dice) -> bool {
    match end {
        End::PowerSome(_) => dice.one_in(2),
        End::PowerNames => true,
        _ => false,
    }
}

fn bytes_survive(end: End, dice: &mut Dice) -> bool {
    match end {
        End::PowerSome(_) => dice.one_in(2),
        End::PowerBytes => true,
        _ => false,
    }
}

fn write(data: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if data.len() < offset + bytes.len() {
        data.resize(offset + bytes.len(), 0);
    }
    data[offset..offset + bytes.len()].copy_from_slice(bytes);
}

/// Writes what the end leaves of a write that was not synced. Mostly whole writes, or one unit less or more than that: those hurt most.
fn write_some(data: &mut Vec<u8>, offset: usize, bytes: &[u8], end: End, dice: &mut Dice) {
    let unit = match end {
        End::PowerBytes => return write(data, offset, bytes),
        End::PowerSome(unit) => unit,
        _ => return,
    };
    match dice.below(4) {
        0 => {}
        1 => write(data, offset, bytes),
        _ => {
            for (offset, bytes) in pieces(offset, bytes, unit) {
                if dice.one_in(2) {
                    write(data, offset, bytes);
                }
            }
        }
    }
}

/// The parts of a write within each unit of the medium, which begin where the file does; at least one.
fn pieces(offset: usize, bytes: &[u8], unit: usize) -> Vec<(usize, &[u8])> {
    let (head, rest) = bytes.split_at(bytes.len().min(unit - offset % unit));
    let at = offset + head.len();
    let rest = rest.chunks(unit).enumerate().map(|(number, part)| (at + number * unit, part));
    std::iter::once((offset, head)).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuts::disk::{Disk, Kind};
    use k5_bdb::{Access, Storage};

    /// A file of one page is overwritten, another made, synced and renamed over it.
    fn play() -> (Image, Vec<Operation>) {
        let base = Image::from([(PathBuf::from("P"), vec![1; PAGE])]);
        let disk = Disk::new(&base, Kind::default());
        let mut file = disk.open("P".as_ref(), Access::ReadWrite).unwrap();
        file.write_at(0, &[2; PAGE]).unwrap();
        let mut new = disk.create("new".as_ref()).unwrap();
        new.write_at(0, &[3; 2 * PAGE]).unwrap();
        new.sync().unwrap();
        disk.rename("new".as_ref(), "P".as_ref()).unwrap();
        disk.sync_directory("P".as_ref()).unwrap();
        (base, disk.log())
    }

    #[test]
    fn a_unit_begins_at_a_multiple_of_its_length() {
        let bytes = [7; 1300];
        let lengths = |offset| -> Vec<(usize, usize)> {
            pieces(offset, &bytes, SECTOR).into_iter().map(|(at, part)| (at, part.len())).collect()
        };
        assert_eq!(lengths(0), [(0, 512), (512, 512), (1024, 276)]);
        assert_eq!(lengths(1000), [(1000, 24), (1024, 512), (1536, 512), (2048, 252)]);
        assert_eq!(pieces(5, &bytes[..3], SECTOR), [(5, &bytes[..3])]);
        assert_eq!(pieces(5, &[], SECTOR), [(5, &bytes[..0])]);
    }

    #[test]
    fn a_kill_leaves_what_was_done() {
        let (base, log) = play();
        let mut dice = Dice::new(1);
        let at = |cut, dice: &mut Dice| image(&base, &log, cut, End::Kill, dice);
        assert_eq!(at(0, &mut dice), base);
        assert_eq!(at(1, &mut dice)[&PathBuf::from("P")], [2; PAGE]);
        assert_eq!(at(2, &mut dice)[&PathBuf::from("new")], [0; 0]);
        assert_eq!(at(log.len(), &mut dice), Image::from([("P".into(), vec![3; 2 * PAGE])]));
        let inside: Vec<usize> = (0..50)
            .map(|_| image(&base, &log, 2, End::KillInside, &mut dice)[&PathBuf::from("new")].len())
            .collect();
        assert!([0, PAGE, 2 * PAGE].iter().all(|length| inside.contains(length)), "{inside:?}");
    }

    #[test]
    fn without_power_only_what_was_synced_lasts() {
        let (base, log) = play();
        let mut dice = Dice::new(1);
        let p = PathBuf::from("P");
        assert_eq!(image(&base, &log, 5, End::PowerNothing, &mut dice), base, "the names were not synced");
        assert_eq!(image(&base, &log, 6, End::PowerNothing, &mut dice)[&p], [3; 2 * PAGE]);
        // The name comes before the bytes.
        assert_eq!(image(&base, &log[..3], 3, End::PowerNames, &mut dice)[&PathBuf::from("new")], [0; 0]);
        assert_eq!(image(&base, &log, 1, End::PowerBytes, &mut dice)[&p], [2; PAGE]);
        let torn = (0..50).any(|_| {
            let left = image(&base, &log, 1, End::PowerSome(SECTOR), &mut dice);
            left[&p].contains(&1) && left[&p].contains(&2)
        });
        assert!(torn);
        let whole = (0..50).all(|_| {
            let left = image(&base, &log, 1, End::PowerSome(PAGE), &mut dice);
            !left[&p].contains(&1) || !left[&p].contains(&2)
        });
        assert!(whole);
    }
}
