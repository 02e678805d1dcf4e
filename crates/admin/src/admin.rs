//! The administrator at work on one realm: an open database, its master keys, and the realm's rules.

use crate::derive::Derived;
use crate::error::{AdminError, Result};
use crate::history::history_principal;
use crate::quality::Quality;
use crate::transact::Open;
use k5_crypto::Random;
use k5_kdb::{Backend, Entry, MasterKeys, Policy, Transaction, find_principal};
use k5_types::{Attributes, Duration, EncType, KeySalt, Principal, Timestamp};
use std::cell::{Cell, RefCell};

/// What a new principal gets where nothing is said, and which keys.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// `max_life`.
    pub max_life: Duration,
    /// `max_renewable_life`.
    pub max_renewable_life: Duration,
    /// `default_principal_expiration`.
    pub expiration: Timestamp,
    /// `default_principal_flags`.
    pub attributes: Attributes,
    /// `supported_enctypes`.
    pub keysalts: Vec<KeySalt>,
    /// `master_key_type`, which the key of kadmin/history has too.
    pub master_enctype: EncType,
}

/// What must not happen in this realm with this program, each with the line that says so.
#[derive(Debug, Clone, Default)]
pub struct Guards {
    /// Why no password may be set.
    pub passwords: Option<String>,
}

/// All that an [`Admin`] is made of.
pub struct AdminParts {
    /// The database.
    pub backend: Box<dyn Backend>,
    /// The realm.
    pub realm: Vec<u8>,
    /// Its rules for new principals.
    pub defaults: Defaults,
    /// Its master keys.
    pub master: MasterKeys,
    /// The principal that K/M is called by.
    pub master_principal: Principal,
    /// Who is acting; recorded in each entry that changes.
    pub actor: Principal,
    /// Rules for passwords.
    pub quality: Quality,
    /// What must not happen.
    pub guards: Guards,
    /// The time.
    pub clock: Box<dyn Fn() -> Timestamp>,
    /// Where keys come from.
    pub random: Box<dyn Random>,
}

/// An administrator at work. Every operation is one transaction, or one step of the transaction that a lock or a batch
/// keeps open: it happens whole or not at all.
pub struct Admin {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) realm: Vec<u8>,
    pub(crate) defaults: Defaults,
    pub(crate) master: MasterKeys,
    pub(crate) master_principal: Principal,
    pub(crate) history_principal: Principal,
    pub(crate) actor: Principal,
    pub(crate) quality: Quality,
    guards: Guards,
    clock: Box<dyn Fn() -> Timestamp>,
    /// The transaction of the lock or the batch, while there is one.
    pub(crate) open: RefCell<Open>,
    /// Whether a batch holds the locks.
    pub(crate) holding: Cell<bool>,
    /// Whether something was refused, or failed, that is to be done on its own and not in a batch.
    pub(crate) alone: Cell<bool>,
    /// Keys of passwords that were made ahead.
    pub(crate) derived: RefCell<Derived>,
    pub(crate) random: RefCell<Box<dyn Random>>,
}

impl Admin {
    /// Puts an administrator to work.
    #[must_use]
    pub fn new(parts: AdminParts) -> Self {
        Admin {
            history_principal: history_principal(&parts.realm),
            backend: parts.backend,
            realm: parts.realm,
            defaults: parts.defaults,
            master: parts.master,
            master_principal: parts.master_principal,
            actor: parts.actor,
            quality: parts.quality,
            guards: parts.guards,
            clock: parts.clock,
            open: RefCell::new(Open::Nothing),
            holding: Cell::new(false),
            alone: Cell::new(false),
            derived: RefCell::default(),
            random: RefCell::new(parts.random),
        }
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &[u8] {
        &self.realm
    }

    /// Who is acting.
    #[must_use]
    pub fn actor(&self) -> &Principal {
        &self.actor
    }

    /// From here on changes are recorded under this name.
    pub fn act_as(&mut self, actor: Principal) {
        self.actor = actor;
    }

    /// What new principals get.
    #[must_use]
    pub fn defaults(&self) -> &Defaults {
        &self.defaults
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Whether a principal is the one that holds the master keys.
    #[must_use]
    pub fn is_master(&self, principal: &Principal) -> bool {
        *principal == self.master_principal
    }

    /// Refuses what must not be done to the master keys' principal.
    pub(crate) fn refuse_master(&self, principal: &Principal) -> Result<()> {
        if self.is_master(principal) { Err(AdminError::Protected) } else { Ok(()) }
    }

    /// Refuses where no password may be set in this realm.
    pub(crate) fn may_set_passwords(&self) -> Result<()> {
        match &self.guards.passwords {
            None => Ok(()),
            Some(reason) => Err(AdminError::Blocked(reason.clone())),
        }
    }

    /// Stamps an entry with the time and the actor, and stores it.
    pub(crate) fn store(&self, transaction: &mut dyn Transaction, entry: &mut Entry) -> Result<()> {
        entry.set_modified(self.now(), &self.actor);
        let kadm_data = entry.kadm_data()?;
        // Also where nothing of it has changed: MIT writes it with every entry.
        entry.set_kadm_data(&kadm_data);
        Ok(transaction.put_principal(entry)?)
    }
}

/// The entry of a principal that must be there, under its name or an alias.
pub(crate) fn existing(transaction: &mut dyn Transaction, principal: &Principal) -> Result<Entry> {
    find_principal(transaction, principal)?.ok_or(AdminError::UnknownPrincipal)
}

/// The policy of an entry. One that does not exist counts as none: dangling policies are allowed.
pub(crate) fn policy_of(transaction: &mut dyn Transaction, entry: &Entry) -> Result<Option<Policy>> {
    match entry.kadm_data()?.effective_policy() {
        Some(name) => Ok(transaction.policy(name)?),
        None => Ok(None),
    }
}
