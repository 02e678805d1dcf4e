//! Passwords on lines that are going to be run: their keys are made for many lines at once, on all cores.

use crate::session::{Session, keysalts};
use crate::{add_principal, change_password, principal_options};
use k5_admin::{PasswordWork, PolicyOf};
use k5_cli::{Item, WordOptions};
use k5_types::{KeySalt, Principal, Secret};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// So many passwords are looked at in one go: enough for all cores, and not so many that the first line waits long.
const MOST: usize = 128;

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

/// Makes the keys for the first of the lines. Answers for how many lines.
pub(crate) fn derive(session: &Session, lines: &[Vec<OsString>]) -> usize {
    let mut coming: Vec<Coming> = Vec::new();
    let mut seen = 0;
    for line in lines {
        if coming.len() >= MOST {
            break;
        }
        seen += 1;
        let Some((name, args)) = line.split_first() else { continue };
        coming.extend(match crate::TABLE.find(name).map(|command| command.name()) {
            Some("add_principal") => Coming::of_add(session, args),
            Some("change_password") => Coming::of_change(session, args),
            _ => None,
        });
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
    if !works.is_empty() {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        // Whatever is wrong, the command will say it.
        let _ = session.admin.derive_ahead(&works, threads);
    }
    seen
}
