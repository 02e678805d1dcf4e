//! The loop over lines that nobody types. What waits on standard input is worked off in batches, where the state can do
//! that: many lines are written to the disk together, and what they print is seen when they are there.

use std::ffi::OsString;
use std::io::{self, Write};

use k5_cli::{ExitStatus, Io, Message, errno_text};
use k5_types::Secret;

use crate::redact::without_secrets;
use crate::shell::{Shell, Step};
use crate::table::QUIT;
use crate::words::{first_word, leading_blanks, split};

/// When so much output is held back, it is time to write, in bytes.
const MOST_HELD: usize = 1024 * 1024;

/// A state that can do the work of several commands together. Without a method of its own, each command is done for itself.
pub trait Batch {
    /// From here on what commands do waits for [`Batch::commit`]. `false` where that cannot be.
    fn begin(&mut self) -> bool {
        false
    }

    /// Looks at lines that are going to be run, before any of them is, while nothing is held that others wait for: what takes
    /// long can be begun for all of them, as far as that was not done before. Answers for how many of them it is done; no more of
    /// them are run before it is called again.
    fn look_ahead(&mut self, lines: &[Vec<OsString>]) -> usize {
        lines.len()
    }

    /// A command begins. `false`: all of the batch is lost, as if its commit had failed.
    fn mark(&mut self) -> bool {
        true
    }

    /// Whether the command that has run, and perhaps failed, can only be done alone.
    fn wants_to_be_alone(&self) -> bool {
        false
    }

    /// Takes back what was done since [`Batch::mark`]. `false`: all of the batch is lost.
    fn undo(&mut self) -> bool {
        true
    }

    /// Whether others wait, so that it is time to write.
    fn is_due(&self) -> bool {
        false
    }

    /// Writes to the disk what was done since the last time.
    fn commit(&mut self) -> Written {
        Written::Whole
    }

    /// Commands are done for themselves again. What was not committed has not happened.
    fn end(&mut self) {}
}

impl Batch for () {}

/// What has come of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It is on the disk.
    Whole,
    /// Nothing of it has happened.
    Not,
    /// It failed, and has happened, or may have: nothing of it may be done again. Why.
    InDoubt(String),
}

/// The end of the loop.
type Ended = ExitStatus;

/// A line that was run, its number, and what it was without its newline.
struct Line {
    number: usize,
    text: Secret<Vec<u8>>,
}

/// The loop's state.
pub(crate) struct Lines<'s, 't, 'i, 'a, C: 'static> {
    shell: &'s Shell<'t, C>,
    context: &'s mut C,
    io: &'i mut Io<'a>,
    /// Whether the first line that fails ends it.
    stops: bool,
    /// Whether a batch has begun.
    gathering: bool,
    /// Lines of the batch that were run and are not sure to be on disk.
    run: Vec<Line>,
    /// Lines that were looked at ahead and not yet run.
    ahead: usize,
}

impl<'s, 't, 'i, 'a, C: Batch> Lines<'s, 't, 'i, 'a, C> {
    pub(crate) fn new(shell: &'s Shell<'t, C>, context: &'s mut C, io: &'i mut Io<'a>) -> Self {
        let stops = shell.is_strict() && !io.terminals().stdin;
        Lines { shell, context, io, stops, gathering: false, run: Vec::new(), ahead: 0 }
    }

    /// Runs lines until the end of the input, `quit`, or a failure that counts.
    pub(crate) fn run(mut self) -> ExitStatus {
        loop {
            let waits = self.io.look_ahead();
            let ended = if waits && self.may_gather() { self.gathered() } else { self.alone() };
            if let Err(status) = ended {
                self.stop_gathering();
                return status;
            }
            if self.io.is_broken() {
                let _ = self.settle();
                self.stop_gathering();
                return ExitStatus::BROKEN_PIPE;
            }
        }
    }

    /// Whether the line that waits can be run with others.
    fn may_gather(&mut self) -> bool {
        self.io.waiting_lines().next().is_some_and(|line| !self.ends_batch(line))
            && (self.gathering || self.start_gathering())
    }

    /// Whether a line is for a child process, which may look at the database and goes on with the input; for the end; or
    /// for a command that works on more than the database.
    fn ends_batch(&self, line: &[u8]) -> bool {
        let (_, line) = leading_blanks(line);
        if line.first() == Some(&b'!') {
            return true;
        }
        // With a carriage return at its end as well: that is none of the last word.
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        first_word(line).is_some_and(|name| {
            QUIT.iter().any(|quit| name == *quit)
                || self.shell.table().find(&name).is_some_and(|command| command.alone)
        })
    }

    fn start_gathering(&mut self) -> bool {
        self.gathering = self.context.begin();
        self.ahead = 0;
        self.gathering
    }

    fn stop_gathering(&mut self) {
        if std::mem::take(&mut self.gathering) {
            self.context.end();
        }
    }

