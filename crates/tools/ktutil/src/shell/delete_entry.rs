//! delete_entry (delent).

use super::KeyList;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, leading_number};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

pub(super) static HELP: Help = Help {
    operands: "SLOT",
    description: "Takes the entry of that number, as `list` shows it, out of the list. Those behind it move up.",
    flags: &[],
    examples: &[Example { line: "delent 2", purpose: "Takes out the second entry." }],
};

pub(super) fn run(list: &mut KeyList, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let typed = call.typed.as_bytes();
    let [word] = call.args else {
        return Err(Failure::plain([typed, b": must specify entry to delete"].concat()));
    };
    let number = leading_number(word) as i32;
    let index = usize::try_from(number).ok().and_then(|slot| slot.checked_sub(1));
    match index.filter(|&index| index < list.entries.len()) {
        Some(index) => {
            list.entries.remove(index);
            Ok(())
        }
        None => Err(Failure::com_err(typed, "Invalid argument", format!("while deleting entry {number}"))),
    }
}
