//! The ways in: words, one line, many lines.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use k5_cli::{ExitStatus, Failure, Io, Message, errno_text};

use crate::completion::Complete;
use crate::editor;
use crate::lines::{Batch, Lines};
use crate::table::{Call, CommandResult, CommandTable, HELP, LIST_REQUESTS, QUIT};
use crate::words::{UnbalancedQuotes, leading_blanks, shown_name, split};

/// What became of a line.
enum Outcome {
    /// A command ran, or there was none.
    Done(CommandResult),
    /// `quit`.
    Quit,
    /// No command has the name of this first word.
    Unknown(OsString),
    /// The quotes do not match.
    Unbalanced,
}

/// A program's command language. `name` is the program's, without a path: it stands in the prompt and in front of
/// messages.
#[derive(Debug)]
pub struct Shell<'t, C: 'static> {
    name: &'t [u8],
    table: CommandTable<C>,
    strict: bool,
}

/// What a line of the loop came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Succeeded,
    Failed,
    Quit,
}

impl<'t, C> Shell<'t, C> {
    /// A shell over a table.
    #[must_use]
    pub fn new(name: &'t [u8], table: CommandTable<C>) -> Shell<'t, C> {
        Shell { name, table, strict: false }
    }

    /// The same, but any failure counts: the status of the `-q` form is 1, and the loop over lines that nobody types stops at
    /// the first one that fails, names it, and its status is 1.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Shell<'t, C> {
        self.strict = strict;
        self
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> CommandTable<C> {
        self.table
    }

    /// The one-shot form: these words are one command. No quotes, no `!`. The status is that of the command's failure.
    pub fn run_words(&self, context: &mut C, io: &mut Io<'_>, words: &[OsString]) -> ExitStatus {
        match self.call(context, io, words) {
            Outcome::Done(Ok(())) | Outcome::Quit | Outcome::Unbalanced => ExitStatus::SUCCESS,
            Outcome::Done(Err(failure)) => io.fail(&failure),
            Outcome::Unknown(word) => self.not_found(io, word.as_bytes()),
        }
    }

    /// `help`, if these words of the command line are that: it needs nothing of what the program works on.
    pub fn run_help(&self, io: &mut Io<'_>, words: &[OsString]) -> Option<ExitStatus> {
        let (_, args) = words.split_first().filter(|(first, _)| self.table.help && *first == HELP[0])?;
        Some(match self.help(io, args) {
            Outcome::Unknown(word) => self.not_found(io, word.as_bytes()),
            Outcome::Done(Err(failure)) => io.fail(&failure),
            Outcome::Done(Ok(())) | Outcome::Quit | Outcome::Unbalanced => ExitStatus::SUCCESS,
        })
    }

    /// The `-q` form: a line as it would be typed. A command that fails says so and the status is 0 all the same; it
    /// is 1 only where there is no such command, or with [`Shell::strict`].
    pub fn run_line(&self, context: &mut C, io: &mut Io<'_>, line: &[u8]) -> ExitStatus {
        match self.line(context, io, line) {
            Outcome::Done(result) => self.counted(self.told(io, result)),
            Outcome::Quit => ExitStatus::SUCCESS,
            Outcome::Unbalanced => self.counted(self.unbalanced(io)),
            Outcome::Unknown(word) => {
                // libss shows its buffer, in which the blanks before the word still are.
                let (blanks, _) = leading_blanks(line);
                self.not_found(io, &[blanks, word.as_bytes()].concat())
            }
        }
    }

    /// The loop over standard input, until its end or `quit`. At a terminal there are editing, history and completion; from
    /// a pipe the prompt is shown and each line is echoed, as readline does it for MIT's programs, and what waits is worked
    /// off in batches if the state can do that. The status is 0 whatever happens, unless [`Shell::strict`] says otherwise.
    pub fn run_loop(&self, context: &mut C, io: &mut Io<'_>) -> ExitStatus
    where
        C: Complete + Batch,
    {
        if editor::is_possible(io)
            && let Some(status) = editor::run(self, context, io)
        {
            return status;
        }
        Lines::new(self, context, io).run()
    }

    /// Whether any failure counts.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    /// The prompt: two blanks, as in Debian's build.
    pub(crate) fn prompt(&self) -> Vec<u8> {
        [self.name, b":  "].concat()
    }

    /// The name in front of messages.
    pub(crate) fn name(&self) -> &[u8] {
        self.name
    }

    /// Prompts, reads and echoes without an editor. The line has no newline.
    pub(crate) fn plain_line(&self, io: &mut Io<'_>) -> io::Result<Option<Vec<u8>>> {
        io.out().write_all(&self.prompt())?;
        let shown_by_terminal = io.terminals().stdin && !io.has_unread();
        let Some(mut line) = io.read_line()? else { return Ok(None) };
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if !shown_by_terminal {
            // A file with lines of DOS: to MIT the carriage return ends a line as well, and is no part of it.
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            let mut out = io.out();
            out.write_all(&line)?;
            out.write_all(b"\n")?;
        }
        Ok(Some(line))
    }

    /// Prints what [`Shell::plain_line`] prints of a line that was read without it.
    pub(crate) fn echo(&self, io: &mut Io<'_>, line: &[u8]) {
        // What cannot be written is remembered.
        let mut out = io.out();
        let _ = out.write_all(&self.prompt()).and_then(|()| out.write_all(line));
        let _ = out.write_all(b"\n");
    }

    /// Runs a line of the loop. False: it was `quit`.
    pub(crate) fn step(&self, context: &mut C, io: &mut Io<'_>, line: &[u8]) -> bool {
        self.take_step(context, io, line) != Step::Quit
    }

    /// Runs a line of the loop.
    pub(crate) fn take_step(&self, context: &mut C, io: &mut Io<'_>, line: &[u8]) -> Step {
        let status = match self.line(context, io, line) {
            Outcome::Done(result) => self.told(io, result),
            Outcome::Quit => return Step::Quit,
            Outcome::Unbalanced => self.unbalanced(io),
            Outcome::Unknown(word) => {
                let mut text = b"Unknown request \"".to_vec();
                text.extend_from_slice(shown_name(word.as_bytes()));
                text.extend_from_slice(b"\".  Type \"?\" for a request list.");
                io.complain(&Message::com_err(self.name, "", text));
                ExitStatus::FAILURE
            }
        };
        if status.is_success() { Step::Succeeded } else { Step::Failed }
    }

    fn line(&self, context: &mut C, io: &mut Io<'_>, line: &[u8]) -> Outcome {
        let (_, line) = leading_blanks(line);
        if let Some(command) = line.strip_prefix(b"!") {
            let doing = "while running /bin/sh";
            return Outcome::Done(match io.run_shell(OsStr::from_bytes(command)) {
                Ok(true) => Ok(()),
                // It has said itself what is wrong.
                Ok(false) => Err(Failure::silent(ExitStatus::FAILURE)),
                Err(error) => Err(Failure::com_err(self.name, errno_text(&error), doing)),
            });
        }
        match split(line) {
            Ok(words) => self.call(context, io, &words),
            Err(UnbalancedQuotes) => Outcome::Unbalanced,
        }
    }

    fn call(&self, context: &mut C, io: &mut Io<'_>, words: &[OsString]) -> Outcome {
        let Some((typed, args)) = words.split_first() else { return Outcome::Done(Ok(())) };
        if let Some(command) = self.table.find(typed) {
            return Outcome::Done((command.run)(context, io, &Call { command: command.name(), typed, args }));
        }
        let is_one_of = |names: &[&str]| names.iter().any(|name| typed == OsStr::new(name));
        if is_one_of(&LIST_REQUESTS) {
            return Outcome::Done(io.page(&self.table.listing(self.name)).map_err(Failure::from));
        }
        if is_one_of(&QUIT) {
            return Outcome::Quit;
        }
        if self.table.help && is_one_of(&HELP) {
            return self.help(io, args);
        }
        Outcome::Unknown(typed.clone())
    }

    fn help(&self, io: &mut Io<'_>, args: &[OsString]) -> Outcome {
        if args.is_empty() {
            return Outcome::Done(io.page(&self.table.listing(self.name)).map_err(Failure::from));
        }
        let mut texts = Vec::new();
        for name in args {
            match self.table.describe(name) {
                Some(manual) => texts.push(manual.text()),
                None => return Outcome::Unknown(name.clone()),
            }
        }
        Outcome::Done(io.page(texts.join("\n").as_bytes()).map_err(Failure::from))
    }

    /// A status where MIT has none: 0, unless every failure counts.
    pub(crate) fn counted(&self, status: ExitStatus) -> ExitStatus {
        if self.strict && !status.is_success() { ExitStatus::FAILURE } else { ExitStatus::SUCCESS }
    }

    /// Says what there is to say about a result.
    fn told(&self, io: &mut Io<'_>, result: CommandResult) -> ExitStatus {
        match result {
            Ok(()) => ExitStatus::SUCCESS,
            Err(failure) => io.fail(&failure),
        }
    }

    fn unbalanced(&self, io: &mut Io<'_>) -> ExitStatus {
        io.complain(&Message::com_err(self.name, "", UnbalancedQuotes::TEXT));
        ExitStatus::FAILURE
    }

    fn not_found(&self, io: &mut Io<'_>, shown: &[u8]) -> ExitStatus {
        io.complain(&Message::com_err(self.name, "Command not found", shown));
        ExitStatus::FAILURE
    }
}
