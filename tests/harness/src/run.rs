//! One run of one program.

use std::ffi::{OsStr, OsString};
use std::io::{PipeReader, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::heard::Heard;
use crate::{Hosts, Realm, Side};

/// After this a program hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program with its arguments, input and environment, not started yet.
#[must_use = "a run does nothing until it is started"]
#[derive(Clone, Debug)]
pub struct Run {
    pub(crate) realm: Realm,
    name: String,
    called: String,
    args: Vec<OsString>,
    stdin: Vec<u8>,
    env: Vec<(OsString, OsString)>,
    patience: Duration,
    bound: bool,
    hosts: Option<Arc<Hosts>>,
}

impl Run {
    pub(crate) fn new(realm: &Realm, name: &str, args: Vec<OsString>) -> Self {
        let env = realm.environment();
        let args = args.into_iter().map(|word| filled(realm, word)).collect();
        Run {
            realm: realm.clone(),
            name: name.into(),
            called: name.into(),
            args,
            stdin: Vec::new(),
            env,
            patience: PATIENCE,
            bound: false,
            hosts: None,
        }
    }

    /// The name that the program gets as its own, `argv[0]`.
    pub(crate) fn called(mut self, name: &str) -> Self {
        self.called = name.into();
        self
    }

    /// What the program reads from standard input; nothing by default.
    pub fn stdin(mut self, text: &str) -> Self {
        self.stdin = filled(&self.realm, text.into()).into_vec();
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        let value = filled(&self.realm, value.into());
        self = self.env_remove(name);
        self.env.push((name.into(), value));
        self
    }

    /// Takes a variable out of the environment.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self
    }

    /// How long the program may take; 120 seconds by default.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs the program with no power over the rights of files: as root without capabilities, or as whoever runs the
    /// test.
    pub fn bound_by_rights(mut self) -> Self {
        self.bound = true;
        self
    }

    /// Runs the program on a machine with these names.
    pub fn among(mut self, hosts: &Arc<Hosts>) -> Self {
        self.hosts = Some(Arc::clone(hosts));
        self
    }

    /// The program itself, or another one that takes root's powers away or changes the names of hosts, and becomes it.
    fn command(&self) -> Command {
        let program = self.side().program(&self.name);
        if let Some(hosts) = &self.hosts {
            return hosts.command(&self.name);
        }
        if self.bound && rustix::process::geteuid().is_root() {
            let mut command = Command::new("/usr/bin/setpriv");
            command.args(["--bounding-set=-all", "--inh-caps=-all"]).arg(program);
            return command;
        }
        let mut command = Command::new(program);
        command.arg0(&self.called);
        command
    }

    /// The command line, for reports.
    pub fn shown(&self) -> String {
        let words = self.args.iter().map(|word| text(word.as_bytes()));
        let words = std::iter::once(self.called.clone()).chain(words);
        let quoted = words.map(|word| match word.is_empty() || word.contains([' ', '"', '\'', '\n']) {
            true => format!("{word:?}"),
            false => word,
        });
        format!("{}: {}", self.realm.side().name(), quoted.collect::<Vec<_>>().join(" "))
    }

    /// The realm that the program works on.
    pub fn realm(&self) -> &Realm {
        &self.realm
    }

    pub(crate) fn side(&self) -> Side {
        self.realm.side()
    }

    /// As a terminal starts it: by its name, found in `PATH`, through another program.
    pub(crate) fn command_through(&self, first: &str, words: &[&str]) -> Command {
        // Says what is missing, which the other program would not.
        let _ = self.side().program(&self.name);
        let mut command = match &self.hosts {
            Some(hosts) => hosts.command(first),
            None => Command::new(first),
        };
        command.args(words).arg(&self.name).args(&self.args);
        self.surround(&mut command);
        command
    }

    fn surround(&self, command: &mut Command) {
        command.env_clear().envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.realm.dir());
    }

    /// Starts the program and comes back at once.
    pub fn spawn(self) -> Running {
        let input = self.stdin.clone();
        let mut running = self.start(Stdio::piped());
        let mut stdin = running.child.stdin.take().expect("piped");
        // A program may end before it has read everything; that is its right.
        thread::spawn(move || drop(stdin.write_all(&input)));
        running
    }

    /// Starts the program as inetd does, with a connection for its standard input.
    pub fn serve(self, connection: TcpStream) -> Running {
        self.start(OwnedFd::from(connection).into())
    }

    /// Starts the program with the other end of a pipe for its standard input.
    pub fn reading(self, pipe: PipeReader) -> Running {
        self.start(pipe.into())
    }

    fn start(self, stdin: Stdio) -> Running {
        let mut command = self.command();
        command.args(&self.args);
        self.surround(&mut command);
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", self.shown()));
        let stdout = Heard::from(child.stdout.take().expect("piped"));
        let stderr = Heard::from(child.stderr.take().expect("piped"));
        Running { run: self, child, stdout, stderr, started: Instant::now() }
    }

    /// Runs the program to its end.
    pub fn output(self) -> Output {
        self.spawn().wait()
    }

    /// Runs the program, which must succeed.
    pub fn ok(self) -> Output {
        self.output().code(0)
    }

    /// Runs the program, which must end with this exit code.
    pub fn fails(self, code: i32) -> Output {
        self.output().code(code)
    }
}

