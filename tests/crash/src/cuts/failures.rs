//! Operations that fail, at each point: the error is told, and nothing is lost.

use harness::{Dice, Realm};
use k5_kdb::KdbError;

use super::crash::{End, SECTOR, image};
use super::disk::{Disk, Failure, Kind, errno};
use super::holding::{Change, Holding, changes};
use super::play::{base, files, transact};
use crate::template::{Shape, renew, template};
use crate::tries::Bench;

/// Has every operation of a transaction fail, once and for good, with EIO and ENOSPC. `Ok` from the database means after, an error before
/// or after; whatever was acknowledged earlier lasts, even if the power goes then.
///
/// # Panics
/// Where that is not so, or where the error does not say what failed.
pub fn at_every_operation(bench: &mut Bench, shape: Shape, dice: &mut Dice) {
    let Bench { realm, story, .. } = bench;
    let template = template(harness::BackEnd::Db2, shape);
    renew(realm, &template);
    let base = base(realm, &template);
    let kind = Kind::some(dice);
    let disk = Disk::new(&base, kind);
    let before = Holding::read(&files(realm, &disk)).expect("the template can be read");
    let changes = changes(dice, &before, 0);
    let mut after = before.clone();
    changes.iter().for_each(|change| change.apply(&mut after));
    transact(&files(realm, &disk), &changes).expect("nothing fails yet");
    let count = disk.operations();
    story.push(format!("{} changes on {shape:?}, {count} operations, {kind:?}", changes.len()));
    let told = story.len();
    for at in 0..count {
        for error in [errno::EIO, errno::ENOSPC] {
            for stays in [false, true] {
                story.truncate(told);
                story.push(format!("operation {at} fails with {error}, for good: {stays}"));
                let disk = Disk::new(&base, kind);
                disk.fail(Some(Failure { at, error, stays }));
                let answer = transact(&files(realm, &disk), &changes);
                disk.fail(None);
                let allowed: &[&Holding] = match &answer {
                    Ok(()) => &[&after],
                    Err(_) => &[&before, &after],
                };
                if let Err(told) = &answer {
                    is_clear(told, error);
                }
                // As it is seen now, and what is on the medium if the power goes then.
                let log = disk.log();
                for end in [End::Kill, End::PowerNothing, End::PowerSome(SECTOR)] {
                    let left = image(&base, &log, log.len(), end, dice);
                    look(realm, &Disk::new(&left, kind), allowed, &format!("{answer:?}, then {end:?}"));
                }
            }
        }
    }
}

/// The database reads as one of these, and takes a change.
fn look(realm: &Realm, disk: &Disk, allowed: &[&Holding], what: &str) {
    let files = files(realm, disk);
    let found = Holding::read(&files).unwrap_or_else(|error| panic!("{what}: reading: {error}"));
    if !allowed.contains(&&found) {
        let differences = allowed.iter().map(|holding| holding.difference(&found));
        let nearest = differences.min_by_key(Vec::len).unwrap_or_default();
        panic!("{what}: neither as before nor as after:\n  {}", nearest.join("\n  "));
    }
    let change = Change::Put(Box::new(super::holding::like(&found, crate::work::WATCHED, "afterwards")));
    transact(&files, std::slice::from_ref(&change))
        .unwrap_or_else(|error| panic!("{what}: writing: {error}"));
}

/// The error tells the file and the system's reason.
fn is_clear(told: &KdbError, error: i32) {
    let text = told.to_string();
    let reason = std::io::Error::from_raw_os_error(error).to_string();
    let reason = reason.split(" (os").next().unwrap_or_default();
    assert!(text.contains("principal") && text.contains(reason), "does not say what failed: {text}");
}
