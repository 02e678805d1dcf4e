//! What replicas are told after a cut: none goes on without a change that it should have.
//!
//! Transactions are played with the update log on the same disk. Behind each of them there is a replica that has followed so
//! far: it knows its place in the log and what the database held. After a cut each of them asks, as `kpropd` does, and either has to
//! take a full copy, or what it gets must make the database of what it has.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use harness::{Dice, Realm};
use k5_kdb::ulog::{Attribute, Last, LogState, Logfile, LoggedKey, Slot, Update, UpdateLog};
use k5_kdb::{Access, Database, Entry, KdbError, KeyData, Scope};
use k5_types::{Attributes, Duration as Life, EncType, Principal, SaltType, Timestamp};

use super::check::{ENDS, ENDS_BEFORE_MIT};
use super::crash::image;
use super::disk::{Disk, Image, Kind, Operation};
use super::holding::{Change, Holding, changes, like};
use super::play::{base, files};
use crate::state::State;
use crate::template::{Shape, renew, template};
use crate::tries::Bench;
use crate::work::WATCHED;
use harness::BackEnd;

const LOG: &str = "principal.ulog";
/// Cuts of one sequence.
pub const CUTS: u64 = 60;

/// A replica that has followed so far.
struct Replica {
    last: Last,
    holding: Holding,
}

struct Play {
    base: Image,
    kind: Kind,
    log: Vec<Operation>,
    replicas: Vec<Replica>,
    /// How many operations were done when each transaction was acknowledged.
    acknowledged: Vec<usize>,
    entries: u32,
}

/// Plays transactions and cuts them at random.
///
/// # Panics
/// Where a replica would go on without a change.
pub fn random(bench: &mut Bench, dice: &mut Dice) {
    let Bench { realm, story, .. } = bench;
    // A log that goes round with nearly every transaction, or holds them all.
    let entries = dice.pick(&[2, 7, 40, 1000]);
    configure(realm, entries);
    let shape = dice.pick(&[Shape::Small, Shape::Tree, Shape::Tree]);
    let template = template(BackEnd::Db2, shape);
    renew(realm, &template);
    // Its lock is on a real file, its content on the disk.
    realm.write(LOG, "");
    let play = play(realm, base(realm, &template), dice, entries);
    story.push(format!("{} transactions on {shape:?}, a log of {entries}", play.replicas.len() - 1));
    let before = story.len();
    for _ in 0..CUTS {
        story.truncate(before);
        let cut = dice.place(play.log.len() + 1);
        let mit = dice.one_in(4);
        let ends = if mit { ENDS_BEFORE_MIT } else { ENDS };
        let end = ends[dice.place(ends.len())];
        let done = play.acknowledged.partition_point(|&at| at <= cut) - 1;
        story.push(format!(
            "{end:?} before operation {cut} of {}, {done} acknowledged, MIT first: {mit}",
            play.log.len()
        ));
        let left = image(&play.base, &play.log, cut, end, dice);
        // One that was not acknowledged may have been told already.
        let replicas = &play.replicas[..play.replicas.len().min(done + 2)];
        if mit {
            renew(realm, &template);
            mit_first(realm, &left, replicas, entries);
        } else {
            ours(realm, &left, &play, replicas);
        }
    }
}

fn configure(realm: &Realm, entries: u32) {
    let conf = String::from_utf8(realm.read("kdc.conf")).expect("the harness wrote it");
    let plain: String =
        conf.lines().filter(|line| !line.contains("iprop")).map(|line| format!("{line}\n")).collect();
    let lines = format!(
        "iprop_enable = true\n        iprop_port = 2121\n        iprop_ulogsize = {entries}\n        acl_file"
    );
    realm.write("kdc.conf", plain.replacen("acl_file", &lines, 1));
}

/// Moments of which none comes twice.
fn clock() -> Duration {
    static TICKS: AtomicU64 = AtomicU64::new(1_000_000_000_000);
    Duration::from_micros(TICKS.fetch_add(777, Ordering::Relaxed))
}

fn database(realm: &Realm, disk: &Disk, entries: u32) -> Database {
    let log = UpdateLog::new(realm.path(LOG), entries, clock).stored_in(Arc::new(disk.clone()));
    Database { log: Some(log), ..Database::from(files(realm, disk)) }
}

fn transact(database: &Database, changes: &[Change]) -> Result<(), KdbError> {
    let of_policies =
        changes.iter().all(|change| matches!(change, Change::PutPolicy(_) | Change::DeletePolicy(_)));
    let scope = if of_policies { Scope::Policies } else { Scope::Everything };
    let mut transaction = database.open()?.begin(scope, Access::Write)?;
    for change in changes {
        change.make(&mut *transaction)?;
    }
    transaction.commit()
}

