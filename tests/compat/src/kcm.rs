//! KCM daemons: Heimdal's, and one of our own that knows what MIT has added to the protocol.

use harness::Realm;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// After this a daemon will not come up any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// Heimdal's `kcm`, until this goes away. Its socket has a fixed name below `/run`, so it runs in a mount namespace in which
/// `/run` is a directory of the realm's.
#[derive(Debug)]
pub struct HeimdalKcm {
    child: Child,
    /// Its socket.
    pub socket: PathBuf,
}

impl HeimdalKcm {
    /// Starts it and waits until it listens.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start(realm: &Realm) -> HeimdalKcm {
        let run = realm.path("run");
        std::fs::create_dir(&run).expect("a fresh realm");
        let script =
            r#"mount --bind "$1" /run && exec /usr/sbin/kcm --no-name-constraints --config-file="$2""#;
        let child = Command::new("/usr/bin/unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
            .arg(&run)
            .arg(realm.path("krb5.conf"))
            .env("KRB5_CONFIG", realm.path("krb5.conf"))
            .stdin(Stdio::null())
            .spawn()
            .expect("unshare starts");
        let mut kcm = HeimdalKcm { child, socket: run.join(".heim_org.h5l.kcm-socket") };
        let begun = Instant::now();
        while UnixStream::connect(&kcm.socket).is_err() {
            let ended = kcm.child.try_wait().expect("the child is ours to wait for");
            assert!(
                ended.is_none() && begun.elapsed() < PATIENCE,
                "Heimdal's kcm does not serve ({ended:?})"
            );
            thread::sleep(Duration::from_millis(10));
        }
        kcm
    }
}

impl Drop for HeimdalKcm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A daemon in this process, of just what MIT's library asks for. It serves until the process ends.
#[derive(Debug)]
pub struct OwnKcm {
    /// Its socket.
    pub socket: PathBuf,
    caches: Arc<Mutex<Caches>>,
}

const NO_CACHE: i32 = -1_765_328_189;
const UNSUPPORTED: i32 = -1_765_328_137;

/// A cache, as it came.
#[derive(Debug)]
struct Held {
    principal: Vec<u8>,
    credentials: Vec<Vec<u8>>,
}

#[derive(Debug, Default)]
struct Caches {
    /// By name.
    caches: BTreeMap<Vec<u8>, Held>,
    default: Vec<u8>,
    made: usize,
    /// The numbers of the requests that came.
    asked: Vec<u16>,
    /// What is answered in place of the truth, by request.
    lies: BTreeMap<u16, Vec<u8>>,
}

impl OwnKcm {
    /// Begins to serve.
    ///
    /// # Panics
    /// Where the socket cannot be made.
    pub fn start(realm: &Realm) -> OwnKcm {
        let socket = realm.path("own-kcm");
        let listener = UnixListener::bind(&socket).expect("a fresh realm");
        let caches = Arc::new(Mutex::new(Caches { default: b"first".to_vec(), ..Caches::default() }));
        let shared = Arc::clone(&caches);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        OwnKcm { socket, caches }
    }

    /// The numbers of the requests that came since the last question.
    ///
    /// # Panics
    /// Where the daemon has died.
    pub fn asked(&self) -> Vec<u16> {
        std::mem::take(&mut self.caches.lock().expect("the daemon lives").asked)
    }

    /// From now on the request is answered with this: code and results.
    ///
    /// # Panics
    /// Where the daemon has died.
    pub fn lie(&self, request: u16, answer: &[u8]) {
        self.caches.lock().expect("the daemon lives").lies.insert(request, answer.to_vec());
    }
}

fn serve(mut stream: UnixStream, caches: &Mutex<Caches>) -> io::Result<()> {
    loop {
        let mut len = [0; 4];
        stream.read_exact(&mut len)?;
        let mut request = vec![0; u32::from_be_bytes(len) as usize];
        stream.read_exact(&mut request)?;
        let number = u16::from_be_bytes([request[2], request[3]]);
        let answer = {
            let mut caches = caches.lock().expect("nobody dies with it");
            caches.asked.push(number);
            match caches.lies.get(&number) {
                Some(lie) => lie.clone(),
                None => match caches.answer(number, &request[4..]) {
                    Ok(results) => [&[0; 4][..], &results].concat(),
                    Err(code) => code.to_be_bytes().to_vec(),
                },
            }
        };
        let len = u32::try_from(answer.len()).expect("small").to_be_bytes();
        stream.write_all(&[&len[..], &[0; 4], &answer].concat())?;
    }
}

/// An id for each cache, or each credential of a cache: its number.
fn id(index: usize) -> [u8; 16] {
    (index as u128).to_be_bytes()
}

fn index(id: &[u8]) -> usize {
    id.try_into().map_or(usize::MAX, |id| usize::try_from(u128::from_be_bytes(id)).unwrap_or(usize::MAX))
}

impl Caches {
    fn answer(&mut self, request: u16, arguments: &[u8]) -> Result<Vec<u8>, i32> {
        let named = |name: &[u8]| [name, b"\0"].concat();
        // Those that do not begin with a name look at all of it.
        let end = arguments.iter().position(|byte| *byte == 0).unwrap_or(arguments.len());
        let (name, rest) = (&arguments[..end], arguments.get(end + 1..).unwrap_or_default());
        match request {
            3 => {
                self.made += 1;
                Ok(named(format!("made{}", self.made).as_bytes()))
            }
            4 => {
                let cache = Held { principal: rest.to_vec(), credentials: Vec::new() };
                self.caches.insert(name.to_vec(), cache);
                Ok(Vec::new())
            }
            5 => self.caches.remove(name).map(|_| Vec::new()).ok_or(NO_CACHE),
            6 => {
                self.caches.get_mut(name).ok_or(NO_CACHE)?.credentials.push(rest.to_vec());
                Ok(Vec::new())
            }
            8 => self.caches.get(name).map(|cache| cache.principal.clone()).ok_or(NO_CACHE),
            9 => {
                let credentials = &self.caches.get(name).ok_or(NO_CACHE)?.credentials;
                Ok((0..credentials.len()).flat_map(id).collect())
            }
            10 => self
                .caches
                .get(name)
                .and_then(|cache| cache.credentials.get(index(rest)))
                .cloned()
                .ok_or(NO_CACHE),
            18 if self.caches.is_empty() => Err(NO_CACHE),
            18 => Ok((0..self.caches.len()).flat_map(id).collect()),
            19 => self.caches.keys().nth(index(arguments)).map(|name| named(name)).ok_or(NO_CACHE),
            20 => Ok(named(&self.default)),
            21 => {
                self.default = name.to_vec();
                Ok(Vec::new())
            }
            22 => Ok(vec![0, 0, 0, 7]),
            23 => Ok(Vec::new()),
            13_001 => {
                let credentials = &self.caches.get(name).ok_or(NO_CACHE)?.credentials;
                let len = |len: usize| u32::try_from(len).expect("small").to_be_bytes();
                let list = credentials.iter().map(|one| [&len(one.len())[..], one].concat());
                Ok([len(credentials.len()).to_vec()].into_iter().chain(list).flatten().collect())
            }
            _ => Err(UNSUPPORTED),
        }
    }
}
