//! The fields of a cache file, in the order in which they stand.
//!
//! ```text
//! file       ┌──┬─────────┬────────┬───────────┬────────────┬───
//!            │05│ version │ header │ principal │ credential │ ...
//!            └──┴─────────┴────────┴───────────┴────────────┴───
//!             u8  u8, 1..4  v4 only  the default one
//!
//! header     ┌────────┬─────┬────────┬──────────────┬───
//!            │ length │ tag │ length │ length bytes │ ...       fields until `length` bytes are used up
//!            └────────┴─────┴────────┴──────────────┴───
//!             u16      u16   u16      tag 1: seconds i32, microseconds i32: KDC's clock minus ours
//!
//! principal  ┌───────────┬───────┬───────┬─────────────┬───
//!            │ name type │ count │ realm │ component 1 │ ...
//!            └───────────┴───────┴───────┴─────────────┴───
//!             i32, not v1 u32     data    data               v1 counts the realm among the components
//!
//! credential ┌────────┬────────┬─────────┬─────┬───────────┬────────────┬──────────┬────────────┬─────────
//!            │ client │ server │ enctype │ key │ auth time │ start time │ end time │ renew till │ is_skey
//!            └────────┴────────┴─────────┴─────┴───────────┴────────────┴──────────┴────────────┴─────────
//!             principal         i16       data  u32         u32          u32        u32          u8
//!                               twice in v3
//!            ┌───────┬───────┬─────────────┬───────┬─────────────┬────────┬───────────────┐
//!            │ flags │ count │ address ... │ count │ authdata... │ ticket │ second ticket │
//!            └───────┴───────┴─────────────┴───────┴─────────────┴────────┴───────────────┘
//!             u32     u32                   u32                   data     data
//!
//! address, authdata   ┌──────┬──────┐            data  ┌────────┬──────────────┐
//!                     │ type │ data │                  │ length │ length bytes │
//!                     └──────┴──────┘                  └────────┴──────────────┘
//!                      u16                              u32
//! ```
//!
//! Integers are in the order of the machine that wrote them in versions 1 and 2, most significant byte first in
//! versions 3 and 4 and wherever the first two bytes and the header are concerned.
//!
//! Keyrings and the KCM protocol hold principals and credentials as they stand in a file of version 4.

use crate::credential::{Address, AuthData, ClockOffset, Credential, TicketFlags};
use crate::fields::Fields;
use crate::{CcacheError, Damage, Result};
use k5_types::{EncType, KeyBlock, NameType, Principal, Secret, Timestamp};
use k5_wire::ByteOrder;
use std::io::Read;
use std::path::Path;

/// The first byte of every cache file.
const MAGIC: u8 = 5;

/// Bytes of a header field before its value.
const TAG_LEN: u16 = 4;

/// The tag of the header field that tells how far the KDC's clock is away.
const TAG_CLOCK_OFFSET: u16 = 1;

/// Bytes of its value.
const CLOCK_OFFSET_LEN: u16 = 8;

/// The version of a cache file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Integers in the order of the machine, names without a type.
    V1,
    /// Integers in the order of the machine.
    V2,
    /// The encryption type of a key stands there twice.
    V3,
    /// What every program writes today: a header for what may come.
    V4,
}

impl Version {
    fn from_bytes(bytes: [u8; 2]) -> Option<Version> {
        match bytes {
            [MAGIC, 1] => Some(Version::V1),
            [MAGIC, 2] => Some(Version::V2),
            [MAGIC, 3] => Some(Version::V3),
            [MAGIC, 4] => Some(Version::V4),
            _ => None,
        }
    }

    /// 1 to 4.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Version::V1 => 1,
            Version::V2 => 2,
            Version::V3 => 3,
            Version::V4 => 4,
        }
    }

    fn order(self) -> ByteOrder {
        match self {
            Version::V1 | Version::V2 => ByteOrder::NATIVE,
            Version::V3 | Version::V4 => ByteOrder::Big,
        }
    }
}

/// What stands before the first credential.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) version: Version,
    /// From the header of version 4.
    pub(crate) clock_offset: Option<ClockOffset>,
    /// Whose tickets these are.
    pub(crate) principal: Principal,
}

