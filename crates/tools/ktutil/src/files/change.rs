//! What a command has changed, told in text or JSON.

use super::newcomers::described;
use super::options::{Key, Words};
use super::target::Target;
use k5_cli::json::{EntryJson, Schema, text};
use k5_cli::{Failure, Io};
use k5_keytab::Entry;
use serde::Serialize;
use std::io::Write;

/// The kind of document that this is.
const SCHEMA: Schema = Schema { name: "keytab-change", version: 1 };

/// A change of one keytab.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// The entries that came.
    pub(super) added: Vec<Entry>,
    /// The entries that went, and their numbers before.
    pub(super) removed: Vec<(usize, Entry)>,
}

#[derive(Serialize)]
struct ChangeJson {
    command: &'static str,
    keytab: String,
    dry_run: bool,
    added: Vec<EntryJson>,
    removed: Vec<EntryJson>,
}

impl Change {
    /// Tells it as `--json`, `-q` and `-n` want it. `command` is the command's name.
    pub(super) fn report(
        &self,
        command: &'static str,
        words: &Words<'_>,
        target: &Target,
        io: &mut Io<'_>,
    ) -> Result<(), Failure> {
        let dry_run = words.has(Key::DryRun);
        if words.has(Key::Json) {
            let document = ChangeJson {
                command,
                keytab: text(&target.shown()),
                dry_run,
                added: self.added.iter().map(|entry| EntryJson::new(None, entry)).collect(),
                removed: self
                    .removed
                    .iter()
                    .map(|(slot, entry)| EntryJson::new(Some(*slot), entry))
                    .collect(),
            };
            return Ok(io.write_json(SCHEMA, &document)?);
        }
        if words.has(Key::Quiet) {
            return Ok(());
        }
        let removed = self.removed.iter().map(|(_, entry)| (entry, "removed from"));
        let added = self.added.iter().map(|entry| (entry, "added to"));
        for (entry, done) in removed.chain(added) {
            let would = if dry_run { "would be " } else { "" };
            let (what, keytab) = (described(entry), target.shown());
            let done = format!(" {would}{done} keytab ");
            let line = [&b"Entry for principal "[..], &what, done.as_bytes(), &keytab, b".\n"].concat();
            io.out().write_all(&line)?;
        }
        Ok(())
    }
}