fn play(realm: &Realm, mut base: Image, dice: &mut Dice, entries: u32) -> Play {
    let kind = Kind::some(dice);
    let disk = Disk::new(&base, kind);
    database(realm, &disk, entries).open().expect("the template can be opened");
    base = disk.image();
    let disk = Disk::new(&base, kind);
    let database = database(realm, &disk, entries);
    let place = || database.log.as_ref().expect("it has one").last().expect("it can be read");
    let start = Holding::read(&files(realm, &disk)).expect("the template can be read");
    let mut replicas = vec![Replica { last: place(), holding: start }];
    let mut acknowledged = vec![0];
    for number in 0..12 {
        let mut holding = replicas.last().expect("one at least").holding.clone();
        let changes = changes(dice, &holding, number);
        transact(&database, &changes).unwrap_or_else(|error| panic!("transaction {number}: {error}"));
        changes.iter().for_each(|change| change.apply(&mut holding));
        acknowledged.push(disk.operations());
        replicas.push(Replica { last: place(), holding });
    }
    let all = &replicas[..];
    let found = &all.last().expect("one at least").holding;
    let behind = told(realm, &disk.image(), all, found, entries);
    assert!(behind.contains(&Told::All), "the last one has all: {behind:?}");
    Play { base, kind, log: disk.log(), replicas, acknowledged, entries }
}

/// Our programs come first.
fn ours(realm: &Realm, left: &Image, play: &Play, replicas: &[Replica]) {
    let disk = Disk::new(left, play.kind);
    let database = database(realm, &disk, play.entries);
    // kadmind may come before everybody.
    let before = disk.image();
    database.open().unwrap_or_else(|error| panic!("opening: {error}"));
    let read = || Holding::read(&files(realm, &disk)).unwrap_or_else(|error| panic!("reading: {error}"));
    // A change that was cut short is finished by who reads.
    drop(
        database.open_to_read().and_then(|backend| backend.begin(Scope::Everything, Access::Read).map(drop)),
    );
    let found = read();
    told(realm, &before, replicas, &found, play.entries);
    told(realm, &disk.image(), replicas, &found, play.entries);
    let after = Change::Put(Box::new(like(&found, WATCHED, "afterwards")));
    transact(&database, std::slice::from_ref(&after)).unwrap_or_else(|error| panic!("writing: {error}"));
    told(realm, &disk.image(), replicas, &read(), play.entries);
}

/// MIT's programs come first, on real files: a change that goes into the log, and a replica that takes a full copy of what MIT's
/// dump sees.
fn mit_first(realm: &Realm, left: &Image, replicas: &[Replica], entries: u32) {
    for (path, bytes) in left {
        fs::write(path, bytes).expect("can be written");
    }
    let _ = realm.mit("kadmin.local", ["modprinc", "-maxlife", "23h", WATCHED]).output().code(0);
    let copied = State::from_dump(&realm.dump_by_mit()).expect("MIT dumps in a known form");
    let place = Logfile::open(&realm.path(LOG)).expect("MIT has written it").header.last;
    let log = UpdateLog::new(realm.path(LOG), entries, clock);
    let database =
        Database { log: Some(log), ..Database::from(k5_kdb::db2::Db2Files::named(&realm.path("principal"))) };
    let opened = database.open().and_then(|backend| backend.begin(Scope::Everything, Access::Read).map(drop));
    let found =
        match opened.and_then(|()| Holding::read(&k5_kdb::db2::Db2Files::named(&realm.path("principal")))) {
            Ok(found) => found,
            // MIT has written to a page of the change that was cut short: nobody can tell what it should be.
            Err(error) if error.to_string().contains("verify --recover") => return,
            Err(error) => panic!("reading after MIT: {error}"),
        };
    let real = Image::from([(realm.path(LOG), realm.read(LOG))]);
    told(realm, &real, replicas, &found, entries);
    let logfile = logfile(realm, &real);
    if standing(&logfile, place, entries) != Standing::Lost {
        assert!(copied == found.state(), "who took a copy after MIT goes on without a change");
    }
}

/// What a replica was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    All,
    Updates,
    Copy,
}

