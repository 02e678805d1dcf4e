//! What a program has said so far.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The bytes of a pipe, read as they come.
#[derive(Debug)]
pub(crate) struct Heard(Arc<Ear>);

#[derive(Debug, Default)]
struct Ear {
    so_far: Mutex<SoFar>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct SoFar {
    bytes: Vec<u8>,
    ended: bool,
}

impl Ear {
    fn lock(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    /// Begins to listen.
    pub fn from(mut pipe: impl Read + Send + 'static) -> Heard {
        let ear = Arc::new(Ear::default());
        let listening = Arc::clone(&ear);
        thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            loop {
                // What came before an error is worth to be seen.
                let count = pipe.read(&mut buffer).unwrap_or(0);
                let mut so_far = listening.lock();
                so_far.bytes.extend_from_slice(&buffer[..count]);
                so_far.ended = count == 0;
                listening.more.notify_all();
                if count == 0 {
                    break;
                }
            }
        });
        Heard(ear)
    }

    /// Waits until it is enough, or the pipe has ended; `enough` is told the bytes so far and whether those are all. `None` where that
    /// takes longer than `patience`.
    pub fn until(&self, patience: Duration, enough: impl Fn(&[u8], bool) -> bool) -> Option<Vec<u8>> {
        let end = Instant::now() + patience;
        let mut so_far = self.0.lock();
        while !so_far.ended && !enough(&so_far.bytes, so_far.ended) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            so_far = self.0.more.wait_timeout(so_far, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(so_far.bytes.clone())
    }
}
