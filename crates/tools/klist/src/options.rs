//! The options, and MIT's rules for which go together.

use k5_cli::{ExitStatus, Failure, GetOpt, Io, Item, Message, Opt, OptionOrder, OptionTable, program_name};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// What is to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mode {
    /// Nothing was said: a credential cache.
    #[default]
    Default,
    /// `-c`.
    Cache,
    /// `-k`.
    Keytab,
}

/// The command line, its parts found to go together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) version: bool,
    /// `-i`: the client keytab where no name is given.
    pub(crate) client: bool,
    pub(crate) times: bool,
    pub(crate) enctypes: bool,
    pub(crate) keys: bool,
    pub(crate) flags: bool,
    pub(crate) addresses: bool,
    /// `-n`: addresses as numbers.
    pub(crate) numeric: bool,
    pub(crate) authdata: bool,
    pub(crate) config_data: bool,
    /// `-s`: nothing but the exit code.
    silent: bool,
    /// `-l`.
    collection: bool,
    /// `-A`.
    all: bool,
    pub(crate) json: bool,
    pub(crate) name: Option<OsString>,
}

/// What the options come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listing {
    /// The entries of a keytab.
    Keytab,
    /// The contents of a cache.
    Cache,
    /// Whether a cache has a ticket that is good.
    Check,
    /// The names of all caches.
    Names,
    /// The contents of all caches.
    All,
    /// Whether one of all caches has a ticket that is good.
    CheckAll,
}

