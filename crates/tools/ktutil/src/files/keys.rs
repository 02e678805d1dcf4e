//! Where new keys come from: a password, a key in hexadecimal, or randomness; the secret from a prompt, a file or a
//! descriptor, never from the command line.

use super::options::{Key, Words};
use crate::hex::{self, BadHex};
use k5_cli::prompt::{MASTER_PASSWORD_MAX, read_master_password, read_shown_secret};
use k5_cli::{Failure, Io, errno_text, read_secret_descriptor, read_secret_file};
use k5_crypto::{SystemRandom, key_length, make_random_key, string_to_key};
use k5_types::{EncType, KeyBlock, Principal, Secret};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const SOURCES: [Key; 7] = [
    Key::AskPassword,
    Key::PasswordFile,
    Key::PasswordFd,
    Key::AskHex,
    Key::HexFile,
    Key::HexFd,
    Key::Random,
];

/// What a source gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Material {
    Password,
    Key,
    Random,
}

/// The source that the command line names.
#[derive(Debug)]
pub(super) struct Source<'w> {
    words: &'w Words<'w>,
    key: Key,
    material: Material,
}

impl<'w> Source<'w> {
    /// # Errors
    /// Usage: none or several sources, several types for one key, a salt for no password.
    pub(super) fn read(words: &'w Words<'w>, enctypes: &[EncType]) -> Result<Source<'w>, Failure> {
        let key = match words.given(&SOURCES).as_slice() {
            [one] => one.key,
            [] => {
                let wrong = "one of -password, --password-file, --password-fd, -key, --key-file, --key-fd, -randkey is needed";
                return Err(words.usage(wrong));
            }
            [first, second, ..] => {
                let (first, second) = (first.name.display(), second.name.display());
                return Err(words.usage(&format!("{first} and {second} do not go together")));
            }
        };
        let material = match key {
            Key::AskPassword | Key::PasswordFile | Key::PasswordFd => Material::Password,
            Key::AskHex | Key::HexFile | Key::HexFd => Material::Key,
            _ => Material::Random,
        };
        if material == Material::Key && enctypes.len() > 1 {
            return Err(words.usage("a key is of one encryption type"));
        }
        if material != Material::Password && words.has(Key::Salt) {
            return Err(words.usage("-s goes with a password only"));
        }
        Ok(Source { words, key, material })
    }

    /// Asks for what there is to ask and makes a key of each type.
    pub(super) fn keys(
        &self,
        io: &mut Io<'_>,
        principal: &Principal,
        enctypes: &[EncType],
    ) -> Result<Vec<KeyBlock>, Failure> {
        let failed =
            |error: k5_crypto::CryptoError| self.words.failure(format!("{error} while making a key"));
        match self.material {
            Material::Random => {
                enctypes.iter().map(|&e| make_random_key(e, &mut SystemRandom).map_err(failed)).collect()
            }
            Material::Password => {
                let password = self.secret(io, principal)?;
                let salt =
                    self.words.value(Key::Salt).map_or_else(|| principal.salt(), |s| s.as_bytes().to_vec());
                let key = |&e: &EncType| string_to_key(e, password.expose(), &salt, None).map_err(failed);
                enctypes.iter().map(key).collect()
            }
            Material::Key => {
                let digits = self.secret(io, principal)?;
                enctypes.iter().map(|&enctype| self.decode(&digits, enctype)).collect()
            }
        }
    }

    fn decode(&self, digits: &Secret<Vec<u8>>, enctype: EncType) -> Result<KeyBlock, Failure> {
        let text = digits.expose().trim_ascii();
        let text = text.strip_prefix(b"0x").unwrap_or(text);
        let contents = hex::decode(text).map_err(|bad| {
            self.words.failure(match bad {
                BadHex::Empty => "there is no key",
                BadHex::Illegal => "a key is hexadecimal digits",
                BadHex::Odd => "the key has an odd number of hexadecimal digits",
            })
        })?;
        let (found, wanted) = (contents.expose().len(), key_length(enctype));
        match wanted.filter(|&wanted| wanted != found) {
            Some(wanted) => Err(self
                .words
                .failure(format!("a key of type {enctype} has {wanted} bytes, this one has {found}"))),
            None => Ok(KeyBlock { enctype, contents }),
        }
    }

    fn secret(&self, io: &mut Io<'_>, principal: &Principal) -> Result<Secret<Vec<u8>>, Failure> {
        let words = self.words;
        let value = words.value(self.key).unwrap_or_default();
        let secret = match self.key {
            Key::PasswordFile | Key::HexFile => read_secret_file(Path::new(value), MASTER_PASSWORD_MAX),
            Key::PasswordFd | Key::HexFd => {
                read_secret_descriptor(io, words.number("a descriptor", value)?, MASTER_PASSWORD_MAX)
            }
            _ => return self.asked(io, principal),
        };
        secret.map_err(|error| words.failure(error.to_string()))
    }

    fn asked(&self, io: &mut Io<'_>, principal: &Principal) -> Result<Secret<Vec<u8>>, Failure> {
        let name = principal.unparse();
        if self.key == Key::AskPassword {
            let asked = read_master_password(io, [b"Password for ", &name[..]].concat());
            return asked.map_err(|error| self.words.failure(error.to_string()));
        }
        let question = [b"Key for ", &name[..], b" (hex): "].concat();
        match read_shown_secret(io, question, MASTER_PASSWORD_MAX) {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(self.words.failure("there is no key")),
            Err(error) => Err(self.words.failure(errno_text(&error))),
        }
    }
}
