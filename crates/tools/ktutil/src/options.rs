//! The options of the program itself. MIT's has none.

use crate::manual::manual;
use k5_cli::{Failure, Io, Item, Opt, OptionTable, WordOptions, program_name};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Help,
    Strict,
}

/// They stand before the command.
pub(crate) const OPTIONS: OptionTable<Key> = OptionTable(&[
    Opt::flag(
        Key::Strict,
        &["--strict"],
        "in the shell: end with 1 at the first command from a file or pipe that fails",
    ),
    Opt::flag(Key::Help, &["--help"], "tell how the program is used, and no more"),
]);

/// The command line.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    pub(crate) help: bool,
    pub(crate) strict: bool,
    /// A command and its words; none for the shell.
    pub(crate) words: &'a [OsString],
}

impl<'a> Options<'a> {
    /// # Errors
    /// Usage: an option that there is not.
    pub(crate) fn parse(args: &'a [OsString], io: &Io<'_>) -> Result<Options<'a>, Failure> {
        let strict = io.env.get("REALMSMITH_STRICT").is_some_and(|value| !value.is_empty() && value != "0");
        let mut options = Options { help: false, strict, words: &[] };
        let mut words = WordOptions::new(OPTIONS, args.get(1..).unwrap_or_default());
        loop {
            options.words = words.rest();
            match words.next() {
                Some(Ok(Item::Option(given))) => match given.key {
                    Key::Help => options.help = true,
                    Key::Strict => options.strict = true,
                },
                Some(Ok(Item::Word(word))) if word.as_bytes().starts_with(b"-") => {
                    let program = program_name(args);
                    let told = [program, b": unrecognized option ", word.as_bytes(), b"\n"].concat();
                    return Err(Failure::plain([&told, usage().as_bytes()].concat()));
                }
                Some(_) | None => return Ok(options),
            }
        }
    }
}

/// How the program is used, from its manual.
pub(crate) fn usage() -> String {
    manual().synopsis.iter().map(|line| format!("Usage: {}\n", format!("ktutil {line}").trim_end())).collect()
}
