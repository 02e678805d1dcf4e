//! Commands for kadmin.local from a seed, and what each of them changes.

use harness::Dice;

use crate::state::{Facts, State};

/// What a policy of the template says of failed attempts is for this principal.
pub const WATCHED: &str = "watched";

/// A change of the database.
#[derive(Clone, Debug)]
pub enum Change {
    /// A principal is new, or as it is now.
    Put(String, Facts),
    /// A principal is gone.
    Delete(String),
    /// A policy is new, or has this least length now.
    PutPolicy(String, u32),
    /// A policy is gone.
    DeletePolicy(String),
}

/// Lines that happen whole: a command, or all from `lock` to `unlock`.
#[derive(Clone, Debug)]
pub struct Step {
    /// What kadmin.local reads.
    pub lines: Vec<String>,
    /// What they change.
    pub changes: Vec<Change>,
    /// What is on standard output once it is done; nothing for commands that say nothing.
    pub said: Option<String>,
    /// The principal and the version of its keys that go to the keytab.
    pub keytab: Option<(String, u32)>,
}

impl Step {
    /// Does to the state what the step does to the database.
    pub fn apply(&self, state: &mut State) {
        for change in &self.changes {
            match change.clone() {
                Change::Put(name, facts) => drop(state.principals.insert(name, facts)),
                Change::Delete(name) => drop(state.principals.remove(&name)),
                Change::PutPolicy(name, length) => drop(state.policies.insert(name, length)),
                Change::DeletePolicy(name) => drop(state.policies.remove(&name)),
            }
        }
    }
}

/// So many steps that start from this state; all of them succeed. With `locks` some of them are what happens under `lock`.
pub fn steps(dice: &mut Dice, start: &State, count: usize, locks: bool) -> Vec<Step> {
    let mut work = Work { dice, state: start.clone(), number: 0, locks };
    (0..count).map(|_| work.step()).collect()
}

struct Work<'a> {
    dice: &'a mut Dice,
    state: State,
    /// Of the next new name.
    number: u32,
    locks: bool,
}

