//! The keys of two dumps, opened and compared: keys from passwords must be the same, random ones of the same length.
//!
//! Which are random is not written in a database. Keys that are the same on both sides are fine whatever they are. Where
//! they differ, neither may be the key that one of the script's passwords stands for, unless the salt is a random one too, and then
//! both or neither must be. Since a key from a password takes milliseconds, only so many are looked at after one run; those that
//! have been made are remembered for the next.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, Mutex};

use k5_kdb::{KeyData, open_key};
use k5_types::{EncType, KeyBlock, Principal};

use crate::dump::{Dump, Entry};

/// The realm of the test bed.
pub const REALM: &str = "EXAMPLE.COM";
/// The master password of every realm here.
pub const MASTER: &str = "master password";

/// A dump's keys as they are.
#[derive(Debug)]
pub struct Keyring {
    /// For each principal the keys, then those of its history; or why they cannot be opened.
    entries: Vec<Vec<Result<Vec<u8>, String>>>,
}

impl Keyring {
    /// Opens all keys of a dump with the master password's key.
    pub fn open(dump: &Dump) -> Keyring {
        let master = string_to_key(EncType::AES256_CTS_HMAC_SHA1_96, MASTER, format!("{REALM}KM").as_bytes());
        let master = KeyBlock::new(EncType::AES256_CTS_HMAC_SHA1_96, master.expect("a known type"));
        let open = |key: &KeyBlock, data: &KeyData| match data.version {
            0 => Ok(Vec::new()),
            _ => match open_key(key, data) {
                Ok(plain) => Ok(plain.contents.expose().clone()),
                Err(error) => Err(error.to_string()),
            },
        };
        let history = format!("kadmin/history@{REALM}");
        let history = dump.principals.iter().find(|entry| entry.name == history);
        let history: Vec<KeyBlock> = history
            .into_iter()
            .flat_map(|entry| &entry.keys)
            .filter_map(|key| open_key(&master, key).ok())
            .collect();
        let old = |data: &KeyData| match history.iter().map(|key| open(key, data)).find(Result::is_ok) {
            Some(key) => key,
            None => Err("no key of kadmin/history opens it".to_owned()),
        };
        let all = |entry: &Entry| {
            let now = entry.keys.iter().map(|key| open(&master, key));
            now.chain(entry.history.iter().map(old)).collect()
        };
        Keyring { entries: dump.principals.iter().map(all).collect() }
    }

    /// All keys that can be opened.
    pub fn plain(&self) -> HashSet<&[u8]> {
        self.entries.iter().flatten().filter_map(|key| key.as_deref().ok()).collect()
    }
}

/// What tells the keys apart in two dumps that say the same otherwise; nothing if they mean the same.
pub fn difference(
    (mit, mits): (&Dump, &Keyring),
    (ours, our): (&Dump, &Keyring),
    passwords: &[String],
) -> Option<String> {
    let entries = mit.principals.iter().zip(&ours.principals);
    let keys = mits.entries.iter().zip(&our.entries);
    let (mut wrong, mut budget) = (Vec::new(), BUDGET);
    for ((mit, ours), (mits, our)) in entries.zip(keys) {
        let data = mit.keys.iter().chain(&mit.history).zip(ours.keys.iter().chain(&ours.history));
        for (at, ((mit_data, our_data), (mit_key, our_key))) in data.zip(mits.iter().zip(our)).enumerate() {
            let what = match (mit_key, our_key) {
                (Ok(first), Ok(second)) if first == second && mit_data.salt == our_data.salt => continue,
                (Err(first), Err(second)) if first == second => continue,
                (Ok(first), Ok(second)) => {
                    match differ(&mit.name, (mit_data, first), (our_data, second), passwords, &mut budget) {
                        Some(what) => what,
                        None => continue,
                    }
                }
                (first, second) => {
                    let said =
                        |key: &Result<_, String>| key.as_ref().err().map_or("opens".into(), String::clone);
                    format!("MIT's {}, ours {}", said(first), said(second))
                }
            };
            wrong.push(format!("key {} of {}: {what}", at + 1, mit.name));
        }
    }
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}

fn differ(
    name: &str,
    (mit_data, mit): (&KeyData, &Vec<u8>),
    (our_data, our): (&KeyData, &Vec<u8>),
    passwords: &[String],
    budget: &mut usize,
) -> Option<String> {
    if mit.len() != our.len() {
        return Some(format!("MIT's is of {} bytes, ours of {}", mit.len(), our.len()));
    }
    let (first, second) = (salt(name, mit_data), salt(name, our_data));
    let cost = |salt: &[u8]| -> usize {
        passwords.iter().map(|password| cost(mit_data.enctype, password, salt)).sum()
    };
    let cost = cost(&first) + if first == second { 0 } else { cost(&second) };
    match budget.checked_sub(cost) {
        Some(rest) => *budget = rest,
        None => return None,
    }
    let of = |data: &KeyData, key: &Vec<u8>| {
        let salt = salt(name, data);
        passwords.iter().find(|password| string_to_key(data.enctype, password, &salt).as_ref() == Some(key))
    };
    let (mits, ours) = (of(mit_data, mit), of(our_data, our));
    let fine = match mit_data.salt == our_data.salt {
        true => mits.is_none() && ours.is_none(),
        false => mits == ours,
    };
    (!fine).then(|| format!("MIT's is of the password {mits:?}, ours of {ours:?}"))
}

