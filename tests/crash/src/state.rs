//! What a database holds, as far as the commands of these tests change it.

use std::collections::{BTreeMap, BTreeSet};

use k5_kdb::KadmData;

/// Of a principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The policy's name.
    pub policy: Option<String>,
    /// Seconds.
    pub max_life: u32,
    /// The highest version of its keys.
    pub kvno: u32,
    /// How many keys it has, of all versions.
    pub keys: usize,
    /// Bytes of its string attributes.
    pub strings: usize,
    /// Failed attempts to log in.
    pub failures: u32,
}

/// Principals by their names, without the realm, and policies with their least length of a password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The principals.
    pub principals: BTreeMap<String, Facts>,
    /// The policies.
    pub policies: BTreeMap<String, u32>,
}

impl State {
    /// Reads a dump of MIT's.
    ///
    /// # Errors
    /// A line that is not of the known form, and a name that is there twice.
    pub fn from_dump(dump: &str) -> Result<State, String> {
        let (state, twice) = State::read(dump)?;
        match twice.first_key_value() {
            Some((name, _)) => Err(format!("there twice: {name}")),
            None => Ok(state),
        }
    }

    /// Reads a dump of MIT's of a hash table in which a bucket may be just about to be divided: whose records are there twice, as
    /// they are in the old one and as they are in the new one, where look-ups find them.
    ///
    /// # Errors
    /// A line that is not of the known form, and a name that is there three times.
    pub fn from_dump_in_between(dump: &str) -> Result<[State; 2], String> {
        let (new, twice) = State::read(dump)?;
        let mut old = new.clone();
        old.principals.extend(twice);
        Ok([old, new])
    }

    /// The last of each name, and of those that are there twice the first.
    fn read(dump: &str) -> Result<(State, BTreeMap<String, Facts>), String> {
        let (mut state, mut twice) = (State::default(), BTreeMap::new());
        for line in dump.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let again = match fields.first() {
                Some(&"princ") => {
                    let (name, facts) = principal(&fields).ok_or_else(|| format!("no principal: {line}"))?;
                    let first = state.principals.insert(name.clone(), facts);
                    first.is_some_and(|first| twice.insert(name, first).is_some())
                }
                Some(&"policy") => {
                    let (name, length) = policy(&fields).ok_or_else(|| format!("no policy: {line}"))?;
                    state.policies.insert(name, length).is_some()
                }
                _ => return Err(format!("neither principal nor policy: {line}")),
            };
            if again {
                return Err(format!("there twice, or more often than that: {line}"));
            }
        }
        Ok((state, twice))
    }

    /// What is neither as in one of the states nor as in another, record by record.
    pub fn strangers(&self, states: &[State]) -> Vec<String> {
        let mut found = strange("principal", &self.principals, states, |state| &state.principals);
        found.extend(strange("policy", &self.policies, states, |state| &state.policies));
        found
    }

    /// The same with one principal as given.
    #[must_use]
    pub fn with(&self, name: &str, facts: Facts) -> State {
        let mut state = self.clone();
        state.principals.insert(name.into(), facts);
        state
    }

    /// What differs, from `self` to `other`; nothing if they are the same.
    pub fn difference(&self, other: &State) -> Vec<String> {
        let mut found = differing("principal", &self.principals, &other.principals);
        found.extend(differing("policy", &self.policies, &other.policies));
        found
    }
}

fn strange<V: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &BTreeMap<String, V>,
    states: &[State],
    part: impl Fn(&State) -> &BTreeMap<String, V>,
) -> Vec<String> {
    let names: BTreeSet<&String> =
        states.iter().flat_map(|state| part(state).keys()).chain(found.keys()).collect();
    let known = |name: &String| states.iter().any(|state| part(state).get(name) == found.get(name));
    let unknown = names.into_iter().filter(|name| !known(name));
    unknown.map(|name| format!("{what} {name}: {:?}, as never before", found.get(name))).collect()
}

fn differing<V: PartialEq + std::fmt::Debug>(
    what: &str,
    one: &BTreeMap<String, V>,
    other: &BTreeMap<String, V>,
) -> Vec<String> {
    let gone = one
        .iter()
        .filter(|(name, value)| other.get(*name) != Some(value))
        .map(|(name, value)| format!("{what} {name}: {value:?} and not {:?}", other.get(name)));
    let new = other.iter().filter(|(name, _)| !one.contains_key(*name));
    gone.chain(new.map(|(name, value)| format!("{what} {name}: absent and not {value:?}"))).collect()
}

