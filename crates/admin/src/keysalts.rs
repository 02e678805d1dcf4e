//! Which keys a principal gets: what was asked for, within what its policy allows, else the realm's default.

use crate::error::{AdminError, Result};
use k5_kdb::Policy;
use k5_types::{EncType, KeySalt};

/// The keysalts of new keys. A policy's list is the default where nothing is asked for, bounds what may be
/// asked for, and gives the order.
pub(crate) fn choose(
    policy: Option<&Policy>,
    asked: &[KeySalt],
    default: &[KeySalt],
) -> Result<Vec<KeySalt>> {
    let Some(list) = policy.and_then(|policy| policy.allowed_keysalts.as_deref()) else {
        return Ok(if asked.is_empty() { default } else { asked }.to_vec());
    };
    let allowed = parse_allowed(list);
    if asked.iter().any(|keysalt| !allowed.contains(keysalt)) {
        return Err(AdminError::BadKeySalts);
    }
    Ok(allowed.into_iter().filter(|keysalt| asked.is_empty() || asked.contains(keysalt)).collect())
}

/// A policy's list; what names no keysalt is passed over.
fn parse_allowed(list: &[u8]) -> Vec<KeySalt> {
    let mut allowed = Vec::new();
    for word in String::from_utf8_lossy(list).split(',') {
        if let Ok(keysalt) = KeySalt::parse(word)
            && !allowed.contains(&keysalt)
        {
            allowed.push(keysalt);
        }
    }
    allowed
}

/// Whether two encryption types share cipher and string-to-key, so that a second key of such a type would be
/// the same key again (MIT's `krb5_c_enctype_compare`).
pub(crate) fn similar(a: EncType, b: EncType) -> bool {
    const FAMILIES: [[EncType; 2]; 2] =
        [[EncType::ARCFOUR_HMAC, EncType::ARCFOUR_HMAC_EXP], [EncType::DES3_CBC_RAW, EncType::DES3_CBC_SHA1]];
    a == b || FAMILIES.iter().any(|family| family.contains(&a) && family.contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<KeySalt> {
        KeySalt::parse_list(text).map(|(_, keysalt)| keysalt.unwrap()).collect()
    }

    #[test]
    fn a_policy_bounds_and_orders() {
        let policy =
            Policy { allowed_keysalts: Some(b"aes256-cts:normal,aes128-cts".to_vec()), ..Policy::default() };
        let default = list("rc4-hmac");
        assert_eq!(choose(None, &[], &default).unwrap(), default);
        assert_eq!(choose(None, &list("aes128-cts"), &default).unwrap(), list("aes128-cts"));
        assert_eq!(choose(Some(&policy), &[], &default).unwrap(), list("aes256-cts,aes128-cts"));
        let turned = list("aes128-cts,aes256-cts");
        assert_eq!(choose(Some(&policy), &turned, &default).unwrap(), list("aes256-cts,aes128-cts"));
        assert!(matches!(choose(Some(&policy), &default, &default), Err(AdminError::BadKeySalts)));
    }

    #[test]
    fn families() {
        assert!(similar(EncType::ARCFOUR_HMAC, EncType::ARCFOUR_HMAC_EXP));
        assert!(!similar(EncType::AES128_CTS_HMAC_SHA1_96, EncType::AES128_CTS_HMAC_SHA256_128));
    }
}
