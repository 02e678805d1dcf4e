//! The caches that a name stands for.

use crate::cache::Location;
use crate::{Ccache, CcacheError, CcacheName, Place, Result, System, dir, kcm, keyring};

/// Caches that belong together.
#[derive(Debug, Default)]
pub struct Collection {
    /// The caches in the order in which MIT lists them, the primary one first.
    pub caches: Vec<Ccache>,
    /// Why these are not all of them.
    pub error: Option<CcacheError>,
}

impl Collection {
    /// All caches of the collection that `name` means. A name of a single cache stands for that one, if it is there. Of a
    /// directory or a keyring that is not there there are none.
    ///
    /// # Errors
    /// What is wrong with the keyrings, or the daemon, that the name leads to; [`CcacheError::Foreign`]. MIT says of
    /// these only that there is no daemon.
    pub fn of(name: &CcacheName, system: &System<'_>) -> Result<Collection> {
        let mut error = None;
        let caches: Vec<Location> = match name.place() {
            Place::File(path) => path.exists().then(|| Location::File(path.clone())).into_iter().collect(),
            Place::Dir(directory) => dir::files(directory).into_iter().map(Location::Dir).collect(),
            Place::Subsidiary(path) if path.exists() => {
                dir::check_subsidiary(path)?;
                vec![Location::Dir(path.clone())]
            }
            Place::Subsidiary(_) => Vec::new(),
            // MIT lists it whether it is there or not.
            Place::Memory(name) => vec![Location::Memory(name.clone())],
            Place::Keyring(residual) => {
                let caches = keyring::collection(residual, system.keyrings, system.euid)?;
                caches.into_iter().map(Location::Keyring).collect()
            }
            Place::Kcm(residual) => {
                let (names, why) = kcm::collection(&system.kcm_socket, residual)?;
                error = why;
                names.into_iter().map(Location::Kcm).collect()
            }
            Place::Foreign(kind) => return Err(CcacheError::Foreign(*kind)),
        };
        Ok(Collection { caches: caches.into_iter().map(Ccache).collect(), error })
    }
}
