//! `load`: a dump as the database, or over it.

use crate::options::rest_of_command;
use crate::session::{Session, Stop};
use k5_cli::manual::{Example, Help};
use k5_cli::{Item, Message, Opt, OptionTable, Progress, WordOptions, errno_text};
use k5_kdb::db2::PrincipalFile;
use k5_kdb::dump::{DumpReader, Record, Version};
use k5_kdb::{KdbError, Load, LoadFrom, Place};
use std::fs::{File, Metadata};
use std::io::{IsTerminal, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Version(Version),
    Ov,
    Iprop,
    Hash,
    Verbose,
    Update,
}

pub(crate) static OPTIONS: [Opt<Key>; 8] = [
    Opt::flag(Key::Version(Version::Beta7), &["-b7"], "take a dump of this version only; else any"),
    Opt::flag(Key::Version(Version::Release13), &["-r13"], "the same"),
    Opt::flag(Key::Version(Version::Release18), &["-r18"], "the same"),
    Opt::flag(Key::Hash, &["-hash"], "make a hash table of the principals, in place of a B-tree"),
    Opt::flag(Key::Verbose, &["-verbose"], "name each principal and policy on standard error"),
    Opt::flag(Key::Update, &["-update"], "add to the database, over records of the same name"),
    Opt::flag(Key::Ov, &["-ov"], "nothing: a format that is not supported any more").hidden(),
    Opt::flag(Key::Iprop, &["-i"], "for kpropd: a dump for incremental propagation").hidden(),
];

pub(crate) static HELP: Help = Help {
    operands: "FILE",
    description: "\
Makes the database of a dump, or replaces it: the new one is built beside it under names with `~`, and takes its place when all of it is on \
the disk. What a load has left that was killed is overwritten and removed by the next one, or by `destroy`. With `-update` the same is done to a copy of the database, while nobody else may use it.\n\n\
With klmdb a load is one transaction on the live files, so that `mapsize` must hold the old database and the new one together; there is no `-hash`. Lockout records are written whole: \
what the KDC counts meanwhile is lost.\n\n\
A damaged dump stops the load with the line and what is wrong with it; the database is then as it was. The stash file is not touched: a database of another \
realm, or of another time, may have another master key.",
    flags: &[],
    examples: &[Example {
        line: "kdb5_util load /var/backups/realm.dump",
        purpose: "Goes back to a backup.",
    }],
};

/// What the line asks for.
#[derive(Debug, Default)]
struct Request {
    version: Option<Version>,
    verbose: bool,
    update: bool,
    /// A full copy from the primary.
    copy: bool,
    hash: bool,
    file: PathBuf,
}

/// Loads a dump.
///
/// # Errors
/// Where the dump cannot be read or the database not be written: that is then as it was.
pub(crate) fn run(mut session: Session<'_, '_>) -> Result<(), Stop> {
    let request = request(&session)?;
    let shown = request.file.as_os_str().as_bytes().to_vec();
    let opened = File::open(&request.file);
    let file = opened
        .map_err(|error| session.error(errno_text(&error), [&b"while opening "[..], &shown].concat()))?;
    let length = file.metadata().ok().filter(Metadata::is_file).map(|data| data.len());
    let mut progress = progress(&session, &request, &file);
    let realm = &session.params.realm;
    let opened = match request.copy {
        true => DumpReader::open_copy(file, realm).map(|(reader, header)| (reader, Some(header))),
        false => DumpReader::open(file, request.version, realm).map(|reader| (reader, None)),
    };
    let (mut reader, copy) = opened.map_err(|error| {
        let (what, why) = match &error {
            KdbError::DumpRead { source, .. } => {
                (KdbError::DumpHeader { missing: true }.to_string(), format!(" ({})", errno_text(source)))
            }
            other => (other.to_string(), String::new()),
        };
        session.error("", [what.as_bytes(), b" in ", &shown, why.as_bytes()].concat())
    })?;
    let (doing, from) = match request.update {
        false => ("while creating database", LoadFrom::Nothing),
        true => ("while opening database", LoadFrom::Live),
    };
    // The new database has its own name whether it is asked for or not.
    let arguments = session.general.arguments.iter().filter(|word| *word != "temporary");
    let mut database =
        session.realm_database(arguments).map_err(|error| session.error(error.to_string(), doing))?;
    if request.hash {
        match &mut database.place {
            Place::Db2(files) => files.new_principals = PrincipalFile::Hash,
            Place::Klmdb(_) => {
                return Err(session.error("Unsupported argument \"hash=true\" for LMDB", doing));
            }
        }
    }
    let loader = match copy {
        Some(header) => database.load_copy(header.last),
        None => database.load(from),
    };
    let mut loader = loader.map_err(|error| session.error(error.to_string(), doing))?;
    let restored = restore(&mut session, &mut reader, loader.as_mut(), &request, &mut progress);
    progress.say("writing the database");
    let storing = |error| Fault::Store(error, b"while storing principals".to_vec());
    if let Err(fault) = restored.and_then(|()| loader.complete().map_err(storing)) {
        drop(loader);
        drop(progress);
        let title = copy.map_or_else(|| reader.version().title(), |header| header.title());
        let fault = match (fault, length) {
            // The map is full before the dump is at its end.
            (Fault::Store(error, doing), Some(length)) => {
                Fault::Store(error.for_the_whole(reader.bytes(), length), doing)
            }
            (fault, _) => fault,
        };
        return Err(refuse(&mut session, &request.file, &reader, title, fault));
    }
    let loaded = loader
        .finish()
        .map_err(|error| session.error(error.to_string(), "while making newly loaded database live"))?;
    drop(progress);
    if let Some(lock_file) = &loaded.lock_file_made_again {
        tell_of_lock_file(&mut session, lock_file);
    }
    Ok(())
}

