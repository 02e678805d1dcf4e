//! The table of commands: what a program can do, as data.

use std::ffi::{OsStr, OsString};

use k5_cli::{Failure, Io, Opt};

use crate::completion::Operand;

/// What a command comes to. A failure has been told when its message is empty; outside of the one-shot form it does not
/// change the program's exit status.
pub type CommandResult = Result<(), Failure>;

/// One call of a command.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The command's first name, whatever alias was typed: kadmin's errors begin with it.
    pub command: &'static str,
    /// The name as typed: ktutil's errors begin with it.
    pub typed: &'a OsStr,
    /// The words after the name.
    pub args: &'a [OsString],
}

/// A command of a program whose state is a `C`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Command<C> {
    /// The long name, then the aliases.
    pub names: &'static [&'static str],
    /// One line, for the list of requests.
    pub help: &'static str,
    /// What it does.
    pub run: fn(&mut C, &mut Io<'_>, &Call<'_>) -> CommandResult,
    /// Its options, usually [`k5_cli::OptionTable::describe`] of the table that it parses with.
    pub options: fn() -> Vec<Opt<()>>,
    /// What its words are that are no options.
    pub operands: Operand,
}

impl<C> Command<C> {
    /// A command without options and operands to complete.
    pub const fn new(
        names: &'static [&'static str],
        help: &'static str,
        run: fn(&mut C, &mut Io<'_>, &Call<'_>) -> CommandResult,
    ) -> Command<C> {
        Command { names, help, run, options: Vec::new, operands: Operand::Other }
    }

    /// The same with options.
    #[must_use]
    pub const fn options(mut self, options: fn() -> Vec<Opt<()>>) -> Command<C> {
        self.options = options;
        self
    }

    /// The same with operands of a kind.
    #[must_use]
    pub const fn operands(mut self, operands: Operand) -> Command<C> {
        self.operands = operands;
        self
    }

    /// The name that messages call it by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

/// The shell's own commands, which end every table.
pub(crate) const LIST_REQUESTS: [&str; 3] = ["list_requests", "lr", "?"];
pub(crate) const QUIT: [&str; 3] = ["quit", "exit", "q"];
/// Where the list's second column begins.
const COLUMN: usize = 25;

/// The commands of a program, in the order of its list of requests.
#[derive(Debug)]
pub struct CommandTable<C: 'static> {
    /// Without the shell's own `list_requests` and `quit`.
    pub commands: &'static [Command<C>],
    /// What `help COMMAND` shows. `None`: there is no such command, as MIT has none.
    pub help: Option<fn(&Command<C>) -> String>,
}

// Derived, these would ask the same of the state.
impl<C> Clone for CommandTable<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C> Copy for CommandTable<C> {}

impl<C> CommandTable<C> {
    /// A table without `help`.
    pub const fn new(commands: &'static [Command<C>]) -> CommandTable<C> {
        CommandTable { commands, help: None }
    }

    /// The same with a `help` command.
    #[must_use]
    pub const fn help(mut self, help: fn(&Command<C>) -> String) -> CommandTable<C> {
        self.help = Some(help);
        self
    }

    /// The command of that name, upper and lower case told apart.
    #[must_use]
    pub fn find(&self, name: &OsStr) -> Option<&'static Command<C>> {
        self.commands.iter().find(|command| command.names.iter().any(|known| name == OsStr::new(known)))
    }

    /// Every name that can be typed first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let help = self.help.map(|_| "help");
        self.commands
            .iter()
            .flat_map(|command| command.names)
            .copied()
            .chain(LIST_REQUESTS)
            .chain(QUIT)
            .chain(help)
    }

    /// The list of requests as libss lays it out; names that are too long for the first column have a line of their own.
    #[must_use]
    pub fn listing(&self, program: &[u8]) -> Vec<u8> {
        let mut list = b"Available ".to_vec();
        list.extend_from_slice(program);
        list.extend_from_slice(b" requests:\n\n");
        let own = [(&LIST_REQUESTS[..], "List available requests."), (&QUIT[..], "Exit program.")];
        for (names, help) in self.commands.iter().map(|command| (command.names, command.help)).chain(own) {
            let names = names.join(", ");
            let line = if names.len() > COLUMN - 2 {
                format!("{names}\n{:COLUMN$}{help}\n", "")
            } else {
                format!("{names:COLUMN$}{help}\n")
            };
            list.extend_from_slice(line.as_bytes());
        }
        list
    }
}
