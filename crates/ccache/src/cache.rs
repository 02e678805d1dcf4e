//! One cache, wherever it is.

use crate::credential::{ClockOffset, Credential};
use crate::error::Kind;
use crate::file::{Buffered, CacheFile};
use crate::kcm::{self, KcmReader};
use crate::keyring::{self, KeyringCache, KeyringReader};
use crate::record::Version;
use crate::{CcacheError, CcacheName, Place, Result, System, dir};
use k5_types::Principal;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A cache that a name leads to. It need not be there; [`Ccache::open`] finds out.
#[derive(Debug, Clone)]
pub struct Ccache(pub(crate) Location);

#[derive(Debug, Clone)]
pub(crate) enum Location {
    File(PathBuf),
    /// A file of a collection.
    Dir(PathBuf),
    Memory(OsString),
    Keyring(KeyringCache),
    Kcm(OsString),
}

impl Ccache {
    /// The cache that is meant: of a collection the primary one. Where MIT makes a directory, a file `primary` or a
    /// keyring that is missing, this only looks.
    ///
    /// # Errors
    /// What is wrong with the name, with the directory, the keyrings or the daemon that it leads to;
    /// [`CcacheError::Foreign`].
    pub fn resolve(name: &CcacheName, system: &System<'_>) -> Result<Ccache> {
        Ok(Ccache(match name.place() {
            Place::File(path) => Location::File(path.clone()),
            Place::Dir(directory) => Location::Dir(dir::primary(directory)?),
            Place::Subsidiary(path) => {
                dir::check_subsidiary(path)?;
                Location::Dir(path.clone())
            }
            Place::Memory(name) => Location::Memory(name.clone()),
            Place::Keyring(residual) => {
                Location::Keyring(keyring::resolve(residual, system.keyrings, system.euid)?)
            }
            Place::Kcm(name) if name.is_empty() => Location::Kcm(kcm::default_name(&system.kcm_socket)?),
            Place::Kcm(name) => {
                kcm::reach(&system.kcm_socket)?;
                Location::Kcm(name.clone())
            }
            Place::Foreign(kind) => return Err(CcacheError::Foreign(*kind)),
        }))
    }

    /// `FILE`, `DIR`, `MEMORY`, `KEYRING` or `KCM`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.0 {
            Location::File(_) => "FILE",
            Location::Dir(_) => "DIR",
            Location::Memory(_) => "MEMORY",
            Location::Keyring(_) => "KEYRING",
            Location::Kcm(_) => "KCM",
        }
    }

    /// The name without its type, as MIT shows it: of a file in a directory its path with a colon in front.
    #[must_use]
    pub fn residual(&self) -> Vec<u8> {
        match &self.0 {
            Location::File(path) => path.as_os_str().as_bytes().to_vec(),
            Location::Dir(path) => [b":", path.as_os_str().as_bytes()].concat(),
            Location::Memory(name) | Location::Kcm(name) => name.as_bytes().to_vec(),
            Location::Keyring(cache) => cache.residual.clone(),
        }
    }

    /// The whole name.
    #[must_use]
    pub fn name(&self) -> Vec<u8> {
        [self.kind().as_bytes(), b":", &self.residual()].concat()
    }

    /// Opens the cache and reads what stands before its credentials.
    ///
    /// # Errors
    /// [`CcacheError::NotFound`], and what is wrong with the file, the keyring or the daemon.
    pub fn open<'s>(&self, system: &System<'s>) -> Result<OpenCcache<'s>> {
        Ok(OpenCcache(match &self.0 {
            Location::File(path) | Location::Dir(path) => Source::File(CacheFile::open(path)?),
            // This process has just begun: there is nothing in its memory.
            Location::Memory(name) => {
                return Err(CcacheError::NotFound { kind: Kind::Memory, name: name.clone() });
            }
            Location::Keyring(cache) => Source::Keyring(cache.open(system.keyrings)?),
            Location::Kcm(name) => Source::Kcm(KcmReader::open(&system.kcm_socket, OsStr::new(name))?),
        }))
    }
}

/// An open cache.
pub struct OpenCcache<'s>(Source<'s>);

enum Source<'s> {
    File(CacheFile<Buffered>),
    Keyring(KeyringReader<'s>),
    Kcm(KcmReader),
}

/// The credentials of a cache, settings among them. After an error there may be more.
pub type Credentials<'s> = Box<dyn Iterator<Item = Result<Credential>> + 's>;

impl<'s> OpenCcache<'s> {
    /// Whose tickets these are.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        match &self.0 {
            Source::File(file) => file.principal(),
            Source::Keyring(reader) => &reader.principal,
            Source::Kcm(reader) => &reader.principal,
        }
    }

    /// How far the KDC's clock was ahead when the cache was made, where that was noted.
    #[must_use]
    pub fn clock_offset(&self) -> Option<ClockOffset> {
        match &self.0 {
            Source::File(file) => file.clock_offset(),
            Source::Keyring(reader) => reader.clock_offset,
            Source::Kcm(reader) => reader.clock_offset,
        }
    }

    /// The version of the format, of a cache in a file.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        match &self.0 {
            Source::File(file) => Some(file.version()),
            Source::Keyring(_) | Source::Kcm(_) => None,
        }
    }

    /// Begins to read the credentials, in the order of the cache.
    ///
    /// # Errors
    /// What the keyring or the daemon says.
    pub fn credentials(self) -> Result<Credentials<'s>> {
        Ok(match self.0 {
            Source::File(file) => Box::new(file),
            Source::Keyring(reader) => Box::new(reader.credentials()?),
            Source::Kcm(reader) => Box::new(reader.credentials()?),
        })
    }
}

impl std::fmt::Debug for OpenCcache<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenCcache").field("principal", self.principal()).finish_non_exhaustive()
    }
}
