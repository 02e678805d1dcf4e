//! Programs stopped or killed at a system call of theirs, by `strace`, so that the moment is the same in every run.

use harness::{Output, Realm, Run, Side};

/// The calls that change files or say that they are changed.
pub const CHANGES: [&str; 10] = [
    "pwrite64",
    "pwritev",
    "writev",
    "fsync",
    "fdatasync",
    "rename",
    "renameat2",
    "linkat",
    "ftruncate",
    "unlink",
];

/// The exit code of what SIGKILL has ended.
const KILLED: i32 = -9;

/// A run of the side's `kdb5_util` under `strace`, which writes the calls of one kind or several, with commas between, to the
/// file `calls`.
pub fn traced(realm: &Realm, calls: &str, inject: Option<&str>, words: &[&str], input: &str) -> Run {
    let program = realm.side().program("kdb5_util");
    let mut all = vec!["-f".to_owned(), "-o".to_owned(), "calls".to_owned()];
    all.extend(["-e".to_owned(), format!("trace={calls}")]);
    if let Some(inject) = inject {
        all.extend(["-e".to_owned(), format!("inject={calls}:{inject}")]);
    }
    all.push(program.display().to_string());
    all.extend(words.iter().map(|word| (*word).to_owned()));
    realm.by(Side::Mit).run("strace", all).stdin(input)
}

/// Runs a command, which must succeed, and tells how often it makes each of the [`CHANGES`].
pub fn count(realm: &Realm, words: &[&str], input: &str) -> Vec<(&'static str, usize)> {
    let _ = traced(realm, &CHANGES.join(","), None, words, input).ok();
    let calls = String::from_utf8(realm.read("calls")).unwrap();
    let of = |call: &str| calls.lines().filter(|line| line.contains(&format!(" {call}("))).count();
    CHANGES.map(|call| (call, of(call))).to_vec()
}

/// Kills a command as it enters a call for the `nth` time, counted from 1.
pub fn kill(realm: &Realm, call: &str, nth: usize, words: &[&str], input: &str) -> Output {
    let killed = traced(realm, call, Some(&format!("signal=SIGKILL:when={nth}")), words, input).output();
    assert_eq!(killed.exit, KILLED, "{words:?}, {call} {nth}: {killed}");
    killed
}

/// The same, of a command whose calls depend on how time passes: whether the call came. Otherwise it has succeeded.
pub fn kill_if_it_comes(realm: &Realm, call: &str, nth: usize, words: &[&str], input: &str) -> bool {
    let ended = traced(realm, call, Some(&format!("signal=SIGKILL:when={nth}")), words, input).output();
    assert!([KILLED, 0].contains(&ended.exit), "{words:?}, {call} {nth}: {ended}");
    ended.exit == KILLED
}
