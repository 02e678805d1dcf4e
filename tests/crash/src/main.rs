//! `crash [--full] [--kills N] [--cuts N] [--seed S]`: writes cut short. `cargo xtask crash` builds all that is needed.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "speaks to the person who runs it")]

use std::process::ExitCode;
use std::thread;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crash::template::Shape;
use crash::tries::{Bench, Tries, tell_once};
use crash::{chores, cuts, kadmin};
use harness::{BackEnd, Dice};

const USAGE: &str = "usage: crash [--full] [--kills N] [--cuts N] [--seed S]";

fn main() -> ExitCode {
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    tell_once();
    println!("seed {}", options.seed);
    let wrong = options.kills() + options.cuts();
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Options {
    kills: u64,
    cuts: u64,
    seed: u64,
}

impl Options {
    fn tries(&self, count: u64) -> Tries {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let tell = |report: &str| println!("\n{report}");
        Tries { backend: BackEnd::of_this_run(), seed: self.seed, count, threads, tell }
    }

    /// Does them, and tells how many are wrong and how long it took.
    fn told(&self, what: &str, count: u64, one: impl Fn(&mut Bench, &mut Dice) + Sync) -> usize {
        let begun = Instant::now();
        let wrong = self.tries(count).run(one).len();
        println!("{count} {what}: {wrong} wrong, {} s", begun.elapsed().as_secs());
        wrong
    }

    fn kills(&self) -> usize {
        let of_chores = self.kills / 4;
        self.told("times kadmin.local killed", self.kills - of_chores, kadmin::kill_once)
            + self.told("times work on whole databases killed", of_chores, chores::kill_once)
            + self.told("times work on whole databases failing", of_chores, chores::fail_once)
    }

    fn cuts(&self) -> usize {
        let count = self.cuts / cuts::cuts_of_one();
        let mut wrong = self.told("long sequences cut at random", count, cuts::random);
        let shapes = [Shape::Small, Shape::Tree, Shape::Hash];
        let count = count.div_ceil(10);
        for shape in shapes {
            let what = format!("short sequences on {shape:?} cut everywhere");
            wrong += self.told(&what, count, |bench, dice| cuts::exhaustive(bench, shape, dice));
            let what = format!("transactions on {shape:?} failing everywhere");
            wrong +=
                self.told(&what, count, |bench, dice| cuts::failures::at_every_operation(bench, shape, dice));
        }
        wrong
    }

    fn read(mut args: impl Iterator<Item = String>) -> Option<Options> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        let mut options = Options { kills: 40, cuts: 1000, seed: now * 1_000_000 };
        while let Some(arg) = args.next() {
            if arg == "--full" {
                (options.kills, options.cuts) = (300, 20_000);
                continue;
            }
            let value = args.next()?.parse().ok()?;
            match arg.as_str() {
                "--kills" => options.kills = value,
                "--cuts" => options.cuts = value,
                "--seed" => options.seed = value,
                _ => return None,
            }
        }
        Some(options)
    }
}
