//! Caches in keyrings of the Linux kernel.
//!
//! ```text
//! anchor keyring (session, user, process, thread; persistent: that of a user id)
//! └── keyring "_krb_COLLECTION" (persistent: "_krb")
//!     ├── user "krb_ccache:primary"      version u32 (1), length u32, name of the cache that counts
//!     └── keyring NAME                   a cache
//!         ├── user "__krb5_princ__"      the default principal
//!         ├── user "__krb5_time_offsets__"   seconds i32, microseconds i32
//!         └── user or big_key SERVER     a credential, for each
//! ```
//!
//! Integers have their most significant byte first. Programs from before there were collections link the cache
//! keyring into the session keyring itself.

mod name;
mod system;
#[cfg(test)]
pub(crate) mod testing;

pub use system::SystemKeyrings;

use crate::credential::{ClockOffset, Credential};
use crate::error::Kind;
use crate::record::{parse_credential, parse_principal};
use crate::{CcacheError, Result};
use k5_types::{Principal, Secret};
use k5_wire::{ByteOrder, Reader};
use name::Residual;
use std::ffi::OsStr;
use std::io;
use std::num::NonZeroI32;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The number by which the kernel knows a key or a keyring.
pub type KeySerial = NonZeroI32;

/// A keyring that the kernel knows without a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Of this thread.
    Thread,
    /// Of this process.
    Process,
    /// Of this login session.
    Session,
    /// Of the user.
    User,
}

/// The kernel's keyrings, as far as caches are read from them.
pub trait Keyrings {
    /// What such a keyring is searched by; none is made.
    ///
    /// # Errors
    /// The system's; `ENOKEY` where there is none, which may as well turn out in the search.
    fn anchor(&self, which: Anchor) -> io::Result<KeySerial>;

    /// The persistent keyring of a user id, linked from the process keyring.
    ///
    /// # Errors
    /// The system's; `EOPNOTSUPP` where the kernel has none.
    fn persistent(&self, uid: u32) -> io::Result<KeySerial>;

    /// The key of that type (`keyring`, `user`) and name below `ring`, at any depth. With `possess` it is linked
    /// from the process keyring, which gives this process the owner's rights.
    ///
    /// # Errors
    /// The system's; `ENOKEY` where there is none.
    fn search(&self, ring: KeySerial, kind: &str, name: &[u8], possess: bool) -> io::Result<KeySerial>;

    /// What a key holds.
    ///
    /// # Errors
    /// The system's.
    fn read(&self, key: KeySerial) -> io::Result<Secret<Vec<u8>>>;

    /// The keys in a keyring.
    ///
    /// # Errors
    /// The system's.
    fn keys(&self, ring: KeySerial) -> io::Result<Vec<KeySerial>>;

    /// The name of a keyring; `None` for a key that is none.
    ///
    /// # Errors
    /// The system's.
    fn keyring_name(&self, key: KeySerial) -> io::Result<Option<Vec<u8>>>;
}

const KEYRING: &str = "keyring";
const USER: &str = "user";
const PRIMARY: &[u8] = b"krb_ccache:primary";
const PRINCIPAL: &[u8] = b"__krb5_princ__";
const TIME_OFFSETS: &[u8] = b"__krb5_time_offsets__";
const PERSISTENT: &[u8] = b"_krb";

/// The version of the key that names the primary cache.
const COLLECTION_VERSION: i32 = 1;

/// The name of the first cache of a collection without a name.
const UNNAMED: &[u8] = b"tkt";

/// A cache in a keyring, found or not.
#[derive(Debug, Clone)]
pub(crate) struct KeyringCache {
    /// `ANCHOR:COLLECTION:NAME`.
    pub(crate) residual: Vec<u8>,
    ring: Option<KeySerial>,
}

/// The cache that `residual` names: of a collection the primary one. No keyring is made on the way.
pub(crate) fn resolve(residual: &OsStr, keyrings: &dyn Keyrings, euid: u32) -> Result<KeyringCache> {
    let name = Residual::parse(residual.as_bytes());
    let place = Place { name: &name, keyrings, euid };
    let collection = place.collection()?;
    let (cache, ring) = match (&name.subsidiary, collection) {
        (Some(cache), Some(collection)) => (cache.clone(), place.find(collection, cache)),
        (Some(cache), None) => (cache.clone(), None),
        (None, collection) => place.primary(collection)?,
    };
    Ok(KeyringCache { residual: name.of_cache(&cache), ring })
}

