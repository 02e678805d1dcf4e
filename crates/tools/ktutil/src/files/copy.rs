//! copy.

use super::Session;
use super::add::bring_in;
use super::change::Change;
use super::options::{BY_ENCTYPE, BY_KVNO, BY_PRINCIPAL, BY_SLOT, DRY_RUN, JSON, Key, QUIET, Words};
use super::select::Selector;
use super::target::{Target, failed};
use k5_cli::manual::{Example, Help};
use k5_cli::{Io, OptionTable};
use k5_keytab::Entry;
use k5_shell::{Call, CommandResult};

pub(super) const OPTIONS: OptionTable<Key> =
    OptionTable(&[BY_PRINCIPAL, BY_KVNO, BY_ENCTYPE, BY_SLOT, DRY_RUN, QUIET, JSON]);

pub(super) static HELP: Help = Help {
    operands: "FROM_FILE TO_FILE",
    description: "\
Copies the entries that all the options given fit, or all entries, from one keytab to another, which is made if it is \
not there. Their times stay. As with `add`, an entry that is there already is not added again, and nothing is added where \
there is another key under the same principal, number and encryption type. Where nothing fits, the exit code is 1.",
    flags: &[],
    examples: &[Example {
        line: "ktutil copy /etc/krb5.keytab web.keytab -p 'HTTP/*'",
        purpose: "The web server's keys alone, for a file of its own.",
    }],
};

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let [from, to] = words.operands.as_slice() else {
        return Err(words.usage("FROM_FILE and TO_FILE are needed"));
    };
    let (from, to) = (Target::parse(&words, from)?, Target::parse(&words, to)?);
    let selector = Selector::read(&words)?;
    let entries = from.entries().map_err(|error| failed(&words, &error))?;
    if let Some(slot) = selector.missing_slot(entries.len()) {
        let text = format!(" has no entry number {slot}; nothing was changed");
        return Err(words.failure([&from.shown()[..], text.as_bytes()].concat()));
    }
    let numbered = entries.into_iter().enumerate();
    let chosen = numbered.filter(|(index, entry)| selector.matches(index + 1, entry));
    let chosen: Vec<Entry> = chosen.map(|(_, entry)| entry).collect();
    if chosen.is_empty() && !selector.is_open() {
        return Err(words.failure([b"No such entry in keytab ", &from.shown()[..]].concat()));
    }
    let added = bring_in(&words, &to, chosen)?;
    Change { added, ..Change::default() }.report("copy", &words, &to, io)
}