fn filled(realm: &Realm, word: OsString) -> OsString {
    match word.to_str() {
        Some(text) if text.contains("{DIR}") => {
            text.replace("{DIR}", &realm.dir().display().to_string()).into()
        }
        _ => word,
    }
}

/// A program that runs.
#[must_use = "wait for its end"]
#[derive(Debug)]
pub struct Running {
    run: Run,
    child: Child,
    stdout: Heard,
    stderr: Heard,
    started: Instant,
}

impl Running {
    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the program with SIGKILL, as a crash does.
    pub fn kill(&mut self) {
        self.child.kill().expect("cannot kill the program");
    }

    /// Waits until standard output, as far as it has come, is enough; `false` where it ends before.
    ///
    /// # Panics
    /// Where the program takes longer than its patience; it is killed then.
    pub fn hears(&mut self, enough: impl Fn(&[u8]) -> bool) -> bool {
        match self.stdout.until(self.left(), |heard, _| enough(heard)) {
            Some(heard) => enough(&heard),
            None => self.give_up(),
        }
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// Where the program takes longer than its patience; it is killed then.
    pub fn wait(mut self) -> Output {
        let stdout = self.all_of(true);
        let stderr = self.all_of(false);
        let status = self.child.wait().expect("the child is ours to wait for");
        Output {
            command: self.run.shown(),
            dir: self.run.realm.dir().to_path_buf(),
            stdout: text(&stdout),
            stderr: text(&stderr),
            exit: status.code().unwrap_or_else(|| -status.signal().unwrap_or(0)),
        }
    }

    fn all_of(&mut self, out: bool) -> Vec<u8> {
        let from = if out { &self.stdout } else { &self.stderr };
        match from.until(self.left(), |_, ended| ended) {
            Some(bytes) => bytes,
            None => self.give_up(),
        }
    }

    fn left(&self) -> Duration {
        self.run.patience.saturating_sub(self.started.elapsed())
    }

    fn give_up(&mut self) -> ! {
        let _ = self.child.kill();
        let _ = self.child.wait();
        panic!("{} hangs; killed after {:?}", self.run.shown(), self.run.patience)
    }
}

/// What a program said and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// The command line, for reports.
    pub command: String,
    /// The realm's directory.
    pub dir: PathBuf,
    /// Standard output; bytes that are no UTF-8 as `\xNN`.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
    /// The exit code, or the negated number of the signal that ended the program.
    pub exit: i32,
}

impl Output {
    /// The program must have ended with this exit code.
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.exit, code, "exit code of {self}");
        self
    }

    /// Standard output must contain this.
    pub fn stdout_has(self, part: &str) -> Self {
        assert!(self.stdout.contains(part), "no {part:?} on standard output of {self}");
        self
    }

    /// Standard error must contain this.
    pub fn stderr_has(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "no {part:?} on standard error of {self}");
        self
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Output { command, stdout, stderr, exit, .. } = self;
        write!(f, "{command}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n--- exit code {exit}")
    }
}

/// Bytes as text without loss: what is no UTF-8 becomes `\xNN`.
pub(crate) fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// A word of a command line.
pub(crate) fn words<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(args: I) -> Vec<OsString> {
    args.into_iter().map(|word| word.as_ref().to_os_string()).collect()
}
