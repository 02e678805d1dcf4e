//! An attribute of an update, by its name, and with its value, in MIT's form.

use k5_cli::LocalZone;
use k5_kdb::TlData;
use k5_kdb::ulog::{Attribute, LoggedKey, LoggedName};
use k5_types::{Attributes, Timestamp};
use std::io::{self, Write};

/// Shows an attribute; one that this version does not know is passed over, as MIT does.
pub(crate) fn show(
    attribute: &Attribute,
    with_value: bool,
    zone: &LocalZone,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = match attribute {
        Attribute::Flags(_) => "Attribute flags",
        Attribute::MaxLife(_) => "Maximum ticket life",
        Attribute::MaxRenewableLife(_) => "Maximum renewable life",
        Attribute::Expiration(_) => "Principal expiration",
        Attribute::PwExpiration(_) => "Password expiration",
        Attribute::LastSuccess(_) => "Last successful auth",
        Attribute::LastFailed(_) => "Last failed auth",
        Attribute::FailAuthCount(_) => "Failed passwd attempt",
        Attribute::Principal(_) => "Principal",
        Attribute::KeyData(_) => "Key data",
        Attribute::TlData(_) => "TL data",
        Attribute::Length(_) => "Length",
        Attribute::LastPwdChange(_) => "Password last changed",
        Attribute::ModPrinc(_) => "Modifying principal",
        Attribute::ModTime(_) => "Modification time",
        Attribute::ModWhere(_) => "Modified where",
        Attribute::PwPolicy(_) => "Password policy",
        Attribute::PwPolicySwitch(_) => "Password policy switch",
        Attribute::PwHistoryKvno(_) => "Password history KVNO",
        Attribute::PwHistory(_) => "Password history",
        _ => return Ok(()),
    };
    writeln!(out, "\t\t{name}")?;
    if with_value { value(attribute, zone, out) } else { Ok(()) }
}

fn value(attribute: &Attribute, zone: &LocalZone, out: &mut dyn Write) -> io::Result<()> {
    match attribute {
        Attribute::Flags(flags) => {
            Attributes(*flags).names().try_for_each(|name| writeln!(out, "\t\t\t{name}"))
        }
        Attribute::MaxLife(life) | Attribute::MaxRenewableLife(life) => {
            writeln!(out, "\t\t\t{}", short_form(life.cast_signed()))
        }
        Attribute::Expiration(time)
        | Attribute::PwExpiration(time)
        | Attribute::LastSuccess(time)
        | Attribute::LastFailed(time)
        | Attribute::LastPwdChange(time)
        | Attribute::ModTime(time) => match time {
            0 => writeln!(out, "\t\t\tNone"),
            time => writeln!(out, "\t\t\t{}", zone.ctime(Timestamp(*time))),
        },
        Attribute::FailAuthCount(number) | Attribute::PwHistoryKvno(number) => {
            writeln!(out, "\t\t\t{}", number.cast_signed())
        }
        Attribute::Principal(name) | Attribute::ModPrinc(name) => show_name(name, out),
        Attribute::KeyData(keys) => keys.iter().try_for_each(|key| show_key(key, out)),
        Attribute::TlData(list) => {
            writeln!(out, "\t\t\titems: {}", list.len())?;
            list.iter().try_for_each(|tl| show_tl(tl, out))
        }
        Attribute::Length(length) => writeln!(out, "\t\t\t{length}"),
        Attribute::ModWhere(bytes) => text("where", bytes, out),
        Attribute::PwPolicy(bytes) => text("policy", bytes, out),
        Attribute::PwPolicySwitch(on) => writeln!(out, "\t\t\t{}", u8::from(*on)),
        Attribute::PwHistory(_) => writeln!(out, "\t\t\tPW history elided"),
        _ => Ok(()),
    }
}

fn show_name(name: &LoggedName, out: &mut dyn Write) -> io::Result<()> {
    text("realm", &name.realm, out)?;
    for (magic, component) in &name.components {
        writeln!(out, "\t\t\tmagic: 0x{magic:x}")?;
        text("princ", component, out)?;
    }
    Ok(())
}

/// The keys are encrypted in the master key.
fn show_key(key: &LoggedKey, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\t\t\tver: {}\n\t\t\tkvno: {}", key.version, key.kvno)?;
    for number in &key.types {
        writeln!(out, "\t\t\tenc type: 0x{number:x}")?;
    }
    for contents in &key.contents {
        writeln!(out, "\t\t\tkey({}): 0x{}", contents.len(), hex(contents))?;
    }
    Ok(())
}

fn show_tl(tl: &TlData, out: &mut dyn Write) -> io::Result<()> {
    // MIT's type is signed.
    writeln!(out, "\t\t\ttype: 0x{:x}", i32::from(tl.tag.0.cast_signed()))?;
    writeln!(out, "\t\t\tvalue({}): 0x{}", tl.contents.len(), hex(&tl.contents))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(tag: &str, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
    write!(out, "\t\t\t{tag}({}): ", bytes.len())?;
    out.write_all(until_nul(bytes))?;
    out.write_all(b"\n")
}

/// What a string of C shows of bytes.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A time span as MIT's library writes it: `10:00:00`, `1 day`, `2 days 03:04:05`.
fn short_form(seconds: i32) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3600, rest % 3600 / 60, rest % 60);
    let plural = if days > 1 { "days" } else { "day" };
    match (days, rest) {
        (0, _) => format!("{hours}:{}:{}", two(minutes), two(seconds)),
        (_, 0) => format!("{days} {plural}"),
        _ => format!("{days} {plural} {}:{}:{}", two(hours), two(minutes), two(seconds)),
    }
}

/// As C's `%02d`, which counts the sign.
fn two(number: i32) -> String {
    format!("{number:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let shown = [0, 59, 36_000, 86_400, 86_401, 172_800, 183_845, -86_400, -1];
        let shown: Vec<String> = shown.into_iter().map(short_form).collect();
        assert_eq!(
            shown,
            [
                "0:00:00",
                "0:00:59",
                "10:00:00",
                "1 day",
                "1 day 00:00:01",
                "2 days",
                "2 days 03:04:05",
                "-1 day",
                "0:00:-1"
            ]
        );
    }
}