impl<R: Read> Fields<R> {
    /// Version, header and default principal.
    ///
    /// # Errors
    /// [`CcacheError::BadVersion`], [`CcacheError::Damaged`], [`CcacheError::Io`].
    pub(crate) fn head(&mut self) -> Result<Head> {
        let version = Version::from_bytes(self.array("version")?);
        let version = version.ok_or_else(|| CcacheError::BadVersion { path: self.path().to_owned() })?;
        let clock_offset = if version == Version::V4 { self.header()? } else { None };
        self.order = version.order();
        Ok(Head { version, clock_offset, principal: self.principal(version)? })
    }

    fn header(&mut self) -> Result<Option<ClockOffset>> {
        let mut clock_offset = None;
        let mut left = self.u16("header length")?;
        while left > 0 {
            let at = self.offset();
            let room = left.checked_sub(TAG_LEN).ok_or_else(|| self.damaged(at, Damage::HeaderOverrun))?;
            let tag = self.u16("header tag")?;
            let len = self.u16("header field length")?;
            left = room.checked_sub(len).ok_or_else(|| self.damaged(at, Damage::HeaderOverrun))?;
            if tag != TAG_CLOCK_OFFSET {
                self.bytes("header field", u64::from(len))?;
            } else if len == CLOCK_OFFSET_LEN {
                let seconds = self.i32("header field")?;
                clock_offset = Some(ClockOffset { seconds, microseconds: self.i32("header field")? });
            } else {
                return Err(self.damaged(at, Damage::ClockOffset(len)));
            }
        }
        Ok(clock_offset)
    }

    pub(crate) fn principal(&mut self, version: Version) -> Result<Principal> {
        let name_type = match version {
            Version::V1 => NameType::UNKNOWN,
            _ => NameType(self.i32("name type")?),
        };
        let at = self.offset();
        let mut count = self.u32("number of components")?;
        if version == Version::V1 {
            count = count.checked_sub(1).ok_or_else(|| self.damaged(at, Damage::NoRealm))?;
        }
        let realm = self.data("realm")?;
        // The list grows with what is there: the first component that is not ends it.
        let components = (0..count).map(|_| self.data("component")).collect::<Result<Vec<_>>>()?;
        Ok(Principal::new(realm, components).with_name_type(name_type))
    }

    /// The next credential, whether it was removed or not.
    ///
    /// # Errors
    /// [`CcacheError::Damaged`], [`CcacheError::Io`].
    pub(crate) fn credential(&mut self, version: Version) -> Result<Credential> {
        let client = self.principal(version)?;
        let server = self.principal(version)?;
        let enctype = EncType(i32::from(self.u16("encryption type")?.cast_signed()));
        if version == Version::V3 {
            self.u16("encryption type")?;
        }
        Ok(Credential {
            client,
            server,
            session_key: KeyBlock::new(enctype, self.data("session key")?),
            auth_time: Timestamp(self.u32("authentication time")?),
            start_time: Timestamp(self.u32("start time")?),
            end_time: Timestamp(self.u32("end time")?),
            renew_till: Timestamp(self.u32("renewal time")?),
            is_skey: self.u8("user-to-user mark")? != 0,
            flags: TicketFlags(self.u32("ticket flags")?),
            addresses: self.list("number of addresses", |fields| {
                Ok(Address { kind: fields.u16("address type")?, contents: fields.data("address")? })
            })?,
            authdata: self.list("number of authorization data", |fields| {
                let kind = fields.u16("authorization data type")?.cast_signed();
                Ok(AuthData { kind, contents: fields.data("authorization data")? })
            })?,
            ticket: Secret::new(self.data("ticket")?),
            second_ticket: Secret::new(self.data("second ticket")?),
        })
    }

    /// A count and that many items. The list grows with what is there.
    fn list<T>(&mut self, field: &'static str, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.u32(field)?;
        (0..count).map(|_| item(self)).collect()
    }
}

/// A principal in the form of version 4, as keyrings and the KCM protocol have it. What follows it is passed over.
/// `name` is what errors call it.
///
/// # Errors
/// [`CcacheError::Damaged`].
pub fn parse_principal(bytes: &[u8], name: &Path) -> Result<Principal> {
    Fields::new(bytes, name, bytes.len() as u64).principal(Version::V4)
}

/// A credential in the form of version 4, likewise.
///
/// # Errors
/// [`CcacheError::Damaged`].
pub fn parse_credential(bytes: &[u8], name: &Path) -> Result<Credential> {
    Fields::new(bytes, name, bytes.len() as u64).credential(Version::V4)
}

#[cfg(test)]
mod tests;
