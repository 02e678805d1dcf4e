//! What is in the keytab.

use k5_cli::{Failure, Io};
use k5_keytab::{Entry, KeytabName, KeytabReader, Place};
use k5_types::Principal;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

/// As `klist -k` has it.
const HEADING: &str = "\
KVNO Principal
---- --------------------------------------------------------------------------
";

/// The entries, in the order of the file.
pub(crate) fn entries(program: &[u8], name: &KeytabName) -> Result<Vec<Entry>, Failure> {
    let Place::File(path) = name.place() else {
        let text = [name.given().as_bytes(), b" ends with this program; name a file"].concat();
        return Err(Failure::com_err(program, text, "while resolving keytab"));
    };
    let reader = KeytabReader::open(path)
        .map_err(|error| Failure::com_err(program, error.mit_text(), "while starting keytab scan"))?;
    let entries: Result<Vec<Entry>, _> = reader.collect();
    entries.map_err(|error| Failure::com_err(program, error.mit_text(), "while scanning keytab"))
}

/// `klist -k`.
pub(crate) fn show(io: &mut Io<'_>, name: &KeytabName, entries: &[Entry]) -> io::Result<()> {
    let mut out = io.out();
    out.write_all(&[b"Keytab name: ", name.resolved().as_bytes(), b"\n", HEADING.as_bytes()].concat())?;
    for entry in entries {
        write!(out, "{:4} ", entry.kvno.cast_signed())?;
        out.write_all(&[&entry.principal.unparse()[..], b"\n"].concat())?;
    }
    Ok(())
}

/// Whose keys they are, each once, in the order of the names.
pub(crate) fn principals(entries: &[Entry]) -> Vec<Principal> {
    let mut principals: Vec<Principal> = entries.iter().map(|entry| entry.principal.clone()).collect();
    principals.sort_by_cached_key(Principal::unparse);
    principals.dedup();
    principals
}
