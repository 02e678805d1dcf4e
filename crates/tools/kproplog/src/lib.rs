//! kproplog: what the update log of a realm holds, which replicas follow.
#![forbid(unsafe_code)]

mod attribute;
mod listing;
mod manual;
mod options;

pub use manual::manual;

use k5_admin::open::update_log_of;
use k5_cli::{ExitStatus, Failure, Io, LocalZone, errno_text};
use k5_config::{Config, Overrides, RealmParams};
use k5_kdb::KdbError;
use k5_kdb::ulog::Logfile;
use listing::Listing;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Runs the program; `args` begin with its name as typed.
pub fn run(args: &[OsString], io: &mut Io<'_>) -> ExitStatus {
    start(args, io).unwrap_or_else(|failure| io.fail(&failure))
}

fn start(args: &[OsString], io: &mut Io<'_>) -> Result<ExitStatus, Failure> {
    let options = options::parse(args, io)?;
    let params = parameters(io).map_err(|why| explained(b"Couldn't read database_name", Some(&why)))?;
    let path = params.iprop.logfile.as_path();
    let name = path.as_os_str().as_bytes();
    io.out().write_all(&[b"\nKerberos update log (", name, b")\n"].concat())?;
    if options.reset {
        reset(&params)?;
        io.out().write_all(b"Reinitialized the ulog.\n")?;
        return Ok(ExitStatus::SUCCESS);
    }
    let log = Logfile::open(path).map_err(|error| match error {
        KdbError::LogCorrupt { .. } => {
            let cure = "if it should be one, end kadmind, remove it and start kadmind: a new one is made";
            explained(b"Corrupt header log, exiting", Some(cure))
        }
        error => cannot_map(path, &error),
    })?;
    io.out().write_all(b"Update log dump :\n")?;
    let zone = LocalZone::from_environment(&io.env);
    let listing = Listing { zone, verbosity: options.verbosity };
    let mut out = io.out();
    listing.header(&log.header, &mut out)?;
    if !options.header_only && log.header.count > 0 {
        let entries = params.iprop.ulogsize.unsigned_abs();
        if let Err(fault) = listing.entries(&log, entries, options.newest, &mut out)? {
            return Err(explained(fault.as_bytes(), Some("kproplog -R begins the log anew")));
        }
    }
    out.write_all(b"\n")?;
    Ok(ExitStatus::SUCCESS)
}

fn parameters(io: &Io<'_>) -> Result<RealmParams, String> {
    let config = Config::for_kdc(&io.env.config()).map_err(|error| error.message())?;
    let realm = config.default_realm().map_err(|error| error.message())?;
    // A log can be shown though the realm cannot be changed: no setting but its own counts.
    RealmParams::new(&config, realm.bytes(), &Overrides::default()).map_err(|error| error.message())
}

/// Begins the log anew. One that is no log stays: it may be some other file.
fn reset(params: &RealmParams) -> Result<(), Failure> {
    let path = &params.iprop.logfile;
    let log = update_log_of(params, k5_cli::since_epoch);
    log.reset().map_err(|error| cannot_map(path, &error))
}

fn cannot_map(path: &Path, why: &KdbError) -> Failure {
    let text = [b"Unable to map log file ", path.as_os_str().as_bytes()].concat();
    let why = match why {
        KdbError::LogIo { source, .. } => errno_text(source),
        KdbError::LogCorrupt { .. } => "it begins like no log; it stays as it is".to_owned(),
        other => other.to_string(),
    };
    explained(&text, Some(&why))
}

/// MIT's line with the empty one behind it, and the reason, which MIT does not tell.
fn explained(text: &[u8], why: Option<&str>) -> Failure {
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    Failure::plain([text, why.as_bytes(), b"\n"].concat())
}
