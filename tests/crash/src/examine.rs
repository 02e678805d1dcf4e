//! What is left after a cut, looked at by MIT's programs and ours.

use std::time::Duration;

use harness::{BackEnd, Dice, Kdc, Output, Realm, Side};

use crate::state::{Facts, State};
use crate::template::names;
use crate::work::WATCHED;

/// After this a program hangs on what it reads; on a busy machine each takes its time.
const PATIENCE: Duration = Duration::from_secs(600);
/// A lifetime, in hours, that nothing else gives.
const MARK: u32 = 23;
/// Made by us afterwards.
const AFTER: &str = "afterwards";

/// What there may be.
#[derive(Debug)]
pub struct Expected {
    /// The database holds one of these.
    pub states: Vec<State>,
    /// Principals and versions whose keys the keytab has.
    pub keytab: Vec<(String, u32)>,
    /// Whether a load was cut short, whose files stay until the next one.
    pub loads: bool,
}

/// Who comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Our programs.
    Ours,
    /// MIT's programs, and its kadmin.local changes a principal.
    MitModifies,
    /// MIT's programs, and its KDC counts a failed attempt to log in.
    MitCounts,
}

/// Looks at everything.
///
/// # Panics
/// Where something is not as it must be.
pub fn examine(realm: &Realm, expected: &Expected, dice: &mut Dice, story: &mut Vec<String>) {
    let first = match dice.below(10) {
        0..=4 => First::Ours,
        5 => First::MitCounts,
        _ => First::MitModifies,
    };
    story.push(format!("then {first:?}; there is {:?}", names(realm)));
    let mut states = expected.states.clone();
    let unfinished = realm.path("principal.journal").exists();
    let mut dump_of_mit = None;
    if first != First::Ours {
        let left = MitComesFirst { realm, first, look_ups: 12, unfinished }.comes(&states, dice);
        states = left.states;
        if unfinished && refused(realm, &states, story) {
            return;
        }
        dump_of_mit = (!unfinished).then(|| mit_dumps(realm, "MIT's dump after its change").1);
    }
    let dump = we_come(realm, dice, story);
    let found = State::from_dump(&dump).unwrap_or_else(|error| panic!("our dump: {error}"));
    among("our dump", &found, &states);
    if let Some(of_mit) = dump_of_mit {
        assert!(
            of_mit == dump,
            "our dump says other things than MIT's:\n{}",
            first_difference(&of_mit, &dump)
        );
    }
    keytab(realm, &expected.keytab);
    goes_on(realm, found, expected.loads);
}

/// Whether our programs leave a change alone that was cut short, since MIT's have written to one of its pages. They say how to go on,
/// which then works: each record is as before the change or after it, and MIT's is there.
fn refused(realm: &Realm, states: &[State], story: &mut Vec<String>) -> bool {
    let ours = realm.by(Side::Ours);
    let output = ours.kadmin_local(["getprinc", WATCHED]).patience(PATIENCE).output();
    if output.exit == 0 {
        return false;
    }
    story.push(format!("refused: {}", output.stderr));
    let _ = output.stderr_has("kdb5_util verify --recover");
    let _ = ours.kdb5_util(["verify", "--recover", "{DIR}/rescued"]).patience(PATIENCE).output();
    let rescued = String::from_utf8_lossy(&realm.read("rescued")).into_owned();
    let found = State::from_dump(&rescued).unwrap_or_else(|error| panic!("what was rescued: {error}"));
    let strangers = found.strangers(states);
    assert!(strangers.is_empty(), "what was rescued:\n  {}", strangers.join("\n  "));
    let _ = clean(ours.kdb5_util(["load", "{DIR}/rescued"]).patience(PATIENCE).output());
    goes_on(realm, found, true);
    true
}

/// The state must be one of those.
fn among(what: &str, found: &State, states: &[State]) {
    if states.contains(found) {
        return;
    }
    let nearest = states.iter().map(|state| state.difference(found)).min_by_key(Vec::len).unwrap_or_default();
    panic!(
        "{what} is none of the {} states that may be; the nearest differs in\n  {}",
        states.len(),
        nearest.join("\n  ")
    );
}

fn first_difference(one: &str, other: &str) -> String {
    let mut lines = one.lines().zip(other.lines());
    match lines.find(|(one, other)| one != other) {
        Some((one, other)) => format!("{one}\n{other}"),
        None => format!("{} and {} lines", one.lines().count(), other.lines().count()),
    }
}

/// The tool must succeed and say nothing on standard error.
fn clean(output: Output) -> Output {
    let output = output.code(0);
    let told = output.stderr.lines().find(|line| !line.starts_with("No policy specified"));
    assert!(told.is_none(), "complaints of {output}");
    output
}

