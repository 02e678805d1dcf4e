//! What must be so after a cut.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use harness::{Dice, Realm};
use k5_bdb::btree::BTree;
use k5_bdb::{Access, SystemStorage};
use k5_kdb::db2::{Db2Files, Inspector};
use k5_kdb::{Inspect, Part};

use super::crash::{End, PAGE, SECTOR, image};
use super::disk::{Disk, Image, Kind};
use super::holding::{Change, Holding, like};
use super::play::{Play, files, transact};
use crate::examine::{First, MitComesFirst};
use crate::work::WATCHED;

/// Made by us afterwards.
const AFTER: &str = "afterwards";

/// How a cut may end where MIT's programs come first. They know of no journal, so a page must be whole.
pub const ENDS_BEFORE_MIT: [End; 6] =
    [End::Kill, End::KillInside, End::PowerNothing, End::PowerSome(PAGE), End::PowerNames, End::PowerBytes];
/// How it may end where ours do.
pub const ENDS: [End; 6] =
    [End::Kill, End::KillInside, End::PowerNothing, End::PowerSome(SECTOR), End::PowerNames, End::PowerBytes];

/// Our programs come first, or nobody else does.
///
/// # Panics
/// Where something is lost, half there or damaged.
pub fn ours(realm: &Realm, play: &Play, cut: usize, left: &Image, dice: &mut Dice) {
    let lost = lost_pages(&files(realm, &Disk::new(&play.base, play.kind)));
    let found = recovered(realm, left, play.allowed(cut), play.kind, lost, dice);
    // Cut once more, while it mends what the first cut left and makes a change.
    let disk = Disk::new(left, play.kind);
    let after = afterwards(&found);
    transact(&files(realm, &disk), std::slice::from_ref(&after)).expect("it worked a moment ago");
    let log = disk.log();
    let cut = dice.place(log.len() + 1);
    let end = ENDS[dice.place(ENDS.len())];
    let left = image(left, &log, cut, end, dice);
    let mut with = found.clone();
    after.apply(&mut with);
    let allowed = if cut == log.len() { vec![with] } else { vec![found, with] };
    let _ = recovered(realm, &left, &allowed, play.kind, lost, dice);
}

fn afterwards(holding: &Holding) -> Change {
    Change::Put(Box::new(like(holding, WATCHED, AFTER)))
}

/// Reads the database, writes to it, looks at its pages; what it held.
fn recovered(
    realm: &Realm,
    left: &Image,
    allowed: &[Holding],
    kind: Kind,
    lost: u32,
    dice: &mut Dice,
) -> Holding {
    let disk = Disk::new(left, kind);
    let files = files(realm, &disk);
    // A reader may come first.
    let read = dice.one_in(2).then(|| {
        let found = Holding::read(&files).unwrap_or_else(|error| panic!("reading first: {error}"));
        among("what is read first", &found, allowed);
        found
    });
    let pattern = read.as_ref().unwrap_or(&allowed[0]);
    let after = afterwards(pattern);
    transact(&files, std::slice::from_ref(&after)).unwrap_or_else(|error| panic!("writing: {error}"));
    let mut found = Holding::read(&files).unwrap_or_else(|error| panic!("reading: {error}"));
    let mut wanted: Vec<Holding> = read.map_or_else(|| allowed.to_vec(), |read| vec![read]);
    wanted.iter_mut().for_each(|holding| after.apply(holding));
    among("what is read when it was written to", &found, &wanted);
    sound(&files);
    assert!(
        lost_pages(&files) <= lost,
        "there were {lost} pages that nothing leads to, now {}",
        lost_pages(&files)
    );
    let others: Vec<String> = disk
        .image()
        .keys()
        .filter(|path| **path != files.principals && **path != files.policies)
        .map(|path| path.display().to_string())
        .collect();
    assert!(others.is_empty(), "is left over: {others:?}");
    if !allowed.contains(&found) {
        found.principals.remove(AFTER);
    }
    found
}

fn among(what: &str, found: &Holding, allowed: &[Holding]) {
    if allowed.contains(found) {
        return;
    }
    let differences = allowed.iter().map(|holding| holding.difference(found));
    let nearest = differences.min_by_key(Vec::len).unwrap_or_default();
    panic!("{what} is neither as before nor as after; the nearest differs in\n  {}", nearest.join("\n  "));
}

