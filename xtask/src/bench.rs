//! `cargo xtask bench`: how long ours and MIT's take for the same thing on the same files.

mod floor;
mod million;
mod users;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::exec::{check, have, root};
use crate::{install, oracle};

/// One thing to measure: a name, the program's directory and name, and its arguments.
struct Case {
    name: &'static str,
    /// How many times as fast as MIT's ours must be: the chore fails otherwise. 0 where nothing is demanded.
    target: f64,
    directory: &'static str,
    program: &'static str,
    args: &'static [&'static str],
}

/// To measure more, add a case, which must leave the files as they were.
const CASES: [Case; 3] = [
    Case {
        name: "getprinc",
        target: 2.0,
        directory: "sbin",
        program: "kadmin.local",
        args: &["getprinc", "alice"],
    },
    Case {
        name: "keytab list",
        // Twice is out of reach: an empty program takes half of MIT's time (docs/performance.md).
        target: 1.2,
        directory: "bin",
        program: "klist",
        args: &["-k", "out.keytab"],
    },
    Case {
        name: "listprincs",
        target: 0.0,
        directory: "sbin",
        program: "kadmin.local",
        args: &["listprincs"],
    },
];

/// Measures all; `--quick` less of each, in two minutes.
pub fn run(args: &[&str]) -> Result<()> {
    let quick = match args {
        [] => false,
        ["--quick"] => true,
        other => bail!("bench: I do not know \"{}\"", other.join(" ")),
    };
    oracle::ensure()?;
    if !have("hyperfine") {
        bail!("hyperfine is missing");
    }
    let prefix = root().join("target/install");
    install::install(&prefix, "release")?;
    let scratch = tempfile::tempdir()?;
    let bench = Bench { prefix, dir: scratch.path().to_path_buf() };
    bench.make_realm()?;

    println!("{:<14} {:>10} {:>10} {:>8}", "case", "ours", "MIT", "ratio");
    let mut bad = Vec::new();
    for case in &CASES {
        let (ours, mit) = bench.measure(case, if quick { 20 } else { 100 })?;
        if is_too_slow(case, ours, mit) {
            bad.push(format!(
                "{} is {:.1} times as fast as MIT's, not {}",
                case.name,
                mit / ours,
                case.target
            ));
        }
        println!("{:<14} {:>7.2} ms {:>7.2} ms {:>8.2}", case.name, ours * 1e3, mit * 1e3, ours / mit);
    }
    let (rust, c) = floor::measure(&bench, if quick { 20 } else { 100 })?;
    println!("{:<14} {:>7.2} ms {:>7.2} ms", "empty (Rust, C)", rust * 1e3, c * 1e3);
    bad.extend(users::run(&bench.prefix, if quick { users::QUICK } else { users::WHOLE })?);
    bad.extend(million::run(&bench.prefix, if quick { million::QUICK } else { million::WHOLE })?);
    if !bad.is_empty() {
        bail!("what may not be: {}", bad.join(", "));
    }
    Ok(())
}

fn is_too_slow(case: &Case, ours: f64, mit: f64) -> bool {
    mit / ours < case.target
}

struct Bench {
    prefix: PathBuf,
    dir: PathBuf,
}

impl Bench {
    /// A realm of some hundred principals and a keytab, made by MIT's programs, so that it favours nobody.
    fn make_realm(&self) -> Result<()> {
        self.make_empty_realm()?;
        let lines: String = (0..300).map(|n| format!("addprinc -randkey svc/h{n}.example.com\n")).collect();
        let commands = format!("addprinc -pw bench alice\n{lines}ktadd -k out.keytab alice\n");
        self.feed(&mit_program("sbin", "kadmin.local"), &commands)?;
        if !self.dir.join("out.keytab").exists() {
            bail!("MIT's kadmin.local wrote no keytab");
        }
        Ok(())
    }

