//! `use_mkey kvno [time]`: which master key is active, and from when on.

use crate::open::Opened;
use crate::options::rest_of_command;
use crate::session::{Session, Stop};
use k5_admin::AdminError;
use k5_cli::LocalZone;
use k5_cli::getdate::parse_date;
use k5_cli::manual::{Example, Help};
use k5_types::{Kvno, Timestamp};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

pub(crate) static HELP: Help = Help {
    operands: "KVNO [TIME]",
    description: "\
Makes a version of the master key the active one, in which new keys are encrypted, now or from TIME on. TIME is a date as `kadmin` takes it. A time that \
the version had before is forgotten. One version must be active now.\n\n\
Running servers take notice when they next decrypt something; start them again before `purge_mkeys`, in case one has had nothing to do.",
    flags: &[],
    examples: &[
        Example { line: "kdb5_util use_mkey 2", purpose: "From now on." },
        Example { line: "kdb5_util use_mkey 2 'tomorrow 03:00'", purpose: "When all replicas have it." },
    ],
};

/// Makes a master key of the opened database active.
///
/// # Errors
/// Where the version or the time is none, no key would be active, or the database cannot be written.
pub(crate) fn run(session: Session<'_, '_>, opened: &Opened) -> Result<(), Stop> {
    let (version, time) = match rest_of_command(session.general) {
        [version] => (version, None),
        [version, time] => (version, Some(time)),
        _ => return Err(Stop::Usage),
    };
    let number = atoi(version);
    let known = u16::try_from(number).ok().filter(|kvno| {
        *kvno != 0 && opened.keys.as_ref().is_some_and(|keys| keys.find(Kvno::from(*kvno)).is_some())
    });
    let kvno = known
        .ok_or_else(|| session.error("Invalid argument", format!("{number} is an invalid KVNO value")))?;
    let now = session.io.now();
    let from = match time {
        None => now,
        Some(text) => {
            let zone = LocalZone::from_environment(&session.io.env);
            // -1 is MIT's mark of failure.
            let date =
                parse_date(text.as_bytes(), now.seconds(), zone.time_zone()).filter(|date| *date != -1);
            let doing = [b"could not parse date-time string '", text.as_bytes(), b"'"].concat();
            Timestamp::wrapping(date.ok_or_else(|| session.error("", doing))?)
        }
    };
    opened.rollover(&session)?.activate(kvno, from).map_err(|error| match error {
        AdminError::NoneActive => session.error("Invalid argument", error.to_string()),
        other => session.error(other.to_string(), "while adding master key entry to the database"),
    })
}

/// C's `atoi`: the number that a text begins with, its low 32 bits; 0 where there is none.
fn atoi(text: &OsStr) -> i32 {
    let text = text.as_bytes();
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t'..=b'\r')).unwrap_or(text.len());
    let text = text.get(start..).unwrap_or_default();
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold(0i64, |number, digit| {
        let digit = i64::from(digit - b'0');
        if negative {
            number.saturating_mul(10).saturating_sub(digit)
        } else {
            number.saturating_mul(10).saturating_add(digit)
        }
    });
    #[expect(clippy::cast_possible_truncation, reason = "as C casts it")]
    let low = number as i32;
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_the_c_library_reads_them() {
        for (text, number) in [
            ("2", 2),
            (" \t+3x", 3),
            ("-1", -1),
            ("", 0),
            ("x1", 0),
            ("- 1", 0),
            ("4294967298", 2),
            ("9999999999999999999999", -1),
            ("-9999999999999999999999", 0),
        ] {
            assert_eq!(atoi(OsStr::new(text)), number, "{text:?}");
        }
    }
}