/// `princ 38 name-length n-tl n-key e-length name attributes max-life max-renewable-life expiration pw-expiration last-success
/// last-failed failures { type length hex } { version kvno { type length hex } } e-data;`
fn principal(fields: &[&str]) -> Option<(String, Facts)> {
    let name = fields.get(6)?.rsplit_once('@')?.0.to_owned();
    let number = |at: usize| fields.get(at)?.parse::<usize>().ok();
    let (tl_count, key_count) = (number(3)?, number(4)?);
    let mut facts = Facts {
        max_life: fields.get(8)?.parse().ok()?,
        failures: fields.get(14)?.parse().ok()?,
        ..Facts::default()
    };
    let mut at = 15;
    for _ in 0..tl_count {
        match *fields.get(at)? {
            "3" => {
                let data = KadmData::decode(&bytes(fields.get(at + 2)?)?).ok()?;
                facts.policy = data.policy.map(|name| String::from_utf8_lossy(&name).into_owned());
            }
            "11" => facts.strings = number(at + 1)?,
            _ => {}
        }
        at += 3;
    }
    for _ in 0..key_count {
        facts.kvno = facts.kvno.max(fields.get(at + 1)?.parse().ok()?);
        at += 2 + 3 * number(at)?;
    }
    facts.keys = key_count;
    (at + 1 == fields.len()).then_some((name, facts))
}

/// `policy name min-life max-life min-length ...`
fn policy(fields: &[&str]) -> Option<(String, u32)> {
    Some(((*fields.get(1)?).to_owned(), fields.get(4)?.parse().ok()?))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = (0..hex.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "kdb5_util load_dump version 7\n\
        princ\t38\t7\t3\t2\t0\ta@R.ORG\t0\t86400\t0\t0\t0\t0\t0\t5\t3\t24\t\
        12345c010000000000000000000000000000000200000000\t11\t4\t61006200\t1\t4\t24ee016b\t\
        1\t1\t18\t6\t2000d0952756\t2\t3\t18\t6\t2000d0952756\t3\t2\t4f47\t-1;\n\
        policy\tp\t0\t0\t6\t1\t1\t0\t0\t0\t0\t0\t0\t0\t-\t0\n";

    #[test]
    fn a_dump_is_read() {
        let state = State::from_dump(DUMP).unwrap();
        let facts = Facts { max_life: 86400, kvno: 3, keys: 2, strings: 4, failures: 5, policy: None };
        assert_eq!(state.principals["a"], facts);
        assert_eq!(state.policies["p"], 6);
    }

    #[test]
    fn what_is_no_dump_is_told() {
        assert!(State::from_dump(&DUMP.replace("\t-1;", "\t-1;\t")).is_err());
        assert!(State::from_dump(&DUMP.replace("policy\t", "polic\t")).is_err());
        let twice = format!("{DUMP}{}\n", DUMP.lines().nth(2).unwrap());
        assert!(State::from_dump(&twice).unwrap_err().contains("twice"));
    }

    #[test]
    fn a_principal_may_be_there_twice_in_between() {
        let line = DUMP.lines().nth(1).unwrap();
        let twice = format!("{DUMP}{}\n", line.replace("\t86400\t", "\t7200\t"));
        assert!(State::from_dump(&twice).unwrap_err().contains("twice"));
        let [old, new] = State::from_dump_in_between(&twice).unwrap();
        assert_eq!(old, State::from_dump(DUMP).unwrap());
        assert_eq!((old.principals.len(), new.principals.len()), (1, 1));
        assert!(old != new);
        assert!(State::from_dump_in_between(&format!("{twice}{line}\n")).is_err());
    }

    #[test]
    fn differences_are_told_on_both_sides() {
        let one = State::from_dump(DUMP).unwrap();
        assert!(one.difference(&one).is_empty());
        let other =
            State::from_dump(&DUMP.replace("\ta@", "\tb@").replace("\t6\t1\t1", "\t7\t1\t1")).unwrap();
        let told = one.difference(&other).join("\n");
        assert!(told.contains("principal a:") && told.contains("principal b: absent"), "{told}");
        assert!(told.contains("policy p: 6 and not Some(7)"), "{told}");
    }

    #[test]
    fn between_two_states_each_record_is_as_in_one_of_them() {
        let one = State::from_dump(DUMP).unwrap();
        let other =
            State::from_dump(&DUMP.replace("\ta@", "\tb@").replace("\t6\t1\t1", "\t7\t1\t1")).unwrap();
        let mixed = State { principals: one.principals.clone(), policies: other.policies.clone() };
        let both = [one, other];
        assert_eq!(mixed.strangers(&both), [""; 0]);
        assert_eq!(mixed.strangers(&both[..1]).len(), 1);
        let strange = State::from_dump(&DUMP.replace("\t86400\t", "\t86401\t")).unwrap();
        assert_eq!(strange.strangers(&both).len(), 1);
    }
}
