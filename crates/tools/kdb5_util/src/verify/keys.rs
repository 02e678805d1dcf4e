//! The keys that verification tries, even where the entry of the master keys is damaged or lost.

use crate::open::{provided_key, unlock};
use crate::session::{Session, Stop};
use k5_kdb::mkey::stash;
use k5_kdb::{Entry, Inspect, KdbError, MasterKey, MasterKeys, open_key};
use k5_types::{KeyBlock, Principal, Secret};
use std::ops::ControlFlow;

/// Keys of entries that are tried to find out whether a master key is the realm's.
const TRIED: usize = 1000;

/// The master keys.
pub(super) struct Masters {
    /// `None` where they cannot be had, which has been told.
    pub(super) keys: Option<MasterKeys>,
    /// They are those that the realm's own entry has.
    pub(super) complete: bool,
    /// What is wrong with that entry, seen from them.
    pub(super) fault: Option<String>,
}

/// The master keys by the realm's own entry, else those that were given or are stashed, if they open anything.
pub(super) fn masters(
    session: &mut Session<'_, '_>,
    inspector: &dyn Inspect,
    principal: &Principal,
    entry: Option<&Entry>,
    password: Option<Secret<Vec<u8>>>,
) -> Result<Masters, Stop> {
    let stashed = password.is_none() && !session.general.ask;
    let none = Masters { keys: None, complete: false, fault: None };
    let key = match provided_key(session, principal, password)? {
        Ok(key) => key,
        Err(text) => {
            session.failed(text, "while reading master key; no key is decrypted");
            return Ok(none);
        }
    };
    let reason = match entry.map(|entry| unlock(session, entry, &key)) {
        Some(Ok(keys)) => return Ok(Masters { keys: Some(keys), complete: true, fault: None }),
        Some(Err(reason)) => Some(reason),
        None => None,
    };
    let mut keys = vec![MasterKey { kvno: session.general.kvno.unwrap_or(1), key }];
    if stashed && let Ok(all) = stash::read_all(&session.params.key_stash_file, principal) {
        keys = all;
    }
    let opens = opens_any(inspector, principal, keys.iter().map(|key| &key.key))
        .map_err(|error| session.error(error.to_string(), "while verifying database"))?;
    if !opens {
        let text = reason.unwrap_or_else(|| "it is not that of this database".to_owned());
        session.failed(text, "while reading master key; no key is decrypted");
        return Ok(none);
    }
    let fault =
        reason.map(|reason| format!("its keys do not open, though the master key is right: {reason}"));
    Ok(Masters { keys: Some(MasterKeys::loose(keys)), complete: false, fault })
}

/// Whether one of the keys opens a key of any other entry, as far as that is soon found out.
fn opens_any<'k>(
    inspector: &dyn Inspect,
    principal: &Principal,
    keys: impl Iterator<Item = &'k KeyBlock>,
) -> Result<bool, KdbError> {
    let keys: Vec<&KeyBlock> = keys.collect();
    let (mut opens, mut tried) = (false, 0);
    inspector.principals(&mut |found| {
        let entry = found.what.ok().filter(|entry| entry.principal != *principal);
        for data in entry.iter().flat_map(|entry| &entry.key_data) {
            opens |= keys.iter().any(|key| open_key(key, data).is_ok());
            tried += 1;
        }
        if opens || tried >= TRIED { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(opens)
}
