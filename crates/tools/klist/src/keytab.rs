//! `-k`: the entries of a keytab.

use crate::options::Options;
use k5_cli::{Failure, Io, LocalZone};
use k5_config::Config;
use k5_keytab::{Entry, KeytabError, KeytabName, KeytabReader, Place};
use k5_types::{EncType, EncTypeStatus};
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

pub(crate) fn list(program: &[u8], options: &Options, io: &mut Io<'_>) -> Result<(), Failure> {
    let config = Config::from_env(&io.env.config())
        .map_err(|error| Failure::com_err(program, error.message(), "while initializing krb5"))?;
    let name = find(program, options, &config)?;
    io.out().write_all(&[b"Keytab name: ", name.resolved().as_bytes(), b"\n"].concat())?;
    let failed = |error: KeytabError, doing: &str| Failure::com_err(program, said(&error, &config), doing);
    let reader = match name.place() {
        Place::File(path) => {
            Some(KeytabReader::open(path).map_err(|error| failed(error, "while starting keytab scan"))?)
        }
        // This process has just begun: there is nothing in its memory.
        Place::Memory(_) => None,
    };
    let zone = options.times.then(|| LocalZone::from_environment(&io.env));
    io.out().write_all(if options.times { TIME_HEADING } else { HEADING }.as_bytes())?;
    for entry in reader.into_iter().flatten() {
        let entry = entry.map_err(|error| failed(error, "while scanning keytab"))?;
        io.out().write_all(&line(&entry, options, zone.as_ref()))?;
    }
    Ok(())
}

fn find(program: &[u8], options: &Options, config: &Config) -> Result<KeytabName, Failure> {
    let (name, doing) = match &options.name {
        Some(name) => {
            let doing = [b"while resolving keytab ", name.as_bytes()].concat();
            (KeytabName::parse(name), doing)
        }
        None if options.client => {
            (KeytabName::client_default_of(config), b"while getting default client keytab".to_vec())
        }
        None => (KeytabName::default_of(config), b"while getting default keytab".to_vec()),
    };
    name.map_err(|error| Failure::com_err(program, said(&error, config), doing))
}

/// The error's text in the form that `err_fmt` in `[libdefaults]` asks for: `%M` is the text, `%C` MIT's number.
fn said(error: &KeytabError, config: &Config) -> Vec<u8> {
    let text = error.mit_text();
    let Some(format) = config.err_fmt() else { return text.into_bytes() };
    let mut shown = Vec::new();
    let mut rest = format.bytes().iter();
    while let Some(byte) = rest.next() {
        match (byte, rest.as_slice().first()) {
            (b'%', Some(letter)) => {
                rest.next();
                match letter {
                    b'M' => shown.extend_from_slice(text.as_bytes()),
                    b'C' => shown.extend_from_slice(error.mit_code().to_string().as_bytes()),
                    b'%' => shown.push(b'%'),
                    other => shown.extend_from_slice(&[b'%', *other]),
                }
            }
            _ => shown.push(*byte),
        }
    }
    shown
}

fn line(entry: &Entry, options: &Options, zone: Option<&LocalZone>) -> Vec<u8> {
    // MIT shows the number as signed.
    let mut line = format!("{:4} ", entry.kvno.cast_signed()).into_bytes();
    if let Some(zone) = zone {
        line.extend_from_slice(zone.column(entry.timestamp).as_bytes());
        line.push(b' ');
    }
    line.extend_from_slice(&entry.principal.unparse());
    if options.enctypes {
        line.extend_from_slice(format!(" ({}) ", enctype(entry.key.enctype)).as_bytes());
    }
    if options.keys {
        line.extend_from_slice(b" (0x");
        for byte in entry.key.contents.expose() {
            // Writing to memory does not fail.
            let _ = write!(line, "{byte:02x}");
        }
        line.push(b')');
    }
    line.push(b'\n');
    line
}

/// MIT's klist calls everything deprecated that is not in use today, what nobody knows among it.
fn enctype(enctype: EncType) -> String {
    let mark = if enctype.status() == EncTypeStatus::Current { "" } else { "DEPRECATED:" };
    match enctype.name() {
        Some(name) => format!("{mark}{name}"),
        None => format!("{mark}etype {}", enctype.0),
    }
}
