//! `update_princ_encryption [-f] [-n] [-v] [pattern]`: principals' keys into the active master key.

use crate::open::Opened;
use crate::options::each_option;
use crate::session::{Session, Stop};
use k5_admin::rollover::{Batch, Fault, Progress, Update};
use k5_admin::{Glob, Pace};
use k5_cli::manual::{Example, Help};
use k5_cli::prompt::confirm;
use k5_cli::{Opt, OptionTable, monotonic};
use k5_crypto::SystemRandom;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

const PROCESSING: &str = "trying to process principal database";
const PACE: Pace = Pace { now: monotonic, wait: std::thread::sleep };

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Force,
    Trial,
    Verbose,
}

pub(crate) static OPTIONS: [Opt<Key>; 3] = [
    Opt::flag(Key::Force, &["-f"], "ask no question"),
    Opt::flag(Key::Trial, &["-n"], "only tell what would be done; asks no question"),
    Opt::flag(Key::Verbose, &["-v"], "name each principal"),
];

pub(crate) static HELP: Help = Help {
    operands: "[PATTERN]",
    description: "\
Encrypts the keys of all principals, or of those that a pattern matches, in the active master key. In a pattern, `*` is any text, `?` any letter and `[abc]` one of \
these; without `@` it is of any realm.\n\n\
The keys themselves do not change. Some hundred principals are done at a time, and are on disk when they are told; whoever stops in between has done those, and the \
next run does the others. Between two such steps the database is left to others for as long: servers go on, and the whole takes somewhat longer than with MIT's program.",
    flags: &[],
    examples: &[
        Example { line: "kdb5_util update_princ_encryption -n", purpose: "How many there are to do." },
        Example {
            line: "kdb5_util update_princ_encryption -f -v 'host/*'",
            purpose: "The hosts, without a question.",
        },
    ],
};

/// Encrypts the keys of principals of the opened database in its active master key.
///
/// # Errors
/// Where the pattern is none, the person says no, or the database cannot be read or written.
pub(crate) fn run(mut session: Session<'_, '_>, opened: &Opened) -> Result<(), Stop> {
    let (mut force, mut trial, mut verbose) = (false, false, false);
    let words = each_option(&mut session, OptionTable(&OPTIONS), &mut |_, given| {
        match given.key {
            Key::Force => force = true,
            Key::Trial => trial = true,
            Key::Verbose => verbose = true,
        }
        Ok(())
    })?;
    let pattern = match words.as_slice() {
        [] => b"*",
        [pattern] => pattern.as_bytes(),
        _ => return Err(Stop::Usage),
    };
    let rollover = opened.rollover(&session)?;
    let glob = glob(&session, pattern)?;
    let target = rollover
        .active()
        .map_err(|error| session.error(error.to_string(), "while looking up active master key"))?;
    if !force && !trial {
        let question =
            format!("Re-encrypt all keys not using master key vno {target}?\n(type 'yes' to confirm)? ");
        if !confirm(session.io, question)? {
            writeln!(session.io.out(), "OK, doing nothing.")?;
            return Err(Stop::Declined);
        }
    }
    if verbose {
        let (are, needed) = if trial { ("WOULD BE", "") } else { ("are being", " if necessary") };
        writeln!(
            session.io.out(),
            "Principals whose keys {are} re-encrypted to master key vno {target}{needed}:"
        )?;
    }
    let update = rollover
        .update(&glob, target, trial, PACE)
        .map_err(|error| session.error(error.to_string(), PROCESSING))?;
    Run { session: &mut session, trial, verbose, done: Counts::default(), written: Ok(()) }.run(update)
}

#[derive(Debug, Default)]
struct Counts {
    matched: u64,
    current: u64,
    updated: u64,
}

struct Run<'s, 'r, 'i> {
    session: &'s mut Session<'r, 'i>,
    trial: bool,
    verbose: bool,
    done: Counts,
    /// Whether what is to be told could be written. The work goes on where nobody listens any more.
    written: io::Result<()>,
}