/// How much of the dump has been read, on a terminal where nothing else is written.
fn progress(session: &Session<'_, '_>, request: &Request, file: &File) -> Progress {
    match file.metadata() {
        _ if request.verbose || file.is_terminal() => Progress::hidden(),
        Ok(data) if data.is_file() => Progress::of_bytes(session.io, "loading", data.len()),
        _ => Progress::of_number(session.io, "principals loaded"),
    }
}

/// The notice that the policies' lock file was missing.
pub(crate) fn tell_of_lock_file(session: &mut Session<'_, '_>, lock_file: &Path) {
    let text = format!(
        "the lock file {} was missing, as a load that was killed leaves it, and was made again",
        lock_file.display()
    );
    session.io.complain(&Message::com_err(session.program, "", text));
}

fn request(session: &Session<'_, '_>) -> Result<Request, Stop> {
    let mut request = Request::default();
    let mut options = WordOptions::new(OptionTable(&OPTIONS), rest_of_command(session.general));
    let file = loop {
        match options.next() {
            Some(Ok(Item::Option(given))) => match given.key {
                Key::Version(version) => request.version = Some(version),
                Key::Ov => return Err(Stop::Failed(Message::plain("OV dump format not supported"))),
                Key::Iprop if session.params.iprop.enabled.is_none() => {
                    return Err(Stop::Failed(Message::plain("Iprop not enabled")));
                }
                Key::Iprop => request.copy = true,
                Key::Hash => request.hash = true,
                Key::Verbose => request.verbose = true,
                Key::Update => request.update = true,
            },
            Some(Ok(Item::Word(word))) => break word,
            Some(Err(_)) | None => return Err(Stop::Usage),
        }
    };
    // A copy takes the place of the whole database.
    if !options.rest().is_empty() || (request.copy && request.update) {
        return Err(Stop::Usage);
    }
    request.file = PathBuf::from(file);
    Ok(request)
}

/// Why a dump was not loaded.
enum Fault {
    /// The dump is damaged, or cannot be read.
    Dump(KdbError),
    /// A record cannot be stored, and while doing what.
    Store(KdbError, Vec<u8>),
}

fn restore<R: Read>(
    session: &mut Session<'_, '_>,
    reader: &mut DumpReader<R>,
    loader: &mut dyn Load,
    request: &Request,
    progress: &mut Progress,
) -> Result<(), Fault> {
    let shown = request.file.as_os_str().as_bytes();
    while let Some(record) = reader.next_record().map_err(Fault::Dump)? {
        match record {
            Record::Principal { name, entry, trash } => {
                if trash > 0 {
                    let text = format!("({}): ignoring trash at end of line: {trash} bytes", reader.line());
                    let text = Message::plain([shown, text.as_bytes()].concat());
                    progress.aside(|| session.io.complain(&text));
                }
                let storing = || [&b"while storing "[..], &name].concat();
                loader.put_principal(&entry).map_err(|error| Fault::Store(error, storing()))?;
                progress.step(reader.bytes());
                if request.verbose {
                    session.io.complain(&Message::plain(name));
                }
            }
            Record::Policy(policy) => {
                let storing = b"while creating policy".to_vec();
                loader.put_policy(&policy).map_err(|error| Fault::Store(error, storing))?;
                if request.verbose {
                    let text = [&b"created policy "[..], &policy.name].concat();
                    session.io.complain(&Message::plain(text));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Tells the fault, then the line, then the file, as MIT does.
fn refuse<R: Read>(
    session: &mut Session<'_, '_>,
    file: &Path,
    reader: &DumpReader<R>,
    title: &str,
    fault: Fault,
) -> Stop {
    let shown = file.as_os_str().as_bytes();
    let first = match fault {
        Fault::Dump(KdbError::DumpLine { line, what }) => {
            Message::plain([shown, format!("({line}): {what}").as_bytes()].concat())
        }
        Fault::Dump(error) => Message::com_err(session.program, error.to_string(), ""),
        Fault::Store(error, doing) => Message::com_err(session.program, error.to_string(), doing),
    };
    session.io.complain(&first);
    let place = [format!("error processing line {} of ", reader.line()).as_bytes(), shown].concat();
    session.io.complain(&Message::com_err(session.program, "", place));
    session.error("", format!("{title} restore failed"))
}
