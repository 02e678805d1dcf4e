//! MIT's KDC on a realm.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Realm, Side};

/// After this a server will not come up, or go down, any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// MIT's `krb5kdc` on 127.0.0.1, at the realm's port, until this goes away.
#[derive(Debug)]
pub struct Kdc {
    child: Child,
    realm: Realm,
}

impl Kdc {
    /// Starts the KDC and waits until it serves.
    ///
    /// # Panics
    /// Where it does not start, with what it said.
    pub fn start(realm: &Realm) -> Kdc {
        let said = fs::File::create(realm.path("kdc.out")).expect("cannot write kdc.out");
        let child = Command::new(Side::Mit.program("krb5kdc"))
            .args(["-n", "-P"])
            .arg(realm.path("kdc.pid"))
            .env_clear()
            .envs(realm.by(Side::Mit).environment())
            .current_dir(realm.dir())
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("cannot share kdc.out"))
            .stderr(said)
            .spawn()
            .expect("cannot start krb5kdc");
        let mut kdc = Kdc { child, realm: realm.clone() };
        let begun = Instant::now();
        while !kdc.serves() {
            let ended = kdc.child.try_wait().expect("the child is ours to wait for");
            if ended.is_some() || begun.elapsed() > PATIENCE {
                panic!(
                    "krb5kdc does not serve ({ended:?}); it said:\n{}\n{}",
                    kdc.file("kdc.out"),
                    kdc.log()
                );
            }
            thread::sleep(Duration::from_millis(10));
        }
        kdc
    }

    /// Its sockets are all bound once it has logged that it begins; then the port answers.
    fn serves(&self) -> bool {
        self.log().contains("commencing operation")
            && TcpStream::connect((Ipv4Addr::LOCALHOST, self.realm.port())).is_ok()
    }

    /// What the KDC has logged so far.
    pub fn log(&self) -> String {
        self.file("kdc.log")
    }

    fn file(&self, name: &str) -> String {
        fs::read(self.realm.path(name)).map(|bytes| crate::run::text(&bytes)).unwrap_or_default()
    }

    /// Ends the KDC, as going out of scope does.
    pub fn stop(self) {}
}

impl Drop for Kdc {
    fn drop(&mut self) {
        if let Ok(id) = i32::try_from(self.child.id())
            && let Some(id) = Pid::from_raw(id)
            && matches!(self.child.try_wait(), Ok(None))
        {
            let _ = kill_process(id, Signal::TERM);
            let begun = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
