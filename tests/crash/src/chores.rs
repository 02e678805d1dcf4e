//! kdb5_util, killed or failed while it changes the whole database.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use harness::{BackEnd, Dice, Fault, Output, Realm, Run, Side};

use crate::examine::{Expected, examine};
use crate::moment::{Feed, KILLED, Moment};
use crate::state::State;
use crate::template::{Shape, Template, names, renew, template};
use crate::tries::Bench;

/// No space left on device.
const ENOSPC: i32 = 28;
/// Input/output error.
const EIO: i32 = 5;

/// What is done to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Chore {
    /// `load` of a dump with other principals.
    Load,
    /// `load -update` of some.
    Update,
    /// `update_princ_encryption`.
    Reencrypt,
    /// `add_mkey`, with the stash file or without.
    AddMaster(bool),
    /// `use_mkey`.
    UseMaster,
    /// `purge_mkeys`.
    PurgeMasters,
    /// `stash`.
    Stash,
    /// `ktadd` of many principals.
    Keytab,
}

/// All of them, and the databases that they are for.
pub const CHORES: [(Chore, Shape); 11] = [
    (Chore::Load, Shape::Tree),
    (Chore::Load, Shape::Hash),
    (Chore::Update, Shape::Tree),
    (Chore::Update, Shape::Large),
    (Chore::Reencrypt, Shape::TwoMasters),
    (Chore::AddMaster(true), Shape::Tree),
    (Chore::AddMaster(false), Shape::Small),
    (Chore::UseMaster, Shape::TwoMasters),
    (Chore::PurgeMasters, Shape::Converted),
    (Chore::Stash, Shape::TwoMasters),
    (Chore::Keytab, Shape::Tree),
];

/// What a chore comes to when nothing goes wrong.
#[derive(Clone, Debug)]
struct Whole {
    /// The database then.
    state: State,
    /// How many operations it has.
    operations: usize,
    /// How long it takes.
    time: Duration,
}

impl Chore {
    fn run(self, realm: &Realm) -> Run {
        let ours = realm.by(Side::Ours);
        let words: &[&str] = match self {
            Chore::Load => &["load", "{DIR}/other"],
            Chore::Update => &["load", "-update", "{DIR}/other"],
            Chore::Reencrypt => &["update_princ_encryption", "-f"],
            Chore::AddMaster(true) => &["add_mkey", "-s"],
            Chore::AddMaster(false) => &["add_mkey"],
            Chore::UseMaster => &["use_mkey", "1"],
            Chore::PurgeMasters => &["purge_mkeys", "-f"],
            Chore::Stash => &["stash"],
            Chore::Keytab => return ours.kadmin_local(["ktadd", "-k", "{DIR}/keytab", "-glob", "user000*"]),
        };
        let run = ours.kdb5_util(words.iter().copied());
        if matches!(self, Chore::AddMaster(_)) { run.stdin("third\nthird\n") } else { run }
    }

    /// The realm before the chore.
    fn prepare(self, realm: &Realm, template: &Template) {
        renew(realm, template);
        let line = |line: &str| format!("{line}\n");
        if self == Chore::Load {
            // Every third user is gone.
            let stays = |line: &str| !line.contains("\tuser") || !line.contains("7@EXAMPLE.COM\t");
            let dump: String = template.dump.lines().filter(|line| stays(line)).map(line).collect();
            realm.write("other", dump);
        } else if self == Chore::Update {
            let header = template.dump.lines().take(1);
            let users = template.dump.lines().filter(|line| line.contains("\tuser")).take(200);
            // The same length, another name.
            let dump: String =
                header.chain(users).map(|text| line(&text.replacen("\tuser", "\tnews", 1))).collect();
            realm.write("other", dump);
        }
    }

    /// Done without any fault, once for all tries.
    fn whole(self, bench: &Bench, shape: Shape, template: &Template) -> Whole {
        type Known = HashMap<(&'static str, Chore, Shape), Whole>;
        static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);
        let key = (bench.realm.backend().name(), self, shape);
        if let Some(whole) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return whole.clone();
        }
        self.prepare(&bench.realm, template);
        let begun = Instant::now();
        let _ = bench.faults.watch(self.run(&bench.realm)).ok();
        let time = begun.elapsed();
        let operations = bench.faults.operations(&bench.realm).len();
        let state = State::from_dump(&bench.realm.dump_by_mit()).expect("MIT dumps in a known form");
        let whole = Whole { state, operations, time };
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(key, whole.clone());
        whole
    }

    fn on(self, shape: Shape, backend: BackEnd) -> bool {
        backend == BackEnd::Db2 || shape != Shape::Hash
    }
}

/// Kills one of the chores once and looks at what is left.
///
/// # Panics
/// Where something is lost, half there or damaged.
pub fn kill_once(bench: &mut Bench, dice: &mut Dice) {
    let Some((chore, shape)) = some(bench, dice) else { return };
    let template = template(bench.realm.backend(), shape);
    let whole = chore.whole(bench, shape, &template);
    let moment = match dice.one_in(2) {
        true => Moment::outside(dice, 0, whole.time),
        false => Moment::inside(dice, whole.operations),
    };
    kill(bench, dice, (chore, shape), moment);
}

