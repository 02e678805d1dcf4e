//! What a program asks of the system, in its order, as `strace` tells it: whether something is on the medium before it is told
//! cannot be seen from outside otherwise.

use std::collections::{HashMap, HashSet};

use harness::{Realm, Side};

/// The calls that change files and their names, or wait for the medium; those behind a question mark are not on every machine.
const CALLS: &str = "openat,ioctl,pwrite64,pwritev,writev,write,ftruncate,fsync,fdatasync,msync,syncfs,sync,\
    ?rename,?renameat,?renameat2,?unlink,?unlinkat";

/// Runs a program of the side's, which must succeed, and tells what it asked of the system for the database: `write F`, `write
/// through F` (to a descriptor that waits for the medium with each write), `fsync F`, `fdatasync F`, `rename F G`, `remove F`, and
/// `says` where a line about a principal goes to standard output. Names are those in the realm's directory, which is `.` itself; a file that has lost its
/// name is `F (deleted)`. Several in a row of the same are one. Lock files have no content and are left out.
///
/// Files share no blocks, whatever the file system can.
pub fn asked(realm: &Realm, program: &str, words: &[&str], input: &str) -> Vec<String> {
    let path = realm.side().program(program).display().to_string();
    let trace = format!("trace={CALLS}");
    let strace = ["-f", "-y", "-s", "4096", "-o", "calls", "-e", &trace];
    let no_sharing = ["-e", "inject=ioctl:error=EOPNOTSUPP", &path];
    let all = strace.into_iter().chain(no_sharing).chain(words.iter().copied());
    let _ = realm.by(Side::Mit).run("strace", all).stdin(input).ok();
    let mut trace = Trace { dir: realm.dir().display().to_string(), through: HashSet::new() };
    let mut events: Vec<String> =
        calls(&String::from_utf8_lossy(&realm.read("calls"))).iter().filter_map(|c| trace.event(c)).collect();
    events.dedup();
    events
}

/// The calls without their process, those that another thread interrupted put together where they ended.
fn calls(text: &str) -> Vec<String> {
    let mut begun = HashMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let (process, call) = line.split_once(' ').unwrap();
        let call = call.trim_start();
        if let Some(start) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(process, start);
        } else if let Some((_, end)) = call.strip_prefix("<... ").and_then(|end| end.split_once(" resumed>"))
        {
            calls.push(format!("{}{end}", begun.remove(process).unwrap()));
        } else if !call.starts_with("+++") && !call.starts_with("---") {
            calls.push(call.to_owned());
        }
    }
    calls
}

struct Trace {
    dir: String,
    /// Descriptors of which each write waits for the medium.
    through: HashSet<String>,
}

impl Trace {
    fn event(&mut self, call: &str) -> Option<String> {
        let (name, rest) = call.split_once('(').unwrap();
        let (arguments, result) = rest.rsplit_once(" = ").unwrap_or((rest, "?"));
        if result.starts_with("-1") {
            return None;
        }
        let (descriptor, shown) = arguments.split_once('<').unwrap_or((arguments, ""));
        let path = || {
            let (path, behind) = shown.split_once('>')?;
            let gone = if behind.starts_with("(deleted)") { " (deleted)" } else { "" };
            Some(format!("{}{gone}", self.name(path)?))
        };
        // Those of paths, in which nothing is escaped.
        let quoted = || arguments.split('"').skip(1).step_by(2).filter_map(|path| self.name(path));
        match name {
            "openat" => {
                let opened = result.split('<').next().unwrap().to_owned();
                if arguments.contains("O_DSYNC") || arguments.contains("O_SYNC") {
                    self.through.insert(opened);
                } else {
                    self.through.remove(&opened);
                }
                None
            }
            "write" if descriptor == "1" => arguments.contains("Principal \\\"").then(|| "says".to_owned()),
            "write" | "pwrite64" | "pwritev" | "writev" | "ftruncate" => {
                let through = if self.through.contains(descriptor) { " through" } else { "" };
                Some(format!("write{through} {}", path()?))
            }
            "fsync" | "fdatasync" => Some(format!("{name} {}", path()?)),
            // Of memory, or of everything.
            "msync" | "sync" | "syncfs" => Some(name.to_owned()),
            "rename" | "renameat" | "renameat2" => {
                let names: Vec<_> = quoted().collect();
                (!names.is_empty()).then(|| format!("rename {}", names.join(" ")))
            }
            "unlink" | "unlinkat" => quoted().next().map(|name| format!("remove {name}")),
            _ => None,
        }
    }

    /// The name of a file of the database, or of the directory.
    fn name<'a>(&self, path: &'a str) -> Option<&'a str> {
        if path == self.dir {
            return Some(".");
        }
        let name = path.strip_prefix(&self.dir)?.strip_prefix('/')?;
        let is_lock = name.ends_with(".ok") || name.ends_with("lock");
        (name.starts_with("principal") && !is_lock).then_some(name)
    }
}
