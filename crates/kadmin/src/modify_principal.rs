//! modify_principal (modprinc).

use crate::attributes::ATTRIBUTES;
use crate::principal_options::{BadOptions, PrincipalOptions};
use crate::session::{Mode, Session, bad_name, while_doing};
use k5_admin::{AdminError, Changes, PolicyChange};
use k5_cli::Io;
use k5_cli::manual::{Example, Help};
use k5_shell::{Call, CommandResult};

const USAGE: &str = "\
usage: modify_principal [options] principal
\toptions are:
\t\t[-x db_princ_args]* [-expire expdate] [-pwexpire pwexpdate] [-maxlife maxtixlife]
\t\t[-kvno kvno] [-policy policy] [-clearpolicy]
\t\t[-maxrenewlife maxrenewlife] [-unlock] [{+|-}attribute]
";

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL",
    description: "\
Changes what is said; all else stays. Keys and passwords are for `change_password`. Dates and intervals are \
those of `add_principal`.",
    flags: &ATTRIBUTES,
    examples: &[
        Example { line: "modprinc -expire never +allow_tix alice", purpose: "Alice comes back." },
        Example {
            line: "modprinc -unlock bob",
            purpose: "Bob may try again after too many wrong passwords.",
        },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let usage = || BadOptions::Usage.into_failure(USAGE);
    let typed = call.args.last().ok_or_else(usage)?;
    let principal = session
        .parse_name(typed)
        .map_err(|error| bad_name(call.command, &error, "while parsing principal"))?;
    let name = principal.unparse();
    // Looked up before the words are: a principal that is not there is told even where the words are wrong.
    let entry = session
        .admin
        .principal(&principal)
        .map_err(|error| while_doing(call.command, &error, &[b"while getting \"", &name, b"\"."]))?;
    let given = PrincipalOptions::parse(session, io, call.command, entry.attributes, call.args)
        .map_err(|bad| bad.into_failure(USAGE))?;
    if given.concerns_keys() {
        return Err(usage());
    }
    let failed =
        |error: &AdminError| while_doing(call.command, error, &[b"while modifying \"", &name, b"\"."]);
    if let Some(policy) = &given.policy
        && session.mode == Mode::Shell
        && session.admin.policy(policy).map_err(|error| failed(&error))?.is_none()
    {
        session.notice(io, &[b"WARNING: policy \"", policy, b"\" does not exist"]);
    }
    let policy = match (given.policy, given.clear_policy) {
        (Some(_), true) => return Err(failed(&AdminError::BadMask)),
        (Some(policy), false) => PolicyChange::Set(policy),
        (None, true) => PolicyChange::Clear,
        (None, false) => PolicyChange::Keep,
    };
    let changes = Changes {
        attributes: given.attributes,
        max_life: given.max_life,
        max_renewable_life: given.max_renewable_life,
        expiration: given.expiration,
        pw_expiration: given.pw_expiration,
        policy,
        kvno: given.kvno.map(|kvno| kvno as u16),
        unlock: given.unlock,
        db_arguments: given.db_arguments,
    };
    if !changes.is_empty() {
        session.admin.modify_principal(&principal, &changes).map_err(|error| failed(&error))?;
    }
    session.info(io, &[b"Principal \"", &name, b"\" modified.\n"])?;
    Ok(())
}
