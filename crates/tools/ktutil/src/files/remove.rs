//! remove (delete_entry, delent).

use super::Session;
use super::change::Change;
use super::options::{BY_ENCTYPE, BY_KVNO, BY_PRINCIPAL, BY_SLOT, DRY_RUN, JSON, Key, QUIET, Words};
use super::select::Selector;
use super::target::{Target, failed};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, OptionTable};
use k5_keytab::{Entry, KeytabWriter};
use k5_shell::{Call, CommandResult};

pub(super) const OPTIONS: OptionTable<Key> =
    OptionTable(&[BY_PRINCIPAL, BY_KVNO, BY_ENCTYPE, BY_SLOT, DRY_RUN, QUIET, JSON]);

pub(super) static HELP: Help = Help {
    operands: "FILE [SLOT] ...",
    description: "\
Removes the entries that all the options given fit, and at least one must be given; a SLOT is `--slot SLOT`. What it \
was is overwritten with zeros. Where nothing fits, or there is no such SLOT, nothing is changed and the exit code is 1.",
    flags: &[],
    examples: &[
        Example {
            line: "ktutil remove /etc/krb5.keytab -p 'host/old.*'",
            purpose: "The keys of a host that is gone.",
        },
        Example {
            line: "ktutil remove /etc/krb5.keytab -e arcfour-hmac,des3-cbc-sha1",
            purpose: "The weak keys.",
        },
    ],
};

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let Some((operand, slots)) = words.operands.split_first() else {
        return Err(words.usage("a FILE is needed"));
    };
    let target = Target::parse(&words, operand)?;
    let mut selector = Selector::read(&words)?;
    for slot in slots {
        selector.add_slot(words.number("SLOT", slot)?);
    }
    if selector.is_open() {
        return Err(words.usage("what is to be removed? Give SLOT, -p, -k or -e"));
    }
    let removed = take_out(&words, &target, |entries| {
        if let Some(slot) = selector.missing_slot(entries.len()) {
            let text = format!(" has no entry number {slot}; nothing was changed");
            return Err(words.failure([&target.shown()[..], text.as_bytes()].concat()));
        }
        Ok(entries.iter().enumerate().map(|(index, entry)| selector.matches(index + 1, entry)).collect())
    })?;
    if removed.is_empty() {
        return Err(words.failure([b"No such entry in keytab ", &target.shown()[..]].concat()));
    }
    Change { removed, ..Change::default() }.report("remove", &words, &target, io)
}

/// Removes those entries for which `choose` says so of all of them, unless `-n` says that nothing is to be changed. All of
/// them or none. Gives them with their numbers.
pub(super) fn take_out(
    words: &Words<'_>,
    target: &Target,
    choose: impl FnOnce(&[Entry]) -> Result<Vec<bool>, Failure>,
) -> Result<Vec<(usize, Entry)>, Failure> {
    let failed = |error| failed(words, &error);
    let chosen = |entries: Vec<Entry>, goes: &[bool]| {
        let numbered = entries.into_iter().enumerate().map(|(index, entry)| (index + 1, entry));
        numbered.zip(goes).filter(|(_, goes)| **goes).map(|(entry, _)| entry).collect::<Vec<_>>()
    };
    if words.has(Key::DryRun) {
        let entries = target.entries().map_err(failed)?;
        let goes = choose(&entries)?;
        return Ok(chosen(entries, &goes));
    }
    // A missing file is told before one is prepared in its place.
    drop(target.entries().map_err(failed)?);
    let mut writer = KeytabWriter::prepare(target.path(), 0).map_err(failed)?;
    let mut entries = Vec::new();
    writer.scan(|entry| entries.push(entry)).map_err(failed)?;
    let goes = choose(&entries)?;
    let mut each = goes.iter();
    if goes.contains(&true) {
        writer.remove_if(|_| each.next() == Some(&true)).map_err(failed)?;
    }
    Ok(chosen(entries, &goes))
}
