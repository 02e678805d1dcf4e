//! merge.

use super::Session;
use super::add::bring_in;
use super::change::Change;
use super::options::{DRY_RUN, JSON, Key, QUIET, Words};
use super::target::{Target, failed};
use k5_cli::manual::{Example, Help};
use k5_cli::{Io, OptionTable};
use k5_shell::{Call, CommandResult};

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[DRY_RUN, QUIET, JSON]);

pub(super) static HELP: Help = Help {
    operands: "TO_FILE FROM_FILE ...",
    description: "\
Copies all entries of one or more keytabs to the first one named, which is made if it is not there. All files are \
read before anything is written, and all entries are added or none; what `copy` says of entries that are there already holds here \
as well.",
    flags: &[],
    examples: &[Example {
        line: "ktutil merge /etc/krb5.keytab host.keytab web.keytab",
        purpose: "One file for all services.",
    }],
};

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let [to, from @ ..] = words.operands.as_slice() else {
        return Err(words.usage("TO_FILE and FROM_FILE are needed"));
    };
    if from.is_empty() {
        return Err(words.usage("a FROM_FILE is needed"));
    }
    let to = Target::parse(&words, to)?;
    let mut entries = Vec::new();
    for operand in from {
        let from = Target::parse(&words, operand)?;
        entries.extend(from.entries().map_err(|error| failed(&words, &error))?);
    }
    let added = bring_in(&words, &to, entries)?;
    Change { added, ..Change::default() }.report("merge", &words, &to, io)
}
