//! list (l).

use super::Session;
use super::options::{BY_PRINCIPAL, JSON, Key, Words};
use super::select::Selector;
use super::target::{Target, failed};
use crate::listing;
use k5_cli::json::{EntryJson, ErrorJson, KeytabJson};
use k5_cli::manual::{Example, Help};
use k5_cli::{Io, LocalZone, Opt, OptionTable};
use k5_crypto::KeyFingerprint;
use k5_keytab::KeytabReader;
use k5_shell::{Call, CommandResult};
use std::io::Write;

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::flag(Key::Times, &["-t"], "show when each entry was written"),
    Opt::flag(Key::Fingerprints, &["-k"], "show a fingerprint of each key, by which keys can be told apart"),
    Opt::flag(Key::Enctypes, &["-e"], "show the encryption type of each key"),
    BY_PRINCIPAL,
    JSON,
]);

pub(super) static HELP: Help = Help {
    operands: "FILE",
    description: "\
Lists the entries of a keytab: their number, the version number of the key, the principal. Where the file is \
damaged, the entries before the damage are listed, the place is told, and the exit code is 1. The keys themselves are \
shown by `list -k` of the shell only, and by `klist -k -K`.",
    flags: &[],
    examples: &[
        Example { line: "ktutil list -e -t /etc/krb5.keytab", purpose: "The host's keytab." },
        Example {
            line: "ktutil list --json /etc/krb5.keytab | jq -r '.entries[].principal' | sort -u",
            purpose: "The principals that it has keys of.",
        },
    ],
};

pub(super) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let words = Words::read(OPTIONS, session, call)?;
    let [operand] = words.operands.as_slice() else { return Err(words.usage("one FILE is needed")) };
    let target = Target::parse(&words, operand)?;
    let selector = Selector::read(&words)?;
    let reader = KeytabReader::open(target.path()).map_err(|error| failed(&words, &error))?;
    let wanted = reader.enumerate().map(|(index, entry)| (index + 1, entry));
    let wanted = wanted.filter(|(slot, entry)| entry.as_ref().map_or(true, |e| selector.matches(*slot, e)));
    if words.has(Key::Json) {
        let mut document = KeytabJson::new(&target.name);
        let mut damage = None;
        for (slot, entry) in wanted {
            match entry {
                Ok(entry) => document.entries.push(EntryJson::new(Some(slot), &entry)),
                Err(error) => damage = Some(error),
            }
        }
        document.error = damage.as_ref().map(ErrorJson::from);
        io.write_json(KeytabJson::SCHEMA, &document)?;
        return damage.map_or(Ok(()), |error| Err(failed(&words, &error)));
    }
    let zone = words.has(Key::Times).then(|| LocalZone::from_environment(&io.env));
    io.out().write_all(listing::heading(zone.is_some()).as_bytes())?;
    for (slot, entry) in wanted {
        let entry = entry.map_err(|error| failed(&words, &error))?;
        let mut row = listing::row(slot, &entry, zone.as_ref(), words.has(Key::Enctypes));
        if words.has(Key::Fingerprints) {
            row.extend_from_slice(format!(" ({})", KeyFingerprint::of(&entry.key)).as_bytes());
        }
        row.push(b'\n');
        io.out().write_all(&row)?;
    }
    Ok(())
}
