//! Looking at principals.

use crate::admin::{Admin, existing};
use crate::error::Result;
use crate::glob::Glob;
use k5_kdb::{Entry, Policy, Scope};
use k5_types::Principal;
use std::ops::ControlFlow;

impl Admin {
    /// A principal's entry, its keys still encrypted.
    ///
    /// # Errors
    /// [`crate::AdminError::UnknownPrincipal`], and the database's errors.
    pub fn principal(&self, principal: &Principal) -> Result<Entry> {
        self.read(Scope::Everything, |transaction| existing(transaction, principal))
    }

    /// A policy, if it exists.
    ///
    /// # Errors
    /// The database's.
    pub fn policy(&self, name: &[u8]) -> Result<Option<Policy>> {
        self.read(Scope::Policies, |transaction| Ok(transaction.policy(name)?))
    }

    /// The names of the principals that a pattern matches, in the order of the database. `None` matches all; a
    /// pattern without `@` gets `@*`.
    ///
    /// # Errors
    /// [`crate::AdminError::Invalid`] for a pattern without a meaning, and the database's errors.
    pub fn principal_names(&self, pattern: Option<&[u8]>) -> Result<Vec<Vec<u8>>> {
        let glob = Glob::for_principals(pattern.unwrap_or(b"*"))?;
        let mut names = Vec::new();
        self.read(Scope::Everything, |transaction| {
            transaction.each_name_with(&glob.prefix(), &mut |name| {
                if glob.matches(name) {
                    names.push(name.to_vec());
                }
                Ok(ControlFlow::Continue(()))
            })?;
            Ok(())
        })?;
        Ok(names)
    }

    /// The names of the policies that a pattern matches, in the order of the database.
    ///
    /// # Errors
    /// As [`Admin::principal_names`].
    pub fn policy_names(&self, pattern: Option<&[u8]>) -> Result<Vec<Vec<u8>>> {
        let glob = Glob::for_policies(pattern.unwrap_or(b"*"))?;
        let mut names = Vec::new();
        self.read(Scope::Policies, |transaction| {
            transaction.each_policy(&mut |policy| {
                if glob.matches(&policy.name) {
                    names.push(policy.name);
                }
                Ok(ControlFlow::Continue(()))
            })?;
            Ok(())
        })?;
        Ok(names)
    }
}
