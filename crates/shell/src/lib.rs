//! The command language of `kadmin.local` and `ktutil`: words and quotes ([`split`]), a table of commands
//! ([`CommandTable`]) and the four ways in ([`Shell`]): words of the command line, one line, lines from a pipe, lines typed
//! at a terminal with editing, history and completion.
//!
//! What MIT's programs do here comes from e2fsprogs' libss and GNU readline, as Debian builds them; prompts, echo and
//! messages are theirs to the byte.
#![forbid(unsafe_code)]

mod completion;
mod editor;
mod history;
mod lines;
mod redact;
mod shell;
mod table;
mod words;

pub use completion::{Candidates, Complete, Operand};
pub use lines::{Batch, Written};
pub use shell::Shell;
pub use table::{Call, Command, CommandResult, CommandTable};
pub use words::{UnbalancedQuotes, split};
