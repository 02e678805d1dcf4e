//! Keys that are made ahead, while no locks are held: from passwords, for several at once on all cores, and random ones. A
//! key from a password is a function of password, salt and encryption type, and a random one is as good as another, so that
//! a key made ahead is right or is not asked for.

use crate::admin::{Admin, policy_of};
use crate::error::{AdminError, Result};
use crate::keys::{again, fixed_salt};
use crate::keysalts;
use k5_crypto::{make_random_key, string_to_key};
use k5_kdb::{KeyData, Policy, Scope, Transaction, find_principal};
use k5_types::{EncType, KeyBlock, KeySalt, Principal, Secret};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Keys that were made ahead.
#[derive(Default)]
pub(crate) struct Derived {
    /// From passwords, by encryption type and salt.
    passwords: HashMap<(EncType, Vec<u8>), Vec<Made>>,
    /// Random ones by encryption type, encrypted in the master key of this version.
    random: HashMap<(EncType, u16), Vec<KeyData>>,
}

/// A key and the password that it was made of.
struct Made {
    password: Secret<Vec<u8>>,
    key: KeyBlock,
}

impl Derived {
    fn find(&self, enctype: EncType, password: &Secret<Vec<u8>>, salt: &[u8]) -> Option<&KeyBlock> {
        let same = self.passwords.get(&(enctype, salt.to_vec()))?;
        same.iter().find(|made| made.password == *password).map(|made| &made.key)
    }

    /// Makes the keys that are not there yet.
    fn make_missing(&mut self, jobs: Vec<Job<'_>>, threads: usize) {
        let jobs: Vec<Job<'_>> = jobs
            .into_iter()
            .filter(|job| self.find(job.enctype, job.password, &job.salt).is_none())
            .collect();
        let made = make_all(&jobs, threads);
        for (job, key) in jobs.into_iter().zip(made) {
            // What cannot be made says so when it is asked for.
            if let Some(key) = key {
                let same = self.passwords.entry((job.enctype, job.salt)).or_default();
                same.push(Made { password: job.password.duplicate(), key });
            }
        }
    }
}

#[cfg(test)]
impl Derived {
    /// How many times a password's key is there.
    pub(crate) fn passwords_made(&self, enctype: EncType, password: &Secret<Vec<u8>>, salt: &[u8]) -> usize {
        let same = self.passwords.get(&(enctype, salt.to_vec()));
        same.map_or(0, |same| same.iter().filter(|made| made.password == *password).count())
    }

    /// How many random keys there are.
    pub(crate) fn ready(&self) -> usize {
        self.random.values().map(Vec::len).sum()
    }
}

/// Whose policy says which keys a password becomes.
#[derive(Debug, Clone)]
pub enum PolicyOf {
    /// That of the principal, which is there.
    Principal,
    /// The policy of this name, which need not exist.
    Named(Vec<u8>),
    /// None.
    Nobody,
}

/// A password that is about to be set.
#[derive(Debug)]
pub struct PasswordWork<'a> {
    /// Whose.
    pub principal: &'a Principal,
    /// The password.
    pub password: &'a Secret<Vec<u8>>,
    /// Which keys were asked for; else the policy or the realm says.
    pub keysalts: &'a [KeySalt],
    /// The policy.
    pub policy: PolicyOf,
}

/// A key to be made.
struct Job<'a> {
    enctype: EncType,
    salt: Vec<u8>,
    password: &'a Secret<Vec<u8>>,
}

