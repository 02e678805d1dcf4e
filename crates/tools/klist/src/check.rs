//! `-s`: whether there are tickets that are good.

use crate::{Task, cache};
use k5_ccache::{Ccache, Credential};
use k5_cli::{ExitStatus, Failure, Io};
use k5_types::Timestamp;

/// Whether the default cache, or the one that is named, has a ticket that is good. Nothing is printed.
pub(crate) fn default_cache(task: &Task<'_>, io: &Io<'_>) -> Result<ExitStatus, Failure> {
    let cache = cache::name(task).and_then(|name| Ccache::resolve(&name, &task.system));
    let good = cache.is_ok_and(|cache| is_good(&cache, task, io.now()));
    Ok(if good { ExitStatus::SUCCESS } else { ExitStatus::FAILURE })
}

/// Whether a cache can be read to its end, and has a ticket that is good as [`Verdict`] tells.
pub(crate) fn is_good(cache: &Ccache, task: &Task<'_>, now: Timestamp) -> bool {
    let Ok(open) = cache.open(&task.system) else { return false };
    let mut verdict = Verdict::new(open.principal().realm());
    let Ok(credentials) = open.credentials() else { return false };
    for credential in credentials {
        match credential {
            Ok(credential) => verdict.take(&credential, now),
            Err(_) => return false,
        }
    }
    verdict.is_good()
}

/// Where there is a ticket-granting ticket of the own realm, such a one must be good; else any ticket will do.
#[derive(Debug)]
pub(crate) struct Verdict {
    realm: Vec<u8>,
    any_tgt: bool,
    good_tgt: bool,
    good_ticket: bool,
}

impl Verdict {
    pub(crate) fn new(realm: &[u8]) -> Verdict {
        Verdict { realm: realm.to_vec(), any_tgt: false, good_tgt: false, good_ticket: false }
    }

    pub(crate) fn take(&mut self, credential: &Credential, now: Timestamp) {
        let good = credential.end_time > now;
        if credential.is_local_tgt(&self.realm) {
            self.any_tgt = true;
            self.good_tgt |= good;
        } else if !credential.is_config() {
            self.good_ticket |= good;
        }
    }

    pub(crate) fn is_good(&self) -> bool {
        if self.any_tgt { self.good_tgt } else { self.good_ticket }
    }
}
