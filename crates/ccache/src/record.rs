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
//! data       ┌────────┬──────────────┐
//!            │ length │ length bytes │
//!            └────────┴──────────────┘
//!             u32
//! ```
//!
//! Integers are in the order of the machine that wrote them in versions 1 and 2, most significant byte first in
//! versions 3 and 4 and wherever the first two bytes and the header are concerned.

use crate::{CcacheError, Damage, Result};
use k5_types::{NameType, Principal};
use k5_wire::ByteOrder;
use std::io::{self, Read};
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
pub(crate) enum Version {
    V1,
    V2,
    V3,
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

    fn order(self) -> ByteOrder {
        match self {
            Version::V1 | Version::V2 => ByteOrder::NATIVE,
            Version::V3 | Version::V4 => ByteOrder::Big,
        }
    }
}

/// What stands before the first credential.
#[derive(Debug)]
pub(crate) struct Head {
    /// Whose tickets these are.
    pub(crate) principal: Principal,
}

/// Fields read one after the other from a file whose length is fixed by a lock.
#[derive(Debug)]
pub(crate) struct Fields<'a, R> {
    from: R,
    path: &'a Path,
    offset: u64,
    file_len: u64,
    order: ByteOrder,
}

impl<'a, R: Read> Fields<'a, R> {
    /// The fields of the file at `path`, of `file_len` bytes, from its start.
    pub(crate) fn new(from: R, path: &'a Path, file_len: u64) -> Self {
        Fields { from, path, offset: 0, file_len, order: ByteOrder::Big }
    }

    /// Version, header and default principal.
    ///
    /// # Errors
    /// [`CcacheError::BadVersion`], [`CcacheError::Damaged`], [`CcacheError::Io`].
    pub(crate) fn head(&mut self) -> Result<Head> {
        let version = Version::from_bytes(self.array("version")?);
        let version = version.ok_or_else(|| CcacheError::BadVersion { path: self.path.to_owned() })?;
        if version == Version::V4 {
            self.header()?;
        }
        self.order = version.order();
        Ok(Head { principal: self.principal(version)? })
    }

    /// Passes over the header: nothing here has a use for the KDC's clock yet.
    fn header(&mut self) -> Result<()> {
        let mut left = self.u16("header length")?;
        while left > 0 {
            let at = self.offset;
            let room = left.checked_sub(TAG_LEN).ok_or_else(|| self.damaged(at, Damage::HeaderOverrun))?;
            let tag = self.u16("header tag")?;
            let len = self.u16("header field length")?;
            left = room.checked_sub(len).ok_or_else(|| self.damaged(at, Damage::HeaderOverrun))?;
            if tag == TAG_CLOCK_OFFSET && len != CLOCK_OFFSET_LEN {
                return Err(self.damaged(at, Damage::ClockOffset(len)));
            }
            self.bytes("header field", u64::from(len))?;
        }
        Ok(())
    }

    fn principal(&mut self, version: Version) -> Result<Principal> {
        let name_type = match version {
            Version::V1 => NameType::UNKNOWN,
            _ => NameType(self.i32("name type")?),
        };
        let at = self.offset;
        let mut count = self.u32("number of components")?;
        if version == Version::V1 {
            count = count.checked_sub(1).ok_or_else(|| self.damaged(at, Damage::NoRealm))?;
        }
        let realm = self.data("realm")?;
        // The list grows with what is there: the first component that is not ends it.
        let components = (0..count).map(|_| self.data("component")).collect::<Result<Vec<_>>>()?;
        Ok(Principal::new(realm, components).with_name_type(name_type))
    }

    fn data(&mut self, field: &'static str) -> Result<Vec<u8>> {
        let len = self.u32(field)?;
        self.bytes(field, u64::from(len))
    }