impl Work<'_> {
    fn step(&mut self) -> Step {
        if self.locks && self.dice.one_in(16) {
            return self.under_lock();
        }
        if self.dice.one_in(12) {
            return self.ktadd();
        }
        self.command()
    }

    fn command(&mut self) -> Step {
        let made = match self.dice.below(24) {
            0..=7 => self.add(),
            8..=10 => self.change_keys(),
            11..=13 => self.modify(),
            14..=16 => self.delete(),
            17 => self.rename(),
            18 | 19 => self.set_string(),
            20 | 21 => self.add_policy(),
            22 => self.modify_policy(),
            _ => self.delete_policy(),
        };
        // Where there is nothing to delete or to change, something is added.
        let step = made.unwrap_or_else(|| self.add_policy_now());
        step.apply(&mut self.state);
        step
    }

    fn under_lock(&mut self) -> Step {
        let count = 1 + self.dice.below(6);
        let steps: Vec<Step> = (0..count).map(|_| self.command()).collect();
        let lines = steps.iter().flat_map(|step| step.lines.clone());
        Step {
            lines: ["lock".to_owned()].into_iter().chain(lines).chain(["unlock".to_owned()]).collect(),
            changes: steps.iter().flat_map(|step| step.changes.clone()).collect(),
            said: None,
            keytab: None,
        }
    }

    fn new_name(&mut self) -> String {
        self.number += 1;
        let letter = char::from(b'a' + u8::try_from(self.dice.below(26)).unwrap_or(0));
        // Long ones fill pages sooner.
        let long = if self.dice.one_in(3) { "x".repeat(self.dice.place(200)) } else { String::new() };
        format!("{letter}{long}{}", self.number)
    }

    /// A principal that may be changed at will.
    fn some_name(&mut self) -> Option<String> {
        let fixed = ["K/M", "kadmin/", "krbtgt/", WATCHED];
        let names: Vec<&String> =
            self.state.principals.keys().filter(|name| !fixed.iter().any(|f| name.starts_with(f))).collect();
        (!names.is_empty()).then(|| names[self.dice.place(names.len())].clone())
    }

    fn some_policy(&mut self) -> Option<String> {
        let names: Vec<&String> = self.state.policies.keys().collect();
        (!names.is_empty()).then(|| names[self.dice.place(names.len())].clone())
    }

    /// Longer than every policy's least length, and new each time.
    fn password(&mut self) -> String {
        self.number += 1;
        format!("a-long-pass-word-{}", self.number)
    }

    fn add(&mut self) -> Option<Step> {
        let name = self.new_name();
        let mut facts = Facts { max_life: 86400, kvno: 1, keys: 2, ..Facts::default() };
        let mut words = vec!["addprinc".to_owned()];
        words.push(if self.dice.one_in(4) { format!("-pw {}", self.password()) } else { "-randkey".into() });
        if self.dice.one_in(3) {
            facts.policy = self.some_policy();
            words.extend(facts.policy.iter().map(|policy| format!("-policy {policy}")));
        }
        if self.dice.one_in(3) {
            facts.max_life = self.life();
            words.push(format!("-maxlife {}h", facts.max_life / 3600));
        }
        words.push(name.clone());
        let said = format!("Principal \"{name}@EXAMPLE.COM\" created.");
        Some(one(words.join(" "), vec![Change::Put(name, facts)], Some(said)))
    }

    fn life(&mut self) -> u32 {
        3600 * (1 + u32::try_from(self.dice.below(20)).unwrap_or(0))
    }

    fn existing(&mut self) -> Option<(String, Facts)> {
        let name = self.some_name()?;
        let facts = self.state.principals.get(&name)?.clone();
        Some((name, facts))
    }

    fn change_keys(&mut self) -> Option<Step> {
        let (name, mut facts) = self.existing()?;
        facts.kvno += 1;
        facts.keys = 2;
        let (line, said) = if self.dice.one_in(3) {
            let password = self.password();
            let said = format!("Password for \"{name}@EXAMPLE.COM\" changed.");
            (format!("cpw -pw {password} {name}"), said)
        } else {
            (format!("cpw -randkey {name}"), format!("Key for \"{name}@EXAMPLE.COM\" randomized."))
        };
        Some(one(line, vec![Change::Put(name, facts)], Some(said)))
    }

    fn ktadd(&mut self) -> Step {
        let Some((name, mut facts)) = self.existing() else { return self.command() };
        facts.kvno += 1;
        facts.keys = 2;
        let keytab = Some((name.clone(), facts.kvno));
        let said = format!("Entry for principal {name} with kvno {}, encryption type", facts.kvno);
        let step = Step {
            keytab,
            ..one(format!("ktadd -k {{DIR}}/keytab {name}"), vec![Change::Put(name, facts)], Some(said))
        };
        step.apply(&mut self.state);
        step
    }

    fn modify(&mut self) -> Option<Step> {
        let (name, mut facts) = self.existing()?;
        facts.max_life = self.life();
        let mut words = vec![format!("modprinc -maxlife {}h", facts.max_life / 3600)];
        match self.dice.below(4) {
            0 => {
                facts.policy = self.some_policy();
                words.push(match &facts.policy {
                    Some(policy) => format!("-policy {policy}"),
                    None => "-clearpolicy".into(),
                });
            }
            1 => {
                facts.policy = None;
                words.push("-clearpolicy".into());
            }
            _ => {}
        }
        words.push(name.clone());
        let said = format!("Principal \"{name}@EXAMPLE.COM\" modified.");
        Some(one(words.join(" "), vec![Change::Put(name, facts)], Some(said)))
    }

    fn delete(&mut self) -> Option<Step> {
        let name = self.some_name()?;
        let said = format!("Principal \"{name}@EXAMPLE.COM\" deleted.");
        Some(one(format!("delprinc -force {name}"), vec![Change::Delete(name)], Some(said)))
    }

    fn rename(&mut self) -> Option<Step> {
        let (name, facts) = self.existing()?;
        let to = self.new_name();
        let said = format!("Principal \"{name}@EXAMPLE.COM\" renamed to");
        let changes = vec![Change::Delete(name.clone()), Change::Put(to.clone(), facts)];
        Some(one(format!("renprinc -force {name} {to}"), changes, Some(said)))
    }

    /// Now and then so long that the record goes to pages of its own.
    fn set_string(&mut self) -> Option<Step> {
        let (name, mut facts) = self.existing()?;
        let length = 1 + if self.dice.one_in(2) { self.dice.place(9000) } else { self.dice.place(100) };
        // Name and value with their NULs; it replaces the one that is there.
        facts.strings = "note".len() + length + 2;
        let said = format!("Attribute set for principal \"{name}@EXAMPLE.COM\".");
        Some(one(
            format!("setstr {name} note {}", "v".repeat(length)),
            vec![Change::Put(name, facts)],
            Some(said),
        ))
    }

    fn add_policy(&mut self) -> Option<Step> {
        Some(self.add_policy_now())
    }

    fn add_policy_now(&mut self) -> Step {
        self.number += 1;
        let name = format!("policy{}", self.number);
        let length = 1 + u32::try_from(self.dice.below(9)).unwrap_or(0);
        one(format!("addpol -minlength {length} {name}"), vec![Change::PutPolicy(name, length)], None)
    }

    fn modify_policy(&mut self) -> Option<Step> {
        let name = self.some_policy()?;
        let length = 1 + u32::try_from(self.dice.below(9)).unwrap_or(0);
        Some(one(format!("modpol -minlength {length} {name}"), vec![Change::PutPolicy(name, length)], None))
    }

    /// One that nobody has.
    fn delete_policy(&mut self) -> Option<Step> {
        let used =
            |name: &String| self.state.principals.values().any(|facts| facts.policy.as_ref() == Some(name));
        let free: Vec<&String> = self.state.policies.keys().filter(|name| !used(name)).collect();
        let name = free.get(self.dice.place(free.len().max(1)))?.to_string();
        Some(one(format!("delpol -force {name}"), vec![Change::DeletePolicy(name)], None))
    }
}

fn one(line: String, changes: Vec<Change>, said: Option<String>) -> Step {
    Step { lines: vec![line], changes, said, keytab: None }
}
