//! Ports on 127.0.0.1 that no other realm of the tests uses.

use std::fs::{self, File, OpenOptions};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that Linux gives to whoever asks for any.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port that is free for TCP and UDP, and ours as long as this lives: tests in other processes see the lock.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) number: u16,
    _lock: File,
}

impl Port {
    pub(crate) fn reserve() -> Port {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // One directory for each user, since another's locks may not be ours to open.
        let user = rustix::process::getuid().as_raw();
        let locks = std::env::temp_dir().join(format!("realmsmith-test-ports-{user}"));
        fs::create_dir_all(&locks).expect("cannot make the directory of port locks");
        // Each process begins elsewhere, so that they seldom meet.
        let start = std::process::id().wrapping_mul(97) % u32::from(COUNT);
        for _ in 0..COUNT {
            let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
            let offset = u16::try_from((start + step) % u32::from(COUNT)).expect("below COUNT");
            let number = FIRST + offset;
            let path = locks.join(number.to_string());
            let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
            let lock = lock.unwrap_or_else(|error| panic!("cannot open {}: {error}", path.display()));
            if lock.try_lock().is_err() {
                continue;
            }
            let address = (Ipv4Addr::LOCALHOST, number);
            if TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok() {
                return Port { number, _lock: lock };
            }
        }
        panic!("no free port in {FIRST}..{}", FIRST + COUNT)
    }
}
