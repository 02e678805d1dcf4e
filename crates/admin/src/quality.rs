//! Password quality: what the policy wants, the dictionary, the empty password, the principal's own names.

use crate::error::{AdminError, Result};
use k5_kdb::Policy;
use k5_types::{Principal, Secret};
use std::cell::OnceCell;
use std::collections::HashSet;
use std::path::PathBuf;

/// Which of the built-in checks are on (`[plugins] pwqual`), and the dictionary.
#[derive(Debug, Default)]
pub struct Quality {
    /// The dictionary file: a word a line.
    pub dictionary: Option<PathBuf>,
    /// `dict` is off.
    pub no_dict: bool,
    /// `empty` is off.
    pub no_empty: bool,
    /// `princ` is off.
    pub no_princ: bool,
    words: OnceCell<HashSet<Vec<u8>>>,
}

impl Quality {
    /// The usual checks with a dictionary, or without.
    #[must_use]
    pub fn with_dictionary(dictionary: Option<PathBuf>) -> Self {
        Quality { dictionary, ..Quality::default() }
    }

    /// Checks a password. Without a policy only the empty password is refused.
    pub(crate) fn check(
        &self,
        password: &Secret<Vec<u8>>,
        policy: Option<&Policy>,
        principal: &Principal,
    ) -> Result<()> {
        let password = password.expose();
        if let Some(policy) = policy {
            against_policy(password, policy)?;
            if !self.no_dict && self.words()?.contains(&password.to_ascii_lowercase()) {
                return Err(AdminError::PasswordInDictionary);
            }
        }
        if !self.no_empty && password.is_empty() {
            return Err(AdminError::PasswordEmpty);
        }
        if policy.is_some() && !self.no_princ {
            let same = |name: &[u8]| name.eq_ignore_ascii_case(password);
            if same(principal.realm()) {
                return Err(AdminError::PasswordInDictionary);
            }
            if principal.components().iter().any(|component| same(component)) {
                return Err(AdminError::PasswordIsName);
            }
        }
        Ok(())
    }

    /// The words in lower case, read when first needed. A file that is not there is no dictionary; what stands
    /// behind the last line end is no word.
    fn words(&self) -> Result<&HashSet<Vec<u8>>> {
        if let Some(words) = self.words.get() {
            return Ok(words);
        }
        let bytes = match &self.dictionary {
            None => Vec::new(),
            Some(path) => match std::fs::read(path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(error) => {
                    return Err(AdminError::Dictionary { path: path.clone(), reason: error.to_string() });
                }
            },
        };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |end| &bytes[..end]);
        let words = match whole {
            [] if bytes.is_empty() => HashSet::new(),
            lines => lines.split(|byte| *byte == b'\n').map(<[u8]>::to_ascii_lowercase).collect(),
        };
        Ok(self.words.get_or_init(|| words))
    }
}

fn against_policy(password: &[u8], policy: &Policy) -> Result<()> {
    if password.len() < policy.min_length as usize {
        return Err(AdminError::PasswordTooShort);
    }
    let class = |byte: &u8| match byte {
        b if b.is_ascii_lowercase() => 1,
        b if b.is_ascii_uppercase() => 2,
        b if b.is_ascii_digit() => 4,
        b if b.is_ascii_punctuation() => 8,
        _ => 16,
    };
    let classes: u32 = password.iter().fold(0, |seen, byte| seen | class(byte));
    if classes.count_ones() < policy.min_classes {
        return Err(AdminError::PasswordClasses);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(quality: &Quality, password: &str, policy: Option<&Policy>) -> std::result::Result<(), String> {
        let principal = Principal::new("EXAMPLE.COM", ["alice", "admin"]);
        quality.check(&Secret::new(password.into()), policy, &principal).map_err(|e| e.to_string())
    }

    #[test]
    fn rules() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "Secret1\npassword\nunfinished").unwrap();
        let quality = Quality::with_dictionary(Some(file.path().to_path_buf()));
        let policy = Policy { min_length: 5, min_classes: 2, ..Policy::default() };
        let lax = Policy { min_length: 1, min_classes: 1, ..Policy::default() };
        let said = |text: &str| Err(text.to_owned());
        assert_eq!(check(&quality, "abc1", Some(&policy)), said("Password is too short"));
        assert_eq!(
            check(&quality, "abcdef", Some(&policy)),
            said("Password does not contain enough character classes")
        );
        assert_eq!(check(&quality, "SECRET1", Some(&policy)), said("Password is in the password dictionary"));
        assert_eq!(
            check(&quality, "example.com", Some(&lax)),
            said("Password is in the password dictionary")
        );
        assert_eq!(check(&quality, "Alice", Some(&lax)), said("Password may not match principal name"));
        assert_eq!(check(&quality, "unfinished", Some(&lax)), Ok(()));
        assert_eq!(check(&quality, "Alice", None), Ok(()));
        assert_eq!(check(&quality, "", None), said("Empty passwords are not allowed"));
        assert_eq!(check(&quality, "", Some(&lax)), said("Password is too short"));
    }

    #[test]
    fn a_dictionary_that_is_not_there_is_none() {
        let quality = Quality::with_dictionary(Some("/nonexistent/words".into()));
        let policy = Policy { min_length: 1, min_classes: 1, ..Policy::default() };
        assert_eq!(check(&quality, "anything", Some(&policy)), Ok(()));
    }
}
