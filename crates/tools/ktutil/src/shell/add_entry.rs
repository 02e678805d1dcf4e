//! add_entry (addent).

use super::KeyList;
use crate::hex::{self, BadHex};
use crate::principal;
use k5_cli::manual::{Example, Help};
use k5_cli::prompt::{MASTER_PASSWORD_MAX, read_master_password, read_shown_secret};
use k5_cli::{Failure, Io, Item, Opt, OptionTable, WordOptions, errno_text, leading_number};
use k5_crypto::string_to_key;
use k5_keytab::Entry;
use k5_shell::{Call, CommandResult};
use k5_types::{EncType, KeyBlock, Kvno, Principal, Secret};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Principal,
    Kvno,
    Enctype,
    Password,
    Hex,
    Salt,
    Fetch,
}

pub(super) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::flag(Key::Hex, &["-key"], "ask for the key, in hexadecimal"),
    Opt::flag(Key::Password, &["-password"], "ask for the password that the key is made from"),
    Opt::value(Key::Principal, &["-p"], "PRINCIPAL", "whose key it is"),
    Opt::value(Key::Kvno, &["-k"], "KVNO", "the version number of the key"),
    Opt::value(Key::Enctype, &["-e"], "ENCTYPE", "the encryption type of the key"),
    Opt::flag(
        Key::Fetch,
        &["-f"],
        "ask the KDC for the salt and the encryption type; this version cannot, and adds nothing",
    ),
    Opt::value(Key::Salt, &["-s"], "SALT", "the salt of the password; else the one that the name gives"),
]);

pub(super) static HELP: Help = Help {
    operands: "",
    description: "\
Adds an entry at the end of the list. One of `-key` and `-password` must be given, and `-p`, `-k` and `-e`. The password or the key \
is asked for, never taken from the line. What a password makes is the key that the KDC has if the salt is the same; it is for \
principals that were renamed, for instance, that the salt is another one than the name's.",
    flags: &[],
    examples: &[Example {
        line: "addent -password -p host/a.example.com -k 1 -e aes256-cts",
        purpose: "Asks for a password and adds the key that it makes.",
    }],
};

/// What `-f` comes to.
pub(crate) const NO_FETCH: &str =
    "Asking the KDC for the salt (-f) is not supported by this version; give -e and -s";

/// What the words say.
#[derive(Debug, Default)]
struct Words {
    principal: Option<OsString>,
    kvno: Option<Kvno>,
    enctype: Option<OsString>,
    salt: Option<OsString>,
    passwords: usize,
    keys: usize,
    fetch: bool,
}

impl Words {
    /// Words that are no options are passed over, as with MIT, and so is an option at the end that lacks its value.
    fn read(args: &[OsString]) -> Words {
        let mut words = Words::default();
        for item in WordOptions::new(OPTIONS, args) {
            let Ok(Item::Option(option)) = item else { continue };
            match option.key {
                Key::Principal => words.principal = option.value,
                Key::Kvno => words.kvno = Some(leading_number(&option.into_value()) as u32),
                Key::Enctype => words.enctype = option.value,
                Key::Salt => words.salt = option.value,
                Key::Password => words.passwords += 1,
                Key::Hex => words.keys += 1,
                Key::Fetch => words.fetch = true,
            }
        }
        words
    }
}

/// Why no entry is added.
enum Refusal {
    /// In com_err's shape, `while adding new entry`.
    Error(String),
    /// A line as it stands.
    Line(&'static str),
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Refusal::Error(text)
    }
}

pub(super) fn run(list: &mut KeyList, io: &mut Io<'_>, call: &Call<'_>) -> CommandResult {
    let typed = call.typed.as_bytes();
    let words = Words::read(call.args);
    let one_source = words.passwords + words.keys == 1;
    let (Some(name), Some(kvno), true, false) =
        (&words.principal, words.kvno, one_source, words.fetch && words.salt.is_some())
    else {
        let usage = b" (-key | -password) -p principal -k kvno [-e enctype] [-f|-s salt]";
        return Err(Failure::plain([b"usage: ", typed, usage].concat()));
    };
    if !words.fetch && words.enctype.is_none() {
        return Err(Failure::plain("enctype must be specified if not using -f"));
    }
    let principal = principal::parse(&list.config, name.as_bytes());
    let key =
        principal.map_err(Refusal::from).and_then(|principal| Ok((key(io, &principal, &words)?, principal)));
    match key {
        Ok((key, principal)) => {
            list.entries.push(Entry { principal, timestamp: io.now(), kvno, key });
            Ok(())
        }
        Err(Refusal::Error(text)) => Err(Failure::com_err(typed, text, "while adding new entry")),
        Err(Refusal::Line(line)) => Err(Failure::plain(line)),
    }
}

/// Asks for the password or the key. What is asked for is read also where nothing can come of it: from a pipe it would
/// be taken for the next command.
fn key(io: &mut Io<'_>, principal: &Principal, words: &Words) -> Result<KeyBlock, Refusal> {
    const BAD: &str = "Bad encryption type";
    let enctype = words
        .enctype
        .as_ref()
        .map(|name| name.to_str().and_then(EncType::from_name).ok_or_else(|| Refusal::Error(BAD.to_owned())));
    let enctype = enctype.transpose()?;
    let name = principal.unparse();
    if words.keys > 0 {
        let contents = ask_key(io, &name)?;
        // MIT's stores a key of type 0 where -f stands for the type.
        let enctype = enctype.ok_or_else(|| Refusal::Error(BAD.to_owned()))?;
        return Ok(KeyBlock { enctype, contents });
    }
    // MIT's prompt has room for so much.
    let shown = name.get(..1000).unwrap_or(&name);
    let password = read_master_password(io, [b"Password for ", shown].concat())
        .map_err(|error| Refusal::Error(error.to_string()))?;
    let Some(enctype) = enctype.filter(|_| !words.fetch) else {
        return Err(Refusal::Error(NO_FETCH.to_owned()));
    };
    let salt = words.salt.as_ref().map_or_else(|| principal.salt(), |salt| salt.as_bytes().to_vec());
    string_to_key(enctype, password.expose(), &salt, None).map_err(|error| Refusal::Error(error.to_string()))
}

fn ask_key(io: &mut Io<'_>, name: &[u8]) -> Result<Secret<Vec<u8>>, Refusal> {
    let question = [b"Key for ", name, b" (hex): "].concat();
    let line = read_shown_secret(io, question, MASTER_PASSWORD_MAX)
        .map_err(|error| Refusal::Error(errno_text(&error)))?;
    let line = line.ok_or(Refusal::Line("addent: Error reading key."))?;
    hex::decode(line.expose()).map_err(|bad| {
        // MIT's lines have this name in front whatever was typed.
        Refusal::Line(match bad {
            BadHex::Empty => "addent: Error reading key.",
            BadHex::Illegal => "addent: Illegal character in key.",
            BadHex::Odd => "addent: The key has an odd number of digits.",
        })
    })
}
