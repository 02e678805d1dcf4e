//! list (l).

use super::KeyList;
use crate::listing;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, LocalZone, Opt, OptionTable};
use k5_keytab::Entry;
use k5_shell::{Call, CommandResult};
use k5_types::Secret;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Times,
    Keys,
    Enctypes,
}

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::flag(Key::Times, &["-t"], "show when each entry was written"),
    Opt::flag(Key::Keys, &["-k"], "show the keys, in hexadecimal: whoever has a key is the principal"),
    Opt::flag(Key::Enctypes, &["-e"], "show the encryption type of each key"),
]);

pub(super) static HELP: Help = Help {
    operands: "",
    description: "Lists the entries: their number, the version number of the key, the principal.",
    flags: &[],
    examples: &[Example { line: "list -e", purpose: "The entries with their encryption types." }],
};

pub(super) fn run(list: &mut KeyList, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let mut given = Vec::new();
    for word in call.args {
        let Some(option) = OPTIONS.find(word) else {
            let typed = call.typed.as_bytes();
            return Err(Failure::plain([typed, b": usage: ", typed, b" [-t] [-k] [-e]"].concat()));
        };
        given.push(option.key);
    }
    let zone = given.contains(&Key::Times).then(|| LocalZone::from_environment(&io.env));
    io.out().write_all(listing::heading(zone.is_some()).as_bytes())?;
    for (index, entry) in list.entries.iter().enumerate() {
        let row = listing::row(index + 1, entry, zone.as_ref(), given.contains(&Key::Enctypes));
        io.out().write_all(&row)?;
        if given.contains(&Key::Keys) {
            io.out().write_all(hexadecimal(entry).expose())?;
        }
        io.out().write_all(b"\n")?;
    }
    Ok(())
}

/// ` (0x` and the key and `)`.
fn hexadecimal(entry: &Entry) -> Secret<Vec<u8>> {
    let key = entry.key.contents.expose();
    let mut text = Secret::new(Vec::with_capacity(key.len() * 2 + 5));
    text.expose_mut().extend_from_slice(b" (0x");
    for byte in key {
        // Writing to memory does not fail.
        let _ = write!(text.expose_mut(), "{byte:02x}");
    }
    text.expose_mut().push(b')');
    text
}
