//! get_principal (getprinc).

use crate::session::{Session, bad_name, while_doing};
use k5_admin::AdminError;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, LocalZone, Opt, OptionTable};
use k5_kdb::{Entry, KeyData};
use k5_shell::{Call, CommandResult};
use k5_types::{Duration, SaltType, Timestamp};
use std::io::{self, Write};

const USAGE: &str = "usage: get_principal [-terse] principal";
const NONE: &[u8] = b"[none]";

/// What a listing shows of a principal beside its entry.
struct Shown<'a> {
    entry: &'a Entry,
    policy: Option<Vec<u8>>,
    policy_exists: bool,
    modified: Timestamp,
    modified_by: &'a [u8],
}

/// For help and completion; the words have only two shapes.
pub(crate) const OPTIONS: OptionTable<()> =
    OptionTable(&[Opt::flag((), &["-terse"], "one line of fields, for programs")]);

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL",
    description: "\
Shows a principal: its dates, lives, keys (their version numbers and types, never the keys), attributes and \
policy.",
    flags: &[],
    examples: &[
        Example { line: "getprinc alice", purpose: "Shows alice." },
        Example {
            line: "getprinc -terse alice",
            purpose: "Shows the same in one line of fields parted by tabs, dates in seconds since 1970.",
        },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (typed, terse) = match call.args {
        [typed] => (typed, false),
        [flag, typed] if flag == "-terse" => (typed, true),
        _ => return Err(Failure::plain(USAGE)),
    };
    let principal = session
        .parse_name(typed)
        .map_err(|error| bad_name(call.command, &error, "while parsing principal"))?;
    let name = principal.unparse();
    let failed =
        |error: &AdminError| while_doing(call.command, error, &[b"while retrieving \"", &name, b"\"."]);
    let entry = session.admin.principal(&principal).map_err(|error| failed(&error))?;
    let policy = entry.kadm_data().map_err(|error| failed(&error.into()))?;
    let policy = policy.effective_policy().map(<[u8]>::to_vec);
    let policy_exists = match &policy {
        Some(policy) => session.admin.policy(policy).map_err(|error| failed(&error))?.is_some(),
        None => false,
    };
    let (modified, modified_by) = entry.modified().unwrap_or((Timestamp::NEVER, b"unknown"));
    let shown = Shown { entry: &entry, policy, policy_exists, modified, modified_by };
    if terse {
        shown.terse(io)?
    } else {
        shown.long(io, &session.zone)?
    }
    Ok(())
}

impl Shown<'_> {
    fn long(&self, io: &mut Io<'_>, zone: &LocalZone) -> io::Result<()> {
        let Entry { principal, key_data, attributes, .. } = self.entry;
        let date = |time: Timestamp| match time {
            Timestamp::NEVER => "[never]".to_owned(),
            time => zone.listing(time),
        };
        let life = |life: Duration| Duration::long_form(i64::from(life.0));
        let mut out = io.out();
        line(&mut out, "Principal: ", &principal.unparse())?;
        writeln!(out, "Expiration date: {}", date(self.entry.expiration))?;
        writeln!(out, "Last password change: {}", date(self.entry.last_pwd_change()))?;
        writeln!(out, "Password expiration date: {}", date(self.entry.pw_expiration))?;
        writeln!(out, "Maximum ticket life: {}", life(self.entry.max_life))?;
        writeln!(out, "Maximum renewable life: {}", life(self.entry.max_renewable_life))?;
        write!(out, "Last modified: {} (", zone.listing(self.modified))?;
        out.write_all(self.modified_by)?;
        writeln!(out, ")")?;
        writeln!(out, "Last successful authentication: {}", date(self.entry.last_success))?;
        writeln!(out, "Last failed authentication: {}", date(self.entry.last_failed))?;
        writeln!(out, "Failed password attempts: {}", self.entry.fail_auth_count as i32)?;
        writeln!(out, "Number of keys: {}", key_data.len())?;
        for key in key_data {
            writeln!(out, "{}", key_line(key))?;
        }
        writeln!(out, "MKey: vno {}", self.entry.mkvno())?;
        write!(out, "Attributes:")?;
        for name in attributes.names() {
            write!(out, " {name}")?;
        }
        writeln!(out)?;
        let mut policy = self.policy.as_deref().unwrap_or(NONE).to_vec();
        if self.policy.is_some() && !self.policy_exists {
            policy.extend_from_slice(b" [does not exist]");
        }
        line(&mut out, "Policy: ", &policy)
    }

    /// One line of fields, numbers signed as C's `%d` shows them.
    fn terse(&self, io: &mut Io<'_>) -> io::Result<()> {
        let entry = self.entry;
        let signed = |time: Timestamp| time.0 as i32;
        let mut out = io.out();
        out.write_all(&[b"\"", &entry.principal.unparse()[..], b"\""].concat())?;
        write!(out, "\t{}\t{}", signed(entry.expiration), signed(entry.last_pwd_change()))?;
        write!(out, "\t{}\t{}\t\"", signed(entry.pw_expiration), entry.max_life.0)?;
        out.write_all(self.modified_by)?;
        write!(out, "\"\t{}\t{}", signed(self.modified), entry.attributes.0 as i32)?;
        write!(out, "\t{}\t{}\t\"", entry.kvno(), entry.mkvno())?;
        out.write_all(self.policy.as_deref().unwrap_or(NONE))?;
        write!(out, "\"\t{}\t{}", entry.max_renewable_life.0, signed(entry.last_success))?;
        write!(out, "\t{}\t{}", signed(entry.last_failed), entry.fail_auth_count as i32)?;
        write!(out, "\t{}", entry.key_data.len())?;
        for key in &entry.key_data {
            write!(out, "\t{}\t{}\t{}\t{}", key.version, key.kvno, key.enctype.0, key.salt_type.0)?;
        }
        writeln!(out)
    }
}

/// `Key: vno 1, DEPRECATED:arcfour-hmac:norealm`.
fn key_line(key: &KeyData) -> String {
    let salt = match key.salt_type {
        SaltType::NORMAL => String::new(),
        salt if key.version > 1 => format!(":{salt}"),
        _ => String::new(),
    };
    format!("Key: vno {}, {}{}{salt}", key.kvno, key.enctype.mark(), key.enctype)
}

fn line(out: &mut impl Write, label: &str, value: &[u8]) -> io::Result<()> {
    out.write_all(&[label.as_bytes(), value, b"\n"].concat())
}
