//! `create [-s]`: a new database with the principals that a realm begins with.

use crate::options::of_command;
use crate::session::{AGAIN, ASK, Session, Stop};
use crate::stash;
use k5_admin::open::{defaults, rules};
use k5_admin::{AdminError, Defaults, NewRealm, create_realm};
use k5_cli::manual::{Example, Help};
use k5_cli::prompt::read_new_password;
use k5_cli::{LocalZone, Message, Opt, OptionTable};
use k5_crypto::SystemRandom;
use k5_kdb::MasterKey;
use k5_types::{KeyBlock, Principal, Secret};
use std::io::Write;

/// The version of the first master key where none is asked for.
const FIRST_KVNO: u16 = 1;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Stash,
    Weak,
}

pub(crate) static OPTIONS: [Opt<Key>; 2] = [
    Opt::flag(Key::Stash, &["-s"], "store the master key in the stash file, over the one that is there"),
    Opt::flag(Key::Weak, &["-W"], "nothing: weak random numbers, which there are none of any more").hidden(),
];

pub(crate) static HELP: Help = Help {
    operands: "",
    description: "\
Makes the database with the principals K/M, krbtgt, kadmin/admin and kadmin/changepw, and asks twice for the master password. If \
anything fails, nothing is made. Where a creation was killed half way, and the database is there in part, `create` says so, and `destroy -f` removes it.\n\n\
With `-s` the KDC can start by itself. If only the stash file cannot be written, the database stays, and `stash` makes up for it.",
    flags: &[],
    examples: &[Example { line: "kdb5_util create -s", purpose: "The usual beginning." }],
};

/// Makes the database. If anything fails before the stash file is written, nothing is made.
///
/// # Errors
/// Where there is no password, the database exists or cannot be written, or the stash file cannot be written.
pub(crate) fn run(mut session: Session<'_, '_>, password: Option<Secret<Vec<u8>>>) -> Result<(), Stop> {
    let given = of_command(&mut session, OptionTable(&OPTIONS))?;
    let wants_stash = given.iter().any(|option| matches!(option.key, Key::Stash));
    let defaults = ready(&mut session)?;
    let principal = session.master_principal()?;
    greet(&mut session)?;
    let key = key(&mut session, &principal, password)?;
    let master = MasterKey { kvno: session.general.kvno.unwrap_or(FIRST_KVNO), key };
    make(&session, &principal, &master, &defaults)?;
    if wants_stash
        && let Err(stop) = stash::write(&session, &session.params.key_stash_file, &principal, &[&master])
    {
        writeln!(session.io.out(), "Warning: couldn't stash master key.")?;
        return Err(stop);
    }
    if !wants_stash {
        mention_other_stash(&mut session, &principal, &master);
    }
    Ok(())
}

/// Looks at the configuration before anything is asked or made.
fn ready(session: &mut Session<'_, '_>) -> Result<Defaults, Stop> {
    if let Some(problem) = session.params.problems.first() {
        return Err(session.error(problem.message(), "while retrieving configuration parameters"));
    }
    rules(session.config, &session.params).map_err(|error| {
        session.error(error.to_string(), "while initializing the Kerberos admin interface")
    })?;
    for notice in &session.params.notices {
        session.io.complain(&Message::com_err(session.program, "", notice.to_string()));
    }
    let zone = LocalZone::from_environment(&session.io.env);
    let expiration = zone.configured(session.params.default_principal_expiration, session.io.now());
    Ok(defaults(&session.params, expiration))
}

fn greet(session: &mut Session<'_, '_>) -> Result<(), Stop> {
    let realm = session.params.realm.as_slice();
    let name = session.params.master_key_name.as_slice();
    let text = [
        &b"Initializing database '"[..],
        session.database(),
        b"' for realm '",
        realm,
        b"',\nmaster key name '",
        name,
        b"@",
        realm,
        b"'\n",
    ];
    let text = text.concat();
    Ok(session.io.out().write_all(&text)?)
}

/// The master key, from the password given or typed twice.
fn key(
    session: &mut Session<'_, '_>,
    principal: &Principal,
    password: Option<Secret<Vec<u8>>>,
) -> Result<KeyBlock, Stop> {
    let password = match password {
        Some(password) => password,
        None => {
            let mut out = session.io.out();
            writeln!(out, "You will be prompted for the database Master Password.")?;
            writeln!(out, "It is important that you NOT FORGET this password.")?;
            read_new_password(session.io, ASK, AGAIN)
                .map_err(|error| session.error(error.to_string(), "while reading master key from keyboard"))?
        }
    };
    let key = session.key_of(principal, &password)?;
    if session.general.ask {
        // MIT's program asks again, to open what it has made.
        let doing = "while initializing the Kerberos admin interface";
        let again = session.ask().map_err(|error| session.error(error.to_string(), doing))?;
        if again != password {
            return Err(session.error("Password mismatch", doing));
        }
    }
    Ok(key)
}

fn make(
    session: &Session<'_, '_>,
    principal: &Principal,
    master: &MasterKey,
    defaults: &Defaults,
) -> Result<(), Stop> {
    let failed = |error: AdminError| {
        let doing = match &error {
            AdminError::Database(_) | AdminError::Blocked(_) => {
                session.with_database("while creating database")
            }
            _ => b"while adding entries to the database".to_vec(),
        };
        session.error(error.to_string(), doing)
    };
    let arguments = &session.general.arguments;
    let database = session.realm_database(arguments).map_err(failed)?;
    let realm = NewRealm {
        master_principal: principal,
        master,
        defaults,
        actor: Principal::new(session.params.realm.clone(), [session.program]),
        now: session.io.now(),
    };
    create_realm(&database, realm, Box::new(SystemRandom)).map_err(failed)?;
    Ok(())
}

/// A stash file that was there already may be another database's only copy of its key, so it stays; but whoever
/// made this database must know that it is not this one's.
fn mention_other_stash(session: &mut Session<'_, '_>, principal: &Principal, master: &MasterKey) {
    let path = &session.params.key_stash_file;
    let there = path.symlink_metadata().is_ok();
    let ours = k5_kdb::mkey::stash::read(path, principal, None).is_ok_and(|key| key == master.key);
    if there && !ours {
        let text = format!(
            "the stash file {} holds no key of this database and was left as it was; to replace it: kdb5_util stash -m",
            path.display()
        );
        session.io.complain(&Message::com_err(session.program, "", text));
    }
}