/// Pages that nothing leads to: what MIT's programs leave behind, and ours never.
fn lost_pages(files: &Db2Files) -> u32 {
    let open = |path: &Path| {
        let file = files.storage.open(path, Access::ReadOnly).expect("it can be opened");
        BTree::open(file, path, Access::ReadOnly)
    };
    // Of a hash table there is no such count.
    let trees = [&files.principals, &files.policies].into_iter().filter_map(|path| open(path).ok());
    trees.map(|tree| tree.check().expect("it can be read").unreachable).sum()
}

/// Every page is what it should be.
fn sound(files: &Db2Files) {
    let inspector = Inspector::begin(files).unwrap_or_else(|error| panic!("looking at the pages: {error}"));
    for part in [Part::Principals, Part::Policies] {
        let structure = inspector.structure(part).unwrap_or_else(|error| panic!("{part:?}: {error}"));
        assert!(structure.problems.is_empty(), "{part:?}: {:?}", structure.problems);
    }
}

/// MIT's programs come first, on real files; then ours.
///
/// # Panics
/// Where something is lost, half there or damaged.
pub fn mit_first(realm: &Realm, play: &Play, cut: usize, left: &Image, dice: &mut Dice) {
    let allowed = play.allowed(cut);
    place(realm, left);
    let states: Vec<_> = allowed.iter().map(Holding::state).collect();
    let first = if dice.one_in(50) { First::MitCounts } else { First::MitModifies };
    let unfinished = left.contains_key(&realm.path("principal.journal"));
    let look_ups = if dice.one_in(4) { 6 } else { 0 };
    let mit = MitComesFirst { realm, first, look_ups, unfinished }.comes(&states, dice);
    let files = Db2Files { storage: Arc::new(SystemStorage), ..Db2Files::named(&realm.path("principal")) };
    let found = match Holding::read(&files) {
        Ok(found) => found,
        // MIT has written to a page of the change that was cut short: nobody can tell what it should be.
        Err(error) if unfinished && error.to_string().contains("verify --recover") => {
            let rescued = rescued(&files).state();
            let strangers = rescued.strangers(&mit.states);
            assert!(strangers.is_empty(), "what can be rescued:\n  {}", strangers.join("\n  "));
            return;
        }
        Err(error) => panic!("reading after MIT: {error}"),
    };
    let state = found.state();
    if !mit.states.contains(&state) {
        let differences = mit.states.iter().map(|wanted| wanted.difference(&state));
        let nearest = differences.min_by_key(Vec::len).unwrap_or_default();
        panic!("not what MIT left, with what was cut short:\n  {}", nearest.join("\n  "));
    }
    let as_it_was = |holding: &Holding| {
        let mut holding = holding.clone();
        match found.principals.get(&mit.name) {
            Some(entry) => drop(holding.principals.insert(mit.name.clone(), entry.clone())),
            None => drop(holding.principals.remove(&mit.name)),
        }
        holding
    };
    let allowed: Vec<Holding> = allowed.iter().map(as_it_was).collect();
    among("what is read after MIT", &found, &allowed);
    let after = afterwards(&found);
    transact(&files, std::slice::from_ref(&after))
        .unwrap_or_else(|error| panic!("writing after MIT: {error}"));
    let mut with = found;
    after.apply(&mut with);
    let found = Holding::read(&files).unwrap_or_else(|error| panic!("reading at the end: {error}"));
    among("what is read at the end", &found, &[with]);
    sound(&files);
}

/// What `kdb5_util verify --recover` finds.
fn rescued(files: &Db2Files) -> Holding {
    let inspector = Inspector::begin(files).unwrap_or_else(|error| panic!("rescuing: {error}"));
    let mut holding = Holding::default();
    let principals = inspector.principals(&mut |found| {
        found.what.into_iter().for_each(|entry| holding.add(entry));
        ControlFlow::Continue(())
    });
    let policies = inspector.policies(&mut |found| {
        holding.policies.extend(found.what.map(|policy| (policy.name.clone(), policy)));
        ControlFlow::Continue(())
    });
    principals.and(policies).unwrap_or_else(|error| panic!("rescuing: {error}"));
    holding
}

/// Writes the files of a disk to the realm's directory, and removes other ones of the database.
fn place(realm: &Realm, left: &Image) {
    for name in crate::template::names(realm) {
        let lock = name == "principal.ok" || name == "principal.kadm5.lock";
        if name.starts_with("principal") && !lock {
            fs::remove_file(realm.path(&name)).expect("can be removed");
        }
    }
    for (path, bytes) in left {
        let path: &Path = path;
        fs::write(path, bytes).expect("can be written");
    }
}
