//! Which keytab ktadd and ktremove work on.

use crate::session::Session;
use k5_cli::Failure;
use k5_keytab::KeytabName;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A keytab file, and the name that messages give it.
pub(crate) struct Keytab {
    name: KeytabName,
    shown: OsString,
}

impl Keytab {
    /// The keytab of that name, or the default one.
    pub fn resolve(session: &Session, given: Option<&OsStr>) -> Result<Keytab, Failure> {
        let program = &session.program;
        let name = match given {
            None => KeytabName::default_of(&session.config)
                .map_err(|error| Failure::com_err(program, error.mit_text(), "while opening default keytab")),
            Some(name) => KeytabName::for_writing(name).map_err(|error| {
                let doing = [b"while resolving keytab ", name.as_bytes()].concat();
                Failure::com_err(program, error.mit_text(), doing)
            }),
        }?;
        if name.path().is_none() {
            let text = [name.given().as_bytes(), b" ends with this program; name a file"].concat();
            return Err(Failure::com_err(program, text, "while resolving keytab"));
        }
        // The default one is shown as the library gives it back, another one as it was given.
        let shown = given.map_or_else(|| name.resolved(), |_| name.given().to_owned());
        Ok(Keytab { name, shown })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        // A keytab without a file was refused.
        self.name.path().unwrap_or(Path::new(""))
    }

    /// The name as messages have it.
    pub fn shown(&self) -> &[u8] {
        self.shown.as_bytes()
    }
}
