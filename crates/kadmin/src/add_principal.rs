//! add_principal (addprinc, ank).

use crate::attributes::ATTRIBUTES;
use crate::principal_options::PrincipalOptions;
use crate::session::{Mode, Session, while_doing};
use k5_admin::{AdminError, InitialKeys, NewPrincipal};
use k5_cli::manual::{Example, Help};
use k5_cli::{Failure, Io, prompt};
use k5_shell::{Call, CommandResult};
use k5_types::Attributes;

const USAGE: &str = "\
usage: add_principal [options] principal
\toptions are:
\t\t[-randkey|-nokey] [-x db_princ_args]* [-expire expdate] [-pwexpire pwexpdate] [-maxlife maxtixlife]
\t\t[-kvno kvno] [-policy policy] [-clearpolicy]
\t\t[-pw password] [-maxrenewlife maxrenewlife]
\t\t[-e keysaltlist]
\t\t[{+|-}attribute]
";

/// The policy that a new principal gets where none is named, if it exists.
pub(crate) const DEFAULT_POLICY: &[u8] = b"default";

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL",
    description: "\
Makes a principal. Without `-randkey`, `-nokey` and `-pw` it asks twice for a password, from standard input \
if that is no terminal.\n\n\
Without `-policy` and `-clearpolicy` it gets the policy called `default` if there is one. What is not said \
comes from the realm's part of `kdc.conf`: `max_life`, `max_renewable_life`, `default_principal_expiration`, \
`default_principal_flags`, `supported_enctypes`.\n\n\
A DATE is `never`, `now`, `2027-01-31`, `1/31/2027 14:30`, `next friday`, `90 days` and the like; with \
blanks it needs quotes. An INTERVAL is a number with a unit (`8h`, `7d`, `2h30m`), `HH:MM:SS`, or a date \
relative to now.",
    flags: &ATTRIBUTES,
    examples: &[
        Example {
            line: "addprinc -randkey host/a.example.com",
            purpose: "A service: nobody has to know its key.",
        },
        Example {
            line: "addprinc -policy users +requires_preauth alice",
            purpose: "A user, whose password is asked for.",
        },
        Example {
            line: "addprinc -expire \"2027-06-30\" -maxlife 8h guest",
            purpose: "A guest until the summer of 2027, with tickets for a working day.",
        },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let parsed = PrincipalOptions::parse(session, io, call.command, Attributes::default(), call.args);
    let mut given = parsed.map_err(|bad| bad.into_failure(USAGE))?;
    let name = given.principal.unparse();
    let nokey = given.nokey;
    let failed = |error: &AdminError| match error {
        // MIT knows this error from old servers.
        AdminError::BadMask if nokey => Failure::plain(
            [b"Admin server does not support -nokey while creating \"", &name[..], b"\"\n"].concat(),
        ),
        error => while_doing(call.command, error, &[b"while creating \"", &name, b"\"."]),
    };

    choose_policy(session, io, &mut given, &name).map_err(|error| failed(&error))?;
    let keys = if given.nokey {
        InitialKeys::None
    } else if given.randkey {
        InitialKeys::Random
    } else {
        if given.password.is_none() {
            let first = [b"Enter password for principal \"", &name[..], b"\""].concat();
            let second = [b"Re-enter password for principal \"", &name[..], b"\""].concat();
            let password = prompt::read_new_password(io, first, second).map_err(|error| {
                let doing = [b"while reading password for \"", &name[..], b"\"."].concat();
                Failure::com_err(call.command, error.to_string(), doing)
            })?;
            given.password = Some(password);
        }
        given.password.as_ref().map_or(InitialKeys::None, InitialKeys::Password)
    };
    if given.unlock || given.policy_lost {
        // MIT's library takes neither here: there are no failures to forget, and the name is lost.
        return Err(failed(&AdminError::BadMask));
    }
    let new = NewPrincipal {
        attributes: given.attributes,
        max_life: given.max_life,
        max_renewable_life: given.max_renewable_life,
        expiration: given.expiration,
        pw_expiration: given.pw_expiration,
        policy: given.policy.clone(),
        kvno: given.kvno.map(|kvno| match keys {
            // Keys of a password begin with 1 or what was asked for, whichever is higher.
            InitialKeys::Password(_) if kvno < 0 => 0,
            _ => kvno as u16,
        }),
        keysalts: given.keysalts.clone(),
        db_arguments: given.db_arguments.clone(),
    };
    session.admin.create_principal(&given.principal, &new, &keys).map_err(|error| failed(&error))?;
    session.info(io, &[b"Principal \"", &name, b"\" created.\n"])?;
    Ok(())
}

/// The policy named, else the one called default if there is one, with the notices that go with it.
fn choose_policy(
    session: &Session,
    io: &mut Io<'_>,
    given: &mut PrincipalOptions,
    name: &[u8],
) -> Result<(), AdminError> {
    match &given.policy {
        Some(policy) => {
            if session.mode == Mode::Shell && session.admin.policy(policy)?.is_none() {
                session.notice(io, &[b"WARNING: policy \"", policy, b"\" does not exist"]);
            }
        }
        None if given.clear_policy => {}
        None => {
            let said: &[u8] = if session.admin.policy(DEFAULT_POLICY)?.is_some() {
                given.policy = Some(DEFAULT_POLICY.to_vec());
                b"; assigning \"default\""
            } else {
                b"; defaulting to no policy"
            };
            session.notice(io, &[b"No policy specified for ", name, said]);
        }
    }
    Ok(())
}
