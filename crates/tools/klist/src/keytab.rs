//! `-k`: the entries of a keytab.

use crate::{Task, enctype, said};
use k5_cli::json::{ErrorJson, KeytabJson};
use k5_cli::{ExitStatus, Failure, Io};
use k5_keytab::record::View;
use k5_keytab::{KeytabName, KeytabReader, Place};
use k5_types::Secret;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

/// The columns of times are as wide as `12/31/99 23:59:59`.
const TIME_HEADING: &str = "\
KVNO Timestamp         Principal
---- ----------------- --------------------------------------------------------
";

const HEADING: &str = "\
KVNO Principal
---- --------------------------------------------------------------------------
";

pub(crate) fn list(task: &Task<'_>, io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let name = find(task)?;
    if task.options.json {
        return json(task, &name, io);
    }
    io.out().write_all(&[b"Keytab name: ", name.resolved().as_bytes(), b"\n"].concat())?;
    let mut reader = open(task, &name)?;
    io.out().write_all(if task.options.times { TIME_HEADING } else { HEADING }.as_bytes())?;
    // One buffer for all lines, wiped at the end, since keys may pass through it.
    let mut text = Secret::new(Vec::new());
    while let Some(entry) = reader.as_mut().and_then(KeytabReader::next_view) {
        let entry = entry.map_err(|error| task.said.of_keytab(&error, "while scanning keytab"))?;
        text.expose_mut().clear();
        line(&entry, task, text.expose_mut());
        io.out().write_all(text.expose())?;
    }
    Ok(ExitStatus::SUCCESS)
}

fn json(task: &Task<'_>, name: &KeytabName, io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let mut document = KeytabJson::new(name);
    let mut failed = None;
    for entry in open(task, name)?.into_iter().flatten() {
        match entry {
            Ok(entry) => document.push(&entry),
            Err(error) => {
                document.error = Some(ErrorJson::from(&error));
                failed = Some(task.said.of_keytab(&error, "while scanning keytab"));
            }
        }
    }
    io.write_json(KeytabJson::SCHEMA, &document)?;
    failed.map_or(Ok(ExitStatus::SUCCESS), Err)
}

/// Nothing for a keytab in memory: this process has just begun, and there is nothing in its memory.
fn open(task: &Task<'_>, name: &KeytabName) -> Result<Option<KeytabReader>, Failure> {
    match name.place() {
        Place::File(path) => KeytabReader::open(path)
            .map(Some)
            .map_err(|error| task.said.of_keytab(&error, "while starting keytab scan")),
        Place::Memory(_) => Ok(None),
    }
}

fn find(task: &Task<'_>) -> Result<KeytabName, Failure> {
    let (name, doing) = match &task.options.name {
        Some(name) => (KeytabName::parse(name), said::while_resolving(name)),
        None if task.options.client => {
            (KeytabName::client_default_of(task.config), b"while getting default client keytab".to_vec())
        }
        None => (KeytabName::default_of(task.config), b"while getting default keytab".to_vec()),
    };
    name.map_err(|error| task.said.of_keytab(&error, doing))
}

fn line(entry: &View<'_>, task: &Task<'_>, line: &mut Vec<u8>) {
    // MIT shows the number as signed. Writing to memory does not fail.
    let _ = write!(line, "{:4} ", entry.kvno().cast_signed());
    if task.options.times {
        line.extend_from_slice(task.zone.column(entry.timestamp()).as_bytes());
        line.push(b' ');
    }
    entry.unparse_to(line);
    if task.options.enctypes {
        let _ = write!(line, " ({}) ", enctype::shown(entry.enctype()));
    }
    if task.options.keys {
        line.extend_from_slice(b" (0x");
        for byte in entry.key() {
            let _ = write!(line, "{byte:02x}");
        }
        line.push(b')');
    }
    line.push(b'\n');
}
