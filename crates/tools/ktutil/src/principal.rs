//! Names of principals as they are typed.

use k5_config::Config;
use k5_types::{ParseFlags, Principal, PrincipalError, RealmRule};

/// Reads a name; one without a realm gets the default realm, which only then has to be configured. The error is MIT's text.
pub(crate) fn parse(config: &Config, text: &[u8]) -> Result<Principal, String> {
    let flags = ParseFlags { realm: RealmRule::Required, enterprise: false };
    match Principal::parse_with(text, flags) {
        Err(PrincipalError::MissingRealm(_)) => {
            let realm = config.default_realm().map_err(|error| error.mit_text())?;
            Principal::parse(text, realm.bytes()).map_err(|error| error.to_string())
        }
        other => other.map_err(|error| error.to_string()),
    }
}