    /// A realm as MIT's `kdb5_util create` leaves it.
    fn make_empty_realm(&self) -> Result<()> {
        let dir = self.dir.display();
        let krb5_conf =
            "[libdefaults]\n    default_realm = EXAMPLE.COM\n    dns_lookup_kdc = false\n    rdns = false\n";
        let kdc_conf = format!(
            "[realms]\n    EXAMPLE.COM = {{\n        database_name = {dir}/principal\n        \
             key_stash_file = {dir}/stash\n    }}\n"
        );
        fs::write(self.dir.join("krb5.conf"), krb5_conf)?;
        fs::write(self.dir.join("kdc.conf"), kdc_conf)?;
        let mut create = self.quiet(&mit_program("sbin", "kdb5_util"));
        check(create.args(["create", "-s", "-P", "bench"]))
    }

    fn quiet(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.surround(&mut command);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs a program with commands on its standard input.
    fn feed(&self, program: &Path, commands: &str) -> Result<()> {
        let file = self.dir.join("commands");
        fs::write(&file, commands)?;
        check(self.quiet(program).stdin(fs::File::open(file)?))
    }

    fn surround(&self, command: &mut Command) {
        command
            .current_dir(&self.dir)
            .env("KRB5_CONFIG", self.dir.join("krb5.conf"))
            .env("KRB5_KDC_PROFILE", self.dir.join("kdc.conf"))
            .env("KRB5CCNAME", format!("FILE:{}/ccache", self.dir.display()))
            .env("KRB5_KTNAME", format!("FILE:{}/default.keytab", self.dir.display()))
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
    }

    /// The median times in seconds of ours and of MIT's.
    fn measure(&self, case: &Case, runs: u32) -> Result<(f64, f64)> {
        let line = |program: &Path| {
            let words =
                std::iter::once(program.as_os_str()).chain(case.args.iter().map(|word| word.as_ref()));
            words.map(crate::exec::quoted).collect::<Vec<_>>().join(" ")
        };
        let ours = line(&self.prefix.join(case.directory).join(case.program));
        let mit = line(&mit_program(case.directory, case.program));
        self.compare([ours, mit], runs).with_context(|| format!("measuring \"{}\"", case.name))
    }

    /// The median times in seconds of two command lines.
    fn compare(&self, lines: [String; 2], runs: u32) -> Result<(f64, f64)> {
        let json = self.dir.join("times.json");
        let mut hyperfine = Command::new("hyperfine");
        self.surround(&mut hyperfine);
        hyperfine.args(["-N", "--style", "none", "--warmup", "10", "--export-json"]);
        hyperfine.arg(&json).args(["--min-runs", &runs.to_string()]).args(lines);
        // Its remarks about outliers are not for the table; the median does not mind them.
        let out = hyperfine.output().context("cannot run hyperfine")?;
        if !out.status.success() {
            bail!("{}", String::from_utf8_lossy(&out.stderr));
        }
        times(&fs::read_to_string(&json)?)
    }
}

fn mit_program(directory: &str, program: &str) -> PathBuf {
    Path::new("/usr").join(directory).join(program)
}

/// The two median times in hyperfine's report.
fn times(report: &str) -> Result<(f64, f64)> {
    let report: serde_json::Value = serde_json::from_str(report).context("hyperfine wrote no JSON")?;
    let median = |at: usize| report["results"][at]["median"].as_f64().context("hyperfine gave no median");
    Ok((median(0)?, median(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_up_is_bounded_by_mits() {
        let slow = |ours, mit| -> Vec<&str> {
            CASES.iter().filter(|case| is_too_slow(case, ours, mit)).map(|case| case.name).collect()
        };
        assert_eq!(slow(0.005, 0.009), ["getprinc"]);
        assert_eq!(slow(0.005, 0.0055), ["getprinc", "keytab list"]);
        assert!(!CASES.iter().any(|case| is_too_slow(case, 0.004, 0.008)));
    }

    #[test]
    fn the_report_is_read() {
        let report = r#"{"results": [{"median": 0.004, "runs": 3}, {"median": 0.008}]}"#;
        assert_eq!(times(report).unwrap(), (0.004, 0.008));
        assert!(times(r#"{"results": []}"#).is_err());
    }
}
