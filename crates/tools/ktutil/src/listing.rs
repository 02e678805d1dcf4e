//! A list of entries as MIT's ktutil shows it.

use k5_cli::LocalZone;
use k5_keytab::Entry;
use std::io::Write;

/// The columns of times are as wide as `12/31/99 23:59:59`.
const TIME_HEADING: &str = "\
slot KVNO Timestamp         Principal
---- ---- ----------------- ---------------------------------------------------
";

const HEADING: &str = "\
slot KVNO Principal
---- ---- ---------------------------------------------------------------------
";

/// How wide the column of principals is, in bytes; longer ones stand out of it.
const PRINCIPAL: usize = 40;

/// The heading.
pub(crate) fn heading(times: bool) -> &'static str {
    if times { TIME_HEADING } else { HEADING }
}

/// A line without what may follow the encryption type, and without its end. With a zone it has the time, with
/// `enctypes` the encryption type.
pub(crate) fn row(slot: usize, entry: &Entry, zone: Option<&LocalZone>, enctypes: bool) -> Vec<u8> {
    // MIT shows the number as signed.
    let mut row = format!("{slot:4} {:4} ", entry.kvno.cast_signed()).into_bytes();
    if let Some(zone) = zone {
        row.extend_from_slice(zone.column(entry.timestamp).as_bytes());
        row.push(b' ');
    }
    let principal = entry.principal.unparse();
    row.resize(row.len() + PRINCIPAL.saturating_sub(principal.len()), b' ');
    row.extend_from_slice(&principal);
    if enctypes {
        // Writing to memory does not fail.
        let _ = match entry.key.enctype.name() {
            Some(name) => write!(row, " ({name}) "),
            None => write!(row, " (etype {}) ", entry.key.enctype.0),
        };
    }
    row
}
