//! ktadd (xst): keys of principals into a keytab.

use crate::batch::PACE;
use crate::keytab_name::Keytab;
use crate::session::{Session, keysalts};
use k5_admin::{AdminError, ExtractKeys, Extracted, Extraction, OldKeysRule};
use k5_cli::manual::{Example, Help};
use k5_cli::{ExitStatus, Failure, Io, Item, Message, Opt, OptionTable, WordOptions};
use k5_shell::{Call, CommandResult};
use k5_types::{KeySalt, Principal};
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// How the command is used, MIT's line.
const USAGE: &str = "Usage: ktadd [-k[eytab] keytab] [-q] [-e keysaltlist] [-norandkey] \
[principal | -glob princ-exp] [...]";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    KeepOld,
    Keytab,
    Quiet,
    Norandkey,
    Enctypes,
}

/// `-keepold` stands before `-k`, which MIT takes for the keytab option whatever letters follow.
pub(crate) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::flag(Key::KeepOld, &["-keepold"], "keep the old keys beside the new ones, for tickets in flight"),
    Opt::value(Key::Keytab, &["-k", "-keytab"], "FILE", "the keytab").by_prefix(),
    Opt::flag(Key::Quiet, &["-q"], "say nothing of what was added"),
    Opt::flag(Key::Norandkey, &["-norandkey"], "the keys that there are, unchanged"),
    Opt::value(Key::Enctypes, &["-e"], "KEYSALTS", "which keys to make"),
]);

/// With `-glob`, which stands among the names and is read with them.
pub(crate) fn described() -> Vec<Opt<()>> {
    const GLOB: Opt<()> = Opt::value((), &["-glob"], "PATTERN", "the principals that a pattern matches");
    let mut options = OPTIONS.describe();
    options.push(GLOB.repeatable());
    options
}

#[derive(Debug, Default)]
struct Given {
    keytab: Option<OsString>,
    quiet: bool,
    norandkey: bool,
    keepold: bool,
    keysalts: Vec<KeySalt>,
    names: Vec<OsString>,
}

fn parse(args: &[OsString]) -> Result<Given, Failure> {
    let usage = || Failure::plain(USAGE);
    let mut given = Given::default();
    let mut words = WordOptions::new(OPTIONS, args);
    loop {
        let rest = words.rest();
        match words.next() {
            Some(Ok(Item::Option(option))) => match option.key {
                Key::KeepOld => given.keepold = true,
                Key::Keytab if given.keytab.is_some() => return Err(usage()),
                Key::Keytab => given.keytab = option.value,
                Key::Quiet => given.quiet = true,
                Key::Norandkey => given.norandkey = true,
                Key::Enctypes => given.keysalts = keysalts("ktadd", &option.value.unwrap_or_default())?,
            },
            Some(Err(_)) | None => return Err(usage()),
            Some(Ok(Item::Word(_))) => {
                given.names = rest.to_vec();
                return Ok(given);
            }
        }
    }
}

/// A principal and what messages call it: the word as typed.
struct Wanted {
    typed: Vec<u8>,
    principal: Principal,
}

pub(crate) static HELP: Help = Help {
    operands: "PRINCIPAL ...",
    description: "\
Gives principals new random keys and adds those to a keytab, which is made if it is not there. Whatever the \
principals used before is void, unless `-keepold` keeps the old keys in the database until `purgekeys`. With \
`-norandkey` the keys that there are go into the keytab: right for a second copy.\n\n\
Without `-k` it is the default keytab: `KRB5_KTNAME`, or what `krb5.conf` says. `-k` may be followed by any \
letters: `-kt` is `-k`.\n\n\
A principal's new keys are in the keytab before they are in the database, so a keytab that cannot be written \
costs no keys. Many principals are taken some hundred at a time; if one step fails, those before it are done and told. Should the machine stop between the two, the keytab has versions that the database has not reached: the old keys \
still work, `ktutil check` tells it, and `ktadd` again mends it. K/M is never added; krbtgt and kadmin's principals are added only when they are named, not by \
a pattern.",
    flags: &[],
    examples: &[
        Example {
            line: "ktadd -k /etc/krb5.keytab host/a.example.com",
            purpose: "New keys for the machine.",
        },
        Example {
            line: "ktadd -k copy.keytab -norandkey host/a.example.com",
            purpose: "A copy of the keys that it has.",
        },
    ],
};

