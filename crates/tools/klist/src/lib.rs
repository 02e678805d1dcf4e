//! `klist`: lists credential caches and keytabs.
//!
//! The layout is that of MIT's program in the C locale, byte for byte; [`manual()`] tells the options.
#![forbid(unsafe_code)]

mod address;
mod cache;
mod check;
mod collection;
mod credential;
mod enctype;
mod json;
mod keytab;
mod manual;
mod options;
mod said;

pub use manual::manual;

use k5_ccache::System;
use k5_cli::{ExitStatus, Failure, Io, LocalZone, program_name};
use k5_config::Config;
use options::{Listing, Options};
use said::Said;
use std::ffi::OsString;

/// The version of MIT krb5 whose program this one stands in for, since scripts look for it.
const VERSION: &str = "1.20.1";

/// Runs the program: `args` are its words, its name in front.
pub fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    match execute(args, io) {
        Ok(status) => status,
        Err(failure) => io.fail(&failure),
    }
}

/// What every listing goes by.
struct Task<'a> {
    options: &'a Options,
    config: &'a Config,
    system: System<'static>,
    zone: LocalZone,
    said: Said<'a>,
}

fn execute(args: &[OsString], io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let options = options::parse(args, io)?;
    if options.version {
        version(&options, io)?;
        return Ok(ExitStatus::SUCCESS);
    }
    let program = program_name(args);
    let config = Config::from_env(&io.env.config())
        .map_err(|error| Failure::com_err(program, error.message(), "while initializing krb5"))?;
    let task = Task {
        options: &options,
        system: System::of(&config),
        zone: LocalZone::from_environment(&io.env),
        said: Said::new(program, &config),
        config: &config,
    };
    match options.listing() {
        Listing::Keytab => keytab::list(&task, io),
        Listing::Cache => cache::list(&task, io),
        Listing::Check => check::default_cache(&task, io),
        Listing::Names => collection::names(&task, io),
        Listing::All => collection::all(&task, io),
        Listing::CheckAll => collection::check(&task, io),
    }
}

fn version(options: &Options, io: &mut Io<'_>) -> Result<(), Failure> {
    use std::io::Write;
    if options.json {
        io.write_json(json::VERSION_SCHEMA, &json::VersionJson { kerberos: VERSION })?;
    } else {
        writeln!(io.out(), "Kerberos 5 version {VERSION}")?;
    }
    Ok(())
}
