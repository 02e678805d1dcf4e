//! `dump`: the database as text, whole or for names that match.

mod copy;
mod target;

use crate::open::{Opened, unlock};
use crate::options::rest_of_command;
use crate::pattern::Pattern;
use crate::session::{AGAIN, ASK, Session, Stop};
use k5_admin::open::update_log_of;
use k5_cli::manual::{Example, Help};
use k5_cli::prompt::read_new_password;
use k5_cli::{Item, Message, Opt, OptionTable, Progress, WordOptions, errno_text};
use k5_crypto::SystemRandom;
use k5_kdb::dump::{CopyHeader, Version, write_policy, write_principal};
use k5_kdb::mkey::convert::{add_master_key, convert_keys, next_kvno};
use k5_kdb::mkey::stash;
use k5_kdb::ulog::{Last, UpdateLog};
use k5_kdb::{Access, Backend, Entry, KdbError, MasterKey, MasterKeys, Order, Scope, StorageKey};
use k5_types::{Kvno, Principal};
use std::ffi::OsString;
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use target::Target;

/// Lines are handed on when so many bytes have gathered.
const BUFFER: usize = 64 * 1024;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Version(Version),
    Ov,
    Conditional,
    Verbose,
    Convert,
    NewKeyFile,
    Reverse,
    Recurse,
}

pub(crate) static OPTIONS: [Opt<Key>; 10] = [
    Opt::flag(
        Key::Version(Version::Beta7),
        &["-b7"],
        "write what releases before 1.0 read; principals lose their policies",
    ),
    Opt::flag(Key::Version(Version::Release13), &["-r13"], "write what releases from 1.3 on read"),
    Opt::flag(Key::Version(Version::Release18), &["-r18"], "write what releases from 1.8 on read"),
    Opt::flag(Key::Verbose, &["-verbose"], "name each principal on standard error"),
    Opt::flag(Key::Convert, &["-mkey_convert"], "ask for a new master key and encrypt the keys in it"),
    Opt::value(Key::NewKeyFile, &["-new_mkey_file"], "FILE", "the same with the key of this stash file"),
    Opt::flag(Key::Reverse, &["-rev"], "go backwards"),
    Opt::flag(Key::Recurse, &["-recurse"], "go by the tree in place of the links between pages"),
    Opt::flag(Key::Ov, &["-ov"], "nothing: a format that is not supported any more").hidden(),
    Opt::flag(Key::Conditional, &["-c"], "for kadmind: only if the dump that is there is too old").hidden(),
];

pub(crate) static HELP: Help = Help {
    operands: "[FILE [NAME ...]]",
    description: "\
Writes all principals and policies to FILE, or to standard output for none or `-`. A FILE that is there is replaced when the dump is whole and on \
the disk; `FILE.dump_ok` beside it tells `kprop` so: it is empty while a dump goes on and after one that failed, and FILE is then the one before. What is no regular file is written to as it is.\n\n\
With NAMEs, extended regular expressions that must match a whole name, only these principals are written, and no policies.\n\n\
The dump holds all keys, encrypted in the master key.",
    flags: &[],
    examples: &[
        Example { line: "kdb5_util dump /var/backups/realm.dump", purpose: "A backup." },
        Example { line: "kdb5_util dump - 'host/.*'", purpose: "Shows the hosts' entries." },
    ],
};

/// What the line asks for.
#[derive(Debug, Default)]
struct Request {
    version: Version,
    verbose: bool,
    convert: bool,
    new_master_key: Option<PathBuf>,
    reverse: bool,
    recurse: bool,
    /// A full copy for a replica, and whether in the extensible format.
    copy: Option<bool>,
    /// Only if a copy that is there is of a place that the update log does not have any more.
    conditional: bool,
    /// `None` for standard output.
    file: Option<PathBuf>,
    names: Vec<Pattern>,
}

impl Request {
    fn version(&self) -> Version {
        match self.copy {
            None => self.version,
            Some(extensible) => CopyHeader { extensible, last: Last::default() }.version(),
        }
    }

    /// What MIT calls the version in messages.
    fn title(&self) -> &'static str {
        match self.copy {
            None => self.version.title(),
            Some(extensible) => CopyHeader { extensible, last: Last::default() }.title(),
        }
    }
}