fn kill(bench: &mut Bench, dice: &mut Dice, (chore, shape): (Chore, Shape), moment: Moment) {
    let template = template(bench.realm.backend(), shape);
    let whole = chore.whole(bench, shape, &template);
    chore.prepare(&bench.realm, &template);
    bench.story.push(format!("{chore:?} on {shape:?}, killed {moment:?} of {}", whole.operations));
    let killed = moment.kill(&bench.faults, &bench.realm, chore.run(&bench.realm), &[], Feed::AsGiven);
    bench.story.push(format!("exit {}", killed.output.exit));
    bench.story.extend(killed.operations.iter().rev().take(12).rev().cloned());
    let mut states = vec![template.state.clone(), whole.state];
    if killed.output.exit != KILLED {
        states.remove(0);
    }
    look(bench, dice, chore, &killed.output, states);
}

/// Fails one of the chores once: the error is told, and nothing is lost.
///
/// # Panics
/// Where it is not so.
pub fn fail_once(bench: &mut Bench, dice: &mut Dice) {
    let Some((chore, shape)) = some(bench, dice) else { return };
    let template = template(bench.realm.backend(), shape);
    let whole = chore.whole(bench, shape, &template);
    let number = dice.pick(&[EIO, ENOSPC]);
    let fault = if dice.one_in(2) { Fault::Error(number) } else { Fault::ErrorForGood(number) };
    let at = 1 + dice.place(whole.operations);
    fail(bench, dice, (chore, shape), at, fault);
}

/// Kills one chore at each of its operations and lets each fail, in every way. How often it was done.
///
/// # Panics
/// As [`kill_once`] and [`fail_once`].
pub fn at_every_operation(bench: &mut Bench, dice: &mut Dice, chore: (Chore, Shape)) -> usize {
    if !chore.0.on(chore.1, bench.realm.backend()) {
        return 0;
    }
    let template = template(bench.realm.backend(), chore.1);
    let operations = chore.0.whole(bench, chore.1, &template).operations;
    let mut done = 0;
    for at in 1..=operations {
        for torn in [false, true] {
            bench.story.clear();
            kill(bench, dice, chore, Moment::Inside { at, torn });
            done += 1;
        }
        for number in [EIO, ENOSPC] {
            for fault in [Fault::Error(number), Fault::ErrorForGood(number)] {
                bench.story.clear();
                fail(bench, dice, chore, at, fault);
                done += 1;
            }
        }
    }
    done
}

fn fail(bench: &mut Bench, dice: &mut Dice, (chore, shape): (Chore, Shape), at: usize, fault: Fault) {
    let (Fault::Error(number) | Fault::ErrorForGood(number)) = fault else { return };
    let template = template(bench.realm.backend(), shape);
    let whole = chore.whole(bench, shape, &template);
    chore.prepare(&bench.realm, &template);
    bench.story.push(format!("{chore:?} on {shape:?}, {fault:?} at operation {at} of {}", whole.operations));
    let output = bench.faults.strike(chore.run(&bench.realm), at, fault).output();
    bench
        .story
        .extend(bench.faults.operations(&bench.realm).iter().filter(|line| line.contains("<--")).cloned());
    bench.story.push(output.to_string());
    let mut states = vec![template.state.clone(), whole.state];
    if output.exit == 0 {
        states.remove(0);
    } else {
        let reason = std::io::Error::from_raw_os_error(number).to_string();
        let reason = reason.split(" (os").next().unwrap_or_default();
        assert!(output.stderr.contains(reason), "does not say {reason:?}");
        assert!(output.exit > 0, "died");
    }
    look(bench, dice, chore, &output, states);
}

fn some(bench: &Bench, dice: &mut Dice) -> Option<(Chore, Shape)> {
    let (chore, shape) = CHORES[dice.place(CHORES.len())];
    chore.on(shape, bench.realm.backend()).then_some((chore, shape))
}

fn look(bench: &mut Bench, dice: &mut Dice, chore: Chore, output: &Output, states: Vec<State>) {
    let Bench { realm, story, .. } = bench;
    let mut expected =
        Expected { states, keytab: Vec::new(), loads: matches!(chore, Chore::Load | Chore::Update) };
    if chore == Chore::Keytab {
        expected.states = keytab_states(expected.states, output);
    }
    examine(realm, &expected, dice, story);
    goes_on(realm, chore);
}

/// `ktadd` changes principals one after the other, or all at once: of those whose names come first, some.
fn keytab_states(states: Vec<State>, output: &Output) -> Vec<State> {
    let [before, after] = &states[..] else { return states };
    let told = |name: &String| output.stdout.contains(&format!("Entry for principal {name}@"));
    let changed: Vec<&String> = after
        .principals
        .keys()
        .filter(|name| before.principals.get(*name) != after.principals.get(*name))
        .collect();
    let mut state = before.clone();
    let mut all = vec![state.clone()];
    for name in changed {
        state.principals.insert(name.clone(), after.principals[name].clone());
        if told(name) {
            all.clear();
        }
        all.push(state.clone());
    }
    all
}

/// The same again succeeds: what the dead left is in nobody's way.
fn goes_on(realm: &Realm, chore: Chore) {
    match chore {
        Chore::Load | Chore::Update => {
            let _ = chore.run(realm).ok();
            let left: Vec<String> = names(realm).into_iter().filter(|name| name.contains('~')).collect();
            assert_eq!(left, Vec::<String>::new(), "a load leaves nothing");
        }
        Chore::Stash | Chore::AddMaster(true) => {
            let ours = realm.by(Side::Ours);
            let _ = ours.kdb5_util(["stash"]).ok();
            let _ = realm.mit("kadmin.local", ["getprinc", "K/M"]).ok();
        }
        _ => {}
    }
}
