//! What can go wrong with names of hosts.

use std::io;

use k5_types::{NameType, errno_text};

/// Why a host-based name could not be made. That a look-up finds nothing is no error: the name as given counts then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostNameError {
    /// The system does not tell the name of this host.
    #[error("{}", errno_text(.0))]
    OwnName(io::Error),
    /// The name of this host has no address, so there is no whole name of it to look for in the DNS.
    #[error("Name or service not known: {}", String::from_utf8_lossy(.0))]
    OwnAddress(Vec<u8>),
    /// Host-based names have the type [`NameType::SRV_HST`] or [`NameType::UNKNOWN`].
    #[error("Conversion to service principal undefined for name type")]
    NameType(NameType),
    /// The default realm is wanted and there is none, or a setting is no number.
    #[error(transparent)]
    Config(#[from] k5_config::Error),
}

impl HostNameError {
    /// MIT's message for the same misfortune, to be followed by its "while ...".
    #[must_use]
    pub fn mit_text(&self) -> String {
        match self {
            HostNameError::Config(error) => error.mit_text(),
            HostNameError::OwnAddress(_) => "Name or service not known".to_owned(),
            other => other.to_string(),
        }
    }
}
