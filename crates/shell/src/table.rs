//! The table of commands: what a program can do, as data.

use std::ffi::{OsStr, OsString};

use k5_cli::manual::{CommandManual, Example, Help};
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
    /// Whether it is never done in a batch with others: it works on more than the state, or prints a lot.
    pub alone: bool,
    /// What `help` tells, and which words may be given with `+` and `-`.
    pub manual: Option<&'static Help>,
}

impl<C> Command<C> {
    /// A command without options and operands to complete.
    pub const fn new(
        names: &'static [&'static str],
        help: &'static str,
        run: fn(&mut C, &mut Io<'_>, &Call<'_>) -> CommandResult,
    ) -> Command<C> {
        Command { names, help, run, options: Vec::new, operands: Operand::Other, alone: false, manual: None }
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

    /// The same, done for itself and never in a batch.
    #[must_use]
    pub const fn alone(mut self) -> Command<C> {
        self.alone = true;
        self
    }

    /// The same with its manual.
    #[must_use]
    pub const fn manual(mut self, manual: &'static Help) -> Command<C> {
        self.manual = Some(manual);
        self
    }

    /// All there is to say of it, if it has a manual.
    #[must_use]
    pub fn describe(&self) -> Option<CommandManual> {
        let help = self.manual?;
        Some(CommandManual { names: self.names, summary: self.help, options: (self.options)(), help })
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
pub(crate) const HELP: [&str; 1] = ["help"];

/// What is told of them. `help` is in no list of requests, since MIT has no such command.
static OWN: [(&[&str], &str, Help); 3] = [
    (
        &LIST_REQUESTS,
        "List available requests.",
        Help {
            operands: "",
            description: "Lists the commands, each with its aliases.",
            flags: &[],
            examples: &[Example { line: "?", purpose: "Lists the commands." }],
        },
    ),
    (
        &QUIT,
        "Exit program.",
        Help {
            operands: "",
            description: "Ends the program, as the end of the input does.",
            flags: &[],
            examples: &[Example { line: "q", purpose: "Ends the program." }],
        },
    ),
    (
        &HELP,
        "Tell what a command does.",
        Help {
            operands: "[COMMAND ...]",
            description: "Tells what a command does: how it is called, its options, an example. Without a command it \
                          lists the commands.",
            flags: &[],
            examples: &[Example { line: "help addprinc", purpose: "Tells about add_principal." }],
        },
    ),
];
/// Where the list's second column begins.
const COLUMN: usize = 25;

/// The commands of a program, in the order of its list of requests.
#[derive(Debug)]
pub struct CommandTable<C: 'static> {
    /// Without the shell's own `list_requests` and `quit`.
    pub commands: &'static [Command<C>],
    /// Whether there is a `help`; MIT has none.
    pub help: bool,
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
        CommandTable { commands, help: false }
    }

    /// The same with a `help` command.
    #[must_use]
    pub const fn with_help(mut self) -> CommandTable<C> {
        self.help = true;
        self
    }

    /// The command of that name, upper and lower case told apart.
    #[must_use]
    pub fn find(&self, name: &OsStr) -> Option<&'static Command<C>> {
        self.commands.iter().find(|command| command.names.iter().any(|known| name == OsStr::new(known)))
    }

    /// Every name that can be typed first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let help = self.help.then_some(HELP);
        self.commands
            .iter()
            .flat_map(|command| command.names)
            .copied()
            .chain(LIST_REQUESTS)
            .chain(QUIT)
            .chain(help.into_iter().flatten())
    }

    /// What there is to say of the command of that name, the shell's own among them.
    #[must_use]
    pub fn describe(&self, name: &OsStr) -> Option<CommandManual> {
        match self.find(name) {
            Some(command) => command.describe(),
            None => self.own().find(|own| own.names.iter().any(|known| name == OsStr::new(known))),
        }
    }

    /// What there is to say of all commands that have a manual; the shell's own come last.
    pub fn manuals(&self) -> impl Iterator<Item = CommandManual> {
        self.commands.iter().filter_map(Command::describe).chain(self.own())
    }

    fn own(&self) -> impl Iterator<Item = CommandManual> + use<C> {
        let with_help = self.help;
        OWN.iter().filter(move |own| with_help || own.0 != HELP).map(|(names, summary, help)| CommandManual {
            names,
            summary,
            options: Vec::new(),
            help,
        })
    }

    /// The list of requests as libss lays it out; names that are too long for the first column have a line of their own.
    #[must_use]
    pub fn listing(&self, program: &[u8]) -> Vec<u8> {
        let mut list = b"Available ".to_vec();
        list.extend_from_slice(program);
        list.extend_from_slice(b" requests:\n\n");
        let own = OWN.iter().filter(|own| own.0 != HELP).map(|&(names, help, _)| (names, help));
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
