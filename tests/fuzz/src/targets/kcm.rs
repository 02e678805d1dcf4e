//! What a KCM daemon answers. The bytes are what it sends on one connection after the other: the length of each piece
//! (two bytes, the least first), and the piece. It listens to nothing, and hangs up behind the last piece.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use k5_ccache::keyring::SystemKeyrings;
use k5_ccache::{Ccache, CcacheName, System};

use super::caches;
use crate::Input;
use crate::scratch::with_place;

pub(super) fn run(data: &[u8]) {
    // Each way in has the connections to itself.
    with_daemon(data, |system| caches::look_through(&name("KCM:"), system, data.len()));
    with_daemon(data, |system| caches::look_through(&name("KCM:named"), system, data.len()));
    with_daemon(data, |system| {
        if let Ok(cache) = Ccache::resolve(&name("KCM:"), system) {
            caches::look_into(&cache, system, data.len());
        }
    });
}

fn name(text: &str) -> CcacheName {
    CcacheName::parse(OsStr::new(text)).expect("it is a name")
}

/// A daemon for as long as `use_it` takes.
fn with_daemon(data: &[u8], use_it: impl FnOnce(&System<'_>)) {
    with_place("socket", |path| {
        let listener = UnixListener::bind(path).expect("the scratch directory takes a socket");
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| serve(&listener, Input(data), &done));
            let _end = End { done: &done, path };
            use_it(&System { keyrings: &SystemKeyrings, kcm_socket: path.to_owned(), euid: 1000 });
        });
    });
}

fn serve(listener: &UnixListener, mut input: Input<'_>, done: &AtomicBool) {
    loop {
        let (mut stream, _) = listener.accept().expect("somebody connects");
        if done.load(Ordering::SeqCst) {
            return;
        }
        let length = input.short();
        // Whoever has read enough hangs up.
        let _ = stream.write_all(input.bytes(length.into()));
        let _ = stream.shutdown(Shutdown::Write);
        let mut requests = [0; 512];
        while stream.read(&mut requests).is_ok_and(|read| read > 0) {}
    }
}

/// Ends the daemon, however the reader ended: it waits for one more connection.
struct End<'a> {
    done: &'a AtomicBool,
    path: &'a Path,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.done.store(true, Ordering::SeqCst);
        let _ = UnixStream::connect(self.path);
    }
}
