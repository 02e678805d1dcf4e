//! What a database holds, byte by byte, and transactions from a seed that change it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use harness::Dice;
use k5_kdb::db2::{Db2, Db2Files, record};
use k5_kdb::{Access, Backend, Entry, Order, Policy, Result, Scope, Transaction};
use k5_types::Principal;

use crate::state::{Facts, State};
use crate::work::WATCHED;

/// What a database holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holding {
    /// Principals by their names without the realm.
    pub principals: BTreeMap<String, Entry>,
    /// Policies by their names.
    pub policies: BTreeMap<Vec<u8>, Policy>,
}

impl Holding {
    /// Reads all of it.
    ///
    /// # Errors
    /// What the database says.
    pub fn read(files: &Db2Files) -> Result<Holding> {
        let db = Db2::open(files.clone())?;
        let mut transaction = db.begin(Scope::Everything, Access::Read)?;
        let mut holding = Holding::default();
        transaction.each_principal(Order::Forward, &mut |entry| {
            holding.add(entry);
            Ok(ControlFlow::Continue(()))
        })?;
        transaction.each_policy(&mut |policy| {
            holding.policies.insert(policy.name.clone(), policy);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(holding)
    }

    /// One more principal.
    pub fn add(&mut self, entry: Entry) {
        self.principals.insert(short(&entry.principal), entry);
    }

    /// The same in the words of a dump.
    pub fn state(&self) -> State {
        let facts = |entry: &Entry| Facts {
            policy: entry
                .kadm_data()
                .ok()
                .and_then(|data| data.policy)
                .map(|name| String::from_utf8_lossy(&name).into_owned()),
            max_life: u32::try_from(entry.max_life.0).unwrap_or_default(),
            kvno: entry.key_data.iter().map(|key| u32::from(key.kvno)).max().unwrap_or(0),
            keys: entry.key_data.len(),
            strings: entry
                .tl_data
                .iter()
                .filter(|data| data.tag.0 == 11)
                .map(|data| data.contents.len())
                .sum(),
            failures: entry.fail_auth_count,
        };
        State {
            principals: self.principals.iter().map(|(name, entry)| (name.clone(), facts(entry))).collect(),
            policies: self
                .policies
                .iter()
                .map(|(name, policy)| (String::from_utf8_lossy(name).into_owned(), policy.min_length))
                .collect(),
        }
    }

    /// What differs, by name; nothing if they are the same.
    pub fn difference(&self, other: &Holding) -> Vec<String> {
        let mut found = Vec::new();
        let names = self.principals.keys().chain(other.principals.keys());
        for name in names.collect::<std::collections::BTreeSet<_>>() {
            let (one, two) = (self.principals.get(name), other.principals.get(name));
            if one != two {
                found.push(format!("principal {name:.40}: {} and not {}", told(one), told(two)));
            }
        }
        if self.policies != other.policies {
            found.push(format!("policies: {:?} and not {:?}", self.policies.keys(), other.policies.keys()));
        }
        found
    }
}

fn told(entry: Option<&Entry>) -> String {
    match entry.map(record::key_and_value) {
        None => "absent".into(),
        Some(Err(error)) => error.to_string(),
        Some(Ok((_, value))) => format!("{} bytes", value.len()),
    }
}

fn short(name: &Principal) -> String {
    name.to_string().rsplit_once('@').map(|(name, _)| name.to_owned()).unwrap_or_default()
}

/// A change of a holding.
#[derive(Clone, Debug)]
pub enum Change {
    /// A principal as it is to be.
    Put(Box<Entry>),
    /// A principal goes.
    Delete(Principal),
    /// A policy as it is to be.
    PutPolicy(Box<Policy>),
    /// A policy goes.
    DeletePolicy(Vec<u8>),
}

impl Change {
    /// Does it to a database.
    ///
    /// # Errors
    /// What the database says.
    pub fn make(&self, transaction: &mut dyn Transaction) -> Result<()> {
        match self {
            Change::Put(entry) => transaction.put_principal(entry),
            Change::Delete(name) => transaction.delete_principal(name).map(drop),
            Change::PutPolicy(policy) => transaction.put_policy(policy),
            Change::DeletePolicy(name) => transaction.delete_policy(name).map(drop),
        }
    }

    /// Does it to what the database holds.
    pub fn apply(&self, holding: &mut Holding) {
        match self {
            Change::Put(entry) => drop(holding.principals.insert(short(&entry.principal), (**entry).clone())),
            Change::Delete(name) => drop(holding.principals.remove(&short(name))),
            Change::PutPolicy(policy) => {
                drop(holding.policies.insert(policy.name.clone(), (**policy).clone()))
            }
            Change::DeletePolicy(name) => drop(holding.policies.remove(name)),
        }
    }
}

/// A principal of this name that is otherwise like one that the holding has.
pub fn like(holding: &Holding, pattern: &str, name: &str) -> Entry {
    let mut entry = holding.principals.get(pattern).cloned().expect("every template has it");
    entry.principal = Principal::new("EXAMPLE.COM", [name]);
    entry
}

/// The changes of one transaction: mostly one, or few, or very many.
pub fn changes(dice: &mut Dice, holding: &Holding, number: usize) -> Vec<Change> {
    let count = match dice.below(20) {
        0..=9 => 1,
        10..=15 => 2 + dice.place(5),
        _ => 10 + dice.place(120),
    };
    let mut holding = holding.clone();
    let of_policies = dice.one_in(10);
    (0..count)
        .map(|at| {
            let change = match dice.below(10) {
                _ if of_policies => policy_change(dice, &holding),
                0..=3 => Change::Put(Box::new(new(dice, &holding, number * 1000 + at))),
                4..=6 => Change::Put(Box::new(changed(dice, &holding))),
                7 | 8 => match some(dice, &holding) {
                    Some(entry) => Change::Delete(entry.principal),
                    None => Change::Put(Box::new(new(dice, &holding, number * 1000 + at))),
                },
                _ => policy_change(dice, &holding),
            };
            change.apply(&mut holding);
            change
        })
        .collect()
}

fn new(dice: &mut Dice, holding: &Holding, number: usize) -> Entry {
    let letter = char::from(b'a' + u8::try_from(dice.below(26)).unwrap_or(0));
    let long = if dice.one_in(4) { "x".repeat(dice.place(600)) } else { String::new() };
    let entry = like(holding, WATCHED, &format!("{letter}{long}{number}"));
    if dice.one_in(6) { with_note(dice, entry) } else { entry }
}

fn some(dice: &mut Dice, holding: &Holding) -> Option<Entry> {
    let fixed = ["K/M", "kadmin/", "krbtgt/", WATCHED];
    let free = |name: &&String| !fixed.iter().any(|fixed| name.starts_with(fixed));
    let names: Vec<&String> = holding.principals.keys().filter(free).collect();
    (!names.is_empty()).then(|| holding.principals[names[dice.place(names.len())]].clone())
}

fn changed(dice: &mut Dice, holding: &Holding) -> Entry {
    let mut entry = some(dice, holding).unwrap_or_else(|| like(holding, WATCHED, "again"));
    entry.max_life.0 = 3600 * i32::try_from(1 + dice.below(500)).unwrap_or(1);
    if dice.one_in(4) { with_note(dice, entry) } else { entry }
}

/// With a string attribute, often so long that the record goes to pages of its own.
fn with_note(dice: &mut Dice, mut entry: Entry) -> Entry {
    let length = if dice.one_in(2) { dice.place(20_000) } else { dice.place(300) };
    let value: Vec<u8> = [b"note\0".as_slice(), &vec![b'v'; length], b"\0"].concat();
    entry.tl_data.retain(|data| data.tag.0 != 11);
    entry.tl_data.push(k5_kdb::TlData { tag: k5_kdb::TlType(11), contents: value });
    entry
}

fn policy_change(dice: &mut Dice, holding: &Holding) -> Change {
    let names: Vec<&Vec<u8>> = holding.policies.keys().filter(|name| name.starts_with(b"policy")).collect();
    if !names.is_empty() && dice.one_in(4) {
        return Change::DeletePolicy(names[dice.place(names.len())].clone());
    }
    let name = format!("policy{}", dice.below(300)).into_bytes();
    let min_length = 1 + u32::try_from(dice.below(20)).unwrap_or(0);
    let policy = Policy { name, min_length, min_classes: 1, history_num: 1, ..Policy::default() };
    Change::PutPolicy(Box::new(policy))
}