/// Each replica asks. What it has then must be the database's, unless it has to take a full copy.
fn told(realm: &Realm, disk: &Image, replicas: &[Replica], found: &Holding, entries: u32) -> Vec<Told> {
    let logfile = logfile(realm, disk);
    let ask = |(number, replica): (usize, &Replica)| {
        let mut holding = replica.holding.clone();
        let told = match standing(&logfile, replica.last, entries) {
            Standing::Lost => return Told::Copy,
            Standing::Current => Told::All,
            Standing::Behind => {
                for serial in replica.last.serial + 1..=logfile.header.last.serial {
                    match logfile.entry(serial, entries).expect("it can be read") {
                        Slot::Update(header, update) if header.id.serial == serial => {
                            replay(&mut holding, &update)
                        }
                        other => panic!("replica {number} would be given {other:?} for {serial}"),
                    }
                }
                Told::Updates
            }
        };
        let difference = comparable(&holding).difference(&comparable(found));
        assert!(
            difference.is_empty(),
            "replica {number} at {:?} is told {told:?} by {:?} and lacks a change:\n  {}",
            replica.last,
            logfile.header,
            difference.join("\n  ")
        );
        told
    };
    replicas.iter().enumerate().map(ask).collect()
}

fn logfile(realm: &Realm, disk: &Image) -> Logfile {
    let bytes = disk.get(&realm.path(LOG)).expect("there is a log");
    realm.write("seen", bytes);
    Logfile::open(&realm.path("seen")).expect("it is a log")
}

#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Current,
    Behind,
    Lost,
}

/// What kadmind makes of a replica's place.
fn standing(log: &Logfile, last: Last, entries: u32) -> Standing {
    let header = &log.header;
    let known = (header.first.serial..=header.last.serial).contains(&last.serial);
    if header.state != LogState::STABLE {
        Standing::Lost
    } else if last == header.last {
        Standing::Current
    } else if header.count == 0 || !known {
        Standing::Lost
    } else {
        match log.entry(last.serial, entries).expect("it can be read") {
            Slot::Update(entry, _) | Slot::Dummy(entry) if entry.id == last => Standing::Behind,
            _ => Standing::Lost,
        }
    }
}

/// Does to a replica's database what MIT's kpropd does.
fn replay(holding: &mut Holding, update: &Update) {
    let text = String::from_utf8_lossy(&update.name).into_owned();
    let name = text.rsplit_once('@').expect("it has a realm").0.to_owned();
    if update.deleted {
        holding.principals.remove(&name);
        return;
    }
    let principal = Principal::parse(&update.name, b"").expect("it is a name");
    let entry = holding.principals.entry(name).or_insert_with(|| Entry::new(principal));
    let (mut by, mut when) = (None, Timestamp::NEVER);
    for attribute in &update.attributes {
        match attribute {
            Attribute::Flags(value) => entry.attributes = Attributes(*value),
            Attribute::MaxLife(value) => entry.max_life = Life(value.cast_signed()),
            Attribute::MaxRenewableLife(value) => entry.max_renewable_life = Life(value.cast_signed()),
            Attribute::Expiration(value) => entry.expiration = Timestamp(*value),
            Attribute::PwExpiration(value) => entry.pw_expiration = Timestamp(*value),
            Attribute::KeyData(keys) => entry.key_data = keys.iter().map(key_data).collect(),
            Attribute::TlData(list) => list.iter().for_each(|tl| entry.set_tl(tl.tag, tl.contents.clone())),
            Attribute::LastPwdChange(value) => entry.set_last_pwd_change(Timestamp(*value)),
            Attribute::ModTime(value) => when = Timestamp(*value),
            Attribute::ModPrinc(name) => {
                let parts = name.components.iter().map(|(_, part)| part.clone());
                by = Some(Principal::new(name.realm.clone(), parts));
            }
            _ => {}
        }
    }
    if let (Some(by), true) = (by, when != Timestamp::NEVER) {
        entry.set_modified(when, &by);
    }
}

fn key_data(key: &LoggedKey) -> KeyData {
    let mut data = KeyData::new(
        u16::try_from(key.kvno).expect("16 bits"),
        EncType(key.types.first().copied().unwrap_or_default()),
        key.contents.first().cloned().unwrap_or_default(),
    );
    if let (Some(salt_type), Some(salt)) = (key.types.get(1), key.contents.get(1)) {
        data = data.with_salt(SaltType(i16::try_from(*salt_type).expect("16 bits")), salt.clone());
    }
    data.version = u16::try_from(key.version).expect("16 bits");
    data
}

/// Without what each database has of its own, and with tagged data in order.
fn comparable(holding: &Holding) -> Holding {
    let mut holding = holding.clone();
    for entry in holding.principals.values_mut() {
        entry.last_success = Timestamp::NEVER;
        entry.last_failed = Timestamp::NEVER;
        entry.fail_auth_count = 0;
        entry.tl_data.sort_by_key(|tl| tl.tag);
    }
    holding
}