impl Run<'_, '_, '_> {
    fn run(mut self, mut update: Update<'_>) -> Result<(), Stop> {
        loop {
            match update.next_batch(&mut SystemRandom) {
                Ok(Some(batch)) => self.tell(batch),
                Ok(None) => break,
                Err(error) => {
                    self.session.failed(error.to_string(), PROCESSING);
                    break;
                }
            }
        }
        let Counts { matched, current, updated } = self.done;
        let what = if self.trial { "would be updated" } else { "updated" };
        self.line(
            &format!("{matched} principals processed: {updated} {what}, "),
            format!("{current} already current").as_bytes(),
        );
        Ok(self.written?)
    }

    fn tell(&mut self, batch: Batch) {
        for (name, progress) in &batch.done {
            self.done.matched += 1;
            match progress {
                Progress::Current => self.done.current += 1,
                Progress::Updated => self.done.updated += 1,
            }
            self.name(*progress, name);
        }
        let Some(refused) = batch.refused else { return };
        let (before, behind) = match refused.fault {
            Fault::Reading => {
                self.session.failed(refused.error.to_string(), PROCESSING);
                return;
            }
            Fault::MasterKey => ("determining master key used for principal '", "'"),
            Fault::Keys => ("error re-encrypting key for principal '", "'"),
            Fault::Storing => ("while updating principal '", "' key data in the database"),
        };
        self.done.matched += 1;
        if refused.fault != Fault::MasterKey {
            self.name(Progress::Updated, &refused.name);
        }
        let doing = [before.as_bytes(), &refused.name, behind.as_bytes()].concat();
        self.session.failed(refused.error.to_string(), doing);
    }

    /// What is being done to a principal, where everything is told.
    fn name(&mut self, progress: Progress, name: &[u8]) {
        // The names stand below each other.
        let doing = match (progress, self.trial) {
            (Progress::Current, true) => "would skip:   ",
            (Progress::Current, false) => "skipping: ",
            (Progress::Updated, true) => "would update: ",
            (Progress::Updated, false) => "updating: ",
        };
        if self.verbose {
            self.line(doing, name);
        }
    }

    fn line(&mut self, before: &str, text: &[u8]) {
        if self.written.is_ok() {
            self.written = self.session.io.out().write_all(&[before.as_bytes(), text, b"\n"].concat());
        }
    }
}

fn glob(session: &Session<'_, '_>, pattern: &[u8]) -> Result<Glob, Stop> {
    if pattern.last() == Some(&b'\\') {
        let doing = [b"converting glob pattern '", pattern, b"' to regular expression"].concat();
        return Err(session.error("Cannot allocate memory", doing));
    }
    Glob::for_principals(pattern).map_err(|_| {
        let text = [b"error compiling converted regexp '", &as_expression(pattern)[..], b"'"].concat();
        session.error("", text)
    })
}

/// The regular expression that MIT's messages show in place of a pattern.
fn as_expression(pattern: &[u8]) -> Vec<u8> {
    let mut expression = b"^".to_vec();
    let mut quoted = false;
    for byte in pattern {
        match byte {
            _ if quoted => {}
            b'?' => {
                expression.push(b'.');
                continue;
            }
            b'*' | b'.' | b'^' | b'$' => expression.push(if *byte == b'*' { b'.' } else { b'\\' }),
            _ => {}
        }
        quoted = *byte == b'\\' && !quoted;
        expression.push(*byte);
    }
    if !pattern.contains(&b'@') {
        expression.extend_from_slice(b"@.*");
    }
    expression.push(b'$');
    expression
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_as_expressions() {
        for (pattern, expression) in [
            ("a[", "^a[@.*$"),
            ("?*.[^$@", "^..*\\.[\\^\\$@$"),
            ("\\*\\\\*[", "^\\*\\\\.*[@.*$"),
            ("", "^@.*$"),
        ] {
            assert_eq!(as_expression(pattern.as_bytes()), expression.as_bytes(), "{pattern}");
        }
    }
}
