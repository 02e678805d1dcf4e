//! get_policy (getpol).

use crate::session::{Session, while_doing};
use k5_admin::AdminError;
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, Opt, OptionTable};
use k5_kdb::Policy;
use k5_shell::{Call, CommandResult};
use k5_types::Duration;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

const USAGE: &str = "usage: get_policy [-terse] policy";

/// For help and completion; the words have only two shapes.
pub(crate) const OPTIONS: OptionTable<()> =
    OptionTable(&[Opt::flag((), &["-terse"], "one line of fields, for programs")]);

pub(crate) static HELP: Help = Help {
    operands: "POLICY",
    description: "\
Shows a policy.",
    flags: &[],
    examples: &[
        Example { line: "getpol users", purpose: "Shows the policy." },
        Example { line: "getpol -terse users", purpose: "Shows it in one line of fields parted by tabs." },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let (name, terse) = match call.args {
        [name] => (name.as_bytes(), false),
        [flag, name] if flag == "-terse" => (name.as_bytes(), true),
        _ => return Err(Failure::plain(USAGE)),
    };
    let found = if name.is_empty() {
        Err(AdminError::BadPolicyName)
    } else {
        session.admin.policy(name).and_then(|policy| policy.ok_or(AdminError::UnknownPolicy))
    };
    let policy = found
        .map_err(|error| while_doing(call.command, &error, &[b"while retrieving policy \"", name, b"\"."]))?;
    if terse {
        short(io, &policy)?
    } else {
        long(io, &policy)?
    }
    Ok(())
}

fn long(io: &mut Io<'_>, policy: &Policy) -> io::Result<()> {
    let life = |seconds: u32| Duration::long_form(i64::from(seconds));
    let mut out = io.out();
    out.write_all(&[b"Policy: ", &policy.name[..], b"\n"].concat())?;
    writeln!(out, "Maximum password life: {}", life(policy.max_life))?;
    writeln!(out, "Minimum password life: {}", life(policy.min_life))?;
    writeln!(out, "Minimum password length: {}", policy.min_length)?;
    writeln!(out, "Minimum number of password character classes: {}", policy.min_classes)?;
    writeln!(out, "Number of old keys kept: {}", policy.history_num)?;
    writeln!(out, "Maximum password failures before lockout: {}", policy.max_fail)?;
    // These two are signed to MIT, as its intervals are.
    let signed = |seconds: u32| Duration::long_form(i64::from(seconds as i32));
    writeln!(out, "Password failure count reset interval: {}", signed(policy.failure_interval))?;
    writeln!(out, "Password lockout duration: {}", signed(policy.lockout_duration))?;
    if let Some(list) = &policy.allowed_keysalts {
        out.write_all(&[b"Allowed key/salt types: ", &list[..], b"\n"].concat())?;
    }
    Ok(())
}

/// One line of fields; the `0` in the middle was once a count of principals.
fn short(io: &mut Io<'_>, policy: &Policy) -> io::Result<()> {
    let mut out = io.out();
    out.write_all(&[b"\"", &policy.name[..], b"\""].concat())?;
    write!(out, "\t{}\t{}\t{}", policy.max_life, policy.min_life, policy.min_length)?;
    write!(out, "\t{}\t{}\t0\t{}", policy.min_classes, policy.history_num, policy.max_fail)?;
    write!(out, "\t{}\t{}\t", policy.failure_interval as i32, policy.lockout_duration as i32)?;
    out.write_all(policy.allowed_keysalts.as_deref().unwrap_or(b"-"))?;
    writeln!(out)
}