/// The caches of the collection that `residual` names, the primary one first; one alone where it names one.
pub(crate) fn collection(residual: &OsStr, keyrings: &dyn Keyrings, euid: u32) -> Result<Vec<KeyringCache>> {
    let name = Residual::parse(residual.as_bytes());
    let place = Place { name: &name, keyrings, euid };
    let first = resolve(residual, keyrings, euid)?;
    let mut caches: Vec<_> = first.ring.is_some().then(|| first.clone()).into_iter().collect();
    let Some(collection) = place.collection()?.filter(|_| name.subsidiary.is_none()) else {
        return Ok(caches);
    };
    let keys = keyrings.keys(collection).map_err(|e| place.error("reading", e))?;
    for key in keys {
        // A key that has gone meanwhile is none any more.
        let Ok(Some(cache)) = keyrings.keyring_name(key) else { continue };
        let residual = name.of_cache(&cache);
        if residual != first.residual {
            caches.push(KeyringCache { residual, ring: Some(key) });
        }
    }
    Ok(caches)
}

/// A name and where to look for what it means.
struct Place<'a> {
    name: &'a Residual,
    keyrings: &'a dyn Keyrings,
    euid: u32,
}

impl Place<'_> {
    fn error(&self, doing: &'static str, source: io::Error) -> CcacheError {
        CcacheError::Keyring { name: self.name.shown(), doing, source }
    }

    /// The keyring of the collection; `None` where nobody has made it.
    fn collection(&self) -> Result<Option<KeySerial>> {
        let invalid_uid = || CcacheError::KeyringUid { name: self.name.shown() };
        let (anchor, possess) = match self.name.anchor.as_slice() {
            b"persistent" => {
                let uid = self.name.uid(self.euid).ok_or_else(invalid_uid)?;
                let ring = match self.keyrings.persistent(uid) {
                    Err(e) if e.kind() == io::ErrorKind::Unsupported && uid == self.euid => {
                        self.keyrings.anchor(Anchor::User)
                    }
                    other => other,
                };
                return self.search(ring.map_err(|_| invalid_uid())?, KEYRING, PERSISTENT, true);
            }
            b"process" => (Anchor::Process, false),
            b"thread" => (Anchor::Thread, false),
            b"session" | b"legacy" => (Anchor::Session, false),
            b"user" => (Anchor::User, true),
            _ => return Err(CcacheError::KeyringAnchor { name: self.name.shown() }),
        };
        match self.keyrings.anchor(anchor) {
            Ok(ring) => self.search(ring, KEYRING, &self.name.collection_key(), possess),
            Err(e) if means_missing(&e) => Ok(None),
            Err(e) => Err(self.error("looking for", e)),
        }
    }

    fn search(&self, ring: KeySerial, kind: &str, name: &[u8], possess: bool) -> Result<Option<KeySerial>> {
        match self.keyrings.search(ring, kind, name, possess) {
            Ok(key) => Ok(Some(key)),
            Err(e) if means_missing(&e) => Ok(None),
            Err(e) => Err(self.error("searching", e)),
        }
    }

    /// The cache of that name, if there is one; as with MIT's, whatever the search meets means that there is none.
    fn find(&self, collection: KeySerial, cache: &[u8]) -> Option<KeySerial> {
        self.keyrings.search(collection, KEYRING, cache, false).ok()
    }

    /// Name and keyring of the primary cache. Where no key names one it has the collection's name; that of an old
    /// program is then to be found in the session keyring itself.
    fn primary(&self, collection: Option<KeySerial>) -> Result<(Vec<u8>, Option<KeySerial>)> {
        let index = match collection {
            Some(ring) => self.search(ring, USER, PRIMARY, false)?,
            None => None,
        };
        if let Some(key) = index {
            let payload = self.keyrings.read(key).map_err(|e| self.error("reading", e))?;
            let cache = self.cache_of_index(payload.expose())?;
            let ring = collection.and_then(|ring| self.find(ring, &cache));
            return Ok((cache, ring));
        }
        let cache = match self.name.collection.as_slice() {
            b"" => UNNAMED.to_vec(),
            name => name.to_vec(),
        };
        let old = || {
            let session =
                self.keyrings.anchor(Anchor::Session).ok().filter(|_| self.name.anchor == b"legacy")?;
            self.find(session, &cache)
        };
        let ring = collection.and_then(|ring| self.find(ring, &cache)).or_else(old);
        Ok((cache, ring))
    }

    fn cache_of_index(&self, payload: &[u8]) -> Result<Vec<u8>> {
        let mut reader = Reader::new(payload, ByteOrder::Big);
        let mut read = || {
            let version = reader.i32()?;
            let len = reader.u32()?;
            let name = reader.bytes(usize::try_from(len).unwrap_or(usize::MAX))?;
            Ok::<_, k5_wire::WireError>((version, name.to_vec()))
        };
        match read() {
            Ok((COLLECTION_VERSION, name)) => Ok(name),
            Ok((version, _)) => Err(CcacheError::KeyringVersion { name: self.name.shown(), version }),
            Err(_) => Err(self.error("reading", io::ErrorKind::InvalidData.into())),
        }
    }
}

