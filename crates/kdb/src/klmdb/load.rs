//! Loading: one transaction, which empties the live environment or one that is made, and fills it. Nobody sees anything of
//! it before it is whole, and who reads goes on reading what was there.
//!
//! The lockout records are kept until then: the KDC writes its own meanwhile, and a load that fails has changed none.

use super::files::{KlmdbSettings, LOCKOUT, Made, POLICIES, PRINCIPALS};
use super::record::{self, Lockout};
use crate::backend::{Load, LoadFrom, Loaded};
use crate::entry::Entry;
use crate::error::{KdbError, Result};
use crate::policy::Policy;
use k5_lmdb::{Environment, Mode, Problem, Writer};
use k5_types::Principal;
use std::ops::ControlFlow;
use std::path::Path;

/// So many lockout records are written at a time: the KDC waits no longer.
const STEP: usize = 1000;

/// Bytes of an item beside key and value, with its slot.
const ITEM: usize = 11;
/// Bytes of pages besides those of records.
const OTHERS: usize = 32 << 10;
/// Bytes of a page; each record of a step may change one.
const PAGE: usize = 4 << 10;

/// A database that is being loaded.
pub struct KlmdbLoader {
    settings: KlmdbSettings,
    from: LoadFrom,
    writer: Writer,
    /// Each principal's lockout record with its key.
    lockout: Vec<(Box<[u8]>, Lockout)>,
    /// The greatest key so far of principals, and of policies, while they come in order.
    last: [Option<Vec<u8>>; 2],
    // Gone last: the files can only go when they are closed.
    made: Made,
}

impl KlmdbLoader {
    /// Waits for other writers and begins.
    ///
    /// # Errors
    /// Where the files cannot be made, or what is there is damaged.
    pub fn begin(settings: &KlmdbSettings, from: LoadFrom) -> Result<Self> {
        let failed = |error| match from {
            LoadFrom::Nothing => in_the_way(&settings.principals, settings.error(error)),
            LoadFrom::Live => settings.error(error),
        };
        let (made, principals) = match from {
            LoadFrom::Nothing => {
                let made = Made::of(settings);
                let opened = settings.open_principals(Mode::Create);
                (made, opened.map_err(|error| in_the_way(&settings.principals, error))?)
            }
            LoadFrom::Live if settings.principals.exists() => {
                (Made::default(), settings.open_principals(Mode::Existing)?)
            }
            LoadFrom::Live => return Err(KdbError::LmdbMissing { path: settings.principals.clone() }),
        };
        let mut writer = principals.write().map_err(failed)?;
        let last = match from {
            LoadFrom::Nothing => {
                writer.clear().map_err(failed)?;
                [Some(Vec::new()), Some(Vec::new())]
            }
            LoadFrom::Live => [None, None],
        };
        let settings = settings.clone();
        Ok(KlmdbLoader { settings, from, writer, lockout: Vec::new(), last, made })
    }

    /// Stores a record; what comes in order into an empty tree goes behind the last one, and fills its pages.
    fn put(&mut self, tree: &'static str, key: &[u8], value: &[u8]) -> Result<()> {
        let [principals, policies] = &mut self.last;
        let last = if tree == PRINCIPALS { principals } else { policies };
        let stored = match last {
            Some(last) if key > last.as_slice() => {
                last.clear();
                last.extend_from_slice(key);
                self.writer.append(tree, key, value)
            }
            _ => self.writer.put(tree, key, value),
        };
        stored.map_err(|error| self.settings.error(error))
    }
}

/// Says what to do about a damaged environment of which nothing is wanted any more. It is not replaced by a new file: who has the
/// old one open would go on with that.
fn in_the_way(path: &Path, error: KdbError) -> KdbError {
    match error {
        KdbError::Lmdb(source) if source.is_damage() => {
            KdbError::LmdbInTheWay { path: path.to_path_buf(), source }
        }
        error => error,
    }
}

/// Opens the environment of the lockout records and reads all of it: once the principals are in, it is too late for a refusal.
fn open_sound_lockout(settings: &KlmdbSettings) -> Result<Environment> {
    let environment = settings.open_lockout()?;
    let report = environment.read()?.check(&mut |_| Ok::<_, k5_lmdb::Error>(ControlFlow::Continue(())))?;
    match report.problems.into_iter().next() {
        None => Ok(environment),
        Some(Problem { page, what }) => {
            Err(KdbError::Lmdb(k5_lmdb::Error::Damaged { path: settings.lockout.clone(), page, what }))
        }
    }
}

/// Bytes that lockout records may take with pages half full, and those that a transaction has twice for a while.
fn room_for(records: &[(Box<[u8]>, Lockout)]) -> u64 {
    let all: usize = records.iter().map(|(key, _)| key.len() + Lockout::SIZE + ITEM).sum();
    let all = 2 * all + OTHERS;
    (all + all.min(STEP * PAGE)) as u64
}

/// Writes lockout records, a few at a time.
fn write_lockout(
    settings: &KlmdbSettings,
    environment: &Environment,
    records: &[(Box<[u8]>, Lockout)],
) -> k5_lmdb::Result<()> {
    for records in records.chunks(STEP) {
        let mut writer = environment.write()?;
        for (key, lockout) in records {
            if settings.merge_nra && writer.get(LOCKOUT, key)?.is_some() {
                continue;
            }
            writer.put(LOCKOUT, key, &lockout.encode())?;
        }
        writer.commit()?;
    }
    Ok(())
}

impl Load for KlmdbLoader {
    fn put_principal(&mut self, entry: &Entry) -> Result<()> {
        let (key, value) = (record::key(&entry.principal)?, record::encode(entry)?);
        self.put(PRINCIPALS, &key, &value)?;
        if self.settings.uses_lockout {
            self.lockout.push((key.into_boxed_slice(), Lockout::of(entry)));
        }
        Ok(())
    }

    fn put_policy(&mut self, policy: &Policy) -> Result<()> {
        let (key, value) = (record::policy_key(&policy.name)?, record::encode_policy(policy)?);
        self.put(POLICIES, key, &value)
    }

    fn live_principal(&mut self, name: &Principal) -> Result<Option<Entry>> {
        if self.from == LoadFrom::Nothing {
            return Ok(None);
        }
        let key = record::key(name)?;
        let stored =
            self.writer.before().get(PRINCIPALS, &key).map_err(|error| self.settings.error(error))?;
        let file = self.settings.principals.display().to_string();
        stored.map(|value| record::decode_sorted(&file, &key, &value)).transpose()
    }

    fn finish_with(self: Box<Self>, placing: &mut dyn FnMut() -> Result<()>) -> Result<Loaded> {
        let KlmdbLoader { settings, writer, lockout, mut made, .. } = *self;
        let failed = |error| settings.error(error);
        let environment = if settings.uses_lockout {
            Some(open_sound_lockout(&settings).map_err(|error| in_the_way(&settings.lockout, error))?)
        } else {
            None
        };
        // What is written behind the commit must not fail for want of room.
        let keep = |environment: &Environment| environment.keep_room(room_for(&lockout)).map_err(failed);
        let _room = environment.as_ref().map(keep).transpose()?;
        placing()?;
        writer.commit().map_err(failed)?;
        made.keep();
        if let Some(environment) = environment {
            write_lockout(&settings, &environment, &lockout)
                .map_err(|error| KdbError::WithoutLockout { source: Box::new(failed(error)) })?;
        }
        Ok(Loaded::default())
    }
}
