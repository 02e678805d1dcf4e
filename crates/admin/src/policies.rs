//! Making, changing and deleting password policies.

use crate::admin::Admin;
use crate::error::{AdminError, Result};
use k5_kdb::{Policy, Scope};
use k5_types::KeySalt;

/// Least length that a policy may ask for.
const LEAST_LENGTH: u32 = 1;
/// Least and most character classes.
const CLASSES: std::ops::RangeInclusive<u32> = 1..=5;
/// Least history.
const LEAST_HISTORY: u32 = 1;

/// What is said of a policy; what is `None` stays, or is the least in a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyFields {
    /// Seconds that a password must be kept. Compared with a sign, as MIT does: from 2^31 on it is below nothing.
    pub min_life: Option<u32>,
    /// Seconds after which a password expires; 0: never.
    pub max_life: Option<u32>,
    /// Least number of characters.
    pub min_length: Option<u32>,
    /// Least number of character classes.
    pub min_classes: Option<u32>,
    /// Number of passwords that may not be used again.
    pub history_num: Option<u32>,
    /// Failures after which a principal is locked.
    pub max_fail: Option<u32>,
    /// Seconds after which failures are forgotten.
    pub failure_interval: Option<u32>,
    /// Seconds that a lock holds.
    pub lockout_duration: Option<u32>,
    /// Keysalts that keys may have; `Some(None)` lifts the limit.
    pub allowed_keysalts: Option<Option<Vec<u8>>>,
}

impl Admin {
    /// Makes a policy.
    ///
    /// # Errors
    /// [`AdminError::Duplicate`], [`AdminError::BadPolicyName`], what the limits say, the database's errors.
    pub fn create_policy(&self, name: &[u8], fields: &PolicyFields) -> Result<()> {
        if name.is_empty() {
            return Err(AdminError::BadPolicyName);
        }
        check_keysalts(fields)?;
        self.write(Scope::Policies, |transaction| {
            if transaction.policy(name)?.is_some() {
                return Err(AdminError::Duplicate);
            }
            if !name.iter().all(|byte| (b' '..=b'~').contains(byte)) {
                return Err(AdminError::BadPolicyName);
            }
            let mut policy = Policy {
                name: name.to_vec(),
                min_length: LEAST_LENGTH,
                min_classes: *CLASSES.start(),
                history_num: LEAST_HISTORY,
                ..Policy::default()
            };
            // In a new policy the greatest life is a number with a sign, in an old one it has none.
            apply(&mut policy, fields, |life| i64::from(life.cast_signed()))?;
            Ok(transaction.put_policy(&policy)?)
        })
    }

    /// Changes a policy.
    ///
    /// # Errors
    /// [`AdminError::UnknownPolicy`], [`AdminError::BadPolicyName`], what the limits say, the database's errors.
    pub fn modify_policy(&self, name: &[u8], fields: &PolicyFields) -> Result<()> {
        if name.is_empty() {
            return Err(AdminError::BadPolicyName);
        }
        check_keysalts(fields)?;
        self.write(Scope::Policies, |transaction| {
            let mut policy = transaction.policy(name)?.ok_or(AdminError::UnknownPolicy)?;
            apply(&mut policy, fields, i64::from)?;
            Ok(transaction.put_policy(&policy)?)
        })
    }

    /// Deletes a policy. Principals that have it keep its name.
    ///
    /// # Errors
    /// [`AdminError::UnknownPolicy`], [`AdminError::BadPolicyName`], the database's errors.
    pub fn delete_policy(&self, name: &[u8]) -> Result<()> {
        if name.is_empty() {
            return Err(AdminError::BadPolicyName);
        }
        self.write(Scope::Policies, |transaction| match transaction.delete_policy(name)? {
            true => Ok(()),
            false => Err(AdminError::UnknownPolicy),
        })
    }
}

/// A list must be made of keysalts; MIT drops what it does not know, and so a slip leaves a policy that allows
/// nothing.
fn check_keysalts(fields: &PolicyFields) -> Result<()> {
    let Some(Some(list)) = &fields.allowed_keysalts else { return Ok(()) };
    let list = std::str::from_utf8(list).map_err(|_| AdminError::BadKeySalts)?;
    let mut words = list.split(',').filter(|word| !word.is_empty()).peekable();
    if words.peek().is_none() || words.any(|word| KeySalt::parse(word).is_err()) {
        return Err(AdminError::BadKeySalts);
    }
    Ok(())
}

fn apply(policy: &mut Policy, fields: &PolicyFields, greatest: impl Fn(u32) -> i64) -> Result<()> {
    let set = |to: &mut u32, from: Option<u32>| *to = from.unwrap_or(*to);
    set(&mut policy.max_life, fields.max_life);
    if let Some(min_life) = fields.min_life {
        let least = i64::from(min_life.cast_signed());
        if least > greatest(policy.max_life) && policy.max_life != 0 {
            return Err(AdminError::BadMinLife);
        }
        policy.min_life = min_life;
    }
    if fields.min_length.is_some_and(|length| length < LEAST_LENGTH) {
        return Err(AdminError::BadLength);
    }
    if fields.min_classes.is_some_and(|classes| !CLASSES.contains(&classes)) {
        return Err(AdminError::BadClasses);
    }
    if fields.history_num.is_some_and(|history| history < LEAST_HISTORY) {
        return Err(AdminError::BadHistory);
    }
    set(&mut policy.min_length, fields.min_length);
    set(&mut policy.min_classes, fields.min_classes);
    set(&mut policy.history_num, fields.history_num);
    set(&mut policy.max_fail, fields.max_fail);
    set(&mut policy.failure_interval, fields.failure_interval);
    set(&mut policy.lockout_duration, fields.lockout_duration);
    if let Some(list) = &fields.allowed_keysalts {
        policy.allowed_keysalts.clone_from(list);
    }
    Ok(())
}