/// The whole salt: that in the key's data, or the one that is made of the name.
fn salt(name: &str, data: &KeyData) -> Vec<u8> {
    if data.version > 1 {
        return data.salt.clone();
    }
    match Principal::parse(name.as_bytes(), REALM.as_bytes()) {
        Ok(principal) => [principal.realm().to_vec(), principal.components().concat()].concat(),
        Err(_) => Vec::new(),
    }
}

/// The keys of passwords that have been asked for, by type, password and salt: the same few are asked for again and again.
type Known = HashMap<(EncType, String, Vec<u8>), Option<Vec<u8>>>;
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// How much making of keys one comparison may take, in milliseconds or so.
const BUDGET: usize = 300;

/// How long it takes to tell which key a password stands for.
fn cost(enctype: EncType, password: &str, salt: &[u8]) -> usize {
    match enctype {
        _ if KNOWN.lock().unwrap().contains_key(&(enctype, password.to_owned(), salt.to_vec())) => 0,
        // 32,768 rounds (RFC 6803, RFC 8009) instead of 4,096 (RFC 3962).
        EncType::AES128_CTS_HMAC_SHA256_128 | EncType::AES256_CTS_HMAC_SHA384_192 => 30,
        EncType::CAMELLIA128_CTS_CMAC | EncType::CAMELLIA256_CTS_CMAC => 30,
        _ => 2,
    }
}

/// Which key a password stands for.
fn string_to_key(enctype: EncType, password: &str, salt: &[u8]) -> Option<Vec<u8>> {
    let question = (enctype, password.to_owned(), salt.to_vec());
    if let Some(key) = KNOWN.lock().unwrap().get(&question) {
        return key.clone();
    }
    let key = k5_crypto::string_to_key(enctype, password.as_bytes(), salt, None);
    let key = key.ok().map(|key| key.contents.expose().clone());
    KNOWN.lock().unwrap().insert(question, key.clone());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::Masked;
    use k5_crypto::SystemRandom;
    use k5_kdb::seal_key;
    use k5_types::SaltType;

    const AES: EncType = EncType::AES256_CTS_HMAC_SHA1_96;

    fn master() -> KeyBlock {
        let key = string_to_key(AES, MASTER, format!("{REALM}KM").as_bytes()).unwrap();
        KeyBlock::new(AES, key)
    }

    fn dump(key: &[u8], salt: Option<&str>) -> Dump {
        let salt = salt.map(|salt| (SaltType::SPECIAL, salt.as_bytes().to_vec()));
        let block = KeyBlock::new(AES, key.to_vec());
        let data = seal_key(&master(), &block, 1, salt, &mut SystemRandom).unwrap();
        let name = format!("alice@{REALM}");
        let entry = Entry { name, text: Masked::default(), keys: vec![data], history: Vec::new() };
        Dump { others: Vec::new(), principals: vec![entry] }
    }

    fn compared(mit: &Dump, ours: &Dump) -> Option<String> {
        let (mits, our) = (Keyring::open(mit), Keyring::open(ours));
        difference((mit, &mits), (ours, &our), &["secret".to_owned()])
    }

    #[test]
    fn keys_of_passwords_must_be_the_same() {
        let of = |salt: &str| string_to_key(AES, "secret", salt.as_bytes()).unwrap();
        let right = dump(&of("EXAMPLE.COMalice"), None);
        assert_eq!(compared(&right, &dump(&of("EXAMPLE.COMalice"), None)), None);
        let wrong = compared(&right, &dump(&of("EXAMPLE.COMbob"), None));
        assert!(wrong.is_some_and(|wrong| wrong.contains("key 1 of alice")));
        assert!(compared(&right, &dump(&[7; 32], None)).is_some(), "a random key for a password");
        assert!(compared(&dump(&[7; 32], None), &right).is_some(), "a password's key for a random one");
    }

    #[test]
    fn random_keys_and_salts_may_differ() {
        assert_eq!(compared(&dump(&[7; 32], None), &dump(&[8; 32], None)), None);
        assert!(compared(&dump(&[7; 32], None), &dump(&[8; 16], None)).is_some(), "another length");
        let of = |salt: &str| dump(&string_to_key(AES, "secret", salt.as_bytes()).unwrap(), Some(salt));
        assert_eq!(compared(&of("one"), &of("two")), None);
        assert!(compared(&of("one"), &dump(&[7; 32], Some("two"))).is_some());
    }

    #[test]
    fn a_key_that_nothing_opens_is_told() {
        let mut broken = dump(&[7; 32], None);
        broken.principals[0].keys[0].key[9] ^= 1;
        assert!(compared(&dump(&[7; 32], None), &broken).is_some_and(|wrong| wrong.contains("opens")));
    }
}
