//! write_kt (wkt).

use super::{KeyList, said};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io};
use k5_keytab::{Entry, KeytabError, KeytabWriter};
use k5_shell::{Call, CommandResult};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub(super) static HELP: Help = Help {
    operands: "FILE",
    description: "\
Adds the entries of the list to a keytab, which is made if it is not there; entries that it has stay, and the same ones \
are there twice if the list is written twice. They get the time of the writing. FILE is a path, without a prefix. All entries \
are written or none.",
    flags: &[],
    examples: &[Example { line: "wkt new.keytab", purpose: "Writes the list." }],
};

pub(super) fn run(list: &mut KeyList, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let typed = call.typed.as_bytes();
    let [word] = call.args else {
        return Err(Failure::plain([typed, b": must specify keytab to write"].concat()));
    };
    if list.entries.is_empty() {
        // MIT's opens the file with the first entry.
        return Ok(());
    }
    let now = io.now();
    let stamped = |entry: &Entry| Entry { timestamp: now, ..entry.duplicate() };
    let entries: Vec<Entry> = list.entries.iter().map(stamped).collect();
    write(Path::new(word), &entries).map_err(|error| {
        let doing = [b"while writing keytab \"", word.as_bytes(), b"\""].concat();
        Failure::com_err(typed, said(&error), doing)
    })
}

fn write(path: &Path, entries: &[Entry]) -> Result<(), KeytabError> {
    let room = |entry: &Entry| {
        KeytabWriter::room_for(entry.principal.unparse().len(), entry.key.contents.expose().len())
    };
    KeytabWriter::prepare(path, entries.iter().map(room).sum())?.commit(entries)
}
