//! What the kernel's keyrings hold. The bytes are keys, one after the other: the place that it is linked into, its type,
//! the error that reading it gives, its name up to a NUL, the length of its contents (two bytes, the least first), and
//! these.

use std::ffi::OsStr;
use std::io;

use k5_ccache::keyring::{Anchor, KeySerial, Keyrings};
use k5_ccache::{Ccache, CcacheName, System};
use k5_types::Secret;

use super::caches;
use crate::Input;

/// The places that are there before any key: four anchors, and a persistent keyring.
const PLACES: u8 = 5;
/// No key is linked into this one; it is where no keyring is.
const ENOKEY: i32 = 126;
/// What reading a key may give, by its byte; 0 is its contents.
const ERRORS: [i32; 6] = [0, 13, ENOKEY, 127, 128, 5];

pub(super) fn run(data: &[u8]) {
    let keyrings = Kernel::read(Input(data));
    let system = System { keyrings: &keyrings, kcm_socket: "-".into(), euid: 1000 };
    for name in [
        "KEYRING:persistent:1000",
        "KEYRING:persistent:1000:one",
        "KEYRING:user:c",
        "KEYRING:session:c:one",
        "KEYRING:process:c",
        "KEYRING:thread:",
        "KEYRING:c",
    ] {
        let name = CcacheName::parse(OsStr::new(name)).expect("it is a name");
        caches::look_through(&name, &system, data.len());
        if let Ok(cache) = Ccache::resolve(&name, &system) {
            caches::look_into(&cache, &system, data.len());
        }
    }
}

/// A key and where it is linked into.
struct Key<'a> {
    place: u8,
    kind: &'static str,
    error: i32,
    name: &'a [u8],
    contents: &'a [u8],
}

struct Kernel<'a>(Vec<Key<'a>>);

impl<'a> Kernel<'a> {
    fn read(mut input: Input<'a>) -> Self {
        let mut keys = Vec::new();
        // Places have one byte.
        while !input.is_empty() && keys.len() < usize::from(u8::MAX - PLACES) {
            let place = input.byte();
            let kind = ["keyring", "user", "big_key"][usize::from(input.byte() % 3)];
            let error = ERRORS[usize::from(input.byte()) % ERRORS.len()];
            let name = input.text();
            let length = input.short();
            keys.push(Key { place, kind, error, name, contents: input.bytes(length.into()) });
        }
        Kernel(keys)
    }

    fn key(&self, serial: KeySerial) -> io::Result<&Key<'a>> {
        let index = usize::try_from(serial.get() - 1 - i32::from(PLACES)).ok();
        index.and_then(|index| self.0.get(index)).ok_or_else(|| system(ENOKEY))
    }

    fn linked(&self, ring: KeySerial) -> impl Iterator<Item = (KeySerial, &Key<'a>)> {
        let place = ring.get() - 1;
        let numbered = self.0.iter().zip(1 + i32::from(PLACES)..);
        let here = numbered.filter(move |(key, _)| i32::from(key.place) == place);
        here.filter_map(|(key, serial)| Some((KeySerial::new(serial)?, key)))
    }

    fn place(place: i32) -> io::Result<KeySerial> {
        KeySerial::new(place + 1).ok_or_else(|| system(ENOKEY))
    }
}

fn system(error: i32) -> io::Error {
    io::Error::from_raw_os_error(error)
}

impl Keyrings for Kernel<'_> {
    fn anchor(&self, which: Anchor) -> io::Result<KeySerial> {
        Self::place(match which {
            Anchor::Thread => 0,
            Anchor::Process => 1,
            Anchor::Session => 2,
            Anchor::User => 3,
        })
    }

    fn persistent(&self, _: u32) -> io::Result<KeySerial> {
        Self::place(4)
    }

    fn search(&self, ring: KeySerial, kind: &str, name: &[u8], _: bool) -> io::Result<KeySerial> {
        let found = self.linked(ring).find(|(_, key)| key.kind == kind && key.name == name);
        found.map(|(serial, _)| serial).ok_or_else(|| system(ENOKEY))
    }

    fn read(&self, key: KeySerial) -> io::Result<Secret<Vec<u8>>> {
        let key = self.key(key)?;
        if key.error == 0 { Ok(Secret::new(key.contents.to_vec())) } else { Err(system(key.error)) }
    }

    fn keys(&self, ring: KeySerial) -> io::Result<Vec<KeySerial>> {
        Ok(self.linked(ring).map(|(serial, _)| serial).collect())
    }

    fn keyring_name(&self, key: KeySerial) -> io::Result<Option<Vec<u8>>> {
        let key = self.key(key)?;
        Ok((key.kind == "keyring").then(|| key.name.to_vec()))
    }
}
