//! dedup.

use super::Session;
use super::change::Change;
use super::newcomers::{Kind, Known};
use super::options::{DRY_RUN, JSON, Key, QUIET, Words};
use super::remove::take_out;
use super::target::Target;
use k5_cli::manual::{Example, Help};
use k5_cli::{Io, OptionTable};
use k5_shell::{Call, CommandResult};

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[DRY_RUN, QUIET, JSON]);

pub(super) static HELP: Help = Help {
    operands: "FILE",
    description: "\
Removes entries whose key stands further up in the keytab under the same principal, number and encryption type, as MIT's \
`ktadd -norandkey` leaves them. Where there is nothing to remove, the exit code is 0.",
    flags: &[],
    examples: &[Example { line: "ktutil dedup /etc/krb5.keytab", purpose: "Each key once." }],
};

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let [operand] = words.operands.as_slice() else { return Err(words.usage("one FILE is needed")) };
    let target = Target::parse(&words, operand)?;
    let removed = take_out(&words, &target, |entries| {
        let mut known = Known::default();
        Ok(entries.iter().map(|entry| known.note(entry) == Kind::Same).collect())
    })?;
    Change { removed, ..Change::default() }.report("dedup", &words, &target, io)
}