impl Options {
    pub(crate) fn listing(&self) -> Listing {
        match self.mode {
            Mode::Keytab => Listing::Keytab,
            _ if self.collection => Listing::Names,
            _ if self.all && self.silent => Listing::CheckAll,
            _ if self.all => Listing::All,
            _ if self.silent => Listing::Check,
            _ => Listing::Cache,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Addresses,
    All,
    Cache,
    Client,
    Collection,
    ConfigData,
    AuthData,
    Enctypes,
    Flags,
    Json,
    Keys,
    Keytab,
    Numeric,
    Silent,
    Times,
    Version,
    Version4,
    Version5,
}

pub(crate) static OPTIONS: [Opt<Key>; 18] = [
    Opt::flag(Key::Cache, &["-c"], "list a credential cache"),
    Opt::flag(Key::Keytab, &["-k"], "list a keytab"),
    Opt::flag(Key::Client, &["-i"], "without a FILE: the default client keytab"),
    Opt::flag(
        Key::Collection,
        &["-l"],
        "for caches: the principals and names of all caches of the collection",
    ),
    Opt::flag(Key::All, &["-A"], "for caches: the contents of all caches of the collection"),
    Opt::flag(
        Key::Enctypes,
        &["-e"],
        "show the encryption types of keys and tickets; `DEPRECATED:` marks what is not in use today",
    ),
    Opt::flag(
        Key::Version,
        &["-V"],
        "show the version of Kerberos that this program is compatible with, and end",
    ),
    Opt::flag(Key::AuthData, &["-d"], "for caches: the types of authorization data"),
    Opt::flag(Key::Flags, &["-f"], "for caches: the flags of tickets"),
    Opt::flag(Key::Silent, &["-s"], "for caches: nothing but the exit code, 0 where a ticket is good"),
    Opt::flag(Key::Addresses, &["-a"], "for caches: the addresses of tickets"),
    Opt::flag(Key::Numeric, &["-n"], "with `-a`: as numbers"),
    Opt::flag(Key::Times, &["-t"], "show when each entry was written"),
    Opt::flag(Key::Keys, &["-K"], "show the keys, in hexadecimal: whoever has a key is the principal"),
    Opt::flag(Key::ConfigData, &["-C"], "for caches: configuration entries too"),
    Opt::flag(Key::Json, &["--json"], "one JSON document in place of the text, without keys"),
    Opt::flag(Key::Version4, &["-4"], "Kerberos 4, which nobody has any more").hidden(),
    Opt::flag(Key::Version5, &["-5"], "Kerberos 5, which is all there is").hidden(),
];

/// MIT's text behind `Usage: PROGRAM`.
const USAGE: &str = " [-e] [-V] [[-c] [-l] [-A] [-d] [-f] [-s] [-a [-n]]] [-k [-i] [-t] [-K]] [-C] [name]
\t-c specifies credentials cache
\t-k specifies keytab
\t   (Default is credentials cache)
\t-i uses default client keytab if no name given
\t-l lists credential caches in collection
\t-A shows content of all credential caches
\t-e shows the encryption type
\t-V shows the Kerberos version and exits
\toptions for credential caches:
\t\t-d shows the submitted authorization data types
\t\t-f shows credentials flags
\t\t-s sets exit status based on valid tgt existence
\t\t-a displays the address list
\t\t\t-n do not reverse-resolve
\toptions for keytabs:
\t\t-t shows keytab entry timestamps
\t\t-K shows keytab entry keys
\t\t-C includes configuration data entries
";

fn usage(program: &[u8]) -> Failure {
    Failure::plain([b"Usage: ", program, USAGE.as_bytes()].concat())
}

/// Reads the command line.
///
/// # Errors
/// Usage, after what getopt(3) or MIT says before it.
pub(crate) fn parse(args: &[OsString], io: &mut Io<'_>) -> Result<Options, Failure> {
    let program = program_name(args);
    let usage = || usage(program);
    let (typed, words) =
        args.split_first().map_or((OsStr::new(""), args), |(first, rest)| (first.as_os_str(), rest));
    let order = match io.env.get("POSIXLY_CORRECT") {
        Some(_) => OptionOrder::StopAtWord,
        None => OptionOrder::Permute,
    };
    let mut getopt = GetOpt::new(OptionTable(&OPTIONS), words, order);
    let mut given: Vec<Key> = Vec::new();
    let mut names: Vec<OsString> = Vec::new();
    let mut options = Options::default();
    for item in &mut getopt {
        match item {
            Ok(Item::Word(word)) => names.push(word),
            Ok(Item::Option(option)) => {
                match option.key {
                    Key::Cache | Key::Keytab if options.mode != Mode::Default => return Err(usage()),
                    Key::Cache => options.mode = Mode::Cache,
                    Key::Keytab => options.mode = Mode::Keytab,
                    Key::Version4 => {
                        let text = "Kerberos 4 is no longer supported";
                        return Err(Failure::plain(text).with_status(ExitStatus(3)));
                    }
                    _ => {}
                }
                given.push(option.key);
            }
            Err(error) => {
                io.complain(&error.message(typed));
                return Err(usage());
            }
        }
    }
    names.extend(getopt.rest().iter().cloned());
    let any = |keys: &[Key]| keys.iter().any(|key| given.contains(key));
    let both = |a, b| given.contains(&a) && given.contains(&b);
    let clash = match options.mode {
        Mode::Keytab => any(&[Key::Flags, Key::Silent, Key::Addresses, Key::All, Key::Collection]),
        Mode::Default | Mode::Cache => {
            any(&[Key::Times, Key::Keys])
                || both(Key::All, Key::Collection)
                || both(Key::Silent, Key::Collection)
        }
    };
    if clash || (any(&[Key::Numeric]) && !any(&[Key::Addresses])) {
        return Err(usage());
    }
    if let Some(extra) = names.get(1) {
        let text = [b"Extra arguments (starting with \"", extra.as_bytes(), b"\").\n"].concat();
        io.complain(&Message::plain(text));
        return Err(usage());
    }
    options.version = any(&[Key::Version]);
    options.client = any(&[Key::Client]);
    options.times = any(&[Key::Times]);
    options.enctypes = any(&[Key::Enctypes]);
    options.keys = any(&[Key::Keys]);
    options.flags = any(&[Key::Flags]);
    options.addresses = any(&[Key::Addresses]);
    options.numeric = any(&[Key::Numeric]);
    options.authdata = any(&[Key::AuthData]);
    options.config_data = any(&[Key::ConfigData]);
    options.silent = any(&[Key::Silent]);
    options.collection = any(&[Key::Collection]);
    options.all = any(&[Key::All]);
    options.json = any(&[Key::Json]);
    options.name = names.into_iter().next();
    Ok(options)
}