/// Writes the dump of the opened database.
///
/// # Errors
/// Where the database cannot be read or the dump not be written; a dump that was there is then as it was.
pub(crate) fn run(mut session: Session<'_, '_>, opened: &Opened) -> Result<(), Stop> {
    let request = request(&mut session)?;
    let arguments = &session.general.arguments;
    let failed = |error: String| session.error(error, "while initializing database");
    let database = session.realm_database(arguments).map_err(|error| failed(error.to_string()))?;
    let database = database.open_to_read().map_err(|error| failed(error.to_string()))?;
    let conversion = match request.convert {
        true => Some(Conversion::prepare(&mut session, opened, request.new_master_key.as_deref())?),
        false => None,
    };
    let log = request.copy.map(|_| update_log_of(&session.params, k5_cli::since_epoch));
    if let (true, Some(log), Some(path)) = (request.conditional, &log, &request.file)
        && copy::is_good(path, log).map_err(|error| session.error(error.to_string(), copy::READING))?
    {
        return Ok(());
    }
    match &request.file {
        None => {
            let dump = Dump { session: &mut session, request: &request, conversion, log, target: None };
            dump.run(database.as_ref())
        }
        Some(path) => {
            let mut target = Target::open(path).map_err(|(error, doing)| session.error(error, doing))?;
            let dump =
                Dump { session: &mut session, request: &request, conversion, log, target: Some(&mut target) };
            dump.run(database.as_ref())?;
            target.finish().map_err(|(error, doing)| session.error(error, doing))
        }
    }
}

fn request(session: &mut Session<'_, '_>) -> Result<Request, Stop> {
    let words = rest_of_command(session.general);
    let mut request = Request::default();
    let mut options = WordOptions::new(OptionTable(&OPTIONS), words);
    let mut words: &[OsString] = &[];
    loop {
        let before = options.rest();
        match options.next() {
            Some(Ok(Item::Option(given))) => match given.key {
                Key::Version(version) => request.version = version,
                Key::Ov => return Err(Stop::Failed(Message::plain("OV dump format not supported"))),
                Key::Conditional => request.conditional = true,
                Key::Verbose => request.verbose = true,
                Key::Convert => request.convert = true,
                Key::NewKeyFile => {
                    request.convert = true;
                    request.new_master_key = Some(PathBuf::from(given.into_value()));
                }
                Key::Reverse => request.reverse = true,
                Key::Recurse => request.recurse = true,
            },
            Some(Ok(Item::Word(word))) if word.as_bytes().starts_with(b"-i") => {
                if session.params.iprop.enabled.is_none() {
                    return Err(Stop::Failed(Message::plain("Iprop not enabled")));
                }
                request.copy = Some(copy::wants_extensible(word.as_bytes()));
            }
            Some(Ok(Item::Word(_))) => {
                words = before;
                break;
            }
            Some(Err(_)) => return Err(Stop::Usage),
            None => break,
        }
    }
    let Some((file, names)) = words.split_first() else { return Ok(request) };
    if request.conditional && request.copy.is_none() {
        let text = "Conditional dump is an undocumented option for use only for iprop dumps";
        return Err(session.error("", text));
    }
    if file != "-" {
        if file.as_bytes().starts_with(b"-") {
            return Err(Stop::Usage);
        }
        request.file = Some(PathBuf::from(file));
    }
    for name in names {
        let pattern = Pattern::new(name.as_bytes())
            .map_err(|error| session.error("", format!("regular expression error: {error}")))?;
        request.names.push(pattern);
    }
    Ok(request)
}

/// The change to a new master key.
struct Conversion<'o> {
    old: ConversionKeys<'o>,
    new: MasterKey,
    /// The new key made ready, from the first principal on.
    ready: Option<StorageKey>,
    principal: &'o Principal,
    random: SystemRandom,
}

enum ConversionKeys<'o> {
    Opened(&'o MasterKeys),
    Asked(MasterKeys),
}

impl<'o> Conversion<'o> {
    fn prepare(
        session: &mut Session<'_, '_>,
        opened: &'o Opened,
        file: Option<&Path>,
    ) -> Result<Conversion<'o>, Stop> {
        let old = match &opened.keys {
            Some(keys) => ConversionKeys::Opened(keys),
            None => {
                let password = session
                    .ask()
                    .map_err(|error| session.error(error.to_string(), "while reading master key"))?;
                let key = session.key_of(&opened.principal, &password)?;
                let keys = unlock(session, &opened.entry, &key)
                    .map_err(|text| session.error(text, "while verifying master key"))?;
                ConversionKeys::Asked(keys)
            }
        };
        let doing = "while reading new master key";
        let key = match file {
            Some(file) => stash::read(file, &opened.principal, session.general.kvno.map(Kvno::from))
                .map_err(|error| session.error(error.to_string(), doing))?,
            None => {
                writeln!(session.io.out(), "Please enter new master key....")?;
                let password = read_new_password(session.io, ASK, AGAIN)
                    .map_err(|error| session.error(error.to_string(), doing))?;
                session.key_of(&opened.principal, &password)?
            }
        };
        let kvno = next_kvno(&opened.entry).map_err(|error| session.error(error.to_string(), doing))?;
        let new = MasterKey { kvno, key };
        Ok(Conversion { old, new, ready: None, principal: &opened.principal, random: SystemRandom })
    }

    fn convert(&mut self, entry: &mut Entry) -> k5_kdb::Result<()> {
        let old = match &self.old {
            ConversionKeys::Opened(keys) => keys,
            ConversionKeys::Asked(keys) => keys,
        };
        if entry.principal == *self.principal {
            add_master_key(entry, old, &self.new, &mut self.random)
        } else {
            let ready = match &mut self.ready {
                Some(ready) => ready,
                none => none.insert(StorageKey::new(&self.new.key)?),
            };
            convert_keys(entry, old, self.new.kvno, ready, &mut self.random)
        }
    }
}

