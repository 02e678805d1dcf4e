//! `crash [--full] [--kills N] [--cuts N] [--seconds N] [--seed S]`: writes cut short. `cargo xtask crash` builds all that is needed.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "speaks to the person who runs it")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crash::chores::CHORES;
use crash::template::Shape;
use crash::together::together;
use crash::tries::{Bench, Tries, tell_once};
use crash::{chores, cuts, kadmin};
use harness::{BackEnd, Dice};

const USAGE: &str = "usage: crash [--full] [--kills N] [--cuts N] [--seconds N] [--seed S]";

/// Long sequences after which it is told how far it is.
const SEQUENCES: u64 = 10;

fn main() -> ExitCode {
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    // Both back ends, unless one is asked for.
    let backends = match std::env::var_os("REALMSMITH_TEST_BACKEND") {
        Some(_) => vec![BackEnd::of_this_run()],
        None => vec![BackEnd::Db2, BackEnd::Klmdb],
    };
    tell_once();
    println!("seed {}", options.seed);
    let wrong: usize = backends.into_iter().map(|backend| options.all(backend)).sum();
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Options {
    kills: u64,
    cuts: u64,
    seconds: u64,
    seed: u64,
}

impl Options {
    fn all(&self, backend: BackEnd) -> usize {
        println!("=== {}", backend.name());
        if self.seconds > 0 {
            let figures = together(backend, Duration::from_secs(self.seconds), self.seed);
            println!("four writers and four readers for {} s: {figures}", self.seconds);
        }
        let cut = match backend {
            BackEnd::Db2 => self.cuts(),
            // What a loss of power leaves is liblmdb's to answer for.
            BackEnd::Klmdb => self.every_operation(),
        };
        self.kills(backend) + cut
    }

    fn tries(&self, backend: BackEnd, seed: u64, count: u64) -> Tries {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let tell = |report: &str| println!("\n{report}");
        Tries { backend, seed, count, threads, tell }
    }

    /// Does them, and tells how many are wrong and how long it took.
    fn told(
        &self,
        backend: BackEnd,
        what: &str,
        count: u64,
        one: impl Fn(&mut Bench, &mut Dice) + Sync,
    ) -> usize {
        let begun = Instant::now();
        let wrong = self.tries(backend, self.seed, count).run(one).len();
        println!("{count} {what}: {wrong} wrong, {} s", begun.elapsed().as_secs());
        wrong
    }

    fn kills(&self, backend: BackEnd) -> usize {
        let of_chores = self.kills / 4;
        self.told(backend, "times kadmin.local killed", self.kills - of_chores, kadmin::kill_once)
            + self.told(backend, "times work on whole databases killed", of_chores, chores::kill_once)
            + self.told(backend, "times work on whole databases failing", of_chores, chores::fail_once)
    }

    /// In the full run all of the work on whole databases, else some.
    fn every_operation(&self) -> usize {
        let count = usize::try_from(self.kills / 20).unwrap_or(usize::MAX).min(CHORES.len());
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let what = "kinds of work on whole databases, killed and failing at every operation";
        let wrong = self.told(BackEnd::Klmdb, what, count as u64, |bench, dice| {
            let chore = CHORES[next.fetch_add(1, Ordering::Relaxed) % CHORES.len()];
            done.fetch_add(chores::at_every_operation(bench, dice, chore), Ordering::Relaxed);
        });
        println!("that is {} times", done.into_inner());
        wrong
    }

    fn cuts(&self) -> usize {
        let mut wrong = self.random_cuts();
        let sequences = self.cuts / cuts::replicas::CUTS / 4;
        wrong += self.told(
            BackEnd::Db2,
            "sequences with an update log cut at random",
            sequences,
            cuts::replicas::random,
        );
        let count = (self.cuts / cuts::cuts_of_one()).div_ceil(10);
        for shape in [Shape::Small, Shape::Tree, Shape::Hash] {
            let what = format!("short sequences on {shape:?} cut everywhere");
            wrong +=
                self.told(BackEnd::Db2, &what, count, |bench, dice| cuts::exhaustive(bench, shape, dice));
            let what = format!("transactions on {shape:?} failing everywhere");
            wrong += self.told(BackEnd::Db2, &what, count, |bench, dice| {
                cuts::failures::at_every_operation(bench, shape, dice);
            });
        }
        wrong
    }

    /// Long sequences until there are so many cuts.
    fn random_cuts(&self) -> usize {
        let (begun, made) = (Instant::now(), AtomicU64::new(0));
        let (mut wrong, mut seed) = (0, self.seed);
        while wrong == 0 && made.load(Ordering::Relaxed) < self.cuts {
            let count =
                (self.cuts - made.load(Ordering::Relaxed)).div_ceil(cuts::cuts_of_one()).min(SEQUENCES);
            let tries = self.tries(BackEnd::Db2, seed, count);
            let one = |bench: &mut Bench, dice: &mut Dice| {
                made.fetch_add(cuts::random(bench, dice), Ordering::Relaxed);
            };
            wrong += tries.run(one).len();
            seed += count;
            println!("{} random cuts: {wrong} wrong", made.load(Ordering::Relaxed));
        }
        let (made, sequences) = (made.into_inner(), seed - self.seed);
        let time = begun.elapsed().as_secs();
        println!("{sequences} long sequences, {made} random cuts: {wrong} wrong, {time} s");
        wrong
    }

    fn read(mut args: impl Iterator<Item = String>) -> Option<Options> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        let mut options = Options { kills: 40, cuts: 1000, seconds: 5, seed: now * 1_000_000 };
        while let Some(arg) = args.next() {
            if arg == "--full" {
                (options.kills, options.cuts, options.seconds) = (300, 20_000, 60);
                continue;
            }
            let value = args.next()?.parse().ok()?;
            match arg.as_str() {
                "--kills" => options.kills = value,
                "--cuts" => options.cuts = value,
                "--seconds" => options.seconds = value,
                "--seed" => options.seed = value,
                _ => return None,
            }
        }
        Some(options)
    }
}
