//! Who is acting: the principal that changes are recorded under.

use crate::open::Startup;
use k5_ccache::{CcacheError, CcacheName, System};
use k5_cli::Io;
use k5_config::Config;
use k5_hostname::HostNames;
use k5_types::{NameType, Principal};
use std::os::unix::ffi::OsStrExt;

/// Why there is no acting principal: a text, and the "while".
pub(crate) type NoActor = (String, String);

/// The name of the acting principal: `-p`; else the anonymous one with `-n`; else with `-k` the host
/// principal of this host; else the principal of the cache that `-c` names; else the first component of the default cache's principal with `/admin`, in that realm; else
/// the user's name with `/admin`.
pub(crate) fn name(
    io: &Io<'_>,
    config: &Config,
    realm: &[u8],
    startup: &Startup,
) -> Result<Vec<u8>, NoActor> {
    // Also where `-p` says who is acting, a cache name that means nothing is an error of MIT's.
    let cached = match &startup.cache {
        Some(given) => {
            let named = CcacheName::parse(given).and_then(|name| name.principal(&System::of(config)));
            usable(named).map_err(|text| {
                (text, format!("while opening credentials cache {}", given.to_string_lossy()))
            })
        }
        None => usable(k5_ccache::default_principal(config))
            .map_err(|text| (text, "while opening default credentials cache".to_owned())),
    }?;
    if let Some(given) = &startup.principal {
        return Ok(given.as_bytes().to_vec());
    }
    if startup.anonymous {
        return Ok([b"WELLKNOWN/ANONYMOUS@", realm].concat());
    }
    if startup.keytab {
        let host = HostNames::new(config, io.resolver()).service_principal(None, None, NameType::SRV_HST);
        let host = host.map_err(|error| (error.mit_text(), "creating host service principal".to_owned()))?;
        return Ok(host.unparse());
    }
    match cached {
        Some(principal) if startup.cache.is_some() => return Ok(principal.unparse()),
        Some(principal) => {
            let first = principal.components().first().cloned().unwrap_or_default();
            return Ok(Principal::new(principal.realm(), [first, b"admin".to_vec()]).unparse());
        }
        None => {}
    }
    let user = match io.env.get("USER") {
        Some(user) => user.as_bytes().to_vec(),
        None => match io.env.login_name() {
            Some(name) => name.into_bytes(),
            None => return Err((String::new(), "unable to figure out a principal name".to_owned())),
        },
    };
    Ok([&user[..], b"/admin@", realm].concat())
}

/// A cache that cannot be read says nothing about who is acting; only a name that means no cache is an error.
fn usable(cached: Result<Option<Principal>, CcacheError>) -> Result<Option<Principal>, String> {
    match cached {
        Ok(principal) => Ok(principal),
        Err(error) if error.stops_mit() => Err(error.mit_text()),
        Err(_) => Ok(None),
    }
}

/// How the banner says that the actor is known.
pub(crate) fn how(startup: &Startup) -> Vec<u8> {
    if startup.cache.is_some() {
        b"existing credentials".to_vec()
    } else if startup.anonymous {
        b"password; anonymous requested".to_vec()
    } else if startup.keytab {
        match &startup.keytab_name {
            Some(name) => [b"keytab ", name.as_bytes()].concat(),
            None => b"default keytab".to_vec(),
        }
    } else {
        b"password".to_vec()
    }
}
