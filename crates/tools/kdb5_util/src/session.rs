//! What a command goes by, and how it ends early.

use crate::options::General;
use k5_admin::AdminError;
use k5_admin::open::{logged_database_of, master_principal_of};
use k5_cli::prompt::{PromptError, read_master_password};
use k5_cli::{Failure, Io, Message};
use k5_config::{Config, RealmParams};
use k5_kdb::Database;
use k5_types::{EncType, KeyBlock, Principal, Secret};
use std::io;
use std::os::unix::ffi::OsStrExt;

/// The prompt for the master password.
pub(crate) const ASK: &str = "Enter KDC database master key";

/// The prompt for the second time that a new master password is typed.
pub(crate) const AGAIN: &str = "Re-enter KDC database master key to verify";

/// Why a command does not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The line makes no sense: the usage text, and status 1 whatever failed before.
    Usage,
    /// A complaint; one failure more.
    Failed(Message),
    /// The person said no; one failure more, and nothing to say.
    Declined,
    /// Standard output cannot be written, or Ctrl-C.
    Output(Failure),
}

impl Stop {
    /// `program: TEXT DOING`.
    pub(crate) fn error(program: &[u8], text: impl AsRef<[u8]>, doing: impl AsRef<[u8]>) -> Stop {
        Stop::Failed(Message::com_err(program, text, doing))
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Output(error.into())
    }
}

/// One run of a command.
pub(crate) struct Session<'r, 'i> {
    pub(crate) io: &'r mut Io<'i>,
    pub(crate) program: &'r [u8],
    pub(crate) config: &'r Config,
    pub(crate) params: RealmParams,
    pub(crate) general: &'r General,
    /// How many things have failed so far; the program's status.
    pub(crate) failures: &'r mut usize,
}

impl Session<'_, '_> {
    /// The complaint that ends the command.
    pub(crate) fn error(&self, text: impl AsRef<[u8]>, doing: impl AsRef<[u8]>) -> Stop {
        Stop::error(self.program, text, doing)
    }

    /// Complains, counts it, and goes on.
    pub(crate) fn failed(&mut self, text: impl AsRef<[u8]>, doing: impl AsRef<[u8]>) {
        self.io.complain(&Message::com_err(self.program, text, doing));
        *self.failures = self.failures.saturating_add(1);
    }

    /// `DOING 'NAME'` with the name of the database as MIT shows it.
    pub(crate) fn with_database(&self, doing: &str) -> Vec<u8> {
        [doing.as_bytes(), b" '", self.database(), b"'"].concat()
    }

    /// The name of the database as MIT shows it: that of the realm's section or of `-d`.
    pub(crate) fn database(&self) -> &[u8] {
        self.params.database_name.as_os_str().as_bytes()
    }

    /// The name of the principal that holds the master keys, as MIT shows it.
    pub(crate) fn master_name(&self) -> Vec<u8> {
        [&self.params.master_key_name[..], b"@", &self.params.realm].concat()
    }

    /// The principal that holds the master keys.
    pub(crate) fn master_principal(&self) -> Result<Principal, Stop> {
        let malformed = "Malformed representation of principal";
        let doing = "while setting up master key name";
        let principal = master_principal_of(&self.params).map_err(|_| self.error(malformed, doing))?;
        let named = principal.realm() == self.params.realm
            && principal.components().iter().any(|component| !component.is_empty());
        // A name without a letter makes a stash file that nobody can read.
        if named { Ok(principal) } else { Err(self.error(malformed, doing)) }
    }

    /// The encryption type of the master key.
    pub(crate) fn master_enctype(&self) -> Result<EncType, Stop> {
        self.params.master_key_type.ok_or_else(|| {
            let text = self
                .params
                .problems
                .first()
                .map_or_else(|| "Program lacks support for key type".to_owned(), k5_config::Error::message);
            self.error(text, "while setting up the master key's encryption type")
        })
    }

    /// The master key that a password makes.
    pub(crate) fn key_of(&self, principal: &Principal, password: &Secret<Vec<u8>>) -> Result<KeyBlock, Stop> {
        let enctype = self.master_enctype()?;
        k5_admin::open::master_key_of_password(principal, enctype, password)
            .map_err(|error| self.error(error.to_string(), "while transforming master key from password"))
    }

    /// Asks for the master password, once.
    pub(crate) fn ask(&mut self) -> Result<Secret<Vec<u8>>, PromptError> {
        read_master_password(self.io, ASK)
    }

    /// The realm's database, with its update log if replicas follow it.
    pub(crate) fn realm_database(
        &self,
        arguments: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>,
    ) -> Result<Database, AdminError> {
        logged_database_of(self.config, &self.params, arguments, k5_cli::since_epoch)
    }
}
