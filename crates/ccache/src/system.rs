//! What caches outside of files are reached through.

use crate::keyring::{Keyrings, SystemKeyrings};
use k5_config::Config;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Where MIT and Heimdal look for the KCM daemon.
const KCM_SOCKET: &str = "/var/run/.heim_org.h5l.kcm-socket";

/// The kernel's keyrings, the KCM daemon's socket, and who asks.
#[derive(Clone)]
pub struct System<'s> {
    /// The keyrings.
    pub keyrings: &'s dyn Keyrings,
    /// The socket of the KCM daemon; `-` is none.
    pub kcm_socket: PathBuf,
    /// The effective user id, whose persistent keyring is meant where none is named.
    pub euid: u32,
}

impl System<'static> {
    /// The keyrings of this kernel, and the socket that `kcm_socket` in `[libdefaults]` names, or that everybody uses.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let socket = config.libdefault("kcm_socket");
        let socket = socket.map_or(KCM_SOCKET.as_bytes(), |value| value.bytes());
        System {
            keyrings: &SystemKeyrings,
            kcm_socket: PathBuf::from(OsStr::from_bytes(socket)),
            euid: config.env().user().euid,
        }
    }
}

impl std::fmt::Debug for System<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("System")
            .field("kcm_socket", &self.kcm_socket)
            .field("euid", &self.euid)
            .finish_non_exhaustive()
    }
}
