//! What `TZ` means, by the GNU C library's rules: they are more lenient than POSIX, and dates in listings depend on them.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::tz::TimeZone;

/// No zone file comes near this.
const FILE_MAX: u64 = 1 << 20;

/// The dates of a rule that gives none, or none that can be read: those of the United States, which are the C library's
/// default.
const DEFAULT_DATES: &str = ",M3.2.0,M11.1.0";

/// Hours of an offset over this count as this.
const HOURS_MAX: u32 = 24;

/// The zone that `tz` names. `None`: it means nothing, and the C library shows UTC without a name.
pub(super) fn find(tz: Option<&OsStr>, directory: &Path) -> Option<TimeZone> {
    let Some(tz) = tz else {
        return Some(read(Path::new("/etc/localtime")).unwrap_or(TimeZone::UTC));
    };
    let name = tz.as_bytes();
    let name = name.strip_prefix(b":").unwrap_or(name);
    if name.is_empty() {
        return Some(TimeZone::UTC);
    }
    // An absolute name goes its own way: that is how `join` works, and what the C library does.
    read(&directory.join(OsStr::from_bytes(name))).or_else(|| rule(name))
}

fn read(path: &Path) -> Option<TimeZone> {
    // Most files are shorter, and are read at once.
    let mut bytes = Vec::with_capacity(8 << 10);
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    file.take(FILE_MAX).read_to_end(&mut bytes).ok()?;
    TimeZone::tzif("Local", &bytes).ok()
}

/// `NAME[OFFSET[NAME[OFFSET][,DATES]]]`. Without a first offset the zone is UTC under that name, whatever follows.
fn rule(text: &[u8]) -> Option<TimeZone> {
    let mut rest = std::str::from_utf8(text).ok()?;
    let name = take_name(&mut rest)?;
    let Some(offset) = take_offset(&mut rest) else {
        return TimeZone::posix(&format!("<{name}>0")).ok();
    };
    let standard = format!("<{name}>{offset}");
    if rest.is_empty() {
        return TimeZone::posix(&standard).ok();
    }
    let name = take_name(&mut rest)?;
    let offset = take_offset(&mut rest).unwrap_or_default();
    let both = format!("{standard}<{name}>{offset}");
    let dated = if rest.starts_with(',') { TimeZone::posix(&format!("{both}{rest}")).ok() } else { None };
    dated.or_else(|| TimeZone::posix(&format!("{both}{DEFAULT_DATES}")).ok())
}

/// Three letters or more, or three of letters, digits and signs between `<` and `>`.
fn take_name<'t>(rest: &mut &'t str) -> Option<&'t str> {
    let (name, behind) = if let Some(quoted) = rest.strip_prefix('<') {
        let (name, behind) = quoted.split_once('>')?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '-';
        (name.chars().all(fits).then_some(name)?, behind)
    } else {
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        rest.split_at_checked(end)?
    };
    *rest = behind;
    (name.len() >= 3).then_some(name)
}

/// `[+-]hh[:mm[:ss]]`, made regular; `None`, and nothing taken but a sign, where there is no digit.
fn take_offset(rest: &mut &str) -> Option<String> {
    let sign = match rest.as_bytes().first()? {
        b'-' => "-",
        _ => "",
    };
    let mut text = rest.strip_prefix(['+', '-']).unwrap_or(rest);
    let hours = take_number(&mut text)?.min(HOURS_MAX);
    let mut parts = [0u32; 2];
    for part in &mut parts {
        let Some(mut behind) = text.strip_prefix(':') else { break };
        let Some(number) = take_number(&mut behind) else { break };
        *part = number.min(59);
        text = behind;
    }
    *rest = text;
    let [minutes, seconds] = parts;
    Some(format!("{sign}{hours}:{minutes:02}:{seconds:02}"))
}

fn take_number(rest: &mut &str) -> Option<u32> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, behind) = rest.split_at_checked(end)?;
    let number = digits.parse().ok()?;
    *rest = behind;
    Some(number)
}