/// A dump on its way out.
struct Dump<'d, 'r, 'i, 'o> {
    session: &'d mut Session<'r, 'i>,
    request: &'d Request,
    conversion: Option<Conversion<'o>>,
    /// That which a full copy names a place in.
    log: Option<UpdateLog>,
    target: Option<&'d mut Target>,
}

impl Dump<'_, '_, '_, '_> {
    /// Goes through the database once, under its locks: what is written is one state of it.
    fn run(mut self, database: &dyn Backend) -> Result<(), Stop> {
        let version = self.request.version();
        let order = match (self.request.recurse, self.request.reverse) {
            (false, false) => Order::Forward,
            (false, true) => Order::Reverse,
            (true, false) => Order::Recurse,
            (true, true) => Order::RecurseReverse,
        };
        let doing = format!("performing {} dump", self.request.title());
        let mut lines = Vec::new();
        let to_terminal = match &self.target {
            None => self.session.io.terminals().stdout,
            Some(target) => target.is_terminal(),
        };
        let mut progress = match to_terminal || self.request.verbose {
            true => Progress::hidden(),
            false => Progress::of_number(self.session.io, "principals dumped"),
        };
        let mut stopped = Ok(());
        let dumped = database.begin(Scope::Everything, Access::Read).and_then(|mut transaction| {
            match (&self.log, self.request.copy) {
                // Asked for when the database is locked: what is in the log by then is in the copy.
                (Some(log), Some(extensible)) => match log.last() {
                    Ok(last) => lines.extend(CopyHeader { extensible, last }.line().bytes()),
                    Err(error) => {
                        stopped = Err(self.session.error(error.to_string(), copy::READING));
                        return Ok(());
                    }
                },
                _ => lines.extend_from_slice(version.header().as_bytes()),
            }
            transaction.each_principal(order, &mut |entry| {
                stopped = self.principal(entry, &mut lines);
                progress.step(0);
                Ok(if stopped.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            if self.request.names.is_empty() && stopped.is_ok() {
                transaction.each_policy(&mut |policy| {
                    write_policy(version, &policy, &mut lines);
                    stopped = self.hand_on_if_full(&mut lines);
                    Ok(if stopped.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
                })?;
            }
            Ok(())
        });
        drop(progress);
        stopped?;
        dumped.map_err(|error: KdbError| self.session.error(error.to_string(), doing))?;
        self.hand_on(&mut lines)
    }

    fn principal(&mut self, mut entry: Entry, lines: &mut Vec<u8>) -> Result<(), Stop> {
        let name = entry.principal.unparse();
        let names = &self.request.names;
        if !names.is_empty() && !names.iter().any(|pattern| pattern.matches(&name)) {
            return Ok(());
        }
        if let Some(conversion) = &mut self.conversion {
            conversion.convert(&mut entry).map_err(|error| {
                let doing = [&b"while converting "[..], &name, b" to new master key"].concat();
                self.session.error(error.to_string(), doing)
            })?;
        }
        if self.request.copy.is_some() {
            copy::leave_out_its_own(&mut entry);
        }
        write_principal(self.request.version(), &entry, lines);
        if self.request.verbose {
            self.session.io.complain(&Message::plain(name));
        }
        self.hand_on_if_full(lines)
    }

    fn hand_on_if_full(&mut self, lines: &mut Vec<u8>) -> Result<(), Stop> {
        if lines.len() < BUFFER { Ok(()) } else { self.hand_on(lines) }
    }

    fn hand_on(&mut self, lines: &mut Vec<u8>) -> Result<(), Stop> {
        match &mut self.target {
            None => self.session.io.out().write_all(lines)?,
            Some(target) => target.write(lines).map_err(|error| {
                let doing = [&b"while writing "[..], target.path().as_os_str().as_bytes()].concat();
                self.session.error(errno_text(&error), doing)
            })?,
        }
        lines.clear();
        Ok(())
    }
}
