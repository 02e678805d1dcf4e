//! read_kt (rkt).

use super::{KeyList, said};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_keytab::{KeytabName, KeytabReader};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;

pub(super) static HELP: Help = Help {
    operands: "FILE",
    description: "\
Adds the entries of a keytab at the end of the list. Where the file is damaged, the entries before the damage are \
added and the place is told.",
    flags: &[],
    examples: &[Example { line: "rkt /etc/krb5.keytab", purpose: "Reads the host's keytab." }],
};

pub(super) fn run(list: &mut KeyList, _: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let typed = call.typed.as_bytes();
    let [word] = call.args else {
        return Err(Failure::plain([typed, b": must specify keytab to read"].concat()));
    };
    let read = KeytabName::parse(word).and_then(|name| match name.path() {
        Some(path) => KeytabReader::open(path)?.try_for_each(|entry| {
            list.entries.push(entry?);
            Ok(())
        }),
        // This process writes none.
        None => Ok(()),
    });
    read.map_err(|error| {
        let doing = [b"while reading keytab \"", word.as_bytes(), b"\""].concat();
        Failure::com_err(typed, said(&error), doing)
    })
}
