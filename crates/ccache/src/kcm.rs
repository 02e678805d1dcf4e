//! Caches in a daemon that is asked over a socket: the KCM protocol, version 2.0.
//!
//! ```text
//! request  ┌────────┬──┬──┬────────┬───────────┐      length: bytes after it
//!          │ length │02│00│ opcode │ arguments │
//!          └────────┴──┴──┴────────┴───────────┘
//!           u32      u8 u8  u16
//!
//! reply    ┌────────┬───────────┬──────┬─────────┐    length: bytes from `code` on
//!          │ length │ transport │ code │ results │    transport: if it is not 0 nothing follows
//!          └────────┴───────────┴──────┴─────────┘    code: 0, or why there are no results
//!           u32      i32         i32
//! ```
//!
//! Integers have their most significant byte first. A name ends with a NUL. Principals and credentials stand as in a
//! cache file of version 4.

mod connection;

use crate::credential::{ClockOffset, Credential};
use crate::error::Kind;
use crate::mit::kcm_code;
use crate::record::{parse_credential, parse_principal};
use crate::{CcacheError, Result};
use connection::Connection;
use k5_types::{Principal, Secret};
use k5_wire::{ByteOrder, Reader};
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What is asked for. The numbers are Heimdal's; MIT's own begin at 13,000.
#[derive(Debug, Clone, Copy)]
enum Opcode {
    /// name → principal
    Principal = 8,
    /// name → ids
    CredentialIds = 9,
    /// name, id → credential
    CredentialById = 10,
    /// → ids
    CacheIds = 18,
    /// id → name
    CacheById = 19,
    /// → name
    DefaultCache = 20,
    /// name → seconds i32
    ClockOffset = 22,
    /// name → count u32, then length u32 and credential for each
    CredentialList = 13_001,
}

/// Bytes of an id.
const ID_LEN: usize = 16;

/// Asks the daemon for its default cache.
pub(crate) fn default_name(socket: &Path) -> Result<OsString> {
    let mut connection = Connection::open(socket)?;
    let reply = connection.call(Opcode::DefaultCache, &[])?;
    name_of(reply.expose())
}

/// Looks whether the daemon is there, as MIT does as soon as a cache is named.
pub(crate) fn reach(socket: &Path) -> Result<()> {
    Connection::open(socket).map(|_| ())
}

/// The names of the caches of the collection, the default one first if it is there, and why these are not all; one name
/// alone where `name` names one.
pub(crate) fn collection(socket: &Path, name: &OsStr) -> Result<(Vec<OsString>, Option<CcacheError>)> {
    let mut connection = Connection::open(socket)?;
    if !name.is_empty() {
        let there = connection.call(Opcode::Principal, &[&nul_ended(name)]).is_ok();
        return Ok((there.then(|| name.to_owned()).into_iter().collect(), None));
    }
    let ids = match connection.call(Opcode::CacheIds, &[]) {
        Err(CcacheError::KcmRefused(kcm_code::NO_CACHE)) => return Ok((Vec::new(), None)),
        other => ids(other?.expose())?,
    };
    let first = name_of(connection.call(Opcode::DefaultCache, &[])?.expose())?;
    let there = connection.call(Opcode::Principal, &[&nul_ended(&first)]).is_ok();
    let mut names: Vec<_> = there.then(|| first.clone()).into_iter().collect();
    for id in ids {
        let reply = connection.call(Opcode::CacheById, &[&id]);
        match reply.and_then(|reply| name_of(reply.expose())) {
            Ok(name) if name == first => {}
            Ok(name) => names.push(name),
            // It has gone meanwhile.
            Err(CcacheError::KcmRefused(kcm_code::NO_CACHE | kcm_code::AT_END)) => {}
            Err(error) => return Ok((names, Some(error))),
        }
    }
    Ok((names, None))
}

/// An opened cache.
#[derive(Debug)]
pub(crate) struct KcmReader {
    connection: Connection,
    name: OsString,
    pub(crate) principal: Principal,
    pub(crate) clock_offset: Option<ClockOffset>,
}

