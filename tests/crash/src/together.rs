//! Writers and readers at one database at the same time, ours and MIT's: no change is lost, no reader is told anything wrong, and nobody waits
//! for ever.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::{BackEnd, Dice, Output, Realm, Side};

use crate::state::State;
use crate::template::realm;

/// Whose programs the four writers run, and the four readers.
const SIDES: [Side; 4] = [Side::Ours, Side::Mit, Side::Ours, Side::Mit];
/// Nobody waits so long for the others.
const PATIENCE: Duration = Duration::from_secs(300);
/// Principals that nobody changes.
const STABLE: usize = 40;
/// Of which our writers make new keys, both of them. (MIT reads and writes an entry under two locks, so that a change between is
/// lost: its writers keep away from it.)
const SHARED: &str = "shared";
/// Commands of one run of a writer.
const COMMANDS: usize = 30;

/// What was done in the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Changes, ours and MIT's.
    pub changes: [usize; 2],
    /// Runs of programs that read, ours and MIT's.
    pub reads: [usize; 2],
    /// The longest run of a program that read, ours and MIT's.
    pub longest: [Duration; 2],
}

impl Figures {
    fn add(&mut self, other: &Figures) {
        for side in 0..2 {
            self.changes[side] += other.changes[side];
            self.reads[side] += other.reads[side];
            self.longest[side] = self.longest[side].max(other.longest[side]);
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [ours, mit] = self.longest.map(|time| time.as_millis());
        write!(
            f,
            "changes: ours {}, MIT's {}; readers: ours {} times, {ours} ms at most, MIT's {} times, {mit} ms at most",
            self.changes[0], self.changes[1], self.reads[0], self.reads[1]
        )
    }
}

fn number(side: Side) -> usize {
    usize::from(side == Side::Mit)
}

/// A principal of a writer's own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Own {
    kvno: u32,
    hours: u32,
    note: usize,
}

/// Four writers and four readers for that long.
///
/// # Panics
/// Where a change is lost, a program complains, or one hangs.
pub fn together(backend: BackEnd, time: Duration, seed: u64) -> Figures {
    let realm = realm(backend, Side::Mit);
    realm.create("master");
    let lines: String = (0..STABLE).map(|number| format!("addprinc -randkey stable{number}\n")).collect();
    realm.kadmin_local(Vec::<String>::new()).stdin(&format!("{lines}addprinc -randkey {SHARED}\n")).ok();
    let stable = State::from_dump(&realm.dump_by_mit()).expect("MIT dumps in a known form");
    let (over, begun) = (AtomicBool::new(false), Instant::now());
    let (mut figures, mut owned, mut shared) = (Figures::default(), BTreeMap::new(), 0);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..)
            .zip(SIDES)
            .map(|(at, side)| {
                let (realm, over) = (realm.by(side), &over);
                scope.spawn(move || write(&realm, at, Dice::new(seed + at), over))
            })
            .collect();
        let readers: Vec<_> = (4..)
            .zip(SIDES)
            .map(|(at, side)| {
                let (realm, over, stable) = (realm.by(side), &over, &stable);
                scope.spawn(move || read(&realm, stable, Dice::new(seed + at), over))
            })
            .collect();
        // Whoever finds something wrong ends it for all.
        while begun.elapsed() < time && !over.load(Ordering::Relaxed) {
            thread::park_timeout(Duration::from_millis(50));
        }
        over.store(true, Ordering::Relaxed);
        for writer in writers {
            let (done, own, keys) = writer.join().unwrap_or_else(|thrown| std::panic::resume_unwind(thrown));
            figures.add(&done);
            owned.extend(own);
            shared += keys;
        }
        for reader in readers {
            figures.add(&reader.join().unwrap_or_else(|thrown| std::panic::resume_unwind(thrown)));
        }
    });
    no_change_is_lost(&realm, &stable, &owned, shared);
    figures
}

/// Ends the run for all when its thread panics.
struct Alarm<'a>(&'a AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Nothing on standard error but what is always there.
fn clean(output: Output) -> Output {
    let told = output.stderr.lines().find(|line| !line.starts_with("No policy specified"));
    assert!(told.is_none(), "complaints of {output}");
    output.code(0)
}