impl Admin {
    /// Makes the keys of passwords that are about to be set, on so many threads; of those that were made before, only what
    /// these want too is kept. What cannot be known yet (a random salt, a principal that is not there) is made when it is needed.
    ///
    /// # Errors
    /// The database's. Nothing depends on this: whoever sets the password is told what is wrong.
    pub fn derive_ahead(&self, works: &[PasswordWork<'_>], threads: usize) -> Result<()> {
        let jobs = self.all_jobs(works)?;
        let mut derived = self.derived.borrow_mut();
        let mut before = std::mem::take(&mut derived.passwords);
        for job in &jobs {
            let place = (job.enctype, job.salt.clone());
            let Some(same) = before.get_mut(&place) else { continue };
            if let Some(at) = same.iter().position(|made| made.password == *job.password) {
                let made = same.swap_remove(at);
                derived.passwords.entry(place).or_default().push(made);
            }
        }
        derived.make_missing(jobs, threads);
        Ok(())
    }

    /// The same beside those that were made before, and without those.
    pub(crate) fn derive_missing(&self, works: &[PasswordWork<'_>], threads: usize) -> Result<()> {
        let jobs = self.all_jobs(works)?;
        self.derived.borrow_mut().make_missing(jobs, threads);
        Ok(())
    }

    fn all_jobs<'a>(&self, works: &[PasswordWork<'a>]) -> Result<Vec<Job<'a>>> {
        if works.is_empty() {
            return Ok(Vec::new());
        }
        self.read(Scope::Everything, |transaction| {
            let mut jobs = Vec::new();
            for work in works {
                jobs.extend(self.jobs(transaction, work)?);
            }
            Ok(jobs)
        })
    }

    /// Forgets the keys that were made ahead.
    pub(crate) fn forget_derived(&self) {
        *self.derived.borrow_mut() = Derived::default();
    }

    /// Makes random keys until there are enough for so many principals, as the realm's defaults have them, beside what else was
    /// made ahead. For a principal whose policy wants others they are not used.
    ///
    /// # Errors
    /// Where the master key or randomness fails. Nothing depends on this.
    pub fn randomize_ahead(&self, principals: usize) -> Result<()> {
        let master = self.master.active(self.now())?;
        let sealing = self.master.storage_key(master.kvno.into())?;
        let (mut random, mut derived) = (self.random.borrow_mut(), self.derived.borrow_mut());
        for keysalt in &self.defaults.keysalts {
            let ready = derived.random.entry((keysalt.enctype, master.kvno)).or_default();
            while ready.len() < principals {
                let key = make_random_key(keysalt.enctype, &mut **random)?;
                ready.push(sealing.seal(&key, 0, None, &mut **random)?);
            }
        }
        Ok(())
    }

    /// A random key that was made ahead.
    pub(crate) fn random_key(&self, enctype: EncType, master: u16, kvno: u16) -> Option<KeyData> {
        let mut derived = self.derived.borrow_mut();
        let mut key = derived.random.get_mut(&(enctype, master))?.pop()?;
        key.kvno = kvno;
        Some(key)
    }

    /// A key from a password, one that was made ahead if it is there. While a batch holds the locks none is made.
    pub(crate) fn derived_key(
        &self,
        enctype: EncType,
        password: &Secret<Vec<u8>>,
        salt: &[u8],
    ) -> Result<KeyBlock> {
        if let Some(key) = self.derived.borrow().find(enctype, password, salt) {
            return Ok(key.duplicate());
        }
        if self.holding.get() {
            self.alone.set(true);
            return Err(AdminError::TooSlow);
        }
        Ok(string_to_key(enctype, password.expose(), salt, None)?)
    }

    fn jobs<'a>(&self, transaction: &mut dyn Transaction, work: &PasswordWork<'a>) -> Result<Vec<Job<'a>>> {
        let policy: Option<Policy> = match &work.policy {
            PolicyOf::Nobody => None,
            PolicyOf::Named(name) if name.is_empty() => None,
            PolicyOf::Named(name) => transaction.policy(name)?,
            PolicyOf::Principal => match find_principal(transaction, work.principal)? {
                Some(entry) => policy_of(transaction, &entry)?,
                None => return Ok(Vec::new()),
            },
        };
        let Ok(keysalts) = keysalts::choose(policy.as_ref(), work.keysalts, &self.defaults.keysalts) else {
            return Ok(Vec::new());
        };
        let wanted = keysalts
            .iter()
            .enumerate()
            .filter(|(index, wanted)| !keysalts.iter().take(*index).any(|earlier| again(earlier, wanted)));
        let jobs = wanted.filter_map(|(_, wanted)| {
            let salt = fixed_salt(work.principal, wanted.salt)?;
            Some(Job { enctype: wanted.enctype, salt, password: work.password })
        });
        Ok(jobs.collect())
    }
}

/// The keys of all jobs in their order, on several threads; `None` where there can be none.
fn make_all(jobs: &[Job<'_>], threads: usize) -> Vec<Option<KeyBlock>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return made };
            made.push((index, string_to_key(job.enctype, job.password.expose(), &job.salt, None).ok()));
        }
    };
    let mut made = std::thread::scope(|scope| {
        let helpers = threads.min(jobs.len()).saturating_sub(1);
        let running: Vec<_> =
            (0..helpers).filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut made = work();
        for thread in running {
            // What a thread that died has not made is made when it is needed.
            made.extend(thread.join().unwrap_or_default());
        }
        made
    });
    made.sort_unstable_by_key(|(index, _)| *index);
    let mut made = made.into_iter().peekable();
    (0..jobs.len()).map(|index| made.next_if(|(of, _)| *of == index).and_then(|(_, key)| key)).collect()
}
