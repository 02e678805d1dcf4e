//! The keyrings of this machine's kernel.

use super::{Anchor, KeySerial, Keyrings};
use k5_types::Secret;
use std::io;

/// The kernel's keyrings as this process sees them.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemKeyrings;

/// The kernel takes these numbers for the keyrings of whoever asks.
const THREAD: i32 = -1;
const PROCESS: i32 = -2;
const SESSION: i32 = -3;
const USER: i32 = -4;

fn serial(number: i32) -> io::Result<KeySerial> {
    KeySerial::new(number).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn system<T>(result: Result<T, impl Into<io::Error>>) -> io::Result<T> {
    result.map_err(Into::into)
}

/// The kernel's names end with a NUL, and the crate below takes text: what is neither names no key.
fn name_text(name: &[u8]) -> io::Result<&str> {
    std::str::from_utf8(name)
        .ok()
        .filter(|name| !name.contains('\0'))
        .ok_or_else(|| io::Error::from_raw_os_error(super::ENOKEY))
}

impl Keyrings for SystemKeyrings {
    fn anchor(&self, which: Anchor) -> io::Result<KeySerial> {
        // The keyring's own number would not do: only by this one the kernel takes us for the owner.
        serial(match which {
            Anchor::Thread => THREAD,
            Anchor::Process => PROCESS,
            Anchor::Session => SESSION,
            Anchor::User => USER,
        })
    }

    fn persistent(&self, uid: u32) -> io::Result<KeySerial> {
        system(keyutils_raw::keyctl_get_persistent(uid, serial(PROCESS)?))
    }

    fn search(&self, ring: KeySerial, kind: &str, name: &[u8], possess: bool) -> io::Result<KeySerial> {
        let link = if possess { Some(serial(PROCESS)?) } else { None };
        system(keyutils_raw::keyctl_search(ring, kind, name_text(name)?, link))
    }

    fn read(&self, key: KeySerial) -> io::Result<Secret<Vec<u8>>> {
        // The kernel tells the whole length whatever the buffer; a key may have grown between two calls.
        let mut buffer = Secret::new(vec![0; system(keyutils_raw::keyctl_read(key, None))?]);
        loop {
            let room = buffer.expose().len();
            let len =
                system(keyutils_raw::keyctl_read(key, Some(buffer.expose_mut().as_mut_slice().into())))?;
            if len <= room {
                buffer.expose_mut().truncate(len);
                return Ok(buffer);
            }
            buffer = Secret::new(vec![0; len]);
        }
    }

    fn keys(&self, ring: KeySerial) -> io::Result<Vec<KeySerial>> {
        let bytes = self.read(ring)?;
        let (numbers, _) = bytes.expose().as_chunks::<4>();
        Ok(numbers.iter().filter_map(|bytes| KeySerial::new(i32::from_ne_bytes(*bytes))).collect())
    }

    fn keyring_name(&self, key: KeySerial) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = vec![0; system(keyutils_raw::keyctl_describe(key, None))?];
        let len = system(keyutils_raw::keyctl_describe(key, Some(buffer.as_mut_slice().into())))?;
        buffer.truncate(len);
        // `keyring;UID;GID;RIGHTS;NAME`, with a NUL at the end.
        let text = buffer.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(match text.strip_prefix(b"keyring;") {
            Some(rest) => rest.rsplit(|byte| *byte == b';').next().map(<[u8]>::to_vec),
            None => None,
        })
    }
}
