//! The command line.

use k5_cli::{Failure, GetOpt, Io, Item, Opt, OptionOrder, OptionTable, program_name};
use std::ffi::{OsStr, OsString};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    HeaderOnly,
    Verbose,
    Newest,
    Reset,
}

pub(crate) static OPTIONS: [Opt<Key>; 4] = [
    Opt::flag(Key::HeaderOnly, &["-h"], "the summary alone"),
    Opt::value(Key::Newest, &["-e"], "N", "the newest N updates alone; 0 for all"),
    Opt::flag(Key::Verbose, &["-v"], "name the attributes that each update has; twice: with their values")
        .repeatable(),
    Opt::flag(Key::Reset, &["-R"], "begin the log anew: replicas take a full copy"),
];

/// The command line, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub header_only: bool,
    pub verbosity: u32,
    /// So many of the newest; 0 for all.
    pub newest: u32,
    pub reset: bool,
}

/// Reads the command line. Words that are no options are passed over, as MIT does.
///
/// # Errors
/// Usage, after what getopt(3) says.
pub(crate) fn parse(args: &[OsString], io: &mut Io<'_>) -> Result<Options, Failure> {
    let (typed, words) =
        args.split_first().map_or((OsStr::new(""), args), |(first, rest)| (first.as_os_str(), rest));
    let order = match io.env.get("POSIXLY_CORRECT") {
        Some(_) => OptionOrder::StopAtWord,
        None => OptionOrder::Permute,
    };
    let mut options = Options::default();
    for item in GetOpt::new(OptionTable(&OPTIONS), words, order) {
        match item {
            Ok(Item::Word(_)) => {}
            Ok(Item::Option(option)) => match option.key {
                Key::HeaderOnly => options.header_only = true,
                Key::Verbose => options.verbosity = options.verbosity.saturating_add(1),
                Key::Reset => options.reset = true,
                Key::Newest => {
                    let value = option.into_value();
                    options.newest = number(&value).ok_or_else(|| {
                        let text = format!("-e: not a number of updates: {}", value.to_string_lossy());
                        Failure::com_err(program_name(args), "", text)
                    })?;
                }
            },
            Err(error) => {
                io.complain(&error.message(typed));
                return Err(usage(typed));
            }
        }
    }
    Ok(options)
}

fn number(word: &OsStr) -> Option<u32> {
    word.to_str()?.trim().parse().ok()
}

fn usage(typed: &OsStr) -> Failure {
    use std::os::unix::ffi::OsStrExt;
    let name = typed.as_bytes();
    Failure::plain([b"\nUsage: ", name, b" [-h] [-v] [-v] [-e num]\n\t", name, b" -R\n\n"].concat())
}
