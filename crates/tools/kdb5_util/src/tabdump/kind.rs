//! What tables there are, and what a principal's lines say in each.

use super::row::{Format, Row};
use k5_kdb::tl_data::mod_princ;
use k5_kdb::{Entry, MasterKeys, TlType};
use k5_types::{Attributes, Principal, SaltType};

/// A kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Alias,
    KeyData,
    KeyInfo,
    Flags,
    Lockout,
    Meta,
    StringAttributes,
    TicketPolicy,
}

/// Name and fields of each.
static KINDS: [(&str, Kind, &[&str]); 8] = [
    ("alias", Kind::Alias, &["aliasname", "targetname"]),
    ("keydata", Kind::KeyData, &["name", "keyindex", "kvno", "enctype", "key", "salttype", "salt"]),
    ("keyinfo", Kind::KeyInfo, &["name", "keyindex", "kvno", "enctype", "salttype", "salt"]),
    ("princ_flags", Kind::Flags, &["name", "flag", "value"]),
    ("princ_lockout", Kind::Lockout, &["name", "last_success", "last_failed", "fail_count"]),
    ("princ_meta", Kind::Meta, &["name", "modby", "modtime", "lastpwd", "policy", "mkvno", "hist_kvno"]),
    ("princ_stringattrs", Kind::StringAttributes, &["name", "key", "value"]),
    (
        "princ_tktpolicy",
        Kind::TicketPolicy,
        &["name", "expiration", "pw_expiration", "max_life", "max_renew_life"],
    ),
];

/// What is wrong with an entry, in MIT's words.
type Wrong = String;

const TRUNCATED: &str = "Database record is incomplete or corrupted";

impl Kind {
    pub(super) fn named(name: &[u8]) -> Option<Kind> {
        KINDS.iter().find(|(known, ..)| known.as_bytes() == name).map(|(_, kind, _)| *kind)
    }

    pub(super) fn fields(self) -> &'static [&'static str] {
        KINDS.iter().find(|(_, kind, _)| *kind == self).map_or(&[], |(.., fields)| fields)
    }

    /// Writes the lines of an entry. The one in which something is wrong stays as far as it got, as MIT leaves it.
    ///
    /// # Errors
    /// What is wrong with the entry.
    pub(super) fn write(
        self,
        entry: &Entry,
        keys: Option<&MasterKeys>,
        realm: &[u8],
        format: Format,
        lines: &mut Vec<u8>,
    ) -> Result<(), Wrong> {
        // Most entries have no line in some of the tables.
        let has_lines = match self {
            Kind::Alias => entry.tl(TlType::ALIAS_TARGET).is_some(),
            Kind::StringAttributes => entry.tl(TlType::STRING_ATTRS).is_some(),
            _ => true,
        };
        if !has_lines {
            return Ok(());
        }
        let name = entry.principal.unparse();
        match self {
            Kind::Alias => {
                if let Some(target) = entry.alias_target().map_err(|error| error.to_string())? {
                    let mut row = Row::of(&name, format, lines);
                    row.text(&target.unparse());
                    row.end();
                }
            }
            Kind::KeyData | Kind::KeyInfo => {
                for (index, data) in (0i64..).zip(&entry.key_data) {
                    let mut row = Row::of(&name, format, lines);
                    row.number(index);
                    row.number(data.kvno);
                    row.named(data.enctype.0, data.enctype.name());
                    if self == Kind::KeyData {
                        row.hex(&data.key);
                    }
                    let (salt_type, salt) = if data.version == 1 {
                        (SaltType::NORMAL, &[][..])
                    } else {
                        (data.salt_type, &data.salt[..])
                    };
                    row.named(salt_type.0, salt_type.name());
                    row.hex(salt);
                    row.end();
                }
            }
            Kind::Flags => {
                for bit in 0..32 {
                    let flag = 1u32 << bit;
                    let set = entry.attributes.has(flag);
                    let flag_name = Attributes(flag).names().next().unwrap_or_default();
                    let unnamed = flag_name.starts_with("0x");
                    if unnamed && !set && !format.numeric {
                        continue;
                    }
                    let mut row = Row::of(&name, format, lines);
                    match format.numeric {
                        true => row.text(format!("0x{flag:08x}").as_bytes()),
                        false => row.text(flag_name.as_bytes()),
                    }
                    row.number(set);
                    row.end();
                }
            }
            Kind::Lockout => {
                let mut row = Row::of(&name, format, lines);
                row.date(entry.last_success);
                row.date(entry.last_failed);
                row.signed(entry.fail_auth_count);
                row.end();
            }
            Kind::Meta => {
                meta(&mut Row::of(&name, format, lines), entry, keys, realm).map(|()| lines.push(b'\n'))?
            }
            Kind::StringAttributes => {
                for (key, value) in entry.strings() {
                    let mut row = Row::of(&name, format, lines);
                    row.text(&key);
                    row.text(&value);
                    row.end();
                }
            }
            Kind::TicketPolicy => {
                let mut row = Row::of(&name, format, lines);
                row.date(entry.expiration);
                row.date(entry.pw_expiration);
                row.number(entry.max_life.0);
                row.number(entry.max_renewable_life.0);
                row.end();
            }
        }
        Ok(())
    }
}

fn meta(row: &mut Row<'_>, entry: &Entry, keys: Option<&MasterKeys>, realm: &[u8]) -> Result<(), Wrong> {
    let keys = keys.ok_or("Database has not been initialized")?;
    let mkvno = keys.protecting(entry).map_err(|_| TRUNCATED)?;
    let stamp = entry.tl(TlType::MOD_PRINC).filter(|stamp| stamp.last() == Some(&0));
    let (time, by) = mod_princ(stamp).ok_or(TRUNCATED)?;
    let by = Principal::parse(by, realm).map_err(|_| "Malformed representation of principal")?;
    row.text(&by.unparse());
    row.date(time);
    row.date(entry.last_pwd_change());
    // What cannot be read is nothing.
    let kadm_data =
        entry.tl(TlType::KADM_DATA).filter(|bytes| !bytes.is_empty()).and_then(|_| entry.kadm_data().ok());
    let policy = kadm_data.as_ref().and_then(|data| data.policy.as_deref());
    row.text(policy.unwrap_or_default());
    row.number(mkvno);
    row.signed(kadm_data.as_ref().map_or(0, |data| data.history_kvno));
    Ok(())
}