impl KeyringCache {
    /// The default principal, and what is needed to go on.
    pub(crate) fn open<'k>(&self, keyrings: &'k dyn Keyrings) -> Result<KeyringReader<'k>> {
        let missing =
            || CcacheError::NotFound { kind: Kind::Keyring, name: OsStr::from_bytes(&self.residual).into() };
        let ring = self.ring.ok_or_else(missing)?;
        let key = keyrings.search(ring, USER, PRINCIPAL, false).map_err(|_| missing())?;
        let name = Path::new(OsStr::from_bytes(&[b"KEYRING:", &self.residual[..]].concat())).to_owned();
        let payload = keyrings.read(key).map_err(|e| CcacheError::io(&name, "reading", e))?;
        let principal = parse_principal(payload.expose(), &name.join("__krb5_princ__"))?;
        let offsets = keyrings.search(ring, USER, TIME_OFFSETS, false).ok();
        let clock_offset = offsets.and_then(|key| clock_offset(keyrings.read(key).ok()?.expose()));
        Ok(KeyringReader { keyrings, name, ring, principal, clock_offset, skip: [Some(key), offsets] })
    }
}

fn clock_offset(payload: &[u8]) -> Option<ClockOffset> {
    let mut reader = Reader::new(payload, ByteOrder::Big);
    Some(ClockOffset { seconds: reader.i32().ok()?, microseconds: reader.i32().ok()? })
}

/// An opened cache.
pub(crate) struct KeyringReader<'k> {
    keyrings: &'k dyn Keyrings,
    name: std::path::PathBuf,
    ring: KeySerial,
    pub(crate) principal: Principal,
    pub(crate) clock_offset: Option<ClockOffset>,
    /// The keys that are no credentials.
    skip: [Option<KeySerial>; 2],
}

impl<'k> KeyringReader<'k> {
    /// The credentials in the keyring's order.
    pub(crate) fn credentials(self) -> Result<impl Iterator<Item = Result<Credential>> + 'k> {
        let keys = self.keyrings.keys(self.ring).map_err(|e| CcacheError::io(&self.name, "reading", e))?;
        let keys = keys.into_iter().filter(move |key| !self.skip.contains(&Some(*key)));
        Ok(keys.filter_map(move |key| match self.keyrings.read(key) {
            Ok(payload) => Some(parse_credential(payload.expose(), &self.name)),
            Err(e) if has_gone(&e) => None,
            Err(e) => Some(Err(CcacheError::io(&self.name, "reading", e))),
        }))
    }
}

fn means_missing(error: &io::Error) -> bool {
    has_gone(error) && error.raw_os_error() != Some(EACCES)
}

const EACCES: i32 = 13;
const ENOKEY: i32 = 126;
const EKEYEXPIRED: i32 = 127;
const EKEYREVOKED: i32 = 128;

/// The key is not there any more, or not to be read.
fn has_gone(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(EACCES | ENOKEY | EKEYEXPIRED | EKEYREVOKED))
}

#[cfg(test)]
mod tests;