    /// Runs a line for itself, when all that was run before is on disk.
    fn alone(&mut self) -> Result<(), Ended> {
        self.settle()?;
        self.stop_gathering();
        let number = self.io.lines_read().saturating_add(1);
        match self.shell.plain_line(self.io) {
            Ok(Some(line)) => self.step(number, &line),
            Ok(None) => Err(ExitStatus::SUCCESS),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                let _ = self.io.out().write_all(b"\n");
                Ok(())
            }
            Err(error) => {
                let doing = "while reading commands";
                self.io.complain(&Message::com_err(self.shell.name(), errno_text(&error), doing));
                Err(self.shell.counted(ExitStatus::FAILURE))
            }
        }
    }

    /// Runs a line whose echo has been printed.
    fn step(&mut self, number: usize, line: &[u8]) -> Result<(), Ended> {
        match self.shell.take_step(self.context, self.io, line) {
            Step::Quit => Err(ExitStatus::SUCCESS),
            Step::Failed if self.stops => Err(self.stopped_at(number, line)),
            Step::Succeeded | Step::Failed => Ok(()),
        }
    }

    fn stopped_at(&mut self, number: usize, line: &[u8]) -> Ended {
        let line = without_secrets(self.shell.table(), line);
        let text = [format!("line {number} failed: ").as_bytes(), &line].concat();
        self.io.complain(&Message::com_err(self.shell.name(), "", text));
        ExitStatus::FAILURE
    }

    /// Runs the line that waits in the batch.
    fn gathered(&mut self) -> Result<(), Ended> {
        if self.ahead == 0 {
            self.settle()?;
            if !self.gathering || !self.io.look_ahead() {
                return Ok(());
            }
            self.ahead = self.context.look_ahead(&self.coming()).max(1);
        }
        self.ahead -= 1;
        self.io.hold();
        let number = self.io.lines_read().saturating_add(1);
        let Some(mut text) = self.io.take_waiting_line() else { return Ok(()) };
        // As in `Shell::plain_line`.
        if text.expose().last() == Some(&b'\r') {
            text.expose_mut().pop();
        }
        let line = Line { number, text };
        let told = self.io.held_size();
        if !self.context.mark() {
            self.run.push(line);
            return self.lost();
        }
        self.shell.echo(self.io, line.text.expose());
        let step = self.shell.take_step(self.context, self.io, line.text.expose());
        if self.io.was_asked() || self.context.wants_to_be_alone() {
            self.io.forget_behind(told);
            if !self.context.undo() {
                self.run.push(line);
                return self.lost();
            }
            self.settle()?;
            self.stop_gathering();
            return self.again(&line);
        }
        self.run.push(line);
        let stops = step == Step::Failed && self.stops;
        if stops || self.context.is_due() || self.io.held_size() >= MOST_HELD {
            let last = self.run.last().map(|line| (line.number, line.text.duplicate()));
            let written = self.settle()?;
            // If it could not be written, each line was run again, and none of them has failed.
            if let (true, true, Some((number, text))) = (stops, written, last) {
                return Err(self.stopped_at(number, text.expose()));
            }
        }
        Ok(())
    }

    /// The words of the lines that wait, as far as they can be run together.
    fn coming(&self) -> Vec<Vec<OsString>> {
        let lines = self.io.waiting_lines().take_while(|line| !self.ends_batch(line));
        lines.map(|line| split(line.strip_suffix(b"\r").unwrap_or(line)).unwrap_or_default()).collect()
    }

    /// Makes sure that what was run is on disk, and then prints what it had to say. `false`: it could not be written, and
    /// each line was run again for itself. Where nobody knows whether it was written, everything ends.
    fn settle(&mut self) -> Result<bool, Ended> {
        if !self.gathering || self.run.is_empty() {
            return Ok(true);
        }
        // Who reads the input after us must not run these lines again.
        self.io.leave_unread();
        match self.context.commit() {
            Written::Whole => {}
            Written::Not => return self.lost().map(|()| false),
            Written::InDoubt(why) => return Err(self.in_doubt(&why)),
        }
        self.run.clear();
        self.io.release();
        // Nothing is held now: the time for a look further ahead.
        self.ahead = 0;
        Ok(true)
    }

    /// The lines were run, and whether they have happened is not known: they say nothing, and none is run any more.
    fn in_doubt(&mut self, why: &str) -> Ended {
        self.io.forget_behind(0);
        self.io.release();
        let number = |line: Option<&Line>| line.map_or(0, |line| line.number);
        let (first, last) = (number(self.run.first()), number(self.run.last()));
        self.run.clear();
        let text = format!(
            "lines {first} to {last} may have been done or not ({why}); nothing behind them was done"
        );
        self.io.complain(&Message::com_err(self.shell.name(), "", text));
        ExitStatus::FAILURE
    }

    /// The batch came to nothing. Each of its lines is run again for itself, so that each tells what has become of it.
    fn lost(&mut self) -> Result<(), Ended> {
        self.io.leave_unread();
        self.io.forget_behind(0);
        self.stop_gathering();
        std::mem::take(&mut self.run).iter().try_for_each(|line| self.again(line))
    }

    /// Runs a line that was taken already, for itself.
    fn again(&mut self, line: &Line) -> Result<(), Ended> {
        self.io.release();
        self.shell.echo(self.io, line.text.expose());
        self.step(line.number, line.text.expose())
    }
}

#[cfg(test)]
mod tests;