fn mit_dumps(realm: &Realm, what: &str) -> (State, String) {
    let dump = clean(realm.mit("kdb5_util", ["dump"]).patience(PATIENCE).output()).stdout;
    let state = State::from_dump(&dump).unwrap_or_else(|error| panic!("{what}: {error}"));
    (state, dump)
}

/// MIT's programs before ours.
#[derive(Debug)]
pub struct MitComesFirst<'a> {
    /// Where.
    pub realm: &'a Realm,
    /// Who writes.
    pub first: First,
    /// How many principals are looked up.
    pub look_ups: usize,
    /// Whether a change was cut short that we are to finish: until then each of its records is as before it or as after.
    pub unfinished: bool,
}

/// What MIT's programs leave.
#[derive(Debug)]
pub struct Left {
    /// The principal that they have changed.
    pub name: String,
    /// What there may be when our programs have finished what was begun.
    pub states: Vec<State>,
}

/// What one of MIT's programs has set.
enum Change {
    Failures(u32),
    MaxLife(u32),
}

impl Change {
    fn make(&self, facts: &mut Facts) {
        match *self {
            Change::Failures(count) => facts.failures = count,
            Change::MaxLife(seconds) => facts.max_life = seconds,
        }
    }
}

impl MitComesFirst<'_> {
    /// Dumps, looks principals up and makes one change: the state then, and whom it concerns.
    ///
    /// # Panics
    /// Where the database holds none of the states, or is not whole.
    pub fn comes(&self, states: &[State], dice: &mut Dice) -> Left {
        let [old, state] = self.walked("MIT's dump before anybody else");
        if self.unfinished {
            for state in [&old, &state] {
                let strangers = state.strangers(states);
                assert!(
                    strangers.is_empty(),
                    "MIT's dump before anybody else:\n  {}",
                    strangers.join("\n  ")
                );
            }
        } else {
            among("MIT's dump before anybody else", &state, states);
        }
        if self.look_ups > 0 {
            self.looks_up(&state, states, dice);
        }
        let (name, change) = self.writes(&state, states, dice);
        // A look-up may find it as the change that was cut short has it, where the walk of the dump found it as before.
        let with = |state: &State, facts: &Facts| {
            let mut facts = facts.clone();
            change.make(&mut facts);
            state.with(&name, facts)
        };
        let facts_of = |state: &State| state.principals[&name].clone();
        let [_, found] = self.walked("MIT's dump after its change");
        let mut after = vec![with(&state, &facts_of(&state))];
        let mut left = after.clone();
        if self.unfinished {
            // In a leaf that is being divided the change is where look-ups find it, and a walk comes by the old one.
            after.push(state.clone());
            after.extend(states.iter().map(|possible| with(&state, &facts_of(possible))));
            let of_walk = states.iter().map(|possible| with(possible, &facts_of(&state)));
            left = of_walk.chain(states.iter().map(|possible| with(possible, &facts_of(possible)))).collect();
        }
        among("MIT's dump after its change", &found, &after);
        Left { name, states: left }
    }

    /// What MIT's dump has; of records that are in two buckets, as both have them.
    fn walked(&self, what: &str) -> [State; 2] {
        if self.unfinished && self.realm.read("principal").starts_with(&0x061561_u32.to_be_bytes()) {
            let dump = clean(self.realm.mit("kdb5_util", ["dump"]).patience(PATIENCE).output()).stdout;
            return State::from_dump_in_between(&dump).unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        let state = mit_dumps(self.realm, what).0;
        [state.clone(), state]
    }

    /// Principals that the dump has must be found by their names.
    fn looks_up(&self, state: &State, states: &[State], dice: &mut Dice) {
        let all = staying(state, states);
        let names: Vec<&String> = (0..self.look_ups).map(|_| all[dice.place(all.len())]).collect();
        let lines: String = names.iter().map(|name| format!("getprinc {name}\n")).collect();
        let run = self.realm.mit("kadmin.local", Vec::<String>::new()).stdin(&lines).patience(PATIENCE);
        let output = clean(run.output());
        for name in names {
            let _ = output.clone().stdout_has(&format!("Principal: {name}@EXAMPLE.COM\n"));
        }
    }

    fn writes(&self, state: &State, states: &[State], dice: &mut Dice) -> (String, Change) {
        if self.first == First::MitCounts {
            let kdc = Kdc::start(self.realm);
            let refused = self.realm.kinit(WATCHED, "the-wrong-one").fails(1);
            assert!(refused.stderr.contains("Password incorrect"), "{refused}");
            kdc.stop();
            let shown = clean(self.realm.mit("kadmin.local", ["getprinc", WATCHED]).output());
            let counted =
                shown.stdout.lines().find_map(|line| line.strip_prefix("Failed password attempts: "));
            let counted: u32 = counted.and_then(|number| number.parse().ok()).expect("getprinc tells it");
            // kinit asks a second time where the answer is late.
            assert!(counted > state.principals[WATCHED].failures, "the KDC has counted nothing");
            return (WATCHED.into(), Change::Failures(counted));
        }
        let all = staying(state, states);
        let all: Vec<&String> = all.into_iter().filter(|name| *name != "K/M").collect();
        let name = all[dice.place(all.len())].clone();
        let life = format!("{MARK}h");
        let run = self.realm.mit("kadmin.local", ["modprinc", "-maxlife", &life, &name]).patience(PATIENCE);
        let _ = clean(run.output());
        let shown = clean(self.realm.mit("kadmin.local", ["getprinc", &name]).patience(PATIENCE).output());
        let _ = shown.stdout_has(&format!("Maximum ticket life: 0 days {MARK}:00:00\n"));
        (name, Change::MaxLife(MARK * 3600))
    }
}

