//! What every tool shares, and the one place that prints, prompts and exits: the process as a value ([`Io`],
//! [`Environment`]), complaints on standard error ([`Message`], [`Failure`]), options ([`OptionTable`],
//! [`GetOpt`], [`WordOptions`]), prompts ([`prompt`]) and dates ([`LocalZone`]).
//!
//! A tool is a function of its words and its [`Io`], which [`main!`] makes a program.
#![deny(unsafe_code)]

mod child;
mod dates;
mod environment;
pub mod getdate;
mod getopt;
mod held;
mod io;
pub mod json;
pub mod manual;
mod message;
mod number;
mod options;
mod process;
mod progress;
pub mod prompt;
mod resolver;
mod secret_file;
#[allow(unsafe_code)]
mod start;
mod terminal;
#[cfg(test)]
mod testing;
mod waiting;
mod words;

pub use dates::{LocalZone, iso_utc};
pub use environment::Environment;
pub use getopt::{GetOpt, GetOptError, OptionOrder};
pub use io::{Io, Out, Streams, Terminals};
pub use k5_types::errno_text;
pub use message::{ExitStatus, Failure, Message};
pub use number::leading_number;
pub use options::{Given, Item, Opt, OptionTable};
pub use process::{monotonic, program_name, set_private_umask, since_epoch};
pub use progress::Progress;
pub use resolver::SystemResolver;
pub use secret_file::{SecretFileError, read_secret_descriptor, read_secret_file};
pub use start::start;
pub use terminal::restore_terminal_on_signals;
pub use words::{MissingValue, WordOptions};
