//! `tabdump [-H] [-c] [-e] [-n] [-o outfile] type`: one kind of fact of all principals as a table.

mod kind;
mod row;

use crate::open::Opened;
use crate::options::each_option;
use crate::session::{Session, Stop};
use k5_cli::manual::{Example, Help};
use k5_cli::{Opt, OptionTable, errno_text};
use k5_kdb::{Access, Backend, Order, Scope};
use kind::Kind;
use row::{Format, Row};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

/// Lines are handed on when so many bytes have gathered.
const BUFFER: usize = 64 * 1024;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    NoHeader,
    Csv,
    EmptyHex,
    Numeric,
    Output,
}

pub(crate) static OPTIONS: [Opt<Key>; 5] = [
    Opt::flag(Key::NoHeader, &["-H"], "no line with the names of the fields"),
    Opt::flag(Key::Csv, &["-c"], "commas between the fields, with quotes where needed, in place of tabs"),
    Opt::flag(Key::EmptyHex, &["-e"], "nothing in place of -1 for hexadecimal digits that there are none of"),
    Opt::flag(
        Key::Numeric,
        &["-n"],
        "numbers in place of dates and of names of flags, encryption types and salts",
    ),
    Opt::value(Key::Output, &["-o"], "FILE", "the file to write, in place of standard output"),
];

pub(crate) static HELP: Help = Help {
    operands: "TYPE",
    description: "\
Writes a table with a line, or several, for each principal. TYPE is one of:\n\n\
`alias`: the principals that aliases stand for. `keydata`: keys, encrypted in the master key. `keyinfo`: the same without the keys. `princ_flags`: flags, a line each. `princ_lockout`: last \
success, last failure, number of failures. `princ_meta`: who changed it and when, last change of the password, policy, versions of the master key and of the history key. \
`princ_stringattrs`: string attributes. `princ_tktpolicy`: expiration, and lives of tickets.",
    flags: &[],
    examples: &[
        Example { line: "kdb5_util tabdump keyinfo", purpose: "Which keys there are." },
        Example {
            line: "kdb5_util tabdump -c -o flags.csv princ_flags",
            purpose: "Flags for a spreadsheet.",
        },
    ],
};

/// Writes a table of the opened database.
///
/// # Errors
/// Where the type is none, the database cannot be read, or the table not be written.
pub(crate) fn run(mut session: Session<'_, '_>, opened: &Opened) -> Result<(), Stop> {
    let mut format = Format::default();
    let (mut header, mut file) = (true, None);
    let words = each_option(&mut session, OptionTable(&OPTIONS), &mut |_, given| {
        match given.key {
            Key::NoHeader => header = false,
            Key::Csv => format.csv = true,
            Key::EmptyHex => format.empty_hex = true,
            Key::Numeric => format.numeric = true,
            Key::Output => file = Some(given.into_value()),
        }
        Ok(())
    })?;
    let kind = words.first().and_then(|word| Kind::named(word.as_bytes())).ok_or(Stop::Usage)?;
    let target = match file.filter(|file| file != "-") {
        None => None,
        Some(path) => Some(open(&session, path)?),
    };
    let mut table = Table { session: &mut session, target, lines: Vec::new() };
    if header {
        let mut row = Row::new(format, &mut table.lines);
        kind.fields().iter().for_each(|field| row.text(field.as_bytes()));
        row.end();
    }
    table.fill(opened, kind, format)
}

fn open(session: &Session<'_, '_>, path: OsString) -> Result<File, Stop> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    let doing = [b"opening ", path.as_bytes(), b" for writing"].concat();
    file.map_err(|error| session.error(errno_text(&error), doing))
}

/// A table on its way out.
struct Table<'s, 'r, 'i> {
    session: &'s mut Session<'r, 'i>,
    /// Where it goes, if not to standard output.
    target: Option<File>,
    lines: Vec<u8>,
}

impl Table<'_, '_, '_> {
    fn fill(mut self, opened: &Opened, kind: Kind, format: Format) -> Result<(), Stop> {
        let mut stopped = Ok(());
        let mut wrong = None;
        let read = opened.backend.begin(Scope::Everything, Access::Read).and_then(|mut transaction| {
            transaction.each_principal(Order::Forward, &mut |entry| {
                let keys = opened.keys.as_ref();
                if let Err(text) =
                    kind.write(&entry, keys, &self.session.params.realm, format, &mut self.lines)
                {
                    wrong = Some(text);
                    return Ok(ControlFlow::Break(()));
                }
                if self.lines.len() >= BUFFER {
                    stopped = self.hand_on();
                }
                Ok(if stopped.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })
        });
        stopped?;
        self.hand_on()?;
        let wrong = wrong.or(read.err().map(|error| error.to_string()));
        match wrong {
            Some(text) => Err(self.session.error(text, "performing tabular dump")),
            None => Ok(()),
        }
    }

    fn hand_on(&mut self) -> Result<(), Stop> {
        let written = match &mut self.target {
            None => {
                self.session.io.out().write_all(&self.lines)?;
                Ok(())
            }
            Some(file) => file.write_all(&self.lines),
        };
        self.lines.clear();
        written.map_err(|error| self.session.error(errno_text(&error), "performing tabular dump"))
    }
}