impl KcmReader {
    pub(crate) fn open(socket: &Path, name: &OsStr) -> Result<KcmReader> {
        let mut connection = Connection::open(socket)?;
        let missing = || CcacheError::NotFound { kind: Kind::Kcm, name: name.to_owned() };
        let reply = match connection.call(Opcode::Principal, &[&nul_ended(name)]) {
            Err(CcacheError::KcmRefused(kcm_code::NO_CACHE)) => return Err(missing()),
            other => other?,
        };
        // Heimdal's daemon may answer with nothing.
        if reply.expose().is_empty() {
            return Err(missing());
        }
        let principal =
            parse_principal(reply.expose(), Path::new(name)).map_err(|_| CcacheError::KcmReply)?;
        let offset = connection.call(Opcode::ClockOffset, &[&nul_ended(name)]).ok();
        let seconds = offset.and_then(|reply| Reader::new(reply.expose(), ByteOrder::Big).i32().ok());
        let clock_offset = seconds.map(|seconds| ClockOffset { seconds, microseconds: 0 });
        Ok(KcmReader { connection, name: name.to_owned(), principal, clock_offset })
    }

    /// The credentials in the daemon's order: all in one reply where the daemon can do that, else one by one.
    pub(crate) fn credentials(mut self) -> Result<KcmCredentials> {
        let name = nul_ended(&self.name);
        let path = PathBuf::from(&self.name);
        match self.connection.call(Opcode::CredentialList, &[&name]) {
            Ok(reply) => Ok(KcmCredentials::Whole(list(reply.expose(), &path)?)),
            Err(CcacheError::KcmRefused(code)) if kcm_code::means_unsupported(code) => {
                let ids = ids(self.connection.call(Opcode::CredentialIds, &[&name])?.expose())?;
                Ok(KcmCredentials::OneByOne { connection: self.connection, name, path, ids })
            }
            Err(error) => Err(error),
        }
    }
}

/// What is left of the credentials of a cache.
#[derive(Debug)]
pub(crate) enum KcmCredentials {
    Whole(VecDeque<Credential>),
    OneByOne { connection: Connection, name: Vec<u8>, path: PathBuf, ids: VecDeque<[u8; ID_LEN]> },
}

impl Iterator for KcmCredentials {
    type Item = Result<Credential>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            KcmCredentials::Whole(credentials) => credentials.pop_front().map(Ok),
            KcmCredentials::OneByOne { connection, name, path, ids } => {
                let id = ids.pop_front()?;
                let reply = connection.call(Opcode::CredentialById, &[name, &id]);
                Some(reply.and_then(|reply| {
                    parse_credential(reply.expose(), path).map_err(|_| CcacheError::KcmReply)
                }))
            }
        }
    }
}

fn nul_ended(name: &OsStr) -> Vec<u8> {
    [name.as_bytes(), b"\0"].concat()
}

fn name_of(reply: &[u8]) -> Result<OsString> {
    let end = reply.iter().position(|byte| *byte == 0).ok_or(CcacheError::KcmReply)?;
    Ok(OsStr::from_bytes(reply.get(..end).unwrap_or_default()).to_owned())
}

fn ids(reply: &[u8]) -> Result<VecDeque<[u8; ID_LEN]>> {
    let (ids, []) = reply.as_chunks::<ID_LEN>() else { return Err(CcacheError::KcmReply) };
    Ok(ids.iter().copied().collect())
}

/// A reply to [`Opcode::CredentialList`]. The list grows with what is there.
fn list(reply: &[u8], path: &Path) -> Result<VecDeque<Credential>> {
    let mut reader = Reader::new(reply, ByteOrder::Big);
    // Without a number there are none, as with MIT's.
    let count = reader.u32().unwrap_or(0);
    let mut credentials = VecDeque::new();
    for _ in 0..count {
        let one = reader.u32().and_then(|len| reader.bytes(usize::try_from(len).unwrap_or(usize::MAX)));
        let one = one.map_err(|_| CcacheError::KcmReply)?;
        credentials.push_back(parse_credential(one, path).map_err(|_| CcacheError::KcmReply)?);
    }
    Ok(credentials)
}

/// The results of a reply whose code says that there are some.
fn results(reply: Secret<Vec<u8>>) -> Result<Secret<Vec<u8>>> {
    let mut reader = Reader::new(reply.expose(), ByteOrder::Big);
    match reader.i32() {
        Ok(0) => Ok(Secret::new(reader.rest().to_vec())),
        Ok(code) => Err(CcacheError::KcmRefused(code)),
        Err(_) => Err(CcacheError::KcmReply),
    }
}

#[cfg(test)]
mod tests;
