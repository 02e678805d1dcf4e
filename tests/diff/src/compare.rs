//! What is compared after a run, and what of it may differ.

use harness::{Both, Masked, Pair, Realm};

use crate::case::{Aspect, Case, Form};
use crate::dump::Dump;
use crate::keys::{self, Keyring};
use crate::{files, mask};

/// A difference between the sides.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What differs.
    pub aspect: Aspect,
    /// After which command, where each was a program of its own.
    pub step: Option<usize>,
    /// The report.
    pub text: String,
}

/// What two programs said and how they ended.
pub fn outputs(both: &Both, form: Form, step: Option<usize>) -> Vec<Difference> {
    let (mit, ours) = (&both.mit, &both.ours);
    let mut found = Vec::new();
    let streams = [(Aspect::Stdout, &mit.stdout, &ours.stdout), (Aspect::Stderr, &mit.stderr, &ours.stderr)];
    for (aspect, first, second) in streams {
        let first = mask::masked(first, &mit.dir);
        if let Some(text) = first.difference(&mask::masked(second, &ours.dir)) {
            found.push(Difference { aspect, step, text });
        }
    }
    if mit.exit != ours.exit {
        let text = format!("MIT's {}, ours {}", mit.exit, ours.exit);
        found.push(Difference { aspect: Aspect::Exit, step, text });
    }
    for difference in &mut found {
        difference.text = format!(
            "{} {} (-MIT's, +ours){}:\n{}",
            form.name(),
            difference.aspect.name(),
            if step.is_some() { format!(" of {}", ours.command) } else { String::new() },
            difference.text
        );
    }
    found
}

/// The databases and the other files.
pub fn what_is_left(pair: &Pair, form: Form, passwords: &[String]) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut push = |aspect: Aspect, text: Option<String>| {
        if let Some(text) = text {
            let text = format!("{} {} (-MIT's, +ours):\n{text}", form.name(), aspect.name());
            found.push(Difference { aspect, step: None, text });
        }
    };
    let (mit, ours) = match (dumped(pair.mit()), dumped(pair.ours())) {
        (Ok(mit), Ok(ours)) => (mit, ours),
        (first, second) => {
            let said = |dump: Result<Dump, String>| dump.err().unwrap_or_else(|| "can be read".into());
            push(Aspect::Database, Some(format!("MIT's: {}\nours: {}", said(first), said(second))));
            return found;
        }
    };
    let (mits, our) = (Keyring::open(&mit), Keyring::open(&ours));
    match mit.masked().difference(&ours.masked()) {
        Some(text) => push(Aspect::Database, Some(text)),
        None => push(Aspect::Database, keys::difference((&mit, &mits), (&ours, &our), passwords)),
    }
    let left = |realm: &Realm, keys: &Keyring| -> Masked { files::told(realm, &keys.plain()) };
    push(Aspect::Files, left(pair.mit(), &mits).difference(&left(pair.ours(), &our)));
    found
}

fn dumped(realm: &Realm) -> Result<Dump, String> {
    let dump = realm.mit("kdb5_util", ["dump"]).output();
    match dump.exit {
        0 => Dump::parse(&dump.stdout),
        _ => Err(format!("cannot be dumped: {dump}")),
    }
}

/// What a case does not account for: differences that it does not tell, and told ones that are not there.
pub fn untold(case: &Case, form: Form, found: &[Difference]) -> Vec<String> {
    let told: Vec<_> = case.expected.iter().filter(|expected| expected.forms.contains(&form)).collect();
    let mut wrong: Vec<String> = found
        .iter()
        .filter(|difference| !told.iter().any(|expected| expected.aspects.contains(&difference.aspect)))
        .map(|difference| difference.text.clone())
        .collect();
    for expected in told {
        if !found.iter().any(|difference| expected.aspects.contains(&difference.aspect)) {
            wrong.push(format!("{}: {} is told, but the sides agree", form.name(), expected.divergence));
        }
    }
    wrong
}
