//! purge.

use super::Session;
use super::change::Change;
use super::options::{BY_PRINCIPAL, DRY_RUN, JSON, Key, QUIET, Words};
use super::remove::take_out;
use super::select::Selector;
use super::target::Target;
use k5_cli::manual::{Example, Help};
use k5_cli::{Io, Opt, OptionTable};
use k5_keytab::Entry;
use k5_shell::{Call, CommandResult};
use k5_types::{Duration, Kvno, Principal, Timestamp};
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::value(
        Key::Keep,
        &["--keep"],
        "NUMBER",
        "how many version numbers of each principal stay; 1 by default",
    ),
    Opt::value(
        Key::OlderThan,
        &["--older-than"],
        "AGE",
        "only keys whose successor was written longer ago than this, such as `7d` or `12h`",
    ),
    BY_PRINCIPAL,
    DRY_RUN,
    QUIET,
    JSON,
]);

pub(super) static HELP: Help = Help {
    operands: "FILE",
    description: "\
Removes the keys with old version numbers: of each principal those of the highest number stay, or of the highest NUMBER ones. \
A ticket that was given out before the key was changed needs the old key until it expires; so let AGE be the longest \
life of a ticket, and run it again later. The time that counts is when the next higher number came into the keytab. Where \
there is nothing to remove, the exit code is 0.",
    flags: &[],
    examples: &[Example {
        line: "ktutil purge --older-than 7d /etc/krb5.keytab",
        purpose: "Some days after `ktadd -keepold`, or each night.",
    }],
};

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let [operand] = words.operands.as_slice() else { return Err(words.usage("one FILE is needed")) };
    let target = Target::parse(&words, operand)?;
    let selector = Selector::read(&words)?;
    let keep = words.value(Key::Keep).map_or(Ok(1), |text| words.number("--keep", text))?;
    if keep == 0 {
        return Err(words.usage("--keep is at least 1"));
    }
    let age = match words.value(Key::OlderThan) {
        None => None,
        Some(text) => match Duration::parse(text.as_bytes()) {
            Ok(Duration(seconds)) if seconds >= 0 => Some(i64::from(seconds)),
            _ => {
                return Err(words.usage(&format!("\"{}\" is no AGE; write 7d, 12h or 1d12h", text.display())));
            }
        },
    };
    let now = io.now();
    let removed = take_out(&words, &target, |entries| {
        let selected: Vec<bool> =
            entries.iter().enumerate().map(|(index, entry)| selector.matches(index + 1, entry)).collect();
        Ok(old_ones(entries, &selected, keep, age, now))
    })?;
    Change { removed, ..Change::default() }.report("purge", &words, &target, io)
}

/// A version number of a principal: its youngest entry, which speaks for it when numbers are compared, and when it came
/// into the keytab.
struct Version<'e> {
    entry: &'e Entry,
    since: Timestamp,
}

/// Which of the selected entries are too old.
fn old_ones(
    entries: &[Entry],
    selected: &[bool],
    keep: usize,
    age: Option<i64>,
    now: Timestamp,
) -> Vec<bool> {
    let mut principals: HashMap<&Principal, HashMap<Kvno, Version<'_>>> = HashMap::new();
    for (entry, _) in entries.iter().zip(selected).filter(|(_, selected)| **selected) {
        let versions = principals.entry(&entry.principal).or_default();
        let version = versions.entry(entry.kvno).or_insert(Version { entry, since: entry.timestamp });
        version.since = version.since.min(entry.timestamp);
        if entry.timestamp > version.entry.timestamp {
            version.entry = entry;
        }
    }
    let mut goes: HashMap<(&Principal, Kvno), bool> = HashMap::new();
    for (principal, versions) in principals {
        for (place, version) in youngest_first(versions).into_iter().enumerate() {
            let (version, successor) = version;
            let superseded = successor.is_some_and(|since| {
                age.is_none_or(|age| now.seconds().saturating_sub(since.seconds()) > age)
            });
            goes.insert((principal, version.kvno), place >= keep && superseded);
        }
    }
    let is_old = |entry: &Entry| goes.get(&(&entry.principal, entry.kvno)).copied().unwrap_or(false);
    entries.iter().zip(selected).map(|(entry, selected)| *selected && is_old(entry)).collect()
}

/// The versions from the youngest on, each with the time when its successor came. MIT's rule for numbers that wrap around
/// is no order that could be sorted by, so the youngest is looked for again and again.
fn youngest_first(versions: HashMap<Kvno, Version<'_>>) -> Vec<(&Entry, Option<Timestamp>)> {
    let mut left: Vec<Version<'_>> = versions.into_values().collect();
    // A rule without an order must at least begin the same way each time.
    left.sort_by_key(|version| version.entry.kvno);
    let mut ordered = Vec::new();
    let mut successor = None;
    while !left.is_empty() {
        let mut best = 0;
        for (index, version) in left.iter().enumerate() {
            if left.get(best).is_none_or(|best| version.entry.more_recent_than(best.entry)) {
                best = index;
            }
        }
        let version = left.remove(best);
        ordered.push((version.entry, successor));
        successor = Some(version.since);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use k5_types::{EncType, KeyBlock};

    /// The version numbers that go, of entries with these numbers and times.
    fn old(entries: &[(&str, Kvno, u32)], keep: usize, age: Option<i64>) -> Vec<Kvno> {
        let entry = |&(name, kvno, time): &(&str, Kvno, u32)| Entry {
            principal: Principal::new("R", [name]),
            timestamp: Timestamp(time),
            kvno,
            key: KeyBlock::new(EncType(17), vec![1; 16]),
        };
        let entries: Vec<Entry> = entries.iter().map(entry).collect();
        let goes = old_ones(&entries, &vec![true; entries.len()], keep, age, Timestamp(1000));
        entries.iter().zip(goes).filter(|(_, goes)| *goes).map(|(entry, _)| entry.kvno).collect()
    }

    #[test]
    fn the_newest_numbers_stay() {
        let entries = [("a", 1, 10), ("a", 3, 30), ("a", 2, 20), ("a", 3, 31), ("b", 1, 10), ("a", 1, 10)];
        assert_eq!(old(&entries, 1, None), [1, 2, 1]);
        assert_eq!(old(&entries, 2, None), [1, 1]);
        assert_eq!(old(&entries, 3, None), [] as [Kvno; 0]);
    }

    #[test]
    fn the_age_is_that_of_the_successor() {
        let entries = [("a", 1, 10), ("a", 2, 500), ("a", 3, 900)];
        assert_eq!(old(&entries, 1, Some(99)), [1, 2]);
        assert_eq!(old(&entries, 1, Some(100)), [1], "number 3 has been there for 100 seconds");
        assert_eq!(old(&entries, 1, Some(500)), [] as [Kvno; 0]);
        // A second encryption type that came later does not make the number younger.
        assert_eq!(old(&[("a", 1, 10), ("a", 2, 500), ("a", 2, 990)], 1, Some(400)), [1]);
    }

    #[test]
    fn numbers_of_8_bits_wrap_around() {
        assert_eq!(old(&[("a", 254, 1), ("a", 255, 2), ("a", 1, 3), ("a", 2, 4)], 2, None), [254, 255]);
    }
}
