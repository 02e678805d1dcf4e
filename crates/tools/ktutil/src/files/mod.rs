//! Commands on keytab files, one to a call of the program. MIT's ktutil has none.

mod add;
mod change;
mod check;
mod copy;
mod dedup;
mod diff;
mod keys;
mod list;
mod merge;
mod newcomers;
mod options;
mod purge;
mod remove;
mod rename;
mod select;
mod target;

use k5_config::Config;
use k5_shell::{Command, CommandTable, Operand};

/// What a command needs beside its words.
#[derive(Debug)]
pub(crate) struct Session {
    /// The program's name, in front of messages.
    pub(crate) program: Vec<u8>,
    /// Says what the default realm is.
    pub(crate) config: Config,
}

/// The commands. Where MIT's shell has the same one, its names for it do as well.
pub(crate) const TABLE: CommandTable<Session> = CommandTable::new(&COMMANDS).with_help();

static COMMANDS: [Command<Session>; 10] = [
    Command::new(&["list", "l"], "List a keytab.", list::run)
        .options(|| list::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&list::HELP),
    Command::new(&["add", "add_entry", "addent"], "Add entries to a keytab.", add::run)
        .options(|| add::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&add::HELP),
    Command::new(&["remove", "delete_entry", "delent"], "Remove entries from a keytab.", remove::run)
        .options(|| remove::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&remove::HELP),
    Command::new(&["rename"], "Give entries another principal or realm.", rename::run)
        .options(|| rename::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&rename::HELP),
    Command::new(&["copy"], "Copy entries from one keytab to another.", copy::run)
        .options(|| copy::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&copy::HELP),
    Command::new(&["merge"], "Copy all entries of several keytabs to one.", merge::run)
        .options(|| merge::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&merge::HELP),
    Command::new(&["purge"], "Remove old keys from a keytab.", purge::run)
        .options(|| purge::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&purge::HELP),
    Command::new(&["dedup"], "Remove entries that a keytab has twice.", dedup::run)
        .options(|| dedup::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&dedup::HELP),
    Command::new(&["diff"], "Compare two keytabs.", diff::run)
        .options(|| diff::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&diff::HELP),
    Command::new(&["check"], "Tell why a keytab does not work.", check::run)
        .options(|| check::OPTIONS.describe())
        .operands(Operand::File)
        .manual(&check::HELP),
];