/// The principals of a dump that the change which was cut short does not remove: of those, look-ups may know before a walk does.
fn staying<'a>(state: &'a State, states: &[State]) -> Vec<&'a String> {
    let stays = |name: &&String| states.iter().all(|state| state.principals.contains_key(*name));
    state.principals.keys().filter(stays).collect()
}

/// One of our programs after the other, in an order that the dice have; what our dump says.
fn we_come(realm: &Realm, dice: &mut Dice, story: &mut Vec<String>) -> String {
    let ours = realm.by(Side::Ours);
    let first = dice.below(3);
    let unfinished = realm.path("principal.journal").exists();
    story.push(format!("then our program {first}"));
    let _ = match first {
        0 => clean(ours.kadmin_local(["getprinc", WATCHED]).patience(PATIENCE).output()),
        // It changes nothing, and tells of what has to be finished.
        1 if unfinished => {
            let told = ours.kdb5_util(["verify"]).patience(PATIENCE).fails(1);
            told.stdout_has("a change to the database was cut short")
        }
        1 => ours.kdb5_util(["verify"]).patience(PATIENCE).ok(),
        _ => clean(ours.kadmin_local(["listprincs"]).patience(PATIENCE).output()),
    };
    clean(ours.kdb5_util(["dump"]).patience(PATIENCE).output()).stdout
}

/// The keys that were told to be in the keytab are there, and MIT reads it.
fn keytab(realm: &Realm, entries: &[(String, u32)]) {
    if !realm.path("keytab").exists() {
        assert!(entries.is_empty(), "there is no keytab, which had {entries:?}");
        return;
    }
    let listed = realm.mit("klist", ["-k", "{DIR}/keytab"]).output().code(0);
    let listed: Vec<Vec<&str>> =
        listed.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    for (name, kvno) in entries {
        let entry = [kvno.to_string(), format!("{name}@EXAMPLE.COM")];
        assert!(listed.iter().any(|line| *line == entry), "{entry:?} is not in the keytab");
    }
}

/// The database is sound, can be written to, and all ways through it agree; no file is left that is not the database's.
fn goes_on(realm: &Realm, mut state: State, loads: bool) {
    let ours = realm.by(Side::Ours);
    let _ = clean(ours.kadmin_local(["addprinc", "-randkey", AFTER]).patience(PATIENCE).output());
    let _ = ours.kdb5_util(["verify"]).patience(PATIENCE).ok();
    let (found, of_mit) = mit_dumps(realm, "MIT's dump at the end");
    let mut without = found.clone();
    assert!(without.principals.remove(AFTER).is_some(), "what we added is there");
    state.principals.remove(AFTER);
    among("MIT's dump at the end", &without, &[state]);
    let dump = clean(ours.kdb5_util(["dump"]).patience(PATIENCE).output()).stdout;
    assert!(of_mit == dump, "our dump says other things than MIT's:\n{}", first_difference(&of_mit, &dump));
    if realm.backend() == BackEnd::Db2 && realm.read("principal").starts_with(&0x053162_u32.to_le_bytes()) {
        let mut lines: Vec<&str> = of_mit.lines().collect();
        lines.sort_unstable();
        for words in [["dump", "-rev"], ["dump", "-recurse"]] {
            let other = clean(realm.mit("kdb5_util", words).patience(PATIENCE).output());
            let mut others: Vec<&str> = other.stdout.lines().collect();
            others.sort_unstable();
            assert!(lines == others, "MIT's {words:?} has other lines than its dump");
        }
    }
    let known = |name: &String| match realm.backend() {
        BackEnd::Db2 => BackEnd::Db2.files().contains(&name.as_str()),
        BackEnd::Klmdb => name.ends_with(".mdb") || name.ends_with(".mdb-lock"),
    };
    let of_loads = |name: &String| loads && name.starts_with("principal~");
    let left: Vec<String> = names(realm)
        .into_iter()
        .filter(|name| name.contains("principal") && !known(name) && !of_loads(name))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "is left over");
}
