//! diff.

use super::Session;
use super::newcomers::described;
use super::options::{JSON, Key, Words};
use super::target::{Target, failed};
use k5_cli::json::{EntryJson, Schema, text};
use k5_cli::manual::{Example, Help};
use k5_cli::{ExitStatus, Failure, Io, OptionTable};
use k5_crypto::KeyFingerprint;
use k5_keytab::Entry;
use k5_shell::{Call, CommandResult};
use serde::Serialize;
use std::collections::HashMap;
use std::io::Write;

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[JSON]);

pub(super) static HELP: Help = Help {
    operands: "FIRST_FILE SECOND_FILE",
    description: "\
Compares two keytabs: principals, version numbers, encryption types and keys, whatever the order and the times. A line that begins \
with `-` is an entry that only the first has, one with `+` one that only the second has, each with the fingerprint of its key. The \
exit code is 0 if they hold the same keys, 1 if not, and 2 if they cannot be compared.",
    flags: &[],
    examples: &[Example { line: "ktutil diff /etc/krb5.keytab new.keytab", purpose: "What is new." }],
};

/// The kind of document that this is.
const SCHEMA: Schema = Schema { name: "keytab-diff", version: 1 };

#[derive(Serialize)]
struct DiffJson {
    first: String,
    second: String,
    same: bool,
    only_in_first: Vec<EntryJson>,
    only_in_second: Vec<EntryJson>,
}

/// An entry with its number in its file.
type Numbered = (usize, Entry);

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    compare(session, io, call).map_err(|failure| {
        // 1 says that they differ.
        let status = if failure.message().is_some() { ExitStatus(2) } else { failure.status() };
        failure.with_status(status)
    })
}

fn compare(session: &Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let [first, second] = words.operands.as_slice() else {
        return Err(words.usage("FIRST_FILE and SECOND_FILE are needed"));
    };
    let (first, second) = (Target::parse(&words, first)?, Target::parse(&words, second)?);
    let read = |target: &Target| -> Result<Vec<Numbered>, Failure> {
        let entries = target.entries().map_err(|error| failed(&words, &error))?;
        Ok(entries.into_iter().enumerate().map(|(index, entry)| (index + 1, entry)).collect())
    };
    let (of_first, of_second) = (read(&first)?, read(&second)?);
    let only_in_first = missing(&of_first, &of_second);
    let only_in_second = missing(&of_second, &of_first);
    let same = only_in_first.is_empty() && only_in_second.is_empty();
    if words.has(Key::Json) {
        let list =
            |entries: &[&Numbered]| entries.iter().map(|(slot, e)| EntryJson::new(Some(*slot), e)).collect();
        let document = DiffJson {
            first: text(&first.shown()),
            second: text(&second.shown()),
            same,
            only_in_first: list(&only_in_first),
            only_in_second: list(&only_in_second),
        };
        io.write_json(SCHEMA, &document)?;
    } else {
        let lines = only_in_first.iter().map(|entry| (b"- ", entry));
        for (sign, (_, entry)) in lines.chain(only_in_second.iter().map(|entry| (b"+ ", entry))) {
            let print = format!(" ({})\n", KeyFingerprint::of(&entry.key));
            io.out().write_all(&[&sign[..], &described(entry), print.as_bytes()].concat())?;
        }
    }
    if same { Ok(()) } else { Err(Failure::silent(ExitStatus::FAILURE)) }
}

/// Those of `entries` whose key is not among `others`.
fn missing<'e>(entries: &'e [Numbered], others: &[Numbered]) -> Vec<&'e Numbered> {
    let mut there: HashMap<_, Vec<&Entry>> = HashMap::new();
    for (_, other) in others {
        there.entry((&other.principal, other.kvno)).or_default().push(other);
    }
    let found = |entry: &Entry| {
        let same_name = there.get(&(&entry.principal, entry.kvno));
        same_name.is_some_and(|others| others.iter().any(|other| other.same_key(entry)))
    };
    entries.iter().filter(|(_, entry)| !found(entry)).collect()
}
