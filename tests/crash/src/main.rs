//! `crash [--full] [--kills N] [--cuts N] [--seed S]`: writes cut short. `cargo xtask crash` builds all that is needed.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "speaks to the person who runs it")]

use std::process::ExitCode;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use crash::template::Shape;
use crash::tries::{Tries, tell_once};
use crash::{chores, cuts, kadmin};
use harness::BackEnd;

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

    fn kills(&self) -> usize {
        let of_chores = self.kills / 4;
        let wrong = self.tries(self.kills - of_chores).run(kadmin::kill_once).len();
        println!("kadmin.local killed {} times: {wrong} wrong", self.kills - of_chores);
        let chores = self.tries(of_chores).run(chores::kill_once).len();
        println!("work on whole databases killed {of_chores} times: {chores} wrong");
        let failing = self.tries(of_chores).run(chores::fail_once).len();
        println!("work on whole databases failing {of_chores} times: {failing} wrong");
        wrong + chores + failing
    }

    fn cuts(&self) -> usize {
        let count = self.cuts / cuts::cuts_of_one();
        let mut wrong = self.tries(count).run(cuts::random).len();
        println!("{count} long sequences cut at random: {wrong} wrong");
        let sequences = self.cuts / cuts::replicas::cuts_of_one() / 4;
        let of_replicas = self.tries(sequences).run(cuts::replicas::random).len();
        println!("{sequences} sequences with an update log cut at random: {of_replicas} wrong");
        wrong += of_replicas;
        let shapes = [Shape::Small, Shape::Tree, Shape::Hash];
        let count = count.div_ceil(10);
        for shape in shapes {
            let of_shape = self.tries(count).run(|bench, dice| cuts::exhaustive(bench, shape, dice)).len();
            println!("{count} short sequences on {shape:?} cut everywhere: {of_shape} wrong");
            let tries = self.tries(count);
            let failing =
                tries.run(|bench, dice| cuts::failures::at_every_operation(bench, shape, dice)).len();
            println!("{count} transactions on {shape:?} failing everywhere: {failing} wrong");
            wrong += of_shape + failing;
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