/// What it did, its principals at the end, and how many keys of [`SHARED`] it has made.
fn write(realm: &Realm, at: u64, mut dice: Dice, over: &AtomicBool) -> (Figures, BTreeMap<String, Own>, u32) {
    let _alarm = Alarm(over);
    let (mut figures, mut own, mut shared, mut next) = (Figures::default(), BTreeMap::new(), 0, 0);
    while !over.load(Ordering::Relaxed) {
        let count = 1 + dice.place(COMMANDS);
        let (mut lines, mut said) = (String::new(), Vec::new());
        for _ in 0..count {
            let (line, told) = match dice.below(8) {
                0 if realm.side() == Side::Ours => {
                    shared += 1;
                    (
                        format!("cpw -randkey {SHARED}"),
                        format!("Key for \"{SHARED}@EXAMPLE.COM\" randomized."),
                    )
                }
                what => change(&mut own, at, &mut next, what, &mut dice),
            };
            lines += &format!("{line}\n");
            said.push(told);
        }
        let run = realm.kadmin_local(Vec::<String>::new()).stdin(&lines).patience(PATIENCE);
        let output = clean(run.output());
        let mut rest = output.stdout.as_str();
        for told in &said {
            let Some(found) = rest.find(told.as_str()) else { panic!("no {told:?} in {output}") };
            rest = &rest[found + told.len()..];
        }
        figures.changes[number(realm.side())] += count;
    }
    (figures, own, shared)
}

/// One more change of a writer's own principals: its line, and what is said when it is done.
fn change(
    own: &mut BTreeMap<String, Own>,
    at: u64,
    next: &mut usize,
    what: u64,
    dice: &mut Dice,
) -> (String, String) {
    let names: Vec<String> = own.keys().cloned().collect();
    if names.is_empty() || what < 3 {
        *next += 1;
        let name = format!("w{at}/host{next}");
        own.insert(name.clone(), Own { kvno: 1, hours: 24, note: 0 });
        return (format!("addprinc -randkey {name}"), format!("Principal \"{name}@EXAMPLE.COM\" created."));
    }
    let name = &names[dice.place(names.len())];
    let full = format!("\"{name}@EXAMPLE.COM\"");
    let Some(entry) = own.get_mut(name) else { unreachable!("it is one of them") };
    match what {
        3 | 4 => {
            entry.hours = 1 + u32::try_from(dice.below(90)).unwrap_or_default();
            (format!("modprinc -maxlife {}h {name}", entry.hours), format!("Principal {full} modified."))
        }
        5 => {
            entry.kvno += 1;
            (format!("cpw -randkey {name}"), format!("Key for {full} randomized."))
        }
        6 => {
            entry.note = 1 + dice.place(200);
            let value = "v".repeat(entry.note);
            (format!("setstr {name} note {value}"), format!("Attribute set for principal {full}."))
        }
        _ => {
            own.remove(name);
            (format!("delprinc -force {name}"), format!("Principal {full} deleted."))
        }
    }
}

fn read(realm: &Realm, stable: &State, mut dice: Dice, over: &AtomicBool) -> Figures {
    let _alarm = Alarm(over);
    let mut figures = Figures::default();
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        match dice.below(3) {
            0 => {
                let name = format!("stable{}", dice.place(STABLE));
                let output = clean(realm.kadmin_local(["getprinc", &name]).patience(PATIENCE).output());
                let _ = output.stdout_has(&format!("Principal: {name}@EXAMPLE.COM\n"));
            }
            1 => {
                let output = clean(realm.kadmin_local(["listprincs", "stable*"]).patience(PATIENCE).output());
                assert_eq!(output.stdout.lines().count(), STABLE, "{output}");
            }
            _ => {
                let output = clean(realm.kdb5_util(["dump"]).patience(PATIENCE).output());
                let found = State::from_dump(&output.stdout).unwrap_or_else(|error| panic!("{error}"));
                for (name, facts) in stable.principals.iter().filter(|(name, _)| *name != SHARED) {
                    assert_eq!(found.principals.get(name), Some(facts), "{name}");
                }
            }
        }
        let side = number(realm.side());
        figures.reads[side] += 1;
        figures.longest[side] = figures.longest[side].max(begun.elapsed());
    }
    figures
}

fn no_change_is_lost(realm: &Realm, stable: &State, owned: &BTreeMap<String, Own>, shared: u32) {
    let found = State::from_dump(&realm.dump_by_mit()).expect("MIT dumps in a known form");
    for (name, own) in owned {
        let facts = found.principals.get(name).unwrap_or_else(|| panic!("{name} is lost"));
        let strings = if own.note == 0 { 0 } else { own.note + "note\0\0".len() };
        let there = (facts.kvno, facts.max_life, facts.strings);
        assert_eq!(there, (own.kvno, own.hours * 3600, strings), "{name}");
    }
    let all = stable.principals.len() + owned.len();
    assert_eq!(found.principals.len(), all, "what was deleted is gone, and nothing else is there");
    assert_eq!(found.principals[SHARED].kvno, 1 + shared, "keys of {SHARED}");
    let ours = realm.by(Side::Ours);
    let _ = ours.kdb5_util(["verify"]).ok();
    let again = State::from_dump(&ours.kdb5_util(["dump"]).ok().stdout).expect("our dump is MIT's");
    assert_eq!(found.difference(&again), Vec::<String>::new());
}