    fn u16(&mut self, field: &'static str) -> Result<u16> {
        let bytes: [u8; 2] = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Big => u16::from_be_bytes(bytes),
            ByteOrder::Little => u16::from_le_bytes(bytes),
        })
    }

    fn u32(&mut self, field: &'static str) -> Result<u32> {
        let bytes: [u8; 4] = self.array(field)?;
        Ok(match self.order {
            ByteOrder::Big => u32::from_be_bytes(bytes),
            ByteOrder::Little => u32::from_le_bytes(bytes),
        })
    }

    fn i32(&mut self, field: &'static str) -> Result<i32> {
        self.u32(field).map(u32::cast_signed)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N]> {
        self.fits(field, N as u64)?;
        let mut array = [0; N];
        self.from.read_exact(&mut array).map_err(|e| self.unread(e))?;
        self.offset += N as u64;
        Ok(array)
    }

    /// The next `len` bytes. The buffer grows with what is there, not with what the file says.
    fn bytes(&mut self, field: &'static str, len: u64) -> Result<Vec<u8>> {
        self.fits(field, len)?;
        let mut bytes = Vec::new();
        let read = self.from.by_ref().take(len).read_to_end(&mut bytes).map_err(|e| self.unread(e))?;
        if (read as u64) < len {
            return Err(self.unread(io::ErrorKind::UnexpectedEof.into()));
        }
        self.offset += len;
        Ok(bytes)
    }

    fn fits(&self, field: &'static str, wanted: u64) -> Result<()> {
        if wanted <= self.left() {
            return Ok(());
        }
        Err(self.damaged(self.offset, Damage::PastEnd { field, wanted, left: self.left() }))
    }

    fn left(&self) -> u64 {
        self.file_len.saturating_sub(self.offset)
    }

    fn damaged(&self, offset: u64, damage: Damage) -> CcacheError {
        CcacheError::Damaged { path: self.path.to_owned(), offset, damage }
    }

    fn unread(&self, error: io::Error) -> CcacheError {
        CcacheError::io(self.path, "reading", error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: &[u8] = include_bytes!("../../../tests/golden/ccache/bob.ccache");

    fn head(bytes: &[u8]) -> Result<Principal> {
        Fields::new(bytes, Path::new("c"), bytes.len() as u64).head().map(|head| head.principal)
    }

    fn damage(bytes: &[u8]) -> (u64, Damage) {
        match head(bytes) {
            Err(CcacheError::Damaged { offset, damage, .. }) => (offset, damage),
            other => panic!("{other:?}"),
        }
    }

    fn with_header(header: &[u8]) -> Vec<u8> {
        let len = u16::try_from(header.len()).unwrap().to_be_bytes();
        [&[5, 4], &len[..], header, &principal(ByteOrder::Big, true)].concat()
    }

    /// `a/bc@R`.
    fn principal(order: ByteOrder, typed: bool) -> Vec<u8> {
        let number = |n: u32| match order {
            ByteOrder::Big => n.to_be_bytes(),
            ByteOrder::Little => n.to_le_bytes(),
        };
        let mut bytes = Vec::new();
        if typed {
            bytes.extend(number(2));
        }
        bytes.extend(number(if typed { 2 } else { 3 }));
        for part in ["R", "a", "bc"] {
            bytes.extend(number(u32::try_from(part.len()).unwrap()));
            bytes.extend(part.bytes());
        }
        bytes
    }

    #[test]
    fn what_mit_wrote() {
        let principal = head(BOB).unwrap();
        assert_eq!(principal, Principal::new("GOLDEN.TEST", ["bob"]));
        assert_eq!(principal.name_type(), NameType::PRINCIPAL);
    }

    #[test]
    fn four_versions() {
        let expected = Principal::new("R", ["a", "bc"]);
        let (native, big) = (ByteOrder::NATIVE, ByteOrder::Big);
        for (version, body, name_type) in [
            (1, principal(native, false), NameType::UNKNOWN),
            (2, principal(native, true), NameType::SRV_INST),
            (3, principal(big, true), NameType::SRV_INST),
            (4, [vec![0, 0], principal(big, true)].concat(), NameType::SRV_INST),
        ] {
            let read = head(&[vec![5, version], body].concat()).unwrap();
            assert_eq!((&read, read.name_type()), (&expected, name_type), "version {version}");
        }
        for bad in [[5, 0], [5, 5], [4, 4], [0x40, 1]] {
            assert!(matches!(head(&bad), Err(CcacheError::BadVersion { .. })), "{bad:?}");
        }
    }

    #[test]
    fn header_fields() {
        assert!(head(&with_header(&[0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2])).is_ok());
        assert!(head(&with_header(&[0, 9, 0, 1, 7, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2])).is_ok(), "unknown");
        assert_eq!(damage(&with_header(&[0, 1, 0])), (4, Damage::HeaderOverrun));
        assert_eq!(damage(&with_header(&[0, 9, 0, 2, 1])), (4, Damage::HeaderOverrun));
        assert_eq!(damage(&with_header(&[0, 1, 0, 2, 0, 0])), (4, Damage::ClockOffset(2)));
    }

    #[test]
    fn numbers_that_cannot_be() {
        let bytes = [&[5, 3, 0, 0, 0, 1][..], &u32::MAX.to_be_bytes(), &[0; 8]].concat();
        assert_eq!(damage(&bytes), (18, Damage::PastEnd { field: "component", wanted: 4, left: 0 }));
        let bytes = [&[5, 1][..], &[0; 8]].concat();
        assert_eq!(damage(&bytes), (2, Damage::NoRealm));
        let bytes = [&[5, 3, 0, 0, 0, 1, 0, 0, 0, 1][..], &u32::MAX.to_be_bytes(), b"abcd"].concat();
        let wanted = u64::from(u32::MAX);
        assert_eq!(damage(&bytes), (14, Damage::PastEnd { field: "realm", wanted, left: 4 }));
    }

    #[test]
    fn cut_at_each_byte() {
        let whole = 0x2e;
        assert!(head(&BOB[..whole]).is_ok(), "the default principal ends there");
        for len in 0..whole {
            let (offset, Damage::PastEnd { wanted, left, .. }) = damage(&BOB[..len]) else {
                panic!("cut after {len} bytes")
            };
            assert_eq!(offset + left, len as u64);
            assert!(wanted > left);
        }
    }

    #[test]
    fn a_file_that_shrinks_in_spite_of_its_lock() {
        let error = Fields::new(&BOB[..40], Path::new("c"), BOB.len() as u64).head().unwrap_err();
        assert!(matches!(error, CcacheError::Io { doing: "reading", .. }), "{error}");
    }
}
