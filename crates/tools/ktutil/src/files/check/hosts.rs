//! The names of hosts and services that options give.

use super::super::options::{Key, Words};
use k5_cli::Failure;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What is asked about hosts.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The host; `None` is this one.
    pub(super) host: Option<Vec<u8>>,
    pub(super) aliases: Vec<Vec<u8>>,
    /// None given: those that the keytab has entries of.
    pub(super) services: Vec<Vec<u8>>,
}

impl Wanted {
    /// `None` with `--no-host`.
    ///
    /// # Errors
    /// Usage: a name that is none, or one where no host is to be looked at.
    pub(super) fn read(words: &Words<'_>) -> Result<Option<Wanted>, Failure> {
        let given = words.given(&[Key::Host, Key::Alias, Key::Service]);
        if words.has(Key::NoHost) {
            return match given.first() {
                Some(option) => {
                    Err(words.usage(&format!("{} and --no-host do not go together", option.name.display())))
                }
                None => Ok(None),
            };
        }
        for option in given {
            let value = option.value.as_deref().unwrap_or_default();
            if !is_name(value) {
                let text = format!("\"{}\" is no name for {}", value.display(), option.name.display());
                return Err(words.usage(&text));
            }
        }
        let names = |key| words.values(key).map(|value| value.as_bytes().to_vec());
        Ok(Some(Wanted {
            host: words.value(Key::Host).map(|host| host.as_bytes().to_vec()),
            aliases: names(Key::Alias).collect(),
            services: names(Key::Service).collect(),
        }))
    }
}

/// Whether it can be the name of a host (or its address), or a service's. A resolver may know more; what is left out
/// here (blanks, quotes, `/`, `@`, ...) is a slip of a script, or would part a principal.
fn is_name(value: &OsStr) -> bool {
    value.to_str().is_some_and(|name| {
        name.starts_with(|char: char| char.is_alphanumeric() || "_:".contains(char))
            && name.chars().all(|char| char.is_alphanumeric() || "-_.:".contains(char))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in
            ["a", "HTTP", "web.example.com", "web.example.com.", "10.1.0.1", "::1", "_x-1", "bücher.example"]
        {
            assert!(is_name(name.as_ref()), "{name}");
        }
        for name in ["", ".", ".a", "-a", "--json", "a b;c", "a\tb", "a/b", "a@B", "a'b", "a\n", " a"] {
            assert!(!is_name(name.as_ref()), "{name}");
        }
        assert!(!is_name(OsStr::from_bytes(b"a\xff")));
    }
}
