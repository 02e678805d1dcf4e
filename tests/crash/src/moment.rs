//! When a program is killed.

use std::io::{PipeWriter, Write, pipe};
use std::time::{Duration, Instant};

use harness::{Dice, Fault, Faults, Output, Realm, Run, Running};

/// What kadmin.local asks with.
pub const PROMPT: &str = "kadmin.local:  ";

/// The exit code of a program that was killed, as the harness tells it.
pub const KILLED: i32 = -9;

/// When, and by whom.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// From outside: so long after so many prompts are there. A program without prompts has one when it starts.
    Outside {
        /// Prompts to wait for.
        prompts: usize,
        /// Time from there on.
        delay: Duration,
    },
    /// By itself, when it comes to this operation on a file.
    Inside {
        /// The operation's number, from 1 on.
        at: usize,
        /// Whether it is done, or half done, before.
        torn: bool,
    },
}

/// How the lines come to the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// All at once.
    Whole,
    /// There are none, or the run has them.
    AsGiven,
    /// The next one when the prompt for it is there.
    ByLine,
}

/// What the run of a program to be killed came to.
#[derive(Debug)]
pub struct Killed {
    /// What it said; the exit code is -9, or what it was if the program was faster.
    pub output: Output,
    /// The operations that it came to, where it was killed by itself.
    pub operations: Vec<String>,
}

/// Prompts in what a program has said.
fn prompts(said: &[u8]) -> usize {
    String::from_utf8_lossy(said).matches(PROMPT).count()
}

impl Moment {
    /// Runs the program with these lines as its input and kills it at the moment.
    pub fn kill(self, faults: &Faults, realm: &Realm, run: Run, lines: &[String], feed: Feed) -> Killed {
        let output = match self {
            Moment::Inside { at, torn } => {
                let run = faults.strike(run, at, if torn { Fault::Torn } else { Fault::Kill });
                let (running, stdin, _) = go(run, lines, feed, usize::MAX);
                drop(stdin);
                running.wait()
            }
            Moment::Outside { prompts: wanted, delay } => {
                // Its input stays open until it is dead.
                let (mut running, _stdin, there) = go(run, lines, feed, wanted);
                if there {
                    spin(delay);
                }
                running.kill();
                running.wait()
            }
        };
        let operations = match self {
            Moment::Inside { .. } => faults.operations(realm),
            Moment::Outside { .. } => Vec::new(),
        };
        Killed { output, operations }
    }

    /// One among so many prompts, or one from outside within `span` of the start.
    pub fn outside(dice: &mut Dice, prompts: usize, span: Duration) -> Moment {
        let prompts = if prompts == 0 { 0 } else { 1 + dice.place(prompts) };
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX).max(1);
        Moment::Outside { prompts, delay: Duration::from_micros(dice.below(micros)) }
    }

    /// One of so many operations.
    pub fn inside(dice: &mut Dice, operations: usize) -> Moment {
        Moment::Inside { at: 1 + dice.place(operations.max(1)), torn: dice.one_in(2) }
    }
}

/// Starts the program, feeds it and waits for so many prompts. What is left of its input, and `false` where it ended before.
fn go(run: Run, lines: &[String], feed: Feed, wanted: usize) -> (Running, Option<PipeWriter>, bool) {
    if feed != Feed::ByLine {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let run = if feed == Feed::Whole { run.stdin(&text) } else { run };
        let mut running = run.spawn();
        let there = wanted == usize::MAX || running.hears(|said| prompts(said) >= wanted);
        return (running, None, there);
    }
    let realm = run.realm().clone();
    let (reader, mut stdin) = pipe().expect("no pipe");
    let mut running = run.reading(reader);
    for (number, line) in lines.iter().enumerate() {
        if !running.hears(|said| prompts(said) > number) {
            return (running, Some(stdin), false);
        }
        let line = line.replace("{DIR}", &realm.dir().display().to_string()) + "\n";
        // A program that was killed reads no more.
        if stdin.write_all(line.as_bytes()).is_err() || number + 1 == wanted {
            return (running, Some(stdin), true);
        }
    }
    (running, Some(stdin), true)
}

/// Lets a time pass that is too short for a sleep.
fn spin(time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        std::hint::spin_loop();
    }
}