pub(crate) fn run(session: &mut Session, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let given = parse(call.args)?;
    if given.norandkey && !given.keysalts.is_empty() {
        return Err(Failure::plain("cannot specify keysaltlist when not changing key"));
    }
    if given.norandkey && given.keepold {
        return Err(Failure::plain("cannot specify -keepold when not changing key"));
    }
    let keytab = Keytab::resolve(session, given.keytab.as_deref())?;
    let found = gather(session, io, &given.names);
    let principals: Vec<Principal> = found.iter().flatten().map(|wanted| wanted.principal.clone()).collect();
    let mut extraction = Extraction { results: Vec::new(), stopped: None };
    if !principals.is_empty() {
        let keys = if given.norandkey {
            ExtractKeys::Existing
        } else {
            let old = if given.keepold { OldKeysRule::Keep } else { OldKeysRule::Discard };
            ExtractKeys::Random { keysalts: given.keysalts, old }
        };
        extraction = session
            .admin
            .extract(&principals, keytab.path(), &keys, PACE)
            .map_err(|error| failure(session, &error))?;
    }
    // Everything is told in the order of the words, although it was done at once.
    let (mut results, mut failed) = (extraction.results.into_iter(), false);
    for wanted in found {
        let told = wanted.map(|wanted| (wanted.typed, results.next()));
        match told {
            Ok((_, Some(Ok(_)))) if given.quiet => {}
            Ok((typed, Some(Ok(extracted)))) => tell(io, &typed, &extracted, &keytab)?,
            Ok((typed, Some(Err(error)))) => {
                failed = true;
                io.complain(&refusal(session, &typed, &error));
            }
            Ok((_, None)) => {}
            Err(failure) => {
                failed = true;
                io.fail(&failure);
            }
        }
    }
    match extraction.stopped {
        Some(error) => Err(failure(session, &error)),
        None if failed => Err(Failure::silent(ExitStatus::FAILURE)),
        None => Ok(()),
    }
}

fn failure(session: &Session, error: &AdminError) -> Failure {
    Failure::com_err(&session.program, error.to_string(), "while adding key to keytab")
}

/// The principals that are named or that a pattern matches, and what is wrong with a word, which keeps nobody else
/// out.
fn gather(session: &Session, io: &mut Io<'_>, names: &[OsString]) -> Vec<Result<Wanted, Failure>> {
    let mut wanted = Vec::new();
    let mut names = names.iter();
    while let Some(name) = names.next() {
        if name != "-glob" {
            wanted.push(named(session, name));
            continue;
        }
        let found = match names.next() {
            Some(pattern) => expand(session, io, pattern),
            None => Err(Failure::plain(USAGE)),
        };
        match found {
            Ok(some) => wanted.extend(some.into_iter().map(Ok)),
            Err(failure) => wanted.push(Err(failure)),
        }
    }
    wanted
}

fn named(session: &Session, typed: &OsStr) -> Result<Wanted, Failure> {
    let parsed = Principal::parse(typed.as_bytes(), session.admin.realm());
    let principal = parsed.map_err(|error| {
        let doing = [b"while parsing -add principal name ", typed.as_bytes()].concat();
        Failure::com_err(&session.program, error.to_string(), doing)
    })?;
    Ok(Wanted { typed: typed.as_bytes().to_vec(), principal })
}

/// What a pattern matches. Nobody means K/M by a pattern, and its keys would be lost: refused. krbtgt and kadmin/*
/// are left out with a notice: new keys for them break every ticket there is.
fn expand(session: &Session, io: &mut Io<'_>, pattern: &OsStr) -> Result<Vec<Wanted>, Failure> {
    let program = &session.program;
    let expression = [b"the expression \"", pattern.as_bytes(), b"\""].concat();
    let names = session.admin.principal_names(Some(pattern.as_bytes())).map_err(|error| {
        let doing = [b"while expanding expression \"", pattern.as_bytes(), b"\"."].concat();
        Failure::com_err(program, error.to_string(), doing)
    })?;
    if names.is_empty() {
        return Err(Failure::com_err(program, "No principal matches", expression));
    }
    let mut wanted = Vec::new();
    for name in names {
        let one = named(session, &OsString::from_vec(name.clone()))?;
        if session.admin.is_master(&one.principal) {
            let text = [
                &name[..],
                b", the master key, is matched by ",
                &expression,
                b"; nothing it matches was added",
            ];
            return Err(Failure::com_err(program, "", text.concat()));
        }
        if is_service_of_the_kdc(&one.principal) {
            let text = [b"Principal ", &name[..], b" is left out: name it to add it"].concat();
            io.complain(&Message::com_err(program, "", text));
            continue;
        }
        wanted.push(one);
    }
    Ok(wanted)
}

fn is_service_of_the_kdc(principal: &Principal) -> bool {
    matches!(principal.components(), [first, _] if first == b"krbtgt" || first == b"kadmin")
}

fn refusal(session: &Session, typed: &[u8], error: &AdminError) -> Message {
    match error {
        AdminError::UnknownPrincipal => {
            Message::com_err(&session.program, "", [b"Principal ", typed, b" does not exist."].concat())
        }
        error => Message::com_err(
            &session.program,
            error.to_string(),
            [b"while changing ", typed, b"'s key"].concat(),
        ),
    }
}

fn tell(io: &mut Io<'_>, typed: &[u8], extracted: &Extracted, keytab: &Keytab) -> io::Result<()> {
    for (kvno, enctype) in &extracted.keys {
        let enctype = enctype.name().map_or_else(|| format!("etype {}", enctype.0), str::to_owned);
        let mut out = io.out();
        out.write_all(&[b"Entry for principal ", typed].concat())?;
        write!(out, " with kvno {kvno}, encryption type {enctype} added to keytab ")?;
        out.write_all(&[keytab.shown(), b".\n"].concat())?;
    }
    Ok(())
}
