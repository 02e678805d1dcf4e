//! A program at a pseudo-terminal, and somebody who types when asked.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

/// After this an awaited text will not come any more, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Pty {
    master: File,
    /// Kept open, so that the terminal's settings can be looked at when the program has ended.
    slave: File,
    output: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    child: Child,
}

impl Pty {
    /// Runs `command` with the terminal as its controlling one.
    pub fn spawn(command: &Command) -> Pty {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        // The terminal must not become that of the tests, nor its master end be open in programs that other tests start.
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(i32::try_from(OFlags::NOCTTY.bits()).unwrap())
            .open(std::ffi::OsStr::from_bytes(name.to_bytes()))
            .unwrap();
        // `--ctty` needs a session leader that has no terminal yet; without `--fork` the process stays the same.
        // Signals that whoever runs the tests ignores, as nohup(1) does, are not ignored here.
        let mut wrapped = Command::new("env");
        wrapped
            .args(["--default-signal", "setsid", "--ctty"])
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear();
        for (name, value) in command.get_envs() {
            wrapped.envs(value.map(|value| (name, value)));
        }
        if let Some(directory) = command.get_current_dir() {
            wrapped.current_dir(directory);
        }
        let end = || OwnedFd::from(slave.try_clone().unwrap());
        let child = wrapped.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let master = File::from(master);
        let mut reader = master.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0u8; 4096];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Pty { master, slave, output, seen: Vec::new(), child }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `text` has appeared behind all that was waited for before, and returns all up to its end.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.seen.windows(text.len().max(1)).position(|window| window == text.as_bytes());
            if let Some(at) = if text.is_empty() { Some(0) } else { found } {
                let rest = self.seen.split_off(at + text.len());
                return String::from_utf8_lossy(&std::mem::replace(&mut self.seen, rest)).into_owned();
            }
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.seen.extend(bytes),
                Err(_) => panic!("{text:?} never came; there was {:?}", String::from_utf8_lossy(&self.seen)),
            }
        }
    }

    /// Waits until the program sleeps, which it does in reading.
    fn wait_for_reading(&self) {
        let deadline = Instant::now() + PATIENCE;
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        while !state().contains(") S ") {
            assert!(Instant::now() < deadline, "the program does not read: {}", state());
            std::thread::yield_now();
        }
    }

    /// Types. A signal that comes between the prompt and the reading is lost on MIT's programs, so a control character waits
    /// for the reading.
    pub fn type_keys(&mut self, keys: &str) {
        if keys.contains('\x03') {
            self.wait_for_reading();
        }
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    pub fn echo_is_on(&self) -> bool {
        tcgetattr(&self.slave).unwrap().local_modes.contains(LocalModes::ECHO | LocalModes::ICANON)
    }

    /// Waits for the end of the program and returns the rest of what it showed.
    #[track_caller]
    pub fn end(mut self) -> (ExitStatus, String, bool) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the program goes on");
            if let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.seen.extend(bytes);
            }
        };
        // All that it wrote is on its way before this mark, which the terminal sends on as it is.
        self.slave.write_all(b"\x01").unwrap();
        let rest = self.expect("\x01");
        let on = self.echo_is_on();
        (status, rest.trim_end_matches('\x01').to_owned(), on)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Types as told: waits for the text, then types the keys. Returns all that was shown.
#[track_caller]
pub fn dialogue(command: &Command, steps: &[(&str, &str)]) -> (ExitStatus, String) {
    let mut pty = Pty::spawn(command);
    let mut shown = String::new();
    for (text, keys) in steps {
        shown.push_str(&pty.expect(text));
        pty.type_keys(keys);
    }
    let (status, rest, restored) = pty.end();
    assert!(restored, "the terminal is left without echo");
    shown.push_str(&rest);
    (status, shown)
}
