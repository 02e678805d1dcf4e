//! Many tries, each from a seed, on several processors.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use harness::{BackEnd, Dice, Faults, Realm, Side};

use crate::template::realm;

/// So many reports are enough to look at.
const ENOUGH: usize = 8;
/// Lines at the beginning and at the end of a long text that are shown.
const LINES: usize = 30;
/// Characters at the beginning and at the end of a long line that are shown.
const CHARACTERS: usize = 150;

thread_local! {
    /// Whether a panic of this thread comes back as a report.
    static TRYING: Cell<bool> = const { Cell::new(false) };
}

/// From now on, panics that come back as reports are not told by the runtime too.
pub fn tell_once() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !TRYING.get() {
            told(panic);
        }
    }));
}

/// What a try works with.
#[derive(Debug)]
pub struct Bench {
    /// Its realm, on which our programs work.
    pub realm: Realm,
    /// What has operations go wrong.
    pub faults: Faults,
    /// What it did, for a report; empty when it begins.
    pub story: Vec<String>,
}

/// Seeds and processors.
#[derive(Debug)]
pub struct Tries {
    /// The back end of the realms.
    pub backend: BackEnd,
    /// The first seed; the others follow.
    pub seed: u64,
    /// How many.
    pub count: u64,
    /// At a time.
    pub threads: usize,
    /// Gets each report at once.
    pub tell: fn(&str),
}

impl Tries {
    /// Does all of them; a report for each of those that panicked.
    pub fn run(&self, one: impl Fn(&mut Bench, &mut Dice) + Sync) -> Vec<String> {
        let (next, reports) = (AtomicU64::new(self.seed), Mutex::new(Vec::new()));
        let enough = || reports.lock().expect("nobody panics with it").len() >= ENOUGH;
        thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    let realm = realm(self.backend, Side::Ours);
                    let mut bench = Bench { realm, faults: Faults::new(), story: Vec::new() };
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= self.seed + self.count || enough() {
                            break;
                        }
                        bench.story.clear();
                        let mut dice = Dice::new(seed);
                        TRYING.set(true);
                        let done = catch_unwind(AssertUnwindSafe(|| one(&mut bench, &mut dice)));
                        TRYING.set(false);
                        if let Err(thrown) = done {
                            let told = thrown.downcast_ref::<String>().map(String::as_str);
                            let told =
                                told.or_else(|| thrown.downcast_ref::<&str>().copied()).unwrap_or_default();
                            let story = bench.story.join("\n");
                            let report =
                                format!("=== seed {seed}\n{}\n--- {}", shortened(&story), shortened(told));
                            (self.tell)(&report);
                            reports.lock().expect("nobody panics with it").push(report);
                        }
                    }
                });
            }
        });
        reports.into_inner().expect("nobody panics with it")
    }
}

/// A long text without its middle, and so are long lines.
fn shortened(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(short_line).collect();
    if lines.len() <= 2 * LINES {
        return lines.join("\n");
    }
    let (head, tail) = (&lines[..LINES], &lines[lines.len() - LINES..]);
    format!("{}\n[{} lines]\n{}", head.join("\n"), lines.len() - 2 * LINES, tail.join("\n"))
}

fn short_line(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    if chars.len() <= 2 * CHARACTERS {
        return line.into();
    }
    let (head, tail) = (&chars[..CHARACTERS], &chars[chars.len() - CHARACTERS..]);
    [head, &['.'; 3], tail].concat().into_iter().collect()
}
