//! Lines that are going to be run: the keys that they need are made before, those of passwords on all cores, and no locks are
//! held meanwhile.

use crate::session::{Session, keysalts};
use crate::{add_principal, change_password, principal_options};
use k5_admin::{PasswordWork, PolicyOf};
use k5_cli::{Item, WordOptions};
use k5_types::{KeySalt, Principal, Secret};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// So many passwords are looked at in one go: enough for all cores, and not so many that the first line waits long.
const MOST: usize = 128;

/// So many lines want random keys at most in one go.
const MOST_RANDOM: usize = 1000;

/// What a line will set. Where anything is unclear there is none: the command itself makes the keys then, or says what is
/// wrong.
#[derive(Debug)]
struct Coming {
    principal: Principal,
    password: Secret<Vec<u8>>,
    keysalts: Vec<KeySalt>,
    policy: PolicyOf,
}

impl Coming {
    /// What the words of `add_principal` say.
    fn of_add(session: &Session, args: &[OsString]) -> Option<Coming> {
        use principal_options::{Key, OPTIONS};
        let (name, words) = args.split_last()?;
        let (mut password, mut wanted) = (None, Vec::new());
        let mut policy = PolicyOf::Named(add_principal::DEFAULT_POLICY.to_vec());
        for item in WordOptions::new(OPTIONS, words) {
            let Item::Option(option) = item.ok()? else { continue };
            let value = option.value.unwrap_or_default();
            match option.key {
                Key::Pw => password = Some(Secret::new(value.into_vec())),
                Key::Randkey | Key::Nokey => return None,
                Key::Enctypes => wanted = keysalts("", &value).ok()?,
                Key::Policy => policy = PolicyOf::Named(value.into_vec()),
                Key::ClearPolicy => policy = PolicyOf::Nobody,
                _ => {}
            }
        }
        Some(Coming {
            principal: session.parse_name(name).ok()?,
            password: password?,
            keysalts: wanted,
            policy,
        })
    }

    /// What the words of `change_password` say.
    fn of_change(session: &Session, args: &[OsString]) -> Option<Coming> {
        use change_password::{Key, OPTIONS};
        let (name, words) = args.split_last()?;
        let (mut password, mut wanted) = (None, Vec::new());
        for item in WordOptions::new(OPTIONS, words) {
            let Item::Option(option) = item.ok()? else { return None };
            let value = option.value.unwrap_or_default();
            match option.key {
                Key::Pw => password = Some(Secret::new(value.into_vec())),
                Key::Enctypes => wanted = keysalts("", &value).ok()?,
                Key::Randkey | Key::KeepOld | Key::DbArgument => {}
            }
        }
        Some(Coming {
            principal: session.parse_name(name).ok()?,
            password: password?,
            keysalts: wanted,
            policy: PolicyOf::Principal,
        })
    }
}

/// Whether a line of either command asks for random keys of the usual kinds.
fn wants_random(args: &[OsString]) -> bool {
    let has = |option: &str| args.iter().any(|word| word == option);
    has("-randkey") && !has("-e") && !has("-pw") && !has("-nokey")
}

/// Makes the keys for the first of the lines. Answers for how many lines.
pub(crate) fn derive(session: &Session, lines: &[Vec<OsString>]) -> usize {
    let mut coming: Vec<Coming> = Vec::new();
    let (mut seen, mut random) = (0, 0);
    for line in lines {
        if coming.len() >= MOST || random >= MOST_RANDOM {
            break;
        }
        seen += 1;
        let Some((name, args)) = line.split_first() else { continue };
        match crate::TABLE.find(name).map(|command| command.name()) {
            Some("add_principal" | "change_password") if wants_random(args) => random += 1,
            Some("add_principal") => coming.extend(Coming::of_add(session, args)),
            Some("change_password") => coming.extend(Coming::of_change(session, args)),
            _ => {}
        }
    }
    let works: Vec<PasswordWork<'_>> = coming
        .iter()
        .map(|coming| PasswordWork {
            principal: &coming.principal,
            password: &coming.password,
            keysalts: &coming.keysalts,
            policy: coming.policy.clone(),
        })
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // Whatever is wrong, the command will say it.
    let _ = session.admin.derive_ahead(&works, threads);
    let _ = session.admin.randomize_ahead(random);
    seen
}
