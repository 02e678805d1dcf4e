//! Keyrings in memory.

use super::{Anchor, ENOKEY, KeySerial, Keyrings};
use k5_types::Secret;
use std::collections::BTreeMap;
use std::io;

/// A key: its type, its name, what it holds, and the keys in it.
#[derive(Debug, Default, Clone)]
struct Key {
    kind: String,
    name: Vec<u8>,
    payload: Vec<u8>,
    keys: Vec<KeySerial>,
    /// What reading it gives.
    error: Option<i32>,
}

/// Keyrings that a test has filled.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    keys: BTreeMap<KeySerial, Key>,
    persistent: BTreeMap<u32, KeySerial>,
}

fn number(of: Anchor) -> KeySerial {
    KeySerial::new(match of {
        Anchor::Thread => -1,
        Anchor::Process => -2,
        Anchor::Session => -3,
        Anchor::User => -4,
    })
    .unwrap()
}

impl Fake {
    /// Puts a key into a keyring, or into an anchor.
    pub(crate) fn add(&mut self, into: KeySerial, kind: &str, name: &str, payload: &[u8]) -> KeySerial {
        let serial = KeySerial::new(100 + i32::try_from(self.keys.len()).unwrap()).unwrap();
        let key = Key { kind: kind.into(), name: name.into(), payload: payload.into(), ..Key::default() };
        self.keys.insert(serial, key);
        self.keys.entry(into).or_default().keys.push(serial);
        serial
    }

    pub(crate) fn anchored(&mut self, anchor: Anchor, name: &str) -> KeySerial {
        self.add(number(anchor), "keyring", name, b"")
    }

    pub(crate) fn persist(&mut self, uid: u32) -> KeySerial {
        let serial = KeySerial::new(5000 + i32::try_from(uid).unwrap()).unwrap();
        self.persistent.insert(uid, serial);
        self.keys.insert(serial, Key { kind: "keyring".into(), ..Key::default() });
        serial
    }

    pub(crate) fn fail(&mut self, key: KeySerial, error: i32) {
        self.keys.get_mut(&key).unwrap().error = Some(error);
    }

    fn get(&self, key: KeySerial) -> io::Result<&Key> {
        self.keys.get(&key).ok_or_else(|| io::Error::from_raw_os_error(ENOKEY))
    }
}

impl Keyrings for Fake {
    fn anchor(&self, which: Anchor) -> io::Result<KeySerial> {
        self.get(number(which)).map(|_| number(which))
    }

    fn persistent(&self, uid: u32) -> io::Result<KeySerial> {
        self.persistent.get(&uid).copied().ok_or_else(|| io::Error::from_raw_os_error(95))
    }

    fn search(&self, ring: KeySerial, kind: &str, name: &[u8], _: bool) -> io::Result<KeySerial> {
        let keys = &self.get(ring)?.keys;
        let found = keys.iter().find(|key| self.keys[key].kind == kind && self.keys[key].name == name);
        found.copied().ok_or_else(|| io::Error::from_raw_os_error(ENOKEY))
    }

    fn read(&self, key: KeySerial) -> io::Result<Secret<Vec<u8>>> {
        let key = self.get(key)?;
        match key.error {
            Some(error) => Err(io::Error::from_raw_os_error(error)),
            None => Ok(Secret::new(key.payload.clone())),
        }
    }

    fn keys(&self, ring: KeySerial) -> io::Result<Vec<KeySerial>> {
        self.get(ring).map(|key| key.keys.clone())
    }

    fn keyring_name(&self, key: KeySerial) -> io::Result<Option<Vec<u8>>> {
        let key = self.get(key)?;
        Ok((key.kind == "keyring").then(|| key.name.clone()))
    }
}
